package docs

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/test/docs/generated"
)

// command builds fluent-detect.
var command string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "docs")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		command = filepath.Join(dir, "fluent-detect")
		build := exec.Command("go", "build", "-o", command, "./plugin/fluent-detect")
		build.Dir = generated.Root()
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%s%v\n", out, err)
			return 1
		}
		return m.Run()
	}())
}

// The examples work as documented. Each document has a directory with what a reader who
// follows it would have: the repository's conf and test, the program in build and on
// PATH, events in trail.json.gz, and the files that the document shows.
func TestExamples(t *testing.T) {
	for _, d := range documents(t) {
		if len(d.blocks) == 0 {
			continue
		}
		t.Run(strings.ReplaceAll(d.name, "/", "-"), func(t *testing.T) {
			f := newFolder(t, d)
			for _, b := range d.blocks {
				where := fmt.Sprintf("%s:%d", d.name, b.line)
				if check := checks[b.language]; check != nil {
					check(t, f, where, b)
				} else {
					t.Errorf("%s: no test for examples in %q", where, b.language)
				}
			}
		})
	}
}

// checks are the tests of examples, by language.
var checks = map[string]func(*testing.T, *folder, string, *block){
	"text":    func(*testing.T, *folder, string, *block) {}, // pictures
	"toml":    checkRules,
	"ini":     checkConfiguration,
	"yaml":    checkYAML,
	"json":    checkJSON,
	"console": checkSession,
	"sh":      checkCommands,
	"promql":  checkPromQL,
}

// folder is the directory in which the examples of a document run.
type folder struct {
	t        *testing.T
	dir      string
	document *document
}

func newFolder(t *testing.T, d *document) *folder {
	t.Helper()
	f := &folder{t, t.TempDir(), d}
	root := generated.Root()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	must(os.Mkdir(filepath.Join(f.dir, "build"), 0o755))
	must(os.Symlink(command, filepath.Join(f.dir, "build/fluent-detect")))
	for _, name := range []string{"conf", "test"} {
		must(os.Symlink(filepath.Join(root, name), filepath.Join(f.dir, name)))
	}
	events, err := os.ReadFile(filepath.Join(root, "test/data/cloudtrail.ndjson"))
	must(err)
	file, err := os.Create(filepath.Join(f.dir, "trail.json.gz"))
	must(err)
	w := gzip.NewWriter(file)
	_, err = w.Write(events)
	must(err)
	must(w.Close())
	must(file.Close())
	for _, b := range d.blocks {
		if strings.Contains(b.name, ".") {
			must(os.WriteFile(filepath.Join(f.dir, b.name), []byte(b.text), 0o644))
		}
	}
	return f
}

// run runs a shell command, and returns its output and exit status.
func (f *folder) run(line string) (out string, status int) {
	f.t.Helper()
	c := exec.Command("bash", "-c", line)
	c.Dir = f.dir
	c.Env = append(os.Environ(), "PATH="+filepath.Dir(command)+":"+os.Getenv("PATH"), "NO_COLOR=1")
	text, err := c.CombinedOutput()
	if c.ProcessState == nil {
		f.t.Fatal(err)
	}
	return string(text), c.ProcessState.ExitCode()
}

// Files of rules and exceptions are valid, and the rules' tests pass, unless the document
// marks them as refused or failing.
func checkRules(t *testing.T, f *folder, where string, b *block) {
	want := 0
	if b.note == "refused" {
		want = 1
	}
	if out, got := f.run("fluent-detect check " + b.name); got != want {
		t.Errorf("%s: check %s ends with %d, want %d:\n%s", where, b.name, got, want, out)
	}
	if want != 0 || !strings.Contains(b.text, "[rule]") && !isSigma(b) {
		return
	}
	if b.note == "failing" {
		want = 1
	}
	if out, got := f.run("fluent-detect test " + b.name); got != want {
		t.Errorf("%s: test %s ends with %d, want %d:\n%s", where, b.name, got, want, out)
	}
}

func isSigma(b *block) bool { return strings.Contains(b.text, "\ndetection:") }

