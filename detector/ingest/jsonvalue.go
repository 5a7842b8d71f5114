package ingest

import "bytes"

// jsonValue is the JSON value being read, if it is not simply a line: it has several
// lines, or is long. If it has a list, it is split into items with some of
// the elements each. Offsets are relative to the Reader's begin.
type jsonValue struct {
	scanner   scanner
	maybeLine bool // if it ends on its first line, the whole line is the item
	pos       int  // up to where it was scanned
	partial   bool // some of it was emitted or skipped: it cannot become a line
	skipping  bool // the current element or member is too long

	inList   bool   // in a list that may be split
	hasHead  bool   // what precedes the list is too much for each item: it is only in the first
	hadList  bool   // there was a list before
	prefix   []byte // of the items: what precedes the elements, with the bracket
	suffix   string // of the items
	rest     []byte // prefix of what follows the list, once one was split
	emitted  int    // offset up to which elements were emitted
	complete int    // offset of the end of the last complete element that may be emitted
	lines    int    // number of line ends before complete
	last     int    // offset of the end of the last complete element

	lastLines int // number of line ends before last
}

func (v *jsonValue) reset(maybeLine bool, offset int64) {
	v.scanner.reset(offset)
	*v = jsonValue{scanner: v.scanner, maybeLine: maybeLine, prefix: v.prefix[:0], rest: v.rest[:0]}
}

// stepValue continues the current value.
func (r *Reader) stepValue(b *Block) bool {
	v := &r.value
	for {
		var why stop
		v.scanner.base = r.offset
		why, v.pos = v.scanner.next(r.unread(), v.pos)
		switch why {
		case needsMore:
			return r.valueContinues(b)
		case listStart:
			r.listStarts()
		case elementEnd:
			if !v.inList {
				continue
			}
			v.elementEnds()
			if v.skipping {
				v.complete, v.lines = v.pos, v.scanner.lines
				v.skipping = false
				r.addLines(b, v.complete)
				r.consumeValue(v.complete, v.lines)
			}
			if v.complete-v.emitted >= r.sizes.piece && (v.partial || v.pos >= r.longList()) || len(r.cuts) > 0 && r.offset+int64(v.complete) > r.cuts[0].at {
				r.emit(b)
				return true
			}
		case listEnd:
			if v.partial && !v.skipping {
				v.complete, v.lines = v.last, v.lastLines
				r.emit(b)
				r.addHead(b)
				r.consumeValue(v.pos, v.scanner.lines)
				v.rest = append(append(v.rest[:0], v.prefix...), "],"...)
			}
			v.inList = false
			v.hadList = v.hadList || v.scanner.named
		case valueEnd:
			r.valueEnds(b)
			return true
		case invalid:
			r.valueInvalid(b)
			return true
		}
	}
}

// longList returns the size from which on a value is split at the elements of its list.
// One whose name we do not know is split only if it might be too long otherwise: the
// value may be an event, which is no longer one in pieces.
func (r *Reader) longList() int {
	if r.value.scanner.named {
		return r.sizes.long
	}
	return r.sizes.item / 2
}

// brokenList reports whether the value breaks off in a list of which elements can be
// read.
func (v *jsonValue) brokenList() bool {
	return v.inList && v.complete > v.emitted && (v.scanner.named || v.partial)
}

// consumeValue consumes the next n bytes of the value.
func (r *Reader) consumeValue(n, lineEnds int) {
	v := &r.value
	r.consume(n, lineEnds)
	v.scanner.lines -= lineEnds
	v.pos -= n
	v.emitted, v.complete, v.lines = max(0, v.emitted-n), max(0, v.complete-n), max(0, v.lines-lineEnds)
	v.last, v.lastLines = max(0, v.last-n), max(0, v.lastLines-lineEnds)
	p := &v.scanner.parts
	p.several, p.lines = dropBefore(p.several, r.offset), dropBefore(p.lines, r.offset)
}

// listStarts stores what precedes a list, so that each item can be made to look like
// the whole value.
func (r *Reader) listStarts() {
	v := &r.value
	v.suffix = "]"
	inObject := v.scanner.depth == 2
	if inObject {
		v.suffix = "]}"
		if r.Whole {
			return
		}
	}
	before := r.unread()[:v.pos]
	afterList := v.partial && len(v.rest) > 0
	switch {
	case v.skipping: // what precedes the list was skipped
		v.onlyKey()
		v.skipping = false
		r.consumeValue(v.pos, v.scanner.lines)
	case len(v.rest)+len(before) > r.sizes.prefix || v.hadList && !afterList:
		v.onlyKey()
		v.hasHead = true
	case afterList:
		v.prefix = append(append(v.prefix[:0], v.rest...), bytes.TrimLeft(before, between)...)
	default:
		v.prefix = append(v.prefix[:0], before...)
	}
	v.inList = true
	v.emitted, v.complete, v.lines = v.pos, v.pos, v.scanner.lines
	v.last, v.lastLines = v.complete, v.lines
}

