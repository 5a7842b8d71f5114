package match

import (
	"fmt"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// synthetic returns queries in the form of most rules, for providers that no event
// of the benchmarks has.
func synthetic(n int) []string {
	queries := make([]string, n)
	for i := range queries {
		queries[i] = fmt.Sprintf(`data_stream.dataset: "aws.cloudtrail" and event.provider: "service%d.amazonaws.com" and event.action: (Delete%d or "Put%d") and event.outcome: success and not user.name: ci-*`, i%60, i, i)
	}
	return queries
}

// sampleChunk has 1 MiB of events in the form in which Fluent Bit has them.
func sampleChunk(t testing.TB) []byte {
	var some []any
	for _, line := range msgpacktest.Lines() {
		some = append(some, line)
	}
	events := msgpacktest.Chunk(t, some...)
	var chunk []byte
	for len(chunk) < 1<<20 {
		chunk = append(chunk, events...)
	}
	return chunk
}

// scan reads the chunk and matches its events.
func scan(t testing.TB, r *envelope.Reader, chunk []byte) {
	cursor := msgpack.NewCursor(chunk)
	var head msgpack.Head
	for {
		ok, err := cursor.Next(&head)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return
		}
		end, _, err := r.Read(chunk, head.Body)
		if err != nil {
			t.Fatal(err)
		}
		cursor.Resume(end)
	}
}

// BenchmarkSet matches events against different numbers of rules for other providers,
// and against Elastic's rules. A thousand rules should cost at most about twice as
// much as one.
func BenchmarkSet(b *testing.B) {
	chunk := sampleChunk(b)
	run := func(name string, queries []string) {
		b.Run(name, func(b *testing.B) {
			set := NewSet(compileAll(b, queries), ecs)
			var scratch Scratch
			matches := 0
			r := envelope.NewReader(ecs.Schema, func(e *event.Event) { matches += len(set.Match(e, &scratch)) })
			r.Expect(set.FrequentFields())
			b.SetBytes(int64(len(chunk)))
			b.ReportAllocs()
			for b.Loop() {
				scan(b, r, chunk)
			}
		})
	}
	for _, n := range []int{1, 10, 85, 1000} {
		run(fmt.Sprintf("synthetic/%d", n), synthetic(n))
	}
	if queries := upstreamQueries(b, "rules/integrations/aws", "query"); queries != nil {
		run(fmt.Sprintf("elastic/%d", len(queries)), queries)
	} else {
		b.Logf("%s names no checkout of elastic/detection-rules: not measured with its rules", upstreamVariable)
	}
}

// BenchmarkCompile compiles a thousand rules.
func BenchmarkCompile(b *testing.B) {
	queries := synthetic(1000)
	b.ReportAllocs()
	for b.Loop() {
		NewSet(compileAll(b, queries), ecs)
	}
}

// BenchmarkMatcher matches one value.
func BenchmarkMatcher(b *testing.B) {
	for _, c := range []struct {
		types    string
		document string
		query    string
	}{
		{"k=keyword", `{"k":"arn:aws:iam::111122223333:user/alice"}`, `k: arn\:aws\:iam\:\:111122223333\:user/bob`},
		{"k=keyword", `{"k":"arn:aws:iam::111122223333:user/alice"}`, `k: (a or b or c or d or e or f)`},
		{"k=keyword", `{"k":"arn:aws:iam::111122223333:user/alice"}`, `k: *user*bob*`},
		{"i=ip", `{"i":"198.51.100.7"}`, `i: 10.0.0.0/8`},
		{"d=date", `{"d":"2026-03-02T09:30:15Z"}`, `d < "2026-03-02"`},
		{"n=long", `{"n":12345}`, `n > 20000`},
		{"m=text", `{"m":"the quick brown fox jumps over the lazy dog"}`, `m: "quick fox"`},
		{"d=nested", `{"d":[{"a":"x","n":1},{"a":"y","n":5}]}`, `d: { a: x and n: 5 }`},
	} {
		b.Run(c.query, func(b *testing.B) {
			p, e := documentProgram(b, c.query, c.document, typesOf(c.types))
			document := e.Document()
			b.ReportAllocs()
			for b.Loop() {
				e.ResetDocument(document)
				if p.Match(e) {
					b.Fatal("a match")
				}
			}
		})
	}
}
