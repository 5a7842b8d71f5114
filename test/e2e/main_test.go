package e2e

import (
	"flag"
	"os"
	"runtime"
	"strconv"
	"testing"
)

// atOnce is the number of parallel tests: most of the time they wait for Fluent Bit.
const atOnce = 10

func TestMain(m *testing.M) {
	flag.Parse()
	if p := flag.Lookup("test.parallel"); p.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) { // nobody said otherwise
		if err := p.Value.Set(strconv.Itoa(max(atOnce, runtime.GOMAXPROCS(0)))); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
