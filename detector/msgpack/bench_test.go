package msgpack

import (
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// sampleChunk returns a chunk of synthetic events, each of them n times.
func sampleChunk(tb testing.TB, n int) (chunk []byte) {
	for range n {
		for _, line := range msgpacktest.Lines() {
			chunk = append(chunk, msgpacktest.FromJSON(tb, line)...)
		}
	}
	return chunk
}

// skipBodies counts the records of a chunk and skips their bodies.
func skipBodies(tb testing.TB, chunk []byte) (n int) {
	c := NewCursor(chunk)
	var e Head
	for {
		ok, err := c.Next(&e)
		if err != nil {
			tb.Fatal(err)
		}
		if !ok {
			return n
		}
		if e.Item == Record {
			end, err := Skip(chunk, e.Body)
			if err != nil {
				tb.Fatal(err)
			}
			c.Resume(end)
			n++
		}
	}
}

// walkBodies counts the texts at the top level of all bodies.
func walkBodies(tb testing.TB, chunk []byte) (n int) {
	c := NewCursor(chunk)
	var e Head
	for {
		ok, err := c.Next(&e)
		if err != nil {
			tb.Fatal(err)
		}
		if !ok {
			return n
		}
		if e.Item != Record {
			continue
		}
		body, end, err := Read(chunk, e.Body)
		if err != nil {
			tb.Fatal(err)
		}
		c.Resume(end)
		members := body.Members()
		for {
			_, value, ok := members.Next()
			if !ok {
				break
			}
			if value.IsText() {
				n++
			}
		}
	}
}

func BenchmarkSkip(b *testing.B) {
	event := sampleChunk(b, 1)
	end, err := Skip(event, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(end))
	for b.Loop() {
		n, _ := Skip(event, 0)
		sink += n
	}
}

func BenchmarkCursor(b *testing.B) {
	chunk := sampleChunk(b, 300) // about 2 MB, as Fluent Bit's are
	events := float64(skipBodies(b, chunk))
	for _, c := range []struct {
		name string
		walk func(testing.TB, []byte) int
	}{{"skip", skipBodies}, {"read", walkBodies}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(chunk)))
			b.ReportAllocs()
			for b.Loop() {
				sink += c.walk(b, chunk)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/events, "ns/event")
		})
	}
}
