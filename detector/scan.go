package detector

import (
	"errors"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// scanner evaluates one chunk at a time. It holds all the memory that this
// needs, so that chunks without a match allocate nothing.
type scanner struct {
	engine  *Engine
	reader  *event.Reader
	matches match.Scratch
	tally   tally
	tag     string
	read    time.Time // when the shipper read the record in hand
	tx      transaction
	near    nearTally
	probe   *probe // during a self-test

	fruitless int // searches that were in vain, as a length of pauses
	pause     int // chunks that are read without a search
}

func newScanner(e *Engine) *scanner {
	s := &scanner{engine: e}
	s.tx.engine = e
	s.reader = event.NewReader(s.visit)
	s.reader.Expect(e.programs.Often())
	return s
}

func (s *scanner) scan(tag string, chunk []byte) error {
	s.tag = tag
	s.tally = tally{}
	s.near.forget()       // of a chunk that was given back
	defer s.tx.rollback() // of what a panic left; after a commit there is nothing
	broken := s.evaluate(chunk)
	if err := s.tx.commit(); err != nil {
		return err
	}
	traffic := &s.engine.state.traffic
	traffic.add(&s.tally, len(chunk))
	s.near.commit(&s.engine.near, &traffic.near)
	if s.tally.events > 0 {
		traffic.arrived(s.engine.host.Now(), s.tally.eventTime)
	}
	if broken != nil {
		traffic.broken.Add(1)
		e := &ScanError{Tag: tag, Records: int(s.tally.records)}
		errors.As(broken, &e.Err)
		return e
	}
	return nil
}

// evaluate evaluates the chunk. If nothing in it can match it looks at the last
// record only, unless that one shows that there is more to tell.
func (s *scanner) evaluate(chunk []byte) error {
	if s.searches(chunk) {
		if records, last, ok := s.engine.dismiss(chunk); ok {
			s.fruitless = 0
			err := s.walk(chunk, last)
			if err == nil && s.tally.records == 1 && s.tally.unreadable == 0 {
				s.tally.dismissed = uint64(records - 1)
				return nil
			}
			s.tally = tally{}
			s.near.forget()
		} else {
			s.fruitless = min(2*s.fruitless+1, maxFruitless)
			s.pause = s.fruitless
		}
	}
	return s.walk(chunk, 0)
}

// searches reports whether the chunk is to be looked through for what a match must
// contain. After a search that was in vain a few chunks are read without one, and
// more of them each time: where most chunks have what rules ask for, searching
// comes on top.
func (s *scanner) searches(chunk []byte) bool {
	if s.engine.sieve == nil || len(chunk) < minDismissed {
		return false
	}
	if s.pause > 0 {
		s.pause--
		return false
	}
	return true
}

// walk evaluates the records from the offset up to the end of the chunk, or to
// where it is broken.
func (s *scanner) walk(chunk []byte, from int) error {
	var head msgpack.Head
	cursor := msgpack.NewCursor(chunk)
	cursor.Resume(from)
	for {
		ok, err := cursor.Next(&head)
		if !ok || err != nil {
			return err
		}
		switch head.Item {
		case msgpack.Other:
			s.tally.odd++
		case msgpack.Record:
			s.read = time.Unix(head.Sec, int64(head.Nsec))
			end, seen, err := s.reader.Read(chunk, head.Body)
			if err != nil {
				return err
			}
			s.tally.records++
			s.tally.events += uint64(seen.Events)
			s.tally.shapes[seen.Shape]++
			s.tally.unreadable += uint64(seen.Unreadable)
			cursor.Resume(end)
		}
	}
}

func (s *scanner) visit(e *event.Event) {
	matches := s.engine.programs.Match(e, &s.matches)
	if s.probe != nil {
		s.probe.visit(s, e, matches)
		return
	}
	s.tally.sample(e)
	s.near.add(&s.engine.near, s.matches.NearMisses())
	for _, n := range matches {
		if int(n) < len(s.engine.rules) { // not the rule of the self-test
			s.tx.add(int(n), e, s.tag, s.read)
		}
	}
}
