// Package eqltest has EQL queries with their meanings, for tests.
package eqltest

import (
	"embed"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// own are our vectors: of the language as rules use it, and of each operator and
// function, with null, several values and what is refused. Those without a document are
// about that of their file.
//
//go:embed vectors.json language.json
var own embed.FS

// Vector is a query about one event, with what it means for a document.
type Vector struct {
	Query, Note string
	// CategoryField has the category of the document, "" is event.category.
	CategoryField string `json:"category_field"`
	Doc           json.RawMessage
	// Expect is true, false, or "error" if the query is refused.
	Expect any
	Types  map[string]string // of fields, where the document does not say
	// Docs is set in vectors about several events, which are left out.
	Docs []json.RawMessage
}

// Run runs do with each set of vectors: our own, and those beside the project on some
// machines. The root of the project is a path from the test's folder.
func Run(t *testing.T, root string, do func(t *testing.T, vectors []Vector)) {
	t.Run("own", func(t *testing.T) { do(t, parseOwn(t)) })
	t.Run("shared", func(t *testing.T) {
		path := filepath.Join(root, "../shared/eql-vectors.json")
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			t.Skipf("not tested: the vectors in %s, which does not exist", path)
		}
		if err != nil {
			t.Fatal(err)
		}
		var all []Vector
		if err := json.Unmarshal(text, &all); err != nil {
			t.Fatal(err)
		}
		do(t, slices.DeleteFunc(all, func(v Vector) bool { return len(v.Docs) > 0 }))
	})
}

func parseOwn(t *testing.T) (all []Vector) {
	t.Helper()
	for _, name := range []string{"vectors.json", "language.json"} {
		text, err := own.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Doc     json.RawMessage
			Types   map[string]string
			Vectors []Vector
		}
		if err := json.Unmarshal(text, &file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i := range file.Vectors {
			if v := &file.Vectors[i]; v.Doc == nil {
				v.Doc, v.Types = file.Doc, file.Types
			}
		}
		all = append(all, file.Vectors...)
	}
	return all
}
