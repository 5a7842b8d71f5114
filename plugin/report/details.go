package report

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
)

const (
	// maxDetails is the size of the details in a page, in bytes as they are written, from
	// which on events are left out. Beyond twice that the other details are too.
	maxDetails = 5 << 20
	// perBlock is the number of alerts whose details are compressed together.
	perBlock = 64
)

// details has what the cards of alerts show. Most of it stays compressed, also in the
// browser.
type details struct {
	max    int
	blocks []string // JSON arrays, compressed with gzip, in base64
	bytes  int      // of them
	open   [][]byte // of the block that is not full yet
	count  int
	size   int    // of open
	bare   uint64 // alerts without their events
	none   uint64 // alerts without details
}

// add adds the details of an alert and returns their number, or -1 if there is not enough room
// for them. make returns them as JSON, with the event or without; hasEvent reports
// whether there is one.
func (d *details) add(make func(whole bool) []byte, hasEvent bool) int {
	used := d.bytes + d.size/4 // about what it will be
	if used > 2*d.max {
		d.none++
		return -1
	}
	whole := used <= d.max
	if hasEvent && !whole {
		d.bare++
	}
	text := make(whole)
	d.open = append(d.open, text)
	d.size += len(text)
	d.count++
	if len(d.open) == perBlock {
		d.flush()
	}
	return d.count - 1
}

// flush compresses the open block.
func (d *details) flush() {
	if len(d.open) == 0 {
		return
	}
	var out bytes.Buffer
	base := base64.NewEncoder(base64.StdEncoding, &out)
	z, _ := gzip.NewWriterLevel(base, gzip.DefaultCompression)
	_, _ = z.Write([]byte("[")) // to memory
	for i, text := range d.open {
		if i > 0 {
			_, _ = z.Write([]byte(","))
		}
		_, _ = z.Write(text)
	}
	_, _ = z.Write([]byte("]"))
	_ = z.Close()
	_ = base.Close()
	d.blocks = append(d.blocks, out.String())
	d.bytes += out.Len()
	d.open, d.size = nil, 0
}

// each returns a function that returns one text after the other, and then nil.
func (d *details) each() func() []byte {
	d.flush()
	var block []json.RawMessage
	next := 0
	return func() []byte {
		for len(block) == 0 {
			if next == len(d.blocks) {
				return nil
			}
			z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, bytes.NewReader([]byte(d.blocks[next]))))
			next++
			if err != nil {
				return nil // cannot happen: we compressed it
			}
			text, _ := io.ReadAll(z)
			_ = json.Unmarshal(text, &block)
		}
		first := block[0]
		block = block[1:]
		return first
	}
}
