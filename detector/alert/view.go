package alert

import "github.com/fluent-detect/fluent-detect/detector/event"

// View has the values that alerts take over from an event, so that they are found once if
// several rules match it. The zero View is of no event. Its texts alias the event and the
// View, and are valid until the event or the View is used again.
type View struct {
	event  *event.Event
	number uint64
	fields []viewed
	text   []byte // that was made for the fields

	truncated []string // names of fields that are not carried as a whole

	object   []byte // what the event is about
	searched bool   // for it
}

// viewed is a field with its value. Texts are the event's, or in the view.
type viewed struct {
	slot  slot
	value value
}

// isOf reports whether the view is that of the event.
func (v *View) isOf(e *event.Event) bool { return v.event == e && v.number == e.Number() }

// Release forgets the event.
func (v *View) Release() {
	clear(v.fields)
	*v = View{fields: v.fields[:0], text: v.text[:0], truncated: v.truncated[:0]}
	if cap(v.text) > maxView {
		v.text = nil
	}
}

// maxView is how many bytes of text a view keeps room for.
const maxView = 1 << 20

// see makes v the view of the event.
func (m *Maker) see(v *View, e *event.Event, s *event.Subject) {
	v.Release()
	d := &m.doc
	text, filled, truncated := d.text, len(d.filled), len(d.truncated)
	d.text = v.text
	m.copy(e, s)
	v.text, d.text = d.text, text
	for _, at := range d.filled[filled:] {
		v.fields = append(v.fields, viewed{at, d.values[at]})
	}
	v.truncated = append(v.truncated, d.truncated[truncated:]...)
	v.event, v.number = e, e.Number()
}

// show adds the fields of a view.
func (d *document) show(v *View) {
	for i := range v.fields {
		d.put(v.fields[i].slot, v.fields[i].value)
	}
	for _, name := range v.truncated {
		d.truncate(name)
	}
}
