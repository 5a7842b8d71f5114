package forward

import (
	"bytes"
	"fmt"
	"testing"
	"testing/iotest"
)

// FuzzReader reads what a receiver may send, in one piece and byte by byte: both
// give the same acknowledgements and the same error, and no more memory is used
// than a value may have.
func FuzzReader(f *testing.F) {
	f.Add([]byte("\x81\xa3ack\xa3one\x81\xa3ack\xc4\x03two"))
	f.Add([]byte("\x82\xa1a\x90\xa3ack\xa1x\x92\xa4HELO\x80"))
	f.Add([]byte("\x92\xa4HELO\xdb\x7f\xff\xff\xff"))
	f.Add([]byte("\x81\xa3ack\xc1"))
	f.Add([]byte("\xdd\xff\xff\xff\xff\x90\x90\x90\x90"))
	f.Fuzz(func(t *testing.T, data []byte) {
		all := func(r *reader) string {
			text := ""
			for {
				id, err := r.ack()
				if cap(r.data) > 4*maxReply {
					t.Fatalf("%d bytes of memory", cap(r.data))
				}
				if err != nil {
					return text + err.Error()
				}
				text += fmt.Sprintf("%q ", id)
			}
		}
		whole := all(&reader{from: bytes.NewReader(data)})
		if pieces := all(&reader{from: iotest.OneByteReader(bytes.NewReader(data))}); pieces != whole {
			t.Errorf("byte by byte: %s\nin one piece: %s", pieces, whole)
		}
	})
}
