package hostconf

import (
	"maps"
	"net/netip"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// connections reports what Vector rejects about inputs, and parts that are missing.
func (v *vectorConfig) connections() {
	for _, kind := range []string{"source", "sink"} {
		if !v.partial && !slices.ContainsFunc(v.components, func(c component) bool { return c.kind == kind }) {
			v.fail(Position{File: v.path}, "no %ss: Vector rejects it alone; if it is a part of a configuration, check its files together", kind)
		}
	}
	for _, c := range v.components {
		if c.kind == "source" {
			continue
		}
		list := c.node("inputs")
		if list == nil || list.Kind == yaml.SequenceNode && len(list.Content) == 0 {
			v.failAt(c, c.key, "no inputs, which Vector rejects")
			continue
		}
		all := map[string]bool{}
		for _, in := range c.inputs {
			found := v.expand(c, in.Value)
			if len(found) == 0 {
				v.noInput(c, in)
			}
			for _, name := range found {
				if all[name] {
					v.failAt(c, in, "inputs: %s is there twice, which Vector rejects", name)
				}
				all[name] = true
			}
		}
	}
}

// addresses reports addresses of sources that Vector rejects.
func (v *vectorConfig) addresses() {
	seen := map[string]component{}
	for _, c := range v.components {
		if c.kind != "source" || c.plugin != "http_server" && c.plugin != "http" {
			continue
		}
		address, at := c.text("address")
		if address == "" || strings.Contains(address, unknownVariable) {
			continue
		}
		if _, err := netip.ParseAddrPort(address); err != nil {
			v.failAt(c, at, "address %q: must be an IP address and a port such as 127.0.0.1:9881, and Vector rejects this", address)
		}
		if other, ok := seen[address]; ok {
			v.failAt(c, at, "address %s is that of %s too, and Vector rejects this", address, other.title())
		}
		seen[address] = c
	}
}

// noInput reports an input that no component has.
func (v *vectorConfig) noInput(c component, in *yaml.Node) {
	_, isPattern := pattern(in.Value)
	relaxed := slices.ContainsFunc(v.global, func(g component) bool { text, _ := g.text("wildcard_matching"); return text == "relaxed" })
	if v.partial || isPattern && relaxed || strings.Contains(in.Value, unknownVariable) {
		return
	}
	of, _, dotted := strings.Cut(in.Value, ".")
	if i := slices.IndexFunc(v.components, func(o component) bool { return o.name == of && o.kind != "sink" }); i >= 0 {
		if dotted && !v.components[i].hasKnownOutputs() {
			return
		}
		if !dotted {
			v.failAt(c, in, "inputs: %s has outputs of other names, and Vector rejects this: %s", in.Value, strings.Join(v.components[i].outputs(), ", "))
			return
		}
	}
	v.failAt(c, in, "inputs: there is no source or transform %q, and Vector rejects this%s", in.Value, spelling.Suggest(in.Value, slices.Sorted(maps.Keys(v.producers))))
}

// outputs returns the names of all outputs, with the names of their components.
func (v *vectorConfig) outputs() map[string]string {
	names := map[string]string{}
	for _, c := range v.components {
		for _, name := range c.outputs() {
			names[name] = c.name
		}
	}
	return names
}

// hasKnownOutputs reports whether outputs returns all outputs of a component.
func (c *component) hasKnownOutputs() bool {
	return slices.Contains([]string{"remap", "route", "exclusive_route", "filter", "dedupe", "throttle", "reduce", "sample", "file", "aws_s3", "http_server", "http", "exec", "stdin", "socket", "demo_logs"}, c.plugin)
}

// outputs returns the names of the outputs of a component.
func (c *component) outputs() []string {
	switch {
	case c.kind == "sink":
		return nil
	case c.plugin == "route":
		all := []string{c.name + "._unmatched"}
		for key := range members(c.node("route")) {
			all = append(all, c.name+"."+key.Value)
		}
		if reroute, _ := c.text("reroute_unmatched"); reroute == "false" {
			return all[1:]
		}
		return all
	case c.plugin == "exclusive_route":
		all := []string{c.name + "._unmatched"}
		if routes := c.node("routes"); routes != nil {
			for _, part := range routes.Content {
				if name := target(member(part, "name")); name != nil {
					all = append(all, c.name+"."+name.Value)
				}
			}
		}
		return all
	case c.plugin == "remap":
		if on, _ := c.text("reroute_dropped"); on == "true" {
			return []string{c.name, c.name + ".dropped"}
		}
	}
	return []string{c.name}
}

// expand returns the outputs that an input of a component stands for, in order.
func (v *vectorConfig) expand(c component, in string) []string {
	if v.producers[in] != "" {
		return []string{in}
	}
	var found []string
	if glob, isPattern := pattern(in); isPattern {
		for name := range v.producers {
			if ok, _ := path.Match(glob, name); ok && name != c.name {
				found = append(found, name)
			}
		}
	}
	slices.Sort(found)
	return found
}

// pattern returns an input as path.Match has patterns, and whether it is one.
func pattern(in string) (glob string, ok bool) {
	glob = strings.ReplaceAll(in, "[!", "[^")
	_, err := path.Match(glob, "")
	return glob, err == nil && strings.ContainsAny(in, "*?[")
}

// flow is how a source reaches a sink.
type flow struct {
	source  component
	through []component // transforms, from the sink's end
	in      *yaml.Node  // the sink's input
	exact   bool        // no pattern on the way
}

// flows returns how events come to a component: a flow for each source and each of its
// own inputs that leads to it.
func (v *vectorConfig) flows(c component) []flow {
	var all []flow
	for _, in := range c.inputs {
		f := follower{vectorConfig: v, seen: map[string]bool{}}
		f.follow(c, flow{in: in, exact: true}, in.Value)
		all = append(all, f.all...)
	}
	return all
}

// follower follows an input to all sources.
type follower struct {
	*vectorConfig
	seen map[string]bool // components
	all  []flow
}

func (f *follower) follow(c component, r flow, in string) {
	_, isPattern := pattern(in)
	r.exact = r.exact && !isPattern
	for _, name := range f.suppliers(c, in) {
		if slices.ContainsFunc(r.through, func(t component) bool { return t.name == name }) {
			f.failOnce(c, "inputs: a circle, which Vector rejects")
			continue
		}
		if f.seen[name] {
			continue
		}
		f.seen[name] = true
		i := slices.IndexFunc(f.components, func(o component) bool { return o.name == name && o.kind != "sink" })
		if i < 0 {
			continue
		}
		other := f.components[i]
		if other.kind == "source" {
			r.source = other
			f.all = append(f.all, r)
			continue
		}
		next := flow{through: append(slices.Clone(r.through), other), in: r.in, exact: r.exact}
		for _, in := range other.inputs {
			f.follow(other, next, in.Value)
		}
	}
}

// suppliers returns the names of the components that an input stands for.
func (v *vectorConfig) suppliers(c component, in string) []string {
	var names []string
	for _, output := range v.expand(c, in) {
		names = append(names, v.producers[output])
	}
	if of, _, dotted := strings.Cut(in, "."); dotted && len(names) == 0 && v.producers[of] != "" {
		names = append(names, of) // an output that is not known here
	}
	return slices.Compact(names)
}

// failOnce reports an error of a component once.
func (v *vectorConfig) failOnce(c component, text string) {
	if key := c.name + ": " + text; !v.warned[key] {
		v.warned[key] = true
		v.failAt(c, c.key, "%s", text)
	}
}

// receivers returns the sinks that get what a component sends, and whether a transform
// may change it before.
func (v *vectorConfig) receivers(source component) (sinks []component, transformed bool) {
	for _, c := range v.components {
		if c.kind != "sink" {
			continue
		}
		for _, r := range v.flows(c) {
			if r.source.name == source.name && r.source.kind == source.kind {
				if !slices.ContainsFunc(sinks, func(s component) bool { return s.name == c.name }) {
					sinks = append(sinks, c)
				}
				transformed = transformed || len(r.through) > 0
			}
		}
	}
	return sinks, transformed
}
