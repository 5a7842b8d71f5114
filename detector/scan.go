package detector

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/history"
	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/literal"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/stateful"
	"github.com/fluent-detect/fluent-detect/detector/stats"
)

// scanner evaluates one chunk at a time. It has all the memory for it, so that
// chunks without a match allocate nothing.
type scanner struct {
	programs   *match.Set
	misses     *stats.NearMisses
	prefilter  prefilter
	reader     *envelope.Reader
	matches    match.Scratch
	tally      stats.Tally
	near       stats.NearTally
	timestamp  *event.Field
	sampled    int       // events that were asked for their time
	recordTime time.Time // of the first record among them whose event has none
	unreadable []int     // offsets of records
	// unrecognized are records, and keys how many there are by their members.
	unrecognized []Unrecognized
	keys         stats.Keys
	tag          string
	read         time.Time // when the shipper read the current record
	past         *past     // nil: no history is kept
	tx           transaction
	// matched, if not nil, gets the events and the matches instead of tx.
	matched func(e *event.Event, matches []int32)
}

func newScanner(programs *match.Set, texts *literal.Set, misses *stats.NearMisses, a *alerter) *scanner {
	s := &scanner{
		programs:  programs,
		misses:    misses,
		prefilter: prefilter{texts: texts},
		timestamp: a.schema.Field("@timestamp"),
		tx:        transaction{alerter: a, first: noMoment, latest: stateful.Undated},
	}
	s.tx.noted.digester = a.state.memory.Digester()
	s.reader = envelope.NewReader(a.schema, s.visit)
	expected := append(programs.FrequentFields(), s.timestamp) // sample asks for it
	if h := a.state.history; h != nil {
		s.past = newPast(h, a.schema)
		s.tx.past = s.past
		expected = append(expected, a.schema.FieldsNamed(history.Fields)...)
	}
	s.reader.Expect(expected)
	s.reader.Bound(a.large, func() bool { return s.tx.open })
	return s
}

func (s *scanner) scan(tag string, chunk []byte) (Result, error) {
	s.tag = tag
	s.reset() // what the last chunk left, if it has to come again
	defer s.end()
	broken := s.evaluate(chunk)
	if s.settle(); s.tx.again {
		first := s.tx.first
		s.tx.reset()
		s.reset()
		s.tx.first, s.tx.second = first, true
		s.tx.begin()
		broken = s.walk(chunk, 0)
	}
	s.reader.Trim()
	alerts, err := s.tx.commit()
	if err != nil {
		var full *outbox.FullError
		if !errors.As(err, &full) {
			err = &StoreError{Tag: tag, Err: err}
		}
		return Result{}, err
	}
	if s.tally.EventTime.IsZero() {
		s.tally.EventTime = s.recordTime
	}
	var now time.Time
	if s.tally.Events > 0 {
		now = s.tx.host.Now()
	}
	traffic := &s.tx.state.traffic
	if !s.tx.noted.learning { // events from files are not counted
		traffic.Add(&s.tally, len(chunk), now)
		s.near.Commit(s.misses, traffic)
		if s.tally.Unrecognized > 0 {
			s.warnUnrecognized(traffic.AddKeys(&s.keys))
		}
	}
	r := Result{
		Records: int(s.tally.Records + s.tally.Skipped), Skipped: int(s.tally.Skipped),
		Events: int(s.tally.Events), Odd: int(s.tally.Odd), Alerts: alerts,
		Unreadable: slices.Clone(s.unreadable), Unrecognized: slices.Clone(s.unrecognized),
	}
	if broken != nil {
		if !s.tx.noted.learning {
			traffic.Broken.Add(1)
		}
		e := &ScanError{Tag: tag, Records: int(s.tally.Records)}
		errors.As(broken, &e.Err)
		return r, e
	}
	return r, nil
}

// settle begins the transaction if something of the chunk is to be added to the memory
// of rules, or if a summary is due by the time of its events.
func (s *scanner) settle() {
	t := &s.tx
	if s.tally.Events == 0 {
		return
	}
	switch {
	case t.open:
	case len(t.noted.list) > 0, len(t.matches) > 0, s.past.holds():
	case t.noted.learning && t.noted.oldest != stateful.Undated:
	case t.noted.learning:
		return
	case t.state.unbegun.Load() && t.first != noMoment:
	case t.first.Event != stateful.Undated && t.first.Event > t.state.memoryDue.Load():
	default:
		t.state.see(t.first.Event)
		return
	}
	t.begin()
	if t.noted.learning && t.noted.oldest != stateful.Undated {
		t.state.memory.LearnedSince(t.noted.oldest)
	}
}

