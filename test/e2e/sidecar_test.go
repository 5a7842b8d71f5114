package e2e

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/test/freeport"
)

// Fluent Bit without the plugin: events go to the sidecar by HTTP and alerts come back by
// Forward, with the shipped configuration.
func TestSidecar(t *testing.T) {
	t.Parallel()
	path := binary(t)
	alerts := freeport.Address(t)
	url := serve(t, "--forward-to", "tcp://"+alerts, "--alert-tag", "alert.cloudtrail", "--state-path", filepath.Join(t.TempDir(), "state"), "--heartbeat", "0")
	address := strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/v1/ingest")
	text, err := os.ReadFile(filepath.Join(root, "conf/sidecar/fluent-bit.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	f := &fluentBit{t: t, dir: t.TempDir()}
	_, eventPort, _ := net.SplitHostPort(address)
	_, alertPort, _ := net.SplitHostPort(alerts)
	f.write("fluent-bit.yaml", strings.NewReplacer("/var/log/cloudtrail/*.json", f.dir+"/in*.json", "/var/lib/fluent-bit", f.dir, "port: 9880", "port: "+eventPort, "port: 24224", "port: "+alertPort).Replace(string(text)))
	f.cmd = exec.Command(path, "-c", filepath.Join(f.dir, "fluent-bit.yaml"))
	t.Cleanup(f.end)
	c := corpora(t)[0]
	f.write("in1.json", c.text)
	f.write("in2.json", c.records())
	f.run()
	f.wait("the alerts on stdout", 20*time.Second, func() bool { return countAlerts(f.read("log")) >= c.alerts })
	time.Sleep(settled)
	f.stop()
	if got := countAlerts(f.read("log")); got != c.alerts {
		t.Errorf("%d alerts, want %d", got, c.alerts)
	}
}

// serve starts a sidecar and returns the URL for events. The process is stopped with the
// test.
func serve(t *testing.T, flags ...string) (url string) {
	t.Helper()
	cmd := exec.Command(filepath.Join(root, "build/fluent-detect"), append([]string{"serve", "--listen", "127.0.0.1:0"}, flags...)...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v: run make build first, or make test", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		_ = cmd.Wait()
	})
	var said bytes.Buffer
	lines := bufio.NewScanner(io.TeeReader(stderr, &said))
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "takes events at "); ok {
			go func() { _, _ = io.Copy(io.Discard, stderr) }()
			return url
		}
	}
	t.Fatalf("the sidecar does not serve:\n%s", said.String())
	return ""
}
