package main

/*
#cgo !windows LDFLAGS: -ldl
#cgo windows CFLAGS: -D_POSIX_THREAD_SAFE_FUNCTIONS=200112L
#cgo windows LDFLAGS: -static -lpthread
#include <stdlib.h>
#include "log.h"
*/
import "C"

import (
	"fmt"
	"os"
	"strings"
	"unsafe"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// hostPlugin is the beginning of the struct that Init receives from Fluent Bit.
type hostPlugin struct {
	name     *C.char
	api      unsafe.Pointer
	instance unsafe.Pointer
}

// instanceName returns Fluent Bit's name of an instance. For hosts that do not
// provide it, the name is derived from the number of instances.
func instanceName(p unsafe.Pointer, isInput bool, plugin string) string {
	if name := C.detect_instance_name((*hostPlugin)(p).instance, cBool(isInput)); name != nil {
		return C.GoString(name)
	}
	return registry.Name(plugin)
}

// newLog returns the log of an instance: lines begin with
// "[output:detect:detect.0]", as the host's own do, and levels above the
// instance's log_level are dropped.
func newLog(p unsafe.Pointer, isInput bool, plugin, name string) logger.Log {
	side := "output"
	if isInput {
		side = "input"
	}
	level := logger.Level(C.detect_log_level((*hostPlugin)(p).instance, cBool(isInput)))
	prefix := fmt.Sprintf("[%s:%s:%s] ", side, plugin, name)
	return func(l logger.Level, line string) {
		if l <= level {
			writeLog(l, prefix, line)
		}
	}
}

func cBool(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

// plainLog is for entry points that are not called for an instance.
func plainLog(l logger.Level, line string) { writeLog(l, "[detect] ", line) }

// maxLogLine is less than the maximum size of a message in Fluent Bit's log.
const maxLogLine = 900

// writeLog writes each line of the text as a line of the log. Control characters,
// which come from data, are replaced.
func writeLog(l logger.Level, prefix, text string) {
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		line = strings.Map(printable, line)
		for first := true; first || line != ""; first = false {
			n := min(len(line), maxLogLine)
			c := C.CString(prefix + line[:n])
			C.detect_log(C.int(l), c)
			C.free(unsafe.Pointer(c))
			line = line[n:]
		}
	}
}

func printable(r rune) rune {
	if r == '\t' {
		return ' '
	}
	if r < ' ' || r == 0x7f {
		return '?'
	}
	return r
}

// writeLost writes an alert that cannot be delivered to stderr, as a line of JSON. In
// a daemon, which has no stderr, it writes it to the log.
func writeLost(a outbox.Alert) {
	line := alert.AppendJSON(nil, a.Record)
	if C.detect_is_daemon() != 0 {
		plainLog(logger.Error, "undelivered alert: "+string(line))
		return
	}
	_, _ = os.Stderr.Write(append(line, '\n'))
}
