package detector

import (
	"os"
	"testing"

	"github.com/fluent-detect/fluent-detect/test/bench/events"
)

// namedRules returns rules outside of the project, of any kind, as in the key rules: those
// of SigmaHQ or Elastic, for instance.
func namedRules(b *testing.B) string {
	spec := os.Getenv("BENCH_RULES")
	if spec == "" {
		b.Skip("not tested: rules outside of the project, as BENCH_RULES names none")
	}
	return spec
}

// Events of many services that the query of no rule matches: some rules are about every
// event of a user, or of a role, so that only those are left whose callers are services.
func BenchmarkNamedRules(b *testing.B) {
	e := newBench(b, "rules", namedRules(b))
	var unmatched [][]byte
	for i := range 200 {
		for _, make := range []func(int) string{events.Ordinary, events.ByService} {
			one := chunkOf(b, make(i))
			before := e.engine.Report()
			if _, err := e.engine.Scan("bench", one); err != nil {
				b.Fatal(err)
			}
			if after := e.engine.Report(); after.Matched() == before.Matched() {
				unmatched = append(unmatched, one)
				break
			}
		}
	}
	if len(unmatched) == 0 {
		b.Fatal("all events match")
	}
	var chunk []byte
	records := 0
	for ; len(chunk) < benchSize; records++ {
		chunk = append(chunk, unmatched[records%len(unmatched)]...)
	}
	newBench(b, "rules", namedRules(b)).measure(b, chunk, records, 0)
}

func BenchmarkLoadNamedRules(b *testing.B) {
	for b.Loop() {
		newBench(b, "rules", namedRules(b))
	}
}
