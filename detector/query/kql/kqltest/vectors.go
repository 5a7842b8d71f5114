// Package kqltest has KQL queries with their meanings, for tests.
package kqltest

import (
	_ "embed"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

//go:embed vectors.json
var own []byte

// Vector is a query with what it means for a document.
type Vector struct {
	Query, Note string
	// Error is "syntax" for a query that does not parse. Others with an error
	// cannot be compiled.
	Error  string
	Doc    json.RawMessage
	Expect *bool             // whether the document matches; nil if the query is refused
	Types  map[string]string // of fields that are not keyword
}

// Run runs do with each set of vectors: our own, and those beside the project on some
// machines, which were measured against Elasticsearch. The root of the project is a
// path from the test's folder.
func Run(t *testing.T, root string, do func(t *testing.T, vectors []Vector)) {
	t.Run("own", func(t *testing.T) { do(t, parse(t, own)) })
	t.Run("shared", func(t *testing.T) {
		path := filepath.Join(root, "../shared/kql-vectors.json")
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			t.Skipf("not tested: the vectors of %s, which does not exist; our own are", path)
		}
		if err != nil {
			t.Fatal(err)
		}
		do(t, parse(t, text))
	})
}

func parse(t *testing.T, text []byte) []Vector {
	t.Helper()
	var vectors []Vector
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) < 100 {
		t.Fatalf("only %d vectors", len(vectors))
	}
	return vectors
}
