package match

import "slices"

// needsAdded reports whether the program can only match events to which a shipper added
// members: it needs a field that cannot be looked up, see [event.Field.Lacking].
func (p *Program) needsAdded() bool {
	needs, ok := required(p, 0, func(c *Condition) ([]bool, bool) {
		if c.keyword != nil || c.nested != nil || c.unmapped != nil || c.computed != nil || len(c.tests) == 0 {
			return nil, false
		}
		for i := range c.tests {
			if !c.tests[i].field.Lacking() {
				return nil, false
			}
		}
		return nil, true
	}, func(a, b []bool) bool { return false }, func(list []bool) []bool { return list })
	return ok && len(needs) == 0
}

// divideBy divides a list into the programs for which in is false and those for which it is
// true.
func divideBy(list []int32, in func(int32) bool) (out, selected []int32) {
	for _, n := range list {
		if in(n) {
			selected = append(selected, n)
		}
	}
	return slices.DeleteFunc(list, in), selected
}
