package rule

import (
	"bytes"
	"fmt"
)

// MaxExport is the size of the largest NDJSON file that is read.
const MaxExport = 64 << 20

// ParseNDJSON reads the rules that Kibana has exported, one JSON object a line.
// The path is for messages. Rules that another engine has to run come back as
// skipped; the export's summary at the end is passed over, and so are Kibana's
// exception lists and connectors, listed as skipped.
//
// The error is an [Errors] with everything that is wrong with the file.
func ParseNDJSON(path string, data []byte) ([]*Rule, []Skipped, error) {
	if len(data) > MaxExport {
		return nil, nil, Errors{tooLarge(path, "the file", MaxExport)}
	}
	e := export{doc: &document{path: path, text: bytes.TrimPrefix(data, byteOrderMark)}, sha256: digest(data)}
	for from := 0; from < len(e.doc.text); {
		to := len(e.doc.text)
		if n := bytes.IndexByte(e.doc.text[from:], '\n'); n >= 0 {
			to = from + n
		}
		e.line(from, to)
		from = to + 1
	}
	if err := e.errors.orNil(); err != nil {
		return nil, nil, err
	}
	return e.rules, e.skipped, nil
}

// export is an NDJSON file on its way to rules.
type export struct {
	doc     *document
	sha256  string
	rules   []*Rule
	skipped []Skipped
	errors  Errors
}

// line reads the line between two offsets.
func (e *export) line(from, to int) {
	if len(bytes.TrimSpace(e.doc.text[from:to])) == 0 {
		return
	}
	if to-from > MaxFile {
		e.errors = append(e.errors, e.doc.errorAt(from, "", fmt.Sprintf("the line is longer than %d bytes, the most that is read", MaxFile)))
		return
	}
	root, fault := e.doc.parseJSON(from, to)
	if fault != nil {
		e.errors = append(e.errors, fault)
		return
	}
	if root == nil || root.kind != kindTable {
		e.errors = append(e.errors, e.doc.errorAt(from, "", "not a rule: every line is a JSON object"))
		return
	}
	switch what := beside(root); {
	case what == "summary":
	case what != "":
		s := Skipped{Path: e.doc.path, Name: textOf(root, "name"), ID: textOf(root, "id"), Reason: what + ", not a rule"}
		s.Line, _ = e.doc.position(from)
		e.skipped = append(e.skipped, s)
	default:
		e.rule(root)
	}
}

// beside tells what a line of an export is that is no rule, empty for a rule.
func beside(root *value) string {
	has := func(key string) bool { return root.get(key) != nil }
	switch {
	case has("rule_id"):
		return ""
	case has("exported_count"), has("exported_rules_count"):
		return "summary"
	case has("item_id"):
		return "an exception of Kibana"
	case has("list_id"):
		return "an exception list of Kibana"
	case has("attributes"):
		return "a saved object of Kibana"
	}
	return ""
}

func (e *export) rule(root *value) {
	r := &reader{doc: e.doc, exported: true}
	if unsupported := r.runnable(root); unsupported != nil {
		e.skipped = append(e.skipped, unsupported.Skipped)
		return
	}
	var extension *value
	if m := root.get(extensionTable); m != nil && r.want(m.key, m.value, kindTable, "an object") {
		extension = m.value
	}
	out := r.readRule(root, extension)
	e.errors = append(e.errors, r.errors...)
	if len(r.errors) == 0 {
		out.Source.SHA256 = e.sha256
		e.rules = append(e.rules, out)
	}
}
