package kql

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"testing"
)

// Vectors are queries with what they mean for a document. There are more of them,
// measured against Elasticsearch, on some machines beside the project. Only whether
// a query parses is tested here; package match tests the rest.
func TestVectors(t *testing.T) {
	for name, path := range map[string]string{"own": "testdata/vectors.json", "shared": "../../../../shared/kql-vectors.json"} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) && name == "shared" {
				t.Skipf("%s does not exist: only our own vectors are tested", path)
			}
			if err != nil {
				t.Fatal(err)
			}
			var vectors []struct{ Query, Error string }
			if err := json.Unmarshal(data, &vectors); err != nil {
				t.Fatal(err)
			}
			if len(vectors) < 100 {
				t.Fatalf("only %d vectors", len(vectors))
			}
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
}
