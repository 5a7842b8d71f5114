package rule

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxInterval is the longest interval.
const maxInterval = 3650 * 24 * time.Hour

// ParseInterval parses an interval as Elastic writes it: a whole number from 1
// and a unit, s, m, h or d.
func ParseInterval(text string) (time.Duration, error) {
	if len(text) >= 2 {
		digits, unit := text[:len(text)-1], unitOf(text[len(text)-1])
		n, err := strconv.ParseUint(digits, 10, 63)
		if err == nil && n > 0 && unit > 0 {
			if n > uint64(maxInterval/unit) {
				return 0, fmt.Errorf("%q is too long: the maximum is 3650d", text)
			}
			return time.Duration(n) * unit, nil
		}
	}
	return 0, fmt.Errorf("%q is not an interval: must be a whole number from 1 and a unit, s, m, h or d, as in %q", text, "5m")
}

// unitOf returns the duration of a unit of an interval, 0 if it is not one.
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

// ParseFrom parses the beginning of a window as Elastic writes it, "now-6m", and
// returns the length of the window.
func ParseFrom(text string) (time.Duration, error) {
	interval, ok := strings.CutPrefix(text, "now-")
	if ok {
		if weeks, ok := strings.CutSuffix(interval, "w"); ok {
			if n, err := strconv.ParseUint(weeks, 10, 16); err == nil {
				interval = strconv.FormatUint(7*n, 10) + "d"
			}
		}
		if d, err := ParseInterval(interval); err == nil {
			return d, nil
		}
	}
	return 0, fmt.Errorf("%q is not the beginning of a window: must be now- with a whole number from 1 and a unit, s, m, h, d or w, as in %q", text, "now-6m")
}
