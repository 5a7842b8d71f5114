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

// vectorNames are what Vector takes at the top of a file.
var vectorNames = []string{
	"sources", "transforms", "sinks", "data_dir", "api", "tests", "secret", "enrichment_tables", "log_schema", "acknowledgements", "proxy", "timezone",
	"provider", "schema", "telemetry", "healthchecks", "expire_metrics", "expire_metrics_secs", "wildcard_matching", "buffer_utilization_ewma_alpha",
}

// vectorFile is a configuration of Vector.
type vectorFile struct {
	*config
	path       string
	components []component
}

// vector checks what is between Vector and fluent-detect serve. Vector itself
// refuses options that it does not know.
func (c *config) vector(path string, root *yaml.Node) {
	f := vectorFile{config: c, path: path}
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
		f.note(Position{File: path}, "no http sink goes to /v1/ingest of fluent-detect serve")
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

func (f *vectorFile) addComponents(kind string, value *yaml.Node) {
	for i := 0; i+1 < len(value.Content) && value.Kind == yaml.MappingNode; i += 2 {
		c := component{kind: kind, name: value.Content[i].Value, key: value.Content[i], value: value.Content[i+1]}
		c.plugin, _ = c.text("type")
		if list := c.node("inputs"); list != nil {
			c.inputs = list.Content
		}
		f.components = append(f.components, c)
	}
}

// node returns an option, whose name may have dots for options of options.
func (c *component) node(name string) *yaml.Node {
	n := c.value
	for part := range strings.SplitSeq(name, ".") {
		n = member(n, part)
	}
	return n
}

func member(n *yaml.Node, name string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}

// text returns the value of an option and where it stands: at the component when
// it is not set.
func (c *component) text(name string) (string, *yaml.Node) {
	if n := c.node(name); n != nil && n.Kind == yaml.ScalarNode {
		return n.Value, n
	}
	return "", c.key
}

const ingestPath = "/v1/ingest"

// ingestSinks returns the sinks that go to the sidecar, and finds one that goes
// to another path there.
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

// ingest checks a sink that goes to the sidecar.
func (f *vectorFile) ingest(c component) {
	name := "sinks." + c.name
	if v, at := c.text("retry_strategy.type"); v != "all" {
		f.warn(f.at(at), "%s: retry_strategy is not {type: all}: Vector drops a batch for good at an answer such as 401 or 404", name)
	}
	if v, at := c.text("acknowledgements.enabled"); v != "true" {
		f.warn(f.at(at), "%s: acknowledgements.enabled is not true: the source is told that events are delivered before they are", name)
	}
	if v, at := c.text("encoding.codec"); v != "" && !slices.Contains([]string{"raw_message", "json", "text"}, v) {
		f.fail(f.at(at), "%s: encoding.codec %s cannot be read: want raw_message, or json after a transform", name, v)
	}
	if v, at := c.text("framing.method"); v != "" && v != "newline_delimited" {
		f.fail(f.at(at), "%s: framing.method %s cannot be read: want newline_delimited", name, v)
	}
	if v, at := c.text("compression"); v != "" && !slices.Contains([]string{"none", "gzip", "zstd", "zlib"}, v) {
		f.fail(f.at(at), "%s: compression %s cannot be read: want none, gzip, zlib or zstd", name, v)
	}
	if v, at := c.text("buffer.when_full"); v == "drop_newest" {
		f.warn(f.at(at), "%s: buffer.when_full drop_newest: events are dropped, and never evaluated, while the sidecar is away; want block", name)
	}
	for _, in := range c.inputs {
		f.ingestInput(name, in)
	}
}

// ingestInput checks where the events for the rules come from.
func (f *vectorFile) ingestInput(sink string, in *yaml.Node) {
	for _, source := range f.components {
		if ok, _ := path.Match(in.Value, source.name); !ok {
			continue
		}
		switch {
		case source.plugin == "http_server" && f.isForAlerts(source):
			f.warn(f.at(in), "%s.inputs: %s brings the alerts back to the rules, which pass over them: name the inputs that bring events", sink, in.Value)
		case source.plugin == "file":
			f.lineLength(source)
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
		f.warn(f.at(at), "sources.%s: max_line_bytes is %s: Vector drops longer lines, and a file of CloudTrail in S3 is one line of many megabytes: set it to 67108864", source.name, sizeText(n))
	}
}

// isForAlerts reports whether a source is where alerts come back: its path says so,
// or it is the only one of its kind.
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

// alerts checks the way back.
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
			f.fail(f.at(at), "sources.%s: framing.method is not newline_delimited: several alerts in one request are refused", c.name)
		}
		if !f.isTaken(c.name, len(f.components)) {
			f.fail(f.at(c.key), "sources.%s: no sink takes the alerts: they go nowhere", c.name)
		}
	}
}

// isTaken reports whether a sink takes what a component makes, at once or through
// so many transforms.
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
