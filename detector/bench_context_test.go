package detector

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/stats"
)

// manyActors returns chunks of events of so many actors, in a random order: each has a
// role, a key, an address, and makes a few of many calls.
func manyActors(b *testing.B, actors, chunks int) (list [][]byte, records int) {
	random := rand.New(rand.NewPCG(1, 2))
	for range chunks {
		var text strings.Builder
		for range 1000 {
			actor := random.IntN(actors)
			e := strings.NewReplacer("GenerateDataKey", fmt.Sprintf("Describe%d", (actor+random.IntN(20))%200), "role/app", fmt.Sprintf("role/app-%d", actor), "ASIAEXAMPLE", fmt.Sprintf("ASIAEXAMPLE%d", actor),
				"22222222-2222-4222-8222-222222222222", fmt.Sprintf("%s-%020d", firstPass, records), "192.0.2.1", fmt.Sprintf("198.51.%d.%d", actor/250%250, actor%250), "09:00:00Z", fmt.Sprintf("%02d:%02d:00Z", 9+random.IntN(9), random.IntN(60))).Replace(quiet)
			text.WriteString(e + "\n")
			records++
		}
		list = append(list, ingest.ChunkOf([]byte(text.String()), time.Now()).Data)
	}
	return list, records
}

// firstPass begins the IDs of events, so that those of another pass have other ones.
const firstPass = "pass-00000000"

// passes are chunks of events that have new IDs in each pass.
type passes struct {
	chunks [][]byte
	at     [][]int // where the IDs are
	pass   int
}

func newPasses(chunks [][]byte) *passes {
	p := &passes{chunks: chunks}
	for _, c := range chunks {
		var at []int
		for from := 0; ; {
			i := bytes.Index(c[from:], []byte(firstPass))
			if i < 0 {
				break
			}
			at = append(at, from+i)
			from += i + len(firstPass)
		}
		p.at = append(p.at, at)
	}
	return p
}

// next gives all events other IDs.
func (p *passes) next() {
	p.pass++
	name := fmt.Sprintf("pass-%08d", p.pass)
	for i, c := range p.chunks {
		for _, at := range p.at[i] {
			copy(c[at:], name)
		}
	}
}

// BenchmarkContext evaluates events that match nothing: without context, where chunks are
// passed over unread; read as they are with it; and with it.
func BenchmarkContext(b *testing.B) {
	for _, actors := range []int{1000, 100_000} {
		chunks, records := manyActors(b, actors, 100)
		passes := newPasses(chunks)
		size := 0
		for _, c := range chunks {
			size += len(c)
		}
		for _, mode := range []string{"off", "read", "on"} {
			b.Run(fmt.Sprintf("%d/%s", actors, mode), func(r *testing.B) {
				x := newBench(r)
				x.engine.Close(false)
				x.openWith(func(c *Config) { c.ReadAll, c.Context, c.ContextActors = mode == "read", mode == "on", actors })
				scan := func() {
					for _, c := range chunks {
						if _, err := x.engine.Scan("t", c); err != nil {
							r.Fatal(err)
						}
					}
				}
				for range 5 { // most actors have been seen
					passes.next()
					scan()
				}
				r.SetBytes(int64(size))
				n := 0
				used, least := time.Duration(0), time.Duration(math.MaxInt64) // other processes make it more
				for r.Loop() {
					r.StopTimer()
					passes.next()
					r.StartTimer()
					begin := usedTime(r)
					scan()
					spent := usedTime(r) - begin
					n += records
					used, least = used+spent, min(least, spent)
				}
				r.ReportMetric(float64(used)/float64(n), "cpu-ns/event")
				r.ReportMetric(float64(least)/float64(records), "least-cpu-ns/event")
				r.ReportMetric(float64(size)*float64(n/records)/float64(used), "GB/cpu-s")
				if h := x.engine.Report().History; h != nil {
					r.ReportMetric(float64(h.Bytes)/1e6, "MB")
				}
			})
		}
	}
}

// BenchmarkContextAlerts makes alerts, with context and without.
func BenchmarkContextAlerts(b *testing.B) {
	for _, mode := range []string{"off", "on"} {
		b.Run(mode, func(r *testing.B) {
			x := newBench(r, "context", mode, "max_alerts", "0")
			var events []string
			for i := range 1000 {
				d := pushed(fmt.Sprintf("user%d", i%50), "09:00:00", fmt.Sprintf("i-%d", i%20))
				events = append(events, d.String())
			}
			chunk := chunkOf(r, events...)
			x.engine.config.NoDedup = true
			before := usedTime(r)
			n := 0
			for r.Loop() {
				if _, err := x.engine.Scan("t", chunk); err != nil {
					r.Fatal(err)
				}
				n += len(events)
				r.StopTimer()
				for len(x.consumer.Take(1<<20, 0)) > 0 {
					x.consumer.Ack()
					_ = x.consumer.Confirm()
				}
				r.StartTimer()
			}
			r.ReportMetric(float64(usedTime(r)-before)/float64(n), "cpu-ns/alert")
			if x.engine.Report().Outcomes[stats.Emitted] == 0 {
				r.Error("no alerts")
			}
		})
	}
}

// usedTime returns how much time of processors the process has used: other processes do
// not count.
func usedTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
