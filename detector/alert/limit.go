package alert

import "unicode/utf8"

const (
	// maxText is how many bytes of any one text an alert carries.
	// Elasticsearch indexes no keyword above 32,766 bytes.
	maxText = 8191
	// maxUserAgent is how many bytes of the user agent it carries: all of it
	// is the caller's.
	maxUserAgent = 1024
	// maxObject is how many encoded bytes an object of an event may have to
	// be carried as an object; above it is left out, and its text is there.
	maxObject = 32766
)

// cut returns the beginning of b, of at most n bytes, without breaking a
// character.
func cut(b []byte, n int) []byte {
	if len(b) <= n {
		return b
	}
	for i := n; i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			return b[:i]
		}
	}
	return b[:n]
}
