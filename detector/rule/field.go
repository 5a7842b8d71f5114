package rule

import "fmt"

// CheckField returns an error if a text cannot be the name of a field, such as
// "user.name".
func CheckField(name string) error {
	if name == "" {
		return fmt.Errorf("the field name is empty")
	}
	before := byte('.')
	for i := range len(name) {
		c := name[i]
		if !isFieldByte(c) {
			return fmt.Errorf("%q is not a field name: it may have letters, digits, and _ - @ $ / between dots", name)
		}
		if c == '.' && before == '.' {
			return fmt.Errorf("%q is not a field name: nothing before a dot", name)
		}
		before = c
	}
	if before == '.' {
		return fmt.Errorf("%q is not a field name: nothing after a dot", name)
	}
	return nil
}

func isFieldByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return c == '.' || c == '_' || c == '-' || c == '@' || c == '$' || c == '/'
}
