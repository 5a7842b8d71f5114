package cloudtrail

import (
	"bytes"
	"cmp"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// hashMap is a java.util.HashMap with strings for keys, as far as it decides
// the order in which the members are walked: bucket by bucket, and in a bucket
// in the order of insertion, unless so many keys fell into one bucket that it
// became a tree. Members are only added; those that are removed afterwards
// change neither the size of the table nor the order of the rest.
//
// What is modelled is written down in the class's documentation and in its
// constants: the table begins with 16 buckets and doubles when more than three
// quarters as many members are in it; the ninth member of a bucket makes the
// table double while it has fewer than 64 buckets, and the bucket a red-black
// tree once it has; a part of a tree with six members or less that is left
// when the table doubles becomes a list again. A tree is kept in a list all
// the same, with new members behind their parents and the root in front, and
// that list is the order.
type hashMap struct {
	nodes []hashNode // nodes[0] is nobody
	heads []int32    // the first node of each bucket
}

type hashNode struct {
	key        []byte
	value      msgpack.Value
	hash       int32
	next, prev int32 // in the bucket; prev in trees only
	parent     int32
	child      [2]int32 // left, right
	inTree     bool
	red        bool
	times      int32 // how often the key was put
}

const (
	firstBuckets = 16
	treeBuckets  = 64 // from this size of the table on there are trees
	treeFrom     = 9  // members of a bucket
	listUpTo     = 6  // members of a part of a tree
)

func (m *hashMap) reset() {
	m.nodes = append(m.nodes[:0], hashNode{})
	m.heads = append(m.heads[:0], make([]int32, firstBuckets)...)
}

// size returns the number of members.
func (m *hashMap) size() int { return len(m.nodes) - 1 }

func (m *hashMap) bucket(hash int32) *int32 { return &m.heads[int(hash)&(len(m.heads)-1)] }

// put adds a member, at its place, or lets the one with the same key have this
// value if it is one of the first pick+1 that the key is given. It returns how
// often the key has been put.
func (m *hashMap) put(key []byte, value msgpack.Value, pick int) (times int) {
	hash := javaHash(key)
	head := m.bucket(hash)
	count := 0 // members of the bucket before the new one
	last := int32(0)
	if m.nodes[*head].inTree {
		if n := m.searchTree(*head, hash, key); n != 0 {
			return m.again(n, value, pick)
		}
	} else {
		for n := *head; n != 0; n = m.nodes[n].next {
			if m.nodes[n].hash == hash && bytes.Equal(m.nodes[n].key, key) {
				return m.again(n, value, pick)
			}
			last = n
			count++
		}
	}
	x := int32(len(m.nodes))
	m.nodes = append(m.nodes, hashNode{key: key, value: value, hash: hash, times: 1})
	switch {
	case *head == 0:
		*head = x
	case m.nodes[*head].inTree:
		m.addToTree(head, x)
	default:
		m.nodes[last].next = x
		if count+1 >= treeFrom {
			if len(m.heads) < treeBuckets {
				m.double()
			} else {
				m.makeTree(head)
			}
		}
	}
	if m.size() > len(m.heads)/4*3 {
		m.double()
	}
	return 1
}

func (m *hashMap) again(n int32, value msgpack.Value, pick int) int {
	node := &m.nodes[n]
	if int(node.times) <= pick {
		node.value = value
	}
	node.times++
	return int(node.times)
}

// appendOrder appends the members in the order in which Java walks them.
func (m *hashMap) appendOrder(dst []javaMember) []javaMember {
	for _, n := range m.heads {
		for ; n != 0; n = m.nodes[n].next {
			dst = append(dst, javaMember{m.nodes[n].key, m.nodes[n].value})
		}
	}
	return dst
}

// double makes the table twice as large. The members of each bucket go to two
// buckets and keep their order.
func (m *hashMap) double() {
	old := len(m.heads)
	m.heads = append(m.heads, make([]int32, old)...)
	for i := range old {
		wasTree := m.nodes[m.heads[i]].inTree
		var heads, tails [2]int32
		var counts [2]int
		for n := m.heads[i]; n != 0; n = m.nodes[n].next {
			half := 0
			if int(m.nodes[n].hash)&old != 0 {
				half = 1
			}
			if tails[half] == 0 {
				heads[half] = n
			} else {
				m.nodes[tails[half]].next = n
			}
			m.nodes[n].prev = tails[half]
			tails[half] = n
			counts[half]++
		}
		for half, head := range heads {
			if head == 0 {
				m.heads[i+half*old] = 0
				continue
			}
			m.nodes[tails[half]].next = 0
			m.heads[i+half*old] = head
			switch {
			case !wasTree || counts[1-half] == 0 && counts[half] > listUpTo:
				// A list stays a list, and a tree that was not divided a tree.
			case counts[half] <= listUpTo:
				m.makeList(head)
			default:
				m.makeTree(&m.heads[i+half*old])
			}
		}
	}
}

func (m *hashMap) makeList(n int32) {
	for ; n != 0; n = m.nodes[n].next {
		m.nodes[n].inTree = false
	}
}

// makeTree makes a tree of the list that begins at head.
func (m *hashMap) makeTree(head *int32) {
	prev, root := int32(0), int32(0)
	for n := *head; n != 0; n = m.nodes[n].next {
		node := &m.nodes[n]
		node.inTree, node.red, node.parent, node.child, node.prev = true, false, 0, [2]int32{}, prev
		prev = n
		if root == 0 {
			root = n
			continue
		}
		parent, side := m.leaf(root, n)
		root = m.insert(root, parent, side, n)
	}
	m.toFront(head, root)
}

// addToTree adds x to a tree and, in the list, behind its parent.
func (m *hashMap) addToTree(head *int32, x int32) {
	root := *head
	parent, side := m.leaf(root, x)
	next := m.nodes[parent].next
	m.nodes[x].inTree = true
	m.nodes[x].next, m.nodes[x].prev = next, parent
	m.nodes[parent].next = x
	if next != 0 {
		m.nodes[next].prev = x
	}
	m.toFront(head, m.insert(root, parent, side, x))
}

// toFront moves the root to the front of its list.
func (m *hashMap) toFront(head *int32, root int32) {
	first := *head
	if root == first {
		return
	}
	prev, next := m.nodes[root].prev, m.nodes[root].next
	if next != 0 {
		m.nodes[next].prev = prev
	}
	if prev != 0 {
		m.nodes[prev].next = next
	}
	m.nodes[first].prev = root
	m.nodes[root].next, m.nodes[root].prev = first, 0
	*head = root
}

// compare is the order of the tree: by hash, then by key.
func (m *hashMap) compare(hash int32, key []byte, n int32) int {
	return cmp.Or(cmp.Compare(hash, m.nodes[n].hash), compareUTF16(key, m.nodes[n].key))
}

func (m *hashMap) searchTree(root, hash int32, key []byte) int32 {
	for n := root; n != 0; {
		c := m.compare(hash, key, n)
		if c == 0 {
			return n
		}
		n = m.nodes[n].child[side(c)]
	}
	return 0
}

func side(c int) int {
	if c <= 0 {
		return 0
	}
	return 1
}

// leaf returns where in the tree x belongs: below which node, on which side.
func (m *hashMap) leaf(root, x int32) (parent int32, at int) {
	for n := root; n != 0; n = m.nodes[parent].child[at] {
		parent, at = n, side(m.compare(m.nodes[x].hash, m.nodes[x].key, n))
	}
	return parent, at
}

// insert hangs x into the red-black tree and balances it: by recolouring while
// the uncle is red, by one or two rotations when it is not. It returns the
// root.
func (m *hashMap) insert(root, parent int32, at int, x int32) int32 {
	m.nodes[parent].child[at] = x
	m.nodes[x].parent = parent
	m.nodes[x].red = true
	for x != root {
		parent = m.nodes[x].parent
		if !m.nodes[parent].red {
			return root
		}
		above := m.nodes[parent].parent // there is one: the root is black
		at := 0
		if m.nodes[above].child[1] == parent {
			at = 1
		}
		uncle := m.nodes[above].child[1-at]
		if m.nodes[uncle].red {
			m.nodes[uncle].red, m.nodes[parent].red, m.nodes[above].red = false, false, true
			x = above
			continue
		}
		if m.nodes[parent].child[1-at] == x {
			root = m.rotate(root, parent, at)
			parent = x
		}
		m.nodes[parent].red, m.nodes[above].red = false, true
		root = m.rotate(root, above, 1-at)
		break
	}
	m.nodes[root].red = false
	return root
}

// rotate lets n and its child on the other side change places, n going down on
// the side at.
func (m *hashMap) rotate(root, n int32, at int) int32 {
	up := m.nodes[n].child[1-at]
	inner := m.nodes[up].child[at]
	above := m.nodes[n].parent
	m.nodes[n].child[1-at] = inner
	if inner != 0 {
		m.nodes[inner].parent = n
	}
	m.nodes[up].child[at] = n
	m.nodes[up].parent = above
	m.nodes[n].parent = up
	switch {
	case above == 0:
		return up
	case m.nodes[above].child[0] == n:
		m.nodes[above].child[0] = up
	default:
		m.nodes[above].child[1] = up
	}
	return root
}

// javaHash is HashMap's hash of a key: String.hashCode, with its upper half
// folded in.
func javaHash(s []byte) int32 {
	var h uint32
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			h = 31*h + uint32(c)
			i++
			continue
		}
		r, size := utf8.DecodeRune(s[i:])
		i += size
		if r < 0x10000 {
			h = 31*h + uint32(r)
			continue
		}
		r -= 0x10000
		h = 31*h + 0xd800 + uint32(r)>>10
		h = 31*h + 0xdc00 + uint32(r)&0x3ff
	}
	return int32(h ^ h>>16)
}

// compareUTF16 orders texts as Java's String.compareTo does, by their UTF-16
// units: characters beyond U+FFFF come before those from U+E000 to U+FFFF.
// Other than that it is the order of the bytes.
func compareUTF16(a, b []byte) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	if n < min(len(a), len(b)) && a[n] >= 0xee && b[n] >= 0xee {
		// First bytes of characters: 0xf0 and above are those beyond U+FFFF,
		// 0xee and 0xef those from U+E000 on.
		if beyond := a[n] >= 0xf0; beyond != (b[n] >= 0xf0) {
			return cmp.Compare(b[n], a[n])
		}
	}
	return bytes.Compare(a, b)
}
