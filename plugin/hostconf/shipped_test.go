package hostconf

import (
	"path/filepath"
	"slices"
	"testing"
)

// There are no findings for the shipped configurations, except that detect.* is a part
// of others, and that the events of vector/alerts.yaml do not come from Vector.
func TestShipped(t *testing.T) {
	var files []string
	for _, pattern := range []string{"fluent-bit/*.conf", "fluent-bit/*.yaml", "package/fluent-detect.yaml", "vector/*.yaml", "sidecar/*.yaml", "kubernetes/fluent-detect.yaml", "kubernetes/s3.yaml"} {
		found, err := filepath.Glob(filepath.Join("../../conf", pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) < 30 {
		t.Fatalf("%d files", len(files))
	}
	for _, file := range files {
		r := Check(file)
		for _, f := range r.Findings {
			if f.Severity > Note || !slices.Contains([]string{"detect.conf", "detect.yaml", "alerts.yaml"}, filepath.Base(f.File)) {
				t.Errorf("%s: %s: %s", filepath.Base(file), f.Severity, f)
			}
		}
	}
}
