package forward

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/plugin/delivery"
)

// The bytes of a message are as specified.
func TestMessage(t *testing.T) {
	b := delivery.NewBatch([]outbox.Alert{
		{Time: time.Unix(0x12345678, 0x0a0b0c), Record: []byte{0x81, 0xa1, 'a', 1}},
		{Time: time.Unix(1, 0), Record: []byte{0x80}},
	}, new(destination).AppendAlert, nil)
	m := newMessage("alert.x", b, 0, 2)
	m.chunk = "id=="
	want := "\x93" + "\xa7alert.x" +
		"\xc4\x1b" +
		"\x92\xd7\x00\x12\x34\x56\x78\x00\x0a\x0b\x0c" + "\x81\xa1a\x01" +
		"\x92\xd7\x00\x00\x00\x00\x01\x00\x00\x00\x00" + "\x80" +
		"\x82\xa5chunk\xa4id==" + "\xa4size\x02"
	if got := m.appendTo([]byte("before")); string(got) != "before"+want {
		t.Errorf("%q\nwant\n%q", got, "before"+want)
	}
}

func TestSplit(t *testing.T) {
	list := func(pairs ...any) (batch []outbox.Alert) {
		for i := 0; i < len(pairs); i += 2 {
			batch = append(batch, outbox.Alert{ID: fmt.Sprint(i / 2), Rule: pairs[i].(string), Severity: pairs[i+1].(int)})
		}
		return batch
	}
	for _, c := range []struct {
		tag   string
		batch []outbox.Alert
		want  string
	}{
		{"alert.{rule}", nil, ""},
		{"alert.{rule}", list("a", 21), "alert.a 0"},
		{"alert.{rule}", list("a", 21, "a", 47, "b", 47, "b", 99, "a", 21), "alert.a 01|alert.b 23|alert.a 4"},
		{"alert.{severity}", list("a", 21, "b", 21, "b", 47, "b", 73, "b", 99), "alert.low 01|alert.medium 2|alert.high 3|alert.critical 4"},
		{"{severity}.{rule}.{severity}", list("a", 21, "b", 21), "low.a.low 0|low.b.low 1"},
		{"alert", list("a", 21, "b", 47, "c", 99), "alert 012"},
		{"alert.{rule}.{severity}", list("a", 21, "", 0, "", 0, "a", 21), "alert.a.low 0|alert.report.none 12|alert.a.low 3"},
	} {
		var got []string
		chunks := map[string]bool{}
		appendID := func(dst []byte, a *outbox.Alert) []byte { return append(dst, a.ID...) }
		for _, m := range split(delivery.NewBatch(c.batch, appendID, nil), c.tag) {
			text := m.tag + " " + string(m.entries)
			if m.size != len(m.entries) {
				t.Errorf("%s: size %d", text, m.size)
			}
			got = append(got, text)
			if chunks[m.chunk] || len(m.chunk) != 24 {
				t.Errorf("chunk %q is there twice or no 128 bits in base64", m.chunk)
			}
			chunks[m.chunk] = true
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%s: %q, want %s", c.tag, got, c.want)
		}
	}
}
