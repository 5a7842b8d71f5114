package cloudtrail

import (
	"bytes"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/record"
)

// HasDuplicates says whether some map in the event has a key twice. Every
// occurrence counts as a value of its field, so that no reader of the event is
// fooled; but an event that AWS wrote has none.
func (e *Event) HasDuplicates() bool { return hasDuplicates(e.document, maxDepth) }

func hasDuplicates(v record.Value, depth int) bool {
	if depth == 0 {
		return false
	}
	switch v.Kind() {
	case record.Array:
		for elements := v.Elements(); ; {
			element, ok := elements.Next()
			if !ok {
				return false
			}
			if hasDuplicates(element, depth-1) {
				return true
			}
		}
	case record.Map:
		var room [fewKeys][]byte
		keys := room[:0]
		for pairs := v.Members(); ; {
			key, value, ok := pairs.Next()
			if !ok {
				break
			}
			if key.IsText() {
				keys = append(keys, key.Bytes())
			}
			if hasDuplicates(value, depth-1) {
				return true
			}
		}
		return anyTwice(keys)
	}
	return false
}

// fewKeys is how many keys are compared one with the other; more are sorted.
const fewKeys = 24

func anyTwice(keys [][]byte) bool {
	if len(keys) > fewKeys {
		slices.SortFunc(keys, bytes.Compare)
		for i := 1; i < len(keys); i++ {
			if bytes.Equal(keys[i-1], keys[i]) {
				return true
			}
		}
		return false
	}
	for i, key := range keys {
		for _, earlier := range keys[:i] {
			if len(key) == len(earlier) && bytes.Equal(key, earlier) {
				return true
			}
		}
	}
	return false
}
