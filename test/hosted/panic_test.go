package hosted

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A panic in a flush, in a build that can be made to panic: the host survives, the answer
// to the chunk is ERROR, the stack is in the log, and the next chunks are evaluated.
func TestPanicInAFlush(t *testing.T) {
	folder := t.TempDir()
	buildPlugins(t, folder, "", "-tags", "notfastpath,detect_force_panic")
	text, err := os.ReadFile(events)
	if err != nil {
		t.Fatal(err)
	}
	bad := `{"log":"detect_force_panic"}` + "\n"
	path := filepath.Join(folder, "events")
	if err := os.WriteFile(path, []byte(bad+string(text)+bad), 0o600); err != nil {
		t.Fatal(err)
	}
	r := runBuilt(t, folder, "--json", path, "--chunk-size", "1", "--threads", "2")
	if r.code != 0 || len(r.ids) != alertsOfEvents || r.stats["error"] != 2 {
		t.Fatalf("the host ended with %d, %d different alerts, %v chunks answered with ERROR\n%s", r.code, len(r.ids), r.stats["error"], tail(r.stderr))
	}
	r.wantLog("FLBPluginFlushCtx: panic: forced by the test; the host continues")
	if !strings.Contains(r.stderr, "instance.forcePanic") {
		t.Error("the stack is not in the log")
	}
	if len(r.faults) != 2 || !strings.Contains(r.faults[0], `"message":"panic: forced by the test","type":"panic"`) {
		t.Errorf("the error records are %q, want one for each panic", r.faults)
	}
}
