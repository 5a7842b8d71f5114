package main

import (
	"fmt"

	"github.com/fluent-detect/fluent-detect/test/bench/chart"
)

// curve is a chart of the engine's speed by one parameter.
type curve struct {
	file, title string
	axes        chart.Axes
	parents     []line // one line of each
	key         string // how the last part of a benchmark's name begins
	point       func(n int) string
	limits      []string // benchmarks of BenchmarkMemory that are drawn too
}

type line struct{ name, parent string }

var curves = []curve{
	{"rules.svg", "Number of rules", chart.Axes{X: "rules", Y: "GB/s", LogX: true},
		[]line{{"nothing to find", "Rules/quiet"}, {"every record read", "Rules/awake"}}, "rules", func(n int) string { return fmt.Sprint(n) }, []string{"copy"}},
	{"size.svg", "Size of a record", chart.Axes{X: "record", Y: "GB/s", LogX: true},
		[]line{{"one long text", "Size/text"}, {"a list of objects", "Size/objects"}}, "bytes", size, []string{"copy"}},
	{"nesting.svg", "Objects within each other", chart.Axes{X: "levels", Y: "GB/s", LogX: true},
		[]line{{"every record read", "Nesting"}}, "depth", func(n int) string { return fmt.Sprint(n) }, nil},
	{"matches.svg", "Share of records that match", chart.Axes{X: "share", Y: "GB/s", LogY: true},
		[]line{{"alerts made", "Matches"}}, "per1000", func(n int) string { return fmt.Sprintf("%g %%", float64(n)/10) }, []string{"copy"}},
	{"goroutines.svg", "Goroutines", chart.Axes{X: "goroutines", Y: "GB/s"},
		[]line{{"every record read", "Goroutines"}}, "goroutines", func(n int) string { return fmt.Sprint(n) }, []string{"copy"}},
}

func size(n int) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

// draw returns the chart of the figures.
func (c curve) draw(f figures) []byte {
	var lines []chart.Series
	for _, l := range c.parents {
		s := chart.Series{Name: l.name}
		numbers, _ := f.under(l.parent)
		for _, n := range numbers {
			name := c.point(n)
			if c.axes.LogX || n == 0 || n >= 100 || c.key == "goroutines" { // else names would lie on each other
				s.Points = append(s.Points, chart.Point{X: float64(n), Y: f.speed(c.name(l, n)), Name: name})
			} else {
				s.Points = append(s.Points, chart.Point{X: float64(n), Y: f.speed(c.name(l, n))})
			}
		}
		lines = append(lines, s)
	}
	for _, name := range c.limits {
		lines = append(lines, chart.Series{Name: "memory " + name, Points: []chart.Point{{Y: f.speed("Memory/" + name)}}})
	}
	return chart.Lines(c.title, c.axes, lines)
}

func (c curve) name(l line, n int) string { return fmt.Sprintf("%s/%s=%d", l.parent, c.key, n) }

// table returns the figures as a Markdown table.
func (c curve) table(f figures) string {
	head, rule := "| "+c.axes.X+" |", "|---|"
	rows := map[int]string{}
	var order []int
	for i, l := range c.parents {
		head, rule = head+" "+l.name+", GB/s | ns a record |", rule+"--:|--:|"
		numbers, _ := f.under(l.parent)
		for _, n := range numbers {
			if i == 0 {
				rows[n] = "| " + c.point(n) + " |"
				order = append(order, n)
			}
			perRecord := "–"
			if v, ok := f[c.name(l, n)]["ns/record"]; ok {
				perRecord = fmt.Sprintf("%.0f", v)
			}
			rows[n] += fmt.Sprintf(" %.2f | %s |", f.speed(c.name(l, n)), perRecord)
		}
	}
	text := head + "\n" + rule + "\n"
	for _, n := range order {
		text += rows[n] + "\n"
	}
	return text
}
