package rule

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// upstream is the ruleset of Elastic's own rules.
const upstream = "elastic/detection-rules"

// readRule reads a rule that [reader.runnable] lets through. Extension is the
// table [fluent_detect], nil if there is none.
func (r *reader) readRule(table, extension *value) *Rule {
	out := &Rule{
		Version: DefaultVersion, From: DefaultFrom, MaxSignals: DefaultMaxSignals, Enabled: true,
		Interval: DefaultInterval, Source: Source{Path: r.doc.path},
	}
	out.IntervalDuration, _ = ParseInterval(DefaultInterval)
	out.Source.Line, _ = r.doc.position(table.at)
	for i := 0; i < len(table.members) && !r.full(); i++ {
		r.readKey(out, &table.members[i])
	}
	for _, k := range requiredKeys {
		r.need("", table, k.name, k.allowed)
	}
	if out.Extension.SuppressBy != nil && out.Extension.SuppressFor == 0 {
		out.Extension.SuppressFor = out.IntervalDuration // as Elastic's "per rule execution"
	}
	if extension != nil {
		r.extension(extension, &out.Extension)
	}
	if out.isElastic(table) {
		out.Source.Ruleset = upstream
	}
	return out
}

// readKey reads one key. Kibana adds keys with every release, so the ones of an
// export that we do not know make a notice instead of an error.
func (r *reader) readKey(out *Rule, m *member) {
	k := ruleKeyIndex[m.key]
	switch {
	case k == nil && r.exported:
		if !slices.Contains(exportedKeys, m.key) && m.key != extensionTable {
			r.notice(out, m.key, m.at, "unknown key, without effect here")
		}
	case k == nil:
		r.fail(m.at, m.key, "unknown key%s", elsewhere(m.key))
	case k.read != nil:
		k.read(r, out, m.key, m.value)
	case m.value.isEmpty():
	case k.of != "" && r.query:
		r.fail(m.at, m.key, "belongs to rules of type %q, and this one is of type %q", k.of, "query")
	case k.notice != "":
		r.notice(out, m.key, m.at, k.notice)
	}
}

// elsewhere tells what the author of an unknown key of [rule] may have meant.
func elsewhere(key string) string {
	switch {
	case slices.Contains(metadataKeys, key):
		return "; it belongs into [metadata]"
	case slices.Contains(extensionKeys, key):
		return "; it belongs into [fluent_detect]"
	}
	if near := suggest(key, ruleKeyNames); near != "" {
		return near
	}
	return "; Elastic's rule format has no such key, and fluent-detect's own belong into [fluent_detect]"
}

// isElastic reports whether a rule is one of Elastic's: Kibana marks those, and
// their files tell by the licence or an author.
func (out *Rule) isElastic(table *value) bool {
	if m := table.get("immutable"); m != nil && m.value.text == "true" {
		return true
	}
	return strings.HasPrefix(out.License, "Elastic License") || slices.ContainsFunc(out.Author, func(a string) bool { return strings.EqualFold(a, "elastic") })
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// tooLarge is the error of a text beyond its limit.
func tooLarge(path, what string, limit int) *Error {
	return &Error{Path: path, Message: fmt.Sprintf("%s is larger than %d bytes, the most that is read", what, limit)}
}
