// Package table computes the table that a query in ES|QL makes of documents, as
// Elasticsearch does:
//
//	t, err := table.New(query, mapping, now)
//	t.Add(document) // for each
//	rows := t.Rows()
//
// The commands up to the first that needs all rows, such as STATS and SORT, run when a
// document is added; the rows that are left are kept.
package table
