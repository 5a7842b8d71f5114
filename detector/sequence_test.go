package detector

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/source"
)

// plainStep is a step of a sequence: the actions of its events, and its keys, of which one
// with a question mark is optional.
type plainStep struct {
	actions string
	by      []string
}

// plainSequence evaluates a sequence as its description in docs/rules.md says, event by
// event, without anything that makes it fast.
type plainSequence struct {
	steps    []plainStep
	stages   []int // of each event of a match the place of its step
	until    *plainStep
	span     int // seconds
	lateness int
	kept     map[string][]*plainKept // by keys, in the order of arrival
}

// plainEvent is an event of a test.
type plainEvent struct {
	id, action, user, address string
	at                        int // seconds
}

// plainKept is an event that is kept with some keys.
type plainKept struct {
	*plainEvent
	identity string
	steps    []bool // the last one is until
	used     bool
}

func (e *plainEvent) json() string {
	identity := `"type":"IAMUser"`
	if e.user != "" {
		identity += fmt.Sprintf(`,"userName":%q`, e.user)
	}
	address := ""
	if e.address != "" {
		address = fmt.Sprintf(`"sourceIPAddress":%q,`, e.address)
	}
	at := time.Date(2026, 3, 2, 9, 0, e.at, 0, time.UTC).Format(time.RFC3339)
	return fmt.Sprintf(`{"eventSource":"x.example","eventName":%q,"eventID":%q,"eventTime":%q,%s"userIdentity":{%s}}`, e.action, e.id, at, address, identity)
}

// keys returns the keys that an event has as a step, and false if one is missing.
func (s *plainStep) keys(e *plainEvent) (keys string, ok bool) {
	for _, by := range s.by {
		name, optional := strings.CutPrefix(by, "?")
		value := map[string]string{"user.name": e.user, "source.address": e.address}[name]
		if value == "" && !optional {
			return "", false
		}
		keys += value + "|"
	}
	return keys, true
}

func (s *plainStep) text() string {
	var actions []string
	for _, a := range s.actions {
		actions = append(actions, fmt.Sprintf("%q", string(a)))
	}
	text := fmt.Sprintf("[any where event.action in (%s)]", strings.Join(actions, ", "))
	if len(s.by) > 0 {
		text += " by " + strings.Join(s.by, ", ")
	}
	return text
}

func (p *plainSequence) query() string {
	text := fmt.Sprintf("sequence with maxspan=%ds", p.span)
	for i := range p.steps {
		text += " " + p.steps[i].text()
		runs := 0
		for _, stage := range p.stages {
			if stage == i {
				runs++
			}
		}
		if runs > 1 {
			text += fmt.Sprintf(" with runs=%d", runs)
		}
	}
	if p.until != nil {
		text += " until " + p.until.text()
	}
	return text
}

// arrive returns the IDs of the events of each alert that an event makes.
func (p *plainSequence) arrive(e *plainEvent) (alerts [][]string) {
	parts := slices.Clone(p.steps)
	if p.until != nil {
		parts = append(parts, *p.until)
	}
	var order []string
	byKeys := map[string][]bool{}
	for i := range parts {
		keys, ok := parts[i].keys(e)
		if !ok || !strings.Contains(parts[i].actions, e.action) {
			continue
		}
		if byKeys[keys] == nil {
			byKeys[keys] = make([]bool, len(p.steps)+1)
			order = append(order, keys)
		}
		byKeys[keys][i] = true
	}
	for _, keys := range order {
		if ids := p.arriveWith(keys, e, byKeys[keys]); ids != nil {
			alerts = append(alerts, ids)
		}
	}
	return alerts
}

