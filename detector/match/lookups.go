package match

import "encoding/binary"

// lookups keep which programs of a part of a set may match the events with one provider and one
// action, of the pairs that were looked up last: most events have a pair of one before.
type lookups struct {
	table *[256]lookup
}

type lookup struct {
	of                       *part
	provider, action         [maxKept]byte
	providerSize, actionSize uint8 // 0: there is none
	programs                 []int32
}

// maxKept is the maximum length of a provider or an action that is kept.
const maxKept = 48

// slot returns where the programs for a pair are kept, nil if its texts are too short or
// too long.
func (l *lookups) slot(provider, action []byte) *lookup {
	if l.table == nil {
		l.table = new([256]lookup)
	}
	if len(provider) < 4 || len(action) < 4 || len(provider) > maxKept || len(action) > maxKept {
		return nil
	}
	word := uint64(binary.LittleEndian.Uint32(provider))<<32 | uint64(binary.LittleEndian.Uint32(action[len(action)-4:]))
	word ^= uint64(len(action))<<28 ^ uint64(binary.LittleEndian.Uint32(action[len(action)/2-2:]))<<16
	return &l.table[word*0x9e3779b97f4a7c15>>56]
}

// has reports whether the slot has the programs of the part for the pair.
func (l *lookup) has(t *part, provider, action []byte) bool {
	return l.of == t && string(l.action[:l.actionSize]) == string(action) && string(l.provider[:l.providerSize]) == string(provider)
}

func (l *lookup) put(t *part, provider, action []byte, programs []int32) {
	l.of = t
	l.providerSize, l.actionSize = uint8(copy(l.provider[:], provider)), uint8(copy(l.action[:], action))
	l.programs = append(l.programs[:0], programs...)
}
