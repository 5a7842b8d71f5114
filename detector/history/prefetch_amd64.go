package history

// prefetch makes the processor read what p points to into its caches, and does not wait for
// it. Whatever p points to is not looked at.
//
//go:noescape
func prefetch(p *uint32)
