package stats

import (
	"fmt"
	"strings"
	"testing"
)

func TestKeysArePrintable(t *testing.T) {
	for name, want := range map[string]string{
		"log":                   "log",
		"":                      "",
		"a\nb\x1b[2J\u2028\xff": "a?b?[2J??",
		strings.Repeat("x", 64): strings.Repeat("x", 64),
		strings.Repeat("x", 65): strings.Repeat("x", 64) + "…",
		strings.Repeat("ä", 40): strings.Repeat("ä", 32) + "…",
		"日本語":                   "日本語",
	} {
		var k Keys
		for range 2 {
			if got := k.Add([]byte(name)); got != want {
				t.Errorf("%q is counted by %q, want %q", name, got, want)
			}
		}
		if all := k.All(); len(all) != 1 || all[0] != (Key{want, 2}) {
			t.Errorf("%q: %v", name, all)
		}
	}
}

// Beyond the maximum all keys are one, also when a record has a member of that name.
func TestKeysAreBounded(t *testing.T) {
	for _, first := range []string{"k0", OtherKeys} {
		var tally Keys
		var shared sharedKeys
		tally.Add([]byte(first))
		if !shared.add(&tally) || shared.add(&tally) {
			t.Error("a key is new the first time, and only then")
		}
		for i := range 1000 {
			tally.Reset()
			tally.Add(fmt.Append(nil, "k", i))
			shared.add(&tally)
		}
		var sum uint64
		all, other := shared.all(), 0
		for _, one := range all {
			sum += one.Count
			if one.Name == OtherKeys {
				other++
			}
		}
		if len(all) != maxKeys+1 || other != 1 || sum != 1002 {
			t.Errorf("%d keys, %d for all others, with %d records; want %d, 1 and 1002", len(all), other, sum, maxKeys+1)
		}
	}
}

// A key that was seen in the chunk costs no allocation.
func TestKeysAllocations(t *testing.T) {
	var k Keys
	name := []byte("log")
	k.Add(name)
	if n := testing.AllocsPerRun(100, func() { k.Add(name) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
