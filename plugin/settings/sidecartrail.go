package settings

import (
	"regexp"
	"slices"
	"strings"
)

// trailPrefix begins the names of the sidecar's keys for objects of CloudTrail.
const trailPrefix = "s3_"

// notPrefixed are the keys of a cloudtrail input that the sidecar does not have, or has for
// itself: it has one state_path, and what it evaluated is always confirmed.
var notPrefixed = []string{"state_path", "acknowledge"}

// isPrefixed reports whether the sidecar has that key of a cloudtrail input, with the
// prefix.
func isPrefixed(key string) bool {
	return !slices.Contains(notPrefixed, key) && slices.ContainsFunc(cloudTrailKeys, func(r row[CloudTrail]) bool { return r.Name == key })
}

// sidecarTrailKeys are the keys of a cloudtrail input as the sidecar has them.
var sidecarTrailKeys = func() (table []row[CloudTrail]) {
	prefixed := func(key string) string {
		if isPrefixed(key) {
			return trailPrefix + key
		}
		return key
	}
	quoted := regexp.MustCompile("`[a-z_]+`")
	text := func(s string) string {
		return quoted.ReplaceAllStringFunc(s, func(q string) string { return "`" + prefixed(strings.Trim(q, "`")) + "`" })
	}
	for _, r := range cloudTrailKeys {
		if !isPrefixed(r.Name) {
			continue
		}
		meaning := strings.Replace(text(r.Meaning), "must be set", "must be set, unless `sns_topics` and `state_path` are", 1)
		r.Key = Key{trailPrefix + r.Name, r.Type, r.Default, meaning}
		r.needs = slices.Clone(r.needs)
		for i, key := range r.needs {
			r.needs[i] = prefixed(key)
		}
		if r.condition != nil {
			words := strings.Fields(r.condition.what)
			for i, word := range words {
				words[i] = prefixed(word)
			}
			r.condition = &condition[CloudTrail]{strings.Join(words, " "), r.condition.holds}
		}
		table = append(table, r)
	}
	return table
}()

// readSidecarTrail reads what objects of CloudTrail the sidecar reads, nil if none. The
// state is in that directory.
func readSidecarTrail(get Getter, statePath string, topics []string) (*CloudTrail, []error) {
	v := values[CloudTrail]{sidecarTrailKeys, get}
	if !slices.ContainsFunc(v.table, func(r row[CloudTrail]) bool { return v.set(r.Name) != "" }) {
		return nil, nil
	}
	announced := len(topics) > 0 && statePath != "" && v.set(trailPrefix+"path") == ""
	c, errs := readCloudTrail(v, CloudTrail{prefix: trailPrefix, Announced: announced})
	c.StatePath = statePath
	return &c, errs
}
