package main

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/fluent-detect/fluent-detect/plugin/fluentbit/instance"
)

// guard is deferred by every entry point: a panic must not reach the host. It
// is logged with its stack, line by line, and then failed is called, which
// sets the entry point's answer.
func guard(where string, log instance.Log, failed func()) {
	p := recover()
	if p == nil {
		return
	}
	log(instance.Error, fmt.Sprintf("%s: panic: %v; the host goes on, please report this with the stack that follows", where, p))
	for line := range strings.Lines(string(debug.Stack())) {
		log(instance.Error, strings.TrimRight(strings.ReplaceAll(line, "\t", "    "), "\n"))
	}
	failed()
}
