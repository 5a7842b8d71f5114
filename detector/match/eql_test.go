package match

import (
	"errors"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/eql"
	"github.com/fluent-detect/fluent-detect/detector/query/eql/eqltest"
)

// eqlVerdict compiles a query in EQL for the document and reports whether it matches.
func eqlVerdict(language query.Language, text, document string, types map[string]event.Type) (bool, error) {
	q, err := language.Query(text)
	if err != nil {
		return false, err
	}
	body, _, err := jsontext.AppendMsgpack(nil, []byte(document))
	if err != nil {
		return false, err
	}
	v, _, err := msgpack.Read(body, 0)
	if err != nil {
		return false, err
	}
	m := NewDocuments(types)
	m.Learn(v)
	p, err := Compile(q, m)
	if err != nil {
		return false, err
	}
	return p.Match(event.NewDocument(v)), nil
}

// Vectors are queries in EQL with what they mean for a document.
func TestEQLVectors(t *testing.T) {
	eqltest.Run(t, "../..", func(t *testing.T, vectors []eqltest.Vector) {
		for _, v := range vectors {
			language := eql.Language
			if v.CategoryField != "" {
				language = language.WithCategory(v.CategoryField)
			}
			types := map[string]event.Type{}
			for name, typ := range v.Types {
				var ok bool
				if types[name], ok = event.ParseType(typ); !ok {
					t.Fatalf("unknown type %q", typ)
				}
			}
			got, err := eqlVerdict(language, v.Query, string(v.Doc), types)
			var refused *query.Error
			switch {
			case v.Expect == "error" && !errors.As(err, &refused):
				t.Errorf("%s\n%s\nis not refused (%v, %v): %s", v.Query, v.Doc, got, err, v.Note)
			case v.Expect != "error" && err != nil:
				t.Errorf("%s\n%s\n%v\nwant %v: %s", v.Query, v.Doc, err, v.Expect, v.Note)
			case v.Expect != "error" && got != v.Expect:
				t.Errorf("%s\n%s\n%v, want %v: %s", v.Query, v.Doc, got, v.Expect, v.Note)
			}
		}
	})
}
