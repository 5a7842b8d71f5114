package pipeline

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/test/bench/events"
)

// All peers make the same alerts.
func TestPeersAgree(t *testing.T) {
	if err := Available(); err != nil {
		t.Skipf("the peers were not tested: %v", err)
	}
	build, err := filepath.Abs("../../../build")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(build, "out_detect.so")); err != nil {
		t.Fatal("build/out_detect.so does not exist: run make build first, or make test")
	}
	dir := t.TempDir()
	decoder, err := buildDecoder(dir)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "events.json")
	volume, err := writeEvents(path, 1, events.Every)
	if err != nil {
		t.Fatal(err)
	}
	if volume.Events != 6*events.Every {
		t.Fatalf("%d events, want one round of %d", volume.Events, 6*events.Every)
	}
	all := append(peers(build, decoder, os.Getenv("DETECTION_RULES")), rareFluentBits(build)[2])
	if _, err := vectorVersion(); err != nil {
		t.Logf("not tested: the ways to detect in Vector: %v", err)
	} else {
		all = append(all, rareVectors(build)...)
	}
	for _, p := range all {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			s, err := p.process(path, volume)
			if err != nil {
				t.Fatal(err)
			}
			if want := p.want(volume); s.alerts != want {
				t.Errorf("%d alerts, want %d", s.alerts, want)
			}
			if s.cpu <= 0 || s.took <= 0 || s.peak < s.resident {
				t.Errorf("no figures: %+v", s)
			}
		})
	}
}

// Alerts are found by their events' ids, in whatever form.
func TestAlerted(t *testing.T) {
	f := &process{dir: t.TempDir()}
	text := `{"eventID":"a"}` + "\n" + `{"event":{"id":"b","kind":"alert"}}` + "\n" + `{"event":{"id":"b","kind":"enrichment"}}` + "\nc\nc\n"
	if err := os.WriteFile(filepath.Join(f.dir, "alerts"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := f.alerted()
	if want := map[string]int{"a": 1, "b": 1, "c": 2}; err != nil || !maps.Equal(got, want) {
		t.Errorf("%v %v, want %v", got, err, want)
	}
	path := filepath.Join(f.dir, "burst")
	if err := writeBurst(path, 30); err != nil {
		t.Fatal(err)
	}
	burst, err := os.ReadFile(path)
	lines := strings.Split(strings.TrimSpace(string(burst)), "\n")
	if err != nil || len(lines) != 33 || lines[30] != lines[27] || lines[32] != lines[29] {
		t.Errorf("%v: %d lines, want 33, of which the last three come twice", err, len(lines))
	}
}

func TestDistribution(t *testing.T) {
	var all []float64
	for i := range 100 {
		all = append(all, float64(99-i))
	}
	if d := DistributionOf(all); d != (Distribution{100, 50, 90, 99, 99}) {
		t.Errorf("%+v", d)
	}
	if d := DistributionOf([]float64{3}); d != (Distribution{1, 3, 3, 3, 3}) {
		t.Errorf("of one: %+v", d)
	}
	if m := median([]float64{4, 1, 3, 2}); m != 2.5 {
		t.Errorf("the median of four is %v", m)
	}
}
