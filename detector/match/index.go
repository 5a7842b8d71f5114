package match

// index finds things by texts. Most of the texts that it is asked for are not
// in it, which a bit tells before anything is hashed.
type index[T any] struct {
	byText map[string]T
	filter [1 << 6]uint64 // by length, a bit by two bytes of the text
}

func newIndex[T any]() *index[T] { return &index[T]{byText: map[string]T{}} }

// get returns the zero T for a text that is not there.
func (x *index[T]) get(text []byte) (found T) {
	row, bit := filterPlace(text)
	if x.filter[row]&bit == 0 {
		return found
	}
	return x.byText[string(text)]
}

func (x *index[T]) put(text string, what T) {
	row, bit := filterPlace(text)
	x.filter[row] |= bit
	x.byText[text] = what
}

func filterPlace[S string | []byte](text S) (row int, bit uint64) {
	if len(text) == 0 {
		return 0, 1
	}
	return len(text) & 63, 1 << ((text[0] + 7*text[len(text)/2]) & 63)
}
