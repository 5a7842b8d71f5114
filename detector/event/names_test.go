package event

import (
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
	known := new(names)
	hashes := map[string]uint64{}
	for range 20_000 {
		var buf []byte
		var want []string
		for range 1 + r.IntN(5) {
			name := pool[r.IntN(len(pool))]
			buf = msgpack.AppendString(buf, name)
			want = append(want, name)
		}
		buf = append(buf, make([]byte, r.IntN(3)*20)...)
		buf = buf[:len(buf):len(buf)]
		at, pos := uint8(0), 0
		for _, name := range want {
			entry, end := known.read(buf, pos, at)
			_, wantEnd, err := msgpack.ReadKey(buf, pos)
			if err != nil {
				t.Fatal(err)
			}
			if entry == 0 {
				if len(name) < 32 {
					t.Fatalf("%q is not read", name)
				}
				at, pos = 0, wantEnd
				continue
			}
			k := &known[entry]
			if end != wantEnd || k.member != Lookup([]byte(name)) {
				t.Fatalf("%q is read as %q to %d, want to %d", name, k.member.Name(), end, wantEnd)
			}
			if hash, ok := hashes[name]; ok && hash != k.hash {
				t.Fatalf("the hash of %q was %x and is %x", name, hash, k.hash)
			}
			hashes[name] = k.hash
			at, pos = entry, end
		}
	}
	byHash := map[uint64]string{}
	for name, hash := range hashes {
		if other, ok := byHash[hash]; ok {
			t.Errorf("%q and %q have the same hash", name, other)
		}
		byHash[hash] = name
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
