package history

// words are memory that transactions change: each change is logged with what was there,
// so that it can be undone. Everything is in numbers of 32 bits without pointers, which the
// garbage collector does not look at.
type words struct {
	number uint32 // of this one, in the log
	w      []uint32
}

// change is what was in a place of some words.
type change struct{ words, at, old uint32 }

func (h *History) set(of *words, at int, v uint32) {
	if old := of.w[at]; old != v {
		h.log = append(h.log, change{of.number, uint32(at), old})
		of.w[at] = v
	}
}

// set64 sets a number of 64 bits.
func (h *History) set64(of *words, at int, v uint64) {
	h.set(of, at, uint32(v))
	h.set(of, at+1, uint32(v>>32))
}

func (of *words) get64(at int) uint64 { return uint64(of.w[at]) | uint64(of.w[at+1])<<32 }

// grow makes room for n more words, which are 0, of most in all.
func (of *words) grow(n, most int) {
	if need := len(of.w) + n; need > cap(of.w) {
		more := make([]uint32, len(of.w), max(need, min(len(of.w)+len(of.w)/2+256, most)))
		copy(more, of.w)
		of.w = more
	}
	of.w = of.w[:len(of.w)+n]
}

// index finds rows by their digests: open addressing, in which a place has the number of
// a row and one, or 0. Its size is fixed.
type index struct{ words }

func newIndex(number uint32, rows int) index {
	size := 64
	for size*3/4 < rows {
		size *= 2
	}
	return index{words{number, make([]uint32, size)}}
}

// find returns the place of a row with the digest, and the row; or a free place, and -1.
// stride is the length of a row in rows, whose digest comes first.
func (x *index) find(key uint64, rows *words, stride int) (place, row int) {
	mask := len(x.w) - 1
	for i := int(key) & mask; ; i = (i + 1) & mask {
		r := int(x.w[i]) - 1
		if r < 0 {
			return i, -1
		}
		if at := r * stride; rows.w[at] == uint32(key) && rows.w[at+1] == uint32(key>>32) {
			return i, r
		}
	}
}

// remove removes the row at a place. Those behind it move up.
func (h *History) remove(x *index, place int, rows *words, stride int) {
	mask := len(x.w) - 1
	free := place
	for i := (place + 1) & mask; x.w[i] != 0; i = (i + 1) & mask {
		home := int(rows.get64((int(x.w[i])-1)*stride)) & mask
		if (i-home)&mask >= (i-free)&mask {
			h.set(&x.words, free, x.w[i])
			free = i
		}
	}
	h.set(&x.words, free, 0)
}
