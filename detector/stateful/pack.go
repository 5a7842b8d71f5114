package stateful

import (
	"encoding/binary"
	"encoding/hex"
)

// A group is encoded in as few bytes as possible:
//
//	flags     1 byte
//	newest    8 bytes
//	consumed  8 bytes, and the length of the hold-off as a uvarint, in milliseconds, and
//	          when it is over by arrival as a uvarint, in seconds: if the flag alerted is set
//	hits      as many as there are
//
// A hit is a uvarint, of which the two lowest bits say what follows of its ID and the others
// how long after the hit before it is, the first one how long before the newest event; then 8
// bytes of what the event is; if the flag values is set the number of values as a uvarint,
// and 8 bytes of each; and the ID: nothing, 16 bytes of a UUID, or a length as a uvarint and a
// text. Times of hits are in seconds if the flag seconds is set, as all of CloudTrail's are.
const (
	flagAlerted = 1 << iota
	flagTold
	flagValues
	flagSeconds
)

const (
	idNone = iota
	idUUID
	idText
)

func (g *group) encode(b []byte) []byte {
	values, seconds := false, true
	for i := range g.hits {
		h := &g.hits[i]
		values = values || len(h.values) > 0
		seconds = seconds && h.at%1000 == 0
	}
	flags, unit := byte(0), int64(1)
	if values {
		flags |= flagValues
	}
	if seconds && len(g.hits) > 0 && g.newest%1000 == 0 {
		flags |= flagSeconds
		unit = 1000
	}
	if g.consumed != none {
		flags |= flagAlerted
		if g.told {
			flags |= flagTold
		}
	}
	b = binary.BigEndian.AppendUint64(append(b, flags), uint64(g.newest))
	if g.consumed != none {
		b = binary.BigEndian.AppendUint64(b, uint64(g.consumed))
		b = binary.AppendUvarint(b, uint64(g.heldOff-g.consumed))
		b = binary.AppendUvarint(b, uint64(g.due))
	}
	for i := range g.hits {
		h := &g.hits[i]
		after := g.newest - h.at
		if i > 0 {
			after = h.at - g.hits[i-1].at
		}
		b = binary.AppendUvarint(b, uint64(after/unit)<<2|uint64(h.idKind))
		b = binary.BigEndian.AppendUint64(b, h.event)
		if values {
			b = binary.AppendUvarint(b, uint64(len(h.values)))
			for _, v := range h.values {
				b = binary.BigEndian.AppendUint64(b, v)
			}
		}
		switch h.idKind {
		case idUUID:
			b = append(b, h.uuid[:]...)
		case idText:
			b = append(binary.AppendUvarint(b, uint64(len(h.text))), h.text...)
		}
	}
	return b
}

func (threshold) decode(of header, d *decoder) (entry, bool) {
	flags := d.byte()
	g := &group{header: of, newest: int64(d.uint64()), consumed: none, heldOff: none}
	if flags&flagAlerted != 0 {
		g.consumed = int64(d.uint64())
		g.heldOff = g.consumed + int64(d.uvarint())
		g.due, g.told = int64(d.uvarint()), flags&flagTold != 0
	}
	unit := int64(1)
	if flags&flagSeconds != 0 {
		unit = 1000
	}
	n := len(d.rest)/minHitSize + 1 // perhaps fewer, and often one more comes
	g.hits = make([]hit, 0, n)
	var values []uint64
	if flags&flagValues != 0 {
		values = make([]uint64, 0, n)
	}
	for len(d.rest) > 0 {
		x := d.uvarint()
		h := hit{at: g.newest - int64(x>>2)*unit, event: d.uint64(), idKind: uint8(x & 3)}
		if n := len(g.hits); n > 0 {
			h.at = g.hits[n-1].at + int64(x>>2)*unit
		}
		if flags&flagValues != 0 {
			begin := len(values)
			for range d.count(8) {
				values = append(values, d.uint64())
			}
			h.values = values[begin:len(values):len(values)]
		}
		switch h.idKind {
		case idNone:
		case idUUID:
			h.uuid = [16]byte(d.take(16))
		case idText:
			h.text = string(d.take(d.count(1)))
		default:
			d.failed = true
		}
		if d.failed || h.at > g.newest {
			return nil, false
		}
		g.hits = append(g.hits, h)
	}
	return g, !d.failed
}

// minHitSize is the size of a hit with a UUID and no values.
const minHitSize = 1 + 8 + 16

// setID sets the ID of the event, or the beginning of it.
func (h *hit) setID(id string) {
	uuid, ok := parseUUID(id)
	switch {
	case ok:
		h.idKind, h.uuid = idUUID, uuid
	case id != "":
		h.idKind, h.text = idText, id[:min(len(id), MaxID)]
	}
}

// ID returns the ID of the event, or the beginning of it.
func (h *hit) ID() string {
	if h.idKind != idUUID {
		return h.text
	}
	var b [36]byte
	raw := h.uuid[:]
	at := 0
	for i, n := range uuidParts {
		if i > 0 {
			b[at] = '-'
			at++
		}
		at += hex.Encode(b[at:], raw[:n])
		raw = raw[n:]
	}
	return string(b[:])
}

// uuidParts are how many bytes there are between the dashes of a UUID.
var uuidParts = [5]int{4, 2, 2, 2, 6}

// parseUUID parses a UUID in lower case.
func parseUUID(text string) (raw [16]byte, ok bool) {
	if len(text) != 36 {
		return raw, false
	}
	to := raw[:0]
	for i, n := range uuidParts {
		if i > 0 {
			if text[0] != '-' {
				return raw, false
			}
			text = text[1:]
		}
		for j := range 2 * n {
			if c := text[j]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
				return raw, false
			}
		}
		var err error
		if to, err = hex.AppendDecode(to, []byte(text[:2*n])); err != nil {
			return raw, false
		}
		text = text[2*n:]
	}
	return raw, true
}
