package ruleset

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/literal"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// tiny is a second language: comparisons such as a == "x", a != "x" and a < "x",
// joined by && and ||.
var tiny = query.Language{Name: "tiny", Parse: parseTiny, Format: formatTiny}

var tinyComparison = regexp.MustCompile(`^\s*([\w.]+) (==|!=|<) "([^"]*)"\s*$`)

func parseTiny(text string) (query.Node, error) {
	or := &query.Or{}
	at := 0
	for _, term := range strings.SplitAfter(text, "||") {
		and := &query.And{}
		for _, part := range strings.SplitAfter(term, "&&") {
			span := query.Span{Start: at, End: at + len(part)}
			at = span.End
			m := tinyComparison.FindStringSubmatch(strings.TrimRight(part, "&|"))
			if m == nil {
				return nil, &query.Error{Query: text, Span: span, Message: `expected a comparison such as a == "x"`}
			}
			compare := &query.Compare{Field: query.Field{Name: m[1], At: span}, Value: query.Value{Text: m[3], Phrase: true, At: span}, At: span}
			switch m[2] {
			case "==":
				and.Nodes = append(and.Nodes, compare)
			case "!=":
				and.Nodes = append(and.Nodes, &query.Not{Node: compare, At: span})
			case "<":
				compare.Op = query.Lt
				and.Nodes = append(and.Nodes, compare)
			}
		}
		or.Nodes = append(or.Nodes, and)
	}
	return or, nil
}

func formatTiny(n query.Node) string {
	join := func(nodes []query.Node, by string) string {
		var parts []string
		for _, n := range nodes {
			parts = append(parts, formatTiny(n))
		}
		return strings.Join(parts, by)
	}
	switch n := n.(type) {
	case *query.Or:
		return join(n.Nodes, " || ")
	case *query.And:
		return join(n.Nodes, " && ")
	case *query.Not:
		return "!(" + formatTiny(n.Node) + ")"
	case *query.Compare:
		op := n.Op.String()
		if n.Op == query.Is {
			op = "=="
		}
		return n.Field.Name + " " + op + ` "` + n.Value.Text + `"`
	}
	panic("the language has no such node")
}

// tinyRule writes a rule file with a query in the language.
func tinyRule(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tiny.toml")
	file := "[rule]\nname = \"Tiny\"\nrule_id = \"tiny\"\ndescription = \"x\"\nseverity = \"low\"\nrisk_score = 1\ntype = \"query\"\nlanguage = \"tiny\"\nquery = '''" + text + "'''\n"
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A second query language plugs in by a parser and a formatter. Everything else,
// from the index to the texts of conditions, is the same as for KQL.
func TestSecondLanguage(t *testing.T) {
	loader := DefaultLoader()
	loader.Languages = append(slices.Clone(loader.Languages), tiny)
	const text = `event.provider == "s" && event.action == "StopLogging" && user.name != "ci" && source.ip < "10.0.0.9" ||
event.provider == "s" && event.action == "DeleteTrail"`
	rules, err := loader.Load(tinyRule(t, text) + ", builtin")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(rules.Rules, func(r *Rule) bool { return r.ID == "tiny" })
	var programs []*match.Program
	for _, r := range rules.Rules {
		programs = append(programs, r.Program)
	}
	set := match.NewSet(programs, loader.Mapping())
	literals, ok := set.Literals()
	if !ok || !slices.Contains(literals, literal.Text{Text: "StopLogging"}) || !slices.Contains(literals, literal.Text{Text: "DeleteTrail"}) {
		t.Errorf("a match contains one of %q (%v)", literals, ok)
	}
	conditions := rules.Rules[i].Program.Conditions()
	for _, c := range []struct {
		event      string
		matches    bool
		nearMisses []string
	}{
		{`{"eventSource":"s","eventName":"StopLogging","sourceIPAddress":"10.0.0.1"}`, true, nil},
		{`{"eventSource":"s","eventName":"DeleteTrail"}`, true, nil},
		{`{"eventSource":"s","eventName":"StopLogging","sourceIPAddress":"10.0.0.1","userIdentity":{"userName":"ci"}}`, false,
			[]string{`user.name == "ci"`, `event.action == "DeleteTrail"`}},
		{`{"eventSource":"t","eventName":"StopLogging","sourceIPAddress":"10.0.0.1"}`, false, nil},
	} {
		visitEvents(t, loader.Schema, c.event, func(e *event.Event) {
			var scratch match.Scratch
			matched := set.Match(e, &scratch)
			if got := slices.Contains(matched, int32(i)); got != c.matches {
				t.Errorf("%s: matches is %v", c.event, got)
			}
			var nearMisses []string
			for _, m := range scratch.NearMisses() {
				if int(m.Program) == i {
					nearMisses = append(nearMisses, conditions[m.Condition].String())
				}
			}
			if !slices.Equal(nearMisses, c.nearMisses) {
				t.Errorf("%s: near misses %q, want %q", c.event, nearMisses, c.nearMisses)
			}
			matches, findings := rules.Rules[i].Explain(e)
			if matches != c.matches || len(findings) != 6 || findings[3].Condition != `source.ip < "10.0.0.9"` {
				t.Errorf("%s: explained as %v, %+v", c.event, matches, findings)
			}
		})
	}

	for text, want := range map[string]string{
		`user.name == "a" && user.name = "b"`: `tiny.toml:9:31: query of rule "Tiny": 1:20: expected a comparison such as a == "x"`,
		`source.ip == "nowhere"`:              `tiny.toml:9:12: query of rule "Tiny": 1:1: source.ip is an IP address`,
	} {
		if _, err := loader.Load(tinyRule(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s", text, err, want)
		}
	}
	const want = `language: "tiny" is unknown; the language that is evaluated here is "kuery"`
	if _, err := Load(tinyRule(t, text)); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("without the language: %v", err)
	}
}

func visitEvents(t *testing.T, s *event.Schema, text string, visit func(*event.Event)) {
	t.Helper()
	chunk := ingest.ChunkOf([]byte(text), time.Now())
	reader := envelope.NewReader(s, visit)
	for _, r := range chunk.Records {
		if _, _, err := reader.Read(chunk.Data, r.Body); err != nil {
			t.Fatal(err)
		}
	}
}
