package history

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"
)

// observation returns an observation of an actor with a few values.
func observation(h *History, actor, call int, at uint32) Observation {
	d := func(kind uint64, n int) uint64 {
		return h.secret.sum(kind, binary.LittleEndian.AppendUint64(nil, uint64(n)))
	}
	return Observation{
		At: at, Actor: d(textActor, actor), Account: d(textAccount, actor%8), Action: d(textAction, call%20), Address: d(textAddress, actor%5000),
		Client: d(textClient, call%3), Region: d(textRegion, call%4), Key: d(textKey, actor),
	}
}

func BenchmarkAdd(b *testing.B) {
	for _, actors := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprint(actors), func(b *testing.B) {
			h := New(actors)
			r := &Reader{}
			random := rand.New(rand.NewPCG(1, 2))
			const at = 1_700_000_000
			list := make([]Observation, 1<<18)
			for i := range list {
				list[i] = observation(h, random.IntN(actors), random.IntN(100), at+uint32(i/50))
			}
			h.Begin()
			for i := range actors {
				h.Add(r, []Observation{observation(h, i, i, at)})
			}
			h.Commit()
			const chunk = 1300
			n := 0
			add := func() {
				if n += chunk; n+chunk > len(list) {
					n = 0
				}
				h.Begin()
				h.Add(r, list[n:n+chunk])
				h.Commit()
			}
			for range 20 * actors / chunk {
				add()
			}
			events := 0
			before := processorTime(b)
			for b.Loop() {
				add()
				events += chunk
			}
			b.ReportMetric(float64(processorTime(b)-before)/float64(events), "cpu-ns/event")
			b.ReportMetric(float64(h.Stats().Bytes)/1e6, "MB")
		})
	}
}

// processorTime returns how much time of processors the process has used: other processes
// do not count.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
