package rule

import (
	"fmt"
	"slices"
	"strings"
)

// Template is a line of text that contains values of fields.
//
//	key pushed[ to {cloud.target.instance.id}][ by {user.name}]
//
// {name} stands for the value of a field. The part in brackets is left out if
// one of its fields has no value. A literal brace or bracket is written twice.
// The zero Template is empty.
type Template struct {
	Text  string // as written
	Parts []Part
}

// Part is a part of a [Template]; exactly one of its members is set.
type Part struct {
	Literal string
	Field   string
	Group   []Part // left out if one of its fields has no value
}

// TemplateError is what is wrong with a template, and where.
type TemplateError struct {
	Offset  int // in bytes
	Message string
}

func (e *TemplateError) Error() string {
	return fmt.Sprintf("template, offset %d: %s", e.Offset, e.Message)
}

// ParseTemplate parses a template. The error is a *TemplateError.
func ParseTemplate(text string) (Template, error) {
	p := templateParser{text: text, open: -1}
	for p.err == nil && p.at < len(text) {
		p.step()
	}
	if p.err == nil && p.open >= 0 {
		p.fail(p.open, `"[" is never closed; a literal bracket is written twice`)
	}
	if p.err != nil {
		return Template{}, p.err
	}
	p.flush()
	return Template{Text: text, Parts: p.parts}, nil
}

// IsZero reports whether there is no template.
func (t Template) IsZero() bool { return t.Text == "" }

// String returns the template as written.
func (t Template) String() string { return t.Text }

// Fields returns the names of the fields in the template without duplicates, in
// order.
func (t Template) Fields() []string { return fieldsOf(t.Parts, nil) }

func fieldsOf(parts []Part, names []string) []string {
	for _, p := range parts {
		if p.Field != "" && !slices.Contains(names, p.Field) {
			names = append(names, p.Field)
		}
		names = fieldsOf(p.Group, names)
	}
	return names
}

type templateParser struct {
	text    string
	at      int
	literal []byte
	parts   []Part
	outside []Part // the parts before the open group
	open    int    // where the open group began, -1 outside of one
	fields  int    // in the open group
	err     error
}

// step parses one character, escape, placeholder or bracket.
func (p *templateParser) step() {
	c := p.text[p.at]
	if strings.IndexByte("{}[]", c) < 0 {
		p.take(c, 1)
		return
	}
	if p.at+1 < len(p.text) && p.text[p.at+1] == c {
		p.take(c, 2)
		return
	}
	switch c {
	case '{':
		p.placeholder()
		return
	case '}':
		p.fail(p.at, `"}" without "{" before it; a literal brace is written twice`)
	case '[':
		if p.open >= 0 {
			p.fail(p.at, `"[" inside brackets: they do not nest`)
		}
		p.flush()
		p.outside, p.parts, p.open, p.fields = p.parts, nil, p.at, 0
	case ']':
		p.closeGroup()
	}
	p.at++
}

func (p *templateParser) take(c byte, size int) {
	p.literal = append(p.literal, c)
	p.at += size
}

func (p *templateParser) flush() {
	if len(p.literal) > 0 {
		p.parts = append(p.parts, Part{Literal: string(p.literal)})
		p.literal = p.literal[:0]
	}
}

func (p *templateParser) placeholder() {
	name, _, closed := strings.Cut(p.text[p.at+1:], "}")
	if !closed {
		p.fail(p.at, `"{" is never closed; a literal brace is written twice`)
		return
	}
	if err := CheckField(name); err != nil {
		p.fail(p.at+1, err.Error())
		return
	}
	p.flush()
	p.parts = append(p.parts, Part{Field: name})
	p.fields++
	p.at += len(name) + len("{}")
}

func (p *templateParser) closeGroup() {
	switch {
	case p.open < 0:
		p.fail(p.at, `"]" without "[" before it; a literal bracket is written twice`)
		return
	case p.fields == 0:
		p.fail(p.open, "no {field} in these brackets, so they would never be left out")
		return
	}
	p.flush()
	p.parts, p.open = append(p.outside, Part{Group: p.parts}), -1
}

func (p *templateParser) fail(at int, message string) {
	if p.err == nil {
		p.err = &TemplateError{Offset: at, Message: message}
	}
}
