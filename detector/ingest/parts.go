package ingest

// span is a part of the input, by its offsets.
type span struct{ begin, end int64 }

func (s span) size() int64 { return s.end - s.begin }

// parts notes which arrays and objects within a JSON value begin a line.
type parts struct {
	opened []opened // those that are not complete, the innermost last
	// several are those of several lines, in order and none within another. They are
	// read by themselves when the value around them is broken.
	several []span
	// lines are lines that are a value by themselves, in order, except for elements
	// of the list. They are read by themselves even if the value around them is whole:
	// it may have been put around them.
	lines []span
	last  span // the last array or object that begins and ends on a line
}

type opened struct {
	level int // number of brackets around it
	at    int64
}

const (
	// minEvent is the minimum size of a text with an event, which has at least
	// "eventSource":"" and "eventName":"".
	minEvent = 32
	// maxOpened is the maximum number of opened values. When there are more, the
	// outermost are forgotten: they are the least likely to become complete.
	maxOpened = 4096
)

func (p *parts) reset() {
	*p = parts{opened: p.opened[:0], several: p.several[:0], lines: p.lines[:0]}
}

// open notes that an array or object begins the current line.
func (p *parts) open(level int, at int64) {
	if len(p.opened) == maxOpened {
		p.opened = p.opened[:copy(p.opened, p.opened[maxOpened/2:])]
	}
	p.opened = append(p.opened, opened{level, at})
}

// close notes that an array or object ends, which has that many brackets around it.
// list is the depth of the current list, lineAt the offset of the current line.
func (p *parts) close(level, list int, end, lineAt int64) {
	last := len(p.opened) - 1
	o := p.opened[last]
	if o.level != level {
		return
	}
	p.opened = p.opened[:last]
	s := span{o.at, end}
	if s.size() < minEvent {
		return
	}
	if s.begin < lineAt {
		n := len(p.several)
		for n > 0 && p.several[n-1].begin > s.begin {
			n--
		}
		p.several = append(p.several[:n], s)
	} else if list == 0 || level != list {
		p.last = s
	}
}

// dropBefore removes the spans that begin before that offset.
func dropBefore(spans []span, offset int64) []span {
	n := 0
	for n < len(spans) && spans[n].begin < offset {
		n++
	}
	return spans[:copy(spans, spans[n:])]
}
