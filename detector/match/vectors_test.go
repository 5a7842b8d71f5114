package match

import (
	"errors"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/kql/kqltest"
)

// Vectors are queries with what they mean for a document: our own, and those beside
// the project on some machines, which were measured against Elasticsearch.
func TestVectors(t *testing.T) {
	kqltest.Run(t, "../..", func(t *testing.T, vectors []kqltest.Vector) {
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
