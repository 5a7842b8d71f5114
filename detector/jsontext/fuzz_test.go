package jsontext

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	vmsgpack "github.com/vmihailenco/msgpack/v5"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// FuzzAppend compares AppendMsgpack with encoding/json: the same texts are valid and
// mean the same. Comments note where the two intentionally differ.
func FuzzAppend(f *testing.F) {
	for _, line := range ownSample() {
		f.Add(line)
		f.Add(AppendString(nil, line))
	}
	for _, text := range []string{
		`{"a":1,"a":[true,false,null,{}],"":""}`, `[0,-0,-1,1.5,1e5,1e999,18446744073709551616,-9223372036854775809]`,
		`"\u0000\ud800\udc00\ud800\"\\\/"`, "\"\xff\xed\xa0\x80\n\"", " [ ] \n{}", `[[[[[[]]]]]`, strings.Repeat(`[{"a":`, 70) + `"\"]"` + strings.Repeat("}]", 70), `{"a":}`, "0.1e-5x",
	} {
		f.Add([]byte(text))
	}
	for seed := range uint64(20) {
		f.Add(randomObject(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		const before = "xyz"
		packed, end, err := AppendMsgpack(append(make([]byte, 0, 8), before...), text)
		if !bytes.HasPrefix(packed, []byte(before)) {
			t.Fatalf("what was in dst is now %q", packed)
		}
		packed = packed[len(before):]
		roomy, end2, err2 := AppendMsgpack(make([]byte, 0, 3*len(text)+2*minLong), text)
		if !bytes.Equal(roomy, packed) || end2 != end || (err2 == nil) != (err == nil) {
			t.Fatalf("with room in dst %x, end %d, %v; without %x, end %d, %v", roomy, end2, err2, packed, end, err)
		}
		strict := escapeControls(text)
		checkSpaces(t, text, packed, end, err)
		var parts Parts
		shallow, end3, cut, err3 := AppendCut(make([]byte, 0, 3*len(text)+100), text, true, &parts)
		if cut < 0 && (!bytes.Equal(shallow, packed) || end3 != end || (err3 == nil) != (err == nil)) {
			t.Fatalf("AppendCut: %x, end %d, %v; AppendMsgpack: %x, end %d, %v", shallow, end3, err3, packed, end, err)
		}
		if err3 == nil {
			if _, n, err := msgpack.Read(shallow, 0); err != nil || n != len(shallow) {
				t.Fatalf("AppendCut: msgpack.Read: %d of %d, %v", n, len(shallow), err)
			}
			checkParts(t, shallow, 0, &parts)
		} else if cut >= 0 && json.Valid(strict) {
			t.Fatalf("encoding/json takes it, AppendCut says %v", err3)
		}
		var syntax *SyntaxError
		if errors.As(err, &syntax) {
			if syntax.Offset != end || end < 0 || end > len(text) || len(packed) != 0 {
				t.Fatalf("%v, but offset %d of %d and %d bytes", err, end, len(text), len(packed))
			}
			if syntax.Reason == Truncated && end != len(text) {
				t.Fatalf("truncated at %d of %d", end, len(text))
			}
			// encoding/json allows a depth of 10,000.
			if json.Valid(strict) && syntax.Reason != TooDeep {
				t.Fatalf("encoding/json takes it, we say %v", err)
			}
			return
		}
		if len(packed) > 3*end {
			t.Fatalf("%d bytes became %d", end, len(packed))
		}
		if _, n, err := msgpack.Read(packed, 0); err != nil || n != len(packed) {
			t.Fatalf("msgpack.Read: %d of %d, %v", n, len(packed), err)
		}
		whole := skipSpace(text, end) == len(text)
		if whole != json.Valid(strict) {
			t.Fatalf("ends at %d of %d, but encoding/json says %v", end, len(text), !whole)
		}
		if !whole {
			return
		}
		tokens := json.NewDecoder(bytes.NewReader(strict))
		tokens.UseNumber()
		decoder := vmsgpack.NewDecoder(bytes.NewReader(packed))
		if err := compare(tokens, decoder); err != nil {
			t.Fatal(err)
		}
		if _, err := decoder.PeekCode(); err != io.EOF {
			t.Fatalf("msgpack continues after the value: %v", err)
		}
	})
}

// escapeControls escapes the control characters in strings, which AppendMsgpack accepts
// and encoding/json refuses. One after a backslash is kept: both refuse it.
func escapeControls(text []byte) (out []byte) {
	inside := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '"':
			inside = !inside
		case c == '\\' && inside && i+1 < len(text):
			out = append(out, c)
			i++
			c = text[i]
		case c < ' ' && inside:
			out = fmt.Appendf(out, `\u%04x`, c)
			continue
		}
		out = append(out, c)
	}
	return out
}

