// Command out_detect is Fluent Bit's output plugin "detect", built as a C
// shared library. It is the only Go runtime in the process: the input plugin
// "detect_alerts" is a small C library (shim/in_detect.c) that calls into
// this one, so that alerts go from the output to the input by memory.
//
// Every entry point does four things: recover, view the bytes, call package
// instance, map the result.
package main

import (
	"os"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/plugin/fluentbit/instance"
)

// version is set by the linker.
var version = "dev"

var registry = func() *instance.Registry {
	hostname, err := os.Hostname()
	if err != nil {
		hostname = "unknown"
	}
	return instance.NewRegistry(alert.Observer{Version: version, Hostname: hostname})
}()

// main never runs: a C shared library only initialises its packages.
func main() {}
