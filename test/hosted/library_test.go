package hosted

import (
	"bytes"
	"os"
	"testing"
)

// The decoder of fluent-bit-go is not used, and what its codec keeps in the library
// without a build tag, functions for every type of map and slice, is left out.
func TestUnusedDecoderIsLeftOut(t *testing.T) {
	library, err := os.ReadFile("../../build/out_detect.so")
	if err != nil {
		t.Skip("not tested: the library is not built; run make build")
	}
	if n := bytes.Count(library, []byte("codec.fastpathT")); n > 0 {
		t.Errorf("build/out_detect.so names %d of the codec's generated functions, want none: is it built with the tag notfastpath?", n)
	}
}
