package ingest

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sample is a line like CloudTrail's of about 1.3 KB.
const sample = `{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLEROLE00001:worker",` +
	`"arn":"arn:aws:sts::111122223333:assumed-role/worker/worker","accountId":"111122223333","accessKeyId":"ASIAMADEUP001EXAMPLE",` +
	`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEROLE00001","arn":"arn:aws:iam::111122223333:role/worker",` +
	`"accountId":"111122223333","userName":"worker"},"webIdFederationData":{},"attributes":{"creationDate":"2025-03-04T08:55:00Z",` +
	`"mfaAuthenticated":"false"}}},"eventTime":"2025-03-04T09:15:00Z","eventSource":"kms.amazonaws.com","eventName":"Decrypt",` +
	`"awsRegion":"eu-central-1","sourceIPAddress":"203.0.113.25","userAgent":"aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#amd64",` +
	`"requestParameters":{"encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::example-bucket/a/b/c"}},` +
	`"responseElements":null,"requestID":"00000000-0000-4000-8000-00000000000f","eventID":"11111111-2222-4333-8444-00000000000f","readOnly":true,` +
	`"resources":[{"accountId":"111122223333","type":"AWS::KMS::Key","ARN":"arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000001"}],` +
	`"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}`

// Benchmark measures the two halves separately: splitting an input into blocks, which one
// goroutine does, and filling chunks.
func Benchmark(b *testing.B) {
	const n = 2000
	lines := []byte(strings.Repeat(sample+"\n", n))
	list := []byte(`{"Records":[` + strings.TrimSuffix(strings.Repeat(sample+",", n), ",") + `]}`)
	for _, in := range []struct {
		name string
		text []byte
	}{{"lines", lines}, {"list", list}} {
		b.Run("read/"+in.name, func(b *testing.B) {
			b.SetBytes(int64(len(in.text)))
			var block Block
			for b.Loop() {
				r := NewReader(bytes.NewReader(in.text))
				items := 0
				for r.Next(&block) == nil {
					items += len(block.items)
				}
				if items < n/100 {
					b.Fatal(strconv.Itoa(items) + " items")
				}
			}
		})
		b.Run("fill/"+in.name, func(b *testing.B) {
			var block Block
			var c Chunk
			if err := NewReader(bytes.NewReader(in.text)).Next(&block); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(block.Len()))
			now := time.Now()
			for b.Loop() {
				c.Fill(&block, now)
			}
		})
	}
}

// TestMemory: memory does not depend on the length of the input, and lines do not
// allocate.
func TestMemory(t *testing.T) {
	var block Block
	var c Chunk
	now := time.Now()
	count := func(n int, text string) float64 {
		return testing.AllocsPerRun(1, func() {
			r := NewReader(io.LimitReader(&endless{text: text}, int64(n*len(text))))
			for {
				err := r.Next(&block)
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				c.Fill(&block, now)
			}
			if len(r.buf) > 2*r.sizes.maxBuffer {
				t.Fatalf("a buffer of %d bytes", len(r.buf))
			}
		})
	}
	for _, text := range []string{sample + "\n", "plain text\n", "{\n\"a\":\n1}\n"} {
		n := 3 << 20 / len(text)
		few, many := count(n, text), count(3*n, text)
		for range 2 { // the runtime may have allocated as well
			if many > few {
				few, many = min(few, count(n, text)), min(many, count(3*n, text))
			}
		}
		if many > few {
			t.Errorf("%.40q: %v allocations for %d times, %v for %d", text, few, n, many, 3*n)
		}
	}
}

// endless repeats a text.
type endless struct {
	text string
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		k := copy(p[n:], e.text[e.at:])
		n += k
		e.at = (e.at + k) % len(e.text)
	}
	return n, nil
}
