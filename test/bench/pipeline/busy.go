package pipeline

import (
	"bufio"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/fluent-detect/fluent-detect/test/bench/events"
)

// Busy is how a Fluent Bit under load handles another input: the latency of its lines
// to a file.
type Busy struct {
	Name string
	CPU  float64 // ms a second
	Line Distribution
}

// Rate is the number of events per second of that load.
const Rate = 20_000

// probe is the other input and its output.
const probe = `[INPUT]
    Name            tail
    Tag             probe
    Path            DIR/probe.log
    Read_from_Head  On
[OUTPUT]
    Name    file
    Match   probe
    Path    DIR
    File    probed
    Format  plain
`

// busy puts the named peers under load, one after the other.
func busy(ps []peer, long time.Duration, names ...string) (all []Busy, err error) {
	for _, name := range names {
		for _, p := range ps {
			if p.name != name {
				continue
			}
			b, err := p.busy(long)
			if err != nil {
				return nil, err
			}
			all = append(all, b)
		}
	}
	return all, nil
}

// busy feeds events at the rate to the peer, and now and then a line to the other
// input.
func (p *peer) busy(long time.Duration) (b Busy, err error) {
	f, err := launch(*p, probe)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, f.stop()) }()
	lines, err := os.Create(filepath.Join(f.dir, "probe.log"))
	if err != nil {
		return b, err
	}
	defer lines.Close()
	in, err := os.Create(filepath.Join(f.dir, "in", "events.json"))
	if err != nil {
		return b, err
	}
	defer in.Close()
	stop, fed := make(chan struct{}), make(chan error, 1)
	go func() { fed <- feed(in, stop) }()
	defer func() {
		close(stop)
		err = errors.Join(err, <-fed)
	}()
	time.Sleep(3 * time.Second) // the files are found, the queues are what they will be
	before, err := f.cpu()
	if err != nil {
		return b, err
	}
	var took []float64
	began := time.Now()
	for time.Since(began) < long {
		time.Sleep(50*time.Millisecond + rand.N(200*time.Millisecond)) // at no fixed phase of Fluent Bit's timers
		t, err := f.probe(lines)
		if err != nil {
			return b, err
		}
		took = append(took, t)
	}
	after, err := f.cpu()
	return Busy{p.name, 1000 * (after - before).Seconds() / time.Since(began).Seconds(), DistributionOf(took)}, err
}

// feed writes events at the rate until it is stopped.
func feed(in *os.File, stop chan struct{}) error {
	const slice = 20 * time.Millisecond
	w := bufio.NewWriterSize(in, 1<<20)
	tick := time.NewTicker(slice)
	defer tick.Stop()
	began := time.Now()
	for i := 0; ; {
		for due := int(time.Since(began).Seconds() * Rate); i < due; i++ {
			if _, err := w.WriteString(events.Line(i) + "\n"); err != nil {
				return err
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
		select {
		case <-stop:
			return nil
		case <-tick.C:
		}
	}
}

// probe writes a line to the other input and returns the seconds until it is in the
// output.
func (f *process) probe(lines *os.File) (float64, error) {
	size := f.size("probed")
	began := time.Now()
	if _, err := lines.WriteString("a line of another service\n"); err != nil {
		return 0, err
	}
	for f.size("probed") == size {
		if time.Since(began) > 20*time.Second {
			return 0, errors.New("the line of another input was not there after 20 s")
		}
		time.Sleep(time.Millisecond)
	}
	return time.Since(began).Seconds(), nil
}
