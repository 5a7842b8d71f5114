package elastic

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/rule/files"
)

// TestHostile reads files as large as they may be that ask for more work than
// their size warrants. Each is a matter of milliseconds.
func TestHostile(t *testing.T) {
	fill := func(head, item, tail string) []byte {
		n := (files.MaxSize - len(head) - len(tail)) / len(item)
		return []byte(head + strings.Repeat(item, n) + tail)
	}
	var keys strings.Builder // go-toml's search for duplicates goes with the square of the keys
	for i := 0; keys.Len() < files.MaxSize/16; i++ {
		fmt.Fprintf(&keys, "severty_%d = 1\n", i)
	}
	for name, text := range map[string][]byte{
		"wrong items on one line": fill(minimal+"tags = [", "1,", "]"),
		"deep lists":              fill(minimal+"tags = ", "[", ""),
		"deep keys":               fill("a", ".a", " = 1"),
		"tests without anything":  fill(minimal, "[[fluent_detect.test]]\n", ""),
		"escapes":                 fill(strings.TrimSuffix(minimal, "'user.name: maria'\n")+`"a`, `\t`, `"`),
		"unknown keys":            []byte(minimal + keys.String()),
	} {
		start := time.Now()
		_, err := kuery.parseTOML("x", text)
		if took := time.Since(start); took > 10*time.Second { // generous: machines are busy
			t.Errorf("%s: %v", name, took)
		} else {
			t.Logf("%s: %v, %.80v", name, took, err)
		}
	}
	for name, text := range map[string][]byte{
		"wrong items": fill(`{"type":"query","language":"kuery","tags":[`, "1,", "1]}"),
		"deep lists":  fill("", "[", ""),
		"tests":       fill(`{"type":"query","language":"kuery","rule_id":"a","fluent_detect":{"test":[`, "{},", "{}]}}"),
		"escapes":     fill(`{"type":"query","language":"kuery","rule_id":"a","query":"`, `\u00f6`, `"}`),
	} {
		start := time.Now()
		_, err := kuery.parseNDJSON("x", text)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: %v", name, took)
		} else {
			t.Logf("%s: %v, %.80v", name, took, err)
		}
	}
}
