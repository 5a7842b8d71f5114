package ingest

import (
	"bytes"
	"errors"
	"io"
)

// MaxItem is how many bytes a line, a JSON value, or an element of a list may
// have. A CloudTrail event has 256 KiB at most.
const MaxItem = 16 << 20

// sizes are the bounds that a Reader works with, in bytes.
type sizes struct {
	item        int // see MaxItem
	block       int // of items in a block, about
	firstBuffer int // what is asked for at a time: more while it comes
	maxBuffer   int
	long        int // a line or value from which on it is not waited for as a whole
	piece       int // of elements in a piece of a list, about
	head        int // what may stand before a list: it is repeated in every piece
}

var usualSizes = sizes{
	item:        MaxItem,
	block:       blockSize,
	firstBuffer: 64 << 10,
	maxBuffer:   1 << 20,
	long:        512 << 10,
	piece:       64 << 10,
	head:        16 << 10,
}

const blockSize = 512 << 10

// Reader cuts an input into blocks of items: lines, or JSON values that are
// longer or shorter than a line.
type Reader struct {
	// Eager: a block has what one Read brought, for inputs that come slowly.
	Eager bool
	// Whole: an object is one item at any length that MaxItem allows, a list in
	// it is not taken apart. Arrays are.
	Whole bool

	sizes  sizes
	source io.Reader
	err    error // of the source, io.EOF in the end

	buf    []byte
	begin  int   // what lies before is dealt with
	end    int   // behind the last byte that was read
	offset int64 // of buf[begin] in the input
	line   int   // of buf[begin]

	mode     mode
	midLine  bool // buf[begin] is not the first byte of its line
	asLine   bool // the line in hand is no value that goes on
	searched int  // bytes from begin on that have no line end
	value    value
}

// mode is what a Reader is in the middle of.
type mode uint8

const (
	lines    mode = iota
	inValue       // a JSON value that did not end with its line
	passLine      // a line of which nothing more is wanted
	passTo        // lines up to one that begins a JSON value
)

// NewReader returns a Reader of text, see [Decompress]. It reads from source in
// large pieces only.
func NewReader(source io.Reader) *Reader { return &Reader{sizes: usualSizes, source: source, line: 1} }

// Next fills b with the next items. At the end of the input it returns io.EOF,
// or the error of the source, and b has nothing; until then b has items or
// problems.
func (r *Reader) Next(b *Block) error {
	b.reset()
	for len(b.text) < r.sizes.block {
		if r.step(b) {
			continue
		}
		if r.err != nil {
			break
		}
		if r.Eager && len(b.items) > 0 {
			return nil
		}
		r.fill()
	}
	if len(b.items) == 0 && len(b.Problems) == 0 {
		return r.err
	}
	return nil
}

// unread returns the bytes that were read and not dealt with.
func (r *Reader) unread() []byte { return r.buf[r.begin:r.end] }

// drop says that the next n bytes, with that many line ends in them, are dealt
// with.
func (r *Reader) drop(n, lineEnds int) {
	r.begin += n
	r.offset += int64(n)
	r.line += lineEnds
	r.searched = 0
}

// fill reads more.
func (r *Reader) fill() {
	have := r.end - r.begin
	if have > 0 && r.begin > 0 {
		copy(r.buf, r.buf[r.begin:r.end])
	}
	r.begin, r.end = 0, have
	switch size := len(r.buf); {
	case size == 0:
		r.buf = make([]byte, r.sizes.firstBuffer)
	case have > size/2:
		r.buf = append(make([]byte, 0, 2*size), r.buf...)[:2*size]
	}
	asked := r.buf[r.end:]
	n, err := r.source.Read(asked)
	for tries := 0; n == 0 && err == nil; tries++ {
		if tries == 100 {
			err = io.ErrNoProgress
			break
		}
		n, err = r.source.Read(asked)
	}
	r.end += n
	r.err = err
	if n == len(asked) && len(r.buf) < r.sizes.maxBuffer {
		r.buf = append(make([]byte, 0, 2*len(r.buf)), r.buf...)[:2*len(r.buf)]
	}
}

// step deals with the next piece of what was read, and reports whether it could.
func (r *Reader) step(b *Block) bool {
	switch r.mode {
	case inValue:
		return r.stepValue(b)
	case passLine, passTo:
		return r.pass()
	}
	return r.stepLine(b)
}

// stepLine takes the rest of a line, which is nearly always all of it.
func (r *Reader) stepLine(b *Block) bool {
	have := r.unread()
	if len(have) == 0 {
		return false
	}
	size, next, complete := len(have), len(have), r.err != nil
	if n := bytes.IndexByte(have[r.searched:], '\n'); n >= 0 {
		size = r.searched + n
		next, complete = size+1, true
	}
	if !complete {
		r.searched = len(have)
	}
	line := have[:size]
	if r.offset == 0 {
		line = bytes.TrimPrefix(line, byteOrderMark)
	}
	text := bytes.TrimLeft(line, blanks)
	if r.midLine {
		text = bytes.TrimLeft(text, between)
		line = text
	}
	if !r.asLine && r.mayGoOn(text, complete) {
		r.drop(size-len(text), 0)
		r.value.begin(complete && !r.midLine)
		r.mode = inValue
		return true
	}
	switch {
	case complete && size <= r.sizes.item:
		if text = bytes.TrimRight(text, blanks); len(text) > 0 {
			b.add(r.line, r.offset+int64(size-len(line)), bytes.TrimSuffix(line, carriageReturn))
		}
		r.endLine(next, next > size)
	case size > r.sizes.item:
		r.report(b, TooLong)
		r.mode = passLine
	default:
		return false
	}
	return true
}

const blanks = " \t\r"

var (
	byteOrderMark  = []byte("\xef\xbb\xbf")
	carriageReturn = []byte("\r")
)

// mayGoOn reports whether the text of a line could be the beginning of a JSON
// value that goes on behind it, or that is too long to wait for its end.
func (r *Reader) mayGoOn(text []byte, complete bool) bool {
	if len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return false
	}
	if !complete {
		return len(text) >= r.sizes.long
	}
	text = bytes.TrimRight(text, blanks)
	return text[len(text)-1] != text[0]+2 // the closing brackets come two behind the opening ones
}

// endLine leaves a line behind.
func (r *Reader) endLine(n int, hasEnd bool) {
	if hasEnd {
		r.drop(n, 1)
	} else {
		r.drop(n, 0)
	}
	r.midLine = !hasEnd
	r.asLine = false
}

func (r *Reader) report(b *Block, reason Reason) {
	b.Problems = append(b.Problems, Problem{r.line, r.offset, reason})
}

// pass passes over lines.
func (r *Reader) pass() bool {
	have := r.unread()
	if len(have) == 0 {
		return false
	}
	if r.mode == passTo && !r.midLine && (have[0] == '{' || have[0] == '[') {
		r.mode = lines
		return true
	}
	n := bytes.IndexByte(have, '\n')
	if n < 0 {
		r.endLine(len(have), false)
		return true
	}
	r.endLine(n+1, true)
	if r.mode == passLine {
		r.mode = lines
	}
	return true
}

// IsEnd reports whether err is the regular end of an input.
func IsEnd(err error) bool { return errors.Is(err, io.EOF) }
