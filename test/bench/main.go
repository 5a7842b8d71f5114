package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/fluent-detect/fluent-detect/test/bench/pipeline"
)

const results = "test/bench/results"

func main() {
	var err error
	switch {
	case len(os.Args) == 1:
		err = measure(os.Getenv("BENCH_QUICK") != "", os.Getenv("DETECTION_RULES"))
	case len(os.Args) == 3 && os.Args[1] == "soak":
		err = drawSoak(os.Args[2])
	case len(os.Args) >= 2 && os.Args[1] == "sidecar":
		err = measureSidecars(os.Args[2:])
	case len(os.Args) == 2 && os.Args[1] == "sigma":
		err = measureSigma()
	case len(os.Args) == 2 && os.Args[1] == "peers":
		err = measurePeers(os.Getenv("BENCH_QUICK") != "")
	default:
		err = errors.New("usage: bench [soak FILE | sidecar [PROGRAM]… | sigma | peers]")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func measure(quick bool, detectionRules string) error {
	if detectionRules == "" {
		fmt.Println("NOT TESTED  Elastic's rules: DETECTION_RULES names no checkout of elastic/detection-rules")
	}
	r := report{machine: thisMachine(), quick: quick}
	say := func(line string) { fmt.Println(line) }
	var err error
	if r.engine, err = runBenchmarks(quick); err != nil {
		return err
	}
	if r.instructions, err = countInstructions(quick); err != nil {
		return err
	}
	if err := pipeline.Available(); err != nil {
		fmt.Println("NOT TESTED  whole pipelines: no fluent-bit on PATH or in FLUENT_BIT")
	} else {
		scale := pipeline.Scale{Bytes: 400 << 20, Rounds: 9, Latencies: 100, Busy: 30 * time.Second, Idle: time.Minute}
		if quick {
			scale = pipeline.Scale{Bytes: 40 << 20, Rounds: 1, Latencies: 10, Busy: 5 * time.Second, Idle: 10 * time.Second}
		}
		measured, err := pipeline.Measure("build", detectionRules, scale, say)
		if err != nil {
			return err
		}
		r.pipelines = &measured
	}
	if err := r.write(); err != nil {
		return err
	}
	fmt.Println("written to", results)
	return r.check()
}

func write(name string, data []byte) error {
	return os.WriteFile(filepath.Join(results, name), data, 0o644)
}
