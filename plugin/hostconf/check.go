package hostconf

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/plugin/sidecar"
)

// Host is whose configuration a file is.
type Host string

// The hosts.
const (
	FluentBit Host = "Fluent Bit"
	Vector    Host = "Vector"
	Sidecar   Host = "fluent-detect serve"
)

// Result is what there is to say about a configuration.
type Result struct {
	Host     Host      // empty when the file could not be read
	Findings []Finding // in the order of their places
	Files    []string  // the file and those that it includes
}

// Check checks the configuration in a file, with the files that it includes:
// *.yaml and *.yml of any host, everything else in Fluent Bit's classic format.
func Check(path string) Result {
	c := &config{variables: map[string]string{}}
	host := FluentBit
	if ext := filepath.Ext(path); ext == ".yaml" || ext == ".yml" {
		root := c.readYAML(path, Position{})
		if root == nil {
			return Result{"", c.sorted(), c.files}
		}
		switch host = hostOf(root); host {
		case "":
			c.fail(Position{File: path}, "is no configuration of Fluent Bit, Vector or fluent-detect serve: it has none of their sections")
		case Sidecar:
			c.sidecar(path)
		case Vector:
			c.vector(path, root)
		default:
			yamlFile{c, path}.read(root)
		}
	} else {
		(&classic{config: c, root: filepath.Dir(path)}).read(path, Position{})
	}
	if host == FluentBit {
		c.fluentBit()
	}
	return Result{host, c.sorted(), c.files}
}

// fluentBit checks what was read: the sections, and unless there may be more of
// them, how they go together.
func (c *config) fluentBit() {
	c.expand()
	c.libraries()
	c.ownSections()
	if c.broken {
		return
	}
	c.names()
	c.serviceSettings()
	if !c.doubtful {
		c.channels()
		c.routes()
	}
	c.tails()
	c.ruleFiles()
}

// hostOf tells hosts apart by their keys, if need be by misspelt ones. It is empty
// when there are none.
func hostOf(root *yaml.Node) Host {
	var own []string
	for _, k := range sidecar.AllKeys() {
		own = append(own, k.Name)
	}
	count, near := map[Host]int{}, Host("")
	for i := 0; i < len(root.Content); i += 2 {
		key := strings.ToLower(root.Content[i].Value)
		switch {
		case slices.Contains([]string{"sources", "transforms", "sinks", "data_dir", "api", "enrichment_tables"}, key):
			count[Vector]++
		case slices.Contains(topNames, key):
			count[FluentBit]++
		case slices.Contains(own, key):
			count[Sidecar]++
		case rule.Suggest(key, topNames) != "":
			near = cmp.Or(near, FluentBit)
		case rule.Suggest(key, own) != "":
			near = cmp.Or(near, Sidecar)
		}
	}
	best := near
	for _, h := range []Host{FluentBit, Sidecar, Vector} {
		if count[h] > count[best] {
			best = h
		}
	}
	return best
}
