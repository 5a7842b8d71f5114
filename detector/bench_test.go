package detector

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/fluent-detect/fluent-detect/test/bench/events"
)

// The benchmarks behind test/bench/results: names and units are read there.

// benchSize is how long the chunks are, in bytes: BENCH_CHUNK, or about what
// Fluent Bit's grow to.
var benchSize = func() int {
	text := os.Getenv("BENCH_CHUNK")
	if text == "" {
		return 2 << 20
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < minPrefiltered {
		panic("BENCH_CHUNK=" + text + ": want a number of bytes from " + strconv.Itoa(minPrefiltered))
	}
	return n
}()

// fill returns a chunk of about benchSize of the records that make gives.
func fill(t testing.TB, make func(i int) string) (chunk []byte, records int) {
	t.Helper()
	for ; len(chunk) < benchSize; records++ {
		chunk = append(chunk, chunkOf(t, make(records))...)
	}
	return chunk, records
}

// awake adds a record to the chunk that keeps it from being skipped and that
// nothing matches.
func awake(t testing.TB, chunk []byte) []byte {
	t.Helper()
	return append(chunk, chunkOf(t, events.Denied(0))...)
}

// renew gives every event of the chunk that is a match an id that it never had,
// so that it is not a duplicate.
func renew(chunk []byte, round int) {
	const key = "eventID\xd9\x24" // a text of 36 bytes follows
	var id [8]byte
	hex.Encode(id[:], binary.BigEndian.AppendUint32(nil, uint32(round)))
	for rest := chunk; ; {
		at := bytes.Index(rest, []byte("SendSSHPublicKey"))
		if at < 0 {
			return
		}
		rest = rest[at:]
		rest = rest[bytes.Index(rest, []byte(key))+len(key):]
		copy(rest, id[:])
	}
}

// measure evaluates the chunk again and again and wants as many alerts of each
// time.
func (b *bench) measure(r *testing.B, chunk []byte, records, alerts int) {
	r.Helper()
	r.SetBytes(int64(len(chunk)))
	r.ReportAllocs()
	for round := 0; r.Loop(); round++ {
		if alerts > 0 {
			r.StopTimer()
			renew(chunk, round)
			r.StartTimer()
		}
		if _, err := b.engine.Scan("cloudtrail", chunk); err != nil {
			r.Fatal(err)
		}
		if alerts > 0 {
			if got := len(b.consumer.Take(1<<30, 0)); got != alerts {
				r.Fatalf("%d alerts, want %d", got, alerts)
			}
			b.consumer.Ack()
			_ = b.consumer.Confirm()
		}
	}
	s := b.engine.Report()
	if alerts == 0 && s.Matched() > 0 {
		r.Fatalf("%d events match, want none", s.Matched())
	}
	r.ReportMetric(float64(r.Elapsed().Nanoseconds())/float64(r.N)/float64(records), "ns/record")
	r.ReportMetric(float64(records), "records")
	r.ReportMetric(float64(s.Skipped)/float64(s.Records), "dismissed")
}

// What the memory allows, to compare with.
func BenchmarkMemory(b *testing.B) {
	chunk, _ := fill(b, events.Ordinary)
	into := make([]byte, len(chunk))
	for _, c := range []struct {
		name string
		work func()
	}{
		{"copy", func() { copy(into, chunk) }},
		{"search for a byte", func() {
			if bytes.IndexByte(chunk, 0xc1) >= 0 {
				b.Fatal("the byte is there")
			}
		}},
		{"add up the bytes", func() {
			sum := 0
			for _, c := range chunk {
				sum += int(c)
			}
			if sum == 0 {
				b.Fatal("all bytes are 0")
			}
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(chunk)))
			for b.Loop() {
				c.work()
			}
		})
	}
}

// ruleFile is in Elastic's form what many of their rules are: a service, calls,
// the outcome, sometimes something of the request or the caller.
const ruleFile = `[rule]
rule_id = "00000000-0000-4000-8000-%012d"
name = "Rule %d"
description = "A rule of the benchmarks"
version = 1
severity = "low"
risk_score = 21
type = "query"
language = "kuery"
index = ["logs-aws.cloudtrail-*"]
query = '''%s'''
`

