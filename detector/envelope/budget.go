package envelope

// budget is how much may still be done for a record, or for a part of it. Each
// member, each element of a list, and each text in a text has a share of what is
// around it, by its length: what is spent on one is not taken from its neighbours.
// What is left of a share goes to those that follow. So the whole is bounded, and
// nothing that is next to an event can use up what the event needs.
type budget struct {
	effort  int // bytes to be read or decoded
	inflate int // bytes to be decompressed
}

const (
	// maxDecoding bounds how much is read and decoded for a record, its decompressed
	// data counted in: this many times its length. Text in text is shorter at each
	// level, so that only text that is broken in many places comes near.
	maxDecoding = 16
	// All that is compressed in a record may be decompressed to minInflated bytes and
	// maxInflation times the record's length, and one text to maxInflated bytes.
	// CloudTrail's records shrink to a tenth or a thirtieth: each has two random ids in
	// it.
	minInflated  = 1 << 20
	maxInflation = 64
	maxInflated  = 32 << 20
)

// budgetOf returns the budget of a record of that length.
func budgetOf(length int) budget {
	return budget{effort: maxDecoding * length, inflate: minInflated + maxInflation*length}
}

// take leaves the reader the share of a part of size bytes, of which there are rest
// bytes from its beginning on, and returns what is for the others. That is to be given
// back behind the part.
func (r *Reader) take(size, rest int) (others budget) {
	if size >= rest {
		return budget{}
	}
	whole := r.budget
	r.budget = budget{portion(whole.effort, size, rest), portion(whole.inflate, size, rest)}
	return budget{whole.effort - r.budget.effort, whole.inflate - r.budget.inflate}
}

// give ends a part.
func (r *Reader) give(others budget) {
	if others == (budget{}) {
		return
	}
	r.budget = budget{max(r.budget.effort, 0) + others.effort, max(r.budget.inflate, 0) + others.inflate}
}

func portion(n, size, rest int) int {
	return int(float64(n) * (float64(size) / float64(rest)))
}
