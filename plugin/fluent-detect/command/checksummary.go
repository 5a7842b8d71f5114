package command

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/ruleset"
)

// typeCount is how many rules there are of a type.
type typeCount struct{ all, run, enriched int }

// summaryOf returns a table of the rules by type, and the reasons for which rules do not
// run.
func summaryOf(s *ruleset.Set) string {
	const unknown = "?"
	types := map[string]*typeCount{}
	of := func(name string) *typeCount {
		name = cmp.Or(name, unknown)
		if types[name] == nil {
			types[name] = &typeCount{}
		}
		return types[name]
	}
	total := typeCount{}
	for _, r := range s.Rules {
		t := of(r.Type)
		t.all++
		t.run++
		if s.NeedsEnrichment(r.Program) {
			t.enriched++
			total.enriched++
		}
	}
	reasons := map[string]int{}
	for _, skipped := range s.Skipped {
		of(skipped.Type).all++
		reason, _, _ := strings.Cut(skipped.Reason, ";")
		reasons[reason]++
	}
	total.all, total.run = len(s.Rules)+len(s.Skipped), len(s.Rules)

	var b strings.Builder
	line := func(name string, t typeCount) {
		fmt.Fprintf(&b, "%-18s%8d%8d%18d%12d\n", name, t.all, t.run, t.enriched, t.all-t.run)
	}
	fmt.Fprintf(&b, "%-18s%8s%8s%18s%12s\n", "type", "rules", "run", "need enrichment", "cannot run")
	for _, name := range slices.Sorted(maps.Keys(types)) {
		line(name, *types[name])
	}
	line("all", total)
	if len(reasons) == 0 {
		return b.String()
	}
	b.WriteString("\ncannot run:\n")
	order := slices.SortedFunc(maps.Keys(reasons), func(x, y string) int {
		return cmp.Or(reasons[y]-reasons[x], strings.Compare(x, y))
	})
	for _, reason := range order {
		fmt.Fprintf(&b, "%8d  %s\n", reasons[reason], printable(reason))
	}
	return b.String()
}
