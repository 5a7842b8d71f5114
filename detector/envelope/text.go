package envelope

import (
	"bytes"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// text looks for events in a text, or in bytes: JSON anywhere in it, by itself or
// behind a prefix, base64, gzip, zstd, UTF-16.
func (r *Reader) text(depth int, text []byte, o origin) {
	if !r.finders.mayCarry(text) {
		return
	}
	l := r.level(depth + 1)
	if l == nil {
		return
	}
	o.part = false
	if isPacked(text) {
		r.unpack(depth, text, o)
		return
	}
	if high, ok := utf16Order(text); ok {
		l.plain = appendUTF8(r.grow(l.plain[:0], len(text)+len(text)/2), text, high)
		r.json(depth, l, l.plain, o)
		return
	}
	r.json(depth, l, text, o)
}

// maxItem is the size in bytes up to which memory for a decoded text is reserved by
// the text's length.
const maxItem = 16 << 20

// maxStarts is how many places in one line of a broken text are tried at which
// JSON may begin. The first is tried whatever was spent on the lines before.
const maxStarts = 8

// maxLead is how many bytes there may be from the first bracket of a value of several
// lines in a broken text to the first name in it.
const maxLead = 256

// json looks for events in JSON values anywhere in a text, and in base64 that is
// in none of them. What is broken is
// counted if it was to be an event. It keeps nothing from what is around it: a
// line is looked at by itself after a value that begins before it was broken.
func (r *Reader) json(depth int, l *level, text []byte, o origin) {
	end := 0 // of the last value
	for {
		pos := startOf(text, end)
		if pos < 0 {
			if end < len(text) {
				r.between(depth, text[end:], o, end > 0)
			}
			return
		}
		if pos > end {
			others := r.take(pos-end, len(text)-end)
			r.between(depth, text[end:pos], o, end > 0)
			r.give(others)
		}
		n, ok := r.decode(l, text[pos:])
		if !ok {
			r.broken(depth, l, text[pos:], o)
			return
		}
		r.decoded(depth, l, n, len(text)-pos, o)
		end = pos + n
	}
}

// between looks into the text before, between and behind JSON values. What was to
// be an event there is counted if it stands behind a value.
func (r *Reader) between(depth int, text []byte, o origin, behind bool) {
	noted := r.noted
	r.base64(depth, text, o)
	if behind && r.noted == noted && r.finders.wasEvent(text) {
		r.unreadable()
	}
}

// broken is json for a text of which the value is broken that it begins with.
func (r *Reader) broken(depth int, l *level, text []byte, o origin) {
	noted, before, events := r.noted, r.seen.Unreadable, r.seen.Events
	first := r.salvage(depth, text, o) // what is whole of a list that is cut short
	lines := text[first:]
	for len(lines) > 0 {
		line := lines
		if i := bytes.IndexByte(lines, '\n'); i >= 0 {
			line = lines[:i]
		}
		lines = lines[min(len(line)+1, len(lines)):]
		rest := r.line(depth, l, line, lines, o)
		lines = lines[rest:]
	}
	if r.seen.Events == events && r.finders.wasEvent(text) && r.rescue(depth, text, o) > 0 {
		r.seen.Unreadable = before
		return
	}
	if r.seen.Unreadable == before && (r.budget.effort < 0 || r.spanning < 0 || first > 0 || r.noted == noted && r.finders.wasEvent(text)) {
		r.unreadable()
	}
}

// line looks for values that are whole in one line of a broken text. A value
// that begins with the line may go on behind it: line returns how many bytes of
// what follows the line it has.
func (r *Reader) line(depth int, l *level, line, following []byte, o origin) (rest int) {
	noted, events := r.noted, false
	size := len(line) + 1 + len(following)
	others := r.take(len(line)+1, size)
	defer func() { r.give(others) }()
	pos := startOf(line, 0)
	if pos < 0 && len(following) > 0 && len(line) > 0 && (line[0] == '{' || line[0] == '[') && startOf(line[:min(size, maxLead):size], 0) == 0 {
		pos = 0 // the object's first name is in a line behind it
	}
	for tries := 0; pos >= 0 && tries < maxStarts && (tries == 0 || r.budget.effort > 0); tries++ {
		n, ok := r.decode(l, line[pos:])
		if ok {
			r.decoded(depth, l, n, len(line)-pos, o)
			events = true
			pos = startOf(line, pos+n)
			continue
		}
		if pos == 0 && len(following) > 0 && r.spanning > 0 {
			share := r.budget
			n, ok := r.decode(l, line[:size:size])
			r.spanning -= n + 1
			r.budget = share
			if ok && n > len(line) {
				r.give(others)
				others = r.take(n, size)
				r.decoded(depth, l, n, n, o)
				return n - len(line) - 1
			}
		}
		if end := r.salvage(depth, line[pos:], o); end > 0 {
			pos = startOf(line, pos+end)
			continue
		}
		if r.finders.wasEvent(line[pos:]) {
			if end := r.rescue(depth, line[pos:], o); end > 0 {
				events = true
				pos = startOf(line, pos+end)
				continue
			}
		}
		if line[pos] != '{' { // next without the brackets or the quotation mark before it
			pos += max(bytes.IndexByte(line[pos:], '{'), 1) - 1
		}
		if tries == 0 && r.finders.wasEvent(line[pos:]) && r.whole(depth, l, line, pos, o) {
			return 0
		}
		pos = startOf(line, pos+1)
	}
	if !events && r.noted == noted && r.finders.wasEvent(line) {
		r.unreadable()
	}
	return 0
}

// maxWhole is how many brackets may be open in a line in which whole objects are
// looked for, and how many objects are found.
const maxWhole = 4096

// whole looks for events in the outermost objects in a line that have an end, by its
// brackets and quotation marks, from the offset on, and reports whether there are any.
// In front of them may be any number of objects that have none.
func (r *Reader) whole(depth int, l *level, line []byte, from int, o origin) (events bool) {
	if r.budget.effort -= len(line) - from; r.budget.effort < 0 {
		return false
	}
	type object struct{ begin, end int }
	var found []object
	var open []int
	quoted := false
	for i := from; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++
		case quoted:
		case c == '{' && len(open) < maxWhole:
			open = append(open, i)
		case c == '}' && len(open) > 0:
			begin := open[len(open)-1]
			open = open[:len(open)-1]
			for len(found) > 0 && found[len(found)-1].begin > begin {
				found = found[:len(found)-1]
			}
			if len(found) < maxWhole {
				found = append(found, object{begin, i + 1})
			}
		}
	}
	before := r.seen.Events
	for _, at := range found {
		text := line[at.begin:at.end]
		if r.budget.effort < 0 || !r.finders.wasEvent(text) {
			continue
		}
		if n, ok := r.decode(l, text); ok {
			r.decoded(depth, l, n, len(line)-at.begin, o)
		}
	}
	return r.seen.Events > before
}

