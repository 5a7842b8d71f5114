package hostconf

import (
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fluent-detect/fluent-detect/detector/spelling"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// component is a source, transform or sink of Vector.
type component struct {
	kind, name, plugin string
	key, value         *yaml.Node
	inputs             []*yaml.Node
}

// vectorNames are the names at the top level of a file of Vector.
var vectorNames = []string{
	"sources", "transforms", "sinks", "data_dir", "api", "tests", "secret", "enrichment_tables", "log_schema", "acknowledgements", "proxy", "timezone",
	"provider", "schema", "telemetry", "healthchecks", "expire_metrics", "expire_metrics_secs", "wildcard_matching", "buffer_utilization_ewma_alpha",
}

// vectorFile is a configuration of Vector.
type vectorFile struct {
	*config
	path       string
	components []component
	warned     map[string]bool // sources whose lines were reported
	acks       bool            // the global acknowledgements
}

// vector checks the settings between Vector and fluent-detect serve. Vector itself
// rejects unknown options.
func (c *config) vector(path string, root *yaml.Node) {
	f := vectorFile{config: c, path: path, warned: map[string]bool{}}
	f.acks, _ = isAcknowledged(root)
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		switch key.Value {
		case "sources", "transforms", "sinks":
			f.addComponents(strings.TrimSuffix(key.Value, "s"), value)
		default:
			if !slices.Contains(vectorNames, key.Value) {
				f.fail(f.at(key), "unknown section %q%s", key.Value, spelling.Suggest(key.Value, vectorNames))
			}
		}
	}
	sinks := f.ingestSinks()
	if len(sinks) == 0 {
		f.note(Position{File: path}, "no http sink sends to /v1/ingest of fluent-detect serve")
		return
	}
	for _, s := range sinks {
		f.ingest(s)
	}
	f.alerts()
	for _, s := range f.components {
		if s.kind == "source" && s.plugin == "exec" {
			f.command(s)
		}
	}
}

func (f *vectorFile) at(n *yaml.Node) Position { return f.in(f.path, n.Line, n.Column) }

// isAcknowledged returns the option acknowledgements, a boolean or a table, and whether
// it is set.
func isAcknowledged(n *yaml.Node) (enabled, set bool) {
	v := member(n, "acknowledgements")
	if v != nil && v.Kind == yaml.MappingNode {
		v = member(v, "enabled")
	}
	return v != nil && v.Value == "true", v != nil
}

func (f *vectorFile) addComponents(kind string, value *yaml.Node) {
	for i := 0; i+1 < len(value.Content) && value.Kind == yaml.MappingNode; i += 2 {
		c := component{kind: kind, name: value.Content[i].Value, key: value.Content[i], value: target(value.Content[i+1])}
		c.plugin, _ = c.text("type")
		if list := c.node("inputs"); list != nil {
			c.inputs = list.Content
		}
		f.components = append(f.components, c)
	}
}

// node returns an option; its name may have dots for nested options.
func (c *component) node(name string) *yaml.Node {
	n := c.value
	for part := range strings.SplitSeq(name, ".") {
		n = member(n, part)
	}
	return target(n)
}

