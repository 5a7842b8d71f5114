package detector

import (
	"errors"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/program"
	"github.com/fluent-detect/fluent-detect/detector/record"
)

// scanner evaluates one chunk at a time. It holds all the memory that this
// needs, so that chunks without a match allocate nothing.
type scanner struct {
	engine  *Engine
	reader  *cloudtrail.Reader
	matches program.Scratch
	tally   tally
	tag     string
	read    time.Time // when the shipper read the record in hand
	tx      transaction
	near    nearTally
	probe   *probe // during a self-test
}

func newScanner(e *Engine) *scanner {
	s := &scanner{engine: e}
	s.tx.engine = e
	s.reader = cloudtrail.NewReader(s.visit)
	s.reader.Expect(e.programs.Often())
	return s
}

func (s *scanner) scan(tag string, chunk []byte) error {
	s.tag = tag
	s.tally = tally{}
	s.near.forget()       // of a chunk that was given back
	defer s.tx.rollback() // of what a panic left; after a commit there is nothing
	broken := s.walk(chunk)
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

// walk evaluates the records up to the end of the chunk, or to where it is
// broken.
func (s *scanner) walk(chunk []byte) error {
	var head record.Event
	cursor := record.NewCursor(chunk)
	for {
		ok, err := cursor.Next(&head)
		if !ok || err != nil {
			return err
		}
		switch head.Item {
		case record.Odd:
			s.tally.odd++
		case record.IsEvent:
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

func (s *scanner) visit(e *cloudtrail.Event) {
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
