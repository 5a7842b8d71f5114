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

	head     [msgpack.RecordHeadSize]byte // of every record: [[time, {}],
	problems []Problem
	lineAt   int // offset in the item's text up to which its lines were counted
	lines    int
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

// Fill sets the chunk to the records of the block, with the given time, and adds to the
// block's Problems those that it finds. It allocates nothing once its slices are large
// enough. b must not change while the Records are in use.
func (c *Chunk) Fill(b *Block, at time.Time) {
	if cap(c.Data) > 16*blockSize { // do not keep the memory of one long item
		c.Data = nil
	}
	c.Data, c.Records, c.problems = c.Data[:0], c.Records[:0], c.problems[:0]
	msgpack.AppendRecordHead(c.head[:0], at)
	for _, it := range b.items {
		size, n, problems := len(c.Data), len(c.Records), len(c.problems)
		c.lineAt, c.lines = it.head, 0
		if !c.values(b.text[it.begin:it.end:it.end], it) {
			c.Data, c.Records, c.problems = c.Data[:size], c.Records[:n], c.problems[:problems]
			c.line(b.text[it.begin:it.end:it.end], it)
			c.linesWithin(b.text[it.begin:it.end:it.end], it)
		}
	}
	b.Problems = append(b.Problems, c.problems...)
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
	end, ok := c.convert(text, i, it, len(c.Data))
	if ok {
		c.Records[len(c.Records)-1].JSON = true
	}
	return end, ok
}

// convert appends the value at text[i] to the record with that body, which is then
// complete, and returns the offset of its end.
func (c *Chunk) convert(text []byte, i int, it item, body int) (int, bool) {
	var n, cut int
	var err error
	if c.Data, n, cut, err = jsontext.AppendCut(c.Data, text[i:], true, nil); err != nil {
		return i, false
	}
	c.record(text, i, i+n, it, body)
	if cut >= 0 {
		cut += i
		line := c.Records[len(c.Records)-1].Line + bytes.Count(text[c.lineAt:max(cut, c.lineAt)], lineEnd)
		p := Problem{line, it.offset + int64(max(0, cut-it.head)), TooDeep}
		if it.within {
			p.Line, p.Offset = it.line, it.offset
		}
		c.problems = append(c.problems, p)
	}
	return i + n, true
}

// array appends the elements of the array at text[i], which must not all be numbers
// and the like or broken, and returns the offset of its end.
func (c *Chunk) array(text []byte, i int, it item) (int, bool) {
	i = skipSpace(text, i+1)
	if i < len(text) && text[i] == ']' {
		return i + 1, true
	}
	found := false
	for i < len(text) {
		next, ok := c.element(text, i, it)
		if found = found || ok && (text[i] == '{' || text[i] == '[' || text[i] == '"'); !ok {
			if next, ok = c.broken(text, i, it); !ok {
				return i, false
			}
		}
		i = skipSpace(text, next)
		if i == len(text) {
			break
		}
		switch text[i] {
		case ']':
			return i + 1, found
		case ',':
			i = skipSpace(text, i+1)
		default:
			return i, false
		}
	}
	return i, false
}

// element appends the element at text[i] and returns the offset of its end: an object,
// or anything else as {"log": element}. If it cannot be read, nothing is appended.
func (c *Chunk) element(text []byte, i int, it item) (end int, ok bool) {
	size := len(c.Data)
	if text[i] == '{' {
		end, ok = c.object(text, i, it)
	} else {
		end, ok = c.convert(text, i, it, c.wrap())
	}
	if !ok {
		c.Data = c.Data[:size]
	}
	return end, ok
}

// broken appends the element at text[i], an array or object that is not JSON, as text
// and returns the offset of its end.
func (c *Chunk) broken(text []byte, i int, it item) (int, bool) {
	n, ok := jsontext.Skip(text[i:])
	if !ok {
		return i, false
	}
	body := c.wrap()
	c.Data = msgpack.AppendString(c.Data, text[i:i+n])
	c.record(text, i, i+n, it, body)
	return i + n, true
}

// line appends the text as {"log": text}.
func (c *Chunk) line(text []byte, it item) {
	body := c.wrap()
	c.Data = msgpack.AppendString(c.Data, text)
	c.lineAt, c.lines = it.head, 0
	c.record(text, 0, len(text), it, body)
}

// linesWithin appends the lines of a text that are values by themselves. The text was
// appended as a line, since there is something in it that is not JSON; these lines become
// null in it.
func (c *Chunk) linesWithin(text []byte, it item) {
	if bytes.IndexByte(text, '\n') < 0 {
		return
	}
	within := len(c.Data) - len(text)
	text = text[:len(text)-it.tail]
	for begin, line := it.head, it.line; begin < len(text); line++ {
		end := len(text)
		if n := bytes.IndexByte(text[begin:], '\n'); n >= 0 {
			end = begin + n
		}
		from := begin + leading(text[begin:end], true)
		begin = end + 1
		value := bytes.TrimRight(text[from:end:end], between)
		if len(value) < minEvent || !isValue(value) {
			continue
		}
		size, n, problems := len(c.Data), len(c.Records), len(c.problems)
		c.lineAt, c.lines = 0, 0
		if !c.values(value, itemWithin(it, line, from-it.head)) {
			c.Data, c.Records, c.problems = c.Data[:size], c.Records[:n], c.problems[:problems]
			continue
		}
		replaceByNull(c.Data[within+from : within+from+len(value)])
	}
}

// itemWithin returns the item that is a part of another, of that line and behind so many
// of its bytes.
func itemWithin(it item, line, n int) item {
	if it.within {
		return item{line: it.line, offset: it.offset, within: true}
	}
	return item{line: line, offset: it.offset + int64(n)}
}

// record adds the origin of the record with that body.
func (c *Chunk) record(text []byte, begin, end int, it item, body int) {
	c.lines += bytes.Count(text[c.lineAt:max(begin, c.lineAt)], lineEnd)
	c.lineAt = max(begin, c.lineAt)
	r := Record{Text: text[begin:end:end], Line: it.line, Offset: it.offset, Body: body}
	if !it.within {
		r.Line += c.lines
		r.Offset += int64(max(0, begin-it.head))
	}
	c.Records = append(c.Records, r)
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
