package e2e

import (
	"bufio"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// broker starts Kafka brokers of test/broker, which is a separate module.
type broker struct {
	path  string
	built chan error
}

// newBroker starts to build it.
func newBroker(t *testing.T) *broker {
	t.Helper()
	b := &broker{path: filepath.Join(t.TempDir(), "broker"), built: make(chan error, 1)}
	go func() {
		build := exec.Command("go", "build", "-o", b.path, ".")
		build.Dir = filepath.Join(root, "test/broker")
		out, err := build.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w\n%s", err, out)
		}
		b.built <- err
	}()
	return b
}

// isBuilt waits until the broker is built, and logs if it cannot be.
func (b *broker) isBuilt(t *testing.T) bool {
	t.Helper()
	err := <-b.built
	b.built <- err
	if err != nil {
		t.Logf("test/broker cannot be built, so the kafka input is not tested: %v", err)
	}
	return err == nil
}

// start starts a broker with these lines as messages of the topic cloudtrail, and returns
// its address. It is stopped with the test.
func (b *broker) start(t *testing.T, lines string) string {
	t.Helper()
	cmd := exec.Command(b.path, "cloudtrail")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		late := time.AfterFunc(5*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		late.Stop()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the broker prints no address: %v", err)
	}
	if _, err := in.Write([]byte(lines)); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(address)
}
