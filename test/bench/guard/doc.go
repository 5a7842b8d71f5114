// Guard fails if the engine has become slower: it counts the processor's instructions
// per byte in benchmarks of package detector and compares them with
// test/bench/baseline.json. Unlike times, counts depend neither on other load nor on the
// machine.
//
//	go run ./test/bench/guard          compare
//	go run ./test/bench/guard -renew   write the baseline
//
// Valgrind's callgrind counts them. Without valgrind, each benchmark's time is compared
// with that of a loop over the same bytes, measured in turns with it, which finds large
// changes only.
package main
