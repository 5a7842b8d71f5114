package store

import "io"

// ReadPages reads a bbolt file of another package as it lies on the disk, and returns what
// is wrong with it, or "". bbolt itself trusts what it reads, and panics or never returns in
// a file that is damaged. entry is called for each entry that is reached from the root, with
// the path of its bucket; lost with the bytes of pages in which there may be entries that are
// not reached, some of which may have been deleted before. Both may keep the bytes.
// If there is a problem, what they get may be damaged.
func ReadPages(f io.ReaderAt, size int64, entry func(path []string, key, value []byte), lost func(data []byte)) (problem string) {
	m, metas := openImage(f, size)
	w := &walker{image: m, bucket: func([]string, uint64) {}}
	w.entry = func(path []string, key, value []byte) bool {
		entry(path, key, value)
		return true
	}
	if len(metas) > 0 {
		w.meta = metas[0]
		w.run()
	}
	switch {
	case w.problems > 0:
		problem = w.problem
	case len(metas) < 2:
		problem = "a page that says where the others are is damaged"
	case metas[0].repaired || metas[1].repaired:
		problem = "a byte of a page that says where the others are is wrong"
	default:
		return ""
	}
	// A free page has only what was deleted, unless a newer transaction is one that cannot
	// be seen. An entry may lie on several pages.
	var data []byte
	for id := range m.pages() + 1 { // the last may be cut
		page := make([]byte, m.pageSize)
		n := 0
		if id >= uint64(len(w.used)) || !w.used[id] && (len(metas) < 2 || w.free == nil || !w.free[id]) {
			n, _ = f.ReadAt(page, int64(id)*m.pageSize) // what can be read of it
		}
		data = append(data, page[:n]...)
		if n < len(page) && len(data) > 0 {
			lost(data)
			data = nil
		}
	}
	return problem
}
