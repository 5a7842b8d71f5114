package ingest

import (
	"bytes"
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Chunk is a block as msgpack, in Fluent Bit's format. It can be filled again and
// again.
type Chunk struct {
	Data    []byte   // msgpack
	Records []Record // in the order of Data

	head    [msgpack.RecordHeadSize]byte // of every record: [[time, {}],
	element []byte                       // scratch
	lineAt  int                          // offset in the item's text up to which its lines were counted
	lines   int
}

// Record is one record of a chunk and its origin.
type Record struct {
	// Text is the JSON text of the record, or the line. It aliases the block.
	Text []byte
	// JSON reports whether Text is an object. Otherwise the record is {"log": Text}.
	JSON   bool
	Line   int   // of the input, from 1
	Offset int64 // in bytes, of the decompressed input
	Body   int   // offset of its body in Data
}

// Fill sets the chunk to the records of the block, with the given time. It allocates
// nothing once its slices are large enough. b must not change while the Records are
// in use.
func (c *Chunk) Fill(b *Block, at time.Time) {
	if cap(c.Data) > 16*blockSize { // do not keep the memory of one long item
		c.Data = nil
	}
	c.Data, c.Records = c.Data[:0], c.Records[:0]
	msgpack.AppendRecordHead(c.head[:0], at)
	for _, it := range b.items {
		size, n := len(c.Data), len(c.Records)
		c.lineAt, c.lines = 0, 0
		if !c.values(b.text[it.begin:it.end:it.end], it) {
			c.Data, c.Records = c.Data[:size], c.Records[:n]
			c.line(b.text[it.begin:it.end:it.end], it)
		}
	}
}

// RecordAt returns the record whose body begins at that offset in Data.
func (c *Chunk) RecordAt(body int) (Record, bool) {
	i, ok := slices.BinarySearchFunc(c.Records, body, func(r Record, body int) int { return r.Body - body })
	if !ok {
		return Record{}, false
	}
	return c.Records[i], true
}

// values appends the JSON values in the text, which white space and commas may
// separate, and reports whether there is nothing else in the text.
func (c *Chunk) values(text []byte, it item) bool {
	i := 0
	for {
		for i < len(text) && (isSpace[text[i]] || text[i] == ',' && i > 0) {
			i++
		}
		if i == len(text) {
			return i > 0
		}
		ok := false
		switch text[i] {
		case '{':
			i, ok = c.object(text, i, it)
		case '[':
			i, ok = c.array(text, i, it)
		}
		if !ok {
			return false
		}
	}
}

// object appends the object at text[i] and returns the offset of its end.
func (c *Chunk) object(text []byte, i int, it item) (int, bool) {
	c.Data = append(c.Data, c.head[:]...)
	body := len(c.Data)
	var n int
	var err error
	if c.Data, n, err = jsontext.AppendMsgpack(c.Data, text[i:]); err != nil {
		return i, false
	}
	end := i + n
	c.record(text, i, end, it, body)
	c.Records[len(c.Records)-1].JSON = true
	return end, true
}

// array appends the elements of the array at text[i], which must be objects or
// strings, and returns the offset of its end.
func (c *Chunk) array(text []byte, i int, it item) (int, bool) {
	i = skipSpace(text, i+1)
	if i < len(text) && text[i] == ']' {
		return i + 1, true
	}
	for i < len(text) {
		ok := false
		switch text[i] {
		case '{':
			i, ok = c.object(text, i, it)
		case '"':
			i, ok = c.string(text, i, it)
		}
		if !ok {
			return i, false
		}
		i = skipSpace(text, i)
		if i == len(text) {
			break
		}
		switch text[i] {
		case ']':
			return i + 1, true
		case ',':
			i = skipSpace(text, i+1)
		default:
			return i, false
		}
	}
	return i, false
}

// string appends the string at text[i] as {"log": string} and returns the offset of
// its end.
func (c *Chunk) string(text []byte, i int, it item) (int, bool) {
	var n int
	var err error
	if c.element, n, err = jsontext.AppendMsgpack(c.element[:0], text[i:]); err != nil {
		return i, false
	}
	body := c.wrap()
	c.Data = append(c.Data, c.element...)
	end := i + n
	c.record(text, i, end, it, body)
	return end, true
}

// line appends the text as {"log": text}.
func (c *Chunk) line(text []byte, it item) {
	body := c.wrap()
	c.Data = msgpack.AppendString(c.Data, text)
	c.lineAt, c.lines = 0, 0
	c.record(text, 0, len(text), it, body)
}

// record adds the origin of the record with that body.
func (c *Chunk) record(text []byte, begin, end int, it item, body int) {
	c.lines += bytes.Count(text[c.lineAt:begin], lineEnd)
	c.lineAt = begin
	c.Records = append(c.Records, Record{
		Text:   text[begin:end:end],
		Line:   it.line + c.lines,
		Offset: it.offset + int64(begin),
		Body:   body,
	})
}

// wrap begins a record {"log": … and returns the offset of its body.
func (c *Chunk) wrap() int {
	c.Data = append(c.Data, c.head[:]...)
	body := len(c.Data)
	c.Data = msgpack.AppendString(msgpack.AppendMapHeader(c.Data, 1), "log")
	return body
}

func skipSpace(text []byte, i int) int {
	for i < len(text) && isSpace[text[i]] {
		i++
	}
	return i
}

// ChunkOf returns the records of one text, a JSON value of any length or a line, with
// the given time.
func ChunkOf(text []byte, at time.Time) *Chunk {
	var b Block
	var c Chunk
	b.add(1, 0, text)
	c.Fill(&b, at)
	return &c
}
