package match

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

func TestDecimals(t *testing.T) {
	for text, want := range map[string]bool{
		"0": true, "-0": true, "+5": true, "007": true, "1.": true, ".5": true, "1.5e3": true, "1E-3": true, "1e+3": true, "12345678901234567890.5": true,
		"": false, "-": false, ".": false, "e5": false, "1e": false, "1e+": false, "1.5.5": false, "1_0": false, "0x1": false, " 1": false, "1 ": false, "1f": false,
		"Infinity": false, "NaN": false, "--1": false, "1,5": false, "½": false,
	} {
		if got := isDecimal([]byte(text)); got != want {
			t.Errorf("isDecimal(%q) = %v", text, got)
		}
		_, exact := new(big.Rat).SetString(text)
		if _, ok := parseBound(text); ok && !exact {
			t.Errorf("parseBound(%q) takes it", text)
		}
	}
}

// Whole and decimal numbers compare as big numbers do, also at the ends of all ranges.
func TestWholeNumbersAreOrderedExactly(t *testing.T) {
	wholes := []any{0, 1, -1, 22, math.MaxInt64, math.MinInt64, uint64(math.MaxUint64), uint64(math.MaxInt64) + 1, 1 << 53, 1<<53 + 1, -(1<<53 + 1)}
	bounds := []string{"0", "-0", "0.5", "-0.5", "1e-400", "-1e-400", "22.0", "22.1", "21.9", "9223372036854775807", "9223372036854775807.5", "9223372036854775808", "-9223372036854775808",
		"-9223372036854775808.1", "18446744073709551615", "18446744073709551614.9", "9007199254740992", "9007199254740993", "9007199254740992.5", "-9007199254740993", "1e18", "1.5e1"}
	for _, n := range wholes {
		v, _, err := msgpack.Read(msgpacktest.Value(t, n), 0)
		if err != nil {
			t.Fatal(err)
		}
		whole, ok := wholeNumber(v)
		if !ok {
			t.Fatalf("%v is not a whole number", n)
		}
		exact := new(big.Rat).SetInt(new(big.Int).SetUint64(whole.magnitude))
		if whole.negative {
			exact.Neg(exact)
		}
		for _, text := range bounds {
			b, ok := parseBound(text)
			if !ok {
				t.Fatalf("parseBound(%q) refuses it", text)
			}
			want, _ := new(big.Rat).SetString(text)
			if got := b.compare(whole); got != exact.Cmp(want) {
				t.Errorf("%v compared with %s is %d, want %d", n, text, got, exact.Cmp(want))
			}
		}
	}
	for _, text := range []string{"18446744073709551616", "-18446744073709551616", "1e20", "-1e400", "1e99999999999"} {
		if b, ok := parseBound(text); ok {
			t.Errorf("parseBound(%q) = %v", text, b)
		}
	}
}

// The value of a text in a field of whole numbers is its whole part.
func TestWholePartOfTexts(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	digits := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte(byte('0' + r.IntN(10)))
		}
		return b.String()
	}
	for range 20000 {
		text := []string{"", "-", "+"}[r.IntN(3)] + digits(r.IntN(22))
		if r.IntN(2) == 0 {
			text += "." + digits(r.IntN(4))
		}
		if r.IntN(4) == 0 {
			text += "e" + []string{"", "-", "+"}[r.IntN(3)] + digits(1)
		}
		if !isDecimal([]byte(text)) {
			continue
		}
		exact, ok := new(big.Rat).SetString(text)
		if !ok {
			t.Fatalf("%s is not a number to math/big", text)
		}
		want := new(big.Int).Quo(exact.Num(), exact.Denom())
		got, ok := parseWhole([]byte(text))
		if ok != (want.BitLen() <= 64) {
			// Numbers that only their fraction takes out of the range may be in or out.
			if want.BitLen() < 64 || want.BitLen() > 65 {
				t.Errorf("parseWhole(%s): %v", text, ok)
			}
			continue
		}
		n := new(big.Int).SetUint64(got.magnitude)
		if got.negative {
			n.Neg(n)
		}
		if ok && n.Cmp(want) != 0 || got.negative && got.magnitude == 0 {
			t.Errorf("parseWhole(%s) = %v, want %s", text, got, want)
		}
	}
}

func TestNumbersThatAreNone(t *testing.T) {
	for _, v := range []any{math.NaN(), math.Inf(1), nil, true, []byte("x"), "1e400", "٣"} {
		value, _, err := msgpack.Read(msgpacktest.Value(t, v), 0)
		if err != nil {
			t.Fatal(err)
		}
		zero, _ := parseBound("0")
		for _, op := range []query.Op{query.Gt, query.Gte, query.Lt, query.Lte} {
			if (longOrder{op, zero}).match(value) {
				t.Errorf("%v %s 0 as a whole number", v, op)
			}
			if f, ok := v.(float64); (doubleOrder{op, 0}).match(value) && !(ok && math.IsInf(f, 1)) {
				t.Errorf("%v %s 0", v, op)
			}
		}
	}
}
