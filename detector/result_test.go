package detector

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
)

// A Result says what is in the chunk and what was made of it, and which records could
// not be read.
func TestResult(t *testing.T) {
	b := newBench(t)
	cut := `{"log":` + quoteJSON(push(9)[:80]) + `}`
	lines := strings.Join([]string{push(1), cut, other, `{"a":1}`, push(1), cut, push(2), `{"Records":[` + push(3) + `,` + push(4) + `]}`}, "\n")
	var block ingest.Block
	if err := ingest.NewReader(strings.NewReader(lines)).Next(&block); err != nil {
		t.Fatal(err)
	}
	var chunk ingest.Chunk
	chunk.Fill(&block, time.Now())
	want := Result{Records: 8, Events: 6, Alerts: 4}
	got, err := b.engine.Scan("cloudtrail", append(slices.Clone(chunk.Data), 0x01)) // a number behind the records
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for _, body := range got.Unreadable {
		r, ok := chunk.RecordAt(body)
		if !ok || string(r.Text) != cut {
			t.Errorf("at %d there is %q", body, r.Text)
		}
		found = append(found, r.Line)
	}
	if fmt.Sprint(found) != "[2 6]" {
		t.Errorf("lines %d are unreadable, want 2 and 6", found)
	}
	got.Unreadable, want.Odd = nil, 1
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if _, ok := chunk.RecordAt(1); ok {
		t.Error("there is a record where none begins")
	}
}

// What was not done is not in the Result; of a broken chunk it has what came before.
func TestResultOfErrors(t *testing.T) {
	b := newBench(t)
	b.fill()
	var full *outbox.FullError
	if r, err := b.engine.Scan("t", chunkOf(t, push(1), other)); !errors.As(err, &full) || r.Records != 0 || r.Alerts != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	b.drain()
	var broken *ScanError
	if r, err := b.engine.Scan("t", append(chunkOf(t, push(1), other), 0xc1)); !errors.As(err, &broken) || r.Records != 2 || r.Alerts != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := b.engine.Scan("t", chunkOf(t, many...)); err != nil || r.Records != len(many) || r.Skipped != len(many)-1 || r.Events != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}
