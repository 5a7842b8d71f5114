package outbox

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// model is the outbox as one flat list in order of arrival, searched from the
// beginning each time. A Box, with its queues, places and merges, must behave like
// this list.
type model struct {
	max       int
	now       time.Time
	consumers []*modelTaker // open, in order of opening
	held      []*modelAlert // not gone
	between   bool          // a consumer was closed, and none opened since

	reserved  []*modelReservation
	forgotten []uint64 // numbers of alerts that a keeper has and that are gone
}

// modelReservation is room for alerts.
type modelReservation struct{ alerts []Alert }

type modelTaker struct {
	filter Filter
	paused bool
	closed bool
}

type modelAlert struct {
	Alert
	state string
	owner *modelTaker // whose queue it is in; nil: unrouted
	acked time.Time
	kept  uint64 // the keeper's number, 0 without one
}

const (
	waiting = "waiting"
	flying  = "flying"
	acked   = "acked"
	aside   = "aside"
)

func (m *model) consumerOf(a Alert) *modelTaker {
	for _, t := range m.consumers {
		if a.Rule == "" || a.Severity >= t.filter.MinSeverity && (len(t.filter.Rules) == 0 || slices.Contains(t.filter.Rules, a.Rule)) {
			return t
		}
	}
	return nil
}

// report puts a report.
func (m *model) report(record []byte) bool {
	_, bytes := m.size()
	n := 0
	for _, a := range m.held {
		if a.Rule == "" {
			n++
		}
	}
	if n == maxReports || bytes+len(record) > m.max {
		return false
	}
	m.add([]Alert{{Record: record}}, nil)
	return true
}

// size returns the size of what is in the box, reports too, and of reservations.
func (m *model) size() (count, bytes int) {
	for _, a := range m.held {
		bytes += len(a.Record)
	}
	count = len(m.held)
	for _, r := range m.reserved {
		for _, a := range r.alerts {
			bytes += len(a.Record)
		}
		count += len(r.alerts)
	}
	return count, bytes
}

func (m *model) reserve(alerts []Alert) (r *modelReservation, unwanted []Alert, full bool) {
	r = &modelReservation{}
	more := 0
	for _, a := range alerts {
		if m.consumerOf(a) == nil && len(m.consumers) > 0 && !m.between {
			unwanted = append(unwanted, a)
			continue
		}
		r.alerts = append(r.alerts, a)
		more += len(a.Record)
	}
	if count, bytes := m.size(); len(r.alerts) > 0 && count > 0 && bytes+more > m.max {
		return nil, nil, true
	}
	m.reserved = append(m.reserved, r)
	return r, unwanted, false
}

func (m *model) cancel(r *modelReservation) {
	m.reserved = slices.DeleteFunc(m.reserved, func(x *modelReservation) bool { return x == r })
}

func (m *model) add(alerts []Alert, numbers []uint64) {
	for i, a := range alerts {
		x := &modelAlert{Alert: a, state: waiting, owner: m.consumerOf(a)}
		if numbers != nil {
			x.kept = numbers[i]
		}
		m.held = append(m.held, x)
	}
}

// letGo removes the alerts for which gone returns true, and notes which of them a
// keeper must forget.
func (m *model) letGo(gone func(*modelAlert) bool) (list []Alert) {
	m.held = slices.DeleteFunc(m.held, func(a *modelAlert) bool {
		if !gone(a) {
			return false
		}
		list = append(list, a.Alert)
		if a.kept > 0 {
			m.forgotten = append(m.forgotten, a.kept)
		}
		return true
	})
	return list
}

func (m *model) open(f Filter) *modelTaker {
	t := &modelTaker{filter: f}
	m.consumers = append(m.consumers, t)
	m.between = false
	for _, a := range m.held {
		if a.owner == nil {
			a.owner = m.consumerOf(a.Alert)
		}
	}
	return t
}

func (m *model) orphans() []Alert {
	if len(m.consumers) == 0 || m.between {
		return nil
	}
	return m.letGo(func(a *modelAlert) bool { return a.owner == nil })
}

// confirm removes what t acknowledged that long ago.
func (m *model) confirm(t *modelTaker, ago time.Duration) {
	m.letGo(func(a *modelAlert) bool {
		return a.owner == t && a.state == acked && m.now.Sub(a.acked) >= ago
	})
}

