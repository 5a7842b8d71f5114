package sidecar

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// Bodies as large as those of Vector, and single events, over one connection.
func BenchmarkIngest(b *testing.B) {
	const size = 8 << 20
	lines := strings.Repeat(other+"\n", size/len(other))
	list := `{"Records":[` + strings.Repeat(other+",", size/len(other)-1) + other + "]}"
	for _, test := range []struct{ name, body, encoding string }{
		{"lines", lines, ""},
		{"lines/gzip", lines, "gzip"},
		{"lines/zstd", lines, "zstd"},
		{"list", list, ""},
		{"one", other, ""},
		{"one/zstd", other, "zstd"},
	} {
		b.Run(test.name, func(b *testing.B) {
			s := run(b, nil)
			body := pack(b, test.encoding, test.body)
			b.SetBytes(int64(len(test.body)))
			b.ReportAllocs()
			for b.Loop() {
				answer, err := http.Post(s.url(), "", strings.NewReader(body))
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
				if answer.StatusCode != 200 {
					b.Fatal(answer.Status)
				}
			}
			b.ReportMetric(float64(b.N*strings.Count(test.body, "eventID"))/b.Elapsed().Seconds(), "records/s")
		})
	}
}
