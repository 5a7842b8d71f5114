// Package command has the commands of fluent-detect, one file each. Results go
// to stdout, everything else to stderr.
package command
