package envelope

import (
	"bytes"
	"slices"
	"strings"
	"sync"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/literal"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Escapes are texts of which one is in every record in which an event has a
// text that the record does not have as it is. The exceptions are texts with
// characters that JSON escapes in more ways than by \u, and those that
// [event.Field.Verbatim] excludes.
var Escapes = slices.Concat([]string{
	// What begins an escape that stands for any character. It stays as it is
	// in a text within a text.
	`\u`,
	// What gzip and zstd begin with.
	"\x1f\x8b\x08", "\x28\xb5\x2f\xfd",
	// A part of the names of every event in UTF-16 of either byte order.
	"v\x00e\x00n\x00t",
}, base64Starts)

// base64Starts are what base64 begins with, of an object or a list of objects
// in JSON, of gzip and zstd, of UTF-16, and of base64 of these.
var base64Starts = []string{
	"eyJ",                          // {"
	"eyAi", "ewog", "ewoJ", "ewoi", // { and white space
	"ew0K", "ewki", //
	"W3si", "W3sK", "W3sg", "WyB7", // [{
	"WwogI", "Wwp7", "Cnsi", //
	"InsiI", "IntcI", // "{
	"77u/e", "77u/W", // a byte order mark before them
	"//57AC", "ewAiA", "AHsAI", "/v8A", // UTF-16
	"H4sI", "KLUv/", // gzip, zstd
	"ZXlK", "SDRzS", // base64 once more
}

// finders search bytes for what events are told by.
type finders struct {
	hints  []literal.Finder // of what events are written with
	others *literal.Set     // of these one is in what has an event and no hint
	base64 *literal.Set
	names  [][]byte // of events
	// initials are the first letters of the names, in either case.
	initials string
}

// findersOf has the finders of each schema: they take a while to make.
var findersOf sync.Map // *event.Schema → *finders

func newFinders(s *event.Schema) *finders {
	if f, ok := findersOf.Load(s); ok {
		return f.(*finders)
	}
	f := &finders{}
	texts := slices.Clone(Escapes)
	var hints []string
	for _, source := range s.Sources() {
		for _, name := range source.Names {
			f.names = append(f.names, []byte(name))
			if initial := strings.ToLower(name[:1]); !strings.Contains(f.initials, initial) {
				f.initials += initial + strings.ToUpper(initial)
			}
		}
		if source.Hint != "" && !slices.Contains(hints, source.Hint) {
			hints = append(hints, source.Hint)
			f.hints = append(f.hints, literal.NewFinder(source.Hint))
			texts = append(texts, strings.ToUpper(source.Hint), strings.ToUpper(source.Hint[:1])+source.Hint[1:])
		}
	}
	f.others, f.base64 = literal.NewSet(texts), literal.NewSet(base64Starts)
	findersOf.Store(s, f)
	return f
}

// mayCarry reports whether there can be an event in bytes that are msgpack, text
// or packed.
func (f *finders) mayCarry(b []byte) bool {
	for i := range f.hints { // what carries an event has a hint near its beginning
		if f.hints[i].In(b) {
			return true
		}
	}
	return f.others.AnyIn(b)
}

// wasEvent tells text that was to be an event from other text that begins with
// a brace. It only decides what is counted.
func (f *finders) wasEvent(text []byte) bool {
	return slices.ContainsFunc(f.names, func(name []byte) bool { return bytes.Contains(text, name) })
}

// nameIn returns the name of the member at the top of a record in which a name
// of events is, in any case, or nil.
func (f *finders) nameIn(document msgpack.Value) []byte {
	for pairs := document.Members(); ; {
		key, value, ok := pairs.Next()
		if !ok {
			return nil
		}
		if f.hasName(key.Bytes()) || f.hasName(value.Bytes()) || f.hasName(value.Encoded()) {
			return key.Bytes()
		}
	}
}

// hasName reports whether a name of events is in b, in any case.
func (f *finders) hasName(b []byte) bool {
	for i := 0; i < len(b); i++ {
		next := bytes.IndexAny(b[i:], f.initials)
		if next < 0 {
			return false
		}
		i += next
		for _, name := range f.names {
			if i+len(name) <= len(b) && bytes.EqualFold(b[i:i+len(name)], name) {
				return true
			}
		}
	}
	return false
}
