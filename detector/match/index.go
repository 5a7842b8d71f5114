package match

// index is a map from texts that is fast for texts it does not have: the filter
// rules out most of them without hashing.
type index[T any] struct {
	byText map[string]T
	filter [1 << 6]uint64 // a word by the length, a bit in it by two bytes of the text
}

func newIndex[T any]() *index[T] { return &index[T]{byText: map[string]T{}} }

// get returns the zero T if the index does not have the text.
func (x *index[T]) get(text []byte) (found T) {
	row, bit := filterBit(text)
	if x.filter[row]&bit == 0 {
		return found
	}
	return x.byText[string(text)]
}

func (x *index[T]) put(text string, value T) {
	row, bit := filterBit(text)
	x.filter[row] |= bit
	x.byText[text] = value
}

func filterBit[S string | []byte](text S) (row int, bit uint64) {
	if len(text) == 0 {
		return 0, 1
	}
	return len(text) & 63, 1 << ((text[0] + 7*text[len(text)/2]) & 63)
}
