package outbox

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A Take that waits returns as soon as there is something to return, and not before.
// The time is that of synctest, so it is exact.
func TestTakeWaits(t *testing.T) {
	const wait = 700 * time.Millisecond
	const when = 250 * time.Millisecond
	tests := []struct {
		name   string
		before func(*Box, *Consumer)
		event  func(*Box, *Consumer) // after when
		after  time.Duration         // Take comes back
		want   string
	}{
		{"nothing happens", nil, func(*Box, *Consumer) {}, wait, "[]"},
		{"Put", nil, func(b *Box, _ *Consumer) { _, _ = b.Put(alerts("r", 47, "1", "2")) }, when, "[1 2]"},
		{"Put of what nobody wants", nil, func(b *Box, _ *Consumer) { _, _ = b.Put(alerts("x", 47, "1")) }, wait, "[]"},
		{"Close", nil, func(_ *Box, x *Consumer) { x.Close() }, when, "[]"},
		{"Pause", nil, func(_ *Box, x *Consumer) { x.Pause() }, when, "[]"},
		{"Pause and Resume", nil, func(_ *Box, x *Consumer) { x.Pause(); x.Resume() }, wait, "[]"},
		{"a wakeup that rang before", func(b *Box, x *Consumer) {
			put(t, b, alerts("r", 47, "0"))
			x.Take(all, 0)
			x.Ack()
		}, func(b *Box, _ *Consumer) { _, _ = b.Put(alerts("r", 47, "1")) }, when, "[1]"},
		{"alerts before", func(b *Box, _ *Consumer) { put(t, b, alerts("r", 47, "1")) }, func(*Box, *Consumer) {}, 0, "[1]"},
		{"Pause before", func(b *Box, x *Consumer) {
			put(t, b, alerts("r", 47, "1"))
			x.Pause()
			x.Take(all, wait) // hears the wakeup
		}, func(*Box, *Consumer) {}, 0, "[]"},
		{"Pause and Resume before", func(b *Box, x *Consumer) {
			x.Pause()
			x.Resume()
		}, func(b *Box, _ *Consumer) { _, _ = b.Put(alerts("r", 47, "1")) }, when, "[1]"},
		{"Close before", func(_ *Box, x *Consumer) {
			x.Close()
			x.Take(all, wait)
		}, func(*Box, *Consumer) {}, 0, "[]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := New("c", all)
				consumer := b.Open(Filter{Rules: []string{"r"}})
				if test.before != nil {
					test.before(b, consumer)
				}
				var event sync.WaitGroup
				event.Go(func() {
					time.Sleep(when)
					test.event(b, consumer)
				})
				defer event.Wait()
				begin := time.Now()
				got := consumer.Take(all, wait)
				if d := time.Since(begin); d != test.after {
					t.Errorf("came back after %s, want %s", d, test.after)
				}
				want(t, "Take", got, test.want)
			})
		})
	}
}

// An input that gets the alerts that another one left is woken when it is opened.
func TestOpenFindsWhatIsHomeless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New("c", all)
		put(t, b, alerts("r", 47, "1"))
		want(t, "Take", b.Open(Filter{}).Take(all, time.Hour), "[1]")
	})
}

// Outputs put, inputs take, are paused, closed, and opened again by reloads, all
// concurrently. Every alert arrives at an input that accepts it, and an input that is
// not interrupted gets the alerts of an output in the order in which they were put.
func TestConcurrency(t *testing.T) {
	const outputs, each, perBatch = 4, 1500, 3
	rules := []string{"even", "odd"}
	var skew atomic.Int64 // the clock runs ahead, so that graces end
	b := New("c", 20_000)
	b.now = func() time.Time { return time.Now().Add(time.Duration(skew.Load())) }

	var inputsBegin sync.RWMutex // as in a host: no output runs while inputs are opened
	var putting sync.WaitGroup
	var retries, unwanted atomic.Int64
	output := func(o int) {
		for n := 0; n < each; n += perBatch {
			var batch []Alert
			for i := n; i < n+perBatch; i++ {
				batch = append(batch, Alert{ID: fmt.Sprintf("%d/%d", o, i), Rule: rules[i%2], Record: make([]byte, 50)})
			}
			for {
				inputsBegin.RLock()
				lost, err := b.Put(batch)
				inputsBegin.RUnlock()
				unwanted.Add(int64(len(lost)))
				if err == nil {
					break
				}
				retries.Add(1)
				time.Sleep(50 * time.Microsecond)
			}
		}
	}
	acked := make([]map[string]int, len(rules))
	faults := make([]string, len(rules)) // the first of each input
	input := func(i int, consumer *Consumer, r *rand.Rand) {
		last := [outputs]int{-1, -1, -1, -1}
		for range 20 + r.IntN(50) {
			if r.IntN(10) == 0 {
				consumer.Pause()
				consumer.Resume()
				consumer.Renew()
				last = [outputs]int{-1, -1, -1, -1}
			}
			batch := consumer.Take(1+r.IntN(1000), time.Millisecond)
			for _, a := range batch {
				var o, n int
				_, _ = fmt.Sscanf(a.ID, "%d/%d", &o, &n)
				if faults[i] == "" && (a.Rule != rules[i] || n <= last[o]) {
					faults[i] = fmt.Sprintf("input %s got %s of %s after %d", rules[i], a.ID, a.Rule, last[o])
				}
				last[o] = n
			}
			consumer.Ack()
			for _, a := range batch {
				acked[i][a.ID]++
			}
			skew.Add(int64(grace / 10))
		}
		consumer.Close()
	}

	for o := range outputs {
		putting.Go(func() { output(o) })
	}
	var allPut atomic.Bool
	go func() {
		putting.Wait()
		allPut.Store(true)
	}()
	for i := range acked {
		acked[i] = map[string]int{}
	}
	reloads := 0
	for left := 1; !allPut.Load() || left > 0; reloads++ {
		var consumers []*Consumer
		inputsBegin.Lock()
		for _, rule := range rules {
			consumers = append(consumers, b.Open(Filter{Rules: []string{rule}}))
		}
		inputsBegin.Unlock()
		var inputs sync.WaitGroup
		for i, consumer := range consumers {
			r := rand.New(rand.NewPCG(uint64(reloads), uint64(i)))
			inputs.Go(func() { input(i, consumer, r) })
		}
		inputs.Wait()
		skew.Add(int64(grace))
		left, _ = b.Size()
	}
	for _, fault := range faults {
		if fault != "" {
			t.Error(fault)
		}
	}
	missing := 0
	for o := range outputs {
		for n := range each {
			if acked[n%2][fmt.Sprintf("%d/%d", o, n)] == 0 {
				missing++
			}
		}
	}
	if missing > 0 || unwanted.Load() > 0 {
		t.Errorf("%d never arrived, %d were not wanted", missing, unwanted.Load())
	}
	if retries.Load() == 0 || reloads < 3 {
		t.Errorf("the test tested too little: the box was full %d times, there were %d reloads", retries.Load(), reloads)
	}
}
