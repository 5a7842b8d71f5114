package rule

import "fmt"

// fieldFault tells what keeps a text from being the name of a field, such as
// "user.name", empty if nothing does.
func fieldFault(name string) string {
	if name == "" {
		return "the name of a field is empty"
	}
	before := byte('.')
	for i := range len(name) {
		c := name[i]
		if !fieldByte(c) {
			return fmt.Sprintf("%q is no name of a field: letters, digits, and _ - @ $ between dots", name)
		}
		if c == '.' && before == '.' {
			return fmt.Sprintf("%q is no name of a field: nothing before a dot", name)
		}
		before = c
	}
	if before == '.' {
		return fmt.Sprintf("%q is no name of a field: nothing after a dot", name)
	}
	return ""
}

func fieldByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return c == '.' || c == '_' || c == '-' || c == '@' || c == '$'
}
