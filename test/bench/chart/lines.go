package chart

import (
	"fmt"
	"math"
	"strings"
)

// Series is a line. One with a single point is horizontal, and its X is ignored.
type Series struct {
	Name   string
	Points []Point
}

// Point is a point of a line. Its Name, if any, labels the X axis.
type Point struct {
	X, Y float64
	Name string
}

// Axes are the axes of a chart.
type Axes struct {
	X, Y       string // what they are, with units
	LogX, LogY bool   // all values are above 0 then
}

// Lines draws lines in one chart.
func Lines(title string, axes Axes, lines []Series) []byte {
	const width, height, left, right, top, bottom = 760, 360, 60, 200, 44, 50
	low, high := Point{X: math.Inf(1), Y: 0}, Point{X: math.Inf(-1), Y: math.Inf(-1)}
	if axes.LogY {
		low.Y = math.Inf(1)
	}
	for _, s := range lines {
		for _, p := range s.Points {
			low.Y, high.Y = min(low.Y, p.Y), max(high.Y, p.Y)
			if len(s.Points) > 1 {
				low.X, high.X = min(low.X, p.X), max(high.X, p.X)
			}
		}
	}
	if axes.LogY {
		low.Y, high.Y = math.Pow(10, math.Floor(math.Log10(low.Y))), math.Pow(10, math.Ceil(math.Log10(high.Y)))
	}
	var yticks []float64
	if axes.LogY {
		for v := low.Y; v <= high.Y*1.01; v *= 10 {
			yticks = append(yticks, v)
		}
	} else {
		yticks = ticks(high.Y)
		high.Y = yticks[len(yticks)-1]
	}
	x := func(v float64) float64 { return left + part(v, low.X, high.X, axes.LogX)*(width-left-right) }
	y := func(v float64) float64 {
		return height - bottom - part(v, low.Y, high.Y, axes.LogY)*(height-top-bottom)
	}

	var d drawing
	d.begin(width, height, title)
	for _, v := range yticks {
		fmt.Fprintf(&d, `<path d="M%d %.1fH%d" class="grid"/>`+"\n", left, y(v), width-right)
		d.text(left-8, y(v)+4, "small", "end", tick(v))
	}
	d.text(4, top-8, "small", "start", axes.Y)
	d.text((left+width-right)/2, height-8, "small", "middle", axes.X)
	named := map[float64]bool{}
	for i, s := range lines {
		class := fmt.Sprintf("s%d", i%4)
		var path []string
		for _, p := range s.Points {
			path = append(path, fmt.Sprintf("%.1f %.1f", x(p.X), y(p.Y)))
			if p.Name != "" && !named[p.X] {
				named[p.X] = true
				d.text(x(p.X), height-bottom+18, "small", "middle", p.Name)
			}
		}
		last := s.Points[len(s.Points)-1]
		end := y(last.Y)
		if len(s.Points) == 1 {
			fmt.Fprintf(&d, `<path d="M%d %.1fH%d" class="line %s" stroke-dasharray="5 4"/>`+"\n", left, end, width-right, class)
		} else {
			fmt.Fprintf(&d, `<path d="M%s" class="line %s"/>`+"\n", strings.Join(path, " L"), class)
		}
		d.text(width-right+8, labels(lines, i, y), class, "start", s.Name)
	}
	return d.end()
}

// labels returns the position of the name of line i: at its end, not overlapping
// others.
func labels(lines []Series, i int, y func(float64) float64) float64 {
	end := func(j int) float64 { p := lines[j].Points; return y(p[len(p)-1].Y) + 4 }
	place := make([]float64, len(lines))
	taken := []float64{}
	for j := range lines {
		place[j] = end(j)
		for moved := true; moved; {
			moved = false
			for _, t := range taken {
				if math.Abs(place[j]-t) < 15 {
					place[j], moved = t+15.5, true
				}
			}
		}
		taken = append(taken, place[j])
	}
	return place[i]
}

// part returns the position of v between low and high, 0 to 1.
func part(v, low, high float64, logarithmic bool) float64 {
	if logarithmic {
		v, low, high = math.Log(v), math.Log(low), math.Log(high)
	}
	if high == low {
		return 0
	}
	return min(1, max(0, (v-low)/(high-low)))
}

// ticks returns round values from 0 to at least high.
func ticks(high float64) []float64 {
	if high <= 0 {
		return []float64{0, 1}
	}
	step := math.Pow(10, math.Floor(math.Log10(high)))
	for _, s := range []float64{step / 5, step / 2, step, step * 2} {
		if high/s <= 6 {
			step = s
			break
		}
	}
	all := []float64{0}
	for all[len(all)-1] < high {
		all = append(all, step*float64(len(all)))
	}
	return all
}

// tick formats a value at an axis.
func tick(v float64) string { return fmt.Sprintf("%.4g", v) }
