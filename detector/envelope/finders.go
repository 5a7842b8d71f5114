package envelope

import (
	"bytes"
	"encoding/base64"
	"fmt"
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
}, base64Starts, base64Hints)

// base64Hints are what base64 of an event in JSON has in it, wherever the event stands:
// of the beginning of its names, and of the escapes with which they can be written.
var base64Hints = func() (texts []string) {
	for _, hint := range []string{"event", "auditID", `\u00`} {
		for before := range 3 { // bytes before it, of the three that four characters stand for
			text := base64.StdEncoding.EncodeToString([]byte("\x00\x00"[:before] + hint))
			whole := 8 * (before + len(hint)) / 6 // characters that do not depend on what follows
			texts = append(texts, text[(8*before+5)/6:whole])
		}
	}
	return texts
}()

// base64Starts are what base64 begins with of what does not have base64Hints in it.
var base64Starts = []string{
	"//57AC", "ewAiA", "AHsAI", "/v8A", // UTF-16
	"H4sI", "KLUv/", // gzip, zstd
	"ZXlK", "SDRzS", // base64 once more
	"eyJ", "eyAi", "ewog", "ewoJ", "ewoi", "ew0K", "ewki", // an object, in which may be any of these
	"W3si", "W3sK", "W3sg", "WyB7", // a list of objects
}

// finders search bytes for what events are told by.
type finders struct {
	hints  []literal.Finder // of what events are written with
	others *literal.Set     // of these one is in what has an event and no hint
	base64 *literal.Set     // what base64 of an event begins with, or has in it
	inside *literal.Set     // what it has in it
	names  [][]byte         // of events
	// initials are the first letters of the names, in either case.
	initials string
}

// findersOf has the finders of schemas by the hints and names of their sources: they take
// a while to make.
var findersOf sync.Map // string → *finders

func newFinders(s *event.Schema) *finders {
	var key strings.Builder
	for _, source := range s.Sources() {
		fmt.Fprintf(&key, "%q %q;", source.Hint, source.Names)
	}
	if f, ok := findersOf.Load(key.String()); ok {
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
			f.hints = append(f.hints, literal.NewFinder(literal.Text{Text: source.Hint}))
			texts = append(texts, strings.ToUpper(source.Hint), strings.ToUpper(source.Hint[:1])+source.Hint[1:])
		}
	}
	f.others = literal.NewSet(literal.Exact(texts...))
	f.base64, f.inside = literal.NewSet(literal.Exact(slices.Concat(base64Starts, base64Hints)...)), literal.NewSet(literal.Exact(base64Hints...))
	findersOf.Store(key.String(), f)
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
