package detector

import (
	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/literal"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// minPrefiltered is the size of a chunk, in bytes, from which on it is searched.
// Smaller ones are always read: that costs little, and counts every record by its
// shape.
const minPrefiltered = 64 << 10

// maxPause is the maximum number of chunks that are read without a search, after
// searches that found something again and again.
const maxPause = 31

// maxPrefilterCost is the maximum cost of the search, in picoseconds per byte.
// Reading takes 250 to 500.
const maxPrefilterCost = 200

// prefilter decides whether a chunk has to be read. After a search that found
// something a few chunks are read without one, and more of them each time: where
// most chunks have what rules look for, searching is an additional cost.
type prefilter struct {
	texts *literal.Set // nil: every chunk is read
	found int          // length of the last pause
	pause int          // chunks to read without a search
}

// prefilterTexts returns the set of texts of which every chunk with a match has one,
// or nil if there is none that costs less than reading the chunks.
func prefilterTexts(programs *match.Set, schema *event.Schema) *literal.Set {
	texts, ok := programs.Literals()
	if !ok {
		return nil
	}
	s := literal.NewSet(append(texts, literal.Exact(append(schema.Escapes(), envelope.Escapes...)...)...))
	if s.Cost() > maxPrefilterCost {
		return nil
	}
	return s
}

// skip reports whether no record of the chunk can match. It returns the number of
// records and the offset of the last one, which the caller should read: it tells
// the time of the events, and whether they are readable at all.
func (p *prefilter) skip(chunk []byte) (records, last int, ok bool) {
	if p.texts == nil || len(chunk) < minPrefiltered {
		return 0, 0, false
	}
	if p.pause > 0 {
		p.pause--
		return 0, 0, false
	}
	if !p.texts.AnyIn(chunk) {
		if records, last = msgpack.Count(chunk); records > 0 {
			p.found = 0
			return records, last, true
		}
	}
	p.found = min(2*p.found+1, maxPause)
	p.pause = p.found
	return 0, 0, false
}
