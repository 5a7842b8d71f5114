package msgpack

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
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

// describe returns a text that identifies v.
func describe(v Value) string {
	switch v.Kind() {
	case Bool:
		return fmt.Sprintf("bool %v", v.Bool())
	case Int:
		return fmt.Sprintf("int %d", v.Int())
	case Uint:
		return fmt.Sprintf("uint %d", v.Uint())
	case Float:
		return fmt.Sprintf("float %v", v.Float())
	case Str, Bin:
		return fmt.Sprintf("%v %q", v.Kind(), v.Bytes())
	case Ext:
		return fmt.Sprintf("ext %d %x", v.ExtType(), v.Bytes())
	case Array:
		var list []string
		elements := v.Elements()
		for {
			element, ok := elements.Next()
			if !ok {
				return fmt.Sprintf("%d[%s]", v.Len(), strings.Join(list, ", "))
			}
			list = append(list, describe(element))
		}
	case Map:
		var list []string
		members := v.Members()
		for {
			key, value, ok := members.Next()
			if !ok {
				return fmt.Sprintf("%d{%s}", v.Len(), strings.Join(list, ", "))
			}
			list = append(list, describe(key)+": "+describe(value))
		}
	}
	return v.Kind().String()
}

// TestRead tests each format at its limits.
func TestRead(t *testing.T) {
	f := func(digits, want string) {
		t.Helper()
		b := fromHex(t, digits)
		v, end, err := Read(b, 0)
		if err != nil || end != len(b) {
			t.Errorf("%s: end %d of %d, %v", digits, end, len(b), err)
			return
		}
		if got := describe(v); got != want {
			t.Errorf("%s: got %s, want %s", digits, got, want)
		}
		// the same among other bytes, and skipped
		around := append(append([]byte{0xc1, 0xc1}, b...), 0xc1)
		if v, end, err = Read(around, 2); err != nil || end != len(b)+2 || describe(v) != want {
			t.Errorf("%s at 2: got %s, end %d, %v", digits, describe(v), end, err)
		}
		if end, err = Skip(around, 2); err != nil || end != len(b)+2 {
			t.Errorf("%s: Skip ends at %d, %v", digits, end, err)
		}
		for n := range b { // and never whole when it is not
			v, end, err := Read(b[:n], 0)
			var e *Error
			if !errors.As(err, &e) || e.Fault != Truncated || e.Offset > n || end != 0 || v.Kind() != Invalid {
				t.Errorf("%s cut to %d bytes: got %s, end %d, %v", digits, n, describe(v), end, err)
			}
			if _, skipErr := Skip(b[:n], 0); skipErr == nil || skipErr.Error() != err.Error() {
				t.Errorf("%s cut to %d bytes: Skip says %v, Read %v", digits, n, skipErr, err)
			}
		}
	}
	f("c0", "nil")
	f("c2", "bool false")
	f("c3", "bool true")

	f("00", "int 0")
	f("7f", "int 127")
	f("ff", "int -1")
	f("e0", "int -32")
	f("cc 00", "int 0")
	f("cc ff", "int 255")
	f("cd ffff", "int 65535")
	f("ce ffffffff", "int 4294967295")
	f("cf 7fffffffffffffff", "int 9223372036854775807")
	f("cf 8000000000000000", "uint 9223372036854775808")
	f("cf ffffffffffffffff", "uint 18446744073709551615")
	f("cf 0000000000000001", "int 1") // longer than it need be
	f("d0 80", "int -128")
	f("d0 7f", "int 127")
	f("d1 8000", "int -32768")
	f("d1 7fff", "int 32767")
	f("d2 80000000", "int -2147483648")
	f("d2 7fffffff", "int 2147483647")
	f("d3 8000000000000000", "int -9223372036854775808")
	f("d3 7fffffffffffffff", "int 9223372036854775807")
	f("d3 ffffffffffffffff", "int -1")

	f("ca 3fc00000", "float 1.5")
	f("ca 80000000", "float -0")
	f("ca 7f800000", "float +Inf")
	f("ca 7fc00001", "float NaN")
	f("cb 3ff8000000000000", "float 1.5")
	f("cb fff0000000000000", "float -Inf")
	f("cb 0000000000000001", "float 5e-324")

	f("a0", `str ""`)
	f("a3 610062", `str "a\x00b"`)
	f("a2 fffe", `str "\xff\xfe"`)
	f("bf"+strings.Repeat("61", 31), `str "`+strings.Repeat("a", 31)+`"`)
	f("d9 00", `str ""`)
	f("d9 ff"+strings.Repeat("61", 255), `str "`+strings.Repeat("a", 255)+`"`)
	f("da 0001 61", `str "a"`)
	f("da 0100"+strings.Repeat("61", 256), `str "`+strings.Repeat("a", 256)+`"`)
	f("db 00000001 61", `str "a"`)
	f("c4 00", `bin ""`)
	f("c4 01 61", `bin "a"`)
	f("c5 0002 6162", `bin "ab"`)
	f("c6 00000002 6162", `bin "ab"`)

	f("90", "0[]")
	f("91 c0", "1[nil]")
	f("9f"+strings.Repeat("01", 15), "15["+strings.Repeat("int 1, ", 14)+"int 1]")
	f("dc 0000", "0[]")
	f("dc 0002 01 a161", `2[int 1, str "a"]`)
	f("dd 00000001 dd 00000001 90", "1[1[0[]]]")
	f("80", "0{}")
	f("81 01 02", "1{int 1: int 2}")
	f("8f"+strings.Repeat("01 02", 15), "15{"+strings.Repeat("int 1: int 2, ", 14)+"int 1: int 2}")
	f("de 0000", "0{}")
	f("de 0001 a161 c0", `1{str "a": nil}`)
	f("df 00000000", "0{}")
	f("df 00000002 a161 80 a161 df00000001 90 c2", `2{str "a": 0{}, str "a": 1{0[]: bool false}}`)

	f("d4 05 01", "ext 5 01")
	f("d5 ff 0102", "ext -1 0102")
	f("d6 80 01020304", "ext -128 01020304")
	f("d7 00 0102030405060708", "ext 0 0102030405060708")
	f("d8 7f 000102030405060708090a0b0c0d0e0f", "ext 127 000102030405060708090a0b0c0d0e0f")
	f("c7 00 05", "ext 5 ")
	f("c7 03 05 010203", "ext 5 010203")
	f("c8 0001 05 ff", "ext 5 ff")
	f("c9 00000001 05 ff", "ext 5 ff")
}

