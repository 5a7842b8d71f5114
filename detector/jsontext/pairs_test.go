package jsontext

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Pairs are converted in two ways, by appendPairs and without: the result, its end and
// errors are the same.
func TestPairs(t *testing.T) {
	for seed := range uint64(20_000) {
		text := randomObject(seed)
		packed, end, err := appendWithRoom(text)
		checkSpaces(t, text, packed, end, err)
		if err == nil {
			var parts Parts
			packed, _, _, _ = AppendCut(packed[:0], text, true, &parts)
			checkParts(t, packed, 0, &parts)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// Each kind of string and of what follows it, at each distance from the beginning and
// the end of the text, so that it is anywhere in what is looked at at once.
func TestPairsAtEachPlace(t *testing.T) {
	for _, object := range []string{
		`{"a":"b"}`, `{"a":"b","c":"d"}`, `{"a": "b", "c": "d"}`, `{"a" :"b" ,"c":"d" }`, `{"a":true,"b":false,"c":null}`, `{"a":{"b":{"c":"d"}}}`,
		`{"a":{"b":"c"},"d":"e"}`, `{"a":{"b":true},"c":{"d":null}}`, `{"a":{},"b":[],"c":"d"}`, `{"a":[{"b":"c"},{"d":"e"}],"f":"g"}`, `{"a":1,"b":-2.5e3}`,
		`{"\u0061":"\"","b":"\\"}`, `{"":"","":""}`, `{"a":"` + strings.Repeat("x", 31) + `","b":"c"}`, `{"a":"` + strings.Repeat("x", 32) + `","b":"c"}`,
		`{"a":"` + strings.Repeat("x", 255) + `","b":"c"}`, `{"a":"` + strings.Repeat("x", 256) + `","b":"c"}`, `{"` + strings.Repeat("k", 40) + `":{"b":"c"}}`,
		`{"a":nul,"b":1}`, `{"a":falsy,"b":1}`, `{"a":true"b":1}`, `{"a":"b""c":1}`, `{"a":"b";"c":1}`, `{"a","b":1}`, `{"a":"b","c"}`, `{"a":"b",}`, `{"a":"b"}}`, `{"a":{"b":"c"]}`,
		`{"a":falsy,"b":1,"c":nulls,"d":true}`, `{"a":nulx,"b":1}`, `{"a":falsX,"b":1}`, `{"a":trua,"b":1}`, `{"a":{"b":"c"},"d":["e","f"],"g":[{"h":"i"}],"j":[{"k":"l"},1],"m":[{"n":"o"},{}]}`, `{"a":[{"b":"c"},]}`, `{"a":[{"b":"c"}}}`, `{"a":[{"b":"c"},{"d"}]}`,
		`{"a":` + strings.Repeat(`{"a":`, 100) + `"b"` + strings.Repeat("}", 100) + `,"c":"d"}`, strings.Repeat(`{"a":[`, 70) + `{"b":"c"}` + strings.Repeat("]}", 70),
		strings.Repeat(`{"a":`, 100) + `"b"` + strings.Repeat("}", 100), strings.Repeat(`{"a":`, MaxDepth+1) + `"b"` + strings.Repeat("}", MaxDepth+1),
	} {
		for _, around := range []int{0, 1, 70} {
			for place := range 70 {
				text := []byte(`[{"` + strings.Repeat("p", place) + `":` + object + "}" + strings.Repeat(" ", around))
				packed, end, err := appendWithRoom(text)
				checkSpaces(t, text, packed, end, err)
				text = append(bytes.TrimRight(text, " "), `,"`+strings.Repeat("z", around)+`"]`...)
				packed, end, err = appendWithRoom(text)
				checkSpaces(t, text, packed, end, err)
			}
			if t.Failed() {
				return
			}
		}
	}
}

// appendWithRoom is AppendMsgpack with the room that appendPairs wants.
func appendWithRoom(text []byte) ([]byte, int, error) {
	return AppendMsgpack(make([]byte, 0, 3*len(text)+100), text)
}

// checkSpaces checks that white space before the colons, which appendPairs leaves to its
// caller, changes nothing but the offsets.
func checkSpaces(t *testing.T, text, packed []byte, end int, err error) {
	t.Helper()
	spaced, before := spaceColons(text)
	got, at, gotErr := appendWithRoom(spaced)
	wantAt := end + before[end]
	if err != nil && end < len(text) && text[end] == ':' && at == wantAt+1 { // behind the space
		at--
	}
	var syntax, gotSyntax *SyntaxError
	errors.As(err, &syntax)
	errors.As(gotErr, &gotSyntax)
	same := (syntax == nil) == (gotSyntax == nil) && (syntax == nil || syntax.Reason == gotSyntax.Reason)
	if !bytes.Equal(got, packed) || at != wantAt || !same {
		t.Errorf("%s\nis         %x\nto %d, %v\nwith spaces %x\nto %d, want %d, %v", text, packed, end, err, got, at, wantAt, gotErr)
	}
}

func TestParts(t *testing.T) {
	for _, text := range []string{
		`1`, `{}`, `[]`, `{"a":1}`, `{"a":{}}`, `{"a":[]}`, `{"a":{"b":{"c":1}},"d":[[2]],"e":[{"f":3},{"g":4}]}`, `[{"a":1},[2],{},3]`, `{ "a" : { "b" : 1 } , "c" : [ 2 ] }`,
		"{" + strings.Repeat(`"a":{"b":"c"},`, maxParts) + `"d":1}`,
		"{" + strings.Repeat(`"a":{"b":"c"},`, 2*maxParts) + `"d":[{"e":"f"}]}`,
		"[" + strings.Repeat(`{"b":"c"},`, 2*maxParts) + `[1]]`,
	} {
		var parts Parts
		for _, before := range []string{"", "xyz"} {
			packed, _, _, err := AppendCut(append(make([]byte, 0, 3*len(text)+100), before...), []byte(text), true, &parts)
			if err != nil {
				t.Fatal(err)
			}
			checkParts(t, packed, len(before), &parts)
		}
	}
}

// spaceColons returns a text with a space before each colon that is in no string, and how
// many spaces are before each byte of it, but for the one directly before it, and before
// its end.
func spaceColons(text []byte) (spaced []byte, before []int) {
	inside, n := false, 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		before = append(before, n)
		if c == ':' && !inside {
			spaced = append(spaced, ' ')
			n++
		}
		spaced = append(spaced, c)
		switch {
		case c == '"':
			inside = !inside
		case c == '\\' && inside && i+1 < len(text):
			i++
			before = append(before, n)
			spaced = append(spaced, text[i])
		}
	}
	return spaced, append(before, n)
}

// checkParts checks that the parts of the value at packed[off:] are the arrays and
// objects in it.
func checkParts(t *testing.T, packed []byte, off int, parts *Parts) {
	t.Helper()
	v, off, err := msgpack.ReadHeader(packed, off)
	if err != nil {
		t.Fatal(err)
	}
	var want []Part
	n := 0
	switch v.Kind() {
	case msgpack.Map:
		n = 2 * v.Len()
	case msgpack.Array:
		n = v.Len()
	}
	for range n {
		inner, end, err := msgpack.Read(packed, off)
		if err != nil {
			t.Fatal(err)
		}
		if (inner.Kind() == msgpack.Map || inner.Kind() == msgpack.Array) && inner.Len() > 0 && len(want) < maxParts {
			want = append(want, Part{uint32(off), uint32(end)})
		}
		off = end
	}
	if got := fmt.Sprint(parts.All()); got != fmt.Sprint(want) {
		t.Errorf("the parts are %s, want %v", got, want)
	}
}

// randomObject returns an object as events have them, with lengths of strings at which
// something changes, sometimes with what is rare in it, and sometimes cut or damaged.
func randomObject(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 0))
	lengths := []int{0, 1, 3, 8, 14, 15, 16, 30, 31, 32, 33, 47, 48, 63, 64, 100, 239, 254, 255, 256, 300}
	rare := r.IntN(3) == 0
	unusual := func() bool { return rare && r.IntN(8) == 0 }
	var b []byte
	text := func() {
		b = append(b, '"')
		length := lengths[r.IntN(len(lengths))]
		if r.IntN(3) > 0 {
			length = r.IntN(24)
		}
		for range length {
			b = append(b, "abcdefgh:,{}[] 0123456789"[r.IntN(25)])
		}
		if unusual() {
			b = append(b, []string{`\n`, `\"`, `\\`, `\u00e9`, "é", "\n", `\x`}[r.IntN(7)]...)
		}
		b = append(b, '"')
	}
	space := ""
	if r.IntN(4) == 0 {
		space = " "
	}
	between := func(c byte) {
		if unusual() {
			b = append(b, " \n\t"[r.IntN(3)])
		}
		b = append(append(b, c), space...)
	}
	var value func(depth int)
	object := func(depth int) {
		b = append(b, '{')
		for i := range r.IntN(6) {
			if i > 0 {
				between(',')
			}
			text()
			between(':')
			value(depth + 1)
		}
		b = append(b, '}')
	}
	value = func(depth int) {
		switch k := r.IntN(12); {
		case k < 6:
			text()
		case k < 7:
			b = append(b, []string{"true", "false", "null", "{}", "[]"}[r.IntN(5)]...)
		case k < 8:
			b = append(b, []string{"0", "17", "-1", "1.5", "1e3", "1772442000000"}[r.IntN(6)]...)
		case k < 11 && depth < 6:
			object(depth)
		case depth < 6:
			b = append(b, '[')
			for i := range r.IntN(4) {
				if i > 0 {
					between(',')
				}
				value(depth + 1)
			}
			b = append(b, ']')
		default:
			text()
		}
	}
	object(0)
	if r.IntN(4) == 0 {
		b = b[:r.IntN(len(b)+1)]
	}
	if r.IntN(4) == 0 && len(b) > 0 {
		b[r.IntN(len(b))] = `"\{}[]:, x1`[r.IntN(11)]
	}
	return b
}
