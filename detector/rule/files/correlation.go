package files

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// correlates reports whether a correlation of Sigma in the same file refers to a rule.
func correlates(by, r *rule.Rule) bool {
	return by.Memory != nil && by.Memory.Correlation != nil && by.Source.Path == r.Source.Path && by != r &&
		slices.ContainsFunc(by.Memory.Correlation.Rules, func(ref rule.Reference) bool { return r.IsCalled(ref.Name) })
}

// keepRepeated keeps a rule whose ID another one has if a correlation in its own file
// refers to it and is used: for that correlation alone.
func (l *loader) keepRepeated(r *rule.Rule, used []candidate) bool {
	if r.Sigma == nil || r.Memory != nil || !slices.ContainsFunc(used, func(by candidate) bool { return correlates(by.Rule, r) }) {
		return false
	}
	r.Sigma.SharedID, r.ID = r.ID, madeUpID(r)
	l.set.Rules = append(l.set.Rules, r)
	return true
}

// madeUpID returns an ID for a rule whose ID another one has: counters go by it.
func madeUpID(r *rule.Rule) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "fluent-detect repeated %s %s %d", r.ID, r.Source.SHA256, r.Source.Line))
	sum[6] = sum[6]&0x0f | 0x80 // version 8
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// silence skips the rules that are there for correlations of their files that are skipped,
// and would make alerts by themselves without them.
func (l *loader) silence(skipped []*rule.Rule) {
	for _, by := range skipped {
		if by.Memory == nil || by.Memory.Correlation == nil || by.Memory.Correlation.Generate {
			continue
		}
		l.set.Rules = slices.DeleteFunc(l.set.Rules, func(r *rule.Rule) bool {
			if !correlates(by, r) || slices.ContainsFunc(l.set.Rules, func(other *rule.Rule) bool { return correlates(other, r) }) {
				return false
			}
			l.skip(r, fmt.Sprintf("it makes no alerts by itself, only for the correlation %q, which is not used", by.Name))
			return true
		})
	}
}
