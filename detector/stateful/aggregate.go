package stateful

import (
	"encoding/binary"
	"iter"
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/query/expr"
	rowtable "github.com/fluent-detect/fluent-detect/detector/table"
)

// aggregated is the kind of rules whose query has STATS: it knows the events of groups by
// what their aggregates need of them.
type aggregated struct{}

func (aggregated) most(l Limits) int { return l.Groups }

// occurrence is an event of such a group.
type occurrence struct {
	at     int64    // milliseconds since 1970
	event  uint64   // a digest of what the event is
	inputs []uint32 // the places of the inputs among the values of the group; 0: null
	id     string   // the ID of the event, or the beginning of it
}

// rows is what is remembered of such a group.
type rows struct {
	list    []occurrence // by time, then by arrival
	values  []expr.Value // of inputs, each once; values[0] is null
	newest  int64        // time of an event of the group; none if there was none
	alerted int64        // the newest time when the group alerted last; none if it has not
	end     int64        // of its bucket; none if it has none
	header

	// places of values by their keys. Copies of the group share it, so that it may have
	// places that this one does not: see place.
	places map[string]uint32
	bytes  int       // of the values
	tally  *rowTally // nil until it is asked for
}

func newRows(h header) *rows {
	return &rows{values: make([]expr.Value, 1), newest: none, alerted: none, end: none, header: h, places: map[string]uint32{}}
}

func (g *rows) events(see func(at int64)) int {
	for i := range g.list {
		see(g.list[i].at)
	}
	if g.newest != none {
		see(g.newest)
	}
	return len(g.list)
}

func (aggregated) observe(m *Memory, r *ruleMemory, o *Observation, at int64, now time.Time) (v Verdict) {
	a := o.Aggregate
	end := MillisOf(a.End)
	slides := a.Stream.Class != rowtable.Bucket
	if !slides {
		m.dropBuckets(r)
	}
	if end != Undated && m.newest-end > r.lateness {
		m.count(r, Counts{Late: 1})
		v.Result = TooLate
		return v
	}
	g, _ := m.live(r, o.Key, now).(*rows)
	if g == nil {
		m.makeRoom(r, o.Owner, now)
		g = newRows(header{owner: o.Owner})
		g.end = end
		m.addGroup(r, o.Key, g)
	}
	if slides && g.newest != none && at < g.newest-r.window {
		m.count(r, Counts{Late: 1})
		v.Result = TooLate
		return v
	}
	g.touched = uint32(now.Unix())
	if g.has(at, o.Event) {
		v.Result = Same
		return v
	}
	g.newest = max(g.newest, at)
	g.add(occurrence{at: at, event: o.Event, inputs: g.place(a.Inputs), id: o.ID[:min(len(o.ID), MaxID)]})
	if slides {
		g.drop(g.newest - r.window + 1)
	}
	if n := g.bound(r.most); n > 0 {
		m.count(r, Counts{Evicted: uint64(n)})
	}
	quiet := r.window
	if a.Stream.Class == rowtable.Recent && a.Stream.Quiet > 0 {
		quiet = a.Stream.Quiet.Milliseconds()
	}
	if g.alerted != none && (!slides || g.alerted > g.newest-quiet) {
		return v
	}
	columns, passes := a.row(g)
	if !passes {
		return v
	}
	g.alerted = g.newest
	v.Result, v.Group = Passed, g.describe(columns)
	return v
}

// row returns the row of a group.
func (a *Aggregate) row(g *rows) ([]rowtable.Column, bool) {
	if g.tally == nil {
		g.tally = newRowTally(g)
	}
	return a.Stream.Row(a.Keys, timeOf(g.newest), func(aggregate int) expr.Value {
		fn, in := a.Stream.Aggregate(aggregate)
		v, ok := g.tally.reduce(fn, in, len(g.list))
		if !ok {
			v = rowtable.Reduce(fn, g.each(in))
		}
		return v
	})
}

// dropBuckets forgets the groups whose buckets ended longer ago than events may be late. It
// looks for them only now and then.
func (m *Memory) dropBuckets(r *ruleMemory) {
	if r.buckets == m.newest || r.buckets != none && m.newest-r.buckets < max(r.lateness/16, 1000) {
		return
	}
	r.buckets = m.newest
	var ended []uint32
	r.groups.each(func(slot uint32, e *item[kept]) {
		end := endOf(e.value.state)
		if g, ok := m.unpacked[changedSlot{r, slot}].(*rows); ok {
			end = g.end
		}
		if end != none && m.newest-end > r.lateness {
			ended = append(ended, slot)
		}
	})
	for _, slot := range ended {
		m.remove(r, slot)
	}
}

// endOf returns when the bucket of a group ends, from what is kept of it.
func endOf(state string) (end int64) {
	var room [3 * binary.MaxVarintLen64]byte
	d := decoder{rest: room[:copy(room[:], state)]}
	for range 3 {
		end = d.varint()
	}
	return end
}

// has reports whether the group has the event already.
func (g *rows) has(at int64, event uint64) bool {
	for i := g.search(at); i < len(g.list) && g.list[i].at == at; i++ {
		if g.list[i].event == event {
			return true
		}
	}
	return false
}