// target returns the node that an alias stands for.
func target(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func member(n *yaml.Node, name string) *yaml.Node {
	if n = target(n); n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}

// text returns the value of an option and its node, or the node of the component if
// it is not set.
func (c *component) text(name string) (string, *yaml.Node) {
	if n := c.node(name); n != nil && n.Kind == yaml.ScalarNode {
		return n.Value, n
	}
	return "", c.key
}

const ingestPath = "/v1/ingest"

// ingestSinks returns the sinks that send to the sidecar, and reports wrong paths.
func (f *vectorFile) ingestSinks() []component {
	var all []component
	for _, c := range f.components {
		if c.kind != "sink" || c.plugin != "http" {
			continue
		}
		uri, at := c.text("uri")
		u, err := url.Parse(uri)
		switch {
		case err != nil:
		case u.Path == ingestPath:
			all = append(all, c)
		case u.Port() == "9880" || spelling.Suggest(u.Path, []string{ingestPath}) != "":
			f.fail(f.at(at), "sinks.%s.uri: fluent-detect serve takes events at %s, not at %q", c.name, ingestPath, u.Path)
			all = append(all, c)
		}
	}
	return all
}

// ingest checks a sink that sends to the sidecar.
func (f *vectorFile) ingest(c component) {
	name := "sinks." + c.name
	if v, at := c.text("retry_strategy.type"); v != "all" {
		f.warn(f.at(at), "%s: retry_strategy is not {type: all}: Vector drops a batch after a response such as 401 or 404", name)
	}
	if own, set := isAcknowledged(c.value); !own && (set || !f.acks) {
		_, at := c.text("acknowledgements.enabled")
		f.warn(f.at(at), "%s: acknowledgements.enabled is not true: the source acknowledges events before they are delivered", name)
	}
	if v, at := c.text("encoding.codec"); v != "" && !slices.Contains([]string{"raw_message", "json", "text"}, v) {
		f.fail(f.at(at), "%s: encoding.codec %s is not supported: must be raw_message, or json after a transform", name, v)
	}
	if v, at := c.text("framing.method"); v != "" && v != "newline_delimited" {
		f.fail(f.at(at), "%s: framing.method %s is not supported: must be newline_delimited", name, v)
	}
	v, at := c.text("compression")
	if v == "" {
		v, at = c.text("compression.algorithm")
	}
	if v != "" && !slices.Contains([]string{"none", "gzip", "zstd", "zlib"}, v) {
		f.fail(f.at(at), "%s: compression %s is not supported: must be none, gzip, zlib or zstd", name, v)
	}
	if v, at := c.text("buffer.when_full"); v == "drop_newest" {
		f.warn(f.at(at), "%s: buffer.when_full drop_newest: events are dropped without being evaluated while the sidecar is down; use block", name)
	}
	for _, in := range c.inputs {
		f.ingestInput(name, in)
	}
}

// ingestInput checks the sources of the events.
func (f *vectorFile) ingestInput(sink string, in *yaml.Node) {
	for _, source := range f.components {
		if ok, _ := path.Match(in.Value, source.name); !ok {
			continue
		}
		switch {
		case source.plugin == "http_server" && f.isForAlerts(source):
			f.warn(f.at(in), "%s.inputs: %s sends the alerts too, which the rules ignore: use the names of the inputs of events", sink, in.Value)
		case source.plugin == "file" && !f.warned[source.name]:
			f.warned[source.name] = true
			f.lineLength(source)
			f.lastLine(source)
		}
	}
}

func (f *vectorFile) lineLength(source component) {
	v, at := source.text("max_line_bytes")
	n, err := strconv.Atoi(v)
	if v == "" {
		n = 100 << 10
	} else if err != nil {
		return
	}
	if n < longObject {
		f.warn(f.at(at), "sources.%s: max_line_bytes is %s: Vector drops longer lines, and a line with many records of CloudTrail has many megabytes: set it to 67108864", source.name, sizeText(n))
	}
}

// lastLine reports a source of objects of S3: Vector waits for the end of their line
// until the file is deleted.
func (f *vectorFile) lastLine(source component) {
	list := source.node("include")
	if list == nil {
		return
	}
	for _, pattern := range list.Content {
		if why := objects(pattern.Value); why != "" {
			f.fail(f.at(pattern), "sources.%s: %s: %s. A file source does not read the last line of a file without a newline: use an aws_s3 source", source.name, pattern.Value, why)
		}
	}
}

// isForAlerts reports whether a source receives the alerts: according to its path, or
// because it is the only one of its type.
func (f *vectorFile) isForAlerts(c component) bool {
	if p, _ := c.text("path"); strings.Contains(p, "alert") {
		return true
	}
	servers := 0
	for _, other := range f.components {
		if other.plugin == "http_server" {
			servers++
		}
	}
	return servers == 1
}

// alerts checks the sources that receive the alerts.
func (f *vectorFile) alerts() {
	for _, c := range f.components {
		if c.kind != "source" || c.plugin != "http_server" || !f.isForAlerts(c) {
			continue
		}
		codec, at := c.text("decoding.codec")
		if codec != "json" {
			f.fail(f.at(at), "sources.%s: decoding.codec is not json: alerts arrive as text in .message", c.name)
		}
		if v, at := c.text("framing.method"); v != "newline_delimited" {
			f.fail(f.at(at), "sources.%s: framing.method is not newline_delimited: a request with several alerts is rejected", c.name)
		}
		if !f.isTaken(c.name, len(f.components)) {
			f.fail(f.at(c.key), "sources.%s: no sink gets the alerts: they have no destination", c.name)
		}
	}
}

// isTaken reports whether a sink gets the output of a component, directly or through
// at most that many transforms.
func (f *vectorFile) isTaken(name string, transforms int) bool {
	for _, c := range f.components {
		for _, in := range c.inputs {
			// A transform may have named outputs: name.dropped.
			of, _, _ := strings.Cut(in.Value, ".")
			if ok, _ := path.Match(of, name); !ok {
				continue
			}
			if c.kind == "sink" || transforms > 0 && f.isTaken(c.name, transforms-1) {
				return true
			}
		}
	}
	return false
}

// command checks the flags of a sidecar that Vector starts.
func (f *vectorFile) command(c component) {
	list := c.node("command")
	if list == nil || len(list.Content) < 2 || path.Base(list.Content[0].Value) != "fluent-detect" || list.Content[1].Value != "serve" {
		return
	}
	flags := []string{"config", "help"}
	for _, k := range settings.SidecarKeys() {
		flags = append(flags, strings.ReplaceAll(k.Name, "_", "-"))
	}
	for _, arg := range list.Content[2:] {
		name, _, _ := strings.Cut(strings.TrimPrefix(arg.Value, "--"), "=")
		if strings.HasPrefix(arg.Value, "--") && !slices.Contains(flags, name) {
			f.fail(f.at(arg), "sources.%s.command: fluent-detect serve has no flag --%s%s", c.name, name, spelling.Suggest(name, flags))
		}
	}
}
