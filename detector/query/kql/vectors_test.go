package kql

import (
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/query/kql/kqltest"
)

// TestVectors parses the vectors; package match tests what they mean.
func TestVectors(t *testing.T) {
	kqltest.Run(t, "../../..", func(t *testing.T, vectors []kqltest.Vector) {
		for _, v := range vectors {
			n, err := Parse(v.Query)
			if refused := v.Error == "syntax"; refused != (err != nil) {
				t.Errorf("Parse(%q): %v, must be refused: %v", v.Query, err, refused)
			}
			if err == nil {
				checkRoundTrip(t, n)
			}
		}
	})
}
