package command

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/stateful"
)

type correlationOptions struct {
	files         []string
	dir, lateness string
	matching      bool
}

// explainCorrelation shows event by event which of the rules of a correlation match, and
// what the correlation, the last of the set, says of them.
func (a *app) explainCorrelation(ctx context.Context, rules *ruleset.Set, o correlationOptions) error {
	m, err := a.memoryOf(rules.Rules, o.dir, o.lateness)
	if err != nil {
		return err
	}
	correlator := stateful.NewCorrelator(m, rules.Rules, rules.Schema)
	return a.eachEvent(ctx, rules.Schema, o.files, func(r *reading, e located) error {
		matches, findings := correlator.Observe(e.Event, time.Now())
		if len(matches) == 0 && o.matching {
			return nil
		}
		r.out.buf = a.appendEvent(r.out.buf, e, len(matches) > 0)
		for _, one := range rules.Rules {
			if one.IsCorrelation() {
				continue
			}
			verdict := a.out.Bad("no match")
			if slices.Contains(matches, one) {
				verdict = a.out.Good("match")
			}
			r.out.buf = fmt.Appendf(r.out.buf, "  %s: %s\n", printable(one.Name), verdict)
			_, conditions := one.Explain(e.Event)
			r.out.buf = a.appendFindings(r.out.buf, conditions)
		}
		for _, f := range findings {
			if f.By != "" {
				f.By = f.Rule.Name + ", " + f.By
			} else {
				f.By = f.Rule.Name
			}
			r.out.buf = a.appendRemembered(r.out.buf, []stateful.Finding{f.Finding})
		}
		return nil
	})
}
