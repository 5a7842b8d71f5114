package ruleset

import (
	"cmp"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/pattern"
)

// fact is a part of a condition that has to hold, or has to fail, wherever the condition
// holds.
type fact struct {
	node  query.Node
	holds bool
}

// contradictions warns of conditions that can never hold.
func (l *sigmaLint) contradictions(root query.Node) {
	var facts []fact
	for n, holds := range query.Implied(root, true) {
		facts = append(facts, fact{n, holds})
	}
	for i, a := range facts {
		for _, b := range facts[:i] {
			if a.holds != b.holds && sameCondition(a.node, b.node) {
				l.warn(a.node.Span(), "the rule never matches: the condition wants this and excludes it")
				return
			}
			if name := cmp.Or(missingField(a, b), missingField(b, a)); name != "" {
				l.warn(a.node.Span(), "the rule never matches: %s has to be missing and to have a value", name)
				return
			}
		}
	}
	for _, field := range append([]string{l.raw.Provider, l.raw.Action}, singles...) {
		if l.excludes(field, facts) {
			return
		}
	}
}

// sameCondition reports whether two conditions are one.
func sameCondition(a, b query.Node) bool {
	if a == b {
		return true
	}
	x, ok := a.(*query.Compare)
	y, ok2 := b.(*query.Compare)
	return ok && ok2 && x.Field.Name == y.Field.Name && x.Field.Any == y.Field.Any && x.Op == y.Op && x.Value.Kind == y.Value.Kind && x.Value.Fold == y.Value.Fold && x.Value.Part == y.Value.Part &&
		x.Value.Text == y.Value.Text && slices.Equal(x.Value.Pattern, y.Value.Pattern)
}

// missingField returns the field that one fact says to be missing while the other one compares
// it with something.
func missingField(absence, presence fact) string {
	value, ok := presence.node.(*query.Compare)
	if !ok || !presence.holds || absence.holds || value.Field.Any {
		return ""
	}
	switch n := absence.node.(type) {
	case *query.Exists:
		if n.Field.Name == value.Field.Name {
			return n.Field.Name
		}
	case *query.Compare:
		if n.Field.Name == value.Field.Name && n.Value.Kind == query.AnyValue && value.Value.Kind != query.AnyValue {
			return n.Field.Name
		}
	}
	return ""
}

// singles are members of which a record has one value, besides its source and its name.
var singles = []string{
	"awsRegion", "errorCode", "eventCategory", "eventType", "eventVersion", "recipientAccountId", "sourceIPAddress", "userAgent", "userIdentity.type", "userIdentity.arn",
	"userIdentity.userName", "userIdentity.principalId", "userIdentity.accountId", "userIdentity.accessKeyId",
}

// excludes warns if no text of a field that has one value satisfies all facts, and reports
// whether it did.
func (l *sigmaLint) excludes(field string, facts []fact) bool {
	var needed []string // one of these; nil: not known
	narrow := func(f fact, what string, keep func(text string) bool) bool {
		left := slices.DeleteFunc(slices.Clone(needed), func(text string) bool { return !keep(text) })
		if len(left) == 0 {
			l.warn(f.node.Span(), "the rule never matches: %s cannot be both %s and %s", field, strings.Join(needed, " or "), what)
			return true
		}
		needed = left
		return false
	}
	for _, f := range facts {
		texts, ok := textsNeeded(f.node, field)
		switch {
		case !ok || !f.holds:
		case needed == nil:
			needed = texts
		case narrow(f, strings.Join(texts, " or "), func(text string) bool { return slices.Contains(texts, text) }):
			return true
		}
	}
	if needed == nil {
		return false
	}
	for _, f := range facts {
		if globs, shown := globsOf(f.node, field); globs != nil {
			fits := func(text string) bool {
				return slices.ContainsFunc(globs, func(g *pattern.Glob) bool { return g.Fits([]byte(text)) })
			}
			if f.holds && narrow(f, shown, fits) || !f.holds && narrow(f, "not "+shown, func(text string) bool { return !fits(text) }) {
				return true
			}
		}
	}
	return false
}

// alternatives returns the comparisons of a field of which one has to hold for the node, nil
// if it is about anything else.
func alternatives(n query.Node, field string) (list []*query.Compare) {
	nodes := []query.Node{n}
	if or, isOr := n.(*query.Or); isOr {
		nodes = or.Nodes
	}
	for _, child := range nodes {
		c, ok := child.(*query.Compare)
		if !ok || c.Field.Name != field || c.Field.Any || c.Op != query.Is || c.Value.Kind != query.Glob {
			return nil
		}
		list = append(list, c)
	}
	return list
}

// textsNeeded returns the texts of which a node needs one in a field, in lower case.
func textsNeeded(n query.Node, field string) (texts []string, ok bool) {
	for _, c := range alternatives(n, field) {
		text, exact := exactText(c)
		if !exact {
			return nil, false
		}
		texts = append(texts, strings.ToLower(text))
	}
	return texts, len(texts) > 0
}

// globsOf returns the patterns of which a node needs one in a field, and as text; nil if it is
// about anything else. Where the case counts nothing is said.
func globsOf(n query.Node, field string) (globs []*pattern.Glob, shown string) {
	var texts []string
	for _, c := range alternatives(n, field) {
		if c.Value.Fold == query.NoFold {
			return nil, ""
		}
		globs, texts = append(globs, pattern.NewGlob(c.Value.Pattern, c.Value.Fold)), append(texts, strings.ToLower(shownPattern(c.Value.Pattern)))
	}
	return globs, strings.Join(texts, " or ")
}

// shownPattern returns a pattern as a rule has it.
func shownPattern(p query.Pattern) string {
	return strings.ReplaceAll(strings.Join(p, "*"), string([]byte{query.AnyChar}), "?")
}
