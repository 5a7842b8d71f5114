package jsontext

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// fromHex decodes hexadecimal digits, ignoring blanks.
func fromHex(t testing.TB, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// readAll reads the one value that packed is.
func readAll(t testing.TB, packed []byte) msgpack.Value {
	t.Helper()
	v, end, err := msgpack.Read(packed, 0)
	if err != nil || end != len(packed) {
		t.Fatalf("msgpack.Read(%x): end %d of %d, %v", packed, end, len(packed), err)
	}
	return v
}

func TestAppend(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		got, end, err := AppendMsgpack([]byte("before"), []byte(text))
		if err != nil || end != len(text) {
			t.Errorf("%s: end %d of %d, error %v", text, end, len(text), err)
			return
		}
		if !bytes.Equal(got[len("before"):], fromHex(t, want)) || string(got[:6]) != "before" {
			t.Errorf("%s:\n got %x\nwant %s", text, got, want)
		}
		readAll(t, got[len("before"):])
		roomy := append(make([]byte, 0, 1000), "before"...)
		if again, _, err := AppendMsgpack(roomy, []byte(text)); err != nil || !bytes.Equal(again, got) {
			t.Errorf("%s: with room in dst %x, %v", text, again, err)
		}
	}
	// literals
	f("null", "c0")
	f("true", "c3")
	f(" \t\r\nfalse", "c2")

	// integers, at the limits of their forms
	f("0", "00")
	f("-0", "00")
	f("127", "7f")
	f("128", "cc80")
	f("255", "ccff")
	f("256", "cd0100")
	f("65535", "cdffff")
	f("65536", "ce00010000")
	f("4294967295", "ceffffffff")
	f("4294967296", "cf0000000100000000")
	f("9223372036854775807", "cf7fffffffffffffff")
	f("9223372036854775808", "cf8000000000000000")
	f("9999999999999999999", "cf8ac7230489e7ffff")
	f("10000000000000000000", "cf8ac7230489e80000")
	f("18446744073709551615", "cfffffffffffffffff")
	f("-1", "ff")
	f("-32", "e0")
	f("-33", "d0df")
	f("-128", "d080")
	f("-129", "d1ff7f")
	f("-32768", "d18000")
	f("-32769", "d2ffff7fff")
	f("-2147483648", "d280000000")
	f("-2147483649", "d3ffffffff7fffffff")
	f("-9223372036854775808", "d38000000000000000")
	// larger ones: a str of the digits
	f("18446744073709551616", "b4"+hex.EncodeToString([]byte("18446744073709551616")))
	f("20000000000000000000", "b4"+hex.EncodeToString([]byte("20000000000000000000")))
	f("99999999999999999999", "b4"+hex.EncodeToString([]byte("99999999999999999999")))
	f("-9223372036854775809", "b4"+hex.EncodeToString([]byte("-9223372036854775809")))
	f("100000000000000000000000000000000", "d921"+hex.EncodeToString([]byte("100000000000000000000000000000000")))

	// floats
	f("1.0", "cb3ff0000000000000")
	f("-0.0", "cb8000000000000000")
	f("-0e0", "cb8000000000000000")
	f("1e0", "cb3ff0000000000000")
	f("1E+2", "cb4059000000000000")
	f("0.1", "cb3fb999999999999a")
	f("-1.5e-3", "cbbf589374bc6a7efa")
	f("9007199254740993.0", "cb4340000000000000") // 2^53+1: to even
	f("1e22", "cb4480f0cf064dd592")
	f("1e23", "cb44b52d02c7e14af6")
	f("1.7976931348623157e308", "cb7fefffffffffffff")
	f("5e-324", "cb0000000000000001")
	f("1e-400", "cb0000000000000000")
	f("1e00000000000000000002", "cb4059000000000000")
	f("0e99999999999999999999", "cb0000000000000000")
	f("0.000000000000000000000000000000000000000000000001", "cb35f7624f8a762fd8")
	f("1e309", "a5"+hex.EncodeToString([]byte("1e309")))
	f("-1.5E999", "a8"+hex.EncodeToString([]byte("-1.5E999")))

	// strings
	f(`""`, "a0")
	f(`"a"`, "a161")
	f(`"a/é"`, "a4 61 2f c3a9")
	f(`"\"\\\/\b\f\n\r\t"`, "a8 22 5c 2f 08 0c 0a 0d 09")
	f(`"\u0053end"`, "a4 53656e64")
	f(`"\u0000"`, "a1 00")
	f(`"\u00e9\u20AC"`, "a5 c3a9 e282ac")
	f(`"\ud83d\ude00"`, "a4 f09f9880")
	f(`"\ud800"`, "a3 efbfbd")
	f(`"\udc00x"`, "a4 efbfbd 78")
	f(`"\ud800\u0041"`, "a4 efbfbd 41")
	f(`"\ud800\ud83d\ude00"`, "a7 efbfbd f09f9880")
	f("\"a\x00\n\x1f\x7f\"", "a5 61 00 0a 1f 7f") // control characters as they are
	f("\"\xff\xc3\xed\xa0\x80\"", "a5 ff c3 eda080")

	// arrays and objects
	f("[]", "90")
	f("{}", "80")
	f("[ ]", "90")
	f("{\n}", "80")
	f("[[]]", "dd00000001 90")
	f("[1]", "dd00000001 01")
	f("[1 , [ 2,3 ] ,{}]", "dd00000003 01 dd00000002 02 03 80")
	f(`{"a":1}`, "df00000001 a161 01")
	f(` { "a" : { "b" : [ null ] , "c":2 } , "d" : "e" }`,
		"df00000002 a161 df00000002 a162 dd00000001 c0 a163 02 a164 a165")
	f(`{"a":1,"a":2,"\u0061":3}`, "df00000003 a161 01 a161 02 a161 03") // all of them
	f(`{"":""}`, "df00000001 a0 a0")
	f(`[[1,[2,[3]]],[[[4]],5],6]`, "dd00000003 dd00000002 01 dd00000002 02 dd00000001 03"+
		"dd00000002 dd00000001 dd00000001 04 05 06")
}

