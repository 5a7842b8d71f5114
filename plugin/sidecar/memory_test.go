package sidecar

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// maxPeak is the maximum memory of a sidecar in MB that reads sixteen bodies at once,
// whatever is in them, and maxRest that a minute later.
const (
	maxPeak = 600
	maxRest = 100
)

func gzipped(t *testing.T, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for _, part := range parts {
		if _, err := z.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// largestWindow returns a zstd frame of zeros with a window of that many bits.
func largestWindow(bits, size int) []byte {
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0, byte(bits-10) << 3}
	for size > 0 {
		n := min(size, 128<<10)
		size -= n
		header := uint32(n<<3 | 2) // the same byte n times
		if size == 0 {
			header |= 1
		}
		var b [4]byte
		binary.LittleEndian.PutUint32(b[:], header)
		frame = append(append(frame, b[:3]...), '\n')
	}
	return frame
}

// nestedWindows returns zstd in zstd, each with the largest window that is read.
func nestedWindows(t *testing.T, rounds int) []byte {
	t.Helper()
	body := largestWindow(23, 16<<20)
	for range rounds - 1 {
		var b bytes.Buffer
		z, err := zstd.NewWriter(&b, zstd.WithWindowSize(8<<20), zstd.WithEncoderLevel(zstd.SpeedFastest))
		if err != nil {
			t.Fatal(err)
		}
		noise := make([]byte, 9<<20) // a frame to be skipped, so that the window is needed
		copy(noise, []byte{0x50, 0x2a, 0x4d, 0x18})
		binary.LittleEndian.PutUint32(noise[4:], uint32(len(noise)-8))
		if _, err := z.Write(append(noise, body...)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		body = b.Bytes()
	}
	return body
}

// packedRecords returns records with about 800 KB of base64 each, which is gzip of as much
// as is read of it.
func packedRecords(t *testing.T, n int) []byte {
	t.Helper()
	var b strings.Builder
	random := rand.New(rand.NewPCG(1, 1))
	for b.Len() < 36<<20 {
		fmt.Fprintf(&b, `{"eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances","eventID":"%016x","requestParameters":{"x":"%s"}}`+"\n", random.Uint64(), strings.Repeat("y", 400))
	}
	record := `{"message":"` + base64.StdEncoding.EncodeToString(gzipped(t, b.String())) + `"}` + "\n"
	t.Logf("a record has %d KB, and %d MB in it", len(record)>>10, b.Len()>>20)
	return gzipped(t, strings.Repeat(record, n))
}

// textsInTexts returns JSON in a text in JSON and so on, with so much before each that a
// Reader has to buffer it.
func textsInTexts(n int) string {
	text := `[1]`
	for range n {
		text = `{"pad":"` + strings.Repeat("x", 7<<20) + `","text":` + string(jsontext.AppendString(nil, []byte(text))) + `}`
	}
	return text
}

// TestMemory sends sixteen bodies at once that take as much memory as they can. With
// DETECT_MEMORY it also waits until the memory was given back.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes many seconds; not tested: the memory of hostile bodies")
	}
	if msgpacktest.RaceDetector {
		t.Skip("the race detector multiplies the memory of a process; not tested: the memory of hostile bodies")
	}
	full := os.Getenv("DETECT_MEMORY") != ""
	size := 1 // of what takes time only
	if full {
		size = 4
	}
	const elements = 7_000_000
	numbers := strings.Repeat("1,", elements)
	deep := strings.Repeat(`{"a":`, 64) + `"` + strings.Repeat("x", 15<<20) + `"` + strings.Repeat("}", 64) + "\n"
	for _, c := range []struct {
		name string
		body []byte
	}{
		{"a list in eventName", gzipped(t, `{"eventSource":"ec2-instance-connect.amazonaws.com","eventName":[`, numbers, `"SendSSHPublicKey"]}`)},
		{"a list in a parameter", gzipped(t, `{"eventSource":"ec2-instance-connect.amazonaws.com","eventName":"SendSSHPublicKey","requestParameters":{"instanceId":[`, numbers, `"i-1"]}}`)},
		{"deep objects", gzipped(t, deep, deep)},
		{"a bomb", gzipped(t, strings.Repeat(strings.Repeat("0", 1<<20), 64))},
		{"a large window", largestWindow(27, 256<<20)},
		{"the largest window that is read", largestWindow(23, 64<<20)},
		{"windows in each other", nestedWindows(t, 4)},
		{"gzip in records", packedRecords(t, 4*size)},
		{"gzip in records, with long items", append(packedRecords(t, 2*size), gzipped(t, deep)...)},
		{"texts in texts", gzipped(t, textsInTexts(6)+"\n")},
		{"blank lines", gzipped(t, strings.Repeat("\n", size*32<<20))},
		{"blank lines in a list", gzipped(t, "[", strings.Repeat(" \n", size*16<<20))},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := newVectorSource(t, "")
			p := launch(t, keys{"alerts": source.url})
			begin := time.Now()
			var wait sync.WaitGroup
			for range 16 {
				wait.Add(1)
				go func() {
					defer wait.Done()
					response, err := http.Post(p.url, "application/json", bytes.NewReader(c.body))
					if err != nil {
						return // refused before all of it was sent
					}
					_ = response.Body.Close()
					if s := response.StatusCode; s != http.StatusOK && s != http.StatusServiceUnavailable && s != http.StatusUnsupportedMediaType {
						t.Errorf("status %d", s)
					}
				}()
			}
			wait.Wait()
			if got := p.peak(); got > maxPeak {
				t.Errorf("%d bytes at once take %d MB", len(c.body), got)
			} else {
				t.Logf("%d bytes at once take %d MB and %v", len(c.body), got, time.Since(begin).Round(time.Millisecond))
			}
			if !full {
				return
			}
			time.Sleep(time.Minute)
			if got := p.resident(); got > maxRest {
				t.Errorf("%d MB a minute later", got)
			} else {
				t.Logf("%d MB a minute later", got)
			}
		})
	}
}
