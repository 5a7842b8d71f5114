package sidecar

import (
	"net"
	"os"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
	"github.com/fluent-detect/fluent-detect/test/freeport"
)

// If a sidecar cannot be started, the error has the reason, and its address and state
// can be used immediately.
func TestStartRefused(t *testing.T) {
	start := func(listen, key, value string) (*Sidecar, error) {
		c, err := settings.ReadSidecar(func(name string) string {
			return map[string]string{"listen": listen, "alerts": "-", key: value}[name]
		})
		if err != nil {
			t.Fatal(err)
		}
		return Start(c, Options{Stdout: os.Stdout, Stderr: os.Stderr, Log: func(logger.Level, string) {}})
	}
	state := t.TempDir()
	other, err := start("127.0.0.1:0", "state_path", state)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Stop()

	for _, c := range []struct{ name, key, value, want string }{
		{"a directory without rules", "rules", t.TempDir(), "holds no *.toml"},
		{"a state that is in use", "state_path", state, state},
		{"dead letters in no directory", "dead_letters", state + "/none/letters", "dead_letters"},
		{"an address for metrics that is in use", "metrics_listen", other.Addr().String(), "metrics_listen"},
	} {
		address := freeport.Address(t)
		if _, err := start(address, c.key, c.value); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want something about %q", c.name, err, c.want)
		}
		again, err := net.Listen("tcp", address)
		if err != nil {
			t.Errorf("%s: the address is not free again: %v", c.name, err)
			continue
		}
		again.Close()
	}
	if _, err := start(other.Addr().String(), "", ""); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("an address that is in use: %v", err)
	}
}
