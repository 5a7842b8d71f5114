package kql

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestVectors runs over test vectors that were measured against Kibana. They are
// kept outside the module; only what a parser must take or refuse is tested.
func TestVectors(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "kql-vectors.json")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not there: not tested which of its queries parse", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct{ Query, Error string }
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) == 0 {
		t.Fatalf("%s has no vectors", path)
	}
	for _, v := range vectors {
		n, err := Parse(v.Query)
		if refuse := v.Error == "syntax"; refuse != (err != nil) {
			t.Errorf("Parse(%q): %v, must be refused: %v", v.Query, err, refuse)
		}
		if err == nil {
			checkRoundTrip(t, n)
		}
	}
}
