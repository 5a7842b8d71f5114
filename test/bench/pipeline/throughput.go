package pipeline

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/test/bench/events"
)

// Throughput is the cost of the file of events for a peer, as medians of the rounds.
type Throughput struct {
	Name, Does     string
	CPU            float64 // seconds for a GB of JSON lines
	Added          float64 // of these, over the peer that detects nothing, in the same round
	Low, High      float64 // of Added, over the rounds
	Records        float64 // a second
	Resident, Peak float64 // MB, after the events and at most
	Alerts, Want   int
	Ours           bool
}

// Volume is what went through each peer.
type Volume struct {
	Bytes          int64
	Events, Rounds int
	Every          int // one of so many events matches
}

// sample is one run of one peer.
type sample struct {
	round          int
	cpu, took      time.Duration
	resident, peak int64
	alerts         int
}

// writeEvents writes events, of which one of so many matches, up to size: complete rounds of
// six matches, or of one if matches are rare.
func writeEvents(path string, size int64, every int) (v Volume, err error) {
	v.Every = every
	round := every
	if every == events.Every {
		round = 6 * every
	}
	file, err := os.Create(path)
	if err != nil {
		return v, err
	}
	defer file.Close()
	w := bufio.NewWriterSize(file, 1<<20)
	for v.Bytes < size || v.Events%round != 0 {
		line := events.Ordinary(v.Events)
		if v.Events%every == every-1 {
			line = events.Match(v.Events)
		}
		n, err := w.WriteString(line + "\n")
		if err != nil {
			return v, err
		}
		v.Bytes += int64(n)
		v.Events++
	}
	if err := w.Flush(); err != nil {
		return v, err
	}
	return v, file.Close()
}

// throughput runs all peers in turns. What they add is over the first of the same shipper.
func throughput(ps []peer, size int64, every, rounds int, say func(string)) ([]Throughput, Volume, error) {
	dir, err := os.MkdirTemp("", "events")
	if err != nil {
		return nil, Volume{}, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "events.json")
	volume, err := writeEvents(path, size, every)
	if err != nil {
		return nil, volume, err
	}
	volume.Rounds = rounds
	samples := make([][]sample, len(ps))
	for round := range rounds {
		for i := range ps {
			at := (i + round) % len(ps) // no peer always follows the same one
			if ps[at].coarse && round%3 != 0 {
				continue
			}
			s, err := ps[at].process(path, volume)
			if err != nil {
				return nil, volume, fmt.Errorf("%s: %w", ps[at].name, err)
			}
			say(fmt.Sprintf("round %d  %-32s %6.2f s CPU  %d alerts", round+1, ps[at].name, s.cpu.Seconds(), s.alerts))
			s.round = round
			samples[at] = append(samples[at], s)
		}
	}
	gb := float64(volume.Bytes) / 1e9
	var all []Throughput
	for i, p := range ps {
		t := Throughput{Name: p.name, Does: p.does, Alerts: samples[i][0].alerts, Want: p.want(volume), Ours: p.does == ours}
		var added []float64
		base := slices.IndexFunc(ps, func(q peer) bool { return (q.vector != "") == (p.vector != "") })
		for _, s := range samples[i] {
			added = append(added, (s.cpu-samples[base][s.round].cpu).Seconds()/gb)
			if s.alerts != t.Want {
				t.Alerts = s.alerts
			}
		}
		t.Added, t.Low, t.High = median(added), slices.Min(added), slices.Max(added)
		of := func(figure func(s sample) float64) float64 {
			var all []float64
			for _, s := range samples[i] {
				all = append(all, figure(s))
			}
			return median(all)
		}
		t.CPU = of(func(s sample) float64 { return s.cpu.Seconds() / gb })
		t.Records = of(func(s sample) float64 { return float64(volume.Events) / s.took.Seconds() })
		t.Resident = of(func(s sample) float64 { return float64(s.resident) / 1e6 })
		t.Peak = of(func(s sample) float64 { return float64(s.peak) / 1e6 })
		all = append(all, t)
	}
	return all, volume, nil
}

func (p *peer) want(v Volume) int {
	if p.noAlerts {
		return 0
	}
	return v.Events / v.Every
}

// process lets the peer process the file, and waits until it is done.
func (p *peer) process(path string, v Volume) (s sample, err error) {
	f, err := launch(*p, "")
	if err != nil {
		return s, err
	}
	defer func() {
		if e := f.stop(); err == nil {
			err = e
		}
	}()
	if err := f.started(p); err != nil {
		return s, err
	}
	before, err := f.cpu()
	if err != nil {
		return s, err
	}
	given := filepath.Join(f.dir, "in", "events.json")
	if err := os.Link(path, given); err != nil {
		return s, err
	}
	var began time.Time // when the file was found, up to a second after it was given
	err = f.wait("the end of the file", 5*time.Minute, func() bool {
		n, err := f.read(given)
		if n > 0 && began.IsZero() {
			began = time.Now()
		}
		return err == nil && n >= v.Bytes
	})
	if err != nil {
		return s, err
	}
	// Wait for the last chunks and alerts.
	end, err := f.rest()
	if err != nil {
		return s, err
	}
	s.took = end.Sub(began)
	// The caller checks the number of alerts.
	_ = f.wait("the alerts", 5*time.Second, func() bool { return f.alerts() >= p.want(v) })
	after, err := f.cpu()
	if err != nil {
		return s, err
	}
	s.cpu, s.alerts = after-before, f.alerts()
	s.resident, s.peak, err = f.memory()
	return s, err
}

// rest waits for a second in which the process is nearly idle, and returns when it
// began.
func (f *process) rest() (time.Time, error) {
	type moment struct {
		at  time.Time
		cpu time.Duration
	}
	var window []moment
	var began time.Time
	err := f.wait("nothing left to do", 5*time.Minute, func() bool {
		cpu, err := f.cpu()
		if err != nil {
			return false
		}
		now := time.Now()
		window = append(window, moment{now, cpu})
		for len(window) > 1 && now.Sub(window[1].at) > time.Second {
			window = window[1:]
		}
		began = window[0].at
		return now.Sub(began) > time.Second && cpu-window[0].cpu <= 20*time.Millisecond
	})
	return began, err
}

func median(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	if n := len(all); n%2 == 0 {
		return (all[n/2-1] + all[n/2]) / 2
	}
	return all[len(all)/2]
}