func (p *plainSequence) arriveWith(keys string, e *plainEvent, steps []bool) (ids []string) {
	kept := p.kept[keys]
	newest := e.at
	for _, k := range kept {
		if k.id == e.id {
			return nil
		}
		newest = max(newest, k.at)
	}
	if e.at < newest-p.span-p.lateness {
		return nil
	}
	kept = append(kept, &plainKept{plainEvent: e, identity: identityOf(e.json()), steps: steps})
	kept = slices.DeleteFunc(kept, func(k *plainKept) bool { return k.at < newest-p.span-p.lateness })
	p.kept[keys] = kept
	ordered := slices.Clone(kept)
	slices.SortFunc(ordered, func(a, b *plainKept) int {
		return cmp.Or(a.at-b.at, strings.Compare(a.identity, b.identity))
	})
	for i := range len(p.steps) + 1 { // the 32 newest of a step, for each of its runs
		most := 0
		for _, stage := range p.stages {
			if stage == i {
				most += 32
			}
		}
		if i == len(p.steps) {
			most = 32
		}
		for n := len(ordered) - 1; n >= 0; n-- {
			if ordered[n].steps[i] {
				if most--; most < 0 {
					ordered[n].steps[i] = false
				}
			}
		}
	}
	ordered = slices.Clone(kept)
	slices.SortStableFunc(ordered, func(a, b *plainKept) int { return a.at - b.at })
	for _, match := range p.matches(ordered) {
		here, used := false, false
		for _, k := range match {
			here, used = here || k.plainEvent == e, used || k.used
		}
		if here && !used {
			for _, k := range match {
				k.used = true
				ids = append(ids, k.id)
			}
			return ids
		}
	}
	return nil
}

// identityOf returns what identifies an event.
func identityOf(text string) (identity string) {
	schema := source.Schema()
	read := envelope.NewReader(schema, func(e *event.Event) {
		id := schema.Identify(e)
		identity = string(id[:])
	})
	chunk := ingest.ChunkOf([]byte(text), time.Now())
	_, _, _ = read.Read(chunk.Data, chunk.Records[0].Body) // ChunkOf wrote it
	return identity
}

// matches evaluates the events in the order of time.
func (p *plainSequence) matches(events []*plainKept) (all [][]*plainKept) {
	waiting := make([][][]*plainKept, len(p.stages)+1) // matches that have so many events
	for begin := 0; begin < len(events); {
		now := events[begin].at
		end := begin
		for end < len(events) && events[end].at == now {
			end++
		}
		for stage, step := range p.stages {
			for _, e := range events[begin:end] {
				if !e.steps[step] {
					continue
				}
				match := []*plainKept{e}
				if stage > 0 {
					list := waiting[stage]
					i := len(list) - 1
					for i >= 0 && slices.Contains(list[i], e) {
						i--
					}
					if i < 0 {
						continue
					}
					match = append(slices.Clone(list[i]), e)
					waiting[stage] = slices.Clone(list[i+1:])
					if e.at-match[0].at > p.span {
						continue
					}
				}
				if stage+1 == len(p.stages) {
					all = append(all, match)
				} else {
					waiting[stage+1] = append(waiting[stage+1], match)
				}
			}
		}
		for _, e := range events[begin:end] {
			if e.steps[len(p.steps)] {
				for stage := range waiting {
					waiting[stage] = slices.DeleteFunc(waiting[stage], func(m []*plainKept) bool { return m[len(m)-1].at < now })
				}
			}
		}
		begin = end
	}
	return all
}

// randomSequence returns a sequence with any of what a sequence may have.
func randomSequence(r *rand.Rand) *plainSequence {
	p := &plainSequence{span: 5 + r.IntN(40), lateness: r.IntN(60), kept: map[string][]*plainKept{}}
	keys := [][]string{nil, {"user.name"}, {"?user.name"}, {"user.name", "source.address"}, {"user.name", "?source.address"}}[r.IntN(5)]
	by := func() []string {
		if len(keys) == 1 && keys[0] == "user.name" && r.IntN(4) == 0 {
			return []string{"source.address"}
		}
		return keys
	}
	actions := func() string {
		return []string{"A", "B", "C", "AB", "BC", "ABC"}[r.IntN(6)]
	}
	for i := range 1 + r.IntN(3) {
		p.steps = append(p.steps, plainStep{actions(), by()})
		runs := 1
		if r.IntN(4) == 0 {
			runs += r.IntN(3)
		}
		for range runs {
			p.stages = append(p.stages, i)
		}
	}
	if len(p.stages) == 1 {
		p.stages = append(p.stages, 0)
	}
	if r.IntN(3) == 0 {
		p.until = &plainStep{[]string{"D", "D", "AD"}[r.IntN(3)], by()}
	}
	return p
}

