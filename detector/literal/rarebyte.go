package literal

import "bytes"

// rareBytes searches for each text by its rarest byte. Texts with the same rarest
// byte are searched for together.
type rareBytes []rareByte

type rareByte struct {
	value byte
	texts []Finder
}

func newRareBytes(f *frequencies, texts []Text) (r rareBytes) {
	for _, text := range texts {
		finder := f.finder(text)
		c, other := text.Text[finder.rare], finder.otherCase(finder.rare)
		r.add(c, finder)
		if other != c {
			r.add(other, finder)
		}
	}
	return r
}

func (r *rareBytes) add(value byte, finder Finder) {
	b := r.of(value)
	b.texts = append(b.texts, finder)
}

func (r *rareBytes) of(value byte) *rareByte {
	for i := range *r {
		if (*r)[i].value == value {
			return &(*r)[i]
		}
	}
	*r = append(*r, rareByte{value: value})
	return &(*r)[len(*r)-1]
}

// cost returns an estimate of the cost of searching bytes of these frequencies that
// contain none of the texts, in picoseconds per byte.
func (r rareBytes) cost(f *frequencies) int {
	const perByte, perCandidate = 15, 5_000
	cost := 0
	for _, b := range r {
		cost += perByte + int(f[b.value])*perCandidate*(3+len(b.texts))/4/10_000
	}
	return cost
}

// block is how many bytes are searched for one rare byte after the other, so that
// they stay in the processor's first cache.
const block = 16 << 10

// anyIn reports whether one of the texts is in b.
func (r rareBytes) anyIn(b []byte) bool {
	for from := 0; from < len(b); from += block {
		for i := range r {
			if r[i].anyIn(b, from, min(from+block, len(b))) {
				return true
			}
		}
	}
	return false
}

// anyIn reports whether b contains one of the texts with its rarest byte in
// b[from:to].
func (r *rareByte) anyIn(b []byte, from, to int) bool {
	for from < to {
		next := bytes.IndexByte(b[from:to], r.value)
		if next < 0 {
			return false
		}
		from += next
		for i := range r.texts {
			if f := &r.texts[i]; f.at(b, from-f.rare) {
				return true
			}
		}
		from++
	}
	return false
}
