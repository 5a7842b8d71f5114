package record

// Skip returns the offset behind the value at b[off:]. Strings are stepped
// over by their length, their bytes are not touched. It needs no stack and no
// depth limit: a count of the values still to come is enough. The error is an
// *Error that points to the value that does not fit.
func Skip(b []byte, off int) (int, error) { return skipMembers(b, off, 1) }

// skipMembers steps over n values that follow each other.
func skipMembers(b []byte, off int, n uint64) (int, error) {
	for ; n > 0; n-- {
		if uint(off) >= uint(len(b)) {
			return off, &Error{Offset: off, Fault: Truncated}
		}
		if size := int(plain[b[off]]); size != 0 {
			if size > len(b)-off {
				return off, &Error{Offset: off, Fault: Truncated}
			}
			off += size
			continue
		}
		f := &formats[b[off]]
		pos := off + 1
		size := uint64(f.fixed)
		if f.width != 0 {
			if len(b)-pos < int(f.width) {
				return off, &Error{Offset: off, Fault: Truncated}
			}
			size = bigEndian(b[pos:], f.width)
			pos += int(f.width)
		}
		switch f.kind {
		case Map:
			size *= 2
			fallthrough
		case Array:
			n += size
			size = 0
			// Every member takes a byte at least, so a count above what is
			// left is a lie; saying so here keeps n from growing without end.
			if n-1 > uint64(len(b)-pos) {
				return off, &Error{Offset: off, Fault: Truncated}
			}
		case Ext:
			size++
		case Invalid:
			return off, &Error{Offset: off, Fault: BadCode}
		}
		if size > uint64(len(b)-pos) {
			return off, &Error{Offset: off, Fault: Truncated}
		}
		off = pos + int(size)
	}
	return off, nil
}

// plain has the size of values whose first byte says all about it, the first
// byte included, and 0 for the others.
var plain = buildPlain()

func buildPlain() (t [256]uint8) {
	for c, f := range formats {
		if f.width == 0 && f.kind != Array && f.kind != Map && f.kind != Invalid {
			t[c] = 1 + f.fixed
			if f.kind == Ext {
				t[c]++
			}
		}
	}
	return t
}
