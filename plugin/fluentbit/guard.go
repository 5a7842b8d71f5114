package main

import (
	"runtime/debug"

	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// plainPanics is the log for panics outside of an instance.
var plainPanics = logger.Log(plainLog).Limited()

// guard is deferred by every exported function: a panic must not reach the host. guard
// logs it with its stack, and calls failed, which sets the result of the
// function. The log must be rate-limited: records that cause a panic may come in
// thousands.
func guard(where string, log logger.Log, failed func(reason any)) {
	p := recover()
	if p == nil {
		return
	}
	defer func() { _ = recover() }() // nor a panic in what follows
	failed(p)
	log.Errorf("%s: panic: %v; the host continues, please report this with the stack that follows\n%s", where, p, debug.Stack())
}
