package ruleset

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/sigma"
	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// sigmaLint finds what in a Sigma rule may not do what its author meant.
type sigmaLint struct {
	set  *Set
	rule *Rule
	raw  *event.Raw

	sources, names []*query.Compare // comparisons with the source and the name of an event
	others         []*query.Compare
}

// warnOfSigma adds the warnings about a Sigma rule.
func (s *Set) warnOfSigma(r *Rule) {
	i := s.rawSource()
	l := sigmaLint{set: s, rule: r, raw: s.Schema.Sources()[i].Raw}
	d, err := sigma.Read(r.Query.Text)
	if err != nil {
		return // cannot happen: it was parsed
	}
	l.outlook(r.Program.Outlook(i))
	for _, id := range d.Identifiers() {
		if !id.Used {
			l.warn(id.At, "the condition does not use the search identifier %q", id.Name)
		}
		l.visit(id.Node)
	}
	l.contradictions(d.Root())
	l.calls()
}

func (l *sigmaLint) warn(at query.Span, format string, args ...any) {
	q := &l.rule.Query
	line, column := q.Position(at.Position(q.Text))
	l.set.warn(l.rule, "%s:%d:%d: rule %q: %s", l.rule.Source.Path, line, column, l.rule.Name, fmt.Sprintf(format, args...))
}

// outlook warns of members that no record is known to have.
func (l *sigmaLint) outlook(o match.Outlook) {
	seen := map[string]bool{}
	for _, lack := range slices.Concat(o.Fewer, o.More) {
		effect := "a condition on it never holds"
		switch {
		case o.Never:
			effect = "the rule never matches"
		case slices.ContainsFunc(o.More, func(m match.Lack) bool { return m.Condition == lack.Condition }):
			effect = "a condition on it excludes nothing"
		}
		if !seen[lack.Field] {
			seen[lack.Field] = true
			l.warn(lack.Condition.Span(), "%s is not a member of the records that is known, so %s%s", lack.Field, effect, meant(l.raw, lack.Field))
		}
	}
}

// meant returns a known member that may be meant by a name.
func meant(raw *event.Raw, name string) string {
	for _, known := range raw.Names {
		if strings.EqualFold(known, name) {
			return fmt.Sprintf("; did you mean %q? The case of names counts", known)
		}
	}
	return spelling.Suggest(name, raw.Names)
}

// visit looks at the comparisons of a search identifier.
func (l *sigmaLint) visit(n query.Node) {
	switch n := n.(type) {
	case *query.And:
		for _, child := range n.Nodes {
			l.visit(child)
		}
	case *query.Or:
		for _, child := range n.Nodes {
			l.visit(child)
		}
	case *query.Not:
		l.visit(n.Node)
	case *query.Compare:
		l.compare(n)
	case *query.Computed:
		l.reference(n)
	}
}

func (l *sigmaLint) compare(n *query.Compare) {
	text, ok := exactText(n)
	switch {
	case n.Field.Any:
		return
	case n.Field.Name == l.raw.Provider:
		l.sources = append(l.sources, n)
		if ok && text != "" && !strings.HasSuffix(strings.ToLower(text), ".amazonaws.com") {
			l.warn(n.At, "%s: %s is not the name of a service: these end in .amazonaws.com", n.Field.Name, text)
		}
	case n.Field.Name == l.raw.Action:
		l.names = append(l.names, n)
	default:
		l.others = append(l.others, n)
		l.value(n, text, ok)
	}
	if text := n.Value.Text; strings.Contains(text, ".") && l.raw.IsKnown(text) {
		l.warn(n.At, "%s is compared with the text %q; to compare it with the field of that name, write %s|fieldref", n.Field.Name, text, n.Field.Name)
	}
}

// exactText returns the text that a comparison is with, if there are no wildcards.
func exactText(n *query.Compare) (string, bool) {
	p := n.Value.Pattern
	if n.Value.Kind != query.Glob || len(p) != 1 || strings.IndexByte(p[0], query.AnyChar) >= 0 {
		return "", false
	}
	return p[0], true
}

// reference warns of a comparison of an ARN with what is none.
func (l *sigmaLint) reference(n *query.Computed) {
	call, ok := n.Expr.(*query.Call)
	if !ok || call.Func != query.FnIn || len(call.Args) != 2 {
		return
	}
	a, isField := call.Args[0].(*query.Column)
	b, areFields := call.Args[1].(*query.Column)
	if isField && areFields && isARN(a.Field.Name) != isARN(b.Field.Name) {
		l.warn(n.At, "%s and %s are never equal: one is an ARN and the other is not; fieldref|endswith compares the end of the first with the second", a.Field.Name, b.Field.Name)
	}
}

func isARN(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	return strings.EqualFold(last, "arn") || strings.HasSuffix(last, "Arn") || strings.HasSuffix(last, "ARN")
}

// movedCalls are calls that authors of rules look for in another service than theirs.
var movedCalls = map[string]struct {
	source string
	names  []string
}{
	"route53.amazonaws.com": {"route53domains.amazonaws.com", []string{"disabledomaintransferlock", "transferdomaintoanotherawsaccount", "registerdomain", "transferdomain", "deletedomain"}},
}

// calls warns of what is known of some calls.
func (l *sigmaLint) calls() {
	for _, name := range l.names {
		text, ok := exactText(name)
		if !ok {
			continue
		}
		text = strings.ToLower(text)
		for _, source := range l.sources {
			from, _ := exactText(source)
			if moved, ok := movedCalls[strings.ToLower(from)]; ok && slices.Contains(moved.names, text) {
				l.warn(name.At, "%s is a call of %s, not of %s", name.Value.Text, moved.source, from)
			}
		}
		if !strings.HasPrefix(text, "authorizesecuritygroup") {
			continue
		}
		for _, other := range l.others {
			if f := other.Field.Name; f == "requestParameters.fromPort" || f == "requestParameters.toPort" {
				l.warn(other.At, "most calls have the ports in %s", strings.Replace(f, "requestParameters.", "requestParameters.ipPermissions.items.", 1))
			}
		}
	}
}