// elementEnds notes the end of an element. In a list whose elements are not all read
// as such the rest of its line is not known yet, which decides whether it is read by
// itself: there it is the element before that may be emitted.
func (v *jsonValue) elementEnds() {
	if !v.scanner.named {
		v.complete, v.lines = v.last, v.lastLines
	}
	v.last, v.lastLines = v.pos, v.scanner.lines
	if v.scanner.named {
		v.complete, v.lines = v.last, v.lastLines
	}
}

// onlyKey sets the prefix to that of an object with only the list. A name that is
// escaped or very long becomes another.
func (v *jsonValue) onlyKey() {
	key := v.scanner.key
	if len(key) > maxKey || bytes.IndexByte(key, '\\') >= 0 {
		key = []byte(listNames[0])
	}
	v.prefix = append(append(append(v.prefix[:0], `{"`...), key...), `":[`...)
}

// between are the characters between the elements of a list.
const between = blanks + "\n,"

// emit emits the complete elements as an item.
func (r *Reader) emit(b *Block) {
	v := &r.value
	if !v.inList || v.complete <= v.emitted {
		return
	}
	have := r.unread()[:v.complete]
	elements := bytes.TrimLeft(have[v.emitted:], between)
	if at := len(have) - len(elements); len(elements) > 0 {
		prefix := v.prefix
		if v.hasHead {
			prefix = r.head()
			v.hasHead = false
		}
		r.addHeadLines(b, prefix)
		r.addValue(b, at, prefix, elements, v.suffix)
	}
	v.partial = true
	r.consumeValue(v.complete, v.lines)
}

// head returns what precedes the list that was not split yet.
func (r *Reader) head() []byte {
	v := &r.value
	before := r.unread()[:v.emitted]
	if v.partial && len(v.rest) > 0 { // the beginning of the object was emitted
		return append(append([]byte(nil), v.rest...), bytes.TrimLeft(before, between)...)
	}
	return before
}

// addHead adds what precedes the list, if no item has it yet and no further one will.
func (r *Reader) addHead(b *Block) {
	switch v := &r.value; {
	case !v.inList:
	case v.hasHead:
		head := r.head()
		r.addHeadLines(b, head)
		b.addPiece(r.line, r.offset, nil, head, v.suffix)
		v.hasHead = false
	default:
		r.addHeadLines(b, v.prefix)
	}
}

// addHeadLines adds the lines that are values by themselves in what precedes the list, if
// that was not emitted before. Events among them become null in the prefix, which ends as
// that does.
func (r *Reader) addHeadLines(b *Block, prefix []byte) {
	v := &r.value
	p := &v.scanner.parts
	if r.Whole || v.emitted == 0 {
		return
	}
	n := 0
	for ; n < len(p.lines) && int(p.lines[n].end-r.offset) <= v.emitted; n++ {
		from, to := int(p.lines[n].begin-r.offset), int(p.lines[n].end-r.offset)
		if from < 0 {
			continue
		}
		part := r.unread()[from:to]
		b.add(r.line+bytes.Count(r.unread()[:from], lineEnd), r.offset+int64(from), part)
		if at := len(prefix) - (v.emitted - from); at >= 0 && looksLikeEvent(part) {
			replaceByNull(prefix[at : at+len(part)])
		}
	}
	p.lines = p.lines[:copy(p.lines, p.lines[n:])]
}

// addValue adds an item with a part of the value, which begins at that offset, and the
// lines in it that are values by themselves.
func (r *Reader) addValue(b *Block, at int, prefix, text []byte, suffix string) {
	line := r.line + bytes.Count(r.unread()[:at], lineEnd)
	offset := r.offset + int64(at)
	begin := len(b.text) + len(prefix)
	b.addPiece(line, offset, prefix, text, suffix)
	p := &r.value.scanner.parts
	if r.Whole || len(p.lines) == 0 {
		return
	}
	n := 0
	for ; n < len(p.lines); n++ {
		from, to := int(p.lines[n].begin-r.offset), int(p.lines[n].end-r.offset)
		if to > at+len(text) {
			break
		}
		if from < at {
			continue
		}
		part := r.unread()[from:to]
		line += bytes.Count(r.unread()[at:from], lineEnd)
		b.add(line, r.offset+int64(from), part)
		if looksLikeEvent(part) { // once is enough
			replaceByNull(b.text[begin+from-at : begin+to-at])
		}
		begin += from - at
		at, text = from, text[from-at:]
	}
	p.lines = p.lines[:copy(p.lines, p.lines[n:])]
}

// addLines adds the lines that are values by themselves in the next n bytes, which are
// otherwise skipped.
func (r *Reader) addLines(b *Block, n int) {
	for _, s := range r.value.scanner.parts.lines {
		if from, to := int(s.begin-r.offset), int(s.end-r.offset); from >= 0 && to <= n {
			b.add(r.line+bytes.Count(r.unread()[:from], lineEnd), s.begin, r.unread()[from:to])
		}
	}
}