// compare reads one value from each side and returns how they differ. It reads tokens, so
// that duplicate keys and their order count.
func compare(j *json.Decoder, m *vmsgpack.Decoder) error {
	token, err := j.Token()
	if err != nil {
		return err
	}
	if delimiter, ok := token.(json.Delim); ok {
		n, perMember := 0, 1
		if delimiter == '{' {
			perMember = 2
			n, err = m.DecodeMapLen()
		} else {
			n, err = m.DecodeArrayLen()
		}
		if err != nil {
			return err
		}
		for ; j.More(); n-- {
			for range perMember {
				if err := compare(j, m); err != nil {
					return err
				}
			}
		}
		if n != 0 {
			return fmt.Errorf("the count of a container is off by %d", n)
		}
		_, err = j.Token()
		return err
	}
	got, err := m.DecodeInterfaceLoose()
	if err != nil {
		return err
	}
	if u, ok := got.(uint64); ok && u <= math.MaxInt64 {
		got = int64(u)
	}
	want := any(token)
	switch v := token.(type) {
	case json.Number:
		want = numberOf(string(v))
	case string: // encoding/json has replaced what is not UTF-8
		if s, ok := got.(string); ok {
			got = string([]rune(s))
		}
	}
	if f, ok := want.(float64); ok {
		if g, ok := got.(float64); !ok || math.Float64bits(f) != math.Float64bits(g) {
			return fmt.Errorf("%v: got %#v", token, got)
		}
	} else if got != want {
		return fmt.Errorf("%#v: got %#v, want %#v", token, got, want)
	}
	return nil
}

// numberOf returns what a number must become: int64, uint64 if necessary, float64 or
// string.
func numberOf(n string) any {
	if strings.ContainsAny(n, ".eE") {
		if f, err := strconv.ParseFloat(n, 64); err == nil {
			return f
		}
	} else if i, err := strconv.ParseInt(n, 10, 64); err == nil {
		return i
	} else if u, err := strconv.ParseUint(n, 10, 64); err == nil {
		return u
	}
	return n // no number of msgpack holds it
}

// FuzzRoundTrip converts any msgpack to JSON and back.
func FuzzRoundTrip(f *testing.F) {
	f.Add(oddValues())
	for _, text := range append(ownSample(), []byte(`[1.5,-0.0,1e300,"\u0000\n",{"a":{"b":[[],{}]}}]`)) {
		packed, _, err := AppendMsgpack(nil, text)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed)
	}
	f.Add([]byte{0x81, 0x81, 0x81, 0x90, 0xc2, 0xc3, 0xc0})
	f.Fuzz(func(t *testing.T, packed []byte) {
		v, end, err := msgpack.Read(packed, 0)
		if err != nil {
			return
		}
		text := AppendJSON(nil, v)
		if !json.Valid(text) || !utf8.Valid(text) {
			t.Fatalf("not JSON: %q", text)
		}
		if len(text) > 8*end {
			t.Fatalf("%d bytes became %d", end, len(text))
		}
		again, n, err := AppendMsgpack(nil, text)
		if err != nil || n != len(text) {
			t.Fatalf("%q: end %d of %d, %v", text, n, len(text), err)
		}
		back := readAll(t, again)
		if err := survives(v, back, MaxDepth); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if twice := AppendJSON(nil, back); !bytes.Equal(text, twice) {
			t.Fatalf("%q became %q", text, twice)
		}
	})
}

// survives reports whether back is what v becomes by way of JSON.
func survives(v, back msgpack.Value, depth int) error {
	want, wantText := v.Kind(), ""
	switch v.Kind() {
	case msgpack.Float:
		if math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0) {
			want = msgpack.Nil
		} else if math.Float64bits(v.Float()) != math.Float64bits(back.Float()) {
			return fmt.Errorf("float %v became %v", v.Float(), back.Float())
		}
	case msgpack.Str, msgpack.Bin:
		want, wantText = msgpack.Str, string([]rune(string(v.Bytes())))
	case msgpack.Ext:
		want, wantText = msgpack.Str, strings.Trim(string(AppendJSON(nil, v)), `"`)
	case msgpack.Array, msgpack.Map:
		if depth == 0 {
			want = msgpack.Nil
		} else if v.Len() != back.Len() {
			return fmt.Errorf("%d members became %d", v.Len(), back.Len())
		}
	}
	if back.Kind() != want || string(back.Bytes()) != wantText || back.Bool() != v.Bool() ||
		back.Int() != v.Int() || back.Uint() != v.Uint() {
		return fmt.Errorf("%v %q became %v %q", v.Kind(), v.Bytes(), back.Kind(), back.Bytes())
	}
	switch want {
	case msgpack.Array:
		elements, backs := v.Elements(), back.Elements()
		for range v.Len() {
			element, _ := elements.Next()
			b, ok := backs.Next()
			if !ok {
				return errors.New("an element is missing")
			}
			if err := survives(element, b, depth-1); err != nil {
				return err
			}
		}
	case msgpack.Map:
		members, backs := v.Members(), back.Members()
		for range v.Len() {
			key, value, _ := members.Next()
			k, b, ok := backs.Next()
			if !ok {
				return errors.New("a member is missing")
			}
			if k.Kind() != msgpack.Str {
				return fmt.Errorf("a key became %v", k.Kind())
			}
			if key.IsText() {
				if err := survives(key, k, depth-1); err != nil {
					return err
				}
			}
			if err := survives(value, b, depth-1); err != nil {
				return err
			}
		}
	}
	return nil
}