func checkYAML(t *testing.T, f *folder, where string, b *block) {
	if isSigma(b) {
		checkRules(t, f, where, b)
	} else {
		checkConfiguration(t, f, where, b)
	}
}

// The rest of a configuration of which a document shows only some sections.
const rest = `[SERVICE]
    storage.path  state/storage
[INPUT]
    Name          dummy
    Tag           cloudtrail
    storage.type  filesystem
[OUTPUT]
    Name    stdout
    Match   alert.*
`

// Configurations are valid, also for a real Fluent Bit if one is installed.
func checkConfiguration(t *testing.T, f *folder, where string, b *block) {
	name := b.name
	if name == "part" {
		name = fmt.Sprintf("part-%d.conf", b.line)
		if err := os.WriteFile(filepath.Join(f.dir, name), []byte(rest+b.text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, status := f.run("fluent-detect check " + name)
	if status != 0 || strings.Contains(out, "warning") {
		t.Errorf("%s: check %s:\n%s", where, name, out)
	}
	if !strings.Contains(strings.ToLower(b.text), "match") {
		return // the sidecar's
	}
	t.Run("Fluent Bit", func(t *testing.T) {
		fluentBit := os.Getenv("FLUENT_BIT")
		if fluentBit == "" {
			fluentBit = "fluent-bit"
		}
		libraries := filepath.Join(generated.Root(), "build")
		if _, err := exec.LookPath(fluentBit); err != nil {
			t.Skip("no fluent-bit on PATH or in FLUENT_BIT: the configuration was not tested in one")
		}
		if _, err := os.Stat(filepath.Join(libraries, "out_detect.so")); err != nil {
			t.Skip("no out_detect.so in build, which make build makes: the configuration was not tested in a Fluent Bit")
		}
		line := fmt.Sprintf("%s -e %s/out_detect.so -e %s/in_detect.so -e %s/in_cloudtrail.so -c %s --dry-run", fluentBit, libraries, libraries, libraries, name)
		if out, status := f.run(line); status != 0 {
			t.Errorf("%s: %s:\n%s", where, line, out)
		}
	})
}

// JSON is valid, and alerts are (parts of) the alerts of the bundled events.
func checkJSON(t *testing.T, f *folder, where string, b *block) {
	var shown any
	if err := json.Unmarshal([]byte(b.text), &shown); err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	if b.name != "alert" {
		return
	}
	out, _ := f.run("fluent-detect replay test/data/cloudtrail.ndjson 2>/dev/null | head -n 1")
	var alert any
	if err := json.Unmarshal([]byte(out), &alert); err != nil {
		t.Fatalf("%s: %v: %s", where, err, out)
	}
	within(t, where, shown, alert)
}

// within checks that the whole contains what is shown. An ellipsis matches anything.
func within(t *testing.T, where string, shown, whole any) {
	t.Helper()
	members, ok := shown.(map[string]any)
	if !ok {
		if shown != "…" && !reflect.DeepEqual(shown, whole) {
			t.Errorf("%s: %v, and the alert has %v", where, shown, whole)
		}
		return
	}
	all, _ := whole.(map[string]any)
	for name, value := range members {
		if all[name] == nil {
			t.Errorf("%s: the alert has no %s", where, name)
			continue
		}
		within(t, where+" "+name, value, all[name])
	}
}

// A terminal session: lines that begin with $ are commands, the following lines their
// output. -update-docs writes the output.
func checkSession(t *testing.T, f *folder, where string, b *block) {
	var got strings.Builder
	for line := range strings.Lines(b.text) {
		if c, ok := strings.CutPrefix(line, "$ "); ok {
			out, _ := f.run(c)
			got.WriteString(line + out)
		}
	}
	if got.String() == b.text {
		return
	}
	if generated.Updating() {
		f.document.replace(t, b, got.String())
		return
	}
	t.Errorf("%s: the output is out of date; -update-docs writes it. It should be\n%s", where, got.String())
}

var (
	assignment = regexp.MustCompile(`^[A-Z_]+=\S* `)
	target     = regexp.MustCompile(`^[a-z-]+$`)
)

// Commands of fluent-detect are run and succeed. For other commands, the files and
// targets that they name exist. Those of the quick start have their own tests.
func checkCommands(t *testing.T, f *folder, where string, b *block) {
	for line := range strings.Lines(b.text) {
		line = strings.TrimSpace(line)
		line = strings.TrimPrefix(line, "sudo ")
		for assignment.MatchString(line) {
			_, line, _ = strings.Cut(line, " ")
		}
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		for _, w := range words {
			for _, folder := range []string{"conf/", "test/", "docs/", "plugin/", "detector/"} {
				w = strings.TrimPrefix(strings.TrimPrefix(w, "@"), "./")
				if strings.HasPrefix(w, folder) {
					w = strings.TrimSuffix(w, "/...")
					if _, err := os.Stat(filepath.Join(generated.Root(), w)); err != nil {
						t.Errorf("%s: %s: there is no %s", where, line, w)
					}
				}
			}
		}
		switch words[0] {
		case "fluent-detect", "build/fluent-detect":
			if words[1] == "serve" {
				continue // TestSidecar
			}
			if out, status := f.run(line); status != 0 {
				t.Errorf("%s: %s ends with %d:\n%s", where, line, status, out)
			}
		case "make":
			makefile, err := os.ReadFile(filepath.Join(generated.Root(), "Makefile"))
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range words[1:] {
				if (target.MatchString(w) || strings.HasPrefix(w, "build/")) && !strings.Contains(string(makefile), "\n"+w+":") {
					t.Errorf("%s: the Makefile has no target %s", where, w)
				}
			}
		case "cp", "mkdir", "dpkg", "systemctl", "journalctl", "curl", "grep", "sleep", "fluent-bit", "sed", "vector", "kill", "go", "docker", "git", "aws", "echo", "export", "pip", "moto_server":
		default:
			t.Errorf("%s: no test for %s", where, words[0])
		}
	}
}

// The rows of the tables of queries are correct.
func TestQueries(t *testing.T) {
	d := find(t, "docs/rules.md")
	f := newFolder(t, d)
	typed := d.rows("| types | query | document | matches |")
	rows, eql := d.rows("| query | document | matches |"), d.rows("| EQL | document | matches |")
	esql := d.rows(`| ES\|QL | document | row |`)
	if len(rows) == 0 || len(typed) == 0 || len(eql) == 0 || len(esql) == 0 {
		t.Fatal("no tables of queries")
	}
	for _, r := range rows {
		typed = append(typed, append([]string{""}, r...))
	}
	for _, r := range eql {
		typed = append(typed, append([]string{"eql"}, r...))
	}
	for _, r := range esql {
		typed = append(typed, append([]string{"esql"}, r...))
	}
	sigma := d.rows("| Sigma | document | matches |")
	if len(sigma) == 0 {
		t.Fatal("no table of detections in Sigma")
	}
	for _, r := range sigma {
		typed = append(typed, append([]string{"sigma"}, r...))
	}
	for _, r := range typed {
		if r[0] == "sigma" {
			item := strings.Trim(r[1], "`")
			rule := "title: x\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  s:\n    " + item + "\n  condition: s\n"
			if err := os.WriteFile(filepath.Join(f.dir, "sigma.yml"), []byte(rule), 0o600); err != nil {
				t.Fatal(err)
			}
			out, status := f.run("fluent-detect eval --rule sigma.yml - <<<" + quote(strings.Trim(r[2], "`")))
			if got := map[bool]string{true: "yes", false: "no"}[out != ""]; status != 0 || got != r[3] {
				t.Errorf("%s of %s: %s (exit status %d: %s), the table says %s", item, r[2], got, status, out, r[3])
			}
			continue
		}
		line := "fluent-detect eval --query " + quote(strings.Trim(r[1], "`"))
		switch r[0] {
		case "":
		case "eql", "esql":
			line += " --language " + r[0]
		default:
			line += " --type " + strings.Trim(r[0], "`")
		}
		line += " - <<<" + quote(strings.Trim(r[2], "`"))
		out, status := f.run(line)
		got := map[bool]string{true: "yes", false: "no"}[out != ""]
		if status != 0 || got != r[3] {
			t.Errorf("%s: %s (exit status %d), the table says %s", line, got, status, r[3])
		}
	}
}

// quote quotes a text for the shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
