package hostconf

import (
	"slices"
	"strconv"
	"strings"
)

const (
	// tailBuffer is the default limit of tail for a line.
	tailBuffer = 32 << 10
	// longEvent is the maximum size of a CloudTrail event as JSON.
	longEvent = 256 << 10
	// longObject is less than the size of many objects in S3, which are one line.
	longObject = 16 << 20
)

// tails checks the tail inputs whose records are evaluated.
func (c *config) tails() {
	tags := c.tags()
	for _, in := range c.of("input", "tail") {
		// With Match *, tail may read something else.
		severity, evaluated := Warning, false
		for _, out := range append(c.of("output", "detect"), c.toSidecar()...) {
			if takes(out, tags[in]) == no {
				continue
			}
			evaluated = true
			if p := out.get("match"); p != nil && p.text != "*" {
				severity = Error
			}
		}
		if evaluated {
			c.tail(in, severity)
		}
	}
}

func (c *config) tail(in *section, severity Severity) {
	chunk, okChunk := size(in.text("buffer_chunk_size", ""), tailBuffer)
	limit, okLimit := size(in.text("buffer_max_size", ""), tailBuffer)
	if okChunk && okLimit && known(in, "buffer_chunk_size") && known(in, "buffer_max_size") {
		skips := isOn(in.text("skip_long_lines", "off")) || isOn(in.text("truncate_long_lines", "off"))
		c.tailBuffers(in, chunk, limit, skips, severity)
	}
	if in.get("db") == nil {
		c.warn(in.at, "tail: DB is not set: after a restart Fluent Bit does not know its position, and skips lines or reads them again")
	}
	for path := range strings.SplitSeq(in.text("path", ""), ",") {
		if path = strings.TrimSpace(path); strings.HasSuffix(path, ".gz") && slices.Contains([]string{"", "off", "false"}, strings.ToLower(in.text("read_from_head", ""))) {
			c.warn(in.position("path"), "tail: Read_from_Head is off: a compressed file can only be read from its beginning")
		}
	}
}

func (c *config) tailBuffers(in *section, chunk, limit int, skips bool, severity Severity) {
	lost := "tail drops the rest of the file"
	if skips {
		lost = "tail skips it"
	}
	at := in.position("buffer_max_size")
	switch {
	case chunk > limit:
		c.fail(in.position("buffer_chunk_size"), "tail: Buffer_Chunk_Size is greater than Buffer_Max_Size, which is %s: Fluent Bit rejects this", sizeText(limit))
	case limit < longEvent:
		c.add(at, severity, "tail: Buffer_Max_Size is %s: at a longer line %s. A CloudTrail event can have 256 KiB, an object in S3 is one line of many megabytes: set Buffer_Max_Size 64M and Skip_Long_Lines On", sizeText(limit), lost)
	case limit < longObject:
		c.warn(at, "tail: Buffer_Max_Size is %s: at a longer line %s. An object of CloudTrail in S3 is one line of many megabytes: set Buffer_Max_Size 64M", sizeText(limit), lost)
	}
	if !skips && limit >= longEvent {
		c.warn(in.position("skip_long_lines"), "tail: Skip_Long_Lines is off: at a line longer than Buffer_Max_Size, %s, %s", sizeText(limit), lost)
	}
}

// size parses a number of bytes as Fluent Bit does: 512, 32k, 1M, 2G, with or
// without a B.
func size(text string, defaultSize int) (bytes int, ok bool) {
	if text == "" {
		return defaultSize, true
	}
	number := strings.TrimSuffix(strings.ToLower(text), "b")
	unit := 1
	for letter, n := range map[string]int{"k": 1 << 10, "m": 1 << 20, "g": 1 << 30} {
		if rest, found := strings.CutSuffix(number, letter); found {
			number, unit = rest, n
			break
		}
	}
	n, err := strconv.Atoi(number)
	return n * unit, err == nil && n >= 0 && n < 1<<32
}

func sizeText(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return strconv.Itoa(n>>20) + " MiB"
	case n >= 1<<10 && n%(1<<10) == 0:
		return strconv.Itoa(n>>10) + " KiB"
	}
	return strconv.Itoa(n) + " bytes"
}
