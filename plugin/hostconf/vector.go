package hostconf

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// vectorNames are the names at the top level of a file of Vector 0.58.
var vectorNames = []string{
	"sources", "transforms", "sinks", "data_dir", "api", "tests", "secret", "enrichment_tables", "log_schema", "acknowledgements", "proxy", "timezone",
	"provider", "schema", "telemetry", "healthchecks", "expire_metrics", "expire_metrics_secs", "expire_metrics_per_metric_set", "wildcard_matching",
	"buffer_utilization_ewma_half_life_seconds", "latency_ewma_alpha", "metrics_storage_refresh_period",
}

// oldVectorNames are names that earlier versions had.
var oldVectorNames = []string{"buffer_utilization_ewma_alpha"}

// component is a source, transform or sink of Vector.
type component struct {
	kind, name, plugin string
	path               string // of its file
	key, value         *yaml.Node
	inputs             []*yaml.Node
}

// vectorFile is a file of a configuration of Vector.
type vectorFile struct {
	path string
	root *yaml.Node
	of   string // in a directory for one kind of components: "sources", "transforms" or "sinks"
}

// maxComponents is the maximum number of components that are checked: their connections
// may be as many as its square.
const maxComponents = 1000

// vectorConfig is a configuration of Vector, which may have several files.
type vectorConfig struct {
	*config
	path       string // of its first file
	components []component
	global     []component       // the top level of each file, for its options
	warned     map[string]bool   // what is reported once
	producers  map[string]string // the names of all outputs, with their components
	answering  []component       // the sources that receive the alerts by HTTP
	acks       bool              // the global acknowledgements
	partial    bool              // components may come from elsewhere
}

// vector checks a configuration of Vector: all that concerns fluent-detect serve, and
// of the rest how the components fit together.
func (c *config) vector(files []vectorFile) {
	v := vectorConfig{config: c, path: files[0].path, warned: map[string]bool{}}
	for _, f := range files {
		v.add(f)
	}
	if len(v.components) == 0 && !v.partial {
		v.fail(Position{File: v.path}, "no components: Vector rejects it without sources and sinks")
		return
	}
	if len(v.components) > maxComponents {
		v.warn(Position{File: v.path}, "%d components: more than %d are not checked", len(v.components), maxComponents)
		return
	}
	v.producers = v.outputs()
	v.connections()
	v.addresses()
	v.answering = v.alertSources()
	sinks := v.ingestSinks()
	for _, s := range sinks {
		v.ingest(s)
	}
	if len(sinks) == 0 {
		v.note(Position{File: v.path}, "no http sink sends to %s of fluent-detect serve", ingestPath)
		return
	}
	v.alerts(sinks)
	v.commands(sinks)
}

// add adds the components of a file.
func (v *vectorConfig) add(f vectorFile) {
	if f.of != "" {
		name := strings.TrimSuffix(filepath.Base(f.path), filepath.Ext(f.path))
		key := &yaml.Node{Kind: yaml.ScalarNode, Value: name}
		v.addComponent(f.path, strings.TrimSuffix(f.of, "s"), key, f.root)
		return
	}
	global := component{kind: "global", path: f.path, key: f.root, value: f.root}
	v.global = append(v.global, global)
	if on, _ := v.acknowledges(global); on {
		v.acks = true
	}
	for _, name := range componentDirs {
		for key, value := range members(f.root) {
			if key.Value == name {
				v.section(f.path, key, target(value))
			}
		}
	}
	for key := range members(f.root) {
		switch key.Value {
		case "sources", "transforms", "sinks":
		case "enrichment_tables", "provider":
			v.partial = true // a table may be a source
		default:
			v.top(f.path, key)
		}
	}
	v.options(global, globalOptions)
}

// top reports an unknown name at the top level.
func (v *vectorConfig) top(path string, key *yaml.Node) {
	switch {
	case slices.Contains(vectorNames, key.Value):
	case slices.Contains(oldVectorNames, key.Value):
		v.warn(v.in(path, key.Line, key.Column), "%s: Vector 0.58 rejects it", key.Value)
	default:
		v.fail(v.in(path, key.Line, key.Column), "unknown section %q, which Vector rejects%s", key.Value, spelling.Suggest(key.Value, vectorNames))
	}
}

