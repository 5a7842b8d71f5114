package eql

import "github.com/fluent-detect/fluent-detect/detector/query"

// ParseExpr returns the category of a query, "" for any, and the condition as it is
// written.
func ParseExpr(text string) (category string, where query.Expr, err error) {
	q, refused := parse(text)
	if refused != nil {
		return "", nil, refused
	}
	if q.event.category != nil {
		category = q.event.category.Text
	}
	return category, q.event.where, nil
}
