package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// neighbour is a line with an event.
const neighbour = `{"eventSource":"s","eventName":"NEIGHBOUR","x":[{"y":"}"}]}`

// found reads an input and returns how often the event of neighbour is in it where it is
// looked for (a record, or an element of one of its lists) and how often anywhere.
func found(t testing.TB, r *Reader) (events, texts, problems int) {
	t.Helper()
	var b Block
	var c Chunk
	for {
		err := r.Next(&b)
		if errors.Is(err, io.EOF) {
			return events, texts, problems
		}
		if err != nil {
			t.Fatal(err)
		}
		c.Fill(&b, time.Unix(1_700_000_000, 5))
		problems += len(b.Problems)
		for _, rec := range c.Records {
			v, _, err := msgpack.Read(c.Data, rec.Body)
			if err != nil {
				t.Fatal(err)
			}
			if isNeighbour(v) {
				events++
			}
			for m := v.Members(); ; {
				name, list, ok := m.Next()
				if !ok {
					break
				}
				s := scanner{key: name.Bytes()}
				if !s.isListName() {
					continue
				}
				for e := list.Elements(); ; {
					element, ok := e.Next()
					if !ok {
						break
					}
					if isNeighbour(element) {
						events++
					}
				}
			}
		}
		texts += bytes.Count(c.Data, []byte("NEIGHBOUR"))
	}
}

func isNeighbour(v msgpack.Value) bool {
	for m := v.Members(); ; {
		name, value, ok := m.Next()
		if !ok {
			return false
		}
		if string(name.Bytes()) == "eventName" && string(value.Bytes()) == "NEIGHBOUR" {
			return true
		}
	}
}

// TestLinesAround: a line that is a whole value is read, once, whatever lines are around
// it.
func TestLinesAround(t *testing.T) {
	deep := strings.Repeat
	for _, around := range []string{
		"E", "\n\nE\n\n", "[1,\nE", "[1,\nE\n", "{\"a\":\nE\n}", "[[\nE\n]]", deep("{\"x\":\n", 10) + "E", deep("{\"x\":\n", 10) + "E\n" + deep("}\n", 10),
		"{\nE", "[\nE", "[\nE\n]", "[\nE\n}", "{\"Records\":[\nE\n]}", "{\"Records\":[\nE\n", "{\"Records\":[{\"a\":1},\nE\n]\n", "{\"a\":[\nE\n]}", "{\"a\":[\nE\n]", "{\"a\":[1,\nE\n",
		"{\"eventSource\":\"a\",\"eventName\":\"b\",\"requestParameters\":\nE\n}", "{\"eventSource\":\"a\",\"eventName\":\"b\",\"requestParameters\":[[\nE\n]]}",
		"{\"a\":\"b\nE\n\"}", "{\"a\":\nE\n,\"b\":\n", "{\"a\":\n  E  \n}", "[\r\nE\r\n]\r\n", "[1,\n\t E", "[1\n,\nE\n,\n2,\n",
		deep("[\n", 127) + "E", deep("[\n", 128) + "E", deep("[\n", 129) + "E\n", deep("[\n", 1000) + "E\n" + deep("]\n", 1000), deep("[\n", 1000) + "E\n" + deep("]\n", 999),
		deep("[", 1000) + "\nE\n" + deep("]", 1000), deep("{\"a\":[\n", 5000) + "E\n" + deep("]}\n", 4000),
		"{\"a\":{\n\"b\":\nE\n}\n", "[\n{\"a\":\nE\n}\n{", "{\"a\":[\n[\nE\n]\n,\n{\"b\":01}]}", "{\"Records\":[{\"a\":\"\\x\"},\nE\n]}", "[{\"a\":\"\\x\"},\nE\n]",
		"{\"Records\":[\nE\n,{\"a\":\"\\x\"}\n]}", "{\"log\":\nE\n}", "{ brace\nE\n}", "[error] x\nE\n[1]\n", "<\nE\n>", "{\"a\":1}\nE\n{\"a\":", "\"\nE\n\"", "{\"\nE\n\":1}", "{,\nE", "[,\nE", "[\n,\nE", "{\"a\" \nE\n}",
		"{\"a\":tru\nE\n}", "{\"a\":1.\nE\n}", "[1,\n2,\nE\nplain\n[3,\n", "{\"a\":\n{\"b\":\n{\"c\":\nE\n}\n", "\ufeff[\nE\n]", "{\"eventName\":\"x\",\n\"a\":\nE\n,\n\"eventSource\":\"y\"}",
		strings.Repeat("x", 100) + "\nE\n" + strings.Repeat("y", 100), "[\"" + strings.Repeat("x", 100) + "\",\nE\n]", "{\"a\":\"" + strings.Repeat("x", 1000) + "\",\n\"b\":\nE\n}",
		"{\"a\":\nE\n,\"Records\":[{\"b\":1}", "{\"a\":\nE\n,\"Records\":[" + strings.Repeat("{\"b\":1},", 50) + "{}]}", "{\"Records\":[{\"b\":1}],\"a\":\nE\n,\"Events\":[" + strings.Repeat("{\"b\":1},", 50) + "{}]}",
		"{\"a\":\nE\n,\"Records\":[\"" + strings.Repeat("x", 1000) + "\"]}", "{\"a\":\"" + strings.Repeat("x", 50) + "\",\"c\":\nE\n,\"Records\":[\"" + strings.Repeat("x", 1000) + "\"]}",
		"{\"a\":\"" + strings.Repeat("x", 1000) + "\",\"Records\":[\nE\n]}", "{\"a\":\"" + strings.Repeat("x", 1000) + "\",\"Records\":[{\"b\":\nE\n}]}",
	} {
		input := strings.Replace(around, "E", neighbour, 1)
		if events, texts, _ := found(t, NewReader(strings.NewReader(input))); events != 1 || texts != 1 {
			t.Errorf("%.200q: found %d times, is there %d times", around, events, texts)
		}
		for _, step := range []int{1, 7, 1000} {
			r := NewReader(&steps{[]byte(input), step})
			r.sizes = sizes{item: 200, block: 100, firstBuffer: 4, maxBuffer: 16, long: 24, piece: 12, prefix: 30}
			if events, texts, _ := found(t, r); events != 1 || texts != 1 {
				t.Errorf("%.200q, with small limits: found %d times, is there %d times", around, events, texts)
			}
		}
	}
}

