package pipeline

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fluent-detect/fluent-detect/test/bench/events"
)

// Rare is what was measured of a shipper in which one of RareEvery events matches.
type Rare struct {
	Shipper string
	Version string // empty: it was not there, and nothing was measured
	// Slow says that the program is so slow that it got fewer events: it may have been built
	// without optimization.
	Slow   bool
	Volume Volume
	Peers  []RarePeer
}

// RareEvery is the number of events of which one matches.
const RareEvery = 10_000

// RarePeer is what was measured of one way to detect.
type RarePeer struct {
	Throughput
	Latency Distribution // of alerts, each seconds after another; Count is 0 if it detects nothing
	Burst   Burst
	// Commands and Files are how it was started, with DIR for its directory.
	Commands []string
	Files    map[string]string
}

// Burst is what became of Events that matched at the same time, of which the last Twice came
// again right behind them: medians of the rounds.
type Burst struct{ Events, Twice, Lost, Again float64 }

// RareScale is how thoroughly to measure.
type RareScale struct {
	Bytes     int64 // of events
	Rounds    int
	Latencies int
	Burst     int // events; a tenth of them comes again
}

// slow is the scale for a shipper that is slow.
func (s RareScale) slow() RareScale {
	s.Bytes, s.Burst = min(s.Bytes, trialBytes), s.Burst/5
	return s
}

// A shipper is slow if it takes more CPU than trialCPU, in seconds for a GB, to parse and
// discard that many bytes.
const (
	trialBytes = 20 << 20
	trialCPU   = 100
)

// withState is out_detect with a state_path, as conf has it.
const withState = "out_detect, with state_path"

func rareFluentBits(build string) (list []peer) {
	for _, p := range peers(build, "", "") {
		switch {
		case p.plugins != nil && p.does != ours:
			continue // another way that nobody documents
		case p.name == detected:
			// Its emitter may hold as much as the input, not the default of 10 MB.
			p.config = strings.Replace(p.config, "    Rule ", "    Emitter_Mem_Buf_Limit 50M\n    Rule ", 1)
		}
		list = append(list, p)
		if p.name == builtin {
			p.name, p.config = withState, strings.Replace(p.config, "    Rules ", "    State_Path DIR/data\n    Rules ", 1)
			list = append(list, p)
		}
	}
	return list
}

func rareVectors(build string) []peer {
	return []peer{
		{name: nothing, does: "file source, parse_json, blackhole", vector: noVector, noAlerts: true},
		{name: "VRL filter + dedupe", does: "two transforms", vector: vrl},
		{name: "sidecar, with state_path", does: ours, vector: sidecarVector, sidecar: filepath.Join(build, "fluent-detect")},
	}
}

// MeasureRare measures the peers of Fluent Bit and of Vector, as far as these are on PATH.
func MeasureRare(build string, scale RareScale, say func(string)) ([]Rare, error) {
	build, err := filepath.Abs(build)
	if err != nil {
		return nil, err
	}
	var all []Rare
	for _, shipper := range []struct {
		name    string
		version func() (string, error)
		peers   func(build string) []peer
	}{{"Fluent Bit", fluentBitVersion, rareFluentBits}, {"Vector", vectorVersion, rareVectors}} {
		r := Rare{Shipper: shipper.name}
		if r.Version, err = shipper.version(); err != nil {
			say("NOT TESTED  " + shipper.name + ", which is not on PATH")
			all = append(all, Rare{Shipper: shipper.name})
			continue
		}
		if err := r.measure(shipper.peers(build), scale, say); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

func (r *Rare) measure(ps []peer, scale RareScale, say func(string)) error {
	say(r.Shipper + " " + r.Version)
	trial, _, err := throughput(ps[:1], trialBytes, RareEvery, 1, func(string) {})
	if err != nil {
		return err
	}
	if r.Slow = trial[0].CPU > trialCPU; r.Slow {
		scale = scale.slow()
	}
	all, volume, err := throughput(ps, scale.Bytes, RareEvery, scale.Rounds, say)
	if err != nil {
		return err
	}
	r.Volume = volume
	for i, p := range ps {
		x := RarePeer{Throughput: all[i]}
		x.Commands, x.Files = p.described()
		r.Peers = append(r.Peers, x)
	}
	if err := r.bursts(ps, scale, say); err != nil {
		return err
	}
	return r.latencies(ps, scale.Latencies, say)
}

// described returns the commands and the files of a peer, without directories of the machine.
func (p *peer) described() (commands []string, files map[string]string) {
	for _, args := range p.commands() {
		for i, a := range args {
			if filepath.IsAbs(a) {
				args[i] = filepath.Base(a)
			}
		}
		commands = append(commands, strings.Join(args, " "))
	}
	files = map[string]string{}
	if p.vector != "" {
		files["vector.yaml"], files["detect.yaml"] = allVector, p.vector
	} else {
		files["fluent-bit.conf"] = strings.ReplaceAll(all, "SERVICE\n", strings.TrimLeft(p.service+"\n", "\n")) + p.config
	}
	for name, text := range p.files {
		files[name] = text
	}
	return commands, files
}

// bursts gives every peer a burst, in turns.
func (r *Rare) bursts(ps []peer, scale RareScale, say func(string)) error {
	dir, err := os.MkdirTemp("", "burst")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "burst.json")
	if err := writeBurst(path, scale.Burst); err != nil {
		return err
	}
	lost, again := make([][]float64, len(ps)), make([][]float64, len(ps))
	for round := range scale.Rounds {
		for n := range ps {
			i := (n + round) % len(ps)
			if ps[i].noAlerts {
				continue
			}
			l, a, err := ps[i].burst(path, scale.Burst)
			if err != nil {
				return fmt.Errorf("%s: burst: %w", ps[i].name, err)
			}
			say(fmt.Sprintf("round %d  %-32s %d alerts lost, %d again", round+1, ps[i].name, l, a))
			lost[i], again[i] = append(lost[i], float64(l)), append(again[i], float64(a))
		}
	}
	for i := range ps {
		if !ps[i].noAlerts {
			r.Peers[i].Burst = Burst{float64(scale.Burst), float64(scale.Burst / 10), median(lost[i]), median(again[i])}
		}
	}
	return nil
}

// writeBurst writes n events that match, and the last tenth of them again.
func writeBurst(path string, n int) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	w := bufio.NewWriterSize(file, 1<<20)
	for i := range n + n/10 {
		if i >= n {
			i -= n / 10
		}
		if _, err := w.WriteString(events.Match(i) + "\n"); err != nil {
			return err
		}
	}
	return errors.Join(w.Flush(), file.Close())
}

