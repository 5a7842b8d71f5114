// SPDX-License-Identifier: Apache-2.0

package hosttest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const twoLines = "{\"a\":\"needle\"}\n{\"b\":\"needle\"}\n"

// The calls, their order and their threads were recorded with these plugins
// in Fluent Bit 5.1.1, one hot reload and one SIGTERM: letters are threads.
const lifeWithReload = `A out preregister hot=0
A register tiny
A in preregister hot=0
A register tiny_alerts
B in init (null) name=tiny_alerts tag=(null)
C out init count name=tiny text=one match=(null)
C out init quiet name=tiny text=(null) match=(null)
C out prerun hot=1
C out prerun hot=1
B in prerun hot=1
B in pause
B in pause
B in preexit hot=1
B in exit
C out preexit hot=1
C out exit count
C out preexit hot=1
C out exit quiet
A out preregister hot=1
A register tiny
A in preregister hot=1
A register tiny_alerts
A in unregister tiny_alerts
A out unregister tiny
D in init (null) name=tiny_alerts tag=(null)
E out init count name=tiny text=one match=(null)
E out init quiet name=tiny text=(null) match=(null)
E out prerun hot=1
E out prerun hot=1
D in prerun hot=1
D in pause
D in pause
D in preexit hot=0
D in exit
E out preexit hot=0
E out exit count
E out preexit hot=0
E out exit quiet
A in unregister tiny_alerts
A out unregister tiny
`

// The order across threads, of which the lists above fix only that within one.
var lifeOrder = []string{
	"A register tiny_alerts\nB in init", "B in init (null) name=tiny_alerts tag=(null)\nC out init count",
	"C out exit quiet\n", "B in exit\nA in unregister tiny_alerts\nA out unregister tiny\nD in init",
}

func TestLife(t *testing.T) {
	t.Parallel()
	r := run(t, twoLines, "--json", "-", "--chunk-size", "1", "--reload", "1",
		"--out", "Match=cloudtrail,text=one", "--out", "mode=quiet", "--in", "Tag=alert.a")
	r.wantCode(0)
	r.wantStats(map[string]float64{"reloads": 1, "chunks": 4, "ok": 4, "alerts": 2, "lost": 0})
	var calls []string // without those whose number is a matter of time
	for call := range strings.Lines(r.trace) {
		if !strings.Contains(call, "flush") && !strings.Contains(call, "collect") && !strings.Contains(call, "cleanup") {
			calls = append(calls, call)
		}
	}
	for _, thread := range []string{"A ", "B ", "C ", "D ", "E "} {
		if got, want := ofThread(calls, thread), ofThread(strings.SplitAfter(lifeWithReload, "\n"), thread); got != want {
			t.Errorf("calls on thread %sare\n%swant\n%s", thread, got, want)
		}
	}
	for _, order := range lifeOrder {
		if !strings.Contains(strings.Join(calls, ""), order) {
			t.Errorf("%q is not among the calls:\n%s", order, r.trace)
		}
	}
}

// The process that has registered the plugins is another one than runs them, and the host
// ends with its exit status.
func TestDaemon(t *testing.T) {
	t.Parallel()
	r := run(t, twoLines, "--json", "-", "--daemon", "--reload", "1")
	r.wantCode(0)
	r.wantStats(map[string]float64{"records": 2, "alerts": 1, "reloads": 1})
	r = run(t, twoLines, "--json", "-", "--daemon", "--out", "mode=badcode")
	r.wantCode(1)
}

func ofThread(calls []string, thread string) string {
	var b strings.Builder
	for _, call := range calls {
		if strings.HasPrefix(call, thread) {
			b.WriteString(call)
		}
	}
	return b.String()
}

func TestInputLoadsFirstWhenListedFirst(t *testing.T) {
	t.Parallel()
	needHost(t)
	out, in := filepath.Join(built, "tiny_out.so"), filepath.Join(built, "tiny_in.so")
	trace := filepath.Join(t.TempDir(), "trace")
	command(t, []string{"TINY_TRACE=" + trace}, "--input", in, "--output", out, "--wait", "0")
	calls, _ := os.ReadFile(trace)
	if !strings.HasPrefix(string(calls), "A in preregister") {
		t.Errorf("the input is listed first:\n%s", calls)
	}
}

func TestFlush(t *testing.T) {
	t.Parallel()
	r := run(t, twoLines, "--json", "-", "--tag", "some.tag", "--out", `needle=needle,text=x\,y`, "--in", "tag=alert.ssh")
	r.wantCode(0)
	r.wantStats(map[string]float64{"records": 2, "chunks": 1, "batches": 1, "alerts": 1, "unacknowledged": 0})
	// 2 records of 92 92 d7 00 + 8 bytes time, df and 4 bytes of metadata,
	// df and 4 bytes of body, a1 'a', a6 "needle"
	want := `{"bytes":62,"tag":"some.tag","found":2,"text":"x,y"}` + "\n"
	if got := r.bodies(); got != want || r.alerts[0].Tag != "alert.ssh" {
		t.Errorf("alerts are %v %s\nwant %s", r.alerts, got, want)
	}
}

