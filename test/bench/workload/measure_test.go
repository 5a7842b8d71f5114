package workload

import "testing"

func TestPattern(t *testing.T) {
	got := pattern([]string{"Rules/quiet/rules=1"})
	if want := "^(BenchmarkRules)$/^(quiet)$/^(rules=1)$"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
