package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// tactics are the IDs of ATT&CK's tactics in its order.
var tactics = []string{
	"TA0043", "TA0042", "TA0001", "TA0002", "TA0003", "TA0004", "TA0005", "TA0112", "TA0006", "TA0007", "TA0008", "TA0009", "TA0011", "TA0010", "TA0040",
}

// tactic is a column of cells.
type tactic struct {
	ID, Name string
	alerts   uint64
	Alerts   string
	cells    map[string]*cell
	Cells    []*cell
}

// cell is a technique.
type cell struct {
	ID, Name string
	IsSub    bool // a subtechnique
	alerts   uint64
	Alerts   string
	Heat     int // 1 to 4, by the number of alerts
}

// attack returns the tactics and techniques of the rules with alerts. An alert counts in
// each cell that its rule names.
func (r *Report) attack() []*tactic {
	columns := map[string]*tactic{}
	var most uint64
	for _, i := range r.order() {
		total := r.rules[i]
		if total.alerts == 0 {
			continue
		}
		counted := map[any]bool{}
		count := func(key any, n *uint64) {
			if !counted[key] {
				counted[key] = true
				*n += total.alerts
			}
		}
		for _, threat := range total.Threat {
			id := cmp.Or(threat.Tactic.ID, threat.Tactic.Name, "–")
			t := columns[id]
			if t == nil {
				t = &tactic{ID: shown(id), Name: shown(cmp.Or(threat.Tactic.Name, id)), cells: map[string]*cell{}}
				columns[id] = t
			}
			count(t, &t.alerts)
			add := func(id, name string, isSub bool) {
				c := t.cells[id]
				if c == nil {
					c = &cell{ID: shown(id), Name: shown(name), IsSub: isSub}
					t.cells[id] = c
				}
				count(c, &c.alerts)
				most = max(most, c.alerts)
			}
			for _, technique := range threat.Technique {
				add(technique.ID, technique.Name, strings.Contains(technique.ID, "."))
				for _, sub := range technique.Subtechnique {
					add(sub.ID, sub.Name, true)
				}
			}
		}
	}
	place := func(id string) int {
		if i := slices.Index(tactics, id); i >= 0 {
			return i
		}
		return len(tactics)
	}
	list := slices.SortedFunc(maps.Values(columns), func(a, b *tactic) int {
		return cmp.Or(cmp.Compare(place(a.ID), place(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	for _, t := range list {
		t.Alerts = grouped(t.alerts)
		t.Cells = slices.SortedFunc(maps.Values(t.cells), func(a, b *cell) int { return cmp.Compare(a.ID, b.ID) })
		for _, c := range t.Cells {
			c.Alerts, c.Heat = grouped(c.alerts), int(1+3*c.alerts/most)
		}
	}
	return list
}
