package ingest

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// small are limits that short inputs exceed.
var small = sizes{item: 64, block: 100, firstBuffer: 4, maxBuffer: 16, long: 24, piece: 12, prefix: 30}

// all returns what a Reader makes of the input: for each record its line, "json" or
// "line", and its body; and among them the problems.
func all(t testing.TB, r *Reader) (lines []string, err error) {
	t.Helper()
	var b Block
	var c Chunk
	type place struct {
		offset int64
		line   string
	}
	for {
		var places []place
		if err := r.Next(&b); err != nil {
			return lines, err
		}
		c.Fill(&b, time.Unix(1_700_000_000, 5))
		bodies := events(t, c.Data)
		if len(bodies) != len(c.Records) {
			t.Fatalf("%d events and %d records", len(bodies), len(c.Records))
		}
		for _, p := range b.Problems {
			places = append(places, place{p.Offset, p.String()})
		}
		for i, rec := range c.Records {
			if bodies[i].at != rec.Body {
				t.Fatalf("record %d has its body at %d, and its event at %d", i, rec.Body, bodies[i].at)
			}
			kind := "line"
			if rec.JSON {
				kind = "json"
			}
			places = append(places, place{rec.Offset, fmt.Sprintf("%d %s %s", rec.Line, kind, bodies[i].text)})
		}
		if len(c.Records) == 0 && len(b.Problems) == 0 && len(b.items) == 0 {
			t.Fatal("Next returned nothing and no error")
		}
		slices.SortStableFunc(places, func(a, b place) int { return cmp.Compare(a.offset, b.offset) })
		for _, p := range places {
			lines = append(lines, p.line)
		}
	}
}

type body struct {
	at   int
	text string
}

// events reads the records of a chunk.
func events(t testing.TB, chunk []byte) []body {
	t.Helper()
	var bodies []body
	var e msgpack.Head
	c := msgpack.NewCursor(chunk)
	for {
		ok, err := c.Next(&e)
		if err != nil {
			t.Fatalf("chunk: %v", err)
		}
		if !ok {
			return bodies
		}
		if e.Item != msgpack.Record || e.Sec != 1_700_000_000 || e.Nsec != 5 {
			t.Fatalf("no event of that time: %+v", e)
		}
		v, end, err := msgpack.Read(chunk, e.Body)
		if err != nil {
			t.Fatalf("chunk: %v", err)
		}
		bodies = append(bodies, body{e.Body, string(jsontext.AppendJSON(nil, v))})
		c.Resume(end)
	}
}

