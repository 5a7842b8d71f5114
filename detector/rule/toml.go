package rule

import (
	"bytes"
	"slices"
)

// MaxFile is the size of the largest TOML file that is read, and of the largest
// rule in an NDJSON file.
const MaxFile = 1 << 20

// extensionTable is the name of the table that holds our additions.
const extensionTable = "fluent_detect"

// byteOrderMark is what some editors put before UTF-8.
var byteOrderMark = []byte("\xef\xbb\xbf")

// topTables are the tables of a rule file. Transform holds the queries that
// Kibana builds into an investigation guide; it is not read.
var topTables = []string{"metadata", "rule", "transform", extensionTable}

// ParseTOML reads a rule file of Elastic's format. The path is for messages.
//
// The error is an [Errors] with everything that is wrong with the file, or an
// *[UnsupportedError] if the rule is one that another engine has to run.
func ParseTOML(path string, data []byte) (*Rule, error) {
	if len(data) > MaxFile {
		return nil, Errors{tooLarge(path, "the file", MaxFile)}
	}
	r := &reader{doc: &document{path: path, text: bytes.TrimPrefix(data, byteOrderMark)}}
	root, fault := r.doc.parseTree()
	if fault != nil {
		return nil, Errors{fault}
	}
	tables := r.top(root)
	table := tables["rule"]
	if table == nil {
		if len(r.errors) == 0 {
			r.fail(0, "rule", "is missing: a rule file has a table [rule]")
		}
		return nil, r.errors.orNil()
	}
	if unsupported := r.runnable(table); unsupported != nil {
		return nil, unsupported
	}
	out := r.readRule(table, tables[extensionTable])
	r.metadata(tables["metadata"], out)
	if err := r.errors.orNil(); err != nil {
		return nil, err
	}
	out.Source.SHA256 = digest(data)
	return out, nil
}

// top takes the tables of a file apart.
func (r *reader) top(root *value) map[string]*value {
	tables := make(map[string]*value, len(topTables))
	for _, m := range root.members {
		switch {
		case r.full():
		case !slices.Contains(topTables, m.key):
			r.fail(m.at, m.key, "unknown key%s", outside(m.key))
		case r.want(m.key, m.value, kindTable, "a table"):
			tables[m.key] = m.value
		}
	}
	return tables
}

// outside tells what the author of an unknown key outside of all tables may
// have meant.
func outside(key string) string {
	if near := suggest(key, topTables); near != "" {
		return near
	}
	if _, known := ruleKeyIndex[key]; known {
		return "; it belongs into [rule]"
	}
	return "; a rule file has the tables [metadata], [rule], [transform] and [fluent_detect]"
}

// metadata reads what matters of [metadata].
func (r *reader) metadata(table *value, out *Rule) {
	m := table.get("maturity")
	if m == nil {
		return
	}
	out.Maturity, _ = r.line("metadata.maturity", m.value)
	if out.Maturity == "deprecated" {
		r.notice(out, "metadata.maturity", m.at, "deprecated: upstream does not ship this rule any more")
	}
}
