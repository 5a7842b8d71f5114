package literal

import "bytes"

// Sieve tells bytes in which one of several texts is from bytes in which none
// is. It may be used by several goroutines.
type Sieve struct {
	prints *prints // nil: the processor cannot
	// The same texts, to be looked for in JSON text and in msgpack.
	inText, inRecords plan
}

// New makes a Sieve of texts that are not empty.
func New(texts []string) *Sieve {
	s := &Sieve{inText: newPlan(&inText, texts), inRecords: newPlan(&inRecords, texts)}
	if hasScan {
		s.prints = newPrints(texts)
	}
	return s
}

// Cost is an estimate of what it costs to look through CloudTrail in which none of
// the texts is, in picoseconds a byte of a processor of today.
func (s *Sieve) Cost() int {
	if s.prints != nil {
		return s.prints.cost(&inRecords)
	}
	return s.inRecords.cost(&inRecords)
}

// Holds reports whether one of the texts is in b.
func (s *Sieve) Holds(b []byte) bool {
	if s.prints != nil {
		return s.prints.within(b)
	}
	if sample := b[:min(len(b), 2048)]; bytes.Count(sample, quotationMark) > len(sample)/64 {
		return s.inText.within(b)
	}
	return s.inRecords.within(b)
}

var quotationMark = []byte{'"'}
