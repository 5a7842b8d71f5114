package pattern

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// Grok is a regular expression with named parts, which is searched for in texts, such
// as "user=%{WORD:user} port=(?<port>[0-9]+)".
type Grok struct {
	re    *Regexp
	parts []grokPart
	names []string
}

// grokPart is a group of the regular expression with a name.
type grokPart struct {
	name  string
	kind  PartKind
	group int
}

// grokPatterns are the patterns that may be named, in RE2's syntax. Where Elasticsearch
// looks around a match or keeps it from being shortened they do without.
var grokPatterns = map[string]string{
	"USERNAME": `[a-zA-Z0-9._-]+`, "USER": `%{USERNAME}`,
	"EMAILLOCALPART": `[a-zA-Z0-9!#$%&'*+/=?^_{|}~-]+(?:\.[a-zA-Z0-9!#$%&'*+/=?^_{|}~-]+)*`, "EMAILADDRESS": `%{EMAILLOCALPART}@%{HOSTNAME}`,
	"INT": `[+-]?[0-9]+`, "BASE10NUM": `[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)`, "NUMBER": `%{BASE10NUM}`, "BASE16NUM": `[+-]?(?:0x)?[0-9A-Fa-f]+`,
	"POSINT": `\b[1-9][0-9]*\b`, "NONNEGINT": `\b[0-9]+\b`, "WORD": `\b\w+\b`, "NOTSPACE": `\S+`, "SPACE": `\s*`, "DATA": `.*?`, "GREEDYDATA": `.*`,
	"QUOTEDSTRING": `"(?:\\.|[^\\"])*"|'(?:\\.|[^\\'])*'`, "QS": `%{QUOTEDSTRING}`,
	"UUID": `[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}`,
	"IPV4": `(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})`,
	"IPV6": `[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:%{IPV4})?`, "IP": `%{IPV6}|%{IPV4}`,
	"HOSTNAME": `\b[0-9A-Za-z][0-9A-Za-z-]{0,62}(?:\.[0-9A-Za-z][0-9A-Za-z-]{0,62})*\.?`, "HOST": `%{HOSTNAME}`, "IPORHOST": `%{IP}|%{HOSTNAME}`, "HOSTPORT": `%{IPORHOST}:%{POSINT}`,
	"UNIXPATH": `(?:/[\w_%!$@:.,+~-]*)+`, "WINPATH": `(?:[A-Za-z]+:|\\)(?:\\[^\\?*]*)+`, "PATH": `%{UNIXPATH}|%{WINPATH}`,
	"URIPROTO": `[A-Za-z][A-Za-z0-9+.-]+`, "URIHOST": `%{IPORHOST}(?::%{POSINT})?`, "URIPATH": `(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_-]*)+`, "URIPARAM": `\?[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\[\]<>-]*`,
	"URIPATHPARAM": `%{URIPATH}(?:%{URIPARAM})?`, "URI": `%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?`,
	"YEAR": `(?:[0-9]{2}){1,2}`, "MONTHNUM": `0?[1-9]|1[0-2]`, "MONTHDAY": `0[1-9]|[12][0-9]|3[01]|[1-9]`,
	"HOUR": `2[0123]|[01]?[0-9]`, "MINUTE": `[0-5][0-9]`, "SECOND": `(?:[0-5]?[0-9]|60)(?:[:.,][0-9]+)?`, "TIME": `%{HOUR}:%{MINUTE}:%{SECOND}`,
	"ISO8601_TIMEZONE": `Z|[+-]%{HOUR}(?::?%{MINUTE})?`, "TIMESTAMP_ISO8601": `%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?(?:%{ISO8601_TIMEZONE})?`,
	"LOGLEVEL": `(?i:alert|trace|debug|notice|info|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|severe|emerg(?:ency)?)`,
}

var grokKinds = map[string]PartKind{"int": PartInt, "integer": PartInt, "long": PartInt, "float": PartFloat, "double": PartFloat, "string": PartText}

