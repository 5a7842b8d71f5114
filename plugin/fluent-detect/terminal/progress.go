package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

const (
	delay    = 400 * time.Millisecond // before the bar is shown
	interval = 150 * time.Millisecond // between updates
	maxWidth = 100                    // columns
)

// State is the progress of some work.
type State struct {
	Done, Total int64 // bytes; Total is 0 if it is unknown
	Note        string
}

// Progress shows a bar on a terminal, a line that is overwritten, and erased in the
// end.
type Progress struct {
	out   io.Writer
	width func() int
	state func() State
	begin time.Time

	mu    sync.Mutex
	shown bool
	stop  chan struct{}
	ended sync.WaitGroup
}

// StartProgress shows what state returns, from time to time, until Stop. It shows
// nothing if f is not a terminal.
func StartProgress(f *os.File, state func() State) *Progress {
	p := &Progress{out: f, state: state, begin: time.Now()}
	p.width = func() int {
		w, _, err := term.GetSize(int(f.Fd()))
		if err != nil || w <= 0 {
			w = 80
		}
		return min(w, maxWidth)
	}
	if !IsTerminal(f) {
		return p
	}
	p.stop = make(chan struct{})
	p.ended.Go(p.run)
	return p
}

func (p *Progress) run() {
	wait := delay
	for {
		select {
		case <-p.stop:
			return
		case <-time.After(wait):
		}
		wait = interval
		p.mu.Lock()
		p.draw()
		p.mu.Unlock()
	}
}

// Aside calls write, which may write to the same terminal, while the bar is hidden.
func (p *Progress) Aside(write func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	write()
}

// Stop erases the bar.
func (p *Progress) Stop() {
	if p.stop != nil {
		close(p.stop)
		p.ended.Wait()
		p.stop = nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
}

func (p *Progress) draw() {
	line := render(p.state(), time.Since(p.begin), p.width()-1)
	_, _ = fmt.Fprintf(p.out, "\r%s\x1b[K", line)
	p.shown = true
}

func (p *Progress) erase() {
	if p.shown {
		_, _ = fmt.Fprint(p.out, "\r\x1b[K")
		p.shown = false
	}
}

// render returns the line for a state after some time, of at most width columns.
func render(s State, after time.Duration, width int) string {
	rate := float64(s.Done) / max(after.Seconds(), 0.001)
	text := fmt.Sprintf("%s, %s/s", Bytes(s.Done), Bytes(int64(rate)))
	bar := ""
	if s.Total > 0 {
		share := min(float64(s.Done)/float64(s.Total), 1)
		text = fmt.Sprintf("%s of %s, %s/s", Bytes(s.Done), Bytes(s.Total), Bytes(int64(rate)))
		if left := s.Total - s.Done; left > 0 && rate > 0 {
			text += fmt.Sprintf(", %s left", (time.Duration(float64(left)/rate)*time.Second + time.Second).Truncate(time.Second))
		}
		const cells = 20
		full := int(share * cells)
		bar = fmt.Sprintf("%3.0f%% [%s%s] ", share*100, strings.Repeat("=", full), strings.Repeat(" ", cells-full))
	}
	if s.Note != "" {
		text += ", " + s.Note
	}
	line := bar + text
	if len(line) > width {
		line = line[:max(width, 0)]
	}
	return line
}