// ruleQueries has what goes behind provider and action in every so many rules.
var ruleQueries = []string{
	``,
	` and event.outcome: success`,
	` and event.outcome: success and not user.name: ci-*`,
	` and aws.cloudtrail.flattened.request_parameters.functionName: *admin*`,
	` and event.outcome: success and not aws.cloudtrail.user_identity.arn: (*terraform* or *pulumi*)`,
	` and source.ip: * and not user_agent.original: "AWS Internal"`,
}

// The services that rules ask for, those first of which there are events.
var ruleServices = strings.Fields("iam ec2 s3 kms sts lambda logs ssm ecr ecs dynamodb sqs cloudformation autoscaling monitoring " +
	"rds cloudtrail guardduty route53 eks redshift efs config secretsmanager organizations sso sns bedrock backup kinesis")

// ruleDirectory writes that many rules: the built-in one's query and others that
// no event of the benchmarks matches.
func ruleDirectory(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		query := fmt.Sprintf("event.dataset: aws.cloudtrail and event.provider: %s.amazonaws.com and event.action: (Delete%[2]dThing or Put%[2]dThing)%s",
			ruleServices[i%len(ruleServices)], i, ruleQueries[i%len(ruleQueries)])
		if i == 0 {
			query = "event.dataset: aws.cloudtrail and event.provider: ec2-instance-connect.amazonaws.com and " +
				"event.action: (SendSSHPublicKey or SendSerialConsoleSSHPublicKey) and event.outcome: success"
		}
		path := filepath.Join(dir, fmt.Sprintf("rule%d.toml", i))
		if err := os.WriteFile(path, fmt.Appendf(nil, ruleFile, i, i, query), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// unmatched returns a chunk of the ordinary events that no rule matches, as make makes them.
func unmatched(t testing.TB, rules string, make func(i int) string) (chunk []byte, records int) {
	t.Helper()
	e, next := newBench(t, "rules", rules), 0
	return fill(t, func(int) string {
		for ; ; next++ {
			before := e.engine.Report()
			e.mustScan(events.Ordinary(next))
			if after := e.engine.Report(); after.Matched() == before.Matched() {
				next++
				return make(next - 1)
			}
		}
	})
}

// Quiet chunks may be skipped, awake ones are read. Text is awake: the same events as
// JSON in lines of a container.
func BenchmarkRules(b *testing.B) {
	line := func(i int) string { return envelopes["cri"]([]string{events.Ordinary(i)})[0] }
	ordinary, ordinaryRecords := fill(b, events.Ordinary)
	ordinaryText, ordinaryLines := fill(b, line)
	run := func(name string, rules func(testing.TB) string) {
		quiet, records, text, lines := ordinary, ordinaryRecords, ordinaryText, ordinaryLines
		if name == "rules=upstream" && os.Getenv("DETECTION_RULES") != "" { // some of them remember ordinary events
			quiet, records = unmatched(b, rules(b), events.Ordinary)
			text, lines = unmatched(b, rules(b), line)
		}
		for _, c := range []struct {
			kind    string
			chunk   []byte
			records int
		}{{"quiet", quiet, records}, {"awake", awake(b, quiet), records + 1}, {"text", awake(b, text), lines + 1}} {
			b.Run(c.kind+"/"+name, func(b *testing.B) {
				e := newBench(b, "rules", rules(b))
				e.measure(b, c.chunk, c.records, 0)
				if c.kind == "quiet" && name == "rules=builtin" && e.engine.Report().Skipped == 0 {
					b.Error("nothing was skipped: the events hold what a match must contain")
				}
			})
		}
	}
	run("rules=builtin", func(testing.TB) string { return "builtin" })
	for _, n := range []int{1, 10, 85, 1000} {
		run(fmt.Sprintf("rules=%d", n), func(t testing.TB) string { return ruleDirectory(t, n) })
	}
	run("rules=upstream", upstream)
}

// Every form in which events reach a shipper, awake.
func BenchmarkShapes(b *testing.B) {
	const n = 20 // events in an envelope that takes several
	for _, name := range slices.Sorted(maps.Keys(envelopes)) {
		wrap := envelopes[name]
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			e := newBench(b)
			var chunk []byte
			records := 0
			for i := 0; len(chunk) < benchSize; i += n {
				lines := []string{events.Denied(i)}
				for j := i + 1; j < i+n; j++ {
					lines = append(lines, events.Ordinary(j))
				}
				chunk = append(chunk, chunkOf(b, wrap(lines)...)...)
				records += n
			}
			e.measure(b, chunk, records, 0)
		})
	}
}

