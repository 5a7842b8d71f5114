//go:build !unix

package sidecar

// connectionLimit returns how many connections of clients there may be.
func connectionLimit() int { return maxConnections }
