package pipeline

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/test/bench/events"
)

// Latency has the times from the moment a line is in the file until it is in a
// file that Fluent Bit writes: the record itself, and its alert.
type Latency struct{ Record, Alert Distribution }

// Distribution is of times in seconds.
type Distribution struct {
	Count                  int
	P50, P90, P99, Longest float64
}

func distribution(all []float64) Distribution {
	all = slices.Sorted(slices.Values(all))
	at := func(part float64) float64 { return all[min(len(all)-1, int(part*float64(len(all))))] }
	return Distribution{len(all), at(0.5), at(0.9), at(0.99), all[len(all)-1]}
}

// originals writes what was read.
const originals = `[OUTPUT]
    Name    file
    Match   cloudtrail
    Path    DIR
    File    originals
    Format  plain
`

// latency gives n events to the peer, one at a time.
func latency(p peer, n int) (l Latency, err error) {
	f, err := launch(p, originals)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, f.stop()) }()
	in, err := os.Create(filepath.Join(f.dir, "in", "events.json"))
	if err != nil {
		return l, err
	}
	defer in.Close()
	time.Sleep(2 * time.Second)
	var record, alert []float64
	for i := range n + 1 {
		time.Sleep(time.Duration(300+i*37%200) * time.Millisecond) // at no fixed phase of the host's timers
		sizes := [2]int64{f.size("originals"), f.size("alerts")}
		began := time.Now()
		if _, err := in.WriteString(events.Match(i) + "\n"); err != nil {
			return l, err
		}
		var took [2]float64
		for took[0] == 0 || took[1] == 0 {
			for j, name := range []string{"originals", "alerts"} {
				if took[j] == 0 && f.size(name) > sizes[j] {
					took[j] = time.Since(began).Seconds()
				}
			}
			if time.Since(began) > 20*time.Second {
				return l, errors.New("no alert for 20 s")
			}
			time.Sleep(time.Millisecond)
		}
		if i > 0 { // the first waits until the file is found
			record, alert = append(record, took[0]), append(alert, took[1])
		}
	}
	return Latency{distribution(record), distribution(alert)}, nil
}

func (f *process) size(name string) int64 {
	info, err := os.Stat(filepath.Join(f.dir, name))
	if err != nil {
		return 0
	}
	return info.Size()
}
