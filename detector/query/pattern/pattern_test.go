package pattern

import (
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

// What a pattern matches contains its literal, in any case where case does not count.
func TestLiteral(t *testing.T) {
	f := func(expression, want string, wantFold bool) {
		t.Helper()
		re, err := NewRegexp(expression)
		if err != nil {
			t.Fatal(err)
		}
		if text, fold := re.Literal(); text != want || fold != wantFold {
			t.Errorf("%s: literal %q, case does not count: %v; want %q, %v", expression, text, fold, want, wantFold)
		}
	}
	f(`\Aabc.*longer\z`, "longer", false)
	f(`a(bc)d|e`, "", false)
	f(`x(bc)?def`, "def", false)
	f(`(abc)+d`, "abc", false)
	f(`(abc){2}`, "abc", false)
	f(`(abc){0,2}d`, "d", false)
	f(`[aA][bB]c1`, "abc1", true)
	f(`[aA][bB]é[cC]`, "ab", true)
	f(`ééé[cC]`, "ééé", false)
	f(`(?i)ab-cK`, "ab-c", true)     // K stands for the Kelvin sign too
	f(`(?i)aés.b`, "a", true)        // as s does for ſ
	f(`[kK]ey`, "key", true)         // not here
	f(`[a-c]x[^y]z\bw`, "zw", false) // a boundary is not a character
	f(`(?i:x)Y`, "xy", true)
}

func TestGlob(t *testing.T) {
	anyChar := string([]byte{query.AnyChar})
	f := func(glob, text string, fold, want bool) {
		t.Helper()
		runs := strings.Split(strings.ReplaceAll(glob, "?", anyChar), "*")
		if got := NewGlob(runs, fold).Fits([]byte(text)); got != want {
			t.Errorf("%q, %q, case does not count: %v: %v, want %v", glob, text, fold, got, want)
		}
	}
	f("a?c", "aéc", false, true)
	f("a?c", "ac", false, false)
	f("a??c", "aéc", false, false) // a character is one, however many bytes it has
	f("*?", "😀", false, true)
	f("??", "😀", false, false)
	f("*a?b*", "xaaxbx", false, true)
	f("ab*ba", "aba", false, false)
	f("*É*", "caféx", true, true)
	f("*é*", "CAFÉX", true, true)
	f("k", "\u212a", true, false)
	f("\u212a", "K", true, false)
	f("a?", "a\xff", true, true)
	f("*\ufffd", "\xff", true, false) // a byte that is not a character is not U+FFFD
	f("İx", "i̇x", true, false)
	f("Ⱥ*Ⱥ", "ⱥⱥ", true, true) // letters of different lengths in their cases
}
