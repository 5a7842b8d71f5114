package history

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/hold"
)

// call is an event of the tests.
type call struct {
	actor, account, action, address, key string
	at                                   uint32
	failed                               bool
}

func (c call) observe(h *History, r *Reader) Observation {
	sum := func(kind uint64, text string) uint64 {
		if text == "" {
			return 0
		}
		return h.secret.sum(kind, []byte(text))
	}
	o := Observation{
		At: c.at, Failed: c.failed, Actor: sum(textActor, c.actor), Account: sum(textAccount, c.account), Action: sum(textAction, c.action),
		Address: sum(textAddress, c.address), Key: sum(textKey, c.key), name: int32(len(r.names)), nameLen: uint8(len(c.action)),
	}
	r.names = append(r.names, c.action...)
	return o
}

// model is a history as plainly as it can be: it has all events.
type model []call

// about is About, of what a model can tell.
func (m model) about(c call) *Context {
	x := &Context{HasActor: true, HasOthers: true, HasAddress: true, HasBefore: true, New: []string{}, State: Learning}
	x.Before.Actions, x.Before.Notable = []string{}, []string{}
	since := c.at
	others, near := map[string]bool{}, map[string]bool{}
	counts := map[string]int{}
	var order []string
	hour := false
	seen := map[string]bool{}
	firstEver := uint32(1<<32 - 1)
	for _, e := range m {
		since = min(since, e.at)
		if recent := e.at <= c.at && c.at-e.at <= 900; recent && e.actor == c.actor {
			x.Before.Events++
			if e.failed {
				x.Before.Failures++
			}
			if counts[e.action]++; counts[e.action] == 1 {
				order = append(order, e.action)
			}
			if isNotable[e.action] {
				x.Before.Notable = append(x.Before.Notable, e.action)
			}
		} else if recent && e.address == c.address {
			x.Others++
		}
		if e.at <= c.at && c.at-e.at <= 900 && e.account == c.account && e.action == wide && !e.failed {
			x.Before.Notable = append(x.Before.Notable, e.action)
		}
		if e.failed {
			continue
		}
		if e.actor != c.actor {
			if e.account == c.account && e.action == c.action {
				others[e.actor] = true
			}
			if e.address == c.address && e.at/day <= c.at/day && c.at/day-e.at/day < days {
				near[e.actor] = true
			}
			continue
		}
		firstEver = min(firstEver, e.at)
		x.ActorEvents++
		seen["address"] = seen["address"] || e.address == c.address
		seen["access_key"] = seen["access_key"] || e.key == c.key
		if word, bit := hourOf(e.at); true {
			w, b := hourOf(c.at)
			hour = hour || word == w && bit == b
		}
		if e.action == c.action {
			seen["action"] = true
			x.ActionCount++
			if t := timeOf(e.at); x.ActionFirst.IsZero() || t.Before(x.ActionFirst) {
				x.ActionFirst = t
			}
			x.ActionLast = later(x.ActionLast, timeOf(e.at))
		}
	}
	x.ActionBy, x.AddressBy, x.Since = len(others), len(near), timeOf(since)
	slices.SortStableFunc(order, func(a, b string) int { return counts[b] - counts[a] })
	for _, a := range order[:min(len(order), maxActions)] {
		x.Before.Actions = append(x.Before.Actions, strconv.Itoa(counts[a])+" "+a)
	}
	slices.Sort(x.Before.Notable)
	x.Before.Notable = slices.Compact(x.Before.Notable)
	if x.ActorEvents == 0 {
		x.New = []string{"actor"}
		return x
	}
	x.ActorFirst = timeOf(firstEver)
	for _, kind := range []string{"action", "address", "access_key"} {
		if !seen[kind] {
			x.New = append(x.New, kind)
		}
	}
	if c.at-firstEver >= learnFor {
		x.State = Known
		if x.ActorEvents >= usualEvents {
			x.HasUsual, x.Usual = true, hour
		}
	}
	return x
}

// disk is a store.
type disk map[string][]byte

func (d disk) apply(changes []hold.Change) {
	for _, c := range changes {
		if c.Delete {
			delete(d, string(c.Key))
		} else {
			d[string(c.Key)] = c.Value
		}
	}
}

func (d disk) restore(t *testing.T, h *History) {
	t.Helper()
	for _, k := range slices.Sorted(maps.Keys(d)) {
		if !h.Restore([]byte(k), d[k], time.Time{}) {
			t.Fatalf("%q is not restored", k)
		}
	}
	h.Restored()
}

