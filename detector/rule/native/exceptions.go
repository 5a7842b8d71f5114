package native

import (
	"time"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/document"
	"github.com/fluent-detect/fluent-detect/detector/rule/files"
)

// LoadExceptions reads a file of exceptions: TOML with a table [[exception]] for
// each. The error is a [rule.Errors] with everything that is wrong with the file.
// The queries are not checked.
func LoadExceptions(path string) ([]*rule.Exception, error) {
	data, err := files.Read(path, files.MaxSize)
	if err != nil {
		return nil, rule.Errors{err}
	}
	return parseExceptions(path, data)
}

func parseExceptions(path string, data []byte) ([]*rule.Exception, error) {
	r := &document.Reader{Document: document.New(path, data)}
	root, err := r.Document.TOML()
	if err != nil {
		return nil, rule.Errors{err}
	}
	r.Known(root, "exception")
	var list []*rule.Exception
	for _, table := range r.Tables(r.Required(root, "exception", "a list of tables [[exception]]")) {
		r.Known(table, "rule", "query", "owner", "reason", "expires")
		x := &rule.Exception{
			Rule:    r.Line(r.Required(table, "rule", `a rule's name as in alert_rule, its rule_id, or "*"`)),
			Query:   r.Query(r.Required(table, "query", "a query in KQL"), "kuery"),
			Owner:   r.Line(r.Required(table, "owner", "who answers for it")),
			Reason:  r.Line(r.Required(table, "reason", "a line of text")),
			Expires: expiry(r, r.Required(table, "expires", expiresForms)),
			Source:  rule.Source{Path: path},
		}
		x.Source.Line, _ = r.Position(table)
		list = append(list, x)
	}
	return list, r.Errors.Err()
}

const expiresForms = `a date such as 2027-01-31, the last day on which it applies (UTC), or a time such as 2027-01-31T12:00:00Z`

// expiry reads the end of an exception. A date includes the whole day.
func expiry(r *document.Reader, v *document.Value) time.Time {
	if v == nil {
		return time.Time{}
	}
	if v.Kind == document.Time || v.Kind == document.String {
		if day, err := time.Parse(time.DateOnly, v.Text); err == nil {
			return day.AddDate(0, 0, 1)
		}
		if at, err := time.Parse(time.RFC3339, v.Text); err == nil {
			return at
		}
	}
	r.Fail(v, "must be %s", expiresForms)
	return time.Time{}
}
