package instance

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// fakeHost is used instead of the C side of the plugin.
type fakeHost struct {
	t        *testing.T
	registry *Registry
	mu       sync.Mutex // of log
	log      []string
	lost     []outbox.Alert
}

func newHost(t *testing.T) *fakeHost {
	return &fakeHost{t: t, registry: NewRegistry(alert.Observer{Version: "test", Hostname: "host"})}
}

// keys returns a getter for key, value, key, value, …
func keys(pairs ...string) settings.Getter {
	return func(key string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == key {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func (h *fakeHost) write(l logger.Level, line string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.log = append(h.log, fmt.Sprint(l, " ", line))
}

// logged returns the log so far.
func (h *fakeHost) logged() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.log, "\n")
}

func (h *fakeHost) output(name string, pairs ...string) (*Output, error) {
	return h.registry.OpenOutput(name, keys(pairs...), h.write, func(a outbox.Alert) { h.lost = append(h.lost, a) })
}

func (h *fakeHost) mustOutput(name string, pairs ...string) *Output {
	h.t.Helper()
	o, err := h.output(name, pairs...)
	if err != nil {
		h.t.Fatal(err)
	}
	return o
}

func (h *fakeHost) mustInput(name string, pairs ...string) *Input {
	h.t.Helper()
	i, err := h.registry.OpenInput(name, keys(pairs...), h.write)
	if err != nil {
		h.t.Fatal(err)
	}
	return i
}

func (h *fakeHost) wantLog(text string) {
	h.t.Helper()
	if !strings.Contains(h.logged(), text) {
		h.t.Errorf("the log does not say %q:\n%s", text, h.logged())
	}
}

// push is a chunk of one event that the built-in rule matches.
func push(t *testing.T, id int) []byte {
	return msgpacktest.FromJSON(t, fmt.Sprintf(`{"eventSource":"ec2-instance-connect.amazonaws.com","eventName":"SendSSHPublicKey","eventID":"e-%d"}`, id))
}

func flush(t *testing.T, o *Output, id int) {
	t.Helper()
	if a := o.Flush("cloudtrail", push(t, id)); a != AnswerOK {
		t.Fatalf("the flush is answered with %d", a)
	}
}

func TestOutputNeedsAnInputOfItsChannel(t *testing.T) {
	h := newHost(t)
	_, err := h.output("detect.0", "channel", "a")
	if err == nil || !strings.Contains(err.Error(), `channel: "a" has no [INPUT] with Name detect_alerts`) {
		t.Errorf("without inputs: %v", err)
	}
	h.mustInput("detect_alerts.0", "channel", "b")
	_, err = h.output("detect.0", "channel", "a")
	if err == nil || !strings.Contains(err.Error(), "the inputs take b") {
		t.Errorf("with an input of another channel: %v", err)
	}
	h.mustOutput("detect.0", "channel", "b")
}

func TestEveryWrongValueIsToldAtOnce(t *testing.T) {
	h := newHost(t)
	h.mustInput("detect_alerts.0")
	_, err := h.output("detect.0", "dedup_ttl", "banana", "dedup_size", "0", "max_alerts", "100", "alert_format", "xml",
		"suppress_for", "1h", "rule_tests", "maybe", "channel", "a b")
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`dedup_ttl: invalid value "banana": must be a duration`, `dedup_size: invalid value "0"`, `max_alerts: invalid value "100"`,
		"alert_format: invalid value \"xml\": must be `ecs`, `kibana` or `ocsf`", "suppress_for: requires suppress_by, which is not set", "rule_tests: invalid value \"maybe\": must be `on` or `off`",
		`channel: invalid value "a b"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %s\n%v", want, err)
		}
	}
	if _, err := h.registry.OpenInput("detect_alerts.1", keys("min_severity", "huge"), h.write); err == nil {
		t.Error("min_severity huge is taken")
	}
}

// The chunks for Fluent Bit are in its newer format.
func TestEncode(t *testing.T) {
	h := newHost(t)
	in := h.mustInput("detect_alerts.0")
	out := h.mustOutput("detect.0")
	flush(t, out, 1)
	flush(t, out, 2)
	alerts := in.Collect()
	chunk := make([]byte, EncodedSize(alerts))
	Encode(chunk, alerts)
	cursor := msgpack.NewCursor(chunk)
	var head msgpack.Head
	n := 0
	for ; ; n++ {
		ok, err := cursor.Next(&head)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		if at := time.Unix(head.Sec, int64(head.Nsec)); head.Item != msgpack.Record || time.Since(at) > time.Minute || time.Since(at) < 0 {
			t.Fatalf("record %d is %+v", n, head)
		}
		end, err := msgpack.Skip(chunk, head.Body)
		if err != nil {
			t.Fatal(err)
		}
		cursor.Resume(end)
	}
	if n != 2 {
		t.Errorf("%d records, want 2", n)
	}
}

func TestPausedInputsKeepStill(t *testing.T) {
	h := newHost(t)
	in := h.mustInput("detect_alerts.0")
	out := h.mustOutput("detect.0")
	in.Pause(Own)
	flush(t, out, 1)
	began := time.Now()
	if alerts := in.Collect(); len(alerts) != 0 || time.Since(began) > CollectWait/2 {
		t.Errorf("a paused input gives %d alerts after %s", len(alerts), time.Since(began))
	}
	in.Resume(Own)
	if alerts := in.Collect(); len(alerts) != 1 {
		t.Errorf("%d alerts after the pause, want 1", len(alerts))
	}
}

// reload closes the instances like a hot reload.
func reload(in *Input, out *Output) {
	out.Close(true)
	in.Close()
}

func TestReloadKeepsWhatWorked(t *testing.T) {
	h := newHost(t)
	rules := filepath.Join(t.TempDir(), "rules.toml")
	if err := os.WriteFile(rules, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	in := h.mustInput("detect_alerts.0")
	out := h.mustOutput("detect.0")
	flush(t, out, 1)
	reload(in, out)
	in, err := h.registry.OpenInput("detect_alerts.0", keys("min_severity", "huge"), h.write)
	if err != nil {
		t.Fatal(err)
	}
	out = h.mustOutput("detect.0", "rules", rules)
	h.wantLog("min_severity: invalid value \"huge\"")
	h.wantLog(rules + ":1")
	h.wantLog("the settings and rules from before the reload stay in force")
	flush(t, out, 2)
	if n := len(in.Collect()); n != 2 {
		t.Errorf("%d alerts, want that from before the reload and the new one", n)
	}
}

// At the end, alerts that are neither delivered nor stored are returned.
func TestFinish(t *testing.T) {
	for _, stored := range []bool{false, true} {
		h := newHost(t)
		dir := filepath.Join(t.TempDir(), "state")
		var pairs []string
		if stored {
			pairs = []string{"state_path", dir}
		}
		in := h.mustInput("detect_alerts.0")
		out := h.mustOutput("detect.0", pairs...)
		flush(t, out, 1)
		out.Close(false)
		if left := h.registry.Finish(h.write); len(left) != 0 {
			t.Errorf("stored %v: %d alerts are given up while an input is open", stored, len(left))
		}
		in.Close()
		left := h.registry.Finish(h.write)
		if (len(left) == 1) == stored {
			t.Errorf("stored %v: %d alerts are handed back", stored, len(left))
		}
		if !stored {
			continue
		}
		h.wantLog("1 alert wait in state_path")
		// The next process.
		h = newHost(t)
		in = h.mustInput("detect_alerts.0")
		out = h.mustOutput("detect.0", pairs...)
		flush(t, out, 1) // known
		if n := len(in.Collect()); n != 1 {
			t.Errorf("%d alerts after the restart, want 1", n)
		}
	}
}

func TestNobodyWantsTheRule(t *testing.T) {
	h := newHost(t)
	h.mustInput("detect_alerts.0", "rules", "other-rule")
	out := h.mustOutput("detect.0")
	h.wantLog("no detect_alerts input of channel \"default\" takes the alerts of aws-ec2-instance-connect-ssh-public-key-uploaded")
	flush(t, out, 1)
	if len(h.lost) != 1 {
		t.Errorf("%d alerts are told lost, want 1", len(h.lost))
	}
}
