package ingest

import (
	"bytes"
	"errors"
	"io"
)

// MaxItem is the maximum size in bytes of a line, a JSON value, or an element of a
// list. A CloudTrail event has at most 256 KiB.
const MaxItem = 16 << 20

// sizes are the limits of a Reader, in bytes.
type sizes struct {
	item        int // MaxItem
	block       int // of the items in a block, about
	firstBuffer int // the buffer grows up to maxBuffer while reads fill it
	maxBuffer   int
	long        int // longer lines and values are not buffered as a whole
	piece       int // of the elements in an item of a list, about
	prefix      int // of what precedes a list: it is repeated in every item
}

var defaultSizes = sizes{
	item:        MaxItem,
	block:       blockSize,
	firstBuffer: 64 << 10,
	maxBuffer:   1 << 20,
	long:        512 << 10,
	piece:       64 << 10,
	prefix:      16 << 10,
}

const blockSize = 512 << 10

// Reader splits an input into blocks of items: lines, or JSON values that are longer
// or shorter than a line.
type Reader struct {
	// Eager makes Next return after one Read, for inputs that are slow.
	Eager bool
	// Whole makes an object one item, up to MaxItem: lists in it are not split.
	// Arrays are.
	Whole bool
	// Large, if not nil, is called before the Reader takes much more memory than usual:
	// an item is longer than a megabyte or two. Next returns its error. Small, which
	// must be set as well, is called when Next has given that memory back.
	Large func() error
	Small func()

	sizes  sizes
	source io.Reader
	err    error // of the source, finally io.EOF

	large  bool // Large was called
	buf    []byte
	begin  int   // of the bytes that were not consumed
	end    int   // of the bytes that were read
	offset int64 // of buf[begin] in the input
	line   int   // of buf[begin]

	mode     mode
	plain    int  // number of bytes from begin on in which no value begins that is not simply a line
	parts    int  // how many of the parts in them were passed
	midLine  bool // buf[begin] is not the first byte of its line
	asLine   bool // the current line is not the beginning of a longer value
	searched int  // number of bytes from begin on that have no line end
	value    jsonValue
	level    int       // number of long texts that the input is in
	text     *longText // in the value, while it is read
	cuts     []cut     // of texts that were read, which are not consumed yet
}

// mode is what a Reader is reading.
type mode uint8

const (
	inLines  mode = iota
	inValue       // a JSON value that is not simply a line
	inText        // a string in that value that is too long to be buffered
	skipLine      // the rest of a line that is skipped
)

// NewReader returns a Reader of text, which [Decompress] makes. It has a buffer.
func NewReader(source io.Reader) *Reader {
	return &Reader{sizes: defaultSizes, source: source, line: 1}
}

// Next fills b with the next items. At the end of the input it returns io.EOF, or the
// error of the source, and b is empty; before that b has items or problems.
func (r *Reader) Next(b *Block) error {
	b.reset()
	r.shrink()
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

// shrink gives back the memory for a long item that was consumed.
func (r *Reader) shrink() {
	if !r.large || r.end-r.begin > r.sizes.maxBuffer/2 {
		return
	}
	buf := make([]byte, r.sizes.maxBuffer)
	r.begin, r.end = 0, copy(buf, r.unread())
	r.buf, r.large = buf, false
	if !r.innerLarge() {
		r.Small()
	}
}

// unread returns the bytes that were read and not consumed.
func (r *Reader) unread() []byte { return r.buf[r.begin:r.end] }

// consume consumes the next n bytes, which have that many line ends.
func (r *Reader) consume(n, lineEnds int) {
	r.begin += n
	r.offset += int64(n)
	r.line += lineEnds
	r.plain = max(0, r.plain-n)
	r.searched = max(0, r.searched-n)
	if len(r.cuts) > 0 {
		r.consumeCuts()
	}
}

// fill reads more bytes.
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
		if r.Large != nil && size > r.sizes.maxBuffer && !r.large {
			if err := r.Large(); err != nil {
				r.err, r.end = err, have
				return
			}
			r.large = true
		}
		r.buf = append(make([]byte, 0, 2*size), r.buf...)[:2*size]
	}
	free := r.buf[r.end:]
	if room := r.sizes.item + r.sizes.firstBuffer - r.end; 0 < room && room < len(free) {
		free = free[:room] // a value that is too long is noticed where it is
	}
	n, err := r.source.Read(free)
	for tries := 0; n == 0 && err == nil; tries++ {
		if tries == 100 {
			err = io.ErrNoProgress
			break
		}
		n, err = r.source.Read(free)
	}
	r.end += n
	r.err = err
	if n == len(free) && len(r.buf) < r.sizes.maxBuffer {
		r.buf = append(make([]byte, 0, 2*len(r.buf)), r.buf...)[:2*len(r.buf)]
	}
}

