package table

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/esql"
	"github.com/fluent-detect/fluent-detect/detector/query/esql/esqltest"
)

// load returns documents, with a mapping that has learned all of them.
func load(t *testing.T, texts []json.RawMessage, types map[string]event.Type) ([]*event.Event, *match.Documents) {
	t.Helper()
	if _, ok := types["@timestamp"]; !ok {
		types["@timestamp"] = event.TypeDate
	}
	m := match.NewDocuments(types)
	var documents []*event.Event
	for _, text := range texts {
		body, _, err := jsontext.AppendMsgpack(nil, text)
		if err != nil {
			t.Fatal(err)
		}
		v, _, err := msgpack.Read(body, 0)
		if err != nil {
			t.Fatal(err)
		}
		m.Learn(v)
		documents = append(documents, event.NewDocument(v))
	}
	return documents, m
}

// typesOf returns the types that a vector declares.
func typesOf(t *testing.T, v *esqltest.Vector) map[string]event.Type {
	t.Helper()
	types := map[string]event.Type{}
	for name, typ := range v.Types {
		var ok bool
		if types[name], ok = event.ParseType(typ); !ok {
			t.Fatalf("unknown type %q", typ)
		}
	}
	return types
}

// rows returns the rows that a query makes, as JSON.
func rows(text string, documents []*event.Event, m match.Mapping, now time.Time) ([]string, error) {
	q, err := esql.Parse(text)
	if err != nil {
		return nil, err
	}
	table, err := New(q, m, now)
	if err != nil {
		return nil, err
	}
	for _, d := range documents {
		table.Add(d)
	}
	var lines []string
	for _, r := range table.Rows() {
		lines = append(lines, string(r.AppendJSON(nil)))
	}
	return lines, nil
}

// normal returns a row with sorted lists.
func normal(t *testing.T, text []byte) string {
	t.Helper()
	var row map[string]any
	if err := json.Unmarshal(text, &row); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for _, v := range row {
		if list, ok := v.([]any); ok {
			slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
	}
	out, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Vectors are queries with the rows that they make.
func TestVectors(t *testing.T) {
	esqltest.Run(t, "../..", func(t *testing.T, vectors []esqltest.Vector) {
		for i := range vectors {
			checkVector(t, &vectors[i])
		}
	})
}

func checkVector(t *testing.T, v *esqltest.Vector) {
	t.Helper()
	documents, m := load(t, v.Docs, typesOf(t, v))
	now := time.Now()
	if v.Now != "" {
		var err error
		if now, err = time.Parse(time.RFC3339, v.Now); err != nil {
			t.Fatal(err)
		}
	}
	lines, err := rows(v.Query, documents, m, now)
	var refused *query.Error
	if v.Refused() {
		if !errors.As(err, &refused) {
			t.Errorf("%s\nis not refused (%v): %s", v.Query, err, v.Note)
		}
		return
	}
	if err != nil {
		t.Errorf("%s\n%v", v.Query, err)
		return
	}
	var expected []json.RawMessage
	if err := json.Unmarshal(v.Expect, &expected); err != nil {
		t.Fatal(err)
	}
	got, want := []string{}, []string{}
	for _, line := range lines {
		got = append(got, normal(t, []byte(line)))
	}
	for _, text := range expected {
		want = append(want, normal(t, text))
	}
	if !strings.Contains(v.Query, "SORT") {
		slices.Sort(got)
		slices.Sort(want)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s\n%s\n%s, want %s: %s", v.Query, v.Docs, got, want, v.Note)
	}
	if v.Columns != nil && len(lines) > 0 {
		if names := keys(t, lines[0]); !reflect.DeepEqual(names, v.Columns) {
			t.Errorf("%s\nhas the columns %s, want %s", v.Query, names, v.Columns)
		}
	}
}

// keys returns the keys of an object in their order.
func keys(t *testing.T, text string) (names []string) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name.(string))
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// A rule is about one event: its query matches the documents whose rows are left.
func TestVectorsOneByOne(t *testing.T) {
	esqltest.Run(t, "../..", func(t *testing.T, vectors []esqltest.Vector) {
		tested := 0
		for i := range vectors {
			v := &vectors[i]
			if v.Refused() || v.Now != "" || strings.Contains(v.Query, "LIMIT") {
				continue
			}
			documents, m := load(t, v.Docs, typesOf(t, v))
			q, err := esql.Language.Query(v.Query)
			var refused *query.Error
			if strings.Count(v.Query, "STATS") > 1 && errors.As(err, &refused) && refused.Unsupported {
				continue
			}
			if err != nil {
				t.Errorf("%s\n%v", v.Query, err)
				continue
			}
			p, err := match.Compile(q, m)
			if strings.Contains(v.Query, "STATS") {
				parsed, _ := esql.Parse(v.Query)
				if s, wrong := NewStream(parsed, m); err != nil || wrong != nil || s.Class == PerEvent {
					t.Errorf("%s\nis not about groups of events: %v, %v", v.Query, err, wrong)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s\n%v", v.Query, err)
				continue
			}
			var expected []json.RawMessage
			if err := json.Unmarshal(v.Expect, &expected); err != nil {
				t.Fatal(err)
			}
			left := 0
			for _, d := range documents {
				if p.Match(d) {
					left++
				}
			}
			if left != len(expected) {
				t.Errorf("%s\n%s\nmatches %d documents, want %d: %s", v.Query, v.Docs, left, len(expected), v.Note)
			}
			tested++
		}
		if tested < len(vectors)/3 {
			t.Errorf("%d of %d vectors were tested", tested, len(vectors))
		}
	})
}
