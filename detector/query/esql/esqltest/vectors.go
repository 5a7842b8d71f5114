// Package esqltest has queries in ES|QL with the rows that they make, for tests.
package esqltest

import (
	_ "embed"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// own and ownLanguage are our vectors: of queries as rules have them, and of each
// operator, function and command, with null, several values and what is refused. Those
// without documents are about the ones before them.
var (
	//go:embed vectors.json
	own []byte
	//go:embed language.json
	ownLanguage []byte
)

// Vector is a query with the rows that it makes of documents.
type Vector struct {
	Query, Note string
	Docs        []json.RawMessage
	// Expect is a list of rows, or "error" if the query is refused. Lists in rows are
	// in any order, and so are rows, unless the query sorts them.
	Expect  json.RawMessage
	Types   map[string]string // of fields, where the documents do not say
	Columns []string          // in this order; nil: not looked at
	Now     string
}

// Refused reports whether the query is refused.
func (v *Vector) Refused() bool { return string(v.Expect) == `"error"` }

// Run runs do with each set of vectors: our own, and those beside the project on some
// machines. The root of the project is a path from the test's folder.
func Run(t *testing.T, root string, do func(t *testing.T, vectors []Vector)) {
	t.Run("own", func(t *testing.T) { do(t, append(parse(t, own), parse(t, ownLanguage)...)) })
	t.Run("shared", func(t *testing.T) {
		path := filepath.Join(root, "../shared/esql-vectors.json")
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			t.Skipf("not tested: the vectors in %s, which does not exist", path)
		}
		if err != nil {
			t.Fatal(err)
		}
		do(t, parse(t, text))
	})
}

func parse(t *testing.T, text []byte) (all []Vector) {
	t.Helper()
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for i := range all {
		if v := &all[i]; v.Docs == nil && i > 0 {
			v.Docs, v.Types = all[i-1].Docs, all[i-1].Types
		}
	}
	return all
}
