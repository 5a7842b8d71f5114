package stateful

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/expr"
	rowtable "github.com/fluent-detect/fluent-detect/detector/table"
)

// While events come and go, in any order, the aggregates of a group are those of the events
// that it has.
func TestRowTally(t *testing.T) {
	r := rand.New(rand.NewPCG(26, 7))
	functions := []query.Func{query.FnCount, query.FnCountDistinct, query.FnSum, query.FnAvg, query.FnMin, query.FnMax, query.FnValues}
	scalar := func(kind int) expr.Value {
		switch kind {
		case 0:
			return expr.IntOf(r.Int64N(20) - 5)
		case 1:
			return expr.TextOf(fmt.Appendf(nil, "text %d", r.IntN(12)))
		case 2:
			return expr.FloatOf(float64(r.IntN(9)) / 4)
		}
		return expr.IntOf(1 << 62) // the sum of two does not fit
	}
	for round := range 30 {
		g := newRows(header{})
		for step := range 80 {
			if r.IntN(8) == 0 {
				g.forget(r.IntN(len(g.list) + 1))
			} else if r.IntN(40) == 0 {
				g.compact()
			} else {
				inputs := make([]expr.Value, 4)
				for i := range inputs {
					switch r.IntN(6) {
					case 0: // null
					case 1:
						inputs[i] = expr.Stored([]expr.Value{scalar(i), scalar(i), scalar(i)})
					default:
						inputs[i] = scalar(i)
					}
				}
				if round%2 == 0 { // sums of small whole numbers
					inputs[3] = expr.Value{}
				}
				g.add(occurrence{at: r.Int64N(50), event: r.Uint64(), inputs: g.place(inputs)})
			}
			if g.tally == nil {
				g.tally = newRowTally(g)
			}
			for in := range 4 {
				for _, fn := range functions {
					if in == 1 && (fn == query.FnSum || fn == query.FnAvg) { // refused of texts
						continue
					}
					got, ok := g.tally.reduce(fn, in, len(g.list))
					if want := rowtable.Reduce(fn, g.each(in)); ok && !slices.Equal(got.AppendKey(nil), want.AppendKey(nil)) {
						t.Fatalf("round %d, step %d: function %d of input %d is %v, want %v", round, step, fn, in, got, want)
					} else if !ok && (in < 2 || fn != query.FnSum && fn != query.FnAvg) {
						t.Fatalf("round %d, step %d: function %d of input %d is not known", round, step, fn, in)
					}
				}
			}
			if got, ok := g.tally.reduce(query.FnCount, -1, len(g.list)); !ok || !slices.Equal(got.AppendKey(nil), expr.IntOf(int64(len(g.list))).AppendKey(nil)) {
				t.Fatalf("%d events, want %d", got, len(g.list))
			}
		}
	}
}
