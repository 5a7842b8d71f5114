// Command out_detect is Fluent Bit's output plugin "detect", built as a C
// shared library. It is the only Go runtime in the process: the input plugins
// "detect_alerts" and "cloudtrail" are small C libraries (shim/input.h) that call
// into this one, so that alerts go from the output to the input by memory.
//
// What Fluent Bit calls is C (entry.c): it forks after it has loaded and registered its
// plugins if it runs as a daemon, and a Go runtime does not survive that. So the
// runtime starts with the first instance (runtime.c, runtime.ld), after the fork.
//
// Every exported function recovers from panics, views the bytes, calls package instance
// and maps the result.
package main

import (
	"github.com/fluent-detect/fluent-detect/plugin/fluentbit/instance"
	"github.com/fluent-detect/fluent-detect/plugin/host"
)

// version is set by the linker.
var version = "dev"

var registry = instance.NewRegistry(host.Observer(version))

// main never runs: a C shared library only initializes its packages.
func main() {}
