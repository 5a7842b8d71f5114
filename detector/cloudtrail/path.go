package cloudtrail

// path is the envelopes that an event came in, the outermost first.
type path struct {
	shapes [maxLevels]Shape
	n      uint8
}

func (p path) add(s Shape) path {
	if int(p.n) < len(p.shapes) {
		p.shapes[p.n] = s
		p.n++
	}
	return p
}

// appendName appends the envelopes and the event's own shape, joined by "/":
// "raw", "records", "text/records", "text/ecs". Within an envelope Raw goes
// without saying.
func (p path) appendName(dst []byte, own Shape) []byte {
	for i, s := range p.shapes[:p.n] {
		if i > 0 {
			dst = append(dst, '/')
		}
		dst = append(dst, s.String()...)
	}
	if p.n == 0 {
		return append(dst, own.String()...)
	}
	if own != Raw {
		dst = append(dst, '/')
		dst = append(dst, own.String()...)
	}
	return dst
}
