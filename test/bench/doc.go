// Bench measures the engine and whole pipelines, and writes tables and charts to
// test/bench/results.
//
//	go run ./test/bench             everything, make bench
//	go run ./test/bench soak FILE   draws what test/e2e wrote for DETECT_SOAK_RESULTS
//	go run ./test/bench sidecar     prints the latency of requests to build/fluent-detect,
//	                                or to the programs that are given
//	go run ./test/bench sigma       Sigma rules in SIGMA_RULES, beside RSigma
//
// BENCH_QUICK=1 takes a minute instead of ten, for a coarse result. DETECTION_RULES,
// a checkout of elastic/detection-rules, adds Elastic's rules. The pipelines need a
// Fluent Bit, on PATH or in FLUENT_BIT.
package main
