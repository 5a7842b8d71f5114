package query

import (
	"fmt"
	"strings"
)

// Language is a way to write queries.
type Language struct {
	// Name is the name by which a rule chooses the language, such as "kuery".
	Name string
	// Parse reads a query. The error, if any, is an [*Error].
	Parse func(text string) (Node, error)
	// Format writes a tree as a query, for people to read: a whole query or any
	// part of one. If it is nil, the text of the query shows its parts.
	Format func(Node) string
	// WithCategory returns the language for queries whose category of events is
	// the value of that field. It is nil for languages that have no categories.
	WithCategory func(field string) Language
	// NamesMembers means that queries name the members of the source's own records,
	// instead of fields of ECS.
	NamesMembers bool
	// Advise returns what in a query that Parse accepts has no effect here. It
	// may be nil.
	Advise func(text string) []*Error
}

// Query is a parsed query.
type Query struct {
	Text     string
	Language Language
	Root     Node
}

// Query parses a query. The error, if any, is an [*Error].
func (l Language) Query(text string) (Query, error) {
	root, err := l.Parse(text)
	return Query{Text: text, Language: l, Root: root}, err
}

// Show returns a node of the query, for people to read, on one line.
func (q Query) Show(n Node) string {
	text := ""
	if q.Language.Format != nil {
		text = q.Language.Format(n)
	} else {
		at := n.Span()
		text = q.Text[at.Start:at.End]
	}
	return strings.Join(strings.Fields(text), " ")
}

// Advice returns what in the query has no effect here.
func (q Query) Advice() []*Error {
	if q.Language.Advise == nil {
		return nil
	}
	return q.Language.Advise(q.Text)
}

// Languages are the languages that rules may be written in.
type Languages []Language

// Names returns the names of the languages.
func (all Languages) Names() []string {
	names := make([]string, len(all))
	for i, l := range all {
		names[i] = l.Name
	}
	return names
}

// Lookup returns the language of that name.
func (all Languages) Lookup(name string) (Language, bool) {
	for _, l := range all {
		if l.Name == name {
			return l, true
		}
	}
	return Language{}, false
}

// Query parses a query in the language of that name, with the category of events in a
// field, or in that of the language if it is "". The error is an [*Error] if the
// language refuses the text.
func (all Languages) Query(name, text, categoryField string) (Query, error) {
	l, ok := all.Lookup(name)
	if !ok {
		return Query{}, fmt.Errorf("unknown language %q: must be one of %s", name, strings.Join(all.Names(), ", "))
	}
	if categoryField != "" && l.WithCategory != nil {
		l = l.WithCategory(categoryField)
	}
	return l.Query(text)
}