// NewGrok reads a pattern, which is in the syntax of Oniguruma with %{PATTERN},
// %{PATTERN:name} and %{PATTERN:name:int} or float.
func NewGrok(text string) (*Grok, error) {
	g := &Grok{}
	var b strings.Builder
	if err := g.translate(&b, text); err != nil {
		return nil, err
	}
	if len(g.parts) == 0 {
		return nil, fmt.Errorf("the pattern has no part with a name, such as %%{WORD:name} or (?<name>[a-z]+)")
	}
	var err error
	if g.re, err = NewRegexp("(?s)" + b.String()); err != nil {
		return nil, fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	for i := range g.parts {
		p := &g.parts[i]
		p.group = g.re.re.SubexpIndex(groupName(i))
		if !slices.Contains(g.names, p.name) {
			g.names = append(g.names, p.name)
		}
	}
	return g, nil
}

func groupName(part int) string { return fmt.Sprintf("p%d", part) }

// translate writes a pattern in RE2's syntax, in which the parts have numbers for names.
func (g *Grok) translate(b *strings.Builder, text string) error {
	for len(text) > 0 {
		switch {
		case text[0] == '\\' && len(text) > 1:
			b.WriteString(text[:2])
			text = text[2:]
		case strings.HasPrefix(text, "%{"):
			reference, rest, ok := strings.Cut(text[2:], "}")
			if !ok {
				return fmt.Errorf("%%{%s is never closed", reference)
			}
			if err := g.reference(b, reference); err != nil {
				return err
			}
			text = rest
		case strings.HasPrefix(text, "(?<") && !strings.HasPrefix(text, "(?<=") && !strings.HasPrefix(text, "(?<!"):
			name, rest, ok := strings.Cut(text[3:], ">")
			if !ok || name == "" {
				return fmt.Errorf("the name of a part stands between < and >")
			}
			g.open(b, name, PartText)
			text = rest
		case strings.HasPrefix(text, "(?>"), strings.HasPrefix(text, "(?="), strings.HasPrefix(text, "(?!"), strings.HasPrefix(text, "(?<"):
			return &LuceneError{fmt.Sprintf(": %s is not supported, as nothing around a match is looked at", text[:3]), true}
		default:
			b.WriteByte(text[0])
			text = text[1:]
		}
	}
	return nil
}

// open writes the beginning of a part.
func (g *Grok) open(b *strings.Builder, name string, kind PartKind) {
	fmt.Fprintf(b, "(?P<%s>", groupName(len(g.parts)))
	g.parts = append(g.parts, grokPart{name: name, kind: kind})
}

// reference writes what %{PATTERN:name:type} stands for.
func (g *Grok) reference(b *strings.Builder, reference string) error {
	fields := strings.Split(reference, ":")
	text, ok := grokPatterns[fields[0]]
	switch {
	case !ok:
		return fmt.Errorf("unknown pattern %q%s", fields[0], spelling.Suggest(fields[0], slices.Sorted(maps.Keys(grokPatterns))))
	case len(fields) > 3 || len(fields) > 1 && fields[1] == "":
		return fmt.Errorf("%%{%s} is not %%{PATTERN}, %%{PATTERN:name} or %%{PATTERN:name:type}", reference)
	}
	kind := PartText
	if len(fields) == 3 {
		if kind, ok = grokKinds[fields[2]]; !ok {
			return fmt.Errorf("unknown type %q: allowed are int, long, float, double and string", fields[2])
		}
	}
	if len(fields) > 1 {
		g.open(b, fields[1], kind)
	} else {
		b.WriteString("(?:")
	}
	if err := g.translate(b, text); err != nil {
		return err
	}
	b.WriteByte(')')
	return nil
}

// Names implements [Extractor].
func (g *Grok) Names() []string { return g.names }

// Kind implements [Extractor].
func (g *Grok) Kind(name string) PartKind {
	for i := range g.parts {
		if g.parts[i].name == name {
			return g.parts[i].kind
		}
	}
	return PartText
}

// Find implements [Extractor].
func (g *Grok) Find(parts [][]byte, name string, text, memory []byte) (all [][]byte, more []byte) {
	if !g.re.MayMatch(text) {
		return parts, memory
	}
	at := g.re.re.FindSubmatchIndex(text)
	if at == nil {
		return parts, memory
	}
	for i := range g.parts {
		p := &g.parts[i]
		if from := at[2*p.group]; p.name == name && from >= 0 {
			parts = append(parts, text[from:at[2*p.group+1]])
		}
	}
	return parts, memory
}
