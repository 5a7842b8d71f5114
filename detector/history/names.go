package history

import "strings"

// names are the names of actions. They are not undone: a name tells nothing of who used
// it.
type names struct {
	list  []string
	known map[string]uint32
	// cache has names by the digest of provider and action.
	cache [1 << 10]struct {
		digest uint64
		number uint32
	}
}

const (
	// maxNames is how many names are kept. Those beyond it are the first one.
	maxNames   = 1 << nameBits
	otherName  = "(other)"
	maxNameLen = 64
)

func newNames() *names { return &names{list: []string{otherName}, known: map[string]uint32{}} }

// of returns the number of a name, of which the digest of provider and action is given.
func (n *names) of(digest uint64, name []byte) uint32 {
	c := &n.cache[digest&(1<<10-1)]
	if digest == 0 || c.digest != digest {
		c.digest, c.number = digest, n.number(name)
	}
	return c.number
}

// number returns the number of a name.
func (n *names) number(name []byte) uint32 {
	name = name[:min(len(name), maxNameLen)]
	if i, ok := n.known[string(name)]; ok {
		return i
	}
	if len(n.list) >= maxNames || len(name) == 0 || !isName(name) {
		return 0
	}
	text := strings.Clone(string(name))
	i := uint32(len(n.list))
	n.list = append(n.list, text)
	n.known[text] = i
	return i
}

// isName reports whether a text may be a name: AWS names actions with letters, digits
// and few other characters.
func isName(name []byte) bool {
	for _, c := range name {
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("_-.:/", rune(c)) {
			return false
		}
	}
	return true
}

func (n *names) text(i uint32) string { return n.list[i] }

func (n *names) isWide(i uint32) bool { return n.list[i] == wide }

func (n *names) notable(i uint32) bool { return isNotable[n.list[i]] }