// From no record that matches to every one.
func BenchmarkMatches(b *testing.B) {
	for _, per1000 := range []int{0, 1, 10, 100, 500, 1000} {
		b.Run(fmt.Sprintf("per1000=%d", per1000), func(b *testing.B) {
			e := newBench(b, "max_alerts", "0")
			alerts := 0
			chunk, records := fill(b, func(i int) string {
				if i*per1000/1000 == (i+1)*per1000/1000 {
					return events.Ordinary(i)
				}
				alerts++
				return events.Match(i)
			})
			if alerts == 0 {
				chunk, records = awake(b, chunk), records+1
			}
			e.measure(b, chunk, records, alerts)
			if alerts == records {
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(alerts), "ns/alert")
			}
		})
	}
}

// Records that grow by one text, and by a list of objects.
func BenchmarkSize(b *testing.B) {
	for _, c := range []struct {
		kind string
		make func(i, size int) string
	}{{"text", events.Long}, {"objects", events.Wide}} {
		for _, size := range []int{300, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20} {
			b.Run(fmt.Sprintf("%s/bytes=%d", c.kind, size), func(b *testing.B) {
				e := newBench(b)
				chunk, records := fill(b, func(i int) string { return c.make(i, size) })
				e.measure(b, awake(b, chunk), records+1, 0)
			})
		}
	}
}

func BenchmarkNesting(b *testing.B) {
	for _, depth := range []int{1, 4, 16, 32, 64, 128, 256} {
		b.Run(fmt.Sprintf("depth=%d", depth), func(b *testing.B) {
			e := newBench(b)
			chunk, records := fill(b, func(i int) string { return events.Nested(i, depth) })
			e.measure(b, awake(b, chunk), records+1, 0)
		})
	}
}

// Fluent Bit hands chunks over from one thread, the sidecar from many.
func BenchmarkGoroutines(b *testing.B) {
	for _, n := range []int{1, 2} {
		b.Run(fmt.Sprintf("goroutines=%d", n), func(b *testing.B) {
			e := newBench(b)
			chunk, _ := fill(b, events.Ordinary)
			chunk = awake(b, chunk)
			b.SetBytes(int64(n * len(chunk)))
			b.ReportAllocs()
			b.ResetTimer()
			var wg sync.WaitGroup
			for range n {
				wg.Go(func() {
					for range b.N {
						if _, err := e.engine.Scan("cloudtrail", chunk); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

// A rule with a memory matches every event. What it remembers is known: nothing alerts.
// With a lock held while chunks are evaluated, two goroutines would not be faster than one.
func BenchmarkRemembered(b *testing.B) {
	const everything = "query = 'event.dataset: aws.cloudtrail'"
	for _, c := range []struct{ kind, rule string }{
		{"terms", newTerms("7d", "event.action", "aws.cloudtrail.user_identity.arn")},
		{"threshold", threshold(1_000_000, "", "event.action")},
	} {
		path := write(b, "r.toml", strings.Replace(c.rule, "query = 'event.action: Act'", everything, 1))
		chunk, records := fill(b, events.Ordinary)
		for _, n := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/goroutines=%d", c.kind, n), func(b *testing.B) {
				e := newBench(b, "rules", path, "max_alerts", "1/5m")
				if _, err := e.engine.Scan("b", chunk); err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(n * len(chunk)))
				b.ReportAllocs()
				b.ResetTimer()
				var wg sync.WaitGroup
				for range n {
					wg.Go(func() {
						for range b.N {
							if _, err := e.engine.Scan("b", chunk); err != nil {
								b.Error(err)
							}
						}
					})
				}
				wg.Wait()
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n*records), "ns/record")
			})
		}
	}
}