func TestReader(t *testing.T) {
	f := func(name, input string, want ...string) {
		t.Helper()
		for _, mode := range []struct {
			name string
			wrap func(io.Reader) io.Reader
		}{
			{"at once", func(r io.Reader) io.Reader { return r }},
			{"byte by byte", iotest.OneByteReader},
			{"with the error", iotest.DataErrReader},
		} {
			got, err := all(t, NewReader(mode.wrap(strings.NewReader(input))))
			if !errors.Is(err, io.EOF) {
				t.Errorf("%s, %s: ends with %v", name, mode.name, err)
			}
			compare(t, name+", "+mode.name, got, want)
		}
	}
	f("nothing", "")
	f("blank lines", "\n \n\t\r\n\n")
	f("lines of JSON", `{"a":1}`+"\n"+`{"b":"x"}`+"\n", `1 json {"a":1}`, `2 json {"b":"x"}`)
	f("no line end at the end", `{"a":1}`+"\n"+`{"b":2}`, `1 json {"a":1}`, `2 json {"b":2}`)
	f("CRLF and blank lines", "{\"a\":1}\r\n\r\n {\"b\":2} \r\nplain\r\n", `1 json {"a":1}`, `3 json {"b":2}`, `4 line {"log":"plain"}`)
	f("byte order mark", "\xef\xbb\xbf{\"a\":1}\n\xef\xbb\xbf{}\n", `1 json {"a":1}`, "2 line {\"log\":\"\ufeff{}\"}")
	f("lines that are not JSON", "plain text\n  indented\n42\n\"quoted\"\nnull\n",
		`1 line {"log":"plain text"}`, `2 line {"log":"  indented"}`, `3 line {"log":"42"}`, `4 line {"log":"\"quoted\""}`, `5 line {"log":"null"}`)
	f("lines that begin as JSON does", "[error] no\n[2024-01-01 10:00:00] [x]\n[1] [2]\n{ brace\n{\"a\":1} rest\n{}}\n",
		`1 line {"log":"[error] no"}`, `2 line {"log":"[2024-01-01 10:00:00] [x]"}`, `3 line {"log":"[1] [2]"}`,
		`4 line {"log":"{ brace"}`, `5 line {"log":"{\"a\":1} rest"}`, `6 line {"log":"{}}"}`)
	f("a line cut short, and the next", `{"a":"b`+"\n"+`{"a":`+"\n"+`{"b":2}`+"\n"+`{"c":3}`+"\n",
		`1 line {"log":"{\"a\":\"b"}`, `2 line {"log":"{\"a\":"}`, `3 json {"b":2}`, `4 json {"c":3}`)
	f("cut short at the end", `{"a":1}`+"\n"+`{"b":[1,`, `1 json {"a":1}`, `2 line {"log":"{\"b\":[1,"}`)
	f("values over many lines", "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n{\n\"c\": []}\nplain\n",
		`1 json {"a":{"b":1}}`, `6 json {"c":[]}`, `8 line {"log":"plain"}`)
	f("several values on a line", "{\"a\":1}{\"b\":2} , {\"c\":3}\n{\n\"d\":4}{\"e\":5}\n{\"f\":6}\n",
		`1 json {"a":1}`, `1 json {"b":2}`, `1 json {"c":3}`, `2 json {"d":4}`, `3 json {"e":5}`, `4 json {"f":6}`)
	f("an array", `[{"a":1},{"b":2},"{\"c\":3}"]`, `1 json {"a":1}`, `1 json {"b":2}`, `1 line {"log":"{\"c\":3}"}`)
	f("an empty array", "[]\n[ ]\n")
	f("an array over many lines", "[\n  {\"a\":1},\n  {\n    \"b\":2\n  }\n]\n", `2 json {"a":1}`, `3 json {"b":2}`)
	f("an array of other things", "[1,2]\n[{\"a\":1},2]\n[{\"a\":1},]\n",
		`1 line {"log":"[1,2]"}`, `2 json {"a":1}`, `2 line {"log":2}`, `3 line {"log":"[{\"a\":1},]"}`)
	f("a short list of records is left whole", `{"Records":[{"a":1},{"a":2}]}`, `1 json {"Records":[{"a":1},{"a":2}]}`)
	f("escapes in names and values", `{"\u0061":"\n\"}","b":"\\"}`+"\n", `1 json {"a":"\n\"}","b":"\\"}`)
}

func compare(t *testing.T, name string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := "nothing more", "nothing more"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("%s, %d:\n got %s\nwant %s", name, i, g, w)
		}
	}
}

