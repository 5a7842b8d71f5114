package envelope

import (
	"fmt"
	"strings"
	"testing"
)

// What looks like CloudTrail and cannot be read is counted, and everything
// beside it is read.
func TestUnreadable(t *testing.T) {
	cut := eventA[:len(eventA)-10]
	file := `{"Records":[` + eventA + `,` + eventB + `,` + cut
	damaged := []byte(gzipped(strings.Repeat(eventA+"\n", 5)))
	damaged[len(damaged)-6] ^= 1 // the checksum
	short := gzipped(strings.Repeat(eventA+"\n", 2000))
	short = short[:len(short)-20]

	for _, c := range []struct {
		name, line, events string
		unreadable         int
	}{
		{"a line that was cut", `{"log":` + quote(cut) + `}`, "", 1},
		{"behind the name of a member", `{"log":` + quote(`{"eventVersion":"1.08","awsRegion":"eu-central-1","eventName`) + `}`, "", 1},
		{"other JSON that was cut", `{"log":` + quote(`{"event":"served","le`) + `}`, "", 0},
		{"a line that begins like JSON but is not", `{"log":"{\"awsRegion\":\"eu-central-1\",\"eventName\": A B, \"eventSource\": C}"}`, "", 1},
		{"too many brackets", `{"log":` + quote(`{"eventName":"A","a":`+strings.Repeat("[", 200)+strings.Repeat("]", 200)+`}`) + `}`, "text:A", 1},
		{"too many brackets in a list", `{"log":` + quote(`{"Records":[{"eventName":"A","eventSource":"s","a":`+strings.Repeat("[", 200)+"\"]\""+strings.Repeat("]", 200)+`},`+eventB+`]}`) + `}`, "text/records:A text/records:B", 1},
		{"too many brackets that nobody closes", `{"log":` + quote(strings.Repeat("[{\"eventName\":", 200)+"\n"+eventB) + `}`, "text:B", 1},

		{"a broken line among good ones", `{"log":` + quote(eventA+"\n"+cut+"\n"+eventB) + `}`, "text:A text:B", 1},
		{"two of them", `{"log":` + quote(cut+"\n"+cut+"\n"+eventB+"\n") + `}`, "text:B", 2},
		{"a line of something else among good ones", `{"log":` + quote(eventA+"\nstarted\n"+eventB) + `}`, "text:A text:B", 0},
		{"rubbish behind an event", `{"log":` + quote(eventA+`"eventName":"B"}`+"\n"+eventB) + `}`, "text:A text:B", 1},
		{"a file that breaks off", `{"log":` + quote(file) + `}`, "text/records:A text/records:B", 1},
		{"between two events", `{"log":` + quote(`{"version":1,"Records":[`+eventA+`,`) + `}`, "text/records:A", 1},
		{"a list that breaks off", `{"log":` + quote(`[`+eventA+`,`+eventB+`,`+cut) + `}`, "text:A text:B", 1},
		{"an event broken in the middle of a file, a line each", `{"log":` + quote(`{"Records":[`+eventA+",\n"+cut+",\n"+eventB+"\n]}") + `}`, "text/records:A text:B", 1},
		{"a file of a line each that breaks off", `{"log":` + quote("{\"Records\":[\n"+eventA+",\n"+eventB+",\n"+cut) + `}`, "text/records:A text/records:B", 1},
		{"log events that break off", `{"log":` + quote(`{"logEvents":[{"message":`+quote(eventA)+`},{"message":`+quote(eventB)[:20]) + `}`, "text/cloudwatch:A", 1},

		{"log events of which one is broken", `{"messageType":"DATA_MESSAGE","logEvents":[{"message":` + quote(eventA) + `},{"message":` + quote(cut) + `},{"message":` + quote(eventB) + `}]}`, "cloudwatch:A cloudwatch:B", 1},
		{"an event without name and source", `{"Records":[{"eventVersion":"1.08","eventTime":"x"},` + eventA + `]}`, "records:A", 1},
		{"the text of a looked up event", `{"Events":[{"CloudTrailEvent":` + quote(cut) + `},{"CloudTrailEvent":` + quote(eventB) + `}]}`, "lookup:B", 1},

		{"base64 that was cut", `{"records":[{"data":` + quote(encode64(eventA + "\n" + eventB)[:150]) + `},{"data":` + quote(encode64(eventB)) + `}]}`, "firehose:A firehose:B", 1},
		{"gzip that was cut", `{"records":[{"data":` + quote(encode64(gzipped(eventA)[:40])) + `}]}`, "", 1},
		{"gzip that was cut behind events", `{"records":[{"data":` + quote(encode64(short)) + `}]}`, "many firehose:A", 1},
		{"gzip with a wrong checksum", `{"records":[{"data":` + quote(encode64(string(damaged))) + `}]}`, "many firehose:A", 1},
		{"gzip that is none", `{"records":[{"data":` + quote(encode64("\x1f\x8b\x08 and no more of what gzip would have behind it")) + `}]}`, "", 1},
		{"gzip in gzip in gzip", `{"records":[{"data":` + quote(encode64(gzipped(gzipped(gzipped(eventA))))) + `}]}`, "", 1},
	} {
		events, seen := read(t, c.line)
		if one, ok := strings.CutPrefix(c.events, "many "); ok {
			if all := strings.Fields(events); len(all) < 5 || strings.Trim(strings.ReplaceAll(events, one, ""), " ") != "" {
				t.Errorf("%s: %d events %.80s…, want several %s", c.name, len(all), events, one)
			}
		} else if events != c.events {
			t.Errorf("%s\n got events %q\nwant events %q", c.name, events, c.events)
		}
		if seen.Unreadable != c.unreadable {
			t.Errorf("%s: %d unreadable, want %d", c.name, seen.Unreadable, c.unreadable)
		}
	}
}

