package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestTerminal runs the command with a terminal: there are colors and a progress bar,
// which is erased, and with NO_COLOR no colors.
func TestTerminal(t *testing.T) {
	run := func(args []string, env ...string) string {
		t.Helper()
		master, slave := openTerminal(t)
		cmd := exec.Command(os.Args[0], args...)
		cmd.Env = append(append(os.Environ(), "TERM=xterm", runAsCommand+"=1"), env...)
		in, feed, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stdin, cmd.Stdout, cmd.Stderr = in, slave, slave
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_ = slave.Close()
		_ = in.Close()
		seen := make(chan string)
		go func() {
			var b bytes.Buffer
			_, _ = b.ReadFrom(master) // ends with EIO when the other side is closed
			seen <- b.String()
		}()
		go func() {
			for i := range 8 {
				fmt.Fprintf(feed, `{"eventSource":"ec2-instance-connect.amazonaws.com","eventName":"SendSSHPublicKey","eventID":"e-%d"}`+"\n", i)
				time.Sleep(150 * time.Millisecond)
			}
			_ = feed.Close()
		}()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %v", args, err)
		}
		return <-seen
	}
	text := run([]string{"replay", "-"}, "NO_COLOR=")
	if n := strings.Count(text, `"alert_id"`); n != 8 {
		t.Errorf("%d alerts", n)
	}
	if !strings.Contains(text, "B/s, ") || !strings.Contains(text, " alerts\x1b[K") {
		t.Errorf("no progress in %q", text)
	}
	for line := range strings.Lines(text) {
		if at := strings.LastIndex(line, "\x1b[K"); at >= 0 && !strings.HasPrefix(line[at:], "\x1b[K{") && !strings.HasPrefix(line[at:], "\x1b[KRead") {
			t.Errorf("the bar stayed on the line %q", line)
		}
	}
	if text = run([]string{"test", "--verbose", "builtin"}, "NO_COLOR="); !strings.Contains(text, "\x1b[32mok\x1b[0m") {
		t.Errorf("no colour in %q", text)
	}
	if text = run([]string{"test", "--verbose", "builtin"}, "NO_COLOR=1"); strings.Contains(text, "\x1b") || !strings.Contains(text, "ok ") {
		t.Errorf("NO_COLOR is set, and this came: %q", text)
	}
}

// openTerminal returns the two ends of a new terminal.
func openTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no terminals here, colours and progress were not tested: %v", err)
	}
	t.Cleanup(func() { _ = master.Close() })
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Skipf("no terminals here, colours and progress were not tested: %v", err)
	}
	return master, slave
}
