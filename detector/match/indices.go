package match

import (
	"regexp"
	"slices"
	"strings"
)

// indexPatterns are the patterns of indices that a rule has, in their order.
type indexPatterns []indexPattern

// indexPattern is a name of indices with any number of stars, or the exclusion of those
// that the patterns before it have.
type indexPattern struct {
	glob    string
	exclude bool
}

// dateMath is what a name in angle brackets computes of the time.
var dateMath = regexp.MustCompile(`\{[^{}]*(\{[^{}]*\})?[^{}]*\}`)

// parseIndices reads patterns as Elasticsearch does: lists joined by commas, an exclusion
// behind a pattern with a star, _all. The name of a cluster before a colon says nothing
// about events that come here.
func parseIndices(list []string) (all indexPatterns) {
	stars := false
	for _, text := range strings.Split(strings.Join(list, ","), ",") {
		text = strings.TrimSpace(text)
		var x indexPattern
		if stars {
			text, x.exclude = strings.CutPrefix(text, "-")
		}
		text, failures := withoutSelector(text)
		if cluster, name, remote := strings.Cut(text, ":"); remote {
			if strings.HasPrefix(cluster, "-") || x.exclude {
				continue // a cluster is excluded
			}
			text = name
		}
		if name, ok := strings.CutPrefix(text, "<"); ok {
			text = dateMath.ReplaceAllString(strings.TrimSuffix(name, ">"), "*")
		}
		if text == "_all" {
			text = "*"
		}
		if name, ok := strings.CutPrefix(text, ".ds-"); ok { // what a data stream is kept in
			text = name
		}
		if text == "" || failures {
			continue
		}
		stars = stars || strings.Contains(text, "*")
		x.glob = text
		all = append(all, x)
	}
	return all
}

// withoutSelector takes off what says which part of a data stream is meant: its events, or
// the documents that it could not take.
func withoutSelector(text string) (name string, failures bool) {
	if name, ok := strings.CutSuffix(text, "::failures"); ok {
		return name, true
	}
	name, _ = strings.CutSuffix(text, "::data")
	return name, false
}

// meet reports whether indices with names of that form may be among those of the patterns.
// An exclusion counts if it excludes all of them.
func (all indexPatterns) meet(names string) bool {
	met := false
	for _, x := range all {
		switch {
		case x.exclude && met && covers(x.glob, names):
			met = false
		case !x.exclude && !met:
			met = overlap(x.glob, names)
		}
	}
	return met
}

// covers reports whether a glob fits all names that another one fits.
func covers(glob, names string) bool {
	first, rest, stars := strings.Cut(glob, "*")
	if !stars {
		return glob == names
	}
	names, ok := strings.CutPrefix(names, first)
	for ok {
		var part string
		if part, rest, stars = strings.Cut(rest, "*"); !stars {
			return strings.HasSuffix(names, part)
		}
		at := strings.Index(names, part)
		if ok = at >= 0; ok {
			names = names[at+len(part):]
		}
	}
	return false
}

// overlap reports whether there is a name that both globs fit.
func overlap(a, b string) bool {
	// row[j] reports whether a[:i] and b[:j] overlap.
	row := make([]bool, len(b)+1)
	row[0] = true
	for j := range b {
		row[j+1] = row[j] && b[j] == '*'
	}
	for i := range a {
		before := row[0]
		row[0] = row[0] && a[i] == '*'
		for j := range b {
			old := row[j+1]
			switch {
			case a[i] == '*' && b[j] == '*':
				row[j+1] = before || old || row[j]
			case a[i] == '*':
				row[j+1] = old || row[j] || before
			case b[j] == '*':
				row[j+1] = row[j] || old || before
			default:
				row[j+1] = before && a[i] == b[j]
			}
			before = old
		}
	}
	return row[len(b)]
}

// families are what the names of indices begin with of which it is known what is in them.
var families = []string{".", "logs-", "metrics-", "traces-", "synthetics-", "profiling-", "apm-", "endgame-", "auditbeat-", "filebeat-", "heartbeat-", "metricbeat-", "packetbeat-", "winlogbeat-"}

// isOwn reports whether a pattern has a name that is somebody's own.
func (x indexPattern) isOwn() bool {
	return !x.exclude && !slices.ContainsFunc(families, func(family string) bool { return overlap(x.glob, family+"*") })
}
