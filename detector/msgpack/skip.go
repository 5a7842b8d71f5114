package msgpack

import "github.com/vmihailenco/msgpack/v5/msgpcode"

// Skip returns the offset of the end of the value at b[off:]. It does not touch
// the bytes of strings, and needs neither a stack nor a depth limit: a count of
// the values still to come is enough. The error is an *Error with the offset of
// the value that does not fit.
func Skip(b []byte, off int) (int, error) { return skipMembers(b, off, 1) }

// SkipPlain is Skip for values whose first byte gives their length, such as short
// texts; the compiler can inline it. It returns 0 for all other values and for
// truncated ones.
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

// skipMembers skips n consecutive values.
func skipMembers(b []byte, off int, n uint64) (int, error) {
	for ; n > 0; n-- {
		if uint(off) >= uint(len(b)) {
			return off, &Error{Offset: off, Fault: Truncated}
		}
		// Most values are short texts. Where the next one begins is known sooner if their
		// length is computed, and not looked up.
		c := b[off]
		if c&^msgpcode.FixedStrMask == msgpcode.FixedStrLow {
			end := off + 1 + int(c&msgpcode.FixedStrMask)
			if end > len(b) {
				return off, &Error{Offset: off, Fault: Truncated}
			}
			off = end
			continue
		}
		if size := int(plain[c]); size != 0 {
			if size > len(b)-off {
				return off, &Error{Offset: off, Fault: Truncated}
			}
			off += size
			continue
		}
		if c == msgpcode.Str8 && len(b)-off > 2 { // the most frequent of the rest
			if end := off + 2 + int(b[off+1]); end <= len(b) {
				off = end
				continue
			}
		}
		f := &formats[c]
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
			// Every member takes at least one byte, so a count above the number
			// of bytes left is wrong. Checking it here keeps n bounded.
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

// plain has the size, the first byte included, of the values whose first byte
// determines it, and 0 for all others.
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
