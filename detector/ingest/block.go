package ingest

// Block is a sequence of items of the input. It owns their bytes. A Reader fills it,
// again and again.
type Block struct {
	// Problems are those that the Reader found while it filled the block.
	Problems []Problem

	text  []byte
	items []item
}

// item is one line, or one JSON value of any length, in the block's text.
type item struct {
	begin, end int
	line       int
	offset     int64
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

// add adds an item, which is the concatenation of the parts.
func (b *Block) add(line int, offset int64, parts ...[]byte) {
	begin := len(b.text)
	for _, p := range parts {
		b.text = append(b.text, p...)
	}
	b.items = append(b.items, item{begin, len(b.text), line, offset})
}
