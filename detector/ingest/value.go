package ingest

import "bytes"

// value is a JSON value in hand that was not taken as a line. Offsets count
// from the reader's begin.
type value struct {
	scan   scanner
	asLine bool // should it end on the line that it begins, the line is taken as a whole
	pos    int  // up to where it was scanned
	gone   bool // some of it was given out or passed over: it is no line any more
	many   bool // it has several lines
	skip   bool // what is in hand is too long and passed over

	split  bool   // inside a list that may be taken apart
	head   []byte // what goes before the elements, with the bracket
	tail   string // what goes behind them
	rest   bool   // a list was taken apart, its object goes on
	from   int    // where the elements begin that were not given out
	last   int    // behind the last whole element
	passed int    // line ends up to last
}

func (v *value) begin(asLine bool) {
	v.scan.reset()
	*v = value{scan: v.scan, asLine: asLine, head: v.head[:0]}
}

// stepValue goes on with the value in hand.
func (r *Reader) stepValue(b *Block) bool {
	v := &r.value
	for {
		var m mark
		m, v.pos = v.scan.next(r.unread(), v.pos)
		switch m {
		case atEnd:
			return r.valueGoesOn(b)
		case listBegin:
			r.listBegins()
		case elementEnd:
			if !v.split {
				continue
			}
			v.last, v.passed = v.pos, v.scan.lines
			if v.skip {
				v.skip = false
				r.dropValue(v.last, v.passed)
			}
			if v.last-v.from >= r.sizes.piece && (v.gone || v.pos >= r.sizes.long) {
				r.give(b)
				return true
			}
		case listEnd:
			if v.gone && !v.skip {
				r.give(b)
				r.dropValue(v.pos, v.scan.lines)
				v.rest = true
			}
			v.split = false
		case valueEnd:
			r.valueEnds(b)
			return true
		case broken:
			r.valueBreaks(b)
			return true
		}
	}
}

// dropValue says that the next n bytes of the value are dealt with.
func (r *Reader) dropValue(n, lineEnds int) {
	v := &r.value
	v.many = v.many || lineEnds > 0
	r.drop(n, lineEnds)
	v.scan.lines -= lineEnds
	v.pos -= n
	v.from, v.last, v.passed = max(0, v.from-n), max(0, v.last-n), 0
}

// listBegins notes what stands before a list, so that pieces of it can be made
// to look like the whole.
func (r *Reader) listBegins() {
	v := &r.value
	v.head, v.tail = v.head[:0], "]"
	inObject := v.scan.depth == 2
	if inObject {
		v.tail = "]}"
		if r.Whole {
			return
		}
	}
	switch before := r.unread()[:v.pos]; {
	case v.skip: // what stood before is gone
		v.head = append(append(append(v.head, `{"`...), v.scan.key...), `":[`...)
		v.skip = false
		r.dropValue(v.pos, v.scan.lines)
	case len(before) > r.sizes.head:
		return
	case v.rest:
		v.head = append(append(v.head, '{'), bytes.TrimLeft(before, between)...)
	default:
		v.head = append(v.head, before...)
	}
	v.split = true
	v.from, v.last, v.passed = v.pos, v.pos, v.scan.lines
}

// between has what can stand between the elements of a list.
const between = blanks + "\n,"

// give gives out the whole elements in hand as a piece.
func (r *Reader) give(b *Block) {
	v := &r.value
	if !v.split || v.last <= v.from {
		return
	}
	have := r.unread()[:v.last]
	elements := bytes.TrimLeft(have[v.from:], between)
	if at := len(have) - len(elements); len(elements) > 0 {
		line := r.line + bytes.Count(have[:at], lineEnd)
		b.add(line, r.offset+int64(at), v.head, elements, []byte(v.tail))
	}
	v.gone = true
	r.dropValue(v.last, v.passed)
}

var lineEnd = []byte("\n")

// valueGoesOn is for when all that was read is part of the value.
func (r *Reader) valueGoesOn(b *Block) bool {
	v := &r.value
	have := r.unread()
	if r.err != nil {
		switch {
		case v.skip:
		case v.gone:
			r.give(b)
			r.reportAt(b, CutShort)
		default:
			b.add(r.line, r.offset, bytes.TrimRight(have, blanks+"\n"))
		}
		r.valueDone(r.end-r.begin, lines)
		return true
	}
	if len(have) > r.sizes.item && v.split && v.last > v.from {
		r.give(b)
		return true
	}
	if len(have) > r.sizes.item && !v.skip {
		r.report(b, TooLong)
		v.skip, v.gone = true, true
	}
	if v.skip {
		r.dropValue(len(have), v.scan.lines)
	}
	return false
}

// valueEnds is for when the value is whole.
func (r *Reader) valueEnds(b *Block) {
	v := &r.value
	have := r.unread()[:v.pos]
	switch {
	case v.skip:
	case v.gone && v.rest:
		if rest := bytes.Trim(have[:len(have)-1], between); len(rest) > 0 {
			b.add(r.line, r.offset, []byte("{"), rest, []byte("}"))
		}
	case v.gone: // an array
		r.give(b)
	case v.asLine && v.scan.lines == 0: // there is more on its line
		r.asLine = true
		r.mode = lines
		return
	default:
		b.add(r.line, r.offset, have)
	}
	r.valueDone(v.pos, lines)
}

// valueBreaks is for when it turns out to be no JSON.
func (r *Reader) valueBreaks(b *Block) {
	v := &r.value
	if !v.gone {
		r.asLine = true
		r.mode = lines
		return
	}
	if !v.skip {
		r.give(b)
		r.reportAt(b, Broken)
	}
	next := passLine
	if v.many || v.scan.lines > 0 {
		next = passTo
	}
	r.valueDone(v.pos, next)
}

// reportAt reports what is the matter where the scanner stopped.
func (r *Reader) reportAt(b *Block, reason Reason) {
	v := &r.value
	b.Problems = append(b.Problems, Problem{r.line + v.scan.lines, r.offset + int64(v.pos), reason})
}

// valueDone leaves the value behind.
func (r *Reader) valueDone(n int, next mode) {
	r.drop(n, r.value.scan.lines)
	r.midLine = true
	r.mode = next
}
