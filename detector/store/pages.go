package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// The pages of a bbolt file, as they lie on the disk. bbolt itself trusts what it reads, and
// panics or goes astray in a file that is damaged; so the file is read without it first.
//
//	page     id 8, flags 2, count 2, overflow 4: how many pages follow that belong to it
//	meta     magic 4, version 4, page size 4, flags 4, root 8, sequence 8, freelist 8,
//	         end of the pages 8, transaction 8, checksum 8
//	branch   elements: position 4, size of the key 4, page 8
//	leaf     elements: flags 4, position 4, size of the key 4, size of the value 4
//	bucket   root 8, sequence 8; if the root is 0 a leaf page follows
//	freelist the ids of the pages that are not in use
//
// A position is relative to its element. Keys and values lie behind the elements, in their
// order and without gaps.
const (
	pageHead  = 16
	element   = 16
	metaSize  = 64
	bucketTop = 16

	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10

	bucketElement = 0x01

	metaMagic   = 0xed0cdaed
	metaVersion = 2
	// maxPages bounds the size of a page with those that belong to it.
	maxPages = 1 << 16
)

var native = binary.NativeEndian

// image is a bbolt file.
type image struct {
	file     io.ReaderAt
	size     int64
	pageSize int64
}

// meta is what a meta page says.
type meta struct {
	root, freelist, end, transaction uint64
	repaired                         bool // a byte was wrong
}

// openImage reads the two meta pages. It returns those that are right, or can be made
// right, the newer one first.
func openImage(f io.ReaderAt, size int64) (m *image, metas []meta) {
	m = &image{file: f, size: size, pageSize: int64(os.Getpagesize())}
	one, pageSize, ok := m.meta(0)
	if ok && pageSize >= 512 && pageSize <= 1<<20 {
		m.pageSize = pageSize
		metas = append(metas, one)
	}
	second, pageSize, ok := m.meta(m.pageSize)
	if ok && pageSize == m.pageSize {
		if metas = append(metas, second); len(metas) == 2 && second.transaction > one.transaction {
			metas[0], metas[1] = second, one
		}
	}
	return m, metas
}

func (m *image) meta(at int64) (one meta, pageSize int64, ok bool) {
	b := make([]byte, metaSize)
	if _, err := m.file.ReadAt(b, at+pageHead); err != nil {
		return meta{}, 0, false
	}
	if !isMeta(b) {
		if !repairMeta(b) {
			return meta{}, 0, false
		}
		one.repaired = true
	}
	one.root, one.freelist, one.end, one.transaction = native.Uint64(b[16:]), native.Uint64(b[32:]), native.Uint64(b[40:]), native.Uint64(b[48:])
	return one, int64(native.Uint32(b[8:])), true
}

func isMeta(b []byte) bool {
	sum := fnv.New64a()
	_, _ = sum.Write(b[:metaSize-8])
	return native.Uint32(b) == metaMagic && native.Uint32(b[4:]) == metaVersion && native.Uint64(b[metaSize-8:]) == sum.Sum64()
}

// repairMeta finds out which byte of a meta page is wrong, if it is only one, and corrects
// it: for any other value of any byte the checksum would not be right.
func repairMeta(b []byte) bool {
	for i, was := range b {
		for x := range 256 {
			if b[i] = byte(x); isMeta(b) {
				return true
			}
		}
		b[i] = was
	}
	return false
}

// pages returns how many pages the file has.
func (m *image) pages() uint64 { return uint64(m.size / m.pageSize) }

// page is a page with those that belong to it.
type page struct {
	id       uint64
	flags    uint16
	count    int
	overflow int
	data     []byte
}

var errPage = errors.New("a page makes no sense")

// read reads the page with that id.
func (m *image) read(id uint64) (p page, err error) {
	if id >= m.pages() {
		return page{}, fmt.Errorf("page %d is missing", id)
	}
	head := make([]byte, m.pageSize)
	if _, err := m.file.ReadAt(head, int64(id)*m.pageSize); err != nil {
		return page{}, err
	}
	p = pageOf(head)
	if p.id != id || p.overflow >= maxPages || id+uint64(p.overflow) >= m.pages() {
		return page{}, errPage
	}
	if p.overflow > 0 {
		p.data = make([]byte, int64(p.overflow+1)*m.pageSize)
		if _, err := m.file.ReadAt(p.data, int64(id)*m.pageSize); err != nil {
			return page{}, err
		}
	}
	return p, nil
}

func pageOf(data []byte) page {
	return page{id: native.Uint64(data), flags: native.Uint16(data[8:]), count: int(native.Uint16(data[10:])), overflow: int(native.Uint32(data[12:])), data: data}
}

// item is an element of a leaf page.
type item struct {
	flags      uint32
	begin      int // of the key
	middle     int // of the value
	end        int
	key, value []byte
}

// item returns the i-th element of a leaf page, or false if it is not within the page.
func (p *page) item(i int) (it item, ok bool) {
	at := pageHead + i*element
	if at+element > len(p.data) {
		return item{}, false
	}
	e := p.data[at:]
	it.flags = native.Uint32(e)
	begin := int64(at) + int64(native.Uint32(e[4:]))
	middle := begin + int64(native.Uint32(e[8:]))
	end := middle + int64(native.Uint32(e[12:]))
	if begin > int64(len(p.data)) || end > int64(len(p.data)) {
		return item{}, false
	}
	it.begin, it.middle, it.end = int(begin), int(middle), int(end)
	it.key, it.value = p.data[begin:middle:middle], p.data[middle:end:end]
	return it, true
}

// child is an element of a branch page.
type child struct {
	key  []byte
	page uint64
}

// children returns the elements of a branch page, or false if they make no sense.
func (p *page) children() (all []child, ok bool) {
	next := int64(pageHead + p.count*element)
	for i := range p.count {
		at := pageHead + i*element
		if at+element > len(p.data) {
			return nil, false
		}
		begin := int64(at) + int64(native.Uint32(p.data[at:]))
		end := begin + int64(native.Uint32(p.data[at+4:]))
		if begin != next || end > int64(len(p.data)) {
			return nil, false
		}
		next = end
		all = append(all, child{p.data[begin:end], native.Uint64(p.data[at+8:])})
	}
	return all, len(all) > 0
}

// free returns the ids of the pages that are not in use, and how many pages the list has,
// or false if it makes no sense.
func (m *image) free(one meta) (ids []uint64, size int, ok bool) {
	p, err := m.read(one.freelist)
	if err != nil || p.flags != freelistPage {
		return nil, 0, false
	}
	count, at := p.count, pageHead
	if count == 0xffff { // too many for the header
		if len(p.data) < at+8 {
			return nil, 0, false
		}
		count, at = int(min(native.Uint64(p.data[at:]), 1<<40)), at+8
	}
	if count > (len(p.data)-at)/8 {
		return nil, 0, false
	}
	last := uint64(1)
	for i := range count {
		id := native.Uint64(p.data[at+8*i:])
		if id <= last || id >= one.end {
			return nil, 0, false
		}
		last = id
		ids = append(ids, id)
	}
	return ids, p.overflow + 1, true
}
