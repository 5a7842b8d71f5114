package sidecar

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/stats"
)

// quote returns a text as JSON.
func quote(t *testing.T, text string) string {
	t.Helper()
	b, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// message is a field of protobuf with that number.
func message(number byte, content string) string {
	head := []byte{number<<3 | 2}
	n := len(content)
	for ; n > 127; n >>= 7 {
		head = append(head, byte(n)|128)
	}
	return string(append(head, byte(n))) + content
}

// What cannot be read is never answered with 200, whether the header says so or the
// bytes. What can be read in it is evaluated all the same, but for types that the
// client names.
func TestMediaTypes(t *testing.T) {
	t.Parallel()
	line := quote(t, push("x"))
	otlp := message(1, message(2, message(2, message(5, message(1, push("x"))))))
	utf16, utf32 := "", ""
	for _, c := range push("x") {
		utf16 += string([]byte{byte(c), 0})
		utf32 += string([]byte{byte(c), 0, 0, 0})
	}
	for _, test := range []struct {
		name, kind, body string
		status           int
		alerts           uint64
	}{
		{"OTLP as JSON", "application/json", `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":` + line + `}}]}]}]}`, 200, 1},
		{"Loki as JSON", "application/json", `{"streams":[{"stream":{},"values":[["1",` + line + `]]}]}`, 200, 1},
		{"OTLP as protobuf", "application/x-protobuf", otlp, 415, 0},
		{"protobuf by its other name", "application/vnd.google.protobuf", otlp, 415, 0},
		{"protobuf with parameters", "Application/X-Protobuf; messageType=x", otlp, 415, 0},
		{"protobuf without a name", "", otlp, 415, 1},
		{"protobuf as bytes", "application/octet-stream", otlp, 415, 1},
		{"protobuf as form", "application/x-www-form-urlencoded", otlp, 415, 1},
		{"protobuf in gzip", "", pack(t, "gzip", otlp), 415, 1},
		{"Avro by name", "application/avro", "Obj\x01", 415, 0},
		{"Avro by its bytes", "application/json", "Obj\x01\x04\x14avro.codec\x08null", 415, 0},
		{"Parquet", "", "PAR1\x15\x04\x15\x10", 415, 0},
		{"a line about PAR1", "text/plain", "PAR1 is a station\n" + push("x"), 200, 1},
		{"msgpack by name", "application/msgpack", "\x81\xa3log\xa1x", 415, 0},
		{"msgpack by its bytes", "", "\x93\x81\xa3log\xa1x\x01\x02", 415, 0},
		{"CBOR", "application/cbor", "\xa1", 415, 0},
		{"a form with files", "multipart/form-data; boundary=x", "--x\r\n\r\n" + push("x") + "\r\n--x--", 415, 0},
		{"zstd with a window of 128 MiB", "", "\x28\xb5\x2f\xfd\x00\x88\x19\x00\x00abc", 415, 0},
		{"xz", "", "\xfd7zXZ\x00\x00", 415, 0},
		{"zip", "application/json", "PK\x03\x04", 415, 0},
		{"noise", "application/json", strings.Repeat("\x00\x01\xff", 300), 415, 0},
		{"noise before an event", "application/x-ndjson", strings.Repeat("\x00", 600) + "\n" + push("x"), 200, 1},
		{"an event before noise", "", push("x") + "\n" + strings.Repeat("\x00\x01\xff", 300), 200, 1},
		{"a control character in text", "text/plain", "a\x07b\n", 200, 0},
		{"Latin-1", "text/plain", "Gr\xfc\xdfe\n" + push("x"), 200, 1},
		{"colors", "", "\x1b[31mred\x1b[0m\n" + push("x"), 200, 1},
		{"JSON text sequences", "application/json-seq", "\x1e" + push("x") + "\n", 200, 1},
		{"UTF-16", "application/json", "\xff\xfe" + utf16, 200, 1},
		{"UTF-32", "application/json", "\xff\xfe\x00\x00" + utf32, 200, 1},
		{"UTF-32, the other way round", "", "\x00\x00\xfe\xff" + strings.Repeat("\x00\x00\x00x", 9), 200, 0},
		{"noise behind the mark of UTF-32", "application/json", "\xff\xfe\x00\x00" + strings.Repeat("noise!!!", 300), 415, 0},
		{"a character that is cut at the end of what is looked at", "", strings.Repeat("x", startSize-1) + "ü", 200, 0},
		{"form, as curl says", "application/x-www-form-urlencoded", push("x"), 200, 1},
		{"text in another language", "text/plain; charset=utf-8", strings.Repeat("日本語 ", 200), 200, 0},
		{"nothing", "application/json", "", 200, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := run(t, nil)
			s.post(test.body, test.status, "Content-Type", test.kind)
			if n := s.state.Report(); n.Outcomes[stats.Emitted] != test.alerts {
				t.Errorf("%d alerts, want %d", n.Outcomes[stats.Emitted], test.alerts)
			}
			if rejected := s.ingest.requests.rejected.Load(); (rejected == 1) != (test.status == 415) || s.ingest.requests.accepted.Load()+rejected != 1 {
				t.Errorf("%d requests are rejected", rejected)
			}
			if got := s.log.String(); test.status == 415 && !strings.Contains(got, "not supported: ") {
				t.Errorf("the log is %q", got)
			}
		})
	}
}

// Records with names of events that are not read are dead letters, with their key in
// the reason. Those around them are evaluated.
func TestUnrecognized(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "dead.ndjson")
	s := run(t, keys{"dead_letters": path})
	const line = `{"msg":"eventname=SendSSHPublicKey"}`
	s.post(push("a")+"\n"+line+"\n"+push("b")+"\n", 200)
	letters := deadLettersOf(t, path)
	if len(letters) != 1 {
		t.Fatalf("%d dead letters: %v", len(letters), letters)
	}
	const reason = `unrecognised: it has names of events in a form that is not read, in "msg"`
	if l := letters[0]; l.Kind != "record" || l.Reason != reason || l.Line != 2 || l.Text != line {
		t.Errorf("the dead letter is %+v", l)
	}
	if n := s.state.Report(); n.Outcomes[stats.Emitted] != 2 || n.Unrecognized != 1 {
		t.Errorf("%d alerts, %d unrecognised; want 2 and 1", n.Outcomes[stats.Emitted], n.Unrecognized)
	}
	if got := s.log.String(); !strings.Contains(got, `warning: chunk of tag "ingest": unrecognised records`) || !strings.Contains(got, reason) {
		t.Errorf("the log is %q", got)
	}
}
