package msgpack

import "github.com/vmihailenco/msgpack/v5/msgpcode"

// Skip returns the offset behind the value at b[off:]. Strings are stepped
// over by their length, their bytes are not touched. It needs no stack and no
// depth limit: a count of the values still to come is enough. The error is an
// *Error that points to the value that does not fit.
func Skip(b []byte, off int) (int, error) { return skipMembers(b, off, 1) }

// SkipPlain is Skip for the values whose first byte says how long they are, most
// of all short texts, where the compiler can put it into the caller's loop. It
// returns 0 for others, and for what is not whole.
func SkipPlain(b []byte, off int) int {
	if uint(off) < uint(len(b)) {
		if end := off + int(plain[b[off]]); end > off && end <= len(b) {
			return end
		}
	}
	return 0
}

// SkipStr8 is SkipPlain for texts of 32 to 255 bytes.
func SkipStr8(b []byte, off int) int {
	if off >= 0 && off < len(b)-1 && b[off] == msgpcode.Str8 {
		if end := off + 2 + int(b[off+1]); end <= len(b) {
			return end
		}
	}
	return 0
}

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
		if b[off] == msgpcode.Str8 && len(b)-off > 2 { // of the others the most frequent
			if end := off + 2 + int(b[off+1]); end <= len(b) {
				off = end
				continue
			}
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