// randomEvents returns events of few users, addresses and times.
func randomEvents(r *rand.Rand, n int) (events []*plainEvent) {
	names := []string{"", "n1", "n2", "n3"}
	names = names[:2+r.IntN(3)]
	length := 1 + r.IntN(3*n)
	for i := range n {
		events = append(events, &plainEvent{
			id: fmt.Sprintf("e%d", i), action: string("AABBCCD"[r.IntN(7)]), at: r.IntN(length),
			user: names[r.IntN(len(names))], address: names[r.IntN(len(names))],
		})
	}
	if r.IntN(2) == 0 { // half of the runs in the order of time
		slices.SortStableFunc(events, func(a, b *plainEvent) int { return a.at - b.at })
		for range n / 8 {
			i := r.IntN(n - 1)
			j := min(n-1, i+1+r.IntN(8))
			events[i], events[j] = events[j], events[i]
		}
	}
	return events
}

// sequenceRound compares the alerts of a rule with those of its plain evaluation, however
// the events are cut into chunks, come again, the disk fails and the process restarts.
func sequenceRound(t *testing.T, seed uint64) (alerts int) {
	r := rand.New(rand.NewPCG(seed, 17))
	p := randomSequence(r)
	events := randomEvents(r, 10+r.IntN(110))
	rule := fmt.Sprintf("[rule]\nrule_id = \"s\"\nname = \"S\"\nseverity = \"low\"\nrisk_score = 21\ntype = \"eql\"\nlanguage = \"eql\"\nquery = '%s'\n", p.query())
	settings := []string{"rules", write(t, "r.toml", rule), "max_alerts", "0", "heartbeat", "0"}
	fails := r.IntN(2) == 0
	disk := newDisk(func() error {
		if fails && r.IntN(4) == 0 {
			return errors.New("the disk is full")
		}
		return nil
	})
	open := func() *bench {
		b := &bench{t: t, box: outbox.New("default", 64<<20), state: NewState(), now: time.Now(), store: disk}
		b.consumer = b.box.Open(outbox.Filter{})
		b.openWith(func(c *Config) { c.Lateness = time.Duration(p.lateness) * time.Second }, settings...)
		return b
	}
	b := open()
	var got, want [][]string
	var before []*plainEvent
	for len(events) > 0 {
		n := min(1+r.IntN(6), len(events))
		chunk := events[:n]
		events = events[n:]
		if len(before) > 0 && r.IntN(6) == 0 {
			chunk = append(slices.Clone(chunk), before[r.IntN(len(before))])
		}
		before = append(before, chunk...)
		var texts []string
		for _, e := range chunk {
			texts = append(texts, e.json())
			want = append(want, p.arrive(e)...)
		}
		for b.scan(texts...) != nil {
		}
		got = append(got, idsOf(t, b.alerts())...)
		if r.IntN(8) == 0 {
			b.engine.Close(false)
			b = open()
		}
	}
	b.engine.Close(false)
	byIDs := func(a, b []string) int { return slices.Compare(a, b) } // an event may make several, with several keys
	slices.SortFunc(got, byIDs)
	slices.SortFunc(want, byIDs)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("seed %d: %s, lateness %d s\n got %v\nwant %v", seed, p.query(), p.lateness, got, want)
		for _, e := range before {
			t.Logf("%+v", *e)
		}
	}
	return len(want)
}

// idsOf returns the IDs of the events of each alert.
func idsOf(t *testing.T, alerts []map[string]any) (all [][]string) {
	for _, a := range alerts {
		text, err := json.Marshal(at(a, "fluent_detect.memory.event_ids"))
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		if err := json.Unmarshal(text, &ids); err != nil {
			t.Fatal(err)
		}
		all = append(all, ids)
	}
	return all
}

// Sequences, beside their plain evaluation.
func TestSequences(t *testing.T) {
	alerts := 0
	for seed := range uint64(60) {
		alerts += sequenceRound(t, seed)
		if t.Failed() {
			return
		}
	}
	if alerts < 100 {
		t.Errorf("the events are no good for this test: %d alerts", alerts)
	}
}

// FuzzSequences is TestSequences for as long as one likes.
func FuzzSequences(f *testing.F) {
	f.Add(uint64(1))
	f.Add(uint64(452)) // an event that was left out comes again
	f.Fuzz(func(t *testing.T, seed uint64) { sequenceRound(t, seed) })
}
