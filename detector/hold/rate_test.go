package hold

import (
	"testing"
	"time"
)

func TestParseRate(t *testing.T) {
	for text, want := range map[string]Rate{
		"100/5m": {100, 5 * time.Minute},
		"1/1s":   {1, time.Second},
		"7/90m":  {7, 90 * time.Minute},
		"0":      {},
	} {
		got, err := ParseRate(text)
		if err != nil || got != want {
			t.Errorf("ParseRate(%q) = %v, %v, want %v", text, got, err, want)
		}
		if again, err := ParseRate(got.String()); err != nil || again != want {
			t.Errorf("%q prints as %q, which reads as %v, %v", text, got, again, err)
		}
	}
	for _, text := range []string{"", "100", "banana", "-1/5m", "0/5m", "1.5/5m", "100/", "100/0s", "100/5", "100/-5m", "/5m"} {
		if r, err := ParseRate(text); err == nil {
			t.Errorf("ParseRate(%q) = %v, want an error", text, r)
		}
	}
}
