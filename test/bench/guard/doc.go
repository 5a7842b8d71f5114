// Guard fails when the engine has become slower: it counts the processor's
// instructions per byte of benchmarks of the package detector and compares them
// with test/bench/baseline.json. Counts, unlike times, do not depend on what else
// the machine does, nor on which machine it is.
//
//	go run ./test/bench/guard          compare
//	go run ./test/bench/guard -renew   write the baseline anew
//
// They are counted by valgrind's callgrind. Without valgrind each benchmark's time
// is compared with that of a loop over the same bytes, measured in turns with it,
// which finds coarse changes only.
package main
