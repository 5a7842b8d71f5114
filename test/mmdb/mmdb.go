// Package mmdb writes small databases in MaxMind's format, version 2, for tests.
package mmdb

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
)

// Database is what a file has.
type Database struct {
	Type       string
	RecordSize int // 24, 28 or 32 bits; 0: 24
	IPv4       bool
	// Records are the records of networks, by their prefixes: maps of texts, numbers
	// (float64, uint32, uint16, uint64, int32), truths, lists and maps.
	Records map[string]any
}

// node is a node of the search tree; a child is a node, a record or nothing.
type node struct{ child [2]any }

// record is where a record begins in the data section.
type record uint32

// Bytes returns the file.
func (d Database) Bytes() []byte {
	size := d.RecordSize
	if size == 0 {
		size = 24
	}
	root := &node{}
	var data []byte
	for _, prefix := range slices.Sorted(maps.Keys(d.Records)) {
		p := netip.MustParsePrefix(prefix)
		at := record(len(data))
		data = appendValue(data, d.Records[prefix])
		address, bits := p.Addr().AsSlice(), p.Bits()
		if p.Addr().Is4() && !d.IPv4 {
			address, bits = append(make([]byte, 12), address...), bits+96
		}
		root.insert(address, bits, at)
	}
	if !d.IPv4 { // IPv4 addresses have further forms, ::ffff:0:0/96 and 2002::/16
		if v4 := root.at(make([]byte, 16), 96); v4 != nil {
			mapped := append(make([]byte, 10), 0xff, 0xff, 0, 0, 0, 0)
			root.insert(mapped, 96, v4)
			root.insert(append([]byte{0x20, 0x02}, make([]byte, 14)...), 16, v4)
		}
	}
	var nodes []*node
	number := map[*node]int{}
	var walk func(n *node)
	walk = func(n *node) {
		if _, known := number[n]; known {
			return
		}
		number[n] = len(nodes)
		nodes = append(nodes, n)
		for _, c := range n.child {
			if inner, ok := c.(*node); ok {
				walk(inner)
			}
		}
	}
	walk(root)
	var file []byte
	for _, n := range nodes {
		var to [2]uint32
		for i, c := range n.child {
			switch c := c.(type) {
			case *node:
				to[i] = uint32(number[c])
			case record:
				to[i] = uint32(len(nodes)) + 16 + uint32(c)
			default:
				to[i] = uint32(len(nodes))
			}
		}
		file = appendNode(file, size, to)
	}
	file = append(append(file, make([]byte, 16)...), data...)
	file = append(file, "\xab\xcd\xefMaxMind.com"...)
	version := 6
	if d.IPv4 {
		version = 4
	}
	return appendValue(file, map[string]any{
		"binary_format_major_version": uint16(2), "binary_format_minor_version": uint16(0),
		"build_epoch": uint64(1_750_000_000), "database_type": d.Type, "description": map[string]any{"en": "a test"},
		"ip_version": uint16(version), "languages": []any{"en"}, "node_count": uint32(len(nodes)), "record_size": uint16(size),
	})
}

// at returns what is at the end of a path in the tree, or nil.
func (n *node) at(address []byte, bits int) any {
	var at any = n
	for i := range bits {
		inner, ok := at.(*node)
		if !ok {
			return nil
		}
		at = inner.child[address[i/8]>>(7-i%8)&1]
	}
	return at
}

func (n *node) insert(address []byte, bits int, value any) {
	for i := range bits - 1 {
		bit := address[i/8] >> (7 - i%8) & 1
		inner, ok := n.child[bit].(*node)
		if !ok {
			inner = &node{[2]any{n.child[bit], n.child[bit]}} // more specific than a record
			n.child[bit] = inner
		}
		n = inner
	}
	last := bits - 1
	n.child[address[last/8]>>(7-last%8)&1] = value
}

func appendNode(dst []byte, size int, to [2]uint32) []byte {
	three := func(n uint32) []byte { return []byte{byte(n >> 16), byte(n >> 8), byte(n)} }
	switch size {
	case 24:
		return append(append(dst, three(to[0])...), three(to[1])...)
	case 28:
		dst = append(dst, three(to[0])...)
		dst = append(dst, byte(to[0]>>24&15)<<4|byte(to[1]>>24&15))
		return append(dst, three(to[1])...)
	}
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(dst, to[0]), to[1])
}

// Types of values.
const (
	typeText = 2
	typeF64  = 3
	typeU16  = 5
	typeU32  = 6
	typeMap  = 7
	typeI32  = 8
	typeU64  = 9
	typeList = 11
	typeBool = 14
)

// appendValue appends a value of the data section.
func appendValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return append(appendControl(dst, typeText, len(v)), v...)
	case float64:
		return binary.BigEndian.AppendUint64(appendControl(dst, typeF64, 8), math.Float64bits(v))
	case uint16:
		return binary.BigEndian.AppendUint16(appendControl(dst, typeU16, 2), v)
	case uint32:
		return binary.BigEndian.AppendUint32(appendControl(dst, typeU32, 4), v)
	case uint64:
		return binary.BigEndian.AppendUint64(appendControl(dst, typeU64, 8), v)
	case int32:
		return binary.BigEndian.AppendUint32(appendControl(dst, typeI32, 4), uint32(v))
	case bool:
		n := 0
		if v {
			n = 1
		}
		return appendControl(dst, typeBool, n)
	case []any:
		dst = appendControl(dst, typeList, len(v))
		for _, element := range v {
			dst = appendValue(dst, element)
		}
		return dst
	case map[string]any:
		dst = appendControl(dst, typeMap, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			dst = appendValue(appendValue(dst, key), v[key])
		}
		return dst
	}
	panic(fmt.Sprintf("mmdb: no value can be a %T", v))
}

func appendControl(dst []byte, kind, size int) []byte {
	first := byte(kind << 5)
	var more []byte
	if kind > 7 {
		first, more = 0, []byte{byte(kind - 7)}
	}
	switch {
	case size < 29:
		return append(append(dst, first|byte(size)), more...)
	case size < 29+256:
		return append(append(append(dst, first|29), more...), byte(size-29))
	}
	return append(append(append(dst, first|30), more...), byte((size-285)>>8), byte(size-285))
}