// startOf returns the first place from i on at which a JSON object may begin, or
// a list of objects, or a string with an object in it; -1 if there is none.
func startOf(text []byte, i int) int {
	for i < len(text) {
		next := bytes.IndexByte(text[i:], '{')
		if next < 0 {
			return -1
		}
		at := i + next
		for at > i && (text[at-1] == '[' || text[at-1] == ' ' || text[at-1] == '\n' || text[at-1] == '\r' || text[at-1] == '\t') {
			at--
		}
		for at < i+next && text[at] != '[' {
			at++
		}
		if isDoubled(text, i+next) { // and no string
			return i + next
		}
		for at > i && (text[at-1] == '"' || text[at-1] == '\\') {
			at-- // the string may be text as well, then the brace is tried next
		}
		if after := skipSpace(text, i+next+1); after < len(text) && (text[after] == '"' || text[after] == '\\' || text[after] == '\'') {
			return at
		}
		i += next + 1
	}
	return -1
}

// decode makes msgpack of the value that text begins with and returns the
// offset behind it, or false if it is broken. What is too deep is left out and
// counted.
func (r *Reader) decode(l *level, text []byte) (end int, ok bool) {
	l.text = r.grow(l.text[:0], min(len(text)+len(text)/8+jsontext.Room, maxItem))
	var cut int
	var err error
	l.text, end, cut, err = jsontext.AppendCut(l.text[:0], text, false, &l.parts)
	r.budget.effort -= end + 1
	if err == nil && cut >= 0 {
		r.unreadable()
	}
	return end, err == nil
}

// decoded looks into what size bytes of a text were decoded to, in the buffer of l, of
// which there are rest bytes from there on. A list, and a string with JSON in it once
// more, is one level deeper: texts in it must not be decoded into the buffer that it
// lies in.
func (r *Reader) decoded(depth int, l *level, size, rest int, o origin) {
	others := r.take(size, rest)
	defer r.give(others)
	// It is whole: jsontext has made it.
	if v, _, err := msgpack.ReadHeader(l.text, 0); err == nil && v.Kind() == msgpack.Map {
		_, _ = r.object(depth, l.text, 0, o, l.parts.All())
	} else {
		_, _ = r.value(depth+1, l.text, 0, o)
	}
}

// salvage reads, of a text that is broken somewhere, the elements of the list
// that it breaks off in, as far as they are whole: {"Records": [event, event, …
// or [event, event, …. It returns the offset behind the last of them, 0 if
// there are none.
func (r *Reader) salvage(depth int, text []byte, o origin) (end int) {
	if text[0] == '[' {
		return r.salvageList(depth, text, 1, o)
	}
	l := r.levels[depth+1]
	for i := 1; ; {
		n, ok := r.decode(l, text[i:])
		if !ok {
			return 0
		}
		key, _, err := msgpack.Read(l.text, 0)
		if err != nil || !key.IsText() {
			return 0
		}
		m := event.Lookup(key.Bytes())
		if i = skipSpace(text, i+n); i == len(text) || text[i] != ':' {
			return 0
		}
		i = skipSpace(text, i+1)
		if i < len(text) && text[i] == '[' {
			s := shapes[m]
			if s == Other {
				s = Nested
			}
			o.path, o.via, o.part = o.path.add(s), s, true
			return r.salvageList(depth, text, i+1, o)
		}
		if n, ok = r.decode(l, text[i:]); !ok {
			return 0
		}
		if i = skipSpace(text, i+n); i == len(text) || text[i] != ',' {
			return 0
		}
		i++
	}
}

// salvageList reads the elements of a list from text[i] on until one is broken.
func (r *Reader) salvageList(depth int, text []byte, i int, o origin) (end int) {
	l := r.levels[depth+1]
	for {
		n, ok := r.decode(l, text[i:])
		if !ok {
			return end
		}
		i += n
		end = i
		if v, _, err := msgpack.ReadHeader(l.text, 0); err == nil && v.Kind() == msgpack.Map {
			others := r.take(n, len(text)-i+n)
			_, _ = r.object(depth, l.text, 0, o, l.parts.All())
			r.give(others)
		}
		if i = skipSpace(text, i); i == len(text) || text[i] != ',' {
			return end
		}
		i++
	}
}

// skipSpace returns the offset of the first byte from i on that is not white
// space in JSON, or len(text).
func skipSpace(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\r' || text[i] == '\t') {
		i++
	}
	return i
}
