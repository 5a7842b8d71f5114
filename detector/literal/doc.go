// Package literal searches bytes for literal texts, without parsing the bytes: a
// chunk that contains none of the texts that its rules need can be skipped.
//
// There are two algorithms. On amd64 processors with AVX2, Teddy compares three
// bytes of every text with 32 positions at a time (teddy.go). Elsewhere each text is
// searched for by the byte of it that is rarest in CloudTrail events, with
// bytes.IndexByte (rarebyte.go). In both, the cost is that of false candidates.
package literal
