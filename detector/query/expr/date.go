package expr

import (
	"time"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

// shifted returns a time so much later or earlier.
func shifted(fn query.Func, t, span Value) Value {
	n := span.number
	if fn == query.FnSubtract {
		n = -n
	}
	switch span.kind {
	case spanOfTime:
		return DateOf(t.number + n)
	case spanOfMonths:
		return DateOf(time.UnixMilli(t.number).UTC().AddDate(0, int(n), 0).UnixMilli())
	}
	return Value{}
}

const (
	millisPerDay  = 24 * 60 * 60 * 1000
	millisPerWeek = 7 * millisPerDay
	// firstMonday is the Monday before 1970.
	firstMonday = -3 * millisPerDay
)

// truncated returns the beginning of the multiple of a span that a time is in, in UTC.
// Weeks begin on Mondays.
func truncated(span, t Value) Value {
	switch {
	case span.kind == spanOfMonths && span.number > 0:
		at := time.UnixMilli(t.number).UTC()
		months := floor(int64(at.Year())*12+int64(at.Month())-1, span.number)
		return DateOf(time.Date(0, time.Month(1+months), 1, 0, 0, 0, 0, time.UTC).UnixMilli())
	case span.kind == spanOfTime && span.number == millisPerWeek:
		return DateOf(firstMonday + floor(t.number-firstMonday, millisPerWeek))
	case span.kind == spanOfTime && span.number > 0:
		return DateOf(floor(t.number, span.number))
	}
	return Value{}
}

// floor returns the greatest multiple of unit that is not above n.
func floor(n, unit int64) int64 {
	rest := n % unit
	if rest < 0 {
		rest += unit
	}
	return n - rest
}

// dateUnits are the units of differences: in milliseconds, or in months if negative.
var dateUnits = map[string]int64{}

func init() {
	for _, unit := range []struct {
		length int64
		names  []string
	}{
		{1, []string{"millisecond", "milliseconds", "ms"}},
		{1000, []string{"second", "seconds", "ss", "s"}},
		{60 * 1000, []string{"minute", "minutes", "mi", "n"}},
		{60 * 60 * 1000, []string{"hour", "hours", "hh"}},
		{millisPerDay, []string{"day", "days", "dd", "d", "weekday", "weekdays", "dw", "dayofyear", "dy", "y"}},
		{millisPerWeek, []string{"week", "weeks", "wk", "ww"}},
		{-1, []string{"month", "months", "mm", "m"}},
		{-3, []string{"quarter", "quarters", "qq", "q"}},
		{-12, []string{"year", "years", "yyyy", "yy"}},
	} {
		for _, name := range unit.names {
			dateUnits[name] = unit.length
		}
	}
}

// difference returns how many whole units a time is later than another one.
func difference(unit int64, from, to Value) Value {
	if unit > 0 {
		return IntOf((to.number - from.number) / unit)
	}
	sign := int64(1)
	a, b := time.UnixMilli(from.number).UTC(), time.UnixMilli(to.number).UTC()
	if a.After(b) {
		a, b, sign = b, a, -1
	}
	months := int64(b.Year()-a.Year())*12 + int64(b.Month()) - int64(a.Month())
	if b.Day() < a.Day() || b.Day() == a.Day() && b.Sub(b.Truncate(millisPerDay*time.Millisecond)) < a.Sub(a.Truncate(millisPerDay*time.Millisecond)) {
		months--
	}
	return IntOf(sign * (months / -unit))
}
