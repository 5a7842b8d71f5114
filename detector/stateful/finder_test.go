package stateful

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	program "github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/eql"
)

// find returns the matches of a sequence in documents, or "error" if it is refused.
func find(t *testing.T, text string, docs []json.RawMessage) string {
	t.Helper()
	mapping := program.NewDocuments(map[string]event.Type{"@timestamp": event.TypeDate})
	var values []msgpack.Value
	for _, d := range docs {
		b, _, err := jsontext.AppendMsgpack(nil, d)
		if err != nil {
			t.Fatal(err)
		}
		v, _, err := msgpack.Read(b, 0)
		if err != nil {
			t.Fatal(err)
		}
		mapping.Learn(v)
		values = append(values, v)
	}
	q, err := eql.Language.Query(text)
	if err != nil {
		return "error"
	}
	n := q.Root.(*query.Sequence)
	steps, err := program.CompileSteps(q, n, mapping)
	if err != nil {
		return "error"
	}
	f := NewFinder(n, &steps, mapping.Field)
	timestamp := mapping.Field("@timestamp")
	document := &event.Event{}
	for _, v := range values {
		document.ResetDocument(v)
		f.Add(document, MillisOf(event.ParseTime(document.First(timestamp))))
	}
	out := fmt.Sprint(f.Matches())
	return out
}

// A document is "second action key", in which a dash is no key.
func TestFinder(t *testing.T) {
	for _, c := range []struct{ query, docs, want string }{
		{`sequence [any where a == "A"] [any where a == "B"]`, "1 A -, 2 A -, 3 B -, 4 B -", "[[1 2]]"},
		{`sequence [any where a == "A"] [any where a == "B"]`, "1 B -, 1 A -, 2 B -", "[[1 2]]"},
		{`sequence [any where true] [any where true]`, "1 A -, 2 A -, 3 A -", "[[0 1] [1 2]]"},
		{`sequence by k with maxspan=2s [any where a == "A"] [any where a == "B"]`, "1 A x, 3 B x, 5 A y, 8 B y, 9 A -, 9 B -", "[[0 1]]"},
		{`sequence by ?k [any where a == "A"] [any where a == "B"]`, "1 A x, 2 B -, 3 A -, 4 B -", "[[2 3]]"},
		{`sequence [any where a == "A"] with runs=2 [any where a == "B"]`, "1 A -, 2 A -, 3 A -, 4 B -", "[[1 2 3]]"},
		{`sequence [any where a == "A"] [any where a == "B"] until [any where a == "C"]`, "1 A -, 2 C -, 3 B -, 4 A -, 5 B -, 6 C -", "[[3 4]]"},
		{`sequence with maxspan=5s [any where a == "A"] ![any where a == "C"] [any where a == "B"]`, "1 A -, 2 C -, 3 B -, 4 A -, 5 B -", "[[3 -1 4]]"},
		{`sequence with maxspan=5s ![any where a == "C"] [any where a == "A"]`, "1 C -, 6 A -, 12 A -", "[[-1 2]]"},
		{`sequence with maxspan=5s [any where a == "A"] ![any where a == "C"]`, "1 A -, 6 C -, 12 A -, 18 C -", "[[2 -1]]"},
		{`sequence by a.b [any where true] [any where true]`, "1 A -", "[]"},
		{`sequence with maxspan = 2 s [any where a == "A"] [any where a == "B"]`, "1 A -, 3 B -", "[[0 1]]"},
		{`sequence with maxspan=3s [any where a == "A"] [any where a == "B"] [any where a == "C"]`, "1 A -, 2 B -, 3 A -, 5 C -, 5 B -, 6 C -", "[[2 4 5]]"},
		{`sequence [any where a == "A"] by k with runs=2 [any where a == "B"] by k`, "1 A x, 2 A y, 3 A x, 4 B x", "[[0 2 3]]"},
		{`sequence [any where a == "A"] with runs=3`, "1 A -, 2 A -, 3 A -, 4 A -", "[[0 1 2] [1 2 3]]"},
		{`sequence by k [any where a == "A"] [any where a == "B"] until [any where a == "C"]`, "1 A x, 1 A y, 2 C y, 3 B x, 4 B y", "[[0 3]]"},
		{`sequence by k with maxspan=5s [any where a == "A"] ![any where a == "C"] [any where a == "B"]`, "1 A x, 2 C y, 3 B x", "[[0 -1 2]]"},
		{`sequence [any where a == "A"] [any where a == "B"] [any where a == "C"] until [any where a == "D"]`, "1 A -, 2 B -, 3 D -, 4 C -, 5 B -, 6 C -", "[]"},
		{`sequence with maxspan=5s [any where a == "A"] with runs=1`, "1 A -", "error"},
		{`sequence with maxspan=5 by k [any where true] [any where true]`, "1 A -", "error"},
		{`sequence by k [any where a == "A"] by a with runs=2 [any where a == "B"]`, "1 A -", "error"},
	} {
		if got := find(t, c.query, documentsOf(c.docs)); got != c.want {
			t.Errorf("%s: %s, want %s", c.query, got, c.want)
		}
	}
}

func documentsOf(text string) (docs []json.RawMessage) {
	second, action, key, n := 0, "", "", 0
	for len(text) > 0 {
		if _, err := fmt.Sscanf(text, "%d %s %1s", &second, &action, &key); err != nil {
			panic(err)
		}
		doc := fmt.Sprintf(`{"@timestamp":"2026-03-02T09:00:%02dZ","a":%q`, second, action)
		if key != "-" {
			doc += fmt.Sprintf(`,"k":%q`, key)
		}
		docs = append(docs, json.RawMessage(doc+"}"))
		if n = len(fmt.Sprintf("%d %s %s, ", second, action, key)); n >= len(text) {
			break
		}
		text = text[n:]
	}
	return docs
}

// The vectors about sequences that are beside the project on some machines.
func TestFinderVectors(t *testing.T) {
	text, err := os.ReadFile("../../../shared/eql-vectors.json")
	if errors.Is(err, fs.ErrNotExist) {
		text, err = os.ReadFile("../../../../shared/eql-vectors.json")
	}
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("not tested: the vectors in ../shared/eql-vectors.json, which does not exist")
	}
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Query  string
		Docs   []json.RawMessage
		Expect any
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		if len(v.Docs) == 0 {
			continue
		}
		want, ok := v.Expect.(string)
		if !ok {
			list := []Match{}
			for _, one := range v.Expect.([]any) {
				var m Match
				for _, place := range one.([]any) {
					if n, ok := place.(float64); ok {
						m = append(m, int32(n))
					} else {
						m = append(m, -1)
					}
				}
				list = append(list, m)
			}
			want = fmt.Sprint(list)
		}
		if got := find(t, v.Query, v.Docs); got != want {
			t.Errorf("%s: %s, want %s", v.Query, got, want)
		}
	}
}
