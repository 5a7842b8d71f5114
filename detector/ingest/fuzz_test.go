package ingest

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// FuzzReader reads an input as a whole, and again in small pieces with small limits. For
// every input:
//
//   - reading ends with io.EOF, within bounded memory, and the chunks are valid;
//   - the items are in the order of their offsets, and their lines are correct;
//   - if the input is all JSON, both yield the same elements, each once.
func FuzzReader(f *testing.F) {
	for _, s := range []string{
		`{"a":1}` + "\n" + `{"b":[1,2,{"c":"d\"e"}]}` + "\r\n\n" + `plain`,
		`{"Records":[{"a":1},{"a":2},{"a":3},{"a":4}],"x":"y"}{"z":0}`,
		"[\n{\"a\":1},\n{\"a\":2} ,{\"a\":3}\n]\n",
		"{\n \"logEvents\": [\n {\"m\": \"{}\"},{\"m\":1e5},{\"m\":true},{\"m\":null}\n]}\n{\n}",
		`{"Events":[1,[],{}],"records":[[[]],{"Records":[1]}]}`,
		"[error] x\n[1,\n2\n{\"a\":\n[\n[\n",
		"\xef\xbb\xbf{\"\\u0052ecords\":[{}]}\x00\n{\"a\":\"\n\"}",
	} {
		f.Add([]byte(s), uint8(3))
	}
	f.Fuzz(func(t *testing.T, input []byte, step uint8) {
		if len(input) > 1<<14 {
			return
		}
		whole := readAll(t, NewReader(bytes.NewReader(input)), input)
		r := NewReader(&steps{input, int(step)%13 + 1})
		r.sizes = sizes{item: 1 << 16, block: 50, firstBuffer: 4, maxBuffer: 16, long: 16, piece: 8, prefix: 1 << 10}
		pieces := readAll(t, r, input)
		if !whole.json || !pieces.json {
			return
		}
		if !slices.Equal(pieces.elements, whole.elements) {
			t.Fatalf("elements in pieces and as a whole:\n%q\n%q", pieces.elements, whole.elements)
		}
		// What follows a list that was split is one more record.
		rest := pieces.others
		for _, want := range whole.others {
			i := slices.Index(rest, want)
			if i < 0 {
				t.Fatalf("%q is missing in pieces:\n%q\n%q", want, pieces.others, whole.others)
			}
			rest = rest[i+1:]
		}
	})
}

// FuzzLongText reads an input that is the text of a member, in small pieces with small
// limits, and by itself: what is in it is the same.
func FuzzLongText(f *testing.F) {
	for _, s := range []string{
		`{"Records":[{"a":1},{"a":"\\\"\u00e4\ud83d\ude00"},{"a":3},{"a":4}],"x":"y"}` + "\n" + `{"z":0}`,
		"[\n{\"a\":1},\n{\"a\":2} ,{\"a\":3}\n]\n\x01\u2028äöü😀",
		"{\"m\":\"{\\\"Records\\\":[{},{},{},{},{},{},{},{},{},{},{},{},{},{}]}\"}",
	} {
		f.Add([]byte(s), []byte(`,"z":[`+"\n"+`{"c":1},{"d":2}]}`+"\nplain"), uint8(3))
	}
	f.Fuzz(func(t *testing.T, input, rest []byte, step uint8) {
		if len(input) > 1<<12 || len(rest) > 1<<12 || !utf8.Valid(input) {
			return
		}
		limits := sizes{item: 128, block: 50, firstBuffer: 4, maxBuffer: 16, long: 32, piece: 8, prefix: 1 << 10}
		quoted := jsontext.AppendString([]byte(`{"message":`), input)
		body := append(quoted, rest...)
		r := NewReader(&steps{body, int(step)%13 + 1})
		r.sizes = limits
		within := readAll(t, r, body, input)
		r = NewReader(&steps{input, int(step)%13 + 1})
		r.sizes, r.level = limits, 1
		alone := readAll(t, r, input)
		if len(quoted) < 200 || !beginsValue(quoted[len(`{"message":"`):]) || !alone.json {
			return
		}
		for _, of := range [][2][]string{{alone.elements, within.elements}, {alone.others, within.others}} {
			if len(of[0]) > len(of[1]) || !slices.Equal(of[0], of[1][:len(of[0])]) {
				t.Fatalf("in a text and alone:\n%q\n%q", of[1], of[0])
			}
		}
	})
}

// steps is a source that returns few bytes at a time.
type steps struct {
	rest []byte
	step int
}

func (s *steps) Read(p []byte) (int, error) {
	n := copy(p[:min(len(p), s.step)], s.rest)
	s.rest = s.rest[n:]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// outcome is what a Reader made of an input.
type outcome struct {
	json     bool     // without lines and without problems
	elements []string // of the lists in records
	others   []string // records without a list
}

// readAll reads an input. Its lines are in it, or in one of the texts.
func readAll(t *testing.T, r *Reader, input []byte, texts ...[]byte) outcome {
	o := outcome{json: true}
	var b Block
	var c Chunk
	at := int64(-1)
	for {
		err := r.Next(&b)
		if errors.Is(err, io.EOF) {
			return o
		}
		if err != nil {
			t.Fatal(err)
		}
		c.Fill(&b, time.Unix(1_700_000_000, 5))
		if n := len(events(t, c.Data)); n != len(c.Records) {
			t.Fatalf("%d events and %d records", n, len(c.Records))
		}
		o.json = o.json && len(b.Problems) == 0
		for _, rec := range c.Records {
			if rec.Offset < at || rec.Offset > int64(len(input)) {
				t.Fatalf("a record at byte %d after one at byte %d", rec.Offset, at)
			}
			at = rec.Offset
			if line := 1 + bytes.Count(input[:at], lineEnd); line != rec.Line {
				t.Fatalf("byte %d is in line %d, not %d", at, line, rec.Line)
			}
			o.json = o.json && rec.JSON
			// A piece of a list that is not JSON is a line too.
			texts := append(texts, input)
			if !rec.JSON && !slices.ContainsFunc(texts, func(text []byte) bool { return bytes.Contains(text, rec.Text) }) && rec.Text[0] != '[' && rec.Text[0] != '{' {
				t.Fatalf("line %q is not in the input", rec.Text)
			}
			o.add(c.Data, rec)
		}
	}
}

// add adds the contents of the record. It ignores members beside a list: they are in a
// separate record or in each piece.
func (o *outcome) add(chunk []byte, rec Record) {
	v, _, _ := msgpack.Read(chunk, rec.Body)
	isList := false
	for m := v.Members(); ; {
		name, value, ok := m.Next()
		if !ok {
			break
		}
		s := scanner{key: name.Bytes()}
		if value.Kind() != msgpack.Array || !s.isListName() {
			continue
		}
		isList = true
		for e := value.Elements(); ; {
			element, ok := e.Next()
			if !ok {
				break
			}
			o.elements = append(o.elements, string(jsontext.AppendJSON(nil, element)))
		}
	}
	if !isList {
		o.others = append(o.others, string(jsontext.AppendJSON(nil, v)))
	}
}
