package kql

import (
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

func (f *formatter) field(field query.Field) {
	switch {
	case field.Any:
		f.b.WriteString("null")
	case field.Pattern != nil:
		f.runs(field.Pattern)
	case field.Name != "" && field.Name != "null" && unquotedText(field.Name) == field.Name && trim(field.Name) == field.Name:
		f.b.WriteString(field.Name)
	default:
		f.quoted(field.Name)
	}
}

func (f *formatter) literal(v query.Value) {
	switch {
	case v.Kind == query.Wildcard:
		f.runs(v.Pattern)
	case v.Kind == query.Bool, v.Kind == query.Null:
		f.b.WriteString(v.Text)
	case v.Phrase, v.Text == "true", v.Text == "false", v.Text == "null", trim(v.Text) != v.Text:
		f.quoted(v.Text)
	case v.Text == "":
		f.b.WriteString(`\t`) // trimmed when it is read
	default:
		f.b.WriteString(unquotedText(v.Text))
	}
}

func (f *formatter) runs(runs query.Pattern) {
	for i, run := range runs {
		if i > 0 {
			f.b.WriteByte('*')
		}
		f.b.WriteString(unquotedText(run))
	}
}

func (f *formatter) quoted(text string) {
	f.b.WriteByte('"')
	for _, r := range text {
		if r == '"' {
			f.b.WriteString(`\"`)
		} else if r == '\\' {
			f.b.WriteString(`\\`)
		} else {
			writeVisible(&f.b, r)
		}
	}
	f.b.WriteByte('"')
}

// unquotedText escapes a text so that it needs no quotes.
func unquotedText(text string) string {
	var b strings.Builder
	for i, r := range text {
		switch {
		case strings.ContainsRune(unquotedSpecials, r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case !startsKeyword(text, i):
			writeVisible(&b, r)
		case r == 'n':
			b.WriteString(`\u006e`) // \n would be a line feed
		default:
			b.WriteByte('\\')
			b.WriteRune(r)
		}
	}
	return b.String()
}

// startsKeyword reports whether text[i:], or that with more text after it, could be
// read as a keyword.
func startsKeyword(text string, i int) bool {
	ends := func(word string) bool {
		end := i + len(word)
		return wordAt(text, i, word) && (end == len(text) || spaceAt(text, end) > 0)
	}
	return ends("not") || spaceBefore(text, i) && (ends("and") || ends("or"))
}

// writeVisible writes a character, as an escape if it is not printable.
func writeVisible(b *strings.Builder, r rune) {
	switch {
	case r == '\t':
		b.WriteString(`\t`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\n':
		b.WriteString(`\n`)
	case unicode.IsPrint(r):
		b.WriteRune(r)
	case r > 0xFFFF:
		high, low := utf16.EncodeRune(r)
		writeUnit(b, high)
		writeUnit(b, low)
	default:
		writeUnit(b, r)
	}
}

func writeUnit(b *strings.Builder, unit rune) {
	const digits = "0123456789abcdef"
	b.WriteString(`\u`)
	for shift := 12; shift >= 0; shift -= 4 {
		b.WriteByte(digits[unit>>shift&0xF])
	}
}
