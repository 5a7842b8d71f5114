package ingest

import (
	"bytes"
	"io"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/jsontext"
)

// longText is JSON in a string in the current value that is too long to be buffered, such as
// a whole object of CloudTrail in a member of what a shipper made of it. It is read like an
// input of its own, by another Reader, and cut out of the value, which then goes on with
// what follows it.
type longText struct {
	outer *Reader
	inner *Reader
	at    int   // offset of what is left of the string, relative to the outer Reader's begin
	gap   int   // number of bytes from there on that were read
	cut   int64 // bytes that were removed
	ended bool
	// Where the value around it begins, or the element of a list: the place of its items.
	line   int
	offset int64
	rest   []byte // of a character that did not fit
	buf    [utf8.UTFMax]byte
}

// maxLevels is the maximum number of long texts in each other.
const maxLevels = 3

// cut is where bytes were cut out of the current value. Offsets in it are those that the
// input has without them, until it was consumed.
type cut struct {
	at    int64
	bytes int64
}

// beginText begins to read the string that the value ends in as a text of its own, and
// reports whether there is one of more than that many bytes.
func (r *Reader) beginText(size int) bool {
	s := &r.value.scanner
	if r.Whole || r.level == maxLevels || s.inKey || s.state != inString && s.state != inEscape {
		return false
	}
	at := int(s.textAt - r.offset)
	if at < 0 || len(r.unread())-at <= size || !beginsValue(r.unread()[at:]) {
		return false
	}
	begin := leading(r.unread()[:at], true)
	t := &longText{outer: r, at: at, line: r.line + bytes.Count(r.unread()[:begin], lineEnd), offset: r.offset + int64(begin)}
	t.inner = NewReader(t)
	t.inner.sizes, t.inner.level = r.sizes, r.level+1
	if r.Large != nil { // the outer Reader and this one have one share of memory
		t.inner.Large = func() error {
			if r.large {
				return nil
			}
			return r.Large()
		}
		t.inner.Small = func() {
			if !r.large {
				r.Small()
			}
		}
	}
	r.text, r.mode = t, inText
	return true
}

// beginsValue reports whether what a string stands for begins like a JSON array or object.
func beginsValue(text []byte) bool {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case ' ':
		case '\\':
			if i++; i == len(text) || !bytes.ContainsRune([]byte("nrt"), rune(text[i])) {
				return false
			}
		default:
			return text[i] == '{' || text[i] == '['
		}
	}
	return false
}

// stepText continues the text.
func (r *Reader) stepText(b *Block) bool {
	t := r.text
	inner := t.inner
	items, problems := len(b.items), len(b.Problems)
	switch {
	case inner.step(b):
	case inner.err == nil:
		inner.fill()
	default:
		r.endText()
	}
	for i := items; i < len(b.items); i++ {
		b.items[i].line, b.items[i].offset = t.line, t.offset
		b.items[i].within = true
	}
	for i := problems; i < len(b.Problems); i++ {
		b.Problems[i].Line, b.Problems[i].Offset = t.line, t.offset
	}
	inner.shrink()
	return true
}

// endText continues the value at the end of the string.
func (r *Reader) endText() {
	t, v := r.text, &r.value
	if t.inner.large {
		t.inner.large = false
		t.inner.Small()
	}
	if !IsEnd(t.inner.err) {
		r.err = t.inner.err
	}
	t.closeGap()
	v.pos = t.at
	v.scanner.state = inString
	r.cuts = append(r.cuts, cut{r.offset + int64(t.at), t.cut})
	r.text, r.mode = nil, inValue
}

// closeGap removes what was read from the buffer.
func (t *longText) closeGap() {
	r := t.outer
	from := r.begin + t.at
	r.end = from + copy(r.buf[from:], r.buf[from+t.gap:r.end])
	t.cut += int64(t.gap)
	t.gap = 0
	r.searched = 0
	r.shrink()
}

// innerLarge reports whether a Reader of a text has much memory.
func (r *Reader) innerLarge() bool {
	return r.text != nil && (r.text.inner.large || r.text.inner.innerLarge())
}

// Read reads the text that the string stands for. It ends at the closing quote, or where the
// string is broken by the end of the line or of the input.
func (t *longText) Read(p []byte) (n int, err error) {
	n = copy(p, t.rest)
	t.rest = t.rest[n:]
	for n == 0 {
		if t.ended {
			return 0, io.EOF
		}
		have := t.outer.unread()[t.at+t.gap:]
		var used int
		n, used = t.decode(p, have)
		t.gap += used
		if used > 0 || t.ended {
			continue
		}
		if t.outer.err != nil {
			t.ended = true
			continue
		}
		t.closeGap()
		t.outer.fill()
	}
	return n, nil
}

// maxEscape is the maximum size of the escapes for one character.
const maxEscape = len(`\ud83d\ude00`)

// decode decodes what is there of the string, and returns the number of bytes that it has
// written to p and that of those that they are for.
func (t *longText) decode(p, text []byte) (n, used int) {
	for used < len(text) && n < len(p) {
		switch c := text[used]; {
		case c == '"' || c == '\n':
			t.ended = true
			return n, used
		case c != '\\':
			end := min(skipPlain(text, used), used+len(p)-n)
			n += copy(p[n:], text[used:end])
			used = end
			continue
		}
		if len(text)-used < maxEscape && t.outer.err == nil {
			if escape := text[used:]; len(escape) < 2 || escape[1] == 'u' {
				return n, used // it may be incomplete
			}
		}
		char, next := jsontext.AppendEscape(t.buf[:0], text, used)
		used = next
		k := copy(p[n:], char)
		n, t.rest = n+k, char[k:]
	}
	return n, used
}

// consumeCuts makes offsets those of the input again, up to where it was consumed.
func (r *Reader) consumeCuts() {
	for len(r.cuts) > 0 && r.cuts[0].at <= r.offset {
		c := r.cuts[0]
		r.cuts = r.cuts[1:]
		r.offset += c.bytes
		r.value.scanner.shift(c)
		for i := range r.cuts {
			r.cuts[i].at += c.bytes
		}
	}
}

// shift adds what was cut out to the offsets behind it.
func (s *scanner) shift(c cut) {
	move := func(at *int64) {
		if *at >= c.at {
			*at += c.bytes
		}
	}
	move(&s.base)
	move(&s.lineAt)
	move(&s.textAt)
	move(&s.parts.last.begin)
	move(&s.parts.last.end)
	for _, spans := range [][]span{s.parts.several, s.parts.lines} {
		for i := range spans {
			move(&spans[i].begin)
			move(&spans[i].end)
		}
	}
	for i := range s.parts.opened {
		move(&s.parts.opened[i].at)
	}
}

// stepAroundCuts is step for a value that something was cut out of.
func (r *Reader) stepAroundCuts(b *Block) bool {
	cuts := append([]cut(nil), r.cuts...)
	items, problems := len(b.items), len(b.Problems)
	more := r.stepOnce(b)
	place := func(offset int64) int64 {
		shift := int64(0)
		for _, c := range cuts {
			if offset >= c.at {
				shift += c.bytes
			}
		}
		return offset + shift
	}
	for i := items; i < len(b.items); i++ {
		if !b.items[i].within {
			b.items[i].offset = place(b.items[i].offset)
		}
	}
	for i := problems; i < len(b.Problems); i++ {
		b.Problems[i].Offset = place(b.Problems[i].Offset)
	}
	return more
}
