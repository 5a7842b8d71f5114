package literal

import "bytes"

// plan is how texts are looked for with nothing but a search for a byte: each by
// its rarest one.
type plan []group

// group is the texts that are found by the same byte.
type group struct {
	rare     byte
	literals []Literal
}

func newPlan(f *frequencies, texts []string) (p plan) {
	for _, text := range texts {
		l := f.literal(text)
		g := p.group(text[l.rare])
		g.literals = append(g.literals, l)
	}
	return p
}

func (p *plan) group(rare byte) *group {
	for i := range *p {
		if (*p)[i].rare == rare {
			return &(*p)[i]
		}
	}
	*p = append(*p, group{rare: rare})
	return &(*p)[len(*p)-1]
}

// cost is an estimate of what it costs to look through bytes of these frequencies
// in which none of the texts is, in picoseconds a byte of a processor of today.
func (p plan) cost(f *frequencies) int {
	const pass, found = 15, 5_000 // for every byte, for each that is found
	cost := 0
	for _, g := range p {
		cost += pass + int(f[g.rare])*found*(3+len(g.literals))/4/10_000
	}
	return cost
}

// block is how many bytes are looked through for one group after the other, so
// that they are in the processor's nearest cache for all but the first.
const block = 16 << 10

// within reports whether one of the texts is in b.
func (p plan) within(b []byte) bool {
	for from := 0; from < len(b); from += block {
		for i := range p {
			if p[i].within(b, from, min(from+block, len(b))) {
				return true
			}
		}
	}
	return false
}

// within reports whether a text whose rarest byte lies in b[from:to] is in b.
func (g *group) within(b []byte, from, to int) bool {
	for from < to {
		next := bytes.IndexByte(b[from:to], g.rare)
		if next < 0 {
			return false
		}
		from += next
		for i := range g.literals {
			if l := &g.literals[i]; l.at(b, from-l.rare) {
				return true
			}
		}
		from++
	}
	return false
}
