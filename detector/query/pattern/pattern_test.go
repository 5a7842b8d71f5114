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
	f := func(glob, text string, fold query.Fold, want bool) {
		t.Helper()
		runs := strings.Split(strings.ReplaceAll(glob, "?", anyChar), "*")
		if got := NewGlob(runs, fold).Fits([]byte(text)); got != want {
			t.Errorf("%q, %q, case does not count: %v: %v, want %v", glob, text, fold, got, want)
		}
	}
	f("a?c", "aéc", query.NoFold, true)
	f("a?c", "ac", query.NoFold, false)
	f("a??c", "aéc", query.NoFold, false) // a character is one, however many bytes it has
	f("*?", "😀", query.NoFold, true)
	f("??", "😀", query.NoFold, false)
	f("*a?b*", "xaaxbx", query.NoFold, true)
	f("ab*ba", "aba", query.NoFold, false)
	f("*É*", "caféx", query.LowerFold, true)
	f("*é*", "CAFÉX", query.LowerFold, true)
	f("k", "\u212a", query.LowerFold, false)
	f("\u212a", "K", query.LowerFold, false)
	f("a?", "a\xff", query.LowerFold, true)
	f("*\ufffd", "\xff", query.LowerFold, false) // a byte that is not a character is not U+FFFD
	f("İx", "i̇x", query.LowerFold, false)
	f("Ⱥ*Ⱥ", "ⱥⱥ", query.LowerFold, true) // letters of different lengths in their cases

	f("k", "\u212a", query.SimpleFold, true)
	f("\u212aey", "KEY", query.SimpleFold, true)
	f("*askS*", "xxa\u017fKſx", query.SimpleFold, true)
	f("*s?y", "ſs\u017f-Y", query.SimpleFold, true)
	f("ΣΊΣΥΦΟΣ", "σίσυφος", query.SimpleFold, true)
	f("straße", "STRASSE", query.SimpleFold, false) // one letter becomes one letter
	f("ẞ", "ß", query.SimpleFold, true)
	f("İx", "i̇x", query.SimpleFold, false)
	f("i", "İ", query.SimpleFold, false)
}
