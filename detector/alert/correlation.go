package alert

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// correlate adds what only alerts of correlations have.
func (m *Maker) correlate(memory *Memory) {
	d, c, w := &m.doc, memory.Correlation, memory.Verdict.Window
	d.setString(slotMemoryCorrelation, c.Type.String())
	d.setStrings(slotMemoryRules, memory.Rules)
	if c.Type.IsNumeric() {
		d.put(slotMemoryValue, value{kind: aFloat, number: int64(math.Float64bits(w.Number))})
	}
}

// distinctOf returns the field of which different values are counted, "" if there is none.
func (m *Memory) distinctOf() string {
	if m.Kind != rule.Correlated {
		return m.DistinctOf
	}
	if m.Correlation.Type != rule.ValueCount {
		return ""
	}
	return strings.Join(m.Correlation.Values, ", ")
}

// appendCorrelationReason appends the sentence of an alert of a correlation.
func (m *Maker) appendCorrelationReason(dst []byte, memory *Memory) []byte {
	c, w := memory.Correlation, memory.Verdict.Window
	events := fmt.Sprintf("%d events", w.Count)
	if w.Count == 1 {
		events = "1 event"
	}
	switch {
	case c.Type == rule.ValueCount:
		events += fmt.Sprintf(" with %d values of %s", w.Distinct, memory.distinctOf())
	case c.Type == rule.ValuePercentile:
		events += fmt.Sprintf(" with %s at percentile %v of %s", decimal(w.Number), c.Percentile, c.Values[0])
	case c.Type.IsNumeric():
		events += fmt.Sprintf(" with a %s of %s in %s", strings.TrimPrefix(c.Type.String(), "value_"), decimal(w.Number), c.Values[0])
	}
	dst = append(dst, events...)
	dst = append(dst, " of "...)
	between := ", "
	if c.Type == rule.TemporalOrdered {
		between = ", then "
	}
	dst = append(dst, oneLine(view(strings.Join(memory.Rules, between)))...)
	for i, v := range memory.Values {
		text := v
		if v == nil {
			text = []byte("missing")
		}
		dst = appendPart(append(append(dst, []string{" with ", ", "}[min(i, 1)]...), memory.Fields[i]...), " ", text)
	}
	return append(append(dst, " in "...), period(memory.Window)...)
}

func decimal(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
