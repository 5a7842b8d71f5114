//go:build unix

package sidecar

import "syscall"

// connectionLimit returns how many connections of clients there may be: half of the files
// that the process may open, up to maxConnections.
func connectionLimit() int {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return maxConnections
	}
	return int(max(min(uint64(l.Cur)/2, maxConnections), 1))
}
