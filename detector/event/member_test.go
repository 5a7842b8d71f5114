package event

import "testing"

func TestMembers(t *testing.T) {
	// Names that share their first eight bytes, their length, their last byte.
	for _, name := range []string{"a", "eventName", "eventSource", "eventSourceX", "eventSourceY", "requestID", "requestIX", "requestParameters", "requestParameterz", "event"} {
		m := MemberNamed(name)
		if again := MemberNamed(name); again != m {
			t.Errorf("%q is member %d and %d", name, m, again)
		}
	}
	for m := None + 1; int(m) < memberCount; m++ {
		name := memberNames[m]
		if got := Lookup([]byte(name)); name == "" || got != m {
			t.Errorf("%d %q is taken for %d %q", m, name, got, memberNames[got])
		}
		for _, other := range []string{name + "x", name[:len(name)-1], "x" + name[1:], name[:len(name)-1] + "\x00", name + "\x00"} {
			if got := Lookup([]byte(other)); got != None && memberNames[got] != other {
				t.Errorf("%q is taken for %q", other, memberNames[got])
			}
		}
	}
	for _, name := range []string{"", "\x00", "\x00\x00\x00\x00\x00\x00\x00\x00"} {
		if got := Lookup([]byte(name)); got != None {
			t.Errorf("%q is taken for %q", name, memberNames[got])
		}
	}
}

func TestSets(t *testing.T) {
	s := SetOf(1, 63, 64, maxMembers-1)
	for _, m := range []Member{1, 63, 64, maxMembers - 1} {
		if one := SetOf(m); !s.Has(m) || !s.Meets(&one) {
			t.Errorf("the set lacks %d", m)
		}
	}
	other := SetOf(2, 65)
	if both := s.Union(other); s.Has(2) || s.Has(65) || s.Meets(&other) || !both.Has(2) {
		t.Error("the set has what was not put into it")
	}
}
