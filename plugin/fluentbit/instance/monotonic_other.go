//go:build !linux

package instance

import "time"

// intoSecond returns a negative number: elsewhere Fluent Bit's timers do not go by whole
// seconds.
func intoSecond() time.Duration { return -1 }
