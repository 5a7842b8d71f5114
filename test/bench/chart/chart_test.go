package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// For all values the pictures are valid XML without NaN.
func TestDrawings(t *testing.T) {
	named := []Point{{300, 1.7, "300 B"}, {1024, 5.6, "1 KiB"}, {1 << 20, 15, "1 MiB"}}
	for name, svg := range map[string][]byte{
		"bars":          Bars("CPU & <time>", "seconds", []Bar{{"ours", 0.21, true}, {"theirs", 23, false}}),
		"nothing added": Bars("none", "", []Bar{{"a", 0, true}, {"b", -0.1, false}}),
		"lines":         Lines("size", Axes{X: "record", Y: "GB/s", LogX: true}, []Series{{"text", named}, {"copy", []Point{{Y: 26}}}}),
		"logarithmic":   Lines("size", Axes{LogX: true, LogY: true}, []Series{{"text", named}, {"same place", named}}),
		"all the same":  Lines("flat", Axes{}, []Series{{"zero", []Point{{0, 0, ""}, {0, 0, ""}}}}),
	} {
		d := xml.NewDecoder(strings.NewReader(string(svg)))
		for {
			_, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Errorf("%s: %v\n%s", name, err, svg)
				break
			}
		}
		for _, wrong := range []string{"NaN", "Inf", "%!"} {
			if strings.Contains(string(svg), wrong) {
				t.Errorf("%s has %s:\n%s", name, wrong, svg)
			}
		}
	}
}

func TestTicks(t *testing.T) {
	for _, high := range []float64{0, 0.03, 0.9, 1, 4.2, 17, 99, 100, 101, 2500} {
		all := ticks(high)
		if last := all[len(all)-1]; last < high || len(all) > 8 || len(all) < 2 {
			t.Errorf("to %v: %v", high, all)
		}
	}
}
