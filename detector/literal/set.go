package literal

import "bytes"

// Set searches for several texts at once. It may be used by several goroutines.
type Set struct {
	teddy *teddy // nil if the processor does not have AVX2
	// The same texts, to search JSON text and msgpack.
	inText, inRecords rareBytes
}

// NewSet returns a Set of texts.
func NewSet(texts []Text) *Set {
	s := &Set{inText: newRareBytes(&inText, texts), inRecords: newRareBytes(&inRecords, texts)}
	if hasAVX2 {
		s.teddy = newTeddy(texts)
	}
	return s
}

// Cost returns an estimate of the cost of searching CloudTrail events that contain
// none of the texts, in picoseconds per byte on a recent processor.
func (s *Set) Cost() int {
	if s.teddy != nil {
		return s.teddy.cost(&inRecords)
	}
	return s.inRecords.cost(&inRecords)
}

// AnyIn reports whether one of the texts is in b.
func (s *Set) AnyIn(b []byte) bool {
	if s.teddy != nil {
		return s.teddy.anyIn(b)
	}
	if sample := b[:min(len(b), 2048)]; bytes.Count(sample, quotationMark) > len(sample)/64 {
		return s.inText.anyIn(b)
	}
	return s.inRecords.anyIn(b)
}

var quotationMark = []byte{'"'}