// TestBroken tests what is read of values that are broken or too deep.
func TestBroken(t *testing.T) {
	f := func(name, input string, want ...string) {
		t.Helper()
		for _, wrap := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader} {
			got, err := all(t, NewReader(wrap(strings.NewReader(input))))
			if !errors.Is(err, io.EOF) {
				t.Errorf("%s: ends with %v", name, err)
			}
			compare(t, name, got, want)
		}
	}
	long := strings.Repeat("x", minEvent)
	deep := strings.Repeat("[", 200) + strings.Repeat("]", 200)
	cut := strings.Repeat("[", 127) + "null" + strings.Repeat("]", 127)
	f("a list that is never closed", "[1,\n{\"a\":1}\n", `1 line {"log":1}`, `2 json {"a":1}`, "line 3, byte 12: the input ends inside a list")
	f("an object that is never closed", "{\"a\":\n{\"b\":1}\n", `1 line {"log":"{\"a\":"}`, `2 json {"b":1}`)
	f("parts of several lines", "{\"a\":1,\n\"b\":\n{\n\"c\":\n\""+long+"\"\n}, {\"d\":\n{\"e\":1},\n7\nplain\n",
		"1 line {\"log\":\"{\\\"a\\\":1,\\n\\\"b\\\":\"}", `3 json {"c":"`+long+`"}`, `6 line {"log":"{\"d\":"}`, `7 json {"e":1}`, `8 line {"log":"7"}`, `9 line {"log":"plain"}`)
	f("a value around a line", "{\"a\":\n{\"b\":\""+long+"\"}\n}\n[]", `1 json {"a":{"b":"`+long+`"}}`, `2 json {"b":"`+long+`"}`)
	f("a value around a short line", "{\"a\":\n{\"b\":1}\n}\n", `1 json {"a":{"b":1}}`)
	f("a value around an event", "{\"a\":\n"+neighbour+"\n}\n", `1 json {"a":null}`, "2 json "+neighbour)
	f("values in lists are read as such", "{\"Records\":[\n"+neighbour+"\n]}\n[\n"+neighbour+"\n]", `1 json {"Records":[`+neighbour+`]}`, "5 json "+neighbour)
	f("a broken element", "[{\"a\":1},{\"b\":01},\n{\"c\":[\"\\x\"]},{\"d\":4}]", `1 json {"a":1}`, `1 line {"log":"{\"b\":01}"}`, `2 line {"log":"{\"c\":[\"\\x\"]}"}`, `2 json {"d":4}`)
	f("lists in a list", `[[{"a":1}],[2]]`, `1 line {"log":[{"a":1}]}`, `1 line {"log":[2]}`)
	f("a line that is too deep", `{"a":`+deep+`,"b":2}`+"\n{\"c\":3}\n", `1 json {"a":`+cut+`,"b":2}`, "line 1, byte 132: nested deeper than 128 levels, skipped", `2 json {"c":3}`)
	f("an element that is too deep", "[\n{\"b\":2,\n\"a\":"+deep+"},\n{\"c\":3}\n]", `2 json {"b":2,"a":`+cut+`}`, "line 3, byte 141: nested deeper than 128 levels, skipped", `4 json {"c":3}`)
	f("over several lines", strings.ReplaceAll(`{"a":`+deep, "[", "[\n")+"\n,\"b\":2}\n", `1 json {"a":`+cut+`,"b":2}`, "line 128, byte 259: nested deeper than 128 levels, skipped")
}

