package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/stats"
	"github.com/fluent-detect/fluent-detect/test/docs/generated"
)

// logged returns the texts and formats that the plugin, the sidecar and the detector
// log, with their positions.
func logged(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"plugin/fluentbit", "plugin/fluentbit/instance", "plugin/sidecar", "plugin/forward", "plugin/host", "plugin/intake", "plugin/intake/files", "plugin/aws", "plugin/trail", "plugin/logger", "plugin/delivery", "detector", "detector/store"} {
		files, err := filepath.Glob(filepath.Join(generated.Root(), pattern, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal("no sources in "+pattern, err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || !slices.Contains(loggers, nameOf(call.Fun)) {
					return true
				}
				for _, text := range texts(call.Args) {
					all[text] = filepath.Base(path)
				}
				return true
			})
		}
	}
	return all
}

// loggers are the functions that write to a log.
var loggers = []string{"log", "Log", "Infof", "Warnf", "Errorf", "Warn", "warn", "Info", "plainLog", "fail"}

func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok && x.Name == "fmt" {
			return "" // an error
		}
		return e.Sel.Name
	}
	return ""
}

// texts returns the string literals in the arguments that are messages.
func texts(args []ast.Expr) (all []string) {
	for _, a := range args {
		ast.Inspect(a, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil && len(strings.Fields(text)) > 2 {
					all = append(all, text)
				}
			}
			return true
		})
	}
	return all
}

// literals returns all string literals of the packages that log, and of those whose
// errors are logged.
func literals(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, root := range []string{"plugin", "detector"} {
		err := filepath.WalkDir(filepath.Join(generated.Root(), root), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if text, err := strconv.Unquote(lit.Value); err == nil {
						all.WriteString(plain(text) + "\n")
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

var quotedLine = regexp.MustCompile("`([^`]+)`")

var verb = regexp.MustCompile(`%[#+]?[a-z]`)

// plain writes a format as the documentation does, with an ellipsis for each verb.
func plain(format string) string {
	return strings.TrimSpace(verb.ReplaceAllString(strings.ReplaceAll(format, "%q", `"…"`), "…"))
}

// The tables of log lines in docs/operators.md have all log lines, and no others.
func TestLogLines(t *testing.T) {
	_, section, _ := strings.Cut(find(t, "docs/operators.md").text, "## What the log says")
	section, _, _ = strings.Cut(section, "\n## ")
	var shown []string
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		for _, m := range quotedLine.FindAllStringSubmatch(line, -1) {
			shown = append(shown, m[1])
		}
	}
	sources := literals(t)
	outcomes := strings.ReplaceAll(new(stats.Outcomes).String(), "=0", "=…")
	for _, text := range shown {
		for piece := range strings.SplitSeq(strings.ReplaceAll(text, "; ", "…"), "…") {
			piece = strings.Trim(piece, ` ";:`)
			if len(strings.Fields(piece)) > 1 && !strings.Contains(sources, piece) {
				t.Errorf("docs/operators.md shows a line %q, and nothing in the sources says %q", text, piece)
			}
		}
	}
	for text, file := range logged(t) {
		want := strings.Trim(strings.Replace(plain(text), "records=… …", "records=… "+outcomes, 1), "…:; \n")
		if !slices.ContainsFunc(shown, func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("%s logs %q, and docs/operators.md does not say what it means", file, want)
		}
	}
}
