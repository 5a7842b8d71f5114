package ingest

// Block is a sequence of items of the input. It owns their bytes. A Reader fills it,
// again and again.
type Block struct {
	// Problems are those that the Reader found while it filled the block.
	Problems []Problem

	text  []byte
	items []item
}

// item is one line, or one JSON value of any length, in the block's text. The line and
// the offset are those of what is between head and tail: of a piece of a value, these
// are what makes it a whole value.
type item struct {
	begin, end int
	head, tail int // their sizes
	line       int
	offset     int64
	within     bool // it is of a text in the value at that offset
}

// Len returns the number of bytes of the items.
func (b *Block) Len() int { return len(b.text) }

func (b *Block) reset() {
	b.Problems = b.Problems[:0]
	b.items = b.items[:0]
	if cap(b.text) > 4*blockSize { // do not keep the memory of one long item
		b.text = nil
	}
	b.text = b.text[:0]
}

// add adds an item.
func (b *Block) add(line int, offset int64, text []byte) { b.addPiece(line, offset, nil, text, "") }

// addPiece adds an item that is a piece of a value.
func (b *Block) addPiece(line int, offset int64, head, text []byte, tail string) {
	begin := len(b.text)
	b.text = append(append(append(b.text, head...), text...), tail...)
	b.items = append(b.items, item{begin, len(b.text), len(head), len(tail), line, offset, false})
}
