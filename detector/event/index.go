package event

import "github.com/fluent-detect/fluent-detect/detector/msgpack"

// streamFields are the fields by which documents in ECS form say where they are kept.
type streamFields struct{ kind, dataset, namespace, event, beat *Field }

func newStreamFields(s *Schema) streamFields {
	return streamFields{
		s.Field("data_stream.type"), s.Field("data_stream.dataset"), s.Field("data_stream.namespace"),
		s.Field("event.dataset"), s.Field("agent.type"),
	}
}

// maxIndexPart is the maximum length of a part of the name of a data stream.
const maxIndexPart = 100

// AnyIndex reports whether do returns true for one of the indices in which a document in
// ECS form may be, and whether anything is known of these: it stops at the first. An index
// is given as a pattern of names, valid until do returns. A document with
// data_stream.dataset is in a data stream; one that only has event.dataset may be in that of
// its data set or in an index of the Beat that has read it.
func (e *Event) AnyIndex(do func(pattern []byte) bool) (found, known bool) {
	s := &e.schema.stream
	var room [3*maxIndexPart + 8]byte
	kind, namespace := "logs", "*"
	datasets := e.texts(s.dataset)
	if len(datasets) > 0 {
		kind, namespace = e.textOr(s.kind, kind), e.textOr(s.namespace, namespace)
	}
	for _, dataset := range datasets {
		known = true
		if do(appendStream(room[:0], kind, dataset, namespace)) {
			return true, true
		}
	}
	if known {
		return false, true
	}
	for _, dataset := range e.texts(s.event) {
		known = true
		if do(appendStream(room[:0], "logs", dataset, "*")) {
			return true, true
		}
	}
	return known && do(append(append(room[:0], e.textOr(s.beat, "filebeat")...), "-*"...)), known
}

func appendStream(dst []byte, kind, dataset, namespace string) []byte {
	dst = append(append(dst, kind...), '-')
	dst = append(append(dst, dataset...), '-')
	return append(dst, namespace...)
}

// texts returns the values of a field that can be parts of the name of an index.
func (e *Event) texts(f *Field) (texts []string) {
	e.Any(f, func(v msgpack.Value) bool {
		if b := v.Bytes(); len(b) > 0 && len(b) <= maxIndexPart {
			texts = append(texts, string(b))
		}
		return false
	})
	return texts
}

// textOr returns the value of a field that can be a part of the name of an index, or else
// another text.
func (e *Event) textOr(f *Field, otherwise string) string {
	if texts := e.texts(f); len(texts) > 0 {
		return texts[0]
	}
	return otherwise
}

// Origin returns the place of the event's source among those of its schema, and whether
// there is a schema.
func (e *Event) Origin() (source int, ok bool) { return int(e.source), e.schema != nil }

// DataSet returns the data set that a document in ECS form says that it is of:
// data_stream.dataset, or else event.dataset. It is valid as long as the event is.
func (e *Event) DataSet() []byte {
	if b := e.First(e.schema.stream.dataset).Bytes(); len(b) > 0 {
		return b
	}
	return e.First(e.schema.stream.event).Bytes()
}

// OnlyDataSet is DataSet for a document that says so once, and returns false for others.
func (e *Event) OnlyDataSet() (name []byte, ok bool) {
	if name, n := e.count(e.schema.stream.dataset); n > 0 {
		return name, n == 1
	}
	name, n := e.count(e.schema.stream.event)
	return name, n == 1
}

// count returns the last value of a field and how many there are, two at most.
func (e *Event) count(f *Field) (last []byte, n int) {
	e.Any(f, func(v msgpack.Value) bool {
		n++
		last = v.Bytes()
		return n == 2
	})
	return last, n
}

// IndexPatterns returns patterns of the indices in which Elastic keeps the events of the
// source that are not documents in ECS form.
func (s *Source) IndexPatterns() []string {
	switch {
	case s.Indices != nil:
		return s.Indices
	case s.Dataset == "":
		return nil
	}
	return []string{"logs-" + s.Dataset + "-*"}
}
