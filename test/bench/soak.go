package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/fluent-detect/fluent-detect/test/bench/chart"
)

// soakColumns are those that the soak test writes.
var soakColumns = []string{"seconds", "resident_mb", "descriptors", "threads", "goroutines", "records"}

// drawSoak draws the resident memory over time, and stores a selection of the rows
// beside it.
func drawSoak(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if len(rows) < 3 || !slices.Equal(rows[0], soakColumns) {
		return fmt.Errorf("%s: want the columns %s and two rows at least", path, strings.Join(soakColumns, ","))
	}
	few := thin(rows[1:], 200)
	svg, err := soakChart(few)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	text := strings.Join(soakColumns, ",") + "\n"
	for _, row := range few {
		text += strings.Join(row, ",") + "\n"
	}
	return errors.Join(write("soak.svg", svg), write("soak.csv", []byte(text)))
}

// thin returns at most n rows at equal distances, including the first and the last.
func thin(rows [][]string, n int) [][]string {
	if len(rows) <= n {
		return rows
	}
	few := make([][]string, n)
	for i := range few {
		few[i] = rows[i*(len(rows)-1)/(n-1)]
	}
	return few
}

func soakChart(rows [][]string) ([]byte, error) {
	s := chart.Series{Name: "resident"}
	var last [6]float64
	for i, row := range rows {
		for j, cell := range row {
			v, err := strconv.ParseFloat(cell, 64)
			if err != nil {
				return nil, fmt.Errorf("row %d, %s: %w", i+1, soakColumns[j], err)
			}
			last[j] = v
		}
		s.Points = append(s.Points, chart.Point{X: last[0] / 60, Y: last[1]})
	}
	for i := range 5 {
		at := last[0] / 60 * float64(i) / 4
		near := slices.IndexFunc(s.Points, func(p chart.Point) bool { return p.X >= at-1e-9 })
		s.Points[near].Name = fmt.Sprintf("%.0f", s.Points[near].X)
	}
	return chart.Lines(fmt.Sprintf("Memory of Fluent Bit with detection, over %.0f million records", last[5]/1e6),
		chart.Axes{X: "minutes", Y: "MB"}, []chart.Series{s}), nil
}