// change moves the alerts of t from some states to another.
func (m *model) change(t *modelTaker, to string, from ...string) {
	for _, a := range m.held {
		if a.owner == t && slices.Contains(from, a.state) {
			a.state, a.acked = to, m.now
		}
	}
}

// ackFirst acknowledges the first n in flight.
func (m *model) ackFirst(t *modelTaker, n int) {
	for _, a := range m.held {
		if n > 0 && a.owner == t && a.state == flying {
			a.state, a.acked = acked, m.now
			n--
		}
	}
}

// setAside sets the first in flight aside, and ackAside acknowledges the first of these.
func (m *model) setAside(t *modelTaker) { m.first(t, flying, aside) }

func (m *model) ackAside(t *modelTaker) { m.first(t, aside, acked) }

func (m *model) first(t *modelTaker, from, to string) {
	for _, a := range m.held {
		if a.owner == t && a.state == from {
			a.state, a.acked = to, m.now
			return
		}
	}
}

func (m *model) take(t *modelTaker, maxBytes int) (batch []Alert) {
	if t.closed || t.paused {
		return nil
	}
	m.confirm(t, grace)
	m.change(t, waiting, flying)
	size := 0
	for _, a := range m.held {
		if a.owner != t || a.state != waiting {
			continue
		}
		if len(batch) > 0 && size+len(a.Record) > maxBytes {
			break
		}
		a.state = flying
		size += len(a.Record)
		batch = append(batch, a.Alert)
	}
	return batch
}

func (m *model) pause(t *modelTaker) {
	t.paused = true
}

func (m *model) close(t *modelTaker) {
	if t.closed {
		return
	}
	t.closed = true
	m.between = true
	m.pause(t)
	m.confirm(t, grace)
	m.change(t, waiting, flying, acked, aside)
	m.consumers = slices.DeleteFunc(m.consumers, func(x *modelTaker) bool { return x == t })
	for _, a := range m.held {
		if a.owner == t {
			a.owner = nil
		}
	}
}

// undelivered returns what is in the box without a keeper, and its size.
func (m *model) undelivered() (list []Alert, stored int) {
	for _, a := range m.held {
		if a.kept > 0 {
			stored++
			continue
		}
		if a.Rule == "" {
			continue
		}
		list = append(list, a.Alert)
	}
	return list, stored
}

func (m *model) backlog(t *modelTaker) (bytes int) {
	for _, a := range m.held {
		if a.owner == t && a.state == waiting {
			bytes += len(a.Record)
		}
	}
	return bytes
}

// modelKeeper records the calls of Forget, and how many preceded the last Note.
type modelKeeper struct {
	forgotten []uint64
	noted     int
}

func (k *modelKeeper) Note() error {
	k.noted = len(k.forgotten)
	return nil
}

func (k *modelKeeper) Forget(channel string, numbers []uint64) {
	if channel != "test" {
		panic("another channel: " + channel)
	}
	k.forgotten = append(k.forgotten, numbers...)
}

var (
	modelRules      = []string{"red", "green", "blue"}
	modelSeverities = []int{21, 47, 73, 99}
	modelFilters    = []Filter{
		{},
		{MinSeverity: 73},
		{Rules: []string{"red"}},
		{Rules: []string{"green", "blue"}, MinSeverity: 47},
	}
)

