package alert

import (
	"strings"
	"testing"
)

// lay lays out paths: "a.b=x" is a constant text, "a.b" a field, in the order of
// the arguments. filled has the number of those fields that have a value.
func lay(filled int, paths ...string) string {
	var leaves []leaf
	c := constants{}
	values := make([]value, len(paths))
	var has slotSet
	fields := 0
	for _, p := range paths {
		if path, text, ok := strings.Cut(p, "="); ok {
			c.keep(path, text)
			leaves = append(leaves, leaf{path: path, encoded: c.list[len(c.list)-1].encoded})
			continue
		}
		if fields < filled {
			values[fields] = value{kind: aText, text: []byte("v")}
			has.add(slot(fields))
		}
		leaves = append(leaves, leaf{path: p, slot: slot(fields)})
		fields++
	}
	var w writer
	return string(AppendJSON(nil, w.document(nil, layOut(leaves), values, &has)))
}

func TestLayout(t *testing.T) {
	for _, c := range []struct {
		filled int
		paths  []string
		want   string
	}{
		{1, []string{"a"}, `{"a":"v"}`},
		{0, []string{"a"}, `{}`},
		{0, []string{"a.b.c", "a.b.d", "a.e"}, `{}`}, // no map without members
		{1, []string{"a.b.c", "a.b.d", "a.e"}, `{"a":{"b":{"c":"v"}}}`},
		{3, []string{"a.e", "a.b.d", "a.b.c"}, `{"a":{"b":{"c":"v","d":"v"},"e":"v"}}`},
		{0, []string{"a.b=1", "a.c=2", "b=3"}, `{"a":{"b":"1","c":"2"},"b":"3"}`},
		{0, []string{"a.b=1", "a.c"}, `{"a":{"b":"1"}}`},
		{1, []string{"a.b=1", "a.c", "a.d=2"}, `{"a":{"b":"1","c":"v","d":"2"}}`},
		{0, []string{"a[].b", "a[].c.d"}, `{}`},
		{1, []string{"a[].b", "a[].c.d"}, `{"a":[{"b":"v"}]}`},
		{0, []string{"a[].b=1", "c"}, `{"a":[{"b":"1"}]}`},
		{1, []string{"a[].b.c[].d", "a[].e=1"}, `{"a":[{"b":{"c":[{"d":"v"}]},"e":"1"}]}`},
		{2, []string{"a-b.c", "a.c", "ab"}, `{"a":{"c":"v"},"a-b":{"c":"v"}}`}, // names that sort between a and a.
		{40, many(40), "{" + manyJSON(40) + "}"},
	} {
		if got := lay(c.filled, c.paths...); got != c.want {
			t.Errorf("%d of %v: %s, want %s", c.filled, c.paths, got, c.want)
		}
	}
}

// many names more members than the short header of a map can count.
func many(n int) (paths []string) {
	for i := range n {
		paths = append(paths, "m."+string(rune('A'+i%26))+string(rune('a'+i/26)))
	}
	return paths
}

func manyJSON(n int) string {
	var members []string
	for c := range 26 {
		for i := c; i < n; i += 26 {
			members = append(members, `"`+string(rune('A'+c))+string(rune('a'+i/26))+`":"v"`)
		}
	}
	return `"m":{` + strings.Join(members, ",") + "}"
}

// A name that stands for a value cannot stand for a map as well: Elasticsearch
// would refuse every alert. It is found when the Maker is made.
func TestLayoutRefusesConflicts(t *testing.T) {
	for _, paths := range [][]string{{"a", "a.b"}, {"a.b.c", "a.b"}, {"a", "a"}, {"a=1", "a.b=2"}, {"a.b", "a.b=1"}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v were laid out", paths)
				}
			}()
			lay(1, paths...)
		}()
	}
}