// step handles the next piece of what was read, and returns false if more must be
// read first.
func (r *Reader) step(b *Block) bool {
	switch {
	case r.mode == inText:
		return r.stepText(b)
	case len(r.cuts) > 0:
		return r.stepAroundCuts(b)
	}
	return r.stepOnce(b)
}

func (r *Reader) stepOnce(b *Block) bool {
	switch {
	case r.mode == inValue:
		return r.stepValue(b)
	case r.mode == skipLine:
		return r.skip()
	case r.plain > 0:
		return r.stepPlain(b)
	}
	return r.stepLine(b)
}

// stepLine handles a line, or what is left of it.
func (r *Reader) stepLine(b *Block) bool {
	if r.searched == 0 {
		r.skipBlank()
	}
	have := r.unread()
	if len(have) == 0 {
		return false
	}
	size, next, complete := len(have), len(have), r.err != nil
	if n := bytes.IndexByte(have[r.searched:], '\n'); n >= 0 {
		size = r.searched + n
		next, complete = size+1, true
	}
	r.searched = size
	line := have[:size]
	if r.offset == 0 {
		line = bytes.TrimPrefix(line, byteOrderMark)
	}
	text := bytes.TrimLeft(line, blanks)
	if r.midLine {
		text = bytes.TrimLeft(text, between)
		line = text
	}
	if !r.asLine && r.mayContinue(text, complete) {
		r.consume(size-len(text), 0)
		r.value.reset(complete && !r.midLine, r.offset)
		r.parts = 0
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
		r.mode = skipLine
	default:
		return false
	}
	return true
}

// skipBlank skips whole lines that are blank.
func (r *Reader) skipBlank() {
	if n, lines := blankLines(r.unread()); n > 0 {
		r.consume(n, lines)
		r.midLine, r.asLine = false, false
	}
}

const blanks = " \t\r"

var (
	byteOrderMark  = []byte("\xef\xbb\xbf")
	carriageReturn = []byte("\r")
)

// mayContinue reports whether the text of a line may be the beginning of a JSON value
// that continues after it, or that is too long to be buffered.
func (r *Reader) mayContinue(text []byte, complete bool) bool {
	if len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return false
	}
	if !complete {
		return len(text) >= r.sizes.long
	}
	text = bytes.TrimRight(text, blanks)
	return text[len(text)-1] != text[0]+2 // ] and } are their opening brackets + 2
}

// endLine consumes the last n bytes of a line.
func (r *Reader) endLine(n int, hasEnd bool) {
	if hasEnd {
		r.consume(n, 1)
	} else {
		r.consume(n, 0)
	}
	r.midLine = !hasEnd
	r.asLine = false
}

func (r *Reader) report(b *Block, reason Reason) {
	b.Problems = append(b.Problems, Problem{r.line, r.offset, reason})
}

// skip skips the rest of a line.
func (r *Reader) skip() bool {
	have := r.unread()
	if len(have) == 0 {
		return false
	}
	n := bytes.IndexByte(have, '\n')
	if n < 0 {
		r.endLine(len(have), false)
		return true
	}
	r.endLine(n+1, true)
	r.mode = inLines
	return true
}

// IsEnd reports whether err is the regular end of an input.
func IsEnd(err error) bool { return errors.Is(err, io.EOF) }
