package sidecar

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// repeated reads a text many times, then an end.
type repeated struct {
	text  string
	times int
	end   string
	at    int
}

func (r *repeated) Read(p []byte) (n int, err error) {
	for n < len(p) {
		text := r.text
		if r.times == 0 {
			text = r.end
		}
		c := copy(p[n:], text[r.at:])
		n += c
		if r.at += c; r.at < len(text) {
			continue
		}
		r.at = 0
		if r.times == 0 {
			return n, io.EOF
		}
		r.times--
	}
	return n, nil
}

// peak returns the maximum memory of the process in MB.
func (p *process) peak() int { return p.memory("VmHWM:") }

// resident returns the current memory of the process in MB.
func (p *process) resident() int { return p.memory("VmRSS:") }

func (p *process) memory(name string) int {
	p.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Skipf("not tested: the memory of the sidecar, which the system does not tell: %v", err)
	}
	_, after, _ := strings.Cut(string(status), name)
	kb, err := strconv.Atoi(strings.Fields(after)[0])
	if err != nil {
		p.t.Fatal(err)
	}
	return kb >> 10
}

// Memory does not grow with the size of a body, neither of lines nor of an object of
// S3 in a single line.
func TestLargeBodies(t *testing.T) {
	t.Parallel()
	const size = 100 << 20
	source := newVectorSource(t, "")
	p := launch(t, keys{"alerts": source.url})
	post(t, p.url, &repeated{text: other + "\n", times: size / len(other), end: push("lines")}, 200)
	post(t, p.url, &repeated{text: `{"Records":[` + other + "," + other + "]}\n", times: size / len(other) / 2, end: push("files")}, 200)
	list := io.MultiReader(strings.NewReader(`{"Records":[`), &repeated{text: other + ",", times: size / len(other), end: push("list") + "]}"})
	post(t, p.url, list, 200)
	source.wantAlerts(3)
	if got := p.peak(); got > maxLargePeak {
		t.Errorf("bodies of %d MB take %d MB", size>>20, got)
	}
}

// A whole object of S3 may be the text of a member, as Vector's json codec sends it: it is
// read as a stream, like the object itself.
func TestLargeTexts(t *testing.T) {
	t.Parallel()
	const size = 64 << 20
	source := newVectorSource(t, "")
	letters := filepath.Join(t.TempDir(), "dead")
	p := launch(t, keys{"alerts": source.url, "dead_letters": letters})
	quoted := func(text string) string { return strings.ReplaceAll(text, `"`, `\"`) }
	text := func(id string) io.Reader {
		return io.MultiReader(strings.NewReader(`{"bucket":"b","message":"`+quoted(`{"Records":[`)),
			&repeated{text: quoted(other) + ",", times: size / len(other), end: quoted(push(id) + "]}")}, strings.NewReader(`","object":"o"}`))
	}
	post(t, p.url, text("one"), 200, "Content-Type", "application/x-ndjson")
	post(t, p.url, io.MultiReader(strings.NewReader("["), text("first"), strings.NewReader(","), text("second"), strings.NewReader(","+push("third")+"]")), 200, "Content-Type", "application/json")
	source.wantAlerts(4)
	if got := p.peak(); got > maxLargePeak {
		t.Errorf("texts of %d MB take %d MB", size>>20, got)
	}
	if all := deadLettersOf(t, letters); len(all) > 0 {
		t.Errorf("dead letters: %+v", all)
	}
}
