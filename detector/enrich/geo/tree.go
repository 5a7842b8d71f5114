package geo

import (
	"encoding/binary"

	"github.com/oschwald/maxminddb-golang/v2"
)

const (
	// maxNodes is how many nodes of the tree are looked at to see what a database has.
	// The library's walk over all networks does not end in a tree with loops.
	maxNodes = 8192
	// maxSamples is how many records are read for that.
	maxSamples = 512
	// separator is how many bytes are between the tree and the data.
	separator = 16
)

// recordsOf returns where some of the records are, those of large networks first.
func recordsOf(content []byte, m maxminddb.Metadata) (offsets []uintptr) {
	width := int(m.RecordSize / 4) // of a node, in bytes
	seen := map[uint]bool{}
	level := []uint{0}
	for nodes := 0; len(level) > 0 && nodes < maxNodes; {
		var next []uint
		for _, n := range level {
			at := int(n) * width
			if nodes++; at+width > len(content) {
				continue
			}
			for _, to := range childrenOf(content[at : at+width]) {
				switch {
				case to == m.NodeCount || seen[to]:
					continue
				case to < m.NodeCount:
					next = append(next, to)
				case to >= m.NodeCount+separator:
					offsets = append(offsets, uintptr(to-m.NodeCount-separator))
				}
				if seen[to] = true; len(offsets) == maxSamples {
					return offsets
				}
			}
		}
		level = next
	}
	return offsets
}

// childrenOf returns the two numbers in a node.
func childrenOf(node []byte) [2]uint {
	three := func(b []byte) uint { return uint(b[0])<<16 | uint(b[1])<<8 | uint(b[2]) }
	switch len(node) {
	case 6:
		return [2]uint{three(node), three(node[3:])}
	case 7:
		return [2]uint{uint(node[3]>>4)<<24 | three(node), uint(node[3]&15)<<24 | three(node[4:])}
	case 8:
		return [2]uint{uint(binary.BigEndian.Uint32(node)), uint(binary.BigEndian.Uint32(node[4:]))}
	}
	return [2]uint{}
}
