package stats

// History is what a history of actors has.
type History struct {
	Actors    int
	Bytes     int    // of memory
	Evicted   uint64 // actors that were forgotten to make room, ever
	Pending   int    // follow-ups that are to come
	FollowUps uint64 // that were made
}
