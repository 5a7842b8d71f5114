package spelling

import (
	"strings"
	"testing"
)

func TestSuggest(t *testing.T) {
	known := []string{"from", "name", "query", "risk_score", "severity", "tags", "to", "type"}
	f := func(word, want string) {
		t.Helper()
		if want != "" {
			want = `; did you mean "` + want + `"?`
		}
		if got := Suggest(word, known); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
	f("severty", "severity")
	f("sevreity", "severity")
	f("risk-score", "risk_score")
	f("queery", "query")
	f("frm", "from")
	f("tags ", "tags")
	f("id", "")
	f("colour", "")
	f(strings.Repeat("x", 100), "")
}