// search returns the place of the first event that is not before that time.
func (g *rows) search(at int64) int {
	i, _ := slices.BinarySearchFunc(g.list, at, func(o occurrence, at int64) int { return compare(o.at, at) })
	return i
}

// add adds an event behind those of the same time.
func (g *rows) add(o occurrence) {
	g.list = slices.Insert(g.list, g.search(o.at+1), o)
	if g.tally != nil {
		g.tally.add(g, &o)
	}
}

// drop drops the events before that time.
func (g *rows) drop(before int64) { g.forget(g.search(before)) }

// forget drops the oldest events, so many.
func (g *rows) forget(n int) {
	if g.tally != nil {
		for i := range g.list[:n] {
			g.tally.remove(g, &g.list[i])
		}
	}
	clear(g.list[:n])
	g.list = g.list[n:]
}

// place returns the places of values among those of the group, which it adds.
func (g *rows) place(inputs []expr.Value) []uint32 {
	places := make([]uint32, len(inputs))
	var room [128]byte
	for i, v := range inputs {
		if v.Kind() == expr.Null {
			continue
		}
		key := v.AppendKey(room[:0])
		at, ok := g.places[string(key)]
		if !ok {
			at = uint32(len(g.values))
			g.values = append(g.values, v)
			g.places[string(key)] = at
			g.bytes += 2 * v.Size()
		}
		places[i] = at
	}
	return places
}

// bound forgets the oldest events until there are no more than most, and their values take
// no more than maxValues, and returns how many it has forgotten.
func (g *rows) bound(most int) (forgotten int) {
	if n := len(g.list) - most; n > 0 {
		g.forget(n)
		forgotten = n
	}
	for g.bytes > maxValues {
		if g.compact(); g.bytes <= maxValues*3/4 || len(g.list) < 2 {
			break
		}
		n := max(len(g.list)/4, 1)
		g.forget(n)
		forgotten += n
	}
	return forgotten
}

// compact forgets the values that no event has.
func (g *rows) compact() {
	values := g.values
	g.tally = nil // which knows values by their places
	g.values, g.places, g.bytes = make([]expr.Value, 1), map[string]uint32{}, 0
	moved := make([]uint32, len(values))
	for i := range g.list {
		inputs := make([]uint32, len(g.list[i].inputs))
		for k, at := range g.list[i].inputs {
			if at != 0 && moved[at] == 0 {
				moved[at] = g.place(values[at : at+1])[0]
			}
			inputs[k] = moved[at]
		}
		g.list[i].inputs = inputs
	}
}

// each returns the inputs of that number of all events, in the order of time.
func (g *rows) each(in int) iter.Seq[expr.Value] {
	return func(yield func(expr.Value) bool) {
		for i := range g.list {
			if !yield(g.values[g.list[i].inputs[in]]) {
				return
			}
		}
	}
}

func (g *rows) describe(columns []rowtable.Column) *Group {
	d := &Group{From: timeOf(g.list[0].at), To: timeOf(g.list[len(g.list)-1].at), Count: len(g.list), Columns: columns}
	for i := range g.list {
		if id := g.list[i].id; id != "" && len(d.EventIDs) < maxIDs {
			d.EventIDs = append(d.EventIDs, id)
		}
	}
	return d
}

func (g *rows) encode(b []byte) []byte {
	g.compact()
	for _, at := range []int64{g.newest, g.alerted, g.end} {
		b = binary.AppendVarint(b, at)
	}
	b = binary.AppendUvarint(b, uint64(len(g.values)-1))
	for _, v := range g.values[1:] {
		b = v.AppendKey(b)
	}
	inputs := 0
	if len(g.list) > 0 {
		inputs = len(g.list[0].inputs)
	}
	b = binary.AppendUvarint(b, uint64(inputs))
	b = binary.AppendUvarint(b, uint64(len(g.list)))
	before := int64(0)
	for i := range g.list {
		o := &g.list[i]
		b = binary.AppendVarint(b, o.at-before)
		before = o.at
		b = binary.BigEndian.AppendUint64(b, o.event)
		for _, at := range o.inputs {
			b = binary.AppendUvarint(b, uint64(at))
		}
		b = append(binary.AppendUvarint(b, uint64(len(o.id))), o.id...)
	}
	return b
}

func (aggregated) decode(h header, d *decoder) (entry, bool) {
	g := newRows(h)
	for _, at := range []*int64{&g.newest, &g.alerted, &g.end} {
		*at = d.varint()
	}
	for range d.count(2) {
		v, rest, ok := expr.ReadKey(d.rest)
		if !ok || v.Kind() == expr.Null {
			return nil, false
		}
		d.rest = rest
		g.place([]expr.Value{v})
	}
	inputs := d.number(1 << 12)
	before := int64(0)
	for range d.count(10 + inputs) {
		o := occurrence{at: before + d.varint(), event: d.uint64(), inputs: make([]uint32, inputs)}
		if o.at < before && len(g.list) > 0 {
			return nil, false
		}
		before = o.at
		for i := range o.inputs {
			o.inputs[i] = uint32(d.number(len(g.values) - 1))
		}
		o.id = string(d.take(d.count(1)))
		g.list = append(g.list, o)
	}
	return g, true
}

// number returns a number that is at most max.
func (d *decoder) number(max int) int {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 || v > uint64(max) {
		d.failed, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[n:]
	return int(v)
}
