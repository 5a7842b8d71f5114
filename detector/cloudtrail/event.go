package cloudtrail

import "github.com/fluent-detect/fluent-detect/detector/record"

// Event is one CloudTrail event in the form it arrived in. Its methods are
// valid until the visit that it was handed to returns.
type Event struct {
	document record.Value
	buf      []byte          // what the offsets count from
	offsets  [members]uint32 // where each member's value begins in buf, 0 = absent
	again    []occurrence    // members that occur more than once: the second time and later
	shape    Shape
	path     path
	scratch  scratch
}

// occurrence is one more value of a member that has one already.
type occurrence struct {
	member member
	offset uint32
}

// open opens the record whose body is the map at chunk[off:] and returns the
// offset behind it. The error is a *record.Error.
func (e *Event) open(chunk []byte, off int) (end int, err error) {
	header, body, err := record.ReadHeader(chunk, off)
	if err != nil {
		return off, err
	}
	if end, err = e.walk(chunk, body, header.Len()); err != nil {
		return off, err
	}
	e.document = record.MapOf(header.Len(), chunk[body:end])
	return end, nil
}

// openMap opens the event that is the map v.
func (e *Event) openMap(v record.Value) {
	e.document = v
	if _, err := e.walk(v.Encoded(), 0, v.Len()); err != nil {
		e.offsets = [members]uint32{} // not after v has been read: it is whole
	}
}

// walk steps over n pairs from buf[pos:], once, and notes where the members of
// interest lie. Strings are stepped over, maps inside are not entered.
func (e *Event) walk(buf []byte, pos, n int) (end int, err error) {
	e.buf = buf
	e.offsets = [members]uint32{}
	e.again = e.again[:0]
	e.scratch.reset()
	for range n {
		var key []byte
		if key, pos, err = record.ReadKey(buf, pos); err != nil {
			return pos, err
		}
		if m := memberOf(key); m != none {
			if e.offsets[m] == 0 {
				e.offsets[m] = uint32(pos)
			} else {
				e.again = append(e.again, occurrence{m, uint32(pos)})
			}
		}
		if pos, err = record.Skip(buf, pos); err != nil {
			return pos, err
		}
	}
	return pos, nil
}

// Shape returns Raw or ECS.
func (e *Event) Shape() Shape { return e.shape }

// AppendShape appends the shape with the envelopes around it, "text/records"
// for instance.
func (e *Event) AppendShape(dst []byte) []byte { return e.path.appendName(dst, e.shape) }

// Document returns the event as it arrived, a map.
func (e *Event) Document() record.Value { return e.document }

func (e *Event) has(m member) bool { return e.offsets[m] != 0 }

// count returns how often the member occurs.
func (e *Event) count(m member) int {
	if e.offsets[m] == 0 {
		return 0
	}
	n := 1
	for _, o := range e.again {
		if o.member == m {
			n++
		}
	}
	return n
}

// nth returns the i-th value of a member that occurs at least that often.
func (e *Event) nth(m member, i int) record.Value {
	off := e.offsets[m]
	for _, o := range e.again {
		if i == 0 {
			break
		}
		if o.member == m {
			off = o.offset
			i--
		}
	}
	v, _, err := record.Read(e.buf, int(off))
	if err != nil { // not after open
		return record.Value{}
	}
	return v
}

// HasDuplicates says whether a member that means something occurs twice in
// the top of the event. Each occurrence counts as a value of its field.
func (e *Event) HasDuplicates() bool { return len(e.again) > 0 }

// isECS says whether the event was mapped already.
func (e *Event) isECS() bool {
	if !e.has(event) && !e.has(dottedEvent) {
		return false
	}
	return len(e.scratch.lookup(e.document, "event.provider")) > 0 ||
		len(e.scratch.lookup(e.document, "event.action")) > 0
}

// ownDataset begins event.dataset in all records that fluent-detect makes.
const ownDataset = "fluent_detect."

// madeByDetector says whether the record is an alert, or another record of
// ours. Elastic's alerts have event.kind signal.
func (e *Event) madeByDetector() bool {
	if !e.has(event) && !e.has(dottedEvent) {
		return false
	}
	for _, v := range e.scratch.lookup(e.document, "event.kind") {
		if s := string(v.Bytes()); s == "alert" || s == "signal" {
			return true
		}
	}
	for _, v := range e.scratch.lookup(e.document, "event.dataset") {
		if b := v.Bytes(); len(b) >= len(ownDataset) && string(b[:len(ownDataset)]) == ownDataset {
			return true
		}
	}
	return false
}
