package rule

import (
	"bytes"
	"time"
)

// Exception says which events of a rule are known and no alert.
type Exception struct {
	Rule    string // slug or ID of the rule, or "*" for all of them
	Query   string // KQL; an event that matches makes no alert
	Owner   string // who answers for it
	Reason  string
	Expires time.Time // from then on it does not apply
	Source  Source
}

// exceptionKeys are the keys of [[exception]]; an exception has all of them.
var exceptionKeys = []string{"rule", "query", "owner", "reason", "expires"}

// ParseExceptions reads a file of exceptions, TOML with a table [[exception]] for
// each. The path is for messages. The error is an [Errors] with everything that
// is wrong with the file; the queries are not looked into.
func ParseExceptions(path string, data []byte) ([]*Exception, error) {
	r := &reader{doc: &document{path: path, text: bytes.TrimPrefix(data, byteOrderMark)}}
	root, fault := r.doc.parseTree()
	if fault != nil {
		return nil, Errors{fault}
	}
	r.only("", root, "exception")
	var all []*Exception
	if list, ok := r.need("", root, "exception", "a list of tables [[exception]]"); ok {
		for _, table := range r.tables("exception", list) {
			all = append(all, r.exception(table))
		}
	}
	for _, x := range all {
		x.Source.SHA256 = digest(data)
	}
	return all, r.errors.orNil()
}

// LoadExceptions reads the file of exceptions at that path, see
// [ParseExceptions].
func LoadExceptions(path string) ([]*Exception, error) {
	s := source{path: path, named: true, file: path}
	data, fault := s.read()
	if fault != nil {
		return nil, Errors{fault}
	}
	return ParseExceptions(path, data)
}

func (r *reader) exception(table *value) *Exception {
	const prefix = "exception."
	x := &Exception{Source: Source{Path: r.doc.path}}
	x.Source.Line, _ = r.doc.position(table.at)
	r.only(prefix, table, exceptionKeys...)
	if v, ok := r.need(prefix, table, "rule", `a rule's name as in alert_rule, its rule_id, or "*"`); ok {
		x.Rule, _ = r.line(prefix+"rule", v)
	}
	if v, ok := r.need(prefix, table, "query", "a query in KQL"); ok {
		if x.Query, ok = r.filled(prefix+"query", v); ok {
			x.Source.query = r.doc.anchors(v)
			x.Source.QueryLine, x.Source.QueryColumn = x.QueryPosition(1, 1)
		}
	}
	if v, ok := r.need(prefix, table, "owner", "who answers for it"); ok {
		x.Owner, _ = r.line(prefix+"owner", v)
	}
	if v, ok := r.need(prefix, table, "reason", "a line of text"); ok {
		x.Reason, _ = r.line(prefix+"reason", v)
	}
	if v, ok := r.need(prefix, table, "expires", expiresForms); ok {
		x.Expires = r.expiry(prefix+"expires", v)
	}
	return x
}

const expiresForms = `a date such as 2027-01-31, the last day on which it applies (UTC), or a time such as 2027-01-31T12:00:00Z`

// expiry reads the end of an exception. A date includes the whole day.
func (r *reader) expiry(key string, v *value) time.Time {
	if v.kind == kindTime || v.kind == kindString {
		if day, err := time.Parse(time.DateOnly, v.text); err == nil {
			return day.AddDate(0, 0, 1)
		}
		if at, err := time.Parse(time.RFC3339, v.text); err == nil {
			return at
		}
	}
	r.fail(v.at, key, "must be %s", expiresForms)
	return time.Time{}
}

// QueryPosition turns a place of the query into the place of the same character
// in the file, as [Rule.QueryPosition] does.
func (x *Exception) QueryPosition(line, column int) (fileLine, fileColumn int) {
	return x.Source.queryPosition(x.Query, line, column)
}
