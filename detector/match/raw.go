package match

import (
	"sync"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Raw is the mapping of rules that name the members of a source's own records. All
// fields are of type any. Programs that are compiled for it match the events of the
// source only, and documents without a schema.
type Raw struct {
	schema           *event.Schema
	source           int
	raw              *event.Raw
	provider, action *event.Field
	original         *event.Field

	mu     sync.Mutex
	fields map[string]*event.Field
}

// NewRaw returns the mapping of the records of the i-th source of the schema. Programs of
// one mapping share an index.
func NewRaw(s *event.Schema, i int) *Raw {
	raw := s.Sources()[i].Raw
	m := &Raw{schema: s, source: i, raw: raw, original: s.Field(raw.Original), fields: map[string]*event.Field{}}
	m.provider, m.action = m.Field(raw.Provider), m.Field(raw.Action)
	return m
}

// Field returns the field of that name.
func (m *Raw) Field(name string) *event.Field {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.fields[name]
	if f == nil {
		f = m.schema.RawField(m.source, name)
		m.fields[name] = f
	}
	return f
}

// Names returns no names: patterns of names do not occur.
func (m *Raw) Names() []string { return nil }

// Closed returns true, as there are no patterns of names.
func (m *Raw) Closed() bool { return true }

// isAbout reports whether programs that are compiled for the mapping can match the event.
func (m *Raw) isAbout(e *event.Event) bool { return e.IsOf(m.source) }

// texts are buffers for the texts of objects and records.
var texts = sync.Pool{New: func() any { return new([]byte) }}

// maxTextBuffer is the maximum size of a buffer that is kept.
const maxTextBuffer = 1 << 20

// withText calls do with what write appends to a buffer.
func withText(write func(dst []byte) []byte, do func(text []byte) bool) bool {
	buf := texts.Get().(*[]byte)
	*buf = write((*buf)[:0])
	result := do(*buf)
	if cap(*buf) <= maxTextBuffer {
		texts.Put(buf)
	}
	return result
}

// present matches a member that exists, be it null or empty. See [event.Event.HasRaw].
type present struct{}

func (present) match(msgpack.Value) bool { return true }
