package document

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// TestSpans compares the measuring of escapes with encoding/json's decoding.
func TestSpans(t *testing.T) {
	for _, raw := range []string{`""`, `"\n"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx"`, `"\ud83d\u0041"`, `"\ude00\ud83d"`, `"a\\\"b\/"`} {
		var text string
		if err := json.Unmarshal([]byte(raw), &text); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(raw, `\`); n > 0 && len(spans(raw, text)) == 1 {
			t.Errorf("%s: lost in %q", raw, text)
		}
	}
}

func TestDocumentPosition(t *testing.T) {
	d := &Document{text: []byte("añb\r\n\nc")}
	f := func(at, line, column int) {
		t.Helper()
		if l, c := d.position(at); l != line || c != column {
			t.Errorf("%d is %d:%d, want %d:%d", at, l, c, line, column)
		}
	}
	f(-1, 1, 1)
	f(0, 1, 1)
	f(1, 1, 2)
	f(3, 1, 3)
	f(bytes.IndexByte(d.text, '\n'), 1, 5)
	f(6, 2, 1)
	f(7, 3, 1)
	f(99, 3, 2)
}
