package main

import (
	"strings"
	"testing"
)

const printed = `goos: linux
BenchmarkMemory/copy-2  	     728	     82219 ns/op	25516.07 MB/s
BenchmarkRules/quiet/rules=10-2   	     120	    544042 ns/op	3000.00 MB/s	         0.9994 dismissed	       321.5 ns/record	      90 B/op	       0 allocs/op
BenchmarkRules/quiet/rules=10-2   	     120	    544042 ns/op	9000.00 MB/s	         0.9994 dismissed	       321.5 ns/record	      90 B/op	       0 allocs/op
BenchmarkRules/quiet/rules=10-2   	     120	    544042 ns/op	4000.00 MB/s	         0.9994 dismissed	       321.5 ns/record	      90 B/op	       0 allocs/op
BenchmarkRules/quiet/rules=2-2   	     120	    544042 ns/op	5000.00 MB/s
BenchmarkRules/quiet/rules=upstream 	     120	    544042 ns/op	5000.00 MB/s
PASS
`

func TestParse(t *testing.T) {
	f := parse(strings.NewReader(printed))
	if got := f.speed("Rules/quiet/rules=10"); got != 4 {
		t.Errorf("%v GB/s, want the median of three, 4", got)
	}
	if got := f["Rules/quiet/rules=10"]["ns/record"]; got != 321.5 {
		t.Errorf("%v ns a record, want 321.5", got)
	}
	numbers, names := f.under("Rules/quiet")
	if len(numbers) != 2 || numbers[0] != 2 || numbers[1] != 10 || len(names) != 1 || names[0] != "rules=upstream" {
		t.Errorf("%v and %v, want [2 10] and [rules=upstream]", numbers, names)
	}
}

func TestThin(t *testing.T) {
	var rows [][]string
	for i := range 1001 {
		rows = append(rows, []string{strings.Repeat("x", i)})
	}
	few := thin(rows, 200)
	if len(few) != 200 || len(few[0][0]) != 0 || len(few[199][0]) != 1000 {
		t.Errorf("%d rows, of which the last is number %d", len(few), len(few[len(few)-1][0]))
	}
}
