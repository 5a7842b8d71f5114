package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The disk of state_path is full for a while: Fluent Bit must retry the chunks, the log
// says why, and when there is space again all alerts arrive.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	f := prepare(t, quickRetries(durable))
	state := filepath.Join(f.dir, "state")
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", state, "tmpfs", 0, "size=8m,mode=0700"); err != nil {
		t.Skipf("no small file system can be mounted here (%v): a full disk was not tested", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(state, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	f.write("in1.json", pushes(0, 1))
	f.run()
	f.wantLines("alerts", 1, 20*time.Second)
	fill := filepath.Join(state, "fill")
	file, err := os.Create(fill)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(file, zeros{}); err == nil {
		t.Fatal("the disk is not full")
	}
	_ = file.Close() // full
	f.append("in1.json", pushes(1, 300))
	f.wantLog("no space left on device")
	f.wantLog("the chunk will be evaluated again")
	f.wantStill("alerts", 1)
	if err := os.Remove(fill); err != nil {
		t.Fatal(err)
	}
	f.wait("the other alerts", time.Minute, func() bool { return len(f.ids("alerts")) == 301 })
	f.stop()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A damaged state is set aside, which is logged, and Fluent Bit works.
func TestDamagedState(t *testing.T) {
	t.Parallel()
	f := prepare(t, durable)
	if err := os.Mkdir(filepath.Join(f.dir, "state"), 0o700); err != nil {
		t.Fatal(err)
	}
	f.write("state/state.db", strings.Repeat("noise ", 10_000))
	f.write("in1.json", pushes(0, 3))
	f.run()
	f.wantLog("is damaged or of another version")
	f.wantLines("alerts", 3, 20*time.Second)
	f.stop()
}

// A second Fluent Bit on the same state_path refuses to start and says why.
func TestStatePathInUse(t *testing.T) {
	t.Parallel()
	f := start(t, durable)
	f.wantLog("rule loaded")
	second := prepare(t, strings.Replace(durable, "State_Path   DIR/state", "State_Path   "+f.dir+"/state", 1))
	second.run()
	second.wantEnd(255)
	want := fmt.Sprintf("state_path: %s/state is in use by process %d on ", f.dir, f.cmd.Process.Pid)
	if !strings.Contains(second.read("log"), want) {
		t.Errorf("the log does not say %q\n%s", want, second.read("log"))
	}
	f.stop()
}

// The destination refuses alerts for a while: DETECT_OUTAGE seconds.
func TestDownstreamFails(t *testing.T) {
	t.Parallel()
	end := time.Now().Add(time.Duration(number(t, "DETECT_OUTAGE", 2)) * time.Second)
	var mu sync.Mutex
	refuse, got := true, ""
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if refuse || err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		got += string(body)
	})}
	go func() { _ = server.Serve(listener) }() // ends with Close
	t.Cleanup(func() { _ = server.Close() })
	config := durable + fmt.Sprintf(`
[OUTPUT]
    Name         http
    Match        alert.ssh
    Host         127.0.0.1
    Port         %d
    Format       json_lines
    Retry_Limit  no_limits
`, listener.Addr().(*net.TCPAddr).Port)
	f := prepare(t, quickRetries(config))
	f.write("in1.json", pushes(0, 20))
	f.run()
	f.wantLines("alerts", 20, 20*time.Second)
	f.append("in1.json", pushes(20, 20))
	f.wantLines("alerts", 40, 20*time.Second)
	time.Sleep(time.Until(end))
	mu.Lock()
	refuse = false
	mu.Unlock()
	f.wait("40 alerts at the server", time.Minute, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(alertIDs.FindAllString(got, -1)) == 40
	})
	f.stop()
}

// quickRetries makes Fluent Bit retry within two seconds, not minutes.
func quickRetries(config string) string {
	return strings.Replace(config, "[SERVICE]", "[SERVICE]\n    scheduler.base 1\n    scheduler.cap  2", 1)
}
