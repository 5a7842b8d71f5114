package event

import (
	"strings"
	"testing"
)

func TestAppendUnordered(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{``, ``},
		{`{}`, `{}`},
		{`{b=1, a=2}`, `{a=2|b=1}`},
		{`{b=[3, 1, 2], a={d=x y, c=}}`, `{a={c=|d=x y}|b=[3|1|2]}`},
		{`{a=[{c=1, b=2}, {e=, d=}]}`, `{a=[{b=2|c=1}|{d=|e=}]}`},
		{`{a=1,2, b=${x}, c=[}`, `{a=1,2|b=${x}|c=[}`}, // a list that is never closed
		{`{a=}, b=1}, c`, `{a=}, b=1}, c`},
		{`no object, x`, `no object, x`},
		{`{a=1`, `{a=1`},
		{`{b=1, a`, `{a|b=1`},
		{`}`, `}`},
	} {
		if got := strings.ReplaceAll(string(appendUnordered(nil, []byte(c.text))), "\x1e", "|"); got != c.want {
			t.Errorf("%s: %q, want %q", c.text, got, c.want)
		}
	}
	deep := strings.Repeat("{a=", 1_000_000)
	if got := string(appendUnordered(nil, []byte(deep))); got != deep {
		t.Error("a deep text is not as it was")
	}
}

// Texts that are not of the same members are different.
func TestAppendUnorderedTellsApart(t *testing.T) {
	seen := map[string]string{}
	for _, text := range []string{
		`{a=b, c=d}`, `{a=b c=d}`, `{a=b,c=d}`, `{a={b, c=d}}`, `{a={b}, c=d}`, `{a=[b, c=d]}`, `{a=[b], c=d}`, `{a=[c=d, b]}`, `{a=, b, c=d}`, `{a=b, {c=d}}`,
		`{k=ssh-ed25519 A}`, `{k=A ssh-ed25519}`, `{x={a=1}, y={b=2}}`, `{x={b=2}, y={a=1}}`, `{x={a=1, b=2}, y=}`,
	} {
		id := string(appendUnordered(nil, []byte(text)))
		if other, twice := seen[id]; twice {
			t.Errorf("%s and %s are the same: %q", text, other, id)
		}
		seen[id] = text
	}
}
