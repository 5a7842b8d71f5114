package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// blankLines does what a look at each line does.
func TestBlankLines(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		text := make([]byte, random.IntN(40))
		for i := range text {
			text[i] = " \t\r\n\n\n  x\x0b\x0c\x00\x8a\xa0"[random.IntN(4+random.IntN(11))]
		}
		size, lines := 0, 0
		for rest := text; ; {
			i := bytes.IndexByte(rest, '\n')
			if i < 0 || len(bytes.Trim(rest[:i], blanks)) > 0 {
				break
			}
			size, lines, rest = size+i+1, lines+1, rest[i+1:]
		}
		if gotSize, gotLines := blankLines(text); gotSize != size || gotLines != lines {
			t.Fatalf("%q begins with %d blank lines of %d bytes, got %d of %d", text, lines, size, gotLines, gotSize)
		}
	}
}

// Lines and offsets are right behind blank lines, wherever these are.
func TestPositionsBehindBlankLines(t *testing.T) {
	const blank = "\n\r\n   \n\t\n\n\n\n\n\n\n\n\n\n\n \n" // 15 lines
	for _, c := range []struct {
		text string
		line int
	}{
		{blank + "{\"a\":1}", 16},
		{"x\n" + blank + "{\"a\":1}\n" + blank, 17},
		{"{\"b\":\n" + blank + "2}\n" + blank + "{\"a\":1}", 33},
		{"[" + blank + "x\n" + blank + "{\"a\":1}", 32},
		{strings.Repeat(blank, 10_000) + "{\"a\":1}", 150_001},
	} {
		r := NewReader(&slowReader{text: []byte(c.text)})
		var b Block
		var chunk Chunk
		var got []string
		for r.Next(&b) == nil {
			chunk.Fill(&b, time.Unix(0, 0))
			for _, one := range chunk.Records {
				if string(one.Text) == `{"a":1}` {
					got = append(got, fmt.Sprintf("line %d, byte %d", one.Line, one.Offset))
				}
			}
		}
		if want := fmt.Sprintf("line %d, byte %d", c.line, strings.LastIndex(c.text, `{"a":1}`)); len(got) != 1 || got[0] != want {
			t.Errorf("%.40q: %q, want %s", c.text, got, want)
		}
	}
}

// slowReader returns a few bytes at a time.
type slowReader struct {
	text []byte
	n    int
}

func (s *slowReader) Read(p []byte) (int, error) {
	if len(s.text) == 0 {
		return 0, io.EOF
	}
	s.n++
	n := copy(p[:min(len(p), 1+s.n%977)], s.text)
	s.text = s.text[n:]
	return n, nil
}

// No text takes longer the longer it is: values of a few bytes without a line end.
func TestNoTextIsQuadratic(t *testing.T) {
	for _, unit := range []string{"[]", "[1] ", "[],", "[\n]", "\n", "[\n"} {
		begin := time.Now()
		r := NewReader(strings.NewReader(strings.Repeat(unit, 1<<20/len(unit))))
		var b Block
		for r.Next(&b) == nil {
			if time.Since(begin) > 30*time.Second { // it took minutes when it was
				t.Fatalf("%q: it has read %d bytes in 30 seconds", unit, r.offset)
			}
		}
	}
}

// The memory for long items is asked for, and given back, for each of them.
func TestLargeAndSmall(t *testing.T) {
	long := strings.Repeat("x", 5<<20)
	text := strings.Repeat("short\n", 1000) + long + "\n" + strings.Repeat("short line, of which there are many\n", 1<<19) + long + "\nend\n"
	r := NewReader(strings.NewReader(text))
	var events []string
	r.Large = func() error { events = append(events, "large"); return nil }
	r.Small = func() { events = append(events, "small") }
	var b Block
	lines := 0
	for r.Next(&b) == nil {
		lines += len(b.items)
	}
	if got := strings.Join(events, " "); got != "large small large small" || lines != 1000+1+1<<19+1+1 {
		t.Errorf("%s, %d lines", got, lines)
	}
}

// A decoder of megabytes is made only with leave, and its memory given back with it.
func TestDecompressBounded(t *testing.T) {
	refused := errors.New("refused")
	data := packGzip(t, string(packZstd(t, string(packZstd(t, "text")))))
	var rounds []int
	held := 0
	reserve := func(round int) (func(), error) {
		rounds = append(rounds, round)
		held++
		return func() { held-- }, nil
	}
	z, err := DecompressBounded(bytes.NewReader(data), reserve)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(z); err != nil || string(text) != "text" || fmt.Sprint(rounds) != "[1 2]" || held != 2 {
		t.Errorf("%q, %v, rounds %v, %d held", text, err, rounds, held)
	}
	if err := z.Close(); err != nil || held != 0 {
		t.Errorf("%d are held after Close, %v", held, err)
	}
	_, err = DecompressBounded(bytes.NewReader(data), func(round int) (func(), error) {
		if round == 2 {
			return nil, refused
		}
		return reserve(round)
	})
	if !errors.Is(err, refused) || held != 0 {
		t.Errorf("%d are held, %v", held, err)
	}
}
