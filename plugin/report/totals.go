package report

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// totals are counts of all alerts, also of those without a card.
type totals struct {
	alerts     uint64 // summaries left out
	summaries  uint64
	severities [severities]uint64
	first      int64 // of their events, in milliseconds since 1970
	last       int64
	timeline   timeline
	actors     tally
	addresses  tally
	systems    tally
}

// severities is the number of severities.
const severities = 4

func newTotals() totals {
	return totals{timeline: newTimeline(), actors: newTally(), addresses: newTally(), systems: newTally()}
}

func (t *totals) add(d document, r *row, texts *[columns]string) {
	if d.isSummary() {
		t.summaries++
		return
	}
	if t.alerts == 0 || r.at < t.first {
		t.first = r.at
	}
	if t.alerts == 0 || r.at > t.last {
		t.last = r.at
	}
	t.alerts++
	t.severities[r.severity]++
	t.timeline.add(r.at, r.severity)
	t.actors.add(texts[columnActor], r.severity, texts[columnAccount])
	t.addresses.add(texts[columnAddress], r.severity, join(shown(d.place()), texts[columnAS]))
	t.systems.add(texts[columnAS], r.severity, texts[columnCountry])
}

func join(a, b string) string {
	if a != "" && b != "" {
		return a + " · " + b
	}
	return a + b
}

// maxTallied is the maximum number of names that a tally counts by themselves.
const maxTallied = 10_000

// tally counts alerts by a name.
type tally struct {
	names  map[string]*tallied
	beyond uint64 // alerts of further names
}

// tallied is a name with its alerts.
type tallied struct {
	Name     string
	Note     string
	Count    uint64
	severity int
}

func newTally() tally { return tally{names: map[string]*tallied{}} }

func (t *tally) add(name string, severity int, note string) {
	if name == "" {
		return
	}
	one := t.names[name]
	if one == nil {
		if len(t.names) == maxTallied {
			t.beyond++
			return
		}
		one = &tallied{Name: name, Note: note}
		t.names[name] = one
	}
	one.Count++
	one.severity = max(one.severity, severity)
}

// Severity returns the name of the highest severity.
func (t *tallied) Severity() string { return rule.Severities[t.severity] }

// sorted returns the names by the number of their alerts.
func (t *tally) sorted() []*tallied {
	return slices.SortedFunc(maps.Values(t.names), func(a, b *tallied) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(b.severity, a.severity), cmp.Compare(a.Name, b.Name))
	})
}

// timeline counts alerts by time, in intervals as short as possible.
type timeline struct {
	width  int64 // of an interval, in milliseconds
	counts map[int64]*[severities]uint64
}

// maxIntervals is the maximum number of intervals with alerts.
const maxIntervals = 4096

func newTimeline() timeline {
	return timeline{width: time.Second.Milliseconds(), counts: map[int64]*[severities]uint64{}}
}

func (t *timeline) add(at int64, severity int) {
	t.at(floorDiv(at, t.width))[severity]++
	for len(t.counts) > maxIntervals {
		old, factor := t.counts, longer(t.width)
		t.width, t.counts = factor*t.width, map[int64]*[severities]uint64{}
		for i, n := range old {
			sum := t.at(floorDiv(i, factor))
			for s := range n {
				sum[s] += n[s]
			}
		}
	}
}

// widths are the lengths of intervals, in seconds; each is a multiple of the one before.
var widths = []int64{1, 5, 10, 30, 60, 300, 600, 1800, 3600, 2 * 3600, 6 * 3600, 12 * 3600, 86400}

// longer returns how many times as long as an interval the next longer one is.
func longer(width int64) (factor int64) {
	for _, w := range widths {
		if w *= 1000; w > width {
			return w / width
		}
	}
	return 2
}

func (t *timeline) at(i int64) *[severities]uint64 {
	n := t.counts[i]
	if n == nil {
		n = new([severities]uint64)
		t.counts[i] = n
	}
	return n
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// steps are the lengths of the bars of a timeline, in seconds.
var steps = []int64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 2 * 3600, 3 * 3600, 6 * 3600, 12 * 3600,
	86400, 2 * 86400, 7 * 86400, 14 * 86400, 30 * 86400, 91 * 86400, 365 * 86400, 3650 * 86400}

// maxBars is the maximum number of bars of a timeline.
const maxBars = 96

// bar is the alerts of a time.
type bar struct {
	begin  int64 // in milliseconds since 1970
	counts [severities]uint64
}

// bars returns the timeline from first to last, in milliseconds since 1970, as bars of
// equal length, which it returns too.
func (t *timeline) bars(first, last int64) (list []bar, length int64) {
	fits := func() bool { return floorDiv(last, length)-floorDiv(first, length) < maxBars }
	for _, s := range steps {
		if length = s * 1000; length%t.width == 0 && fits() {
			break
		}
	}
	if length%t.width != 0 {
		length = t.width
	}
	for !fits() { // any times
		length *= 2
	}
	begin := floorDiv(first, length)
	list = make([]bar, floorDiv(last, length)-begin+1)
	for i := range list {
		list[i].begin = (begin + int64(i)) * length
	}
	for i, n := range t.counts {
		b := &list[min(max(floorDiv(i*t.width, length)-begin, 0), int64(len(list)-1))]
		for s := range n {
			b.counts[s] += n[s]
		}
	}
	return list, length
}
