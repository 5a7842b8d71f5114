package sieve

import "bytes"

// Sieve tells bytes in which one of several texts is from bytes in which none
// is. It may be used by several goroutines.
type Sieve struct {
	// The same texts, to be looked for in JSON text and in msgpack.
	inText, inRecords plan
}

// plan is how texts are looked for.
type plan []group

// group is the texts that are found by the same byte.
type group struct {
	rare     byte
	literals []Literal
}

// New makes a Sieve of texts that are not empty.
func New(texts []string) *Sieve {
	return &Sieve{inText: newPlan(&inText, texts), inRecords: newPlan(&inRecords, texts)}
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

// Cost is an estimate of what it costs to look through msgpack in which none of
// the texts is, in picoseconds a byte of a processor of today.
func (s *Sieve) Cost() int {
	const pass, found = 15, 5_000 // for every byte, for each that is found
	cost := 0
	for _, g := range s.inRecords {
		cost += pass + int(inRecords[g.rare])*found*(3+len(g.literals))/4/10_000
	}
	return cost
}

// Holds says whether one of the texts is in b.
func (s *Sieve) Holds(b []byte) bool {
	p := s.inRecords
	if sample := b[:min(len(b), 2048)]; bytes.Count(sample, quotationMark) > len(sample)/64 {
		p = s.inText
	}
	for from := 0; from < len(b); from += block {
		for i := range p {
			if p[i].within(b, from, min(from+block, len(b))) {
				return true
			}
		}
	}
	return false
}

var quotationMark = []byte{'"'}

// block is how many bytes are looked through for one group after the other, so
// that they are in the processor's nearest cache for all but the first.
const block = 16 << 10

// within says whether a text whose rarest byte lies in b[from:to] is in b.
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