// TestLinear: the cost does not depend on how values are nested, open or broken. It
// would take minutes if the rest of the input were read again for each line.
func TestLinear(t *testing.T) {
	const n = 1 << 20
	begin := time.Now()
	for _, text := range []string{
		"[\n", "{\"x\":\n", "[\n]\n,", "[", "{\"a\":[\n{\"b\":\n1}\n", "[1,\n", "{\"a\":\"\n", "[{\"a\":[\n", "[{\"a\":\"\\x\"},\n",
		"{\"a\":[\n{\"eventName\":\"" + strings.Repeat("x", 30) + "\"}\n,",
	} {
		for _, around := range []string{"", "{\"a\":[\n", strings.Repeat("[", 200)} {
			_, _, _ = found(t, NewReader(strings.NewReader(around+strings.Repeat(text, n/len(text)))))
		}
	}
	if d := time.Since(begin); d > time.Minute {
		t.Errorf("it takes %v", d)
	}
}

// around checks that the event is found once between any text.
func around(t testing.TB, before, after string, step uint8) {
	t.Helper()
	if strings.Contains(before, "NEIGHBOUR") || strings.Contains(after, "NEIGHBOUR") {
		return
	}
	input := fmt.Appendf(nil, "%s\n%s\n%s", before, neighbour, after)
	if events, texts, _ := found(t, NewReader(bytes.NewReader(input))); events != 1 || texts != 1 {
		t.Fatalf("%q: found %d times, is there %d times", input, events, texts)
	}
	r := NewReader(&steps{input, int(step)%13 + 1})
	r.sizes = sizes{item: 100, block: 50, firstBuffer: 4, maxBuffer: 16, long: 16, piece: 8, prefix: 30}
	if events, texts, _ := found(t, r); events != 1 || texts != 1 {
		t.Fatalf("%q, with small limits: found %d times, is there %d times", input, events, texts)
	}
}

// FuzzLinesAround is TestLinesAround for any text.
func FuzzLinesAround(f *testing.F) {
	f.Add("[1,", "", uint8(1))
	f.Add("{\"a\":", "}", uint8(2))
	f.Add("[[", "]]", uint8(7))
	f.Add("{\"Records\":[{\"a\":\"\\x\"},", ",{\"b\":[]}]}", uint8(3))
	f.Add("{\"a\":1,\"Events\":[1,2,\n3],\n\"Records\":[{\n\"eventName\":\"\\u0041\"\n},{", "},\n{\"b\":\n01}]", uint8(4))
	f.Add("{\n\"eventSource\":\"a\",\n\"x\":[\n", ",\n{\"a\":true}\n],\n\"y\":null\n}\n[\n", uint8(5))
	f.Fuzz(func(t *testing.T, before, after string, step uint8) {
		if len(before)+len(after) < 1<<12 {
			around(t, before, after, step)
		}
	})
}

// tokens are what JSON, and what is nearly JSON, consists of.
var tokens = []string{
	"{", "[", "}", "]", "\n", "{\n", "[\n", "\n}", "\n]", "\n,", ",\n", ",", `"a":`, `"Records":[`, `"Events":[`, `{"records":[`, "[{", "},{", "}]", ",\n{", "{\n\"a\":\n",
	"1", "01", "null", `"x"`, `"\x"`, `"a":1`, `{"a":1}`, `{"a":{"b":[` + "\n", "]}}\n", " ", "\"", "plain", `{"a":"` + strings.Repeat("x", 40) + `"}`, strings.Repeat("x", 120),
	`"b":"` + strings.Repeat("x", 150) + `",`, strings.Repeat("[", 130), strings.Repeat("]", 130), "\n" + `{"eventName":"` + strings.Repeat("y", 30) + `"}` + "\n",
}

// tokenText returns the tokens that the bytes select.
func tokenText(selected []byte) string {
	var b strings.Builder
	for _, n := range selected {
		b.WriteString(tokens[int(n)%len(tokens)])
	}
	return b.String()
}

// FuzzTokensAround is FuzzLinesAround for text that is JSON for the most part.
func FuzzTokensAround(f *testing.F) {
	f.Add([]byte{0, 12}, []byte{2}, uint8(1))
	f.Fuzz(func(t *testing.T, before, after []byte, step uint8) {
		if len(before)+len(after) < 1<<7 {
			around(t, tokenText(before), tokenText(after), step)
		}
	})
}

func TestTokensAround(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		selected := make([]byte, random.IntN(30))
		for i := range selected {
			selected[i] = byte(random.IntN(len(tokens)))
		}
		n := random.IntN(len(selected) + 1)
		around(t, tokenText(selected[:n]), tokenText(selected[n:]), uint8(random.Uint32()))
	}
}
