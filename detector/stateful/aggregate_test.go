package stateful

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/query/expr"
)

// What is stored of a group is read as it was; what is damaged is refused, or read as
// something that is no harm.
func TestStoredGroups(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		g := newRows(header{touched: 7, owner: 8})
		for i := range r.IntN(20) {
			inputs := []expr.Value{
				{}, expr.IntOf(r.Int64N(5)), expr.TextOf(fmt.Appendf(nil, "text %d", r.IntN(4))), expr.BoolOf(true), expr.DateOf(int64(i)), expr.FloatOf(0.5),
				expr.IPOf(bytes.Repeat([]byte{1}, 16)), expr.ListOf([]expr.Value{expr.IntOf(1), expr.TextOf([]byte("x"))}),
			}
			r.Shuffle(len(inputs), func(i, j int) { inputs[i], inputs[j] = inputs[j], inputs[i] })
			g.add(occurrence{at: r.Int64N(100), event: r.Uint64(), inputs: g.place(inputs), id: fmt.Sprint(i)})
		}
		g.newest, g.alerted, g.end = 100, none, 200
		stored := g.encode(nil)
		d := decoder{rest: stored}
		e, ok := aggregated{}.decode(g.header, &d)
		if !ok || d.failed || len(d.rest) > 0 || !bytes.Equal(e.encode(nil), stored) {
			t.Fatalf("%x is read as %+v", stored, e)
		}
		for range 200 {
			damaged := bytes.Clone(stored)
			for range 1 + r.IntN(3) {
				damaged[r.IntN(len(damaged))] = byte(r.Uint32())
			}
			d := decoder{rest: damaged[:r.IntN(len(damaged)+1)]}
			if e, ok := (aggregated{}).decode(g.header, &d); ok && !d.failed {
				other := e.(*rows)
				for i := range other.list {
					for range other.each(min(i, len(other.list[i].inputs)-1)) {
						continue
					}
				}
				other.bound(minHits)
				_ = other.encode(nil)
			}
		}
	}
}
