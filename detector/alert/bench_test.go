package alert

import (
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// alerter returns a function that makes the alert of a record once more, from
// finding the event in it to the alert's msgpack.
func alerter(t testing.TB, r *rule.Rule, f Format, rec string) func() []byte {
	body, _, err := jsontext.AppendMsgpack(nil, []byte(rec))
	if err != nil {
		t.Fatal(err)
	}
	m := NewMaker(r, testObserver, f, testFields)
	var alert []byte
	var subject event.Subject
	reader := envelope.NewReader(testFields.schema, func(e *event.Event) {
		testFields.schema.Describe(e, &subject)
		alert = m.Make(alert[:0], idFor(r.ID, e), e, &subject, testArrival)
	})
	return func() []byte {
		if _, _, err := reader.Read(body, 0); err != nil {
			t.Fatal(err)
		}
		return alert
	}
}

func BenchmarkMake(b *testing.B) {
	for _, f := range formats {
		for _, name := range []string{"push", "serial"} {
			b.Run(f.String()+"/"+name, func(b *testing.B) {
				once := alerter(b, builtin(b), f, eventFile(b, name))
				b.ReportAllocs()
				for b.Loop() {
					once()
				}
			})
		}
	}
}

// An alert costs no allocations: what is the same in all of them is encoded
// once, and the Maker, the subject and the event keep their buffers.
func TestMakeAllocates(t *testing.T) {
	if msgpacktest.RaceDetector {
		t.Skip("the race detector allocates; not tested: that an alert allocates nothing")
	}
	for _, f := range formats {
		once := alerter(t, builtin(t), f, eventFile(t, "push"))
		once()
		if n := testing.AllocsPerRun(100, func() { once() }); n > 0 {
			t.Errorf("%s: %v allocations, want none", f, n)
		}
	}
}
