package chart

import "fmt"

// Bar is one of several values. Ours has its own colour.
type Bar struct {
	Name  string
	Value float64
	Ours  bool
}

// Bars draws horizontal bars with their values, and a note below them.
func Bars(title, note string, bars []Bar) []byte {
	const width, left, right, row, top = 760, 220, 70, 30, 38
	most := 0.0
	for _, b := range bars {
		most = max(most, b.Value)
	}
	var d drawing
	d.begin(width, top+row*len(bars)+24, title)
	for i, b := range bars {
		y := float64(top + row*i)
		long := 0.0
		if most > 0 {
			long = max(1, b.Value/most*(width-left-right))
		}
		class := "other"
		if b.Ours {
			class = "s0"
		}
		d.text(left-10, y+16, "", "end", b.Name)
		fmt.Fprintf(&d, `<rect x="%d" y="%.1f" width="%.1f" height="20" rx="3" class="%s"/>`+"\n", left, y+2, long, class)
		d.text(left+long+8, y+16, "", "start", short(b.Value))
	}
	d.text(4, float64(top+row*len(bars)+14), "small", "start", note)
	return d.end()
}
