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

// Events of many services that none of the rules match.
func BenchmarkNamedRules(b *testing.B) {
	e := newBench(b, "rules", namedRules(b))
	var ordinary []byte // one event of each kind that nothing matches
	n := 0
	for i := range 200 {
		one := chunkOf(b, events.Ordinary(i))
		before := e.engine.Report()
		if _, err := e.engine.Scan("bench", one); err != nil {
			b.Fatal(err)
		}
		if after := e.engine.Report(); after.Matched() == before.Matched() {
			ordinary = append(ordinary, one...)
			n++
		}
	}
	if n == 0 {
		b.Fatal("all events match")
	}
	var chunk []byte
	records := 0
	for len(chunk) < benchSize {
		chunk = append(chunk, ordinary...)
		records += n
	}
	newBench(b, "rules", namedRules(b)).measure(b, chunk, records, 0)
}

func BenchmarkLoadNamedRules(b *testing.B) {
	for b.Loop() {
		newBench(b, "rules", namedRules(b))
	}
}
