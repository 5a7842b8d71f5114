package hold

import (
	"encoding/binary"
	"time"
)

// Values of entries begin with this byte; another form would begin with another.
const encoding = 1

func appendTime(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(dst, 0)
	}
	dst = binary.AppendVarint(append(dst, 1), t.Unix())
	return binary.AppendUvarint(dst, uint64(t.Nanosecond()))
}

func appendText(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

func appendTexts(dst []byte, list []string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(list)))
	for _, text := range list {
		dst = appendText(dst, text)
	}
	return dst
}

func appendDistincts(dst []byte, list []Distinct) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(list)))
	for _, d := range list {
		dst = appendTexts(appendText(dst, d.Name), d.Values)
		if d.More {
			dst = append(dst, 1)
		} else {
			dst = append(dst, 0)
		}
	}
	return dst
}

func appendHeld(dst []byte, h *Held) []byte {
	dst = appendTime(dst, h.Begin)
	dst = binary.AppendUvarint(dst, uint64(h.Count))
	return appendDistincts(appendTime(appendTime(dst, h.First), h.Last), h.Attributes)
}

// decoder reads what the functions above have written. After an error it returns
// zero values.
type decoder struct {
	rest   []byte
	failed bool
}

func newDecoder(value []byte) *decoder {
	d := &decoder{rest: value}
	d.failed = d.byte() != encoding
	return d
}

// ok reports whether everything was read, without an error.
func (d *decoder) ok() bool { return !d.failed && len(d.rest) == 0 }

func (d *decoder) fail() {
	d.failed, d.rest = true, nil
}

func (d *decoder) byte() byte {
	if len(d.rest) == 0 {
		d.fail()
		return 0
	}
	b := d.rest[0]
	d.rest = d.rest[1:]
	return b
}

func (d *decoder) uint() uint64 {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

// count returns a number of elements that follow, of one byte at least each.
func (d *decoder) count() int {
	n := d.uint()
	if n > uint64(len(d.rest)) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) int() int { return int(min(d.uint(), 1<<31)) }

func (d *decoder) time() time.Time {
	if d.byte() == 0 {
		return time.Time{}
	}
	sec, size := binary.Varint(d.rest)
	if size <= 0 {
		d.fail()
		return time.Time{}
	}
	d.rest = d.rest[size:]
	return time.Unix(sec, int64(d.uint()%1e9))
}

func (d *decoder) text() string {
	n := d.count()
	text := string(d.rest[:n])
	d.rest = d.rest[n:]
	return text
}

func (d *decoder) texts() []string {
	var list []string
	for range d.count() {
		list = append(list, d.text())
	}
	return list
}

func (d *decoder) distincts() []Distinct {
	var list []Distinct
	for range d.count() {
		one := Distinct{Name: d.text(), Values: d.texts()}
		one.More = d.byte() != 0
		list = append(list, one)
	}
	return list
}

func (d *decoder) held() Held {
	h := Held{Begin: d.time(), Count: d.int()}
	h.First, h.Last = d.time(), d.time()
	h.Attributes = d.distincts()
	return h
}
