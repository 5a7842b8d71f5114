package esql

import (
	"maps"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

// scope has the columns at a place of a query: those that commands made, by what they
// are computed of, and of the fields of documents those that no command removed.
type scope struct {
	text    string
	made    map[string]query.Expr
	dropped []Name
	kept    [][]Name // a field is in each of these lists
	grouped bool     // there are none but those that were made
}

// find returns what a column is computed of.
func (s *scope) find(name string, at query.Span) (query.Expr, *query.Error) {
	if e, ok := s.made[name]; ok {
		return e, nil
	}
	unknown := func(why string) *query.Error {
		return unknownColumn(s.text, at, name, why, slices.Sorted(maps.Keys(s.made)))
	}
	switch {
	case s.grouped:
		return nil, unknown(": behind STATS there are only the columns that it makes")
	case slices.Contains(metadata, name):
		return nil, unknown(": it needs METADATA behind FROM")
	case anyFits(s.dropped, name):
		return nil, unknown(": it was dropped or renamed before")
	case slices.ContainsFunc(s.kept, func(list []Name) bool { return !anyFits(list, name) }):
		return nil, unknown(": KEEP leaves it out")
	}
	return &query.Column{Field: query.Field{Name: name, Column: true, At: at}}, nil
}

func anyFits(names []Name, column string) bool {
	return slices.ContainsFunc(names, func(n Name) bool { return n.Fits(column) })
}

// Fits reports whether a column has the name, or one that fits the pattern.
func (n *Name) Fits(column string) bool {
	if n.Pattern == nil {
		return n.Text == column
	}
	last := len(n.Pattern) - 1
	rest, ok := strings.CutPrefix(column, n.Pattern[0])
	for _, run := range n.Pattern[1:last] {
		if ok {
			_, rest, ok = strings.Cut(rest, run)
		}
	}
	return ok && strings.HasSuffix(rest, n.Pattern[last])
}

// columns returns what the names stand for that are not patterns.
func (s *scope) columns(names []Name) (list []query.Expr, err *query.Error) {
	for _, n := range names {
		if n.Pattern != nil {
			continue
		}
		e, err := s.find(n.Text, n.At)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

func (s *scope) keep(names []Name) {
	maps.DeleteFunc(s.made, func(name string, _ query.Expr) bool { return !anyFits(names, name) })
	s.kept = append(s.kept, names)
}

func (s *scope) drop(names []Name) {
	maps.DeleteFunc(s.made, func(name string, _ query.Expr) bool { return anyFits(names, name) })
	s.dropped = append(s.dropped, names...)
}

// rename gives a column another name, as the pairs say one after the other.
func (s *scope) rename(r *Rename) (renamed []query.Expr, err *query.Error) {
	for i := range r.Old {
		e, err := s.find(r.Old[i].Text, r.Old[i].At)
		if err != nil {
			return nil, err
		}
		s.drop(r.Old[i : i+1])
		s.made[r.New[i].Text] = e
		renamed = append(renamed, e)
	}
	return renamed, nil
}
