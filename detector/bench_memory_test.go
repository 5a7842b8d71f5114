package detector

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/store"
)

// A rule of type new_terms whose query matches every event, of combinations that are known:
// chunks of 1,000 events in several goroutines (-cpu 1,2), in memory and on disk.
func BenchmarkEveryEventRemembered(b *testing.B) {
	for _, onDisk := range []bool{false, true} {
		b.Run(fmt.Sprintf("disk=%v", onDisk), func(b *testing.B) {
			rules, err := ruleset.Load(write(b, "r.toml", newTerms("7d", "user.name")))
			if err != nil {
				b.Fatal(err)
			}
			host := Host{Outbox: outbox.New("default", 1<<30), State: NewState(), Name: "default.0", Lost: func(outbox.Alert) {}}
			host.Outbox.Open(outbox.Filter{})
			if onDisk {
				disk, err := store.Open(filepath.Join(b.TempDir(), "state"), func(line string) { b.Error(line) })
				if err != nil {
					b.Fatal(err)
				}
				defer disk.Close()
				host.Store = disk
			}
			config := configOf(b, "max_alerts", "1/5m", "heartbeat", "0").Config
			withMemory(&config)
			engine, err := New(config, rules, host)
			if err != nil {
				b.Fatal(err)
			}
			defer engine.Close(false)
			var lines strings.Builder
			for i := range 1000 {
				lines.Write(shortEvent(fmt.Sprintf("e%d 2/09:00:00 user%d 192.0.2.1", i, i%100)))
				lines.WriteByte('\n')
			}
			chunk := ingest.ChunkOf([]byte(lines.String()), time.Now()).Data
			if _, err := engine.Scan("tag", chunk); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(chunk)))
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := engine.Scan("tag", chunk); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(1000*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