func TestReadErrors(t *testing.T) {
	f := func(digits string, off, wantOffset int, want Fault) {
		t.Helper()
		b := fromHex(t, digits)
		v, end, err := Read(b, off)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: got %s and error %v", digits, describe(v), err)
			return
		}
		if *e != (Error{wantOffset, want}) || end != off || v.Kind() != Invalid {
			t.Errorf("%s: %v, end %d, %s; want byte %d: %s", digits, err, end, describe(v), wantOffset, faultTexts[want])
		}
		if _, skipErr := Skip(b, off); skipErr == nil || skipErr.Error() != err.Error() {
			t.Errorf("%s: Skip says %v, Read %v", digits, skipErr, err)
		}
	}
	f("", 0, 0, Truncated)
	f("01", 1, 1, Truncated)
	f("01", 2, 2, Truncated)
	f("01", -1, -1, Truncated)
	f("c1", 0, 0, BadCode)
	f("92 01 c1", 0, 2, BadCode)
	f("82 01 02 c1 00", 0, 3, BadCode)
	f("00 93 01 02", 1, 1, Truncated)    // a count over what is left
	f("93 01 a5 61 62", 0, 2, Truncated) // its second element is cut off
	f("81 a1 61", 0, 3, Truncated)       // the value is missing
	f("82 01 91 02 03", 0, 2, Truncated) // leaves too few for the second pair
	f("81 01", 0, 0, Truncated)          // a pair takes two bytes at least
	f("92 92 01 02", 0, 1, Truncated)    // the inner two leave none for the outer

	// huge counts and lengths are refused before anything is read
	f("dd ffffffff", 0, 0, Truncated)
	f("df ffffffff 01 02", 0, 0, Truncated)
	f("91 df 80000000 01 02", 0, 1, Truncated)
	f("db ffffffff 61", 0, 0, Truncated)
	f("c6 ffffffff 61", 0, 0, Truncated)
	f("c9 ffffffff 05 61", 0, 0, Truncated)
	f("92 dd 0000000f"+strings.Repeat("c0", 15), 0, 1, Truncated)
}

// TestSkipDeep: nesting costs neither stack nor time.
func TestSkipDeep(t *testing.T) {
	deep := make([]byte, 1<<20)
	for i := range deep {
		deep[i] = 0x91
	}
	if _, err := Skip(deep, 0); err == nil {
		t.Error("an array without its last element is taken")
	}
	deep[len(deep)-1] = 0xc0
	if end, err := Skip(deep, 0); err != nil || end != len(deep) {
		t.Errorf("end %d of %d, %v", end, len(deep), err)
	}
	v, end, err := Read(deep, 0)
	if err != nil || end != len(deep) || v.Len() != 1 {
		t.Errorf("end %d of %d, %v", end, len(deep), err)
	}
	// arrays that each claim all bytes left
	for i := 0; i+5 <= len(deep); i += 5 {
		left := len(deep) - i - 5
		copy(deep[i:], []byte{0xdd, byte(left >> 24), byte(left >> 16), byte(left >> 8), byte(left)})
	}
	if _, err := Skip(deep, 0); err == nil {
		t.Error("lying counts are taken")
	}
}

func TestError(t *testing.T) {
	f := func(e Error, want string) {
		t.Helper()
		if got := e.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f(Error{12, Truncated}, "msgpack broken at byte 12: the value is longer than what is left of the chunk")
	f(Error{0, BadCode}, "msgpack broken at byte 0: 0xc1 begins no msgpack value")
	f(Error{MaxChunk, TooLong}, "msgpack broken at byte 2147483647: the chunk is over 2 GiB")
}