// TestAppendStrings tests lengths around the limits of str's forms, with the end of the
// string at all positions of a word, plain and escaped.
func TestAppendStrings(t *testing.T) {
	header := func(n int) []byte {
		switch {
		case n < 32:
			return []byte{0xa0 | byte(n)}
		case n < 1<<8:
			return []byte{0xd9, byte(n)}
		case n < 1<<16:
			return []byte{0xda, byte(n >> 8), byte(n)}
		}
		return []byte{0xdb, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
	}
	room := make([]byte, 0, 1<<17)
	f := func(n int) {
		t.Helper()
		want := bytes.Repeat([]byte("x"), n)
		check := func(text string, want []byte) {
			t.Helper()
			for _, dst := range [][]byte{nil, room} {
				got, end, err := AppendMsgpack(dst, []byte(text))
				if err != nil || end != len(text)-1 || !bytes.Equal(got, append(header(len(want)), want...)) {
					t.Errorf("length %d: got %.20x of %d bytes, end %d of %d, %v", n, got, len(got), end, len(text), err)
				}
			}
		}
		check(`"`+string(want)+`" `, want)
		for _, at := range []int{0, 1, 7, 8, 9, n / 2, n - 8, n - 1} {
			if 0 <= at && at < n {
				want[at] = '"'
				check(`"`+string(want[:at])+`\"`+string(want[at+1:])+`",`, want)
				want[at] = 'x'
			}
		}
		for i := range want {
			want[i] = '\\'
		}
		check(`"`+strings.Repeat(`\\`, n)+`":`, want)
	}
	for n := range 300 {
		f(n)
	}
	for _, edge := range []int{nearby + stride, 2 * stride, 1 << 16} {
		for n := edge - 10; n < edge+10; n++ {
			f(n)
		}
	}
}

func TestAppendErrors(t *testing.T) {
	f := func(text string, offset int, reason Reason) {
		t.Helper()
		got, end, err := AppendMsgpack([]byte("before"), []byte(text))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%q: got %x and error %v", text, got, err)
			return
		}
		if *syntax != (SyntaxError{offset, reason}) || end != offset {
			t.Errorf("%q: %v, end %d; want byte %d: %v", text, err, end, offset, reason)
		}
		if string(got) != "before" {
			t.Errorf("%q: dst came back as %q", text, got)
		}
	}
	for _, whole := range []string{`{"a":[1,{"b\n":"c\u0041\ud83d\ude00"},true],"d":-1.5e+3}`, `"a"`, `[]`, `{ }`, `null `, `false `} {
		whole = strings.TrimSuffix(whole, " ")
		for n := range len(whole) {
			f(whole[:n], n, Truncated)
		}
	}
	f("  ", 2, Truncated)
	f("-", 1, Truncated)
	f("1.", 2, Truncated)
	f("1e", 2, Truncated)
	f("1e+", 3, Truncated)
	f(`"\u00`, 5, Truncated)
	f(`"\ud800\u`, 9, Truncated)

	f("x", 0, NoValue)
	f("[,1]", 1, NoValue)
	f("[1,]", 3, NoValue)
	f("[}", 1, NoValue)
	f("]", 0, NoValue)
	f("nul!", 0, NoValue)
	f("tru}", 0, NoValue)
	f("\ufeff{}", 0, NoValue) // a byte order mark
	f("NaN", 0, NoValue)
	f("'a'", 0, NoValue)
	f("+1", 0, NoValue)
	f(".5", 0, NoValue)
	f("\v1", 0, NoValue)

	f("01", 0, BadNumber)
	f("-01", 1, BadNumber)
	f("00", 0, BadNumber)
	f("-x", 1, BadNumber)
	f("[1.x]", 3, BadNumber)
	f("1.e5", 2, BadNumber)
	f("1e.", 2, BadNumber)
	f("1e+x", 3, BadNumber)

	f(`"a\x"`, 2, BadEscape)
	f(`"\u12g4"`, 1, BadEscape)
	f(`"\U0041"`, 1, BadEscape)
	f(`"\ud800\u00"`, 7, BadEscape)
	f("\"\\\n\"", 1, BadEscape)
	f("\"\\\x00\"", 1, BadEscape)

	f("{1:2}", 1, NoKey)
	f("{,}", 1, NoKey)
	f(`{"a":1,}`, 7, NoKey)
	f(`{"a"}`, 4, NoColon)
	f(`{"a",1}`, 4, NoColon)
	f(`{"a":}`, 5, NoValue)
	f("[1 2]", 3, NoComma)
	f("[1}", 2, NoComma)
	f(`{"a":1]`, 6, NoComma)
	f(`[1x]`, 2, NoComma)
	f(`[[1]}`, 4, NoComma)
}

