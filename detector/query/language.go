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
	// part of one.
	Format func(Node) string
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

// Query parses a query in the language of that name. The error is an [*Error] if
// the language refuses the text.
func (all Languages) Query(name, text string) (Query, error) {
	l, ok := all.Lookup(name)
	if !ok {
		return Query{}, fmt.Errorf("unknown language %q: must be one of %s", name, strings.Join(all.Names(), ", "))
	}
	return l.Query(text)
}
