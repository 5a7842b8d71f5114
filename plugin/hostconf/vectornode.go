package hostconf

import (
	"iter"
	"strings"

	"go.yaml.in/yaml/v3"
)

// node returns an option; its name may have dots for nested options.
func (c *component) node(name string) *yaml.Node {
	n := c.value
	for part := range strings.SplitSeq(name, ".") {
		n = member(n, part)
	}
	return target(n)
}

// text returns the value of an option and its node, or the node of the component if
// it is not set.
func (c *component) text(name string) (string, *yaml.Node) {
	if n := c.node(name); n != nil && n.Kind == yaml.ScalarNode && n.ShortTag() != "!!null" {
		return n.Value, n
	}
	return "", c.key
}

// texts returns the elements of an option that is a list of texts.
func (c *component) texts(name string) (all []string, at *yaml.Node) {
	n := c.node(name)
	if n == nil {
		return nil, c.key
	}
	for _, part := range n.Content {
		all = append(all, target(part).Value)
	}
	return all, n
}

// target returns the node that an alias stands for.
func target(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// member returns the value of a name in a mapping, or nil.
func member(n *yaml.Node, name string) *yaml.Node {
	for key, value := range members(n) {
		if key.Value == name {
			return value
		}
	}
	return nil
}

// maxMerges is the maximum depth of mappings that are merged into each other.
const maxMerges = 16

// members yields the names and values of a mapping: its own, then those of the mappings
// that `<<` merges into it.
func members(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(*yaml.Node, *yaml.Node) bool) {
		visitMembers(n, map[string]bool{}, maxMerges, yield)
	}
}

func visitMembers(n *yaml.Node, seen map[string]bool, depth int, yield func(key, value *yaml.Node) bool) bool {
	if n = target(n); n == nil || n.Kind != yaml.MappingNode || depth == 0 {
		return true
	}
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Tag == "!!merge" {
			if value = target(value); value.Kind == yaml.SequenceNode {
				merged = append(merged, value.Content...)
			} else {
				merged = append(merged, value)
			}
			continue
		}
		if seen[key.Value] {
			continue
		}
		seen[key.Value] = true
		if !yield(key, value) {
			return false
		}
	}
	for _, other := range merged {
		if !visitMembers(other, seen, depth-1, yield) {
			return false
		}
	}
	return true
}
