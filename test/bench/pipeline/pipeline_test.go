package pipeline

import (
	"os"
	"path/filepath"
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
	volume, err := writeEvents(path, 1)
	if err != nil {
		t.Fatal(err)
	}
	if volume.Events != 6*events.Every {
		t.Fatalf("%d events, want one round of %d", volume.Events, 6*events.Every)
	}
	for _, p := range peers(build, decoder, os.Getenv("DETECTION_RULES")) {
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
