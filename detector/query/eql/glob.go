package eql

import (
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

// glob returns the pattern of a text in which * and ? stand for characters, and a
// backslash for itself.
func glob(text string) query.Pattern {
	return strings.Split(strings.ReplaceAll(text, "?", anyChar), "*")
}

const anyChar = string("\xff")

// rawGlob returns the pattern of a text in which a backslash takes the next character
// literally. At the end it is one.
func rawGlob(text string) query.Pattern {
	runs := query.Pattern{""}
	for i := 0; i < len(text); i++ {
		last := &runs[len(runs)-1]
		switch c := text[i]; {
		case c == '*':
			runs = append(runs, "")
		case c == '?':
			*last += anyChar
		case c == '\\' && i+1 < len(text):
			i++
			*last += text[i : i+1]
		default:
			*last += text[i : i+1]
		}
	}
	return runs
}