func TestSourcesAndFormats(t *testing.T) {
	t.Parallel()
	raw := filepath.Join(t.TempDir(), "chunk")
	if err := os.WriteFile(raw, []byte("\x92\x01\x80\x92broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"raw lines", []string{"--raw", "-", "--out", "mode=echo"}, `{"log":"{\"a\":\"needle\"}"}` + "\n" + `{"log":"{\"b\":\"needle\"}"}` + "\n"},
		{"msgpack as it is", []string{"--msgpack", raw}, `{"bytes":10,"tag":"cloudtrail","found":0,"text":""}` + "\n"},
		{"old event format", []string{"--json", "-", "--event-format", "old"}, `{"bytes":50,"tag":"cloudtrail","found":0,"text":""}` + "\n"},
		{"chunk size", []string{"--json", "-", "--chunk-size", "31", "--out", "needle=needle"}, strings.Repeat(`{"bytes":31,"tag":"cloudtrail","found":1,"text":""}`+"\n", 2)},
		{"repeat on threads", []string{"--json", "-", "--threads", "3", "--repeat", "5"}, strings.Repeat(`{"bytes":62,"tag":"cloudtrail","found":0,"text":""}`+"\n", 5)},
		{"routing", []string{"--json", "-", "--out", "Match=other.*", "--out", "Match=cloud*l,text=me"}, `{"bytes":62,"tag":"cloudtrail","found":0,"text":"me"}` + "\n"},
		{"loop", []string{"--json", "-", "--loop", "--in", "Tag=alert.x", "--out", "Match=cloud*", "--out", "Match=alert.*,mode=quiet"}, `{"bytes":62,"tag":"cloudtrail","found":0,"text":""}` + "\n"},
		{"a host before 4.1", []string{"--json", "-", "--ctx", "off"}, `{"bytes":62,"tag":"cloudtrail","found":0,"text":""}` + "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, twoLines, c.args...)
			r.wantCode(0)
			if got := r.bodies(); got != c.want {
				t.Errorf("alerts are\n%swant\n%s", got, c.want)
			}
		})
	}
}

func TestCrashes(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"overread", "tagread", "write", "keep"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			r := run(t, twoLines, "--json", "-", "--chunk-size", "1", "--out", "mode="+mode)
			if r.signal != syscall.SIGSEGV {
				t.Errorf("status %d, signal %v; want a segmentation fault\n%s", r.code, r.signal, r.stderr)
			}
			calls := strings.Count(r.trace, "out flush")
			if want := map[string]int{"keep": 2}[mode]; calls != max(want, 1) {
				t.Errorf("crashed at flush %d:\n%s", calls, r.trace)
			}
		})
	}
}

func TestBrokenContracts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		text string
	}{
		{"unknown answer", []string{"--out", "mode=badcode"}, "BROKEN: tiny.0: flush answers 7; 0 is error, 1 ok, 2 retry"},
		{"definition overrun", []string{"TINY_DEF=overrun"}, "wrote byte 32 of the definition struct; hosts before 5.0 allocate 32 bytes"},
		{"alerts are not records", []string{"--out", "mode=garbage"}, "alert 1 of a batch of 4 bytes, at byte 0: a record is an array of two: [[timestamp, metadata], body]"},
		{"alerts in the old format", []string{"--out", "mode=echo", "--event-format", "old"}, "at byte 1: a record begins with an array of two: [timestamp, metadata]"},
		{"context of an output", []string{"--in", "mode=context"}, "remote_context of an input is at offset 8"},
		{"context before 4.1", []string{"--in", "mode=context8", "--ctx", "off"}, "wrote a remote_context, which hosts before 4.1 have no room for"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			run(t, twoLines, append(c.args, "--json", "-")...).wantCode(1, c.text)
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		args  []string
		text  string
		trace string // how it ends, as recorded in Fluent Bit 5.1.1
	}{
		{"wrong type", []string{"TINY_DEF=type"}, "registers type 3, proxy 11; an output is type 2, proxy 11", "A register tiny\n"},
		{"thread before the fork", []string{"TINY_DEF=thread", "--daemon"}, "REFUSED: the libraries start threads before an instance is opened", "A in unregister tiny_alerts\nA out unregister tiny\n"},
		{"second input", []string{"--in", "Tag=a", "--in", "mode=refuse"}, "REFUSED: tiny_alerts.1: FLBPluginInit answers -1",
			"D out preexit hot=0\nD out exit (never initialised)\nA in unregister tiny_alerts\nA out unregister tiny\n"},
		{"second of three outputs", []string{"--out", "text=1", "--out", "mode=refuse", "--out", "text=3"}, "REFUSED: tiny.1: FLBPluginInit answers -1",
			"C out preexit hot=0\nC out exit count\nC out preexit hot=0\nC out exit (never initialised)\nA in unregister tiny_alerts\nA out unregister tiny\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, twoLines, append(c.args, "--json", "-")...)
			r.wantCode(3, c.text)
			if !strings.HasSuffix(r.trace, c.trace) {
				t.Errorf("ends with\n%swant\n%s", r.trace, c.trace)
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode  string
		code  int
		stats map[string]float64
	}{
		{"error", 0, map[string]float64{"error": 1, "ok": 0, "alerts": 0}},
		{"retry", 0, map[string]float64{"retry": 2, "ok": 1, "chunks": 1, "alerts": 1, "given_up": 0}},
		{"full", 4, map[string]float64{"retry": 11, "ok": 0, "given_up": 1}},
	} {
		t.Run(c.mode, func(t *testing.T) {
			t.Parallel()
			r := run(t, twoLines, "--json", "-", "--out", "mode="+c.mode)
			r.wantCode(c.code)
			r.wantStats(c.stats)
		})
	}
}

func TestAcknowledgements(t *testing.T) {
	t.Parallel()
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		r := run(t, twoLines, "--json", "-", "--no-cleanup")
		r.wantCode(0)
		if r.stats["unacknowledged"] < 2 || r.stats["unacknowledged"] != r.stats["alerts"] {
			t.Errorf("the alert should come again and again: %s", r.stderr)
		}
		if strings.Contains(r.trace, "cleanup") {
			t.Errorf("cleanup was called:\n%s", r.trace)
		}
	})
	t.Run("not for the first two", func(t *testing.T) {
		t.Parallel()
		r := run(t, twoLines, "--json", "-", "--drop-first", "2")
		r.wantCode(0)
		r.wantStats(map[string]float64{"batches": 3, "unacknowledged": 2, "alerts": 1})
	})
}

// TestTwoInputs keeps two traps of Fluent Bit 5.1.1 alive, both seen there: a
// stop pauses only the input that was initialised last, so that the other's
// last batches are acknowledged and lost; and a collect that waits on while
// it is paused makes Fluent Bit use an instance it has freed.
func TestTwoInputs(t *testing.T) {
	t.Parallel()
	two := func(mode string) []string {
		// More alerts than can be collected, one every 20 ms, before the end,
		// which comes some 100 ms after the engine's last look into the rings.
		return []string{"--json", "-", "--chunk-size", "1", "--repeat", "80", "--in", "Tag=a,mode=" + mode,
			"--in", "Tag=b,mode=" + mode, "--timer", "0.02", "--wait", "0.1"}
	}
	t.Run("acknowledged and lost", func(t *testing.T) {
		t.Parallel()
		r := run(t, twoLines, two("rude")...)
		r.wantCode(4, "acknowledged too late")
		if r.stats["lost"] == 0 || r.stats["lost"]+r.stats["alerts"] != r.stats["batches"] {
			t.Error(r.stderr)
		}
	})
	t.Run("nothing lost by one that heeds the pause", func(t *testing.T) {
		t.Parallel()
		r := run(t, twoLines, two("polite")...)
		r.wantCode(0)
		r.wantStats(map[string]float64{"lost": 0})
	})
	t.Run("waits while paused", func(t *testing.T) {
		t.Parallel()
		r := run(t, "", "--timer", "1", "--wait", "1.3", "--in", "Tag=a,mode=rude,wait_ms=950", "--in", "Tag=b,mode=rude,wait_ms=950")
		r.wantCode(1, "until a later instance was freed")
	})
}

// TestJSON sends lines through the host's JSON parser and its msgpack reader.
// What the parser makes of them was compared byte for byte with Fluent Bit.
func TestJSON(t *testing.T) {
	t.Parallel()
	nested := func(n int) string { return `{"a":` + strings.Repeat("[", n) + "1" + strings.Repeat("]", n) + `}` }
	numbers := make([]string, 70000)
	for i := range numbers {
		numbers[i] = "7"
	}
	lines := [][2]string{ // in, out; out empty: the same; "log": not parsed
		{`{"a":1,"b":-1,"c":128,"d":-33,"e":65536,"f":18446744073709551615,"g":-9223372036854775808}`, ""},
		{`{"h":18446744073709551616,"i":1.0,"j":1e3,"k":0.1,"l":-0,"m":-0.0}`, `{"h":1.8446744073709552e+19,"i":1.0,"j":1000.0,"k":0.1,"l":0,"m":-0.0}`},
		{`{"n":null,"t":true,"f":false,"":"empty","a":[],"m":{}}`, ""},
		{`{"k":1,"k":2}`, ""},
		{` { "a" : [ 1 , { "b" : 2 } ] } `, `{"a":[1,{"b":2}]}`},
		{`{"a":"\u00e9\u20ac\ud83d\ude00\/\b\f\"\\"}`, `{"a":"é€😀/\u0008\u000c\"\\"}`},
		{`{"a":"x\u0000y\u001f"}`, ""},
		{`{"a":"\ud800","b":"\udc00x","c":"\ud800\u0041"}`, `{"a":"�","b":"�x","c":"�"}`},
		{"{\"a\":\"\xff\xfe \xed\xa0\x80 \xc3\"}", `{"a":"�� ��� �"}`},
		{"{\"a\":\"x\ty\"}", `{"a":"x\ty"}`},
		{`{"` + strings.Repeat("k", 300) + `":"` + strings.Repeat("v", 70000) + `"}`, ""},
		{`{"a":[` + strings.Join(numbers, ",") + `]}`, ""},
		{nested(62), ""},
		{`{"a":1} trailing`, `{"a":1}`},
		{`{"a":1}{"b":2}`, "log"},
		{`{"a":1e400}`, "log"},
		{`{"a":01}`, "log"},
		{`{"a":1.}`, "log"},
		{`{"a":+1}`, "log"},
		{`{"a":NaN}`, "log"},
		{`{"a":1,}`, "log"},
		{`{"a":"\x"}`, "log"},
		{`{"a":"\u00zz"}`, "log"},
		{`{"a":"open`, "log"},
		{`{"a"`, "log"},
		{`{a:1}`, "log"},
		{`[1]`, "log"},
		{`null`, "log"},
		{``, "log"},
		{nested(64), "log"},
		{nested(100000), "log"},
	}
	var in, want strings.Builder
	for _, line := range lines {
		in.WriteString(line[0] + "\n")
		switch line[1] {
		case "":
			want.WriteString(line[0] + "\n")
		case "log":
			text, err := json.Marshal(line[0])
			if err != nil {
				t.Fatal(err)
			}
			want.WriteString(`{"log":` + string(text) + "}\n")
		default:
			want.WriteString(line[1] + "\n")
		}
	}
	r := run(t, in.String(), "--json", "-", "--out", "mode=echo")
	r.wantCode(0)
	r.wantStats(map[string]float64{"records": float64(len(lines)), "alerts": float64(len(lines))})
	got, wanted := strings.Split(r.bodies(), "\n"), strings.Split(want.String(), "\n")
	for i := range min(len(got), len(wanted)) {
		if got[i] != wanted[i] {
			t.Errorf("line %.100q gives\n%.300s\nwant\n%.300s", lines[i][0], got[i], wanted[i])
		}
	}
}

// TestDepth: 64 containers are as deep as Fluent Bit's JSON parser goes, but
// in a record one more lies around them, which its decoder does not bear.
func TestDepth(t *testing.T) {
	t.Parallel()
	line := `{"a":` + strings.Repeat("[", 63) + "1" + strings.Repeat("]", 63) + `}`
	run(t, line, "--json", "-", "--out", "mode=echo").wantCode(1, "nested more than 64 deep")
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		text string
	}{
		{nil, "--output or --input is wanted"},
		{[]string{"--outptu", "x"}, "--outptu: no such option"},
		{[]string{"--output", "x", "--output", "y"}, "--output: given twice; more instances are made with --out"},
		{[]string{"--json"}, "--json: no such option, or its value is missing"},
		{[]string{"--output", "x", "--threads", "0"}, "--threads 0: a whole number from 1 is wanted"},
		{[]string{"--output", "x", "--wait", "soon"}, "--wait soon: seconds from 0 to 3600 are wanted"},
		{[]string{"--output", "x", "--ctx", "no"}, "--ctx no: off or on is wanted"},
		{[]string{"--output", "x", "--out", "rules"}, "--out: 'rules' is not key=value"},
		{[]string{"--output", "x", "--in", "a=b"}, "--in makes an instance of --input, which is missing"},
		{[]string{"--output", "x", "--json", "/no/such/file"}, "/no/such/file: cannot be opened"},
	} {
		r := command(t, nil, c.args...)
		r.wantCode(64, c.text)
	}
	command(t, nil, "--output", "/no/such/library.so").wantCode(3, "/no/such/library.so")
	command(t, nil, "--help").wantCode(0)
}
