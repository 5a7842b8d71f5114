package pipeline

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/fluent-detect/fluent-detect/test/bench/events"
)

// Latency is the time from writing a line to the file until it is in a file that Fluent
// Bit writes: of the record itself; of its alert, seconds after any other; and of its
// alert within a second of another.
type Latency struct{ Record, Alert, Close Distribution }

// Distribution is a distribution of times in seconds.
type Distribution struct {
	Count                  int
	P50, P90, P99, Longest float64
}

// DistributionOf returns the distribution of times in seconds, of at least one.
func DistributionOf(all []float64) Distribution {
	all = slices.Sorted(slices.Values(all))
	at := func(part float64) float64 { return all[min(len(all)-1, int(part*float64(len(all))))] }
	return Distribution{len(all), at(0.5), at(0.9), at(0.99), all[len(all)-1]}
}

// originals writes the original records.
const originals = `[OUTPUT]
    Name    file
    Match   cloudtrail
    Path    DIR
    File    originals
    Format  plain
`

// side is the number of Fluent Bits that are measured in parallel: they are idle most of the time.
const side = 5

// latency feeds n events of either distance to the peer, one at a time.
func latency(p peer, n int) (Latency, error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	var record, alone, near []float64
	var errs []error
	for range side {
		wg.Go(func() {
			r, a, c, err := latencies(p, n/side)
			mu.Lock()
			defer mu.Unlock()
			record, alone, near, errs = append(record, r...), append(alone, a...), append(near, c...), append(errs, err)
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return Latency{}, err
	}
	return Latency{DistributionOf(record), DistributionOf(alone), DistributionOf(near)}, nil
}

// latencies is latency with one Fluent Bit.
func latencies(p peer, n int) (record, alone, near []float64, err error) {
	f, err := launch(p, originals)
	if err != nil {
		return nil, nil, nil, err
	}
	defer func() { err = errors.Join(err, f.stop()) }()
	in, err := os.Create(filepath.Join(f.dir, "in", "events.json"))
	if err != nil {
		return nil, nil, nil, err
	}
	defer in.Close()
	if err := f.started(&p); err != nil {
		return nil, nil, nil, err
	}
	time.Sleep(time.Second)
	if _, err := f.follow(in, 0, "originals", "alerts"); err != nil { // it waits until the file is found
		return nil, nil, nil, err
	}
	// Be independent of the phase of Fluent Bit's timers.
	pause := func(from, to time.Duration) { time.Sleep(from + rand.N(to-from)) }
	for i := range n {
		pause(1500*time.Millisecond, 3*time.Second)
		took, err := f.follow(in, 2*i+1, "originals", "alerts")
		if err != nil {
			return nil, nil, nil, err
		}
		record, alone = append(record, took[0]), append(alone, took[1])
		pause(0, 500*time.Millisecond)
		if took, err = f.follow(in, 2*i+2, "originals", "alerts"); err != nil {
			return nil, nil, nil, err
		}
		near = append(near, took[1])
	}
	return record, alone, near, nil
}

// follow writes event i, and returns how long it takes until each of these files has grown.
func (f *process) follow(in *os.File, i int, names ...string) (took []float64, err error) {
	var sizes []int64
	for _, name := range names {
		sizes = append(sizes, f.size(name))
	}
	took = make([]float64, len(names))
	began := time.Now()
	if _, err := in.WriteString(events.Match(i) + "\n"); err != nil {
		return took, err
	}
	for slices.Contains(took, 0) {
		for j, name := range names {
			if took[j] == 0 && f.size(name) > sizes[j] {
				took[j] = time.Since(began).Seconds()
			}
		}
		if time.Since(began) > 20*time.Second {
			return took, errors.New("no alert for 20 s")
		}
		time.Sleep(time.Millisecond)
	}
	return took, nil
}

func (f *process) size(name string) int64 {
	info, err := os.Stat(filepath.Join(f.dir, name))
	if err != nil {
		return 0
	}
	return info.Size()
}
