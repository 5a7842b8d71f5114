package page

import (
	"encoding/json"
	"testing"
)

func TestVisible(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if got := Visible(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	f("", "")
	f("plain, ünïcode, 日本\n\ttext", "plain, ünïcode, 日本\n\ttext")
	f("a\u202eb", "a‹U+202E›b")
	f("\u200b\u2066\ufeff\u00ad", "‹U+200B›‹U+2066›‹U+FEFF›‹U+00AD›")
	f("\x00\x1b[31m\r", "‹U+0000›‹U+001B›[31m‹U+000D›")
	f("\xff\xed\xa0\x80", "‹FF›‹ED›‹A0›‹80›") // a lone surrogate, as bytes
	f("\u2028\U000e0041\ue000\u3164", "‹U+2028›‹U+E0041›‹U+E000›‹U+3164›")
	f("\ufffd<b>", "\ufffd<b>")
}

// Escaped JSON means the same.
func TestEscapeHidden(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		got := EscapeHidden(text)
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
		var before, after any
		if json.Unmarshal([]byte(text), &before) != nil || json.Unmarshal([]byte(got), &after) != nil || before != after {
			t.Errorf("%q: %q before, %q after", text, before, after)
		}
	}
	f(`"a"`, `"a"`)
	f("\"\u202e\u2028\"", `"\u202e\u2028"`)
	f("\"\U000e0041\"\r\n", `"\udb40\udc41"`+"\r\n")
}
