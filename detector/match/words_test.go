package match

import (
	"strings"
	"testing"
)

// Facts of Unicode's word boundaries and of what the standard analyzer keeps.
func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "",
		" \t-- ... €/()":               "",
		"The QUICK brown-fox":          "the|quick|brown|fox",
		"it's O'Neil’s 'quoted'":       "it's|o'neil’s|quoted",
		"example.com. a.b.c 1.2.3 1,5": "example.com|a.b.c|1.2.3|1,5",
		"a.1 1.a a,b 1:2 a:b a;b 1;2":  "a|1|1|a|a|b|1|2|a:b|a|b|1;2",
		"a..b a.,b":                    "a|b|a|b",
		"snake_case _x_ __ a_1 _":      "snake_case|_x_|a_1",
		"x86_64 3com c3po":             "x86_64|3com|c3po",
		"user@example.com/p?q=1#f":     "user|example.com|p|q|1|f",
		"C:\\Windows\\System32":        "c|windows|system32",
		"arn:aws:iam::123456789012:a":  "arn:aws:iam|123456789012|a",
		"ÄÖÜ straße ΑΒΓ Ǆ":             "äöü|straße|αβγ|ǆ",
		"e\u0301te\u0301 e\u00adx":     "e\u0301te\u0301|e\u00adx", // marks and soft hyphens belong to the letter
		"\u0301a":                      "a",
		"中文 ひら カタカナ ﾊﾝｶｸ 한국어":    "中|文|ひ|ら|カタカナ|ﾊﾝｶｸ|한국어",
		"สวัสดีชาวโลก hello":     "สวัสดีชาวโลก|hello",
		"a\u200bb a\u2028b":      "a|b|a|b",
		"٣٤ ١٢٣a":                "٣٤|١٢٣a",
		"a\xffb":                 "a|b",
		strings.Repeat("x", 300): strings.Repeat("x", 255) + "|" + strings.Repeat("x", 45),
		strings.Repeat("𝒳", 200): strings.Repeat("𝒳", 127) + "|" + strings.Repeat("𝒳", 73),
	} {
		if got := strings.Join(wordsOf(text), "|"); got != want {
			t.Errorf("words of %q\n got %q\nwant %q", text, got, want)
		}
	}
}

// In any text, every word fits in the buffer for one, and words do not overlap.
func FuzzWords(f *testing.F) {
	for _, text := range []string{"The quick", "a.b,c:d'e_f", "中文カタ\u0301", strings.Repeat("Ⱥ", 300), "\xff\xfe", strings.Repeat("a\u0301", 400)} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var buf [wordBuffer]byte
		for pos := 0; ; {
			word, end, ok := nextWord(buf[:0], text, pos)
			if !ok {
				if end != len(text) {
					t.Fatalf("the words end at %d of %d", end, len(text))
				}
				return
			}
			if end <= pos || end > len(text) || len(word) == 0 || &word[0] != &buf[0] {
				t.Fatalf("a word of %d bytes from %d to %d", len(word), pos, end)
			}
			if again := wordsOf(string(word)); len(again) > 1 || len(again) == 1 && len(again[0]) > len(word) {
				t.Fatalf("the word %q is %q", word, again)
			}
			pos = end
		}
	})
}