// TestLong tests inputs that are too long to be buffered as a whole.
func TestLong(t *testing.T) {
	f := func(name, input string, want ...string) {
		t.Helper()
		for _, wrap := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader} {
			r := NewReader(wrap(strings.NewReader(input)))
			r.sizes = small
			got, err := all(t, r)
			if !errors.Is(err, io.EOF) {
				t.Errorf("%s: ends with %v", name, err)
			}
			compare(t, name, got, want)
		}
	}
	x := func(n int) string { return strings.Repeat("x", n) }
	f("records", `{"Records":[{"a":1},{"a":2}, {"a":3},{"a":4}]}`+"\n"+`{"b":1}`,
		`1 json {"Records":[{"a":1},{"a":2}]}`, `1 json {"Records":[{"a":3},{"a":4}]}`, `2 json {"b":1}`)
	f("records over lines", "{\n\"Records\": [\n{\n\"a\":1},\n{\"a\":2},\n{\"a\":\n3}\n]\n}\n{\"b\":1}",
		`3 json {"Records":[{"a":1},{"a":2}]}`, `6 json {"Records":[{"a":3}]}`, `10 json {"b":1}`)
	f("what precedes and follows the list", `{"t":"D","logEvents":[{"a":1},{"a":2},{"a":3}],"o":7, "p":{"Records":[1]}}`,
		`1 json {"t":"D","logEvents":[{"a":1},{"a":2}]}`, `1 json {"t":"D","logEvents":[{"a":3}]}`, `1 json {"t":"D","logEvents":[],"o":7,"p":{"Records":[1]}}`)
	f("two lists", `{"Records":[{"a":1},{"a":2},{"a":3}],"x":0,"Events":[{"b":1}]}`,
		`1 json {"Records":[{"a":1},{"a":2}]}`, `1 json {"Records":[{"a":3}]}`, `1 json {"Records":[],"x":0,"Events":[{"b":1}]}`)
	f("an array", `[{"a":1},{"a":2}, {"a":3},{"a":4}] {"b":1}`,
		`1 json {"a":1}`, `1 json {"a":2}`, `1 json {"a":3}`, `1 json {"a":4}`, `1 json {"b":1}`)
	f("values without a line end between them", strings.Repeat(`{"a":1}`, 5)+` plain`,
		`1 json {"a":1}`, `1 json {"a":1}`, `1 json {"a":1}`, `1 json {"a":1}`, `1 json {"a":1}`, `1 line {"log":"plain"}`)
	f("a list that breaks", `{"Records":[{"a":1},{"a":2},{"a":3} {"a":4}]}`+"\nplain",
		`1 json {"Records":[{"a":1},{"a":2}]}`, `1 json {"Records":[{"a":3}]}`,
		`line 1, byte 36: a list is invalid from here on, its rest was read line by line`, `1 line {"log":"{\"a\":4}]}"}`, `2 line {"log":"plain"}`)
	f("a list over lines that breaks", "{\n\"Records\": [\n{\"a\":1},\n{\"a\":2},\n{\"a\" 3},\n  {\"a\":4},\n{\"a\":5},\n]\n}\nx\n{\"b\":1}",
		`3 json {"Records":[{"a":1},{"a":2}]}`,
		`5 line {"log":"{\"a\" 3},"}`, `line 5, byte 38: a list is invalid from here on, its rest was read line by line`,
		`6 json {"a":4}`, `7 json {"a":5}`, `8 line {"log":"]"}`, `9 line {"log":"}"}`, `10 line {"log":"x"}`, `11 json {"b":1}`)
	f("a list cut short", `{"Records":[{"a":1},{"a":2},{"a":3},{"a":`,
		`1 json {"Records":[{"a":1},{"a":2}]}`, `1 json {"Records":[{"a":3}]}`,
		`line 1, byte 41: the input ends inside a list`)
	// JSON in a string that is too long is read by itself, and the string is empty in the
	// value around it. Other strings are not.
	long := `{\"Records\":[{\"a\":1},{\"a\":\"\\\"\u00e4\\u00e4\"},{\"a\":3}]}`
	f("a long text", `{"b":1,"message":"`+long+`","z":2}`+"\n"+`{"c":1}`,
		`1 json {"Records":[{"a":1},{"a":"\"ää"}]}`, `1 json {"Records":[{"a":3}]}`, `1 json {"b":1,"message":"","z":2}`, `2 json {"c":1}`)
	f("a long text of lines", `{"message":"\n {\"a\":1}\r\n{\"a\":\"`+x(40)+`\"}\nplain\n{\"a\":3}"} {"c":1}`,
		`1 json {"a":1}`, `1 json {"a":"`+x(40)+`"}`, `1 line {"log":"plain"}`, `1 json {"a":3}`, `1 json {"message":""}`, `1 json {"c":1}`)
	f("long texts in a list", `[{"message":"`+long+`"},`+"\n"+`{"message":"`+long+`"},{"c":1}]`,
		`1 json {"Records":[{"a":1},{"a":"\"ää"}]}`, `1 json {"Records":[{"a":3}]}`, `1 json {"message":""}`,
		`2 json {"Records":[{"a":1},{"a":"\"ää"}]}`, `2 json {"Records":[{"a":3}]}`, `2 json {"message":""}`, `2 json {"c":1}`)
	f("a long text in a value over lines", "{\n\"message\":\n\""+long+"\",\n\"z\":\n2}\nplain",
		`1 json {"Records":[{"a":1},{"a":"\"ää"}]}`, `1 json {"Records":[{"a":3}]}`, `1 json {"message":"","z":2}`, `6 line {"log":"plain"}`)
	f("a long text in a long text", `{"m":`+string(jsontext.AppendString(nil, []byte(`{"n":"`+long+`","o":1}`)))+`,"z":2}`,
		`1 json {"Records":[{"a":1},{"a":"\"ää"}]}`, `1 json {"Records":[{"a":3}]}`, `1 json {"n":"","o":1}`, `1 json {"m":"","z":2}`)
	f("a long text that ends early", `{"message":"`+long[:len(long)-10]+"\n"+`{"c":1}`,
		`line 1, byte 0: the input ends inside a list`, `1 json {"Records":[{"a":1},{"a":"\"ää"}]}`, `1 line {"log":"{\"message\":\""}`, `2 json {"c":1}`)
	f("a long text and no JSON behind it", `{"message":"`+long+`"]}`+"\n"+`{"c":1}`,
		`1 json {"Records":[{"a":1},{"a":"\"ää"}]}`, `1 json {"Records":[{"a":3}]}`, `1 line {"log":"{\"message\":\"\"]}"}`, `2 json {"c":1}`)
	f("a long text with an element that is too long", `{"message":"{\"Records\":[{\"a\":1},{\"a\":\"`+x(80)+`\"},{\"a\":3}]}"}`,
		`line 1, byte 0: longer than 16 MiB, skipped`, `1 json {"Records":[{"a":1}]}`, `1 json {"Records":[{"a":3}]}`, `1 json {"message":""}`)
	f("a line too long", x(65)+"\nplain\n"+x(64)+"\n",
		`line 1, byte 0: longer than 16 MiB, skipped`, `2 line {"log":"plain"}`, `3 line {"log":"`+x(64)+`"}`)
	f("a value too long", `{"a":"`+x(80)+`"}{"b":1}`+"\n"+`{"c":1}`,
		`line 1, byte 0: longer than 16 MiB, skipped`, `1 json {"b":1}`, `2 json {"c":1}`)
	f("broken and too long", `{"a":"`+x(80)+`"]}`+"\n"+`{"c":1}`,
		`line 1, byte 0: longer than 16 MiB, skipped`, `2 json {"c":1}`)
	f("long and no JSON", `{a`+x(40)+`}`+"\n"+`{"c":1}`, `1 line {"log":"{a`+x(40)+`}"}`, `2 json {"c":1}`)
	f("too long and no JSON", `{a`+x(80)+`}`+"\n"+`{"c":1}`, `line 1, byte 0: longer than 16 MiB, skipped`, `2 json {"c":1}`)
	f("an element too long", `{"Records":[{"a":1},{"a":"`+x(80)+`"},{"a":3}]}`+"\n"+`{"c":1}`,
		`1 json {"Records":[{"a":1}]}`, `line 1, byte 19: longer than 16 MiB, skipped`, `1 json {"Records":[{"a":3}]}`, `2 json {"c":1}`)
	f("the first element too long", `[{"a":"`+x(80)+`"},{"a":3}]`+"\n"+`{"c":1}`,
		`line 1, byte 0: longer than 16 MiB, skipped`, `1 json {"a":3}`, `2 json {"c":1}`)
	f("too much before a list", `{"junk":"`+x(80)+`","Records":[{"a":1},{"a":2}]}`,
		`line 1, byte 0: longer than 16 MiB, skipped`, `1 json {"Records":[{"a":1},{"a":2}]}`)
	f("too much before a list to repeat it", `{"junk":"`+x(30)+`","Records":[{"a":1}]}`,
		`1 json {"junk":"`+x(30)+`","Records":[{"a":1}]}`)
	f("a list of another name", `{"x":[0],"items":[{"a":1},{"a":"`+x(20)+`"},{"a":3},{"a":"`+x(30)+`"}],"b":1}`,
		`1 json {"x":[0],"items":[{"a":1},{"a":"`+x(20)+`"}]}`, `1 json {"x":[0],"items":[{"a":3},{"a":"`+x(30)+`"}]}`, `1 json {"x":[0],"items":[],"b":1}`)
	f("a short list of another name", `{"items":[{"a":1},{"a":2}],"b":1}`, `1 json {"items":[{"a":1},{"a":2}],"b":1}`)
	f("a list with an escaped name after much else", `{"junk":"`+x(80)+`","\u0052ecords":[{"a":1},{"a":2}]}`,
		`line 1, byte 0: longer than 16 MiB, skipped`, `1 json {"Records":[{"a":1},{"a":2}]}`)
	f("much before a list", `{"junk":"`+x(30)+`","Records":[{"a":"`+x(4)+`"},{"b":"`+x(4)+`"}],"b":5}`,
		`1 json {"junk":"`+x(30)+`","Records":[{"a":"`+x(4)+`"}]}`, `1 json {"Records":[{"b":"`+x(4)+`"}]}`, `1 json {"Records":[],"b":5}`)
	f("a short list before a long one", `{"Events":[{"b":1}],"Records":[{"a":1},{"a":2},{"a":3},{"a":4}]}`,
		`1 json {"Events":[{"b":1}],"Records":[{"a":1},{"a":2}]}`, `1 json {"Records":[{"a":3},{"a":4}]}`)
	f("an escaped name", `{"\u0052ecords":[{"a":1},{"a":2},{"a":3}]}`, `1 json {"Records":[{"a":1},{"a":2}]}`, `1 json {"Records":[{"a":3}]}`)
}

