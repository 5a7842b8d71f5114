package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestOneObject replays events line by line, and as the one object that they would be
// in a file of CloudTrail's in S3.
func TestOneObject(t *testing.T) {
	const matches = 3
	lines, err := os.ReadFile("../../test/data/cloudtrail.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	replay := func(input []byte) string {
		t.Helper()
		cmd := exec.Command(os.Args[0], "replay", "-")
		cmd.Env = append(os.Environ(), runAsCommand+"=1")
		cmd.Stdin = bytes.NewReader(input)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for line := range strings.Lines(string(out)) {
			_, id, _ := strings.Cut(line, `"alert_id":"`)
			ids = append(ids, id[:64])
		}
		if len(ids) != matches {
			t.Errorf("%d alerts, want %d", len(ids), matches)
		}
		return strings.Join(ids, "\n")
	}
	want := replay(lines)
	events := bytes.ReplaceAll(bytes.TrimSpace(lines), []byte("\n"), []byte(","))
	for range 6 { // long enough to be split; repeated events are duplicates
		events = append(append(events, ','), events...)
	}
	object := append(append([]byte(`{"Records":[`), events...), "]}"...)
	if got := replay(object); got != want {
		t.Errorf("as one object of %d bytes:\n%s\nline by line:\n%s", len(object), got, want)
	}
}
