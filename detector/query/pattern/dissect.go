package pattern

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Extractor is a pattern that finds parts of texts, each with a name. Several parts may
// have one name.
type Extractor interface {
	// Names returns the names of the parts in the order of the pattern, each once.
	Names() []string
	// Kind returns what the part of that name is.
	Kind(name string) PartKind
	// Find appends the parts of that name in a text, and uses the memory. It appends
	// nothing if the pattern does not fit.
	Find(parts [][]byte, name string, text []byte, memory []byte) (all [][]byte, more []byte)
}

// PartKind is the kind of value that a part of a text stands for.
type PartKind uint8

// The kinds.
const (
	PartText PartKind = iota
	PartInt
	PartFloat
)

// Dissect is a pattern of texts with parts between delimiters, such as
// "%{method} %{path} HTTP/%{version}". It fits from the start of a text on.
type Dissect struct {
	before    string // the first part
	parts     []dissectPart
	names     []string
	separator string // between what is appended to a part
}

// dissectPart is a part and the delimiter behind it.
type dissectPart struct {
	name      string // "" if it is skipped
	appended  bool
	order     int
	padded    bool // further delimiters behind it are skipped
	delimiter string
}

// NewDissect reads a pattern. The separator is put between parts that are appended to
// each other.
func NewDissect(text, separator string) (*Dissect, error) {
	d := &Dissect{separator: separator}
	var found bool
	d.before, text, found = strings.Cut(text, "%{")
	if !found {
		return nil, fmt.Errorf("a pattern needs a key such as %%{name}")
	}
	for found {
		var key, delimiter string
		if key, text, found = strings.Cut(text, "}"); !found {
			return nil, fmt.Errorf("the key %%{%s is never closed", key)
		}
		delimiter, text, found = strings.Cut(text, "%{")
		p, err := newDissectPart(key)
		if err != nil {
			return nil, err
		}
		p.delimiter = delimiter
		if n := len(d.parts); n > 0 && d.parts[n-1].delimiter == "" {
			return nil, fmt.Errorf("there is no delimiter before the key %%{%s}: only the last key needs none behind it", key)
		}
		d.parts = append(d.parts, p)
		if p.name != "" && !slices.Contains(d.names, p.name) {
			d.names = append(d.names, p.name)
		}
	}
	if len(d.names) == 0 {
		return nil, fmt.Errorf("the pattern has no key with a name")
	}
	return d, nil
}

func newDissectPart(key string) (p dissectPart, err error) {
	key, p.padded = strings.CutSuffix(key, "->")
	switch {
	case key == "", strings.Contains(key, "?"):
		return p, nil
	case strings.ContainsAny(key[:1], "*&"):
		return p, fmt.Errorf("the key %%{%s}: keys that are read from the text are not allowed", key)
	}
	if rest, ok := strings.CutPrefix(key, "+"); ok {
		p.appended = true
		if name, order, ok := strings.Cut(rest, "/"); ok {
			rest = name
			if _, err := fmt.Sscanf(order, "%d", &p.order); err != nil {
				return p, fmt.Errorf("the key %%{%s}: behind the slash a number is expected", key)
			}
		}
		key = rest
	}
	if p.name = key; key == "" {
		return p, fmt.Errorf("the key %%{+} has no name")
	}
	return p, nil
}

// Names implements [Extractor].
func (d *Dissect) Names() []string { return d.names }

// Kind implements [Extractor].
func (d *Dissect) Kind(string) PartKind { return PartText }

// Find implements [Extractor]. There is at most one part of a name.
func (d *Dissect) Find(parts [][]byte, name string, text, memory []byte) (all [][]byte, more []byte) {
	var room [16][]byte
	values, ok := d.split(room[:0], text)
	if !ok {
		return parts, memory
	}
	var found []byte
	n, appended := 0, false
	for i := range d.parts {
		if d.parts[i].name == name {
			found = values[i]
			n++
			appended = appended || d.parts[i].appended
		}
	}
	if n == 1 || !appended { // of several the last
		return append(parts, found), memory
	}
	start, first := len(memory), true
	for _, i := range d.inOrder(name) {
		if !first {
			memory = append(memory, d.separator...)
		}
		memory, first = append(memory, values[i]...), false
	}
	return append(parts, memory[start:]), memory
}

// inOrder returns the parts of a name in the order in which they are put together.
func (d *Dissect) inOrder(name string) (places []int) {
	for i := range d.parts {
		if d.parts[i].name == name {
			places = append(places, i)
		}
	}
	slices.SortStableFunc(places, func(a, b int) int { return d.parts[a].order - d.parts[b].order })
	return places
}

// split appends the texts of all parts, and reports whether the text has all of them.
// Delimiters that follow one another leave the parts after them empty.
func (d *Dissect) split(values [][]byte, text []byte) ([][]byte, bool) {
	if len(text) == 0 || !bytes.HasPrefix(text, []byte(d.before)) {
		return values, false
	}
	text = text[len(d.before):]
	for len(values) < len(d.parts) {
		p := &d.parts[len(values)]
		delimiter := []byte(p.delimiter)
		if len(delimiter) == 0 { // the last one takes the rest
			return append(values, text), true
		}
		end := bytes.Index(text, delimiter)
		if end < 0 {
			return values, false
		}
		values = append(values, text[:end:end])
		text = text[end+len(delimiter):]
		for bytes.HasPrefix(text, delimiter) {
			text = text[len(delimiter):]
			if p.padded {
				continue
			}
			if len(values) == len(d.parts) {
				break
			}
			p = &d.parts[len(values)]
			values = append(values, text[:0:0])
		}
	}
	return values, true
}
