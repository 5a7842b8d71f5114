package literal

import (
	"encoding/binary"
	"math/bits"
)

// prints is how texts are looked for where the processor can look up 32 bytes at
// once in a table of 16: by three bytes of each text that stand together, its
// print. The texts are in eight buckets, and for either half of a byte a table tells
// in the bits of which buckets a print has such a half at the first, second and
// third place. Bits that are left after all six tables are of texts that may be
// there. (This is what Hyperscan calls Teddy: Wang et al., NSDI 2019.)
type prints struct {
	tables  tables
	buckets [8][]printed
	most    int // the farthest place of a print in its text
}

// tables are by place in the print; each is there twice, for either half of a
// register.
type tables struct {
	low, high [printLen][32]byte
}

const printLen = 3

// printed is a text with the place of its print in it. A text that is shorter than
// a print has it at its begin, and anything may follow.
type printed struct {
	Literal
	place int
}

func newPrints(texts []string) *prints {
	p := &prints{}
	for i, text := range texts {
		l := printed{inText.literal(text), inRecords.rarestPrint(text)}
		at := i
		if i >= len(p.buckets) {
			at = p.cheapest(l)
		}
		p.add(at, l)
		p.most = max(p.most, l.place)
	}
	return p
}

// rarestPrint returns the place of the three bytes of a text that are found least.
func (f *frequencies) rarestPrint(text string) (place int) {
	least := uint64(1) << 63
	for i := range max(1, len(text)-printLen+1) {
		product := uint64(1)
		for _, c := range []byte(text[i:min(i+printLen, len(text))]) {
			product *= uint64(f[c]) + 1
		}
		if product < least {
			place, least = i, product
		}
	}
	return place
}

// cheapest returns the bucket in which the text makes the least to be found in vain.
func (p *prints) cheapest(l printed) (best int) {
	least := 0.0
	for i := range p.buckets {
		with := prints{tables: p.tables}
		with.add(i, l)
		if cost := with.density(i, &inRecords) - p.density(i, &inRecords); i == 0 || cost < least {
			best, least = i, cost
		}
	}
	return best
}

func (p *prints) add(bucket int, l printed) {
	p.buckets[bucket] = append(p.buckets[bucket], l)
	bit := byte(1) << bucket
	for i := range printLen {
		for half := range 16 {
			low, high := true, true
			if l.place+i < len(l.text) {
				c := int(l.text[l.place+i])
				low, high = half == c&15, half == c>>4
			}
			for _, half := range []int{half, half + 16} {
				if low {
					p.tables.low[i][half] |= bit
				}
				if high {
					p.tables.high[i][half] |= bit
				}
			}
		}
	}
}

// density is at which part of the places a bucket has something to compare, if bytes
// have these frequencies and nothing to do with each other.
func (p *prints) density(bucket int, f *frequencies) float64 {
	density := 1.0
	for i := range printLen {
		sum := 0.0
		for c := range 256 {
			if p.tables.low[i][c&15]&p.tables.high[i][c>>4]>>bucket&1 != 0 {
				sum += float64(f[c]) / 10_000
			}
		}
		density *= min(sum, 1)
	}
	return density
}

// cost is an estimate, in picoseconds a byte.
func (p *prints) cost(f *frequencies) int {
	const pass, found = 80, 20_000 // for every byte, for each place where there is something to compare
	cost := float64(pass)
	for i := range p.buckets {
		cost += found * p.density(i, f) * float64(1+len(p.buckets[i])) / 2
	}
	return int(cost)
}

// within reports whether one of the texts is in b.
func (p *prints) within(b []byte) bool {
	var hits [32]byte
	i := 0
	for {
		n := scan(&p.tables, b[i:], &hits)
		i += n
		if len(b)-i < scanned {
			break
		}
		if p.compare(b, i, &hits) {
			return true
		}
		i += len(hits)
	}
	// The rest, with what of a text may lie before its print.
	rest := b[max(0, i-p.most):]
	for i := range p.buckets {
		for j := range p.buckets[i] {
			if p.buckets[i][j].In(rest) {
				return true
			}
		}
	}
	return false
}

// compare reports whether a text is at one of the places from b[at:] on for which hits
// has buckets.
func (p *prints) compare(b []byte, at int, hits *[32]byte) bool {
	for word := 0; word < len(hits); word += 8 {
		for left := binary.LittleEndian.Uint64(hits[word:]); left != 0; {
			place := word + bits.TrailingZeros64(left)/8
			for buckets := hits[place]; buckets != 0; buckets &= buckets - 1 {
				for i := range p.buckets[bits.TrailingZeros8(buckets)] {
					l := &p.buckets[bits.TrailingZeros8(buckets)][i]
					if l.at(b, at+place-l.place) {
						return true
					}
				}
			}
			left &^= 0xff << (8 * (place - word))
		}
	}
	return false
}

// scanned is how many bytes a block of 32 places is looked at by.
const scanned = 32 + printLen - 1