func (v *vectorConfig) section(path string, key, value *yaml.Node) {
	if value.Kind != yaml.MappingNode {
		v.fail(v.in(path, value.Line, value.Column), "%s: must contain names and components, and Vector rejects this", key.Value)
		return
	}
	for name, part := range members(value) {
		v.addComponent(path, strings.TrimSuffix(key.Value, "s"), name, part)
	}
}

func (v *vectorConfig) addComponent(path, kind string, key, value *yaml.Node) {
	c := component{kind: kind, name: key.Value, path: path, key: key, value: target(value)}
	at := cmp.Or(key.Line, c.value.Line)
	if c.value.Kind != yaml.MappingNode {
		v.fail(v.in(path, at, key.Column), "%s: must contain options, and Vector rejects this", c.title())
		return
	}
	var typeAt *yaml.Node
	if c.plugin, typeAt = c.text("type"); c.plugin == "" && typeAt == c.key {
		v.fail(v.at(c, c.key), "%s: type is missing, which Vector rejects", c.title())
	}
	if strings.Contains(c.name, ".") {
		v.fail(v.at(c, c.key), "%s: a name with a dot, which Vector rejects", c.title())
	}
	if list := c.node("inputs"); list != nil && list.Kind == yaml.SequenceNode {
		for _, in := range list.Content {
			c.inputs = append(c.inputs, target(in))
		}
	}
	for _, other := range v.components {
		if other.name == c.name {
			v.fail(v.at(c, c.key), "%s: there is also a %s of that name, which Vector rejects", c.title(), other.kind)
		}
	}
	v.components = append(v.components, c)
	v.componentOptions(c)
}

// title returns the name of a component as messages have it: "sinks.rules".
func (c *component) title() string { return c.kind + "s." + c.name }

// at returns the position of a node in the file of a component.
func (v *vectorConfig) at(c component, n *yaml.Node) Position {
	if n.Line == 0 { // the name of a file, which is the name of its component
		n = c.value
	}
	return v.in(c.path, n.Line, n.Column)
}

// report reports a finding at a node of a component, unless the node has a variable
// that is not set here: its value is known only where Vector runs.
func (v *vectorConfig) report(s Severity, c component, n *yaml.Node, format string, args ...any) {
	if n.Kind != yaml.ScalarNode || !strings.Contains(n.Value, unknownVariable) {
		v.config.add(v.at(c, n), s, "%s: %s", c.title(), fmt.Sprintf(format, args...))
	}
}

func (v *vectorConfig) failAt(c component, n *yaml.Node, format string, args ...any) {
	v.report(Error, c, n, format, args...)
}

func (v *vectorConfig) warnAt(c component, n *yaml.Node, format string, args ...any) {
	v.report(Warning, c, n, format, args...)
}

// acknowledges returns the option acknowledgements of a component or of the top level,
// a boolean or a table, and whether it is set.
func (v *vectorConfig) acknowledges(c component) (enabled, set bool) {
	n := c.node("acknowledgements")
	if n != nil && n.Kind == yaml.MappingNode {
		n = target(member(n, "enabled"))
	}
	if n == nil || n.ShortTag() == "!!null" {
		return false, false
	}
	return isTrue(n) || strings.Contains(n.Value, unknownVariable), true
}

func isTrue(n *yaml.Node) bool { return n.ShortTag() == "!!bool" && strings.EqualFold(n.Value, "true") }

// isAcknowledged reports whether a source waits until the sinks behind it have
// delivered: by its own option, which is deprecated, or because one of the sinks
// acknowledges, by its own option or the global one.
func (v *vectorConfig) isAcknowledged(source component) bool {
	if own, set := v.acknowledges(source); set {
		return own
	}
	sinks, _ := v.receivers(source)
	return slices.ContainsFunc(sinks, func(s component) bool {
		own, set := v.acknowledges(s)
		return own || !set && v.acks
	})
}

// acknowledgements reports a source that does not wait for a sink, and what that means.
func (v *vectorConfig) acknowledgements(source, sink component, format string, args ...any) {
	if v.isAcknowledged(source) {
		return
	}
	at := sink
	if own, set := v.acknowledges(source); set && !own {
		at = source
	}
	key := "acknowledgements " + at.title()
	if !v.warned[key] {
		v.warned[key] = true
		_, n := at.text("acknowledgements.enabled")
		v.warnAt(at, n, "acknowledgements.enabled is not true: "+format, args...)
	}
}
