package store

import (
	"encoding/binary"
	"hash/crc32"
	"strings"
)

// Entries of the file begin with a checksum of the path of their bucket, of their key, and
// of what follows the checksum: whatever of these is damaged, that is noticed, and an entry
// that is found astray tells where it belongs. Versions 1 and 2 had less under it.

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// seedOf returns the checksum of a path.
func seedOf(path ...string) uint32 {
	return crc32.Checksum([]byte(strings.Join(path, "\x00")), castagnoli)
}

// checksum returns that of an entry.
func checksum(seed uint32, key, rest []byte) uint32 {
	return crc32.Update(crc32.Update(seed, castagnoli, key), castagnoli, rest)
}

// isSealed reports whether the checksum of an entry is right.
func isSealed(seed uint32, key, value []byte) bool {
	return len(value) >= 4 && binary.BigEndian.Uint32(value) == checksum(seed, key, value[4:])
}

// seal writes the checksum of an entry to the beginning of its value.
func seal(seed uint32, key, value []byte) {
	binary.BigEndian.PutUint32(value, checksum(seed, key, value[4:]))
}

// isSealed2 is isSealed for version 2, where the checksum of an alert is only that of its
// value.
func isSealed2(alert bool, key, value []byte) bool {
	if alert {
		key = nil
	}
	return isSealed(0, key, value)
}