// A history answers as one that has all events, whatever transactions were undone, and
// after restarts.
func TestModel(t *testing.T) {
	for seed := range uint64(3) {
		random := rand.New(rand.NewPCG(seed, 1))
		h := New(500)
		d := disk{}
		var final, open model
		var marks []int // of open transactions, in final+open
		now := uint32(1_700_000_000)
		one := func() call {
			now += uint32(random.IntN(4000)) * uint32(random.IntN(3))
			c := call{
				actor: "actor" + strconv.Itoa(random.IntN(40)), account: "account" + strconv.Itoa(random.IntN(3)), action: "Action" + strconv.Itoa(random.IntN(40)),
				address: "address" + strconv.Itoa(random.IntN(30)), key: "key" + strconv.Itoa(random.IntN(3)), at: now, failed: random.IntN(5) == 0,
			}
			if random.IntN(20) == 0 {
				c.action = wide
			}
			return c
		}
		check := func() {
			t.Helper()
			c := one()
			r := &Reader{}
			o := c.observe(h, r)
			got, want := h.About(r, &o), append(slices.Clone(final), open...).about(c)
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d: %+v:\n%+v\nwant\n%+v", seed, c, got, want)
			}
		}
		for range 1200 {
			switch random.IntN(12) {
			case 0, 1, 2, 3, 4, 5: // a chunk
				h.Begin()
				marks = append(marks, len(open))
				r := &Reader{}
				var list []Observation
				for range random.IntN(6) {
					c := one()
					list = append(list, c.observe(h, r))
					open = append(open, c)
				}
				h.Add(r, list)
			case 6, 7:
				if len(marks) > 0 {
					h.Rollback()
					open, marks = open[:marks[len(marks)-1]], marks[:len(marks)-1]
				}
			case 8, 9, 10:
				if len(marks) > 0 {
					h.Commit()
					n := len(open)
					if len(marks) > 1 {
						n = marks[1]
					}
					final, open = append(final, open[:n]...), slices.Clone(open[n:])
					marks = slices.Clone(marks[1:])
					for i := range marks {
						marks[i] -= n
					}
				}
			case 11:
				h.Begin()
				h.Flush(time.Unix(int64(now), 0))
				changes := h.Changes(nil)
				if random.IntN(3) == 0 || len(marks) > 0 {
					h.Rollback()
					break
				}
				h.Commit()
				d.apply(changes)
				if random.IntN(2) == 0 {
					h = New(500)
					d.restore(t, h)
				}
			}
			check()
		}
		if len(final) < 400 {
			t.Errorf("only %d events", len(final))
		}
	}
}

// Bounds: actors who come in masses do not push out those who are established, what they have
// takes no more memory than it may, and what was forgotten is said to be.
func TestFlood(t *testing.T) {
	h := New(2000)
	r := &Reader{}
	add := func(calls ...call) {
		h.Begin()
		list := make([]Observation, len(calls))
		for i, c := range calls {
			list[i] = c.observe(h, r)
		}
		h.Add(r, list)
		h.Commit()
		r.names = r.names[:0]
	}
	const begin = 1_700_000_000
	for i := range 100 {
		for d := range uint32(30) {
			add(call{actor: "old" + strconv.Itoa(i), account: "1", action: "Work", address: "office", key: "k", at: begin + d*day})
		}
	}
	flood := 10_000
	if n, err := strconv.Atoi(os.Getenv("DETECT_ACTORS")); err == nil {
		flood = n
	}
	for i := range flood {
		text := strconv.Itoa(i)
		add(call{actor: "invented" + text, account: "2", action: "Get" + strconv.Itoa(i%50), address: text, key: text, at: begin + 30*day})
	}
	for i := range 100 {
		c := call{actor: "old" + strconv.Itoa(i), account: "1", action: "Work", address: "office", key: "k", at: begin + 30*day}
		o := c.observe(h, r)
		if x := h.About(r, &o); x.ActionCount != 30 || len(x.New) > 0 {
			t.Fatalf("%+v is forgotten: %+v", c, x)
		}
	}
	c := call{actor: "new", account: "1", action: "Work", address: "office", key: "k", at: begin + 30*day}
	o := c.observe(h, r)
	if x := h.About(r, &o); x.State != Partial || !reflect.DeepEqual(x.New, []string{"actor"}) {
		t.Errorf("%+v", x)
	}
	if s := h.Stats(); s.Actors != 2000 || s.Evicted != uint64(flood)-1900 || s.Bytes > 8<<20 {
		t.Errorf("%+v", s)
	}
}

// What a caller chooses has a bound for each actor, and the newest is known.
func TestValuesOfAnActor(t *testing.T) {
	h := New(100)
	r := &Reader{}
	const begin = 1_700_000_000
	for i := range 3000 {
		c := call{actor: "a", account: "1", action: "Work", address: fmt.Sprint("address", i), key: "k", at: begin + uint32(i)}
		h.Begin()
		h.Add(r, []Observation{c.observe(h, r)})
		h.Commit()
	}
	n := 0
	a := h.findActor(h.secret.sum(textActor, []byte("a")))
	h.eachValue(a, func(int) { n++ })
	if n > maxOfKind+3 {
		t.Errorf("%d values", n)
	}
	c := call{actor: "a", account: "1", action: "Work", address: "address2999", key: "k", at: begin + 3000}
	o := c.observe(h, r)
	if x := h.About(r, &o); x.ActionCount != 3000 || len(x.New) > 0 || x.State != Partial {
		t.Errorf("%+v", x)
	}
}
