package sidecar

import (
	"os"
	"testing"
	"time"
)

func TestMeasure(t *testing.T) {
	path := "../../../build/fluent-detect"
	if _, err := os.Stat(path); err != nil {
		t.Fatal("build/fluent-detect does not exist: run make build first, or make test")
	}
	l, err := Measure(path, t.TempDir(), 300*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if l.Alone.Count < clients || l.Quiet.Count < clients || l.Match.Count == 0 || l.Quiet.P50 <= 0 || l.Match.P99 < l.Match.P50 {
		t.Errorf("%+v", l)
	}
}
