package ingest

// Block is a number of items in the order of the input. A Reader fills it; it
// owns the bytes of its items and can be filled again.
type Block struct {
	// Problems are what the Reader met while it filled the block.
	Problems []Problem

	text  []byte
	items []item
}

// item is one line, or one JSON value of whatever length, in the block's text.
type item struct {
	begin, end int
	line       int
	offset     int64
}

// Len returns how many bytes of text the items have.
func (b *Block) Len() int { return len(b.text) }

func (b *Block) reset() {
	b.Problems = b.Problems[:0]
	b.items = b.items[:0]
	if cap(b.text) > 4*blockSize { // one long item is no reason to keep that much
		b.text = nil
	}
	b.text = b.text[:0]
}

// add adds the item that the parts make together.
func (b *Block) add(line int, offset int64, parts ...[]byte) {
	begin := len(b.text)
	for _, p := range parts {
		b.text = append(b.text, p...)
	}
	b.items = append(b.items, item{begin, len(b.text), line, offset})
}
