package main

import (
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/limit"
	"github.com/fluent-detect/fluent-detect/plugin/fluentbit/instance"
)

// stacks are logged a few times a minute: records that make the plugin panic may
// come in thousands.
var stacks = limit.NewThrottle(limit.Rate{Max: 3, Per: time.Minute})

// guard is deferred by every entry point: a panic must not reach the host. It
// is logged with its stack, line by line, and then failed is called with it,
// which sets the entry point's answer.
func guard(where string, log instance.Log, failed func(reason any)) {
	p := recover()
	if p == nil {
		return
	}
	defer func() { _ = recover() }() // nor a panic in what follows
	failed(p)
	missed, ok := stacks.Pass(time.Now())
	if !ok {
		return
	}
	log(instance.Error, fmt.Sprintf("%s: panic: %v; the host goes on, please report this with the stack that follows%s", where, p, instance.AndMore(missed)))
	for line := range strings.Lines(string(debug.Stack())) {
		log(instance.Error, strings.TrimRight(strings.ReplaceAll(line, "\t", "    "), "\n"))
	}
}
