package report

import (
	"time"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// The timeline is drawn in units of its own.
const (
	drawingWidth  = 960
	drawingHeight = 120
)

// drawing is the timeline as rectangles.
type drawing struct {
	Width, Height int
	Columns       []column
	Most          string // alerts of the highest column
	Length        string // of the time of a column
	First, Last   string
}

// column is a time. From and To are for the filter.
type column struct {
	X, Width int
	Title    string
	From, To string
	Parts    []part
}

// part is the alerts of a severity.
type part struct {
	Severity  string
	Y, Height int
}

func (r *Report) bars() ([]bar, int64) {
	if r.totals.alerts == 0 {
		return nil, 0
	}
	return r.totals.timeline.bars(r.totals.first, r.totals.last)
}

func (r *Report) drawing() *drawing {
	bars, length := r.bars()
	if len(bars) == 0 {
		return nil
	}
	sum := func(b *bar) (n uint64) {
		for _, count := range b.counts {
			n += count
		}
		return n
	}
	var most uint64
	for i := range bars {
		most = max(most, sum(&bars[i]))
	}
	d := &drawing{Width: drawingWidth, Height: drawingHeight, Most: plural(most, "alert"), Length: lengthOf(time.Duration(length) * time.Millisecond), First: instant(bars[0].begin), Last: instant(bars[len(bars)-1].begin + length)}
	step := min(float64(drawingWidth)/float64(len(bars)), 48)
	for i := range bars {
		b := &bars[i]
		n := sum(b)
		if n == 0 {
			continue
		}
		c := column{X: int(float64(i) * step), Title: instant(b.begin) + ": " + plural(n, "alert"), From: filterTime(b.begin), To: filterTime(b.begin + length)}
		c.Width = max(int(step)-1, 2)
		y := drawingHeight
		for s := range b.counts {
			if b.counts[s] == 0 {
				continue
			}
			height := max(3, int(uint64(drawingHeight-8)*b.counts[s]/most))
			height = min(height, y)
			y -= height
			c.Parts = append(c.Parts, part{rule.Severities[s], y, height})
			c.Title += ", " + grouped(b.counts[s]) + " " + rule.Severities[s]
		}
		d.Columns = append(d.Columns, c)
	}
	return d
}

// instant returns a time in milliseconds since 1970 for people.
func instant(at int64) string { return moment(time.UnixMilli(at).UTC()) }

// filterTime returns such a time as the filter has it.
func filterTime(at int64) string { return time.UnixMilli(at).UTC().Format("2006-01-02T15:04:05Z") }

// lengthOf returns a duration in its largest unit.
func lengthOf(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= day && d%day == 0:
		return plural(uint64(d/day), "day")
	case d >= time.Hour && d%time.Hour == 0:
		return plural(uint64(d/time.Hour), "hour")
	case d >= time.Minute && d%time.Minute == 0:
		return plural(uint64(d/time.Minute), "minute")
	}
	return plural(uint64(d/time.Second), "second")
}
