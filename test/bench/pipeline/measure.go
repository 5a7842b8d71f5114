package pipeline

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/test/bench/events"
)

// Result has all measurements.
type Result struct {
	FluentBit  string // its version
	Throughput []Throughput
	Volume     Volume
	Latency    Latency
	Busy       []Busy
	Idle       []Idle
}

// Scale is how thoroughly to measure.
type Scale struct {
	Bytes     int64 // of events
	Rounds    int
	Latencies int
	Busy      time.Duration
	Idle      time.Duration
}

// Available returns an error if Fluent Bit is not installed.
func Available() error {
	_, err := exec.LookPath(executable())
	return err
}

// Measure runs the pipelines. The libraries are in the directory build, and
// detectionRules is a checkout of elastic/detection-rules or empty.
func Measure(build, detectionRules string, scale Scale, say func(string)) (r Result, err error) {
	if r.FluentBit, err = fluentBitVersion(); err != nil {
		return r, err
	}
	dir, err := os.MkdirTemp("", "decode")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	decoder, err := buildDecoder(dir)
	if err != nil {
		return r, err
	}
	if build, err = filepath.Abs(build); err != nil {
		return r, err
	}
	ps := peers(build, decoder, detectionRules)
	if r.Throughput, r.Volume, err = throughput(ps, scale.Bytes, events.Every, scale.Rounds, say); err != nil {
		return r, err
	}
	say("line to alert")
	if r.Latency, err = latency(ps[1], scale.Latencies); err != nil {
		return r, err
	}
	say("busy")
	if r.Busy, err = busy(ps, scale.Busy, nothing, builtin, detected); err != nil {
		return r, err
	}
	say("idle")
	r.Idle, err = idle(ps, scale.Idle, nothing, builtin)
	return r, err
}

func fluentBitVersion() (string, error) {
	text, err := exec.Command(executable(), "--version").Output()
	return strings.TrimPrefix(strings.TrimSpace(strings.SplitN(string(text), "\n", 2)[0]), "Fluent Bit "), err
}

// buildDecoder builds the plugin of test/bench/decode, in dir.
func buildDecoder(dir string) (path string, err error) {
	path = filepath.Join(dir, "decode.so")
	out, err := exec.Command("go", "build", "-buildmode=c-shared", "-o", path, "github.com/fluent-detect/fluent-detect/test/bench/decode").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the decoding output: %w\n%s", err, out)
	}
	return path, nil
}
