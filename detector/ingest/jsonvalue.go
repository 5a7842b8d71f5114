package ingest

import "bytes"

// jsonValue is the JSON value being read, if it is not simply a line: it has several
// lines, or is long. If it has a list of events, it is split into items with some of
// the elements each. Offsets are relative to the Reader's begin.
type jsonValue struct {
	scanner   scanner
	maybeLine bool // if it ends on its first line, the whole line is the item
	pos       int  // up to where it was scanned
	partial   bool // some of it was emitted or skipped: it cannot become a line
	multiline bool
	skipping  bool // the current element or member is too long

	inList    bool   // in a list that may be split
	prefix    []byte // of the items: what precedes the elements, with the bracket
	suffix    string // of the items
	afterList bool   // a list was split and its object continues
	emitted   int    // offset up to which elements were emitted
	complete  int    // offset of the end of the last complete element
	lines     int    // number of line ends before complete
}

func (v *jsonValue) reset(maybeLine bool) {
	v.scanner.reset()
	*v = jsonValue{scanner: v.scanner, maybeLine: maybeLine, prefix: v.prefix[:0]}
}

// stepValue continues the current value.
func (r *Reader) stepValue(b *Block) bool {
	v := &r.value
	for {
		var why stop
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
			v.complete, v.lines = v.pos, v.scanner.lines
			if v.skipping {
				v.skipping = false
				r.consumeValue(v.complete, v.lines)
			}
			if v.complete-v.emitted >= r.sizes.piece && (v.partial || v.pos >= r.sizes.long) {
				r.emit(b)
				return true
			}
		case listEnd:
			if v.partial && !v.skipping {
				r.emit(b)
				r.consumeValue(v.pos, v.scanner.lines)
				v.afterList = true
			}
			v.inList = false
		case valueEnd:
			r.valueEnds(b)
			return true
		case invalid:
			r.valueInvalid(b)
			return true
		}
	}
}

// consumeValue consumes the next n bytes of the value.
func (r *Reader) consumeValue(n, lineEnds int) {
	v := &r.value
	v.multiline = v.multiline || lineEnds > 0
	r.consume(n, lineEnds)
	v.scanner.lines -= lineEnds
	v.pos -= n
	v.emitted, v.complete, v.lines = max(0, v.emitted-n), max(0, v.complete-n), 0
}

// listStarts stores what precedes a list, so that each item can be made to look like
// the whole value.
func (r *Reader) listStarts() {
	v := &r.value
	v.prefix, v.suffix = v.prefix[:0], "]"
	inObject := v.scanner.depth == 2
	if inObject {
		v.suffix = "]}"
		if r.Whole {
			return
		}
	}
	switch before := r.unread()[:v.pos]; {
	case v.skipping: // what precedes the list was skipped
		v.prefix = append(append(append(v.prefix, `{"`...), v.scanner.key...), `":[`...)
		v.skipping = false
		r.consumeValue(v.pos, v.scanner.lines)
	case len(before) > r.sizes.prefix:
		return
	case v.afterList:
		v.prefix = append(append(v.prefix, '{'), bytes.TrimLeft(before, between)...)
	default:
		v.prefix = append(v.prefix, before...)
	}
	v.inList = true
	v.emitted, v.complete, v.lines = v.pos, v.pos, v.scanner.lines
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
		line := r.line + bytes.Count(have[:at], lineEnd)
		b.add(line, r.offset+int64(at), v.prefix, elements, []byte(v.suffix))
	}
	v.partial = true
	r.consumeValue(v.complete, v.lines)
}

var lineEnd = []byte("\n")

// valueContinues handles that the value does not end in what was read. It reports
// whether there is more to do before more is read.
func (r *Reader) valueContinues(b *Block) bool {
	v := &r.value
	have := r.unread()
	if r.err != nil {
		switch {
		case v.skipping:
		case v.partial:
			r.emit(b)
			r.reportAt(b, Truncated)
		default:
			b.add(r.line, r.offset, bytes.TrimRight(have, blanks+"\n"))
		}
		r.valueDone(r.end-r.begin, inLines)
		return true
	}
	if len(have) > r.sizes.item && v.inList && v.complete > v.emitted {
		r.emit(b)
		return true
	}
	if len(have) > r.sizes.item && !v.skipping {
		r.report(b, TooLong)
		v.skipping, v.partial = true, true
	}
	if v.skipping {
		r.consumeValue(len(have), v.scanner.lines)
	}
	return false
}

// valueEnds handles that the value is complete.
func (r *Reader) valueEnds(b *Block) {
	v := &r.value
	have := r.unread()[:v.pos]
	switch {
	case v.skipping:
	case v.partial && v.afterList:
		if rest := bytes.Trim(have[:len(have)-1], between); len(rest) > 0 {
			b.add(r.line, r.offset, []byte("{"), rest, []byte("}"))
		}
	case v.partial: // an array
		r.emit(b)
	case v.maybeLine && v.scanner.lines == 0: // more follows on its line
		r.asLine = true
		r.mode = inLines
		return
	default:
		b.add(r.line, r.offset, have)
	}
	r.valueDone(v.pos, inLines)
}

// valueInvalid handles that the value is not JSON.
func (r *Reader) valueInvalid(b *Block) {
	v := &r.value
	if !v.partial {
		r.asLine = true
		r.mode = inLines
		return
	}
	if !v.skipping {
		r.emit(b)
		r.reportAt(b, Invalid)
	}
	next := skipLine
	if v.multiline || v.scanner.lines > 0 {
		next = skipToValue
	}
	r.valueDone(v.pos, next)
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