// drive does what the bytes of script encode to a Box and to the model, and compares
// their visible states after each step.
func drive(t *testing.T, script []byte) {
	t.Helper()
	const most = 1000
	m := &model{max: most, now: time.Unix(1_000_000, 0)}
	b := New("test", most)
	b.now = func() time.Time { return m.now }
	var consumers []*Consumer
	var twins []*modelTaker
	var log strings.Builder
	step := func(format string, args ...any) { fmt.Fprintf(&log, format+"\n", args...) }
	next := func(n int) int { // one byte of the script as a number below n
		if len(script) == 0 {
			return 0
		}
		v := int(script[0]) % n
		script = script[1:]
		return v
	}
	same := func(what string, got, want []Alert) {
		t.Helper()
		if g, w := ids(got), ids(want); g != w {
			t.Fatalf("%s: %s, want %s\n%s", what, g, w, log.String())
		}
	}
	serial := 0
	batch := func() []Alert {
		batch := make([]Alert, next(5))
		for i := range batch {
			serial++
			batch[i] = Alert{
				ID:       fmt.Sprint(serial),
				Rule:     modelRules[next(len(modelRules))],
				Severity: modelSeverities[next(len(modelSeverities))],
				Record:   make([]byte, 1+next(200)),
			}
			step("  %s: %s %d, %d bytes", batch[i].ID, batch[i].Rule, batch[i].Severity, len(batch[i].Record))
		}
		return batch
	}
	numbers := func(alerts []Alert) (list []uint64) { // a keeper's, by the ids
		for _, a := range alerts {
			n, _ := strconv.ParseUint(a.ID, 10, 64)
			list = append(list, n)
		}
		return list
	}
	var keeper modelKeeper
	type pair struct {
		box   Reservation
		model *modelReservation
	}
	var reserved []pair
	reserve := func() (got, want []Alert, ok bool) {
		list := batch()
		_, before := m.size()
		twin, want, full := m.reserve(list)
		r, got, err := b.Reserve(list)
		if e, isFull := err.(*FullError); isFull != full || isFull && (e.Bytes != before || e.Max != most) {
			t.Fatalf("error %v, want full %v with %d bytes\n%s", err, full, before, log.String())
		}
		if !full {
			reserved = append(reserved, pair{r, twin})
		}
		return got, want, !full
	}
	commit := func(i int, k Keeper) {
		p := reserved[i]
		reserved = slices.Delete(reserved, i, i+1)
		m.cancel(p.model)
		if k == nil {
			m.add(p.model.alerts, nil)
			p.box.Commit(nil, nil)
			return
		}
		m.add(p.model.alerts, numbers(p.model.alerts))
		p.box.Commit(k, numbers(p.box.Alerts()))
	}
	for len(script) > 0 {
		op := next(27)
		if op >= 5 && op < 20 && len(consumers) == 0 {
			op = 4
		}
		n := 0
		if len(consumers) > 0 {
			n = next(len(consumers))
		}
		switch {
		case op < 4:
			step("put")
			if got, want, ok := reserve(); ok {
				commit(len(reserved)-1, nil)
				same("Put gave back", got, want)
			}
		case op == 20:
			step("reserve")
			got, want, _ := reserve()
			same("Reserve gave back", got, want)
		case op == 21 && len(reserved) > 0:
			i := next(len(reserved))
			step("commit reservation %d, kept", i)
			commit(i, &keeper)
		case op == 22 && len(reserved) > 0:
			i := next(len(reserved))
			step("cancel reservation %d", i)
			m.cancel(reserved[i].model)
			reserved[i].box.Cancel()
			reserved = slices.Delete(reserved, i, i+1)
		case op == 23:
			step("restore")
			list := batch()
			m.add(list, numbers(list))
			b.Restore(list, &keeper, numbers(list))
		case op == 25 && n < len(consumers) && len(consumers[n].flight) > 0:
			step("consumer %d: set aside", n)
			consumers[n].SetAside()
			m.setAside(twins[n])
		case op == 26 && n < len(consumers) && len(consumers[n].aside) > 0:
			step("consumer %d: ack what was set aside first of all", n)
			oldest := slices.MinFunc(consumers[n].aside, func(x, y entry) int { return cmp.Compare(x.place, y.place) })
			consumers[n].AckAside(oldest.place)
			m.ackAside(twins[n])
		case op == 24:
			record := make([]byte, 1+next(40))
			step("report %d bytes", len(record))
			if got, want := b.Report(m.now, record), m.report(record); got != want {
				t.Fatalf("Report: %v, want %v\n%s", got, want, log.String())
			}
		case op == 4:
			if len(m.consumers) == 4 {
				continue
			}
			f := modelFilters[next(len(modelFilters))]
			step("consumer %d: open %v", len(consumers), f)
			consumers, twins = append(consumers, b.Open(f)), append(twins, m.open(f))
		case op < 10:
			maxBytes := next(400)
			step("consumer %d: take %d", n, maxBytes)
			same(fmt.Sprintf("Take of consumer %d", n), consumers[n].Take(maxBytes, 0), m.take(twins[n], maxBytes))
		case op < 12:
			step("consumer %d: ack", n)
			consumers[n].Ack()
			m.change(twins[n], acked, flying)
		case op == 12:
			first := next(4)
			step("consumer %d: ack the first %d", n, first)
			consumers[n].AckFirst(first)
			m.ackFirst(twins[n], first)
		case op == 13:
			step("consumer %d: confirm", n)
			before := len(keeper.forgotten)
			if err := consumers[n].Confirm(); err != nil || keeper.noted < len(keeper.forgotten) && len(keeper.forgotten) > before {
				t.Fatalf("%d of %d are noted: %v", keeper.noted, len(keeper.forgotten), err)
			}
			m.confirm(twins[n], 0)
		case op == 14:
			step("consumer %d: pause", n)
			consumers[n].Pause()
			m.pause(twins[n])
		case op == 15:
			step("consumer %d: resume", n)
			consumers[n].Resume()
			twins[n].paused = twins[n].closed
			if next(2) == 0 {
				step("and renew")
				consumers[n].Renew()
				m.change(twins[n], acked, acked)
			}
		case op == 16:
			step("consumer %d: close", n)
			consumers[n].Close()
			m.close(twins[n])
		case op == 17:
			step("orphans")
			same("Orphans", b.TakeUnrouted(), m.orphans())
		default:
			d := time.Duration(next(5)) * grace / 4
			step("wait %s", d)
			m.now = m.now.Add(d)
		}
		left, stored := m.undelivered()
		same("Undelivered", b.Undelivered(), left)
		if got := b.Stored(); got != stored {
			t.Fatalf("Stored: %d, want %d\n%s", got, stored, log.String())
		}
		count, bytes := b.Size()
		wantCount, wantBytes := m.size()
		for _, a := range m.held {
			if a.Rule == "" {
				wantCount--
			}
		}
		if count != wantCount || bytes != wantBytes {
			t.Fatalf("Size: %d alerts, %d bytes, want %d, %d\n%s", count, bytes, wantCount, wantBytes, log.String())
		}
		slices.Sort(keeper.forgotten) // alerts that were set aside are acknowledged late
		slices.Sort(m.forgotten)
		if !slices.Equal(keeper.forgotten, m.forgotten) {
			t.Fatalf("the keeper forgot %v, want %v\n%s", keeper.forgotten, m.forgotten, log.String())
		}
		for i, consumer := range consumers {
			if got, want := consumer.Backlog(), m.backlog(twins[i]); got != want {
				t.Fatalf("Backlog of consumer %d: %d bytes, want %d\n%s", i, got, want, log.String())
			}
		}
		if got, want := b.HasConsumers(), len(m.consumers) > 0; got != want {
			t.Fatalf("HasConsumers: %v, want %v\n%s", got, want, log.String())
		}
		for _, rule := range modelRules {
			for _, severity := range modelSeverities {
				want := m.consumerOf(Alert{Rule: rule, Severity: severity}) != nil
				if got := b.Accepts(rule, severity); got != want {
					t.Fatalf("Wants(%s, %d): %v, want %v\n%s", rule, severity, got, want, log.String())
				}
			}
		}
	}
}

// TestModel compares a Box with the model over random scripts: nothing is lost,
// nothing is out of order or delivered to the wrong consumer, nothing is gone before
// it is confirmed, and the sizes are right at every step.
func TestModel(t *testing.T) {
	runs := 1000
	if testing.Short() {
		runs = 200
	}
	for seed := range runs {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		script := make([]byte, 50+r.IntN(450))
		for i := range script {
			script[i] = byte(r.Uint32())
		}
		drive(t, script)
	}
}

// FuzzModel is TestModel with scripts of the fuzzer.
func FuzzModel(f *testing.F) {
	f.Add([]byte{4, 0, 0, 0, 1, 0, 0, 50, 5, 0, 255, 10, 0, 18, 0, 4, 16, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 2000 {
			return
		}
		drive(t, script)
	})
}

func ids(alerts []Alert) string {
	list := make([]string, len(alerts))
	for i, a := range alerts {
		list[i] = a.ID
	}
	return "[" + strings.Join(list, " ") + "]"
}