// One of a hundred messages cannot be read: ninety-nine are.
func TestOneOfAHundred(t *testing.T) {
	var events []string
	for i := range 100 {
		events = append(events, fmt.Sprintf(`{"eventSource":"ec2.amazonaws.com","eventName":"E%d"}`, i))
	}
	events[42] = events[42][:50]
	for _, w := range []form{asCloudWatch, asFirehose, asFirehoseGzip, asLambdaSQS, within(asFirehoseGzip, asCloudWatch)} {
		found, seen := read(t, w.wrap(events)[0])
		if n := len(strings.Fields(found)); n != 99 || seen.Events != 99 || seen.Unreadable != 1 {
			t.Errorf("%s: %d events, %+v", w.name, n, seen)
		}
	}
}

// A compression bomb is read up to the bound, counted, and the next record is
// read as ever.
func TestDecompressionIsBounded(t *testing.T) {
	line := eventA + "\n"
	// The events before the limit are read, and so are the neighbours of each bomb.
	bomb := encode64(gzipped(line + strings.Repeat(" ", maxInflated) + line))
	found, seen := read(t, `{"records":[{"data":"`+bomb+`"}]}`)
	if found != "firehose:A" || seen.Unreadable != 1 {
		t.Errorf("one text: %.40q, %+v", found, seen)
	}
	good := quote(encode64(gzipped(eventB)))
	found, seen = read(t, `{"records":[{"data":`+good+`},{"data":"`+bomb+`"},{"data":"`+bomb+`"},{"data":`+good+`}]}`)
	if found != "firehose:B firehose:A firehose:A firehose:B" || seen.Unreadable != 2 {
		t.Errorf("a record: %.80q, %+v", found, seen)
	}
	// A small text may become 1 MiB and 64 times its length.
	for _, c := range []struct{ size, events int }{{1<<20 - len(line), 1}, {5 << 20, 0}} {
		text := encode64(gzipped(strings.Repeat(" ", c.size) + line))
		if _, seen = read(t, `{"records":[{"data":"`+text+`"}]}`); seen.Events != c.events || seen.Unreadable != 1-c.events {
			t.Errorf("%d blanks and an event: %+v", c.size, seen)
		}
	}
	// Data that compresses thirty times is none.
	var events []string
	for i := range 20_000 {
		events = append(events, fmt.Sprintf(`{"eventVersion":"1.08","eventSource":"ec2.amazonaws.com","eventName":"A","eventID":"%08x-0000-4000-8000-%012x","sourceIPAddress":"198.51.100.7","userAgent":"%s"}`, i*2654435761, i*i, strings.Repeat("u", 500)))
	}
	text := strings.Join(events, "\n")
	packed := encode64(gzipped(text))
	if len(text) < 20*len(packed) {
		t.Fatalf("%d bytes became %d: not what is to be tested", len(text), len(packed))
	}
	if _, seen = read(t, `{"records":[{"data":"`+packed+`"}]}`); seen.Events != len(events) || seen.Unreadable != 0 {
		t.Errorf("%d to %d bytes: %+v", len(text), len(packed), seen)
	}
}
