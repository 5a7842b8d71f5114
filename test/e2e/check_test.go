package e2e

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/plugin/hostconf"
)

// Fluent Bit refuses the invalid configurations of which check says so, and accepts the
// others silently: misspelt keys and sections, channels and tags that do not match,
// buffers that are too small.
func TestRefused(t *testing.T) {
	fluentBit := binary(t)
	files, err := filepath.Glob(filepath.Join(root, "plugin/hostconf/testdata/broken/*.*"))
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	silent := 0
	for _, file := range files {
		r := hostconf.Check(file)
		// These load libraries that are not installed here.
		noLibrary := []string{"one-library.yaml", "cloudtrail-unconfirmed.yaml"}
		if r.Host != hostconf.FluentBit || slices.Contains(noLibrary, filepath.Base(file)) || strings.HasPrefix(filepath.Base(file), "configmap") {
			continue
		}
		cmd := exec.Command(fluentBit, "-e", library(t, "out_detect.so"), "-e", library(t, "in_detect.so"), "--dry-run", "-c", file)
		out, err := cmd.CombinedOutput()
		if refused := err != nil; refused != r.Refused {
			t.Errorf("%s: Fluent Bit refuses it: %t, but according to check: %t\n%s", filepath.Base(file), refused, r.Refused, out)
		}
		if err == nil {
			silent++
		}
	}
	t.Logf("Fluent Bit accepts %d of them silently", silent)
}
