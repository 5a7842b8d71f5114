package match

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// Vectors are queries with what they mean for a document: our own, and those beside
// the project on some machines, which were measured against Elasticsearch.
func TestVectors(t *testing.T) {
	for name, path := range map[string]string{"own": "../query/kql/testdata/vectors.json", "shared": "../../../shared/kql-vectors.json"} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) && name == "shared" {
				t.Skipf("%s does not exist: only our own vectors are tested", path)
			}
			if err != nil {
				t.Fatal(err)
			}
			var vectors []struct {
				Query, Note, Error string
				Doc                json.RawMessage
				Expect             *bool
				Types              map[string]string
			}
			if err := json.Unmarshal(text, &vectors); err != nil {
				t.Fatal(err)
			}
			if len(vectors) < 100 {
				t.Fatalf("only %d vectors", len(vectors))
			}
			for _, v := range vectors {
				types := map[string]event.Type{}
				for name, typ := range v.Types {
					var ok bool
					if types[name], ok = event.ParseType(typ); !ok {
						t.Fatalf("unknown type %q", typ)
					}
				}
				got, err := verdict(v.Query, string(v.Doc), types)
				var refused *query.Error
				switch {
				case v.Expect == nil && !errors.As(err, &refused):
					t.Errorf("%s\n%s\nis not refused (%v, %v): %s", v.Query, v.Doc, got, err, v.Note)
				case v.Expect != nil && err != nil:
					t.Errorf("%s\n%s\n%v\nwant %v: %s", v.Query, v.Doc, err, *v.Expect, v.Note)
				case v.Expect != nil && got != *v.Expect:
					t.Errorf("%s\n%s\n%v, want %v: %s", v.Query, v.Doc, got, *v.Expect, v.Note)
				}
			}
		})
	}
}
