package hostconf

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fluent-detect/fluent-detect/detector/spelling"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
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
	Path     string
	Host     Host      // empty when the file could not be read, or is of none of them
	Findings []Finding // in the order of their places
	Files    []string  // the file and those that it includes
	Refused  bool      // Fluent Bit refuses to read it; of what else is found it says nothing
}

// Check checks the configuration in a file, with the files that it includes:
// *.yaml and *.yml of any host, or with ConfigMaps of Kubernetes that hold such
// files; everything else in Fluent Bit's classic format.
func Check(path string) Result { return check(path, nil) }

func check(path string, origins map[string]origin) Result {
	c := &config{variables: map[string]string{}, origins: origins}
	host := FluentBit
	if ext := filepath.Ext(path); ext == ".yaml" || ext == ".yml" {
		root := c.readYAML(path, Position{})
		if root == nil {
			return Result{path, "", c.sorted(), c.files, true}
		}
		if isManifest(root) {
			host = c.configMaps(path)
			return Result{path, host, c.sorted(), c.files, c.broken || c.refused}
		}
		switch host = hostOf(root); host {
		case "":
			c.fail(c.in(path, 0, 0), "is no configuration of Fluent Bit, Vector or fluent-detect serve: it has none of their sections")
		case Sidecar:
			c.sidecar(path)
		case Vector:
			c.vector(path, root)
		default:
			yamlFile{c, path}.read(root)
		}
	} else if other := foreign(path); other != "" {
		c.fail(c.in(path, 0, 0), "is a configuration of %s: only those of Fluent Bit, Vector and fluent-detect serve are checked", other)
		return Result{path, "", c.sorted(), nil, true}
	} else {
		(&classic{config: c, root: filepath.Dir(path)}).read(path, Position{})
	}
	if host == FluentBit {
		c.fluentBit()
	}
	return Result{path, host, c.sorted(), c.files, c.broken || c.refused}
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
	for _, out := range c.toSidecar() {
		c.sidecarOutput(out)
	}
	c.tails()
	c.ruleFiles()
}

// hostOf tells hosts apart by their keys, if need be by misspelt ones. It is empty
// when there are none.
func hostOf(root *yaml.Node) Host {
	var own []string
	for _, k := range settings.SidecarKeys() {
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
		case spelling.Suggest(key, topNames) != "":
			near = cmp.Or(near, FluentBit)
		case spelling.Suggest(key, own) != "":
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

var (
	fluentdLine  = regexp.MustCompile(`(?m)^\s*<(source|match|filter|system|label)[ >]`)
	logstashLine = regexp.MustCompile(`(?m)^\s*(input|filter|output)\s*\{`)
)

// foreign names the host whose file this is when it is none of ours: others call
// theirs *.conf too.
func foreign(path string) string {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxFile {
		return ""
	}
	data, err := os.ReadFile(path)
	switch {
	case err != nil:
	case fluentdLine.Match(data):
		return "Fluentd"
	case logstashLine.Match(data):
		return "Logstash"
	}
	return ""
}
