package envelope

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// placed puts fuzzed data where a reader of untrusted records meets it.
func placed(place uint8, data []byte) []byte {
	pair := func(key string, value []byte) []byte {
		return append(msgpack.AppendString([]byte{msgpcode.FixedMapLow | 1}, []byte(key)), value...)
	}
	list := func(element []byte) []byte { return append([]byte{msgpcode.FixedArrayLow | 1}, element...) }
	text := func(s []byte) []byte { return msgpack.AppendString(nil, s) }
	packed := func(s []byte) []byte { return text([]byte(base64.StdEncoding.EncodeToString(s))) }
	switch place % 10 {
	case 0: // a whole record
		return data
	case 1:
		return pair("log", text(data))
	case 2:
		return pair("event", pair("original", text(data)))
	case 3:
		return pair("records", list(pair("data", text(data))))
	case 4:
		return pair("records", list(pair("data", packed(data))))
	case 5:
		return pair("records", list(pair("data", packed([]byte(gzipped(string(data)))))))
	case 6:
		return pair("logEvents", list(pair("message", text(data))))
	case 7: // msgpack in an envelope
		return pair("Records", list(data))
	case 8: // the parameters of an event
		event := append([]byte{msgpcode.FixedMapLow | 2}, pair("eventName", text([]byte("ConsoleLogin")))[1:]...)
		return append(event, pair("requestParameters", data)[1:]...)
	default: // an event that is text
		return pair("Message", text(append(append([]byte(`{"eventName":"A","requestParameters":`), data...), '}')))
	}
}

// FuzzRead reads anything, anywhere: no panic, bounded work, and whatever is
// found is whole and the same the next time.
func FuzzRead(f *testing.F) {
	for _, w := range forms {
		for _, line := range w.wrap([]string{eventA, samples()[6]}) {
			f.Add(uint8(0), msgpacktest.Value(f, msgpacktest.JSON(line)))
			f.Add(uint8(1), []byte(line))
			f.Add(uint8(4), []byte(line))
		}
	}
	for _, line := range append(samples(), ecsSample) {
		f.Add(uint8(0), msgpacktest.Value(f, msgpacktest.JSON(line)))
		f.Add(uint8(7), msgpacktest.Value(f, msgpacktest.JSON(line)))
		f.Add(uint8(5), []byte(line))
		f.Add(uint8(6), []byte(escaped(line)))
	}
	for _, line := range others {
		f.Add(uint8(0), msgpacktest.Value(f, msgpacktest.JSON(line)))
	}
	f.Add(uint8(8), msgpacktest.Value(f, msgpacktest.JSON(`{"a":{"b":[1,null,{"c":""}]},"a":2,"BB":1,"Aa":2}`)))
	f.Add(uint8(9), []byte(`{"a":[[[[1.5e300,-0.0,1e999]]]],"\ud83d\ude00":"\u0000"}`))
	f.Add(uint8(0), []byte("\x91\xa9eventName\xa1A")) // no map
	f.Add(uint8(1), []byte("{\"eventName\":\"A\n{\"eventName\":\"B\"}\n[{\"Records\":[{"))

	var view, again strings.Builder
	var into *strings.Builder
	show := func(e *event.Event) { showEvent(f, into, e) }
	kept := NewReader(schema, show) // has read everything before

	f.Fuzz(func(t *testing.T, place uint8, data []byte) {
		body := placed(place, data)
		if len(body) > 1<<16 {
			t.Skip("too long to be worth it")
		}
		view.Reset()
		into = &view
		r := NewReader(schema, show)
		end, seen, err := r.Read(body, 0)
		if err != nil {
			if seen.Events > 0 || seen.Unreadable > 0 || view.Len() > 0 {
				t.Fatalf("%+v was seen of a record that is broken: %v", seen, err)
			}
			return
		}
		if whole, skipErr := msgpack.Skip(body, 0); skipErr != nil || whole != end {
			t.Fatalf("Read to %d, Skip to %d, %v", end, whole, skipErr)
		}
		if spent := -r.budget.effort; spent > maxDecoding*(len(body)+maxInflated) {
			t.Fatalf("%d bytes too much were decoded", spent)
		}
		again.Reset()
		into = &again
		if _, seenAgain, _ := kept.Read(body, 0); seenAgain.Events != seen.Events || seenAgain.Unreadable != seen.Unreadable || view.String() != again.String() {
			t.Fatalf("another reader saw %+v\n%s\nnot %+v\n%s", seenAgain, again.String(), seen, view.String())
		}
		if seen.Shape == Raw && seen.Events == 1 { // the same event in a list
			again.Reset()
			list := append(msgpack.AppendString([]byte{msgpcode.FixedMapLow | 1}, []byte("Records")), msgpcode.FixedArrayLow|1)
			if _, _, err := kept.Read(append(list, body[:end]...), 0); err != nil || again.String() != strings.ReplaceAll(view.String(), "shape raw", "shape records") {
				t.Fatalf("in a list: %v\n%s\nwant\n%s", err, again.String(), view.String())
			}
		}
	})
}

// showEvent writes all that an event has and checks that it is whole.
func showEvent(t testing.TB, b *strings.Builder, e *event.Event) {
	var text, packed []byte
	put := func(name string, v msgpack.Value) {
		text = jsontext.AppendJSON(text[:0], v)
		var end int
		var err error
		if packed, end, err = jsontext.AppendMsgpack(packed[:0], text); err != nil || end != len(text) || v.Kind() == msgpack.Invalid {
			t.Fatalf("%s is not a value: kind %s, %v, %q", name, v.Kind(), err, text)
		}
		b.WriteString(name)
		b.WriteByte(' ')
		b.Write(text)
		b.WriteByte('\n')
	}
	b.WriteString("shape ")
	b.Write(AppendShape(nil, e))
	b.WriteByte('\n')
	if e.HasDuplicates() {
		b.WriteString("duplicates\n")
	}
	together := make([]string, len(fuzzed))
	e.Visit(fuzzedTogether, func(i int, values []msgpack.Value) { together[i] = join(values) })
	for i, f := range fuzzed {
		if alone := join(e.Values(f)); together[i] != alone {
			t.Fatalf("Each gives %q for %s, Values %q", together[i], f.Name, alone)
		}
		for _, v := range e.Values(f) {
			put(f.Name, v)
			if ShapeOf(e) == Raw && event.IsEmpty(v) {
				t.Fatalf("%s is empty: %q", f.Name, text)
			}
		}
		if o := e.Object(f); o.Kind() != msgpack.Invalid {
			put("object", o)
		}
	}
	var s event.Subject
	schema.Describe(e, &s)
	put("actor", msgpack.TextOf(bytes.ToValidUTF8(s.Actor, nil)))
	document := e.AppendECS(nil)
	v, end, err := msgpack.Read(document, 0)
	if err != nil || end != len(document) || v.Kind() != msgpack.Map {
		t.Fatalf("AppendECS: kind %s, %d of %d, %v", v.Kind(), end, len(document), err)
	}
	put("ECS", v)
}

func join(values []msgpack.Value) string {
	var text []byte
	for _, v := range values {
		text = append(jsontext.AppendJSON(text, v), ' ')
	}
	return string(text)
}

var fuzzed = func() (fields []*event.Field) {
	names := append(schema.Names(), "aws.cloudtrail.flattened.request_parameters.a.b", "aws.cloudtrail.resources", "event", "source.geo")
	for _, name := range names {
		fields = append(fields, schema.Field(name))
	}
	return fields
}()

var fuzzedTogether = schema.NewFieldSet(fuzzed)