// looksLikeEvent reports whether the text has the two names that every event has.
func looksLikeEvent(text []byte) bool {
	return bytes.Contains(text, []byte("eventName")) && bytes.Contains(text, []byte("eventSource"))
}

// replaceByNull replaces a JSON value by null, without changing the offsets of what
// follows.
func replaceByNull(text []byte) {
	for i := copy(text, "null"); i < len(text); i++ {
		text[i] = ' '
	}
}

var lineEnd = []byte("\n")

// valueContinues handles that the value does not end in what was read. It reports
// whether there is more to do before more is read.
func (r *Reader) valueContinues(b *Block) bool {
	v := &r.value
	have := r.unread()
	severalLines := v.scanner.lineAt > r.offset
	switch {
	case v.skipping:
		if severalLines { // what follows the line that is too long can be read
			n := int(v.scanner.lineAt - r.offset)
			r.addLines(b, n)
			r.valueFails(n, 0)
			return true
		}
		r.consumeValue(len(have), v.scanner.lines)
		if r.err != nil {
			r.valueDone(0, inLines)
			return true
		}
		return false
	case r.err != nil && (severalLines || v.partial):
		if v.brokenList() {
			r.emit(b)
		}
		if v.partial {
			r.reportAt(b, Truncated)
		}
		if have = r.unread(); v.partial && v.scanner.lineAt <= r.offset {
			r.valueDone(len(have), inLines)
			return true
		}
		r.valueFails(0, len(have))
		return true
	case r.err != nil:
		b.add(r.line, r.offset, bytes.TrimRight(have, blanks+"\n"))
		r.valueDone(len(have), inLines)
		return true
	case len(have) <= r.sizes.item:
		return r.beginText(r.sizes.item / 2)
	}
	if v.inList && v.scanner.depth > v.scanner.list { // in the next element
		v.complete, v.lines = v.last, v.lastLines
	}
	if v.inList && v.complete > v.emitted {
		r.emit(b)
		return true
	}
	if r.beginText(0) {
		return true
	}
	r.report(b, TooLong)
	if severalLines {
		r.valueFails(0, int(v.scanner.lineAt-r.offset))
		return true
	}
	r.addHead(b)
	v.skipping, v.partial = true, true
	r.consumeValue(len(have), v.scanner.lines)
	return false
}

// valueEnds handles that the value is complete.
func (r *Reader) valueEnds(b *Block) {
	v := &r.value
	have := r.unread()[:v.pos]
	switch {
	case v.skipping:
		r.addLines(b, v.pos)
	case v.partial && v.scanner.maps[1]: // what follows its lists
		at := len(have) - len(bytes.TrimLeft(have, between))
		if rest := bytes.TrimRight(have[at:max(at, len(have)-1)], between); len(rest) > 0 {
			r.addValue(b, at, v.restPrefix(), rest, "}")
		}
	case v.partial: // an array
		r.emit(b)
	case v.maybeLine && v.scanner.lines == 0: // more follows on its line
		r.asLine = true
		r.mode = inLines
		return
	default:
		r.addValue(b, 0, nil, have, "")
	}
	r.valueDone(v.pos, inLines)
}

// restPrefix returns the prefix of what follows the lists of an object.
func (v *jsonValue) restPrefix() []byte {
	if len(v.rest) == 0 {
		return []byte("{")
	}
	return v.rest
}

// valueInvalid handles that the value is not JSON: its lines before the one that is
// wrong are read by themselves, and that one may be the beginning of another value.
func (r *Reader) valueInvalid(b *Block) {
	v := &r.value
	severalLines := v.scanner.lineAt > r.offset
	switch {
	case !severalLines && !v.partial:
		r.asLine = true
		r.mode = inLines
		return
	case v.skipping:
		if severalLines {
			n := int(v.scanner.lineAt - r.offset)
			r.addLines(b, n)
			r.valueFails(n, 0)
		} else {
			r.valueDone(v.pos, skipLine)
		}
		return
	}
	if v.brokenList() {
		r.emit(b)
	}
	if v.partial {
		r.reportAt(b, Invalid)
	}
	r.valueFails(0, max(0, int(v.scanner.lineAt-r.offset)))
}

// valueFails ends a value that is not read as such: it consumes the next n bytes, and
// the lines in the plain bytes that follow are read by themselves.
func (r *Reader) valueFails(n, plain int) {
	lines := bytes.Count(r.unread()[:n], lineEnd)
	if n > 0 {
		r.midLine = r.unread()[n-1] != '\n'
	} else if r.value.partial {
		r.midLine = true
	}
	r.consume(n, lines)
	r.plain = plain
	r.mode = inLines
}

// reportAt reports a problem where the scanner stopped.
func (r *Reader) reportAt(b *Block, reason Reason) {
	v := &r.value
	b.Problems = append(b.Problems, Problem{r.line + v.scanner.lines, r.offset + int64(v.pos), reason})
}

// valueDone consumes the last n bytes of the value.
func (r *Reader) valueDone(n int, next mode) {
	r.consume(n, r.value.scanner.lines)
	r.midLine = true
	r.mode = next
}
