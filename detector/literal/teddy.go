package literal

import (
	"encoding/binary"
	"math/bits"
)

// teddy searches for all texts at once, with instructions that look up 32 bytes at a
// time in a table of 16 entries. It is Hyperscan's algorithm of this name (Wang et
// al., NSDI 2019).
//
// Three consecutive bytes of each text are its fingerprint. The texts are spread over
// eight buckets, one for each bit of a byte. For each of the three bytes there are two
// tables, of its low and its high four bits: an entry has the bits of the buckets with
// a fingerprint that has these four bits there. The AND of all six lookups is, for
// each position, the set of buckets whose texts may be there; only those are compared.
type teddy struct {
	tables  tables
	buckets [8][]fingerprinted
	short   bool // a text is shorter than a fingerprint
}

// tables are indexed by the byte of the fingerprint. Each has its 16 entries twice,
// once for each half of a register.
type tables struct {
	low, high [fingerprintLen][32]byte
}

const fingerprintLen = 3

// fingerprinted is a text with the offset of its fingerprint. A text that is shorter
// than a fingerprint has it at offset 0, and any bytes may follow.
type fingerprinted struct {
	Finder
	offset int
}

func newTeddy(texts []Text) *teddy {
	t := &teddy{}
	for i, text := range texts {
		f := fingerprinted{inText.finder(text), inRecords.rarestFingerprint(text)}
		t.short = t.short || len(text.Text) < fingerprintLen
		bucket := i
		if i >= len(t.buckets) {
			bucket = t.cheapestBucket(f)
		}
		t.add(bucket, f)
	}
	return t
}

// rarestFingerprint returns the offset of the rarest three bytes of a text.
func (f *frequencies) rarestFingerprint(text Text) (offset int) {
	lowest := uint64(1) << 63
	for i := range max(1, len(text.Text)-fingerprintLen+1) {
		product := uint64(1)
		for j := i; j < min(i+fingerprintLen, len(text.Text)); j++ {
			product *= uint64(f.of(&text, j)) + 1
		}
		if product < lowest {
			offset, lowest = i, product
		}
	}
	return offset
}

// cheapestBucket returns the bucket in which the text adds the fewest false
// candidates.
func (t *teddy) cheapestBucket(f fingerprinted) (best int) {
	lowest := 0.0
	for i := range t.buckets {
		with := teddy{tables: t.tables}
		with.add(i, f)
		if cost := with.candidates(i, &inRecords) - t.candidates(i, &inRecords); i == 0 || cost < lowest {
			best, lowest = i, cost
		}
	}
	return best
}

func (t *teddy) add(bucket int, f fingerprinted) {
	t.buckets[bucket] = append(t.buckets[bucket], f)
	bit := byte(1) << bucket
	for i := range fingerprintLen {
		for half := range 16 {
			low, high := true, true
			if f.offset+i < len(f.Text.Text) {
				c, other := int(f.Text.Text[f.offset+i]), int(f.otherCase(f.offset+i))
				low, high = half == c&15 || half == other&15, half == c>>4 || half == other>>4
			}
			for _, half := range []int{half, half + 16} {
				if low {
					t.tables.low[i][half] |= bit
				}
				if high {
					t.tables.high[i][half] |= bit
				}
			}
		}
	}
}

// candidates returns the share of positions at which a bucket is a candidate, if
// bytes have these frequencies and are independent of each other.
func (t *teddy) candidates(bucket int, f *frequencies) float64 {
	share := 1.0
	for i := range fingerprintLen {
		sum := 0.0
		for c := range 256 {
			if t.tables.low[i][c&15]&t.tables.high[i][c>>4]>>bucket&1 != 0 {
				sum += float64(f[c]) / 10_000
			}
		}
		share *= min(sum, 1)
	}
	return share
}

// cost returns an estimate of the cost of a search, in picoseconds per byte.
func (t *teddy) cost(f *frequencies) int {
	const perByte, perCandidate = 80, 20_000
	cost := float64(perByte)
	for i := range t.buckets {
		cost += perCandidate * t.candidates(i, f) * float64(1+len(t.buckets[i])) / 2
	}
	return int(cost)
}

// anyIn reports whether one of the texts is in b.
func (t *teddy) anyIn(b []byte) bool {
	end, found := t.search(b, 0, b)
	if found || end == len(b) {
		return found
	}
	// What is left is shorter than a block with its fingerprints: it is looked up with what
	// is before it, or zeros follow it.
	if last := len(b) - blockBytes; last >= 0 && !t.short {
		_, found = t.search(b, last, b[last:])
		return found
	}
	var rest [2*blockBytes - 1]byte
	copy(rest[:], b[end:])
	_, found = t.search(b, end, rest[:])
	return found
}

// search looks up a part of b that begins at b[at:], perhaps with zeros behind it,
// block by block. It returns the offset in b of those that are left, or true if one of
// the texts is in b.
func (t *teddy) search(b []byte, at int, part []byte) (end int, found bool) {
	var candidates [32]byte
	for i := 0; ; i += len(candidates) {
		i += findCandidates(&t.tables, part[i:], &candidates)
		if len(part)-i < blockBytes {
			return at + i, false
		}
		if t.compare(b, at+i, &candidates) {
			return 0, true
		}
	}
}

// compare reports whether a text of the candidate buckets is at one of the 32
// positions from b[at:] on.
func (t *teddy) compare(b []byte, at int, candidates *[32]byte) bool {
	for word := 0; word < len(candidates); word += 8 {
		for left := binary.LittleEndian.Uint64(candidates[word:]); left != 0; {
			position := word + bits.TrailingZeros64(left)/8
			for buckets := candidates[position]; buckets != 0; buckets &= buckets - 1 {
				bucket := t.buckets[bits.TrailingZeros8(buckets)]
				for i := range bucket {
					if f := &bucket[i]; f.at(b, at+position-f.offset) {
						return true
					}
				}
			}
			left &^= 0xff << (8 * (position - word))
		}
	}
	return false
}

// blockBytes is how many bytes are read to look up a block of 32 positions.
const blockBytes = 32 + fingerprintLen - 1
