package hostconf

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fluent-detect/fluent-detect/detector/rule/sigma"
	"github.com/fluent-detect/fluent-detect/detector/spelling"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// Host is the program that a configuration is for.
type Host string

// The hosts.
const (
	FluentBit Host = "Fluent Bit"
	Vector    Host = "Vector"
	Sidecar   Host = "fluent-detect serve"
)

// Result is the result of a check.
type Result struct {
	Path     string
	Host     Host      // empty if the file cannot be read, or is for none of them
	Findings []Finding // in the order of their positions
	Files    []string  // the file and its included files
	Refused  bool      // Fluent Bit does not start with it; it does not report the other findings

	tree   *yaml.Node // of a file of Vector
	parsed []Finding  // of its parser
}

// Check checks the configuration in a file, with its included files: *.yaml and
// *.yml of any host, or with ConfigMaps of Kubernetes that contain such files;
// *.toml and *.json of Vector; everything else is in Fluent Bit's classic format. Use
// CheckAll for a configuration of Vector in several files.
func Check(path string) Result { return check(path, nil) }

func check(path string, origins map[string]origin) Result {
	c := &config{variables: map[string]string{}, origins: origins}
	host := FluentBit
	var root *yaml.Node
	if ext := filepath.Ext(path); slices.Contains(treeFormats, ext) {
		if ext == ".yaml" || ext == ".yml" {
			root = c.readYAML(path, Position{})
		} else {
			root = c.readTree(path)
		}
		if root == nil {
			if root = c.unparsed(path); root == nil {
				return Result{Path: path, Findings: c.sorted(), Files: c.files, Refused: true}
			}
		}
		if isManifest(root) {
			host = c.configMaps(path)
			return Result{Path: path, Host: host, Findings: c.sorted(), Files: c.files, Refused: c.broken || c.refused}
		}
		switch host = hostOf(root); host {
		case "":
			c.fail(c.in(path, 0, 0), "not a configuration of Fluent Bit, Vector or fluent-detect serve: it has none of their sections")
		case Sidecar:
			c.sidecar(path)
		case Vector:
			root = c.vectorRoot(path, root)
			c.vectorDocument(path, root)
			parsed := slices.Clone(c.all)
			c.vector([]vectorFile{{path: path, root: root}})
			return Result{Path: path, Host: host, Findings: c.sorted(), Files: c.files, tree: root, parsed: parsed}
		default:
			yamlFile{c, path}.read(root)
		}
	} else if other := foreign(path); other != "" {
		c.fail(c.in(path, 0, 0), "a configuration of %s: only those of Fluent Bit, Vector and fluent-detect serve are checked", other)
		return Result{Path: path, Findings: c.sorted(), Refused: true}
	} else {
		(&classic{config: c, root: filepath.Dir(path)}).read(path, Position{})
	}
	if host == FluentBit {
		c.fluentBit()
	}
	return Result{Path: path, Host: host, Findings: c.sorted(), Files: c.files, Refused: c.broken || c.refused}
}

// unparsed returns the root of a file that can be parsed only with its variables
// replaced, as Vector does, or nil.
func (c *config) unparsed(path string) *yaml.Node {
	said, broken := c.all, c.broken
	c.all, c.broken = nil, false
	root := c.vectorRoot(path, nil)
	if root == nil {
		c.all, c.broken = said, broken
	}
	return root
}

// CheckDir checks the configurations in a directory, without subdirectories, and
// returns the results in the order of their names. Files that others include are
// checked with them; files of Vector together, with its subdirectories of components;
// YAML files for other purposes are skipped.
func CheckDir(dir string) []Result { return checkDir(dir, nil) }

func checkDir(dir string, origins map[string]origin) []Result {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var results, vectors []Result
	included := map[string]bool{}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if e.IsDir() || !IsConfiguration(path) {
			continue
		}
		r := check(path, origins)
		if r.Host == "" && !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Line > 0 }) {
			continue
		}
		if r.tree != nil {
			vectors = append(vectors, r)
			continue
		}
		results = append(results, r)
		for _, file := range r.Files[min(1, len(r.Files)):] {
			included[file] = true
		}
	}
	results = slices.DeleteFunc(results, func(r Result) bool { return included[r.Path] })
	c := &config{origins: origins}
	parts := vectorParts(dir, c)
	results = append(results, checkTogether(vectors, parts, origins)...)
	if len(c.all) > 0 {
		results = append(results, Result{Path: dir, Host: Vector, Findings: c.sorted(), Refused: true})
	}
	slices.SortStableFunc(results, func(a, b Result) int { return strings.Compare(a.Path, b.Path) })
	return results
}

// treeFormats are the extensions of files that are not in Fluent Bit's classic format.
var treeFormats = []string{".yaml", ".yml", ".toml", ".json"}

// IsConfiguration reports whether a file has the extension of a configuration, or is a
// TOML or JSON file with a configuration of Vector.
func IsConfiguration(path string) bool {
	switch filepath.Ext(path) {
	case ".conf":
		return true
	case ".yaml", ".yml":
		return !sigma.IsFile(path)
	case ".toml", ".json":
		return isTree(path)
	}
	return false
}

// fluentBit checks the sections, and if all of them are known, how they fit
// together.
func (c *config) fluentBit() {
	c.expand()
	c.libraries()
	parsers := c.parserFiles()
	c.ownSections()
	if c.broken {
		return
	}
	c.checkParsers(parsers)
	c.names()
	c.serviceSettings()
	if !c.misspelt {
		c.channels()
		c.routes()
	}
	for _, out := range c.toSidecar() {
		c.sidecarOutput(out)
	}
	c.tails()
	c.daemon()
	c.ruleFiles()
}

// hostOf recognizes a host by its keys, or by misspelt ones if there are no others.
// It returns "" if there are none.
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

// foreign returns the name of another program that the file is for, or "": others
// use *.conf too.
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
