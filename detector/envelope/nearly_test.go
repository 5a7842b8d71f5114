package envelope

import (
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

// What is nearly JSON is read if it has the names of an event, and so is what broken
// text stands around.
func TestNearlyJSON(t *testing.T) {
	e := strings.TrimSuffix(eventA, "}")
	const python = `{'eventVersion': '1.08', 'eventSource': "ec2.amazonaws.com", 'eventName': 'A', 'x': None, 'y': [True,], 'z': 'it\'s "so"'}`
	const pretty = "{\n  \"eventSource\": \"ec2.amazonaws.com\",\n  \"eventName\": \"A\"\n}"
	for _, c := range []struct{ name, text string }{
		{"numbers that JSON does not have", e + `,"a":NaN,"b":-Infinity,"c":0x1F,"d":+1,"e":.5,"f":01,"g":5.}`},
		{"before the names", `{"a":NaN,` + eventA[1:]},
		{"commas too many", e + `,"a":[1,2,],}`},
		{"a comment", e + `,"a":1 /* one */}`},
		{"a name without quotation marks", e + `,a:undefined}`},
		{"escapes that JSON does not have", e + `,"a":"\x41\q\u12","b":'c'}`},
		{"in lines", strings.ReplaceAll(pretty, "\"A\"", "\"A\",\n  // the end\n  \"a\": \"b\nc\",")},
		{"Python", python},
		{"Python behind a prefix", "INFO event: " + python + " done"},
		{"a field of CSV", `1,"` + strings.ReplaceAll(e+`,"a":""}`, `"`, `""`) + `",2`},
		{"escaped without a string around it", `msg=` + strings.ReplaceAll(eventA, `"`, `\"`) + ` end`},
		{"a string in a string", `x ` + quote(quote(eventA)) + ` y`},
		{"a string in a string in a string", quote(quote(quote(eventA)))},
		{"brackets that nobody closes before it", strings.Repeat("[", 300) + " " + eventA},
		{"objects that nobody closes before it", strings.Repeat(`{"a":`, 300) + eventA},
		{"braces before it", strings.Repeat(`{"a" `, 30) + eventA},
		{"lines before one in several lines", "{\"eventName\":\"x\n{\"a\":\n" + pretty + "\n"},
	} {
		for _, line := range []string{`{"log":` + quote(c.text) + `}`, `{"a":[` + quote("first\n"+c.text+"\nlast") + `]}`} {
			if events, seen := read(t, line); !strings.HasSuffix(events, ":A") || seen.Events != 1 {
				t.Errorf("%s: %q, %+v\n%s", c.name, events, seen, line)
			}
		}
	}
	// What a caller chose is not an event, whatever stands around the one that has it.
	inner := `{"eventSource":"ec2.amazonaws.com","eventName":"B"}`
	line := strings.Repeat(`{"a":`, 50) + e + `,"requestParameters":` + inner + `}`
	if events, _ := read(t, `{"log":`+quote(line)+`}`); events != "text:A" {
		t.Errorf("behind objects that nobody closes: %q", events)
	}
}

// Lists of names and values stand for maps.
func TestPairs(t *testing.T) {
	const any = `[{"key":"eventSource","value":{"stringValue":"ec2.amazonaws.com"}},{"key":"requestParameters","value":{"kvlistValue":{"values":[` +
		`{"key":"n","value":{"intValue":"7"}},{"key":"list","value":{"arrayValue":{"values":[{"boolValue":true}]}}}]}}},{"value":{"stringValue":"A"},"key":"eventName"}]`
	for _, c := range []struct{ name, line, want string }{
		{"OpenTelemetry's attributes", `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"attributes":` + any + `}]}]}]}`, "nested:A"},
		{"OpenTelemetry's body", `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"kvlistValue":{"values":` + any + `}}}]}]}]}`, "nested/sqs/nested:A"},
		{"names", `{"fields":[{"name":"eventName","value":"A"},{"name":"eventSource","value":"s"}]}`, "nested:A"},
		{"values that are events", `{"fields":[{"name":"x","value":` + eventA + `},{"name":"y","value":1}]}`, "nested:A"},
		{"something else", `{"fields":[{"name":"eventName","value":"A"},{"name":"eventSource"},` + eventB + `]}`, "nested:B"},
	} {
		if events, seen := read(t, c.line); events != c.want || seen.Unreadable > 0 {
			t.Errorf("%s: %q, %+v, want %q", c.name, events, seen, c.want)
		}
	}
}

// Base64 is told by what is in it, not by how it begins.
func TestBase64OfText(t *testing.T) {
	compress, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	compressed := func(text string) string { return string(compress.EncodeAll([]byte(text), nil)) }
	escapedA := strings.ReplaceAll(eventA, "event", `\u0065vent`)
	for _, text := range []string{
		"<134>1 - host app: " + eventA, " \t\r\n" + eventA, "\ufeff\n" + eventA, "1 " + eventA, "12 " + eventA, "[ \n\t" + eventA + "]",
		"x " + escapedA, "xy " + escapedA, escapedA,
		compressed(eventA), gzipped(compressed(eventA)), compressed(gzipped("x: " + eventA)), compressed(encode64(gzipped(eventA))),
	} {
		for _, line := range []string{`{"data":` + quote(encode64(text)) + `}`, `{"log":` + quote("at "+encode64(text)+", end") + `}`} {
			if events, seen := read(t, line); !strings.HasSuffix(events, ":A") || seen.Unreadable > 0 {
				t.Errorf("%q: %q, %+v", text, events, seen)
			}
		}
	}
	line := `{"records":[{"data":` + quote(encode64(compressed(eventA)[:30])) + `},{"data":` + quote(encode64(compressed(eventA))) + `}]}`
	if events, seen := read(t, line); events != "firehose:A" || seen.Unreadable != 1 {
		t.Errorf("zstd that was cut: %q, %+v", events, seen)
	}
}

// Text that is broken in as many places as it can be takes no more time than it is long.
func TestBrokenTextTakesLinearTime(t *testing.T) {
	for _, unit := range []string{
		"[\n", "{\n", `{"eventName" `, "{\"eventName\":\n", `{""eventName"":`, `{\"eventName\":`, `{'eventName':`, `\"{\"`,
		`[{"eventName":`, `{"eventName"/*`, `{"a":{"eventName" 1}} `, "{\"a\":\"{\\\"eventName\\\":\\\"\n", `{"eventName":[{"key":"a","value":`,
	} {
		line := `{"log":` + quote(strings.Repeat(unit, (256<<10)/len(unit))+"\n"+eventA) + `}`
		begin := time.Now()
		if events, seen := read(t, line); !strings.HasSuffix(events, ":A") {
			t.Errorf("%q: %q, %+v", unit, events, seen)
		}
		if took := time.Since(begin); took > 3*time.Second {
			t.Errorf("%q: %d bytes take %v", unit, len(line), took)
		}
	}
}
