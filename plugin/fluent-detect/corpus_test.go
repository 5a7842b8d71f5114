package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestCorpus replays real events, which are kept outside of the module: line by
// line, and as the one object in a .gz that they would be in S3.
func TestCorpus(t *testing.T) {
	const path = "../../../shared/corpus/stratus.ndjson"
	lines, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("real events are not there, not tested with them: %v", err)
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
		if len(ids) != 6 {
			t.Errorf("%d alerts, want 6", len(ids))
		}
		return strings.Join(ids, "\n")
	}
	want := replay(lines)
	events := bytes.ReplaceAll(bytes.TrimSpace(lines), []byte("\n"), []byte(","))
	for range 3 { // long enough to be taken apart; what is repeated is a duplicate
		events = append(append(events, ','), events...)
	}
	object := append(append([]byte(`{"Records":[`), events...), "]}"...)
	if got := replay(object); got != want {
		t.Errorf("as one object of %d bytes:\n%s\nline by line:\n%s", len(object), got, want)
	}
}
