package hostconf

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// answer is whether a tag matches, as far as it can be derived from a file.
type answer int

const (
	no answer = iota
	maybe
	yes
)

// tag is the tag of the records of an input.
type tag struct {
	text string // up to an unknown part
	open bool   // the rest, or all of it, depends on the records
}

// tags returns the tags of all inputs. Fluent Bit numbers the inputs of all plugins
// together.
func (c *config) tags() map[*section]tag {
	tags := map[*section]tag{}
	for i, s := range c.of("input", "") {
		tags[s] = tagOf(s, i)
	}
	return tags
}

// ownTags are inputs whose records have tags of their own, such as the path of the
// URL for http: always, or unless the input has a tag.
var ownTags = map[string]string{"http": "always", "opentelemetry": "always", "forward": "unless", "splunk": "unless", "elasticsearch": "unless"}

func tagOf(s *section, number int) tag {
	p := s.get("tag")
	switch {
	case p != nil && p.unknown != "", s.get("tag_key") != nil, s.get("tag_regex") != nil:
		return tag{open: true}
	case ownTags[s.plugin()] == "always", p == nil && ownTags[s.plugin()] == "unless", s.get("tag_prefix") != nil:
		return tag{open: true}
	case p == nil:
		return tag{text: fmt.Sprintf("%s.%d", s.plugin(), number)}
	}
	before, _, star := strings.Cut(p.text, "*")
	return tag{text: before, open: star}
}

// takes reports whether an output or a filter matches a tag.
func takes(s *section, t tag) answer {
	if p := s.get("match_regex"); p != nil {
		re, err := tagPattern(p.text)
		switch {
		case err != nil || p.unknown != "" || t.open:
			return maybe
		case re.FindString(t.text) != "":
			return yes
		}
	}
	p := s.get("match")
	switch {
	case p == nil:
		return no
	case p.unknown != "":
		return maybe
	case t.open:
		return prefixMatches(t.text, p.text)
	case matches(t.text, p.text):
		return yes
	}
	return no
}

// tagPattern compiles a Match_Regex, which Fluent Bit compares with the beginning of a
// tag. A text of at least one character must match.
func tagPattern(text string) (*regexp.Regexp, error) {
	if len(text) > 1 && text[0] == '/' {
		pattern, options, ok := cutLast(text[1:], "/")
		if ok && strings.Trim(options, "mixo") == "" {
			text = pattern
			if strings.Contains(options, "i") {
				text = "(?i)" + text
			}
			if strings.Contains(options, "x") {
				return nil, errors.ErrUnsupported
			}
		}
	}
	return regexp.Compile("^(?:" + text + ")")
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// matches compares a tag with a pattern as Fluent Bit does: * matches any text.
func matches(tag, pattern string) bool {
	first, rest, star := strings.Cut(pattern, "*")
	if !star {
		return tag == pattern
	}
	if !strings.HasPrefix(tag, first) {
		return false
	}
	tag, rest = tag[len(first):], strings.TrimLeft(rest, "*")
	for i := range len(tag) + 1 {
		if rest == "" || matches(tag[i:], rest) {
			return true
		}
	}
	return false
}

// prefixMatches compares a tag of which only a prefix is known.
func prefixMatches(prefix, pattern string) answer {
	if pattern == "*" {
		return yes
	}
	literal, _, star := strings.Cut(pattern, "*")
	if strings.HasPrefix(prefix, literal) && star || strings.HasPrefix(literal, prefix) {
		return maybe
	}
	return no
}
