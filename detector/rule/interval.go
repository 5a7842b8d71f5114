package rule

import (
	"fmt"
	"strconv"
	"time"
)

// maxInterval keeps intervals far from where [time.Duration] ends.
const maxInterval = 10 * 365 * 24 * time.Hour

// ParseInterval reads an interval in Elastic's form: a whole number from 1 and
// one of the units s, m, h, d.
func ParseInterval(text string) (time.Duration, error) {
	if len(text) >= 2 {
		digits, unit := text[:len(text)-1], unitOf(text[len(text)-1])
		n, err := strconv.ParseUint(digits, 10, 63)
		if err == nil && n > 0 && unit > 0 {
			if n > uint64(maxInterval/unit) {
				return 0, fmt.Errorf("%q is too long: 3650d is the longest", text)
			}
			return time.Duration(n) * unit, nil
		}
	}
	return 0, fmt.Errorf("%q is no interval: a whole number from 1 and a unit, s, m, h or d, as in %q", text, "5m")
}

func unitOf(c byte) time.Duration {
	switch c {
	case 's':
		return time.Second
	case 'm':
		return time.Minute
	case 'h':
		return time.Hour
	case 'd':
		return 24 * time.Hour
	}
	return 0
}
