package vector

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/test/freeport"
)

// The README's commands for Vector make three alerts, as they are but for the addresses.
func TestReadme(t *testing.T) {
	t.Parallel()
	program(t, "vector")
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var commands string
	for _, block := range strings.Split(string(readme), "```sh\n")[1:] {
		if block, _, _ = strings.Cut(block, "```"); strings.Contains(block, "vector --config") {
			commands = block
		}
	}
	events, alerts := freeport.Address(t), freeport.Address(t)
	addresses := strings.NewReplacer("127.0.0.1:9880", events, "127.0.0.1:9881", alerts, "serve ", "serve --listen "+events+" ")
	dir := t.TempDir()
	for _, folder := range []string{"build", "conf/vector"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	absolute, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"build/fluent-detect": command, "test": filepath.Join(absolute, "test")} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile(filepath.Join(root, "conf/vector/file.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "conf/vector/file.yaml"), []byte(addresses.Replace(string(file))), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	var log strings.Builder
	cmd := exec.Command("bash", "-ec", addresses.Replace(commands))
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, &log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	count := func() int {
		text, err := os.ReadFile(out.Name())
		if err != nil {
			t.Fatal(err)
		}
		return len(alertIDs(t, string(text[:strings.LastIndexByte(string(text), '\n')+1])))
	}
	for deadline := time.Now().Add(40 * time.Second); count() < 3 && time.Now().Before(deadline); {
		time.Sleep(100 * time.Millisecond)
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // the group of bash, of its own
	_ = cmd.Wait()
	if got := count(); got != 3 {
		t.Errorf("%d alerts, want 3, of\n%s\nlog:\n%s", got, commands, log.String())
	}
}
