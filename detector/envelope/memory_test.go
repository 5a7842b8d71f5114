package envelope

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// packedOf returns a record with a text that is gzip of an event and of that many words,
// in base64.
func packedOf(words int) []byte {
	var b strings.Builder
	b.WriteString(`{"eventSource":"ec2.amazonaws.com","eventName":"RunInstances","eventID":"1"}` + "\n")
	for i := range words {
		fmt.Fprintf(&b, "%x ", i*7919)
	}
	record := msgpack.AppendMapHeader(nil, 1)
	record = msgpack.AppendString(record, "message")
	return msgpack.AppendString(record, base64.StdEncoding.EncodeToString([]byte(gzipped(b.String()))))
}

// Few records of which much has to be decompressed are read at the same time, others do
// not wait, and what is held is given back at the end of each record and after a panic.
func TestLargeRecords(t *testing.T) {
	small, big := packedOf(1000), packedOf(600_000)
	bound := NewLarge()
	for range maxLarge {
		bound <- struct{}{}
	}
	events := 0
	locked := false
	r := NewReader(schema, func(*event.Event) { events++ })
	r.Bound(bound, func() bool { return locked })
	read := func(record []byte) {
		t.Helper()
		if _, _, err := r.Read(record, 0); err != nil {
			t.Fatal(err)
		}
	}
	read(small)
	if events != 1 {
		t.Fatalf("%d events, want 1: a small record does not wait", events)
	}
	locked = true // others may wait for this one
	read(big)
	locked = false
	if events != 2 || len(bound) != maxLarge {
		t.Fatalf("%d events, %d held", events, len(bound))
	}
	var done sync.WaitGroup
	done.Add(1)
	go func() {
		defer done.Done()
		read(big)
	}()
	time.Sleep(20 * time.Millisecond)
	if events != 2 {
		t.Fatal("a large record does not wait")
	}
	<-bound
	done.Wait()
	if events != 3 || len(bound) != maxLarge-1 {
		t.Errorf("%d events, %d held; want 3 and %d", events, len(bound), maxLarge-1)
	}
	r.visit = func(*event.Event) { panic("in a visit") }
	func() {
		defer func() { _ = recover() }()
		read(big)
	}()
	if r.Release(); len(bound) != maxLarge-1 {
		t.Errorf("%d are held after a panic", len(bound))
	}
}
