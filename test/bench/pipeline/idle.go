package pipeline

import (
	"errors"
	"time"
)

// Idle is what a Fluent Bit with nothing to do uses.
type Idle struct {
	Name     string
	CPU      float64 // ms a second
	Resident float64 // MB
}

// idle runs the named peers in parallel with nothing to do.
func idle(ps []peer, long time.Duration, names ...string) (all []Idle, err error) {
	var running []*process
	defer func() {
		for _, f := range running {
			err = errors.Join(err, f.stop())
		}
	}()
	for _, name := range names {
		for _, p := range ps {
			if p.name != name {
				continue
			}
			f, err := launch(p, "")
			if err != nil {
				return nil, err
			}
			running = append(running, f)
		}
	}
	time.Sleep(5 * time.Second) // what belongs to the start is over
	var before []time.Duration
	for _, f := range running {
		cpu, err := f.running()
		if err != nil {
			return nil, err
		}
		before = append(before, cpu)
	}
	began := time.Now()
	time.Sleep(long)
	for i, f := range running {
		cpu, err := f.running()
		if err != nil {
			return nil, err
		}
		resident, _, err := f.memory()
		if err != nil {
			return nil, err
		}
		all = append(all, Idle{names[i], 1000 * (cpu - before[i]).Seconds() / time.Since(began).Seconds(), float64(resident) / 1e6})
	}
	return all, nil
}
