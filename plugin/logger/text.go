package logger

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable returns an untrusted text, cut to at most maxBytes, as one line:
// control characters and invalid UTF-8 are replaced by question marks.
func Printable(text string, maxBytes int) string {
	if len(text) > maxBytes {
		end := maxBytes
		for end > 0 && !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end] + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, strings.ToValidUTF8(text, "?"))
}

// Count returns "1 rule", "2 rules".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Writer returns a writer that logs each Write as a message. It is for the
// ErrorLog of a server.
func (log Log) Writer(level Level, prefix string) Writer { return Writer{log, level, prefix} }

// Writer is an io.Writer, see [Log.Writer].
type Writer struct {
	log    Log
	level  Level
	prefix string
}

func (w Writer) Write(p []byte) (int, error) {
	w.log(w.level, w.prefix+Printable(strings.TrimRight(string(p), "\n"), 2000))
	return len(p), nil
}
