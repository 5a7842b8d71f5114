package hosted

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// With AddressSanitizer in the host, the shim and the Go library: threads, reloads,
// hostile chunks.
func TestAddressSanitizer(t *testing.T) {
	t.Parallel() // building takes longer than all else
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "x.c"), []byte("int main(void) { return 0; }"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("gcc", "-fsanitize=address", "-o", filepath.Join(folder, "x"), filepath.Join(folder, "x.c")).CombinedOutput(); err != nil {
		t.Skipf("gcc cannot build with AddressSanitizer here, so the plugins were not tested with it: %v\n%s", err, out)
	}
	buildPlugins(t, folder, "-fsanitize=address", "-asan")
	for _, c := range []struct {
		name string
		args []string
	}{
		{"reloads", []string{"--json", events, "--repeat", "50", "--chunk-size", "1000", "--threads", "4", "--reload", "2"}},
		{"hostile chunks", []string{"--json", events, "--mutate", "2", "--repeat", "1500", "--chunk-size", "3000", "--threads", "2", "--out", "max_alerts=0"}},
		{"noise", []string{"--json", events, "--noise", "4", "--repeat", "1500", "--chunk-size", "3000", "--threads", "2"}},
		{"hostile text", []string{"--raw", events, "--mutate", "3", "--repeat", "1500", "--chunk-size", "3000", "--threads", "2", "--out", "max_alerts=0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := runBuilt(t, folder, c.args...)
			if r.code != 0 || strings.Contains(r.stderr, "AddressSanitizer") || strings.Contains(r.stderr, "panic:") || len(r.ids) < alertsOfEvents && c.name != "noise" {
				t.Errorf("the host ended with %d and %d different alerts\n%s", r.code, len(r.ids), tail(r.stderr))
			}
		})
	}
}
