package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/fluent-detect/fluent-detect/plugin/page"
)

const (
	// maxRaw is the maximum size of an event in the page, in bytes.
	maxRaw = 32 << 10
	// maxIndent is the maximum depth to which the members of an event are indented.
	maxIndent = 16
)

// shorten returns an event as indented JSON, with its members in order, and whether
// something is left out: the ends of long texts, and what is beyond maxRaw.
func shorten(event []byte) (text string, isCut bool) {
	d := json.NewDecoder(bytes.NewReader(event))
	d.UseNumber()
	w := indenter{}
	for w.out.Len() <= maxRaw {
		token, err := d.Token()
		if err != nil {
			if err != io.EOF { // it is JSON of our own
				w.out.WriteString("\n… " + err.Error())
			}
			return page.EscapeHidden(w.out.String()), w.cut
		}
		w.token(token)
	}
	return page.EscapeHidden(strings.ToValidUTF8(w.out.String()[:maxRaw], "")) + "\n… (cut: the event has " + plural(uint64(len(event)), "byte") + ")", true
}

// indenter writes JSON.
type indenter struct {
	out   bytes.Buffer
	open  []json.Delim
	first bool // nothing is in the innermost value yet
	value bool // a value follows its name
	cut   bool
}

func (w *indenter) token(token json.Token) {
	if d, ok := token.(json.Delim); ok && (d == '}' || d == ']') {
		w.open = w.open[:len(w.open)-1]
		if !w.first {
			w.line()
		}
		w.out.WriteByte(byte(d))
		w.first = false
		return
	}
	isName := false
	if !w.value {
		if len(w.open) > 0 {
			if !w.first {
				w.out.WriteByte(',')
			}
			w.line()
			isName = w.open[len(w.open)-1] == '{'
		}
	}
	w.value, w.first = isName, false
	switch t := token.(type) {
	case json.Delim:
		w.out.WriteByte(byte(t))
		w.open, w.first = append(w.open, t), true
	case string:
		short := cut(t, maxLong)
		w.cut = w.cut || len(short) != len(t)
		w.scalar(short)
	default:
		w.scalar(t)
	}
	if isName {
		w.out.WriteString(": ")
	}
}

func (w *indenter) scalar(v any) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		fmt.Fprint(&w.out, `"?"`) // cannot happen: it has been JSON
		return
	}
	w.out.Write(bytes.TrimSuffix(out.Bytes(), []byte("\n")))
}

func (w *indenter) line() {
	w.out.WriteByte('\n')
	for range min(len(w.open), maxIndent) {
		w.out.WriteString("  ")
	}
}
