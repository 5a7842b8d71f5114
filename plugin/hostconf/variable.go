package hostconf

import (
	"os"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// expand expands the variables in the values of all sections that were added since the
// last call. A variable that is set neither in the
// configuration nor in the environment of this process may be set where Fluent Bit
// runs.
func (c *config) expand() {
	for _, s := range c.sections[c.expanded:] {
		for i := range s.properties {
			p := &s.properties[i]
			p.text, p.unknown = c.translate(p.value)
			if p.unknown == "" {
				continue
			}
			var names []string
			for name := range c.variables {
				names = append(names, name)
			}
			slices.Sort(names)
			if hint := spelling.Suggest(p.unknown, names); hint != "" {
				c.warn(p.valueAt, "%s: the variable %s is not set%s", p.key, p.unknown, hint)
			}
		}
	}
	c.expanded = len(c.sections)
}

// translate replaces ${NAME} and ${NAME:-default}. It also returns the first name
// without a value.
func (c *config) translate(value string) (text, unknown string) {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(value, "${")
		name, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			b.WriteString(value)
			return strings.TrimSpace(b.String()), unknown
		}
		b.WriteString(before)
		name, defaultValue, hasDefault := strings.Cut(name, ":-")
		switch v, set := c.variable(name); {
		case set:
			b.WriteString(v)
		case hasDefault:
			b.WriteString(defaultValue)
		case unknown == "":
			unknown = name
		}
		value = after
	}
}

func (c *config) variable(name string) (string, bool) {
	if v, ok := c.variables[name]; ok {
		// The content of a file is known only where Fluent Bit runs.
		return v, !strings.HasPrefix(v, "file://")
	}
	v := os.Getenv(name)
	if v == "" && name == "HOSTNAME" {
		v, _ = os.Hostname()
	}
	return v, v != ""
}
