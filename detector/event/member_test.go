package event

import "testing"

func TestMembers(t *testing.T) {
	for m := none + 1; m < members; m++ {
		name := memberNames[m]
		if got := memberOf([]byte(name)); name == "" || got != m {
			t.Errorf("%d %q is taken for %d %q", m, name, got, memberNames[got])
		}
		for _, other := range []string{name + "x", name[:len(name)-1], "x" + name[1:], name[:len(name)-1] + "\x00", name + "\x00"} {
			if got := memberOf([]byte(other)); got != none && memberNames[got] != other {
				t.Errorf("%q is taken for %q", other, memberNames[got])
			}
		}
		if !allMembers.filter.mayPass(len(name), name[0]) || early.has(m) && !earlyMembers.filter.mayPass(len(name), name[0]) {
			t.Errorf("the filter holds %q back", name)
		}
		if carriers.has(m) != (carried[m] != Other) {
			t.Errorf("%q: carriers and carried disagree", name)
		}
	}
	for _, name := range []string{"", "\x00", "\x00\x00\x00\x00\x00\x00\x00\x00"} {
		if got := memberOf([]byte(name)); got != none {
			t.Errorf("%q is taken for %q", name, memberNames[got])
		}
	}
}
