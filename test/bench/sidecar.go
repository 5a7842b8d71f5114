package main

import (
	"fmt"
	"os"
	"time"

	"github.com/fluent-detect/fluent-detect/test/bench/pipeline"
	"github.com/fluent-detect/fluent-detect/test/bench/sidecar"
)

// measureSidecars prints the latency of requests to the sidecars at these paths. They
// take turns. Their state is in the directory build, which, unlike the one for
// temporary files, is on a disk.
func measureSidecars(paths []string) error {
	const rounds, duration = 3, time.Second
	if len(paths) == 0 {
		paths = []string{"build/fluent-detect"}
	}
	if err := os.MkdirAll("build", 0o755); err != nil {
		return err
	}
	fmt.Println("latency of requests in ms: of 15 clients without matches, then beside one that sends matches, and of that one")
	for round := range rounds {
		for _, path := range paths {
			l, err := sidecar.Measure(path, "build", duration)
			if err != nil {
				return err
			}
			fmt.Printf("round %d  %s\n  no matches at all  %s\n  without a match    %s\n  with a match       %s\n",
				round+1, path, millis(l.Alone), millis(l.Quiet), millis(l.Match))
		}
	}
	return nil
}

func millis(d pipeline.Distribution) string {
	return fmt.Sprintf("%6d requests  p50 %6.2f  p90 %6.2f  p99 %6.2f  max %6.2f", d.Count, d.P50*1e3, d.P90*1e3, d.P99*1e3, d.Longest*1e3)
}
