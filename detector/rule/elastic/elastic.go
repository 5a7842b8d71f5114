// Package elastic reads rules in Elastic's formats: the TOML files of its
// detection-rules repository, and the NDJSON that Kibana exports.
//
// Only rules of type "query" in some languages run here, and those of type "eql" if
// that is one of them; others are skipped, with the reason. Nothing is guessed: an unknown key or a value out of range is
// an error with its line, column and key. Queries are not parsed.
package elastic

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/document"
	"github.com/fluent-detect/fluent-detect/detector/rule/files"
	"github.com/fluent-detect/fluent-detect/detector/rule/native"
	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// maxExport is the maximum size of an NDJSON file. A single rule in it may have
// files.MaxSize bytes.
const maxExport = 64 << 20

// Formats returns the formats of Elastic's rule files. Rules in these languages,
// such as "kuery", run here.
func Formats(languages ...string) []files.Format {
	p := parser{languages}
	return []files.Format{
		{Extension: ".toml", MaxSize: files.MaxSize, Parse: p.parseTOML},
		{Extension: ".ndjson", MaxSize: maxExport, Parse: p.parseNDJSON},
	}
}

type parser struct{ languages []string }

// topTables are the tables of a TOML file. Transform has queries that Kibana
// inserts in an investigation guide; it is not read.
var topTables = []string{"metadata", "rule", "transform", native.Table}

// parseTOML reads a file with one rule.
func (p parser) parseTOML(path string, data []byte) (set rule.Set, errs rule.Errors) {
	r := reader{Reader: document.Reader{Document: document.New(path, data)}, path: path, sha256: digest(data), languages: p.languages}
	root, err := r.Document.TOML()
	if err != nil {
		return set, rule.Errors{err}
	}
	for _, v := range root.Items {
		if !slices.Contains(topTables, v.Key) {
			r.FailKey(v, "unknown key%s", topHint(v.Key))
		} else {
			r.Expect(v, document.Table, "a table")
		}
	}
	table := root.Get("rule")
	switch {
	case table != nil && table.Kind == document.Table:
		r.read(&set, table.Root(), root.Get(native.Table), root.Get("metadata"))
	case len(r.Errors) == 0:
		r.Required(root, "rule", "a table [rule]")
	}
	return set, r.Errors
}

// topHint returns what the author of an unknown key outside the tables may have
// meant.
func topHint(key string) string {
	if hint := spelling.Suggest(key, topTables); hint != "" {
		return hint
	}
	if _, ok := ruleKeys[key]; ok {
		return "; it belongs in [rule]"
	}
	return "; a rule file has the tables [metadata], [rule], [transform] and [fluent_detect]"
}

// parseNDJSON reads an export of Kibana, a JSON object a line. Besides rules it
// may have exception lists and connectors, which are skipped, and ends with a
// summary.
func (p parser) parseNDJSON(path string, data []byte) (set rule.Set, errs rule.Errors) {
	doc, sha256 := document.New(path, data), digest(data)
	for root, err := range doc.NDJSON(files.MaxSize) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		r := reader{Reader: document.Reader{Document: doc, SkipEmpty: true}, path: path, sha256: sha256, exported: true, languages: p.languages}
		switch what := otherObject(root); what {
		case "":
			r.read(&set, root, root.Get(native.Table), nil)
			errs = append(errs, r.Errors...)
		case "summary":
		default:
			s := rule.Skipped{Path: path, Name: root.TextOf("name"), ID: root.TextOf("id"), Reason: what + ", not a rule"}
			s.Line, s.Column = r.Position(root)
			set.Skipped = append(set.Skipped, s)
		}
	}
	return set, errs
}

// otherObject returns what an object of an export is, empty for a rule.
func otherObject(root *document.Value) string {
	has := func(key string) bool { return root.Get(key) != nil }
	switch {
	case has("rule_id"):
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

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
