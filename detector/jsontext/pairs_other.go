//go:build !amd64

package jsontext

// appendPairs may convert pairs of an object; see pairs_amd64.go. Here it leaves all of
// them to its caller.
func appendPairs(_ *nesting, dst, _ []byte, i int) (size, end int, at place) {
	return len(dst), i, atKey
}
