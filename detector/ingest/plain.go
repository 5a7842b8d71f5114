package ingest

import "bytes"

// stepPlain handles the next lines of a value that is not read as such: those that are
// values by themselves, and parts of several lines that are, are items; the others are
// one item together, up to the next of these.
func (r *Reader) stepPlain(b *Block) bool {
	have := r.unread()[:r.plain]
	line, n, lines := r.line, 0, 0
	for n < len(have) {
		if size, ends := blankLines(have[n:]); size > 0 {
			n, lines = n+size, lines+ends
			continue
		}
		begin := n + leading(have[n:], r.midLine && n == 0)
		if s := r.nextPart(begin); s > 0 {
			if n > 0 {
				break
			}
			part := r.unread()[:begin+s] // it may end in the line behind
			r.addValue(b, begin, nil, part[begin:], "")
			r.consume(len(part), bytes.Count(part, lineEnd))
			r.midLine = true
			return true
		}
		end, next := len(have), len(have)
		if i := bytes.IndexByte(have[n:], '\n'); i >= 0 {
			end, next = n+i, n+i+1
		}
		if text := have[min(begin, end):end]; isValue(text) {
			if n > 0 {
				break
			}
			b.add(line, r.offset+int64(begin), bytes.TrimRight(text, between))
			r.endLine(next, next > end)
			return true
		}
		if next > end {
			lines++
		}
		n = next
	}
	begin := leading(have[:n], r.midLine)
	if text := bytes.TrimRight(have[begin:n], blanks+"\n"); len(text) > 0 {
		b.add(line+bytes.Count(have[:begin], lineEnd), r.offset+int64(begin), text)
	}
	r.midLine = have[n-1] != '\n'
	r.consume(n, lines)
	return true
}

// leading returns the number of bytes that the text of a line begins with and that do
// not belong to it.
func leading(line []byte, midLine bool) int {
	cut := blanks
	if midLine {
		cut = between
	}
	return len(line) - len(bytes.TrimLeft(line, cut))
}

// isValue reports whether the text of a line looks like a whole array or object, or
// several, with a comma perhaps.
func isValue(text []byte) bool {
	if text = bytes.TrimRight(text, between); len(text) < 2 {
		return false
	}
	return (text[0] == '{' || text[0] == '[') && text[len(text)-1] == text[0]+2
}

// nextPart returns the size of the part of several lines that begins n bytes from
// here, or 0.
func (r *Reader) nextPart(n int) int {
	p := &r.value.scanner.parts
	at := r.offset + int64(n)
	for r.parts < len(p.several) && p.several[r.parts].begin < at {
		r.parts++
	}
	if r.parts < len(p.several) && p.several[r.parts].begin == at {
		return int(p.several[r.parts].size())
	}
	return 0
}
