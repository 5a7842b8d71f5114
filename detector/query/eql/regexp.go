package eql

import (
	"errors"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/pattern"
)

// regexp returns a regular expression of a query in RE2's syntax. On the text of a
// field regular expressions are Lucene's, on a computed one Java's.
func (p *parser) regexp(v query.Value, plain bool) (string, *query.Error) {
	translate := pattern.Java
	if plain {
		translate = pattern.Lucene
	}
	text, err := translate(v.Text, v.Fold != query.NoFold)
	if err == nil {
		return text, nil
	}
	refused := p.Refuse(v.At, "%v", err)
	var e *pattern.LuceneError
	refused.Unsupported = errors.As(err, &e) && e.Unsupported
	return "", refused
}
