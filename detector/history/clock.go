package history

import (
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// clock reads times in the form 2006-01-02T15:04:05Z, of which most have the date of the
// one before. It leaves the others to [event.ParseTime].
type clock struct {
	date     [len("2006-01-02T")]byte
	midnight uint32
}

// seconds returns a time as an Observation has it, 0 if it cannot have it.
func (c *clock) seconds(v msgpack.Value) uint32 {
	if !v.IsText() {
		return Seconds(event.ParseTime(v))
	}
	b := v.Bytes()
	if len(b) != len("2006-01-02T15:04:05Z") || b[13] != ':' || b[16] != ':' || b[19] != 'Z' {
		return Seconds(event.ParseTime(v))
	}
	hour, minute, second := twoDigits(b[11], b[12]), twoDigits(b[14], b[15]), twoDigits(b[17], b[18])
	if hour > 23 || minute > 59 || second > 59 {
		return Seconds(event.ParseTime(v))
	}
	of := hour*3600 + minute*60 + second
	if c.midnight == 0 || [len(c.date)]byte(b) != c.date {
		at := Seconds(event.ParseTime(v))
		if at < of {
			return at
		}
		c.date, c.midnight = [len(c.date)]byte(b), at-of
	}
	return c.midnight + of
}

// twoDigits returns the number of two digits, more than 99 if they are none.
func twoDigits(a, b byte) uint32 {
	if a -= '0'; a > 9 {
		return 1 << 8
	}
	if b -= '0'; b > 9 {
		return 1 << 8
	}
	return uint32(a)*10 + uint32(b)
}
