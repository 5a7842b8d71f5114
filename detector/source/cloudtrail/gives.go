package cloudtrail

import "strings"

// Gives reports whether events have a field by their own members, or in a flattened one,
// and says from where.
func Gives(field string) (from string, ok bool) {
	for i := range fields {
		d := &fields[i]
		below, inside := strings.CutPrefix(field, d.Name)
		if !inside || below != "" && below[0] != '.' {
			continue
		}
		if d.Constant != "" {
			return "always " + d.Constant, true
		}
		if d.From == "" {
			return "from " + strings.Join(d.Reads, ", "), true
		}
		return "from " + d.From, true
	}
	return "", false
}
