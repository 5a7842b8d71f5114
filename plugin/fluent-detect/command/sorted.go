package command

import (
	"cmp"
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/source"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/pipeline"
)

// sorter keeps records, to give them back in the order of the times of their events.
type sorter struct {
	reader  *envelope.Reader
	first   time.Time // of the events of the current record
	records []sortable
	last    time.Time // of the record before
}

// sortable is a record. Its time is that of its first event; one without a time goes
// behind the record before it.
type sortable struct {
	time   time.Time
	file   string
	origin ingest.Record
	data   []byte
}

func newSorter() *sorter {
	s := &sorter{}
	timestamp := source.Schema().Field("@timestamp")
	s.reader = envelope.NewReader(source.Schema(), func(e *event.Event) {
		if at := event.ParseTime(e.First(timestamp)); !at.IsZero() && (s.first.IsZero() || at.Before(s.first)) {
			s.first = at
		}
	})
	return s
}

// add adds the records of a chunk.
func (s *sorter) add(c *pipeline.Chunk) {
	for i, r := range c.Records {
		begin, end := r.Body-msgpack.RecordHeadSize, len(c.Data)
		if i+1 < len(c.Records) {
			end = c.Records[i+1].Body - msgpack.RecordHeadSize
		}
		s.first = time.Time{}
		_, _, _ = s.reader.Read(c.Data, r.Body) // it cannot be broken: we made the chunk
		if s.first.IsZero() {
			s.first = s.last
		}
		s.last = s.first
		r.Text = nil
		s.records = append(s.records, sortable{s.first, c.File, r, slices.Clone(c.Data[begin:end])})
	}
}

// maxSorted is the size in bytes from which on a chunk of sorted records is evaluated.
const maxSorted = 1 << 20

// each calls evaluate with the records in their order, in chunks of one file.
func (s *sorter) each(evaluate func(*pipeline.Chunk) error) error {
	slices.SortStableFunc(s.records, func(a, b sortable) int { return cmp.Compare(a.time.UnixNano(), b.time.UnixNano()) })
	var c pipeline.Chunk
	flush := func() error {
		if len(c.Records) == 0 {
			return nil
		}
		err := evaluate(&c)
		c.Data, c.Records = c.Data[:0], c.Records[:0]
		return err
	}
	for i := range s.records {
		r := &s.records[i]
		if r.file != c.File || len(c.Data) > maxSorted {
			if err := flush(); err != nil {
				return err
			}
		}
		c.File = r.file
		r.origin.Body = len(c.Data) + msgpack.RecordHeadSize
		c.Records = append(c.Records, r.origin)
		c.Data = append(c.Data, r.data...)
		r.data = nil
	}
	return flush()
}