// TestWhole: documents are not split for eval, arrays of them are.
func TestWhole(t *testing.T) {
	r := NewReader(strings.NewReader(`{"Records":[{"a":1},{"a":2},{"a":3}]}[{"a":4},{"a":5},{"a":6}]`))
	r.sizes = small
	r.Whole = true
	got, _ := all(t, r)
	compare(t, "whole", got, []string{`1 json {"Records":[{"a":1},{"a":2},{"a":3}]}`, `1 json {"a":4}`, `1 json {"a":5}`, `1 json {"a":6}`})
}

// TestEager: Next returns what was read before it reads more.
func TestEager(t *testing.T) {
	in, out := io.Pipe()
	defer in.Close()
	r := NewReader(in)
	r.Eager = true
	var b Block
	for i := range 3 {
		sent := make(chan error)
		go func() {
			_, err := fmt.Fprintf(out, "{\"n\":%d}\nhalf", i)
			sent <- err
		}()
		if err := r.Next(&b); err != nil || len(b.items) != 1 {
			t.Fatalf("%d items, %v", len(b.items), err)
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
	}
}

// TestSourceError: Next returns what precedes an error, and then the error.
func TestSourceError(t *testing.T) {
	gone := errors.New("gone")
	got, err := all(t, NewReader(io.MultiReader(strings.NewReader("{}\npla"), iotest.ErrReader(gone))))
	if !errors.Is(err, gone) {
		t.Errorf("ends with %v", err)
	}
	compare(t, "error", got, []string{`1 json {}`, `2 line {"log":"pla"}`})
}