// burst returns of how many events there was no alert, and how many alerts there were beside
// the first of their events.
func (p *peer) burst(path string, want int) (lost, again int, err error) {
	f, err := launch(*p, "")
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, f.stop()) }()
	if err := f.started(p); err != nil {
		return 0, 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, 0, err
	}
	given := filepath.Join(f.dir, "in", "burst.json")
	if err := os.Link(path, given); err != nil {
		return 0, 0, err
	}
	if err := f.wait("the end of the burst", 3*time.Minute, func() bool {
		n, err := f.read(given)
		return err == nil && n >= info.Size()
	}); err != nil {
		return 0, 0, err
	}
	if _, err := f.rest(); err != nil {
		return 0, 0, err
	}
	_ = f.wait("the alerts", 5*time.Second, func() bool { return f.alerts() >= want })
	ids, err := f.alerted()
	if err != nil {
		return 0, 0, err
	}
	for _, n := range ids {
		again += n - 1
	}
	return want - len(ids), again, nil
}

// alerted returns how many alerts there are of each event, by its id.
func (f *process) alerted() (map[string]int, error) {
	text, err := os.ReadFile(filepath.Join(f.dir, "alerts"))
	if err != nil {
		return nil, err
	}
	ids := map[string]int{}
	for line := range strings.Lines(string(text)) {
		var alert struct {
			ID    string `json:"eventID"`
			Event struct{ ID, Kind string }
		}
		switch line = strings.TrimSpace(line); {
		case !strings.HasPrefix(line, "{"): // the id alone
			ids[line]++
		case json.Unmarshal([]byte(line), &alert) != nil:
			return nil, fmt.Errorf("an alert is no JSON: %.300s", line)
		case alert.Event.Kind == "enrichment": // follows an alert up
		default:
			ids[alert.ID+alert.Event.ID]++
		}
	}
	return ids, nil
}

// latencies measures how long alerts take, of three peers at a time: they are idle.
func (r *Rare) latencies(ps []peer, n int, say func(string)) error {
	var wg sync.WaitGroup
	places := make(chan struct{}, 3)
	errs := make([]error, len(ps))
	for i := range ps {
		if ps[i].noAlerts {
			continue
		}
		places <- struct{}{}
		say("line to alert: " + ps[i].name)
		wg.Go(func() {
			defer func() { <-places }()
			r.Peers[i].Latency, errs[i] = alertLatency(ps[i], n)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// alertLatency returns how long n alerts take, in several processes.
func alertLatency(p peer, n int) (Distribution, error) {
	side := min(side, n)
	all, errs := make([][]float64, side), make([]error, side)
	var wg sync.WaitGroup
	for i := range side {
		wg.Go(func() { all[i], errs[i] = alertLatencies(p, n/side) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return Distribution{}, fmt.Errorf("%s: %w", p.name, err)
	}
	return DistributionOf(slices.Concat(all...)), nil
}

func alertLatencies(p peer, n int) (took []float64, err error) {
	f, err := launch(p, "")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.stop()) }()
	in, err := os.Create(filepath.Join(f.dir, "in", "events.json"))
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if err := f.started(&p); err != nil {
		return nil, err
	}
	for i := range n + 1 {
		one, err := f.follow(in, i, "alerts")
		if err != nil {
			return nil, err
		}
		if i > 0 { // the first waits until the file is found
			took = append(took, one[0])
		}
		// Be independent of the phases of timers.
		time.Sleep(500*time.Millisecond + rand.N(time.Second))
	}
	return took, nil
}
