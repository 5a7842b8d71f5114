package hosted

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEveryWayIn(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
	}{
		{"parsed", []string{"--json", events}},
		{"not parsed", []string{"--raw", events}},
		{"old event format", []string{"--json", events, "--event-format", "old"}},
		{"a chunk each", []string{"--json", events, "--chunk-size", "1"}},
		{"host without input contexts", []string{"--json", events, "--ctx", "off"}},
		{"again and again", []string{"--json", events, "--repeat", "50"}},
		{"from four threads", []string{"--json", events, "--repeat", "200", "--chunk-size", "1000", "--threads", "4"}},
		{"a daemon with a hot reload", []string{"--json", events, "--daemon", "--reload", "1"}},
		{"our own alerts come by, too", []string{"--json", events, "--loop", "--out", "Match=*"}},
		{"hot reloads", []string{"--json", events, "--repeat", "50", "--chunk-size", "1000", "--reload", "3"}},
		{"hot reloads with four threads", []string{"--json", events, "--repeat", "100", "--chunk-size", "1000", "--threads", "4", "--reload", "3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, c.args...)
			r.want(0, alertsOfEvents)
			if !strings.Contains(c.name, "reload") { // which hand over again what may have been lost
				r.wantOnce()
			}
			n := int(r.stats["records"]) / recordsOfEvents
			if strings.Contains(c.name, "by, too") {
				n = 1 // the alerts are records, too
			}
			r.wantLog(fmt.Sprintf("matched=%d emitted=%d duplicate=%d suppressed=0 excepted=0 capped=0 failed=0",
				n*matchesOfEvents, alertsOfEvents, n*matchesOfEvents-alertsOfEvents))
		})
	}
}

// Alerts that were not acknowledged are sent again; those that nobody takes are written to
// stderr at the end. Nothing is lost silently.
func TestDelivery(t *testing.T) {
	t.Run("lost before the acknowledgement", func(t *testing.T) {
		t.Parallel()
		r := run(t, "--json", events, "--drop-first", "3")
		r.want(0, alertsOfEvents)
	})
	t.Run("never acknowledged", func(t *testing.T) {
		t.Parallel()
		r := run(t, "--json", events, "--no-cleanup")
		r.want(0, alertsOfEvents)
		if n := strings.Count(r.stderr, "\n{\"@timestamp\""); n != alertsOfEvents {
			t.Errorf("%d alerts on stderr at the end, want %d\n%s", n, alertsOfEvents, tail(r.stderr))
		}
	})
	t.Run("no input wants them", func(t *testing.T) {
		t.Parallel()
		r := run(t, "--json", events, "--in", "min_severity=critical")
		r.want(0, 0)
		r.wantLog("no detect_alerts input of channel \"default\" takes the alerts of aws-ec2-instance-connect-ssh-public-key-uploaded")
		r.wantLog("emitted=0 duplicate=1 suppressed=0 excepted=0 capped=0 failed=3")
		if n := strings.Count(r.stderr, "\n{\"@timestamp\""); n != alertsOfEvents {
			t.Errorf("%d alerts on stderr, want %d\n%s", n, alertsOfEvents, tail(r.stderr))
		}
	})
}

// A chunk that is invalid from the middle on: the records before are evaluated, the answer
// is ERROR, and the log says where.
func TestBrokenChunk(t *testing.T) {
	event := `{"eventSource":"ec2-instance-connect.amazonaws.com","eventName":"SendSSHPublicKey","eventID":"e"}`
	chunk := append(msgpackRecord(event), 0xc1)
	chunk = append(chunk, msgpackRecord(event)...)
	path := filepath.Join(t.TempDir(), "chunk")
	if err := os.WriteFile(path, chunk, 0o600); err != nil {
		t.Fatal(err)
	}
	r := run(t, "--msgpack", path)
	r.want(0, 1)
	r.wantLog(fmt.Sprintf("chunk of tag \"cloudtrail\": msgpack broken at byte %d", len(msgpackRecord(event))))
	r.wantLog("records evaluated before it: 1, none after it")
	if r.stats["error"] != 1 {
		t.Errorf("%v chunks answered with ERROR, want 1", r.stats["error"])
	}
	if want := fmt.Sprintf(`"offset":%d,"records":1,`, len(msgpackRecord(event))); len(r.faults) != 1 || !strings.Contains(r.faults[0], want) {
		t.Errorf("the error records are %q, want one with %s", r.faults, want)
	}
}

// msgpackRecord returns [0, {"log": text}].
func msgpackRecord(text string) []byte {
	b := append([]byte{0x92, 0x00, 0x81, 0xa3}, "log"...)
	return append(append(b, 0xda, byte(len(text)>>8), byte(len(text))), text...)
}

// Mutated chunks do not harm the host, and the next chunk is evaluated.
func TestMutatedChunks(t *testing.T) {
	r := run(t, "--json", events, "--chunk-size", "3000", "--mutate", "1", "--repeat", "4000", "--threads", "2", "--out", "max_alerts=0")
	if r.code != 0 || strings.Contains(r.stderr, "panic:") {
		t.Fatalf("the host ended with %d\n%s", r.code, tail(r.stderr))
	}
	if r.stats["error"] == 0 || r.stats["ok"] == 0 || len(r.ids) < 100 {
		t.Errorf("the mutations tested nothing: %v", r.stats)
	}
	// Thousands of invalid chunks in a few seconds are logged, but not thousands of times.
	lines := strings.Count(r.stderr, "msgpack broken at byte")
	if len(r.faults) == 0 || len(r.faults) > 9 || lines == 0 || lines > 15 {
		t.Errorf("%d error records and %d lines in the log of %v broken chunks", len(r.faults), lines, r.stats["error"])
	}
	r.wantLog(fmt.Sprintf("broken_chunks=%v\n", r.stats["error"]))
}