// TestAppendEnd: what follows the value is not checked.
func TestAppendEnd(t *testing.T) {
	f := func(text string, want int) {
		t.Helper()
		_, end, err := AppendMsgpack(nil, []byte(text))
		if err != nil || end != want {
			t.Errorf("%q: end %d, want %d, error %v", text, end, want, err)
		}
	}
	f("1 2", 1)
	f("1x", 1)
	f("-1.5e3]", 6)
	f(" null\nnull", 5)
	f("nullx", 4)
	f(`"a"b`, 3)
	f("[]]", 2)
	f("{}\n{}\n", 2)
	f(`{"a":[]} junk`, 8)
}

func TestAppendDepth(t *testing.T) {
	nest := func(n int) (text []byte) {
		for i := range n {
			text = append(text, []string{"[", `{"a":`}[i%2]...)
		}
		text = append(text, '1')
		for i := n - 1; i >= 0; i-- {
			text = append(text, "]}"[i%2])
		}
		return text
	}
	packed, _, err := AppendMsgpack(nil, nest(MaxDepth))
	if err != nil {
		t.Fatal(err)
	}
	if text := AppendJSON(nil, readAll(t, packed)); !bytes.Equal(text, nest(MaxDepth)) {
		t.Errorf("came back as %s", text)
	}
	_, end, err := AppendMsgpack(nil, nest(MaxDepth+1))
	var syntax *SyntaxError
	if !errors.As(err, &syntax) || syntax.Reason != TooDeep || end != 3*MaxDepth {
		t.Errorf("end %d, error %v", end, err)
	}
}

