package jsontext

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// sample returns JSON lines of CloudTrail events: those of the file FLUENT_DETECT_CORPUS
// if it is set, and synthetic ones otherwise.
func sample(tb testing.TB) [][]byte {
	name := os.Getenv("FLUENT_DETECT_CORPUS")
	if name == "" {
		return ownSample()
	}
	data, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	return bytes.Split(bytes.TrimSpace(data), []byte("\n"))
}

func ownSample() (lines [][]byte) {
	for _, line := range msgpacktest.Lines() {
		lines = append(lines, []byte(line))
	}
	return lines
}

// wrapped returns each line as a JSON string, as CloudWatch and shippers that do not parse
// deliver it.
func wrapped(lines [][]byte) (out [][]byte) {
	for _, line := range lines {
		out = append(out, AppendString(nil, line))
	}
	return out
}

func total(texts [][]byte) (n int64) {
	for _, text := range texts {
		n += int64(len(text))
	}
	return n
}

func BenchmarkAppend(b *testing.B) {
	long := AppendString(nil, bytes.Repeat([]byte("plain text "), 10_000))
	for _, c := range []struct {
		name  string
		texts [][]byte
	}{
		{"lines", sample(b)},
		{"wrapped", wrapped(sample(b))},
		{"long", [][]byte{long}},
		{"numbers", [][]byte{[]byte(`[0,1,12,345,6789,-1,-200,70000,1699999999,1699999999123,0.5,1.25,1e3,0.1234567890123456789]`)}},
		{"brackets", [][]byte{[]byte(`[[],[],[[1],[2],{}],{"a":{},"b":[]}]`)}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(total(c.texts))
			b.ReportAllocs()
			var dst []byte
			for b.Loop() {
				for _, text := range c.texts {
					var err error
					if dst, _, err = AppendMsgpack(dst[:0], text); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkUnmarshal is encoding/json on the same lines, for the ratio.
func BenchmarkUnmarshal(b *testing.B) {
	lines := sample(b)
	b.SetBytes(total(lines))
	b.ReportAllocs()
	for b.Loop() {
		for _, line := range lines {
			var v any
			if err := json.Unmarshal(line, &v); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkValid is encoding/json's validation alone.
func BenchmarkValid(b *testing.B) {
	lines := sample(b)
	b.SetBytes(total(lines))
	for b.Loop() {
		for _, line := range lines {
			if !json.Valid(line) {
				b.Fatal("invalid")
			}
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	var values []msgpack.Value
	var size int64
	for _, line := range sample(b) {
		packed, _, err := AppendMsgpack(nil, line)
		if err != nil {
			b.Fatal(err)
		}
		v, _, err := msgpack.Read(packed, 0)
		if err != nil {
			b.Fatal(err)
		}
		values = append(values, v)
		size += int64(len(AppendJSON(nil, v)))
	}
	b.SetBytes(size)
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		for _, v := range values {
			dst = AppendJSON(dst[:0], v)
		}
	}
}
