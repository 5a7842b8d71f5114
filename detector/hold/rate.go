package hold

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is at most Max alerts in each interval Per. With a Max of 0 there is no cap.
type Rate struct {
	Max int
	Per time.Duration
}

// ParseRate parses "100/5m", or "0" for no cap.
func ParseRate(text string) (Rate, error) {
	if text == "0" {
		return Rate{}, nil
	}
	count, per, ok := strings.Cut(text, "/")
	if !ok {
		return Rate{}, errors.New(`must be a count and an interval such as "100/5m", or "0" for no cap`)
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 {
		return Rate{}, fmt.Errorf("%q is not a count: it must be a whole number, at least 1", count)
	}
	d, err := time.ParseDuration(per)
	if err != nil || d < time.Second {
		return Rate{}, fmt.Errorf("%q is not an interval: it must be a duration of at least 1s, such as 5m", per)
	}
	return Rate{Max: n, Per: d}, nil
}

// String returns the rate in the form that ParseRate accepts.
func (r Rate) String() string {
	if r.Max == 0 {
		return "0"
	}
	return strconv.Itoa(r.Max) + "/" + shortDuration(r.Per)
}

// shortDuration formats 5m0s as 5m.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