// end ends a scan, after a panic as well.
func (s *scanner) end() {
	s.reader.Release()
	s.tx.reset()
}

func (s *scanner) reset() {
	s.tally = stats.Tally{}
	s.near.Reset()
	s.sampled = 0
	s.recordTime = time.Time{}
	s.unreadable = s.unreadable[:0]
	s.unrecognized = s.unrecognized[:0]
	s.keys.Reset()
	s.tx.first = noMoment
	s.tx.noted.oldest = stateful.Undated
	s.past.reset()
}

// evaluate evaluates the chunk. If no record in it can match it reads only the
// last one, unless that one is special.
func (s *scanner) evaluate(chunk []byte) error {
	if s.past != nil || s.tx.noted.learning || s.tx.state.unbegun.Load() { // each event counts
		return s.walk(chunk, 0)
	}
	records, last, ok := s.prefilter.skip(chunk)
	if !ok {
		return s.walk(chunk, 0)
	}
	if err := s.walk(chunk, last); err == nil && s.tally.Records == 1 && s.tally.Unreadable == 0 && s.tally.Unrecognized == 0 {
		s.tally.Skipped = uint64(records - 1)
		return nil
	}
	s.reset()
	return s.walk(chunk, 0)
}

// walk evaluates the records from the offset to the end of the chunk, or to where
// it is broken.
func (s *scanner) walk(chunk []byte, from int) error {
	var head msgpack.Head
	cursor := msgpack.NewCursor(chunk)
	cursor.Resume(from)
	for {
		ok, err := cursor.Next(&head)
		if !ok || err != nil {
			return err
		}
		if head.Item != msgpack.Record {
			if !s.odd(chunk, &head) && head.Item == msgpack.Other {
				s.tally.Odd++
			}
			continue
		}
		s.read = time.Unix(head.Sec, int64(head.Nsec))
		end, seen, err := s.reader.Read(chunk, head.Body)
		if err != nil {
			return err
		}
		s.count(seen, head.Body)
		cursor.Resume(end)
	}
}

// odd looks into an item that is not a record by its form: a group marker or one
// with something else in the place of the time. If there is an event in it, or what
// should have been one, it is a record all the same. The texts of a group marker are
// Fluent Bit's: names in them are not unrecognized.
func (s *scanner) odd(chunk []byte, head *msgpack.Head) bool {
	if head.Body == 0 {
		return false
	}
	s.read = time.Unix(head.Sec, int64(head.Nsec))
	_, seen, err := s.reader.Read(chunk, head.Body)
	if err != nil {
		return false
	}
	_, unrecognized := s.reader.Unrecognized()
	if seen.Events == 0 && seen.Unreadable == 0 && (!unrecognized || head.Item != msgpack.Other) {
		return false
	}
	s.count(seen, head.Body)
	return true
}

// count counts the record with that body, which was read last.
func (s *scanner) count(seen envelope.Seen, body int) {
	s.tally.Records++
	s.tally.Events += uint64(seen.Events)
	if seen.Events > 0 && seen.Unreadable == 0 {
		s.tally.Shapes[seen.Shape]++
		return
	}
	if member, ok := s.reader.Unrecognized(); ok {
		s.tally.Unrecognized++
		key := s.keys.Add(member)
		if len(s.unrecognized) < maxUnreadable {
			s.unrecognized = append(s.unrecognized, Unrecognized{body, key})
		}
		return
	}
	if seen.Events == 0 && seen.Unreadable > 0 {
		s.tally.Unread++
	} else {
		s.tally.Shapes[seen.Shape]++
	}
	if seen.Unreadable > 0 {
		s.tally.Unreadable += uint64(seen.Unreadable)
		if len(s.unreadable) < maxUnreadable {
			s.unreadable = append(s.unreadable, body)
		}
	}
}

func (s *scanner) visit(e *event.Event) {
	matches := s.programs.Match(e, &s.matches)
	if s.matched != nil {
		s.matched(e, matches)
		return
	}
	if s.tx.noted.learning {
		if at := stateful.MillisOf(event.ParseTime(e.First(s.timestamp))); at != stateful.Undated && (s.tx.noted.oldest == stateful.Undated || at < s.tx.noted.oldest) {
			s.tx.noted.oldest = at
		}
	}
	if s.tx.second {
		s.tx.state.memory.See(s.tx.momentOf(e, s.read), s.tx.now)
	}
	s.sample(e)
	s.near.Add(s.misses, s.matches.NearMisses())
	if s.past != nil {
		s.past.read(e)
	}
	for _, n := range matches {
		if int(n) < len(s.tx.rules) { // not the rule of the self-test
			s.tx.add(int(n), e, s.tag, s.read)
		}
	}
	if s.past != nil {
		s.past.keep(matches, s.tx.rules)
	}
}

