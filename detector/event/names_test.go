package event

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Whatever was read before and whatever follows, a name is what its bytes say.
func TestNames(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pool := []string{"", "a", "\x00", "eventName", "eventNamf", "eventSource", strings.Repeat("n", 31), strings.Repeat("n", 32), strings.Repeat("n", 300)}
	pool = append(pool, memberNames[1:memberCount]...)
	for n := range 32 { // names that differ in one byte
		one := []byte("abcdefghijklmnopqrstuvwxyz012345")[:n]
		pool = append(pool, string(one))
		for i := range one {
			other := []byte(string(one))
			other[i] ^= 1
			pool = append(pool, string(other))
		}
	}
	all := everyMember()
	e := Event{known: new(names)}
	digests := map[uint64]string{}
	for range 20_000 {
		var buf []byte
		var want Set
		var offsets [256]int
		var sequence strings.Builder
		n, long := 1+r.IntN(6), false
		for range n {
			name := pool[r.IntN(len(pool))]
			fmt.Fprintf(&sequence, "%q ", name)
			long = long || len(name) >= 32
			buf = msgpack.AppendString(buf, name)
			if m := Lookup([]byte(name)); m != None && !want.Has(m) {
				want = want.Union(SetOf(m))
				offsets[m] = len(buf)
			}
			buf = append(buf, 0xc0)
		}
		end := len(buf)
		buf = append(buf, make([]byte, r.IntN(3)*20)...)
		got, err := e.walk(buf[:len(buf):len(buf)], 0, n, &all)
		if err != nil || got != end || e.has != want {
			t.Fatalf("%s: the members are %x to %d, want %x to %d (%v)", &sequence, e.has, got, want, end, err)
		}
		for m := None + 1; int(m) < memberCount; m++ {
			if want.Has(m) && (int(e.offsets[m]) != offsets[m] || len(e.again) == 0 && int(e.ends[m]) != offsets[m]+1) {
				t.Fatalf("%s: %s is from %d to %d, want from %d", &sequence, m.Name(), e.offsets[m], e.ends[m], offsets[m])
			}
		}
		if long != (e.names == 0) {
			t.Fatalf("%s: the digest is %x", &sequence, e.names)
		}
		if other, ok := digests[e.names]; ok && !long && other != sequence.String() {
			t.Fatalf("%s and %s have the same digest", &sequence, other)
		}
		digests[e.names] = sequence.String()
	}
}

// What is not a short text, or is truncated, is not read.
func TestNamesOfOtherTypes(t *testing.T) {
	for _, buf := range []string{"", "\xa1", "\xa9eventNam", "\xc0", "\x01", "\x81", "\xd9\x01a", "\xff", "\xbf" + strings.Repeat("a", 30)} {
		for _, more := range []string{"", strings.Repeat("\xc0", 40)} {
			if more != "" && buf != "" && buf[0]&0xe0 == 0xa0 {
				continue
			}
			if entry, end := new(names).read([]byte(buf+more), 0, 0); entry != 0 || end != 0 {
				t.Errorf("%q is read to %d", buf+more, end)
			}
		}
	}
}
