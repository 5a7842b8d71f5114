// Package freeport finds ports for the programs that tests start.
package freeport

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"
)

// The ports lie below those that systems give to outgoing connections (32768 and up
// on Linux): one of those may be taken between the search and the program's start.
const (
	first = 20000
	count = 12000
)

// next starts at random, as tests of other packages run in parallel.
var next atomic.Uint32

func init() { next.Store(rand.Uint32N(count)) }

// Find returns a TCP port of 127.0.0.1 that is not in use and was not returned before.
func Find(t testing.TB) int {
	t.Helper()
	for range count {
		port := first + int(next.Add(1)%count)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		_ = l.Close()
		return port
	}
	t.Fatalf("all ports from %d to %d are in use", first, first+count-1)
	return 0
}

// Address returns 127.0.0.1 with a port as Find returns it.
func Address(t testing.TB) string {
	t.Helper()
	return fmt.Sprintf("127.0.0.1:%d", Find(t))
}