// maxSampled is the maximum number of events of a chunk that are asked for their
// time: one that has it tells how late the chunk is.
const maxSampled = 4

func (s *scanner) sample(e *event.Event) {
	if s.sampled == maxSampled || !s.tally.EventTime.IsZero() {
		return
	}
	s.sampled++
	var at time.Time
	switch v := e.First(s.timestamp); v.Kind() {
	case msgpack.Invalid: // there is none
		if s.recordTime.IsZero() {
			s.recordTime = s.tx.recordTime(s.read)
			s.tx.first.Record = stateful.MillisOf(s.recordTime)
		}
		return
	case msgpack.Str, msgpack.Bin:
		if b := v.Bytes(); len(b) < len("2006-01-02T15:04:05") || len(b) > 40 || at.UnmarshalText(b) != nil {
			return
		}
	case msgpack.Int:
		at = time.UnixMilli(v.Int())
	}
	if year := at.Year(); year >= 1970 && year < 2200 { // in the range of nanoseconds
		s.tally.EventTime = at
		s.tx.first.Event = at.UnixMilli()
	}
}

// unrecognizedRate limits log lines about unrecognized records. Besides, there is one
// for each member in which they are found for the first time.
var unrecognizedRate = hold.Rate{Max: 1, Per: time.Minute}

// maxLoggedKeys is the maximum number of members that such a line names.
const maxLoggedKeys = 5

// warnUnrecognized logs that the chunk has unrecognized records, if it is to be logged
// now: novel if they are in a member in which none was before.
func (s *scanner) warnUnrecognized(novel bool) {
	withheld, ok := s.tx.state.unrecognized.Pass(s.tx.host.Now())
	if !ok && !novel {
		return
	}
	all := s.keys.All()
	var names []string
	for _, k := range all[:min(len(all), maxLoggedKeys)] {
		names = append(names, fmt.Sprintf("%q (%d)", k.Name, k.Count))
	}
	if more := len(all) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	line := fmt.Sprintf("chunk of tag %q: unrecognised records, which have names of events in a form that is not read: %d, in the members %s",
		printable(s.tag), s.tally.Unrecognized, strings.Join(names, ", "))
	if withheld > 0 {
		line += fmt.Sprintf("; chunks with such records since the last such line: %d", withheld)
	}
	s.tx.host.Warn(line)
}

// Result is what Scan did with one chunk.
type Result struct {
	Records int // in the chunk, without values that are not records
	Skipped int // of them: not read, because the prefilter ruled out a match
	Events  int // in the records
	Odd     int // values that are not records
	Alerts  int // put in the outbox, without summaries
	// Unreadable has the offsets in the chunk of the bodies of records that look
	// like CloudTrail and could not be read, or not completely: the first
	// maxUnreadable of them. Records that were skipped are not among them; see
	// Config.ReadAll.
	Unreadable []int
	// Unrecognized are the records that have names of CloudTrail's events in a form
	// that is not opened: the first maxUnreadable of them.
	Unrecognized []Unrecognized
}

// maxUnreadable is the maximum length of Result.Unreadable, and of
// Result.Unrecognized.
const maxUnreadable = 1 << 16

// Unrecognized is a record that has the names that CloudTrail's events have, in a form
// that is not opened.
type Unrecognized struct {
	Body int    // its offset in the chunk
	Key  string // the member that the names are in: printable, of bounded length
}

// ScanError is an error in a host's chunk: it is broken at some byte. What came
// before was evaluated.
type ScanError struct {
	Tag     string
	Records int // evaluated before the byte
	Err     *msgpack.Error
}

// Error names the tag, the byte and how many records were evaluated.
func (e *ScanError) Error() string {
	return fmt.Sprintf("chunk of tag %q: %s; records evaluated before it: %d, none after it", e.Tag, e.Err, e.Records)
}

func (e *ScanError) Unwrap() error { return e.Err }

// StoreError means that the changes of a chunk could not be written to disk.
type StoreError struct {
	Tag string
	Err error
}

// Error names the tag and the reason.
func (e *StoreError) Error() string {
	return fmt.Sprintf("chunk of tag %q: its alerts cannot be stored: %v", e.Tag, e.Err)
}

func (e *StoreError) Unwrap() error { return e.Err }