// TestAppendCut: what is nested too deeply is replaced, and what follows is converted.
func TestAppendCut(t *testing.T) {
	nest := func(n int, inside string) string {
		return strings.Repeat(`{"a":`, n) + inside + strings.Repeat("}", n)
	}
	f := func(text, want string, cut int) {
		t.Helper()
		for _, lines := range []bool{false, true} {
			packed, end, at, err := AppendCut(nil, []byte(text+" x"), lines, nil)
			if err != nil || end != len(text) || at != cut {
				t.Errorf("%.50q: end %d of %d, cut at %d, want %d, %v", text, end, len(text), at, cut, err)
			} else if got := AppendJSON(nil, readAll(t, packed)); string(got) != want {
				t.Errorf("%.50q: got %.500s, want %.500s", text, got, want)
			}
		}
	}
	f(`{"b":1}`, `{"b":1}`, -1)
	f(nest(MaxDepth, "1"), nest(MaxDepth, "1"), -1)
	f(nest(MaxDepth+1, "1"), nest(MaxDepth, "null"), 5*MaxDepth)
	deep := nest(MaxDepth-1, "null")
	for _, inside := range []string{
		"[]", nest(1000, `"}\\\"}"`), "[[1],[2]]", strings.Repeat("[", 1_000_000) + strings.Repeat("]", 1_000_000),
		`{"]":"{"}`, "[{]}", // no JSON, and nobody looks
	} {
		f(`[`+nest(MaxDepth-1, inside)+`,`+nest(MaxDepth-1, inside)+`,2]`, `[`+deep+`,`+deep+`,2]`, 1+5*(MaxDepth-1))
	}
	for text, want := range map[string]Reason{
		nest(MaxDepth, "[") + "": Truncated, nest(MaxDepth, `["`): Truncated, nest(MaxDepth, `["\`): Truncated,
		nest(MaxDepth, "[]]"): NoComma, nest(MaxDepth, "[]") + "": 0, nest(MaxDepth, "[\n]"): TooDeep,
	} {
		_, end, cut, err := AppendCut(nil, []byte(text), false, nil)
		var syntax *SyntaxError
		if errors.As(err, &syntax); (err != nil || want != 0) && (syntax == nil || syntax.Reason != want || syntax.Offset != end) {
			t.Errorf("%.20q…%.20q: %v, want %v", text, text[5*MaxDepth:], err, want)
		}
		if cut != 5*MaxDepth {
			t.Errorf("%.20q…%.20q: cut at %d", text, text[5*MaxDepth:], cut)
		}
	}
	if _, end, _, err := AppendCut(nil, []byte(nest(MaxDepth, "[\n]")), true, nil); err != nil || end != 6*MaxDepth+3 {
		t.Errorf("over lines: end %d, %v", end, err)
	}
}

func TestAppendTooLong(t *testing.T) {
	f := func(text string, want Reason) {
		t.Helper()
		got, end, err := appendWithin(10, nil, []byte(text), nil, nil)
		if want == 0 {
			if err != nil {
				t.Errorf("%s: %v", text, err)
			}
			return
		}
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || *syntax != (SyntaxError{10, want}) || end != 10 || len(got) != 0 {
			t.Errorf("%s: got %x, end %d, %v", text, got, end, err)
		}
	}
	f(`"12345678"`, 0)
	f(`[1,2,3] and more`, 0)
	f(`"123456789"`, TooLong)
	f(`"1234567\u0041"`, TooLong)
	f(`1234567890`, 0)
	f(`12345678901`, TooLong)
	f(`[123456789]`, TooLong)
	f(`[1, 2, 3, `, Truncated)
	f(`           `, TooLong)
}

// TestAppendGrowth checks the maximum length of the result.
func TestAppendGrowth(t *testing.T) {
	for _, text := range []string{
		"1e0", "[1e0]", "[1e0,1e0,1e0,1e0]", "[[],[],[]]", "[[[[[[1]]]]]]", "[[0],[0],[0]]",
		`{"":1e0}`, `[{"":0},{"":0}]`, `"\ud800\ud800"`, strings.Repeat("[1e0,", 100) + "0" + strings.Repeat("]", 100),
	} {
		packed, _, err := AppendMsgpack(nil, []byte(text))
		if err != nil || len(packed) > 3*len(text) {
			t.Errorf("%s: %d bytes from %d, error %v", text, len(packed), len(text), err)
		}
	}
}

func TestReasonString(t *testing.T) {
	for r := Truncated; r <= TooLong; r++ {
		if r.String() == "" {
			t.Errorf("reason %d has no text", r)
		}
	}
	if Reason(0).String() != "" || (TooLong+1).String() != "" {
		t.Error("a text for no reason")
	}
	err := &SyntaxError{Offset: 7, Reason: NoColon}
	if got, want := fmt.Sprint(err), "JSON broken at byte 7: a colon must follow the name"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
