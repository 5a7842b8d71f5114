package main

// #include <stdint.h>
// #include <stdlib.h>
// #include "append.h"
// #include "wakeup.h"
import "C"

import (
	"sync"
	"time"
	"unsafe"

	"github.com/fluent/fluent-bit-go/input"

	"github.com/fluent-detect/fluent-detect/plugin/fluentbit/instance"
	"github.com/fluent-detect/fluent-detect/plugin/intake"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

const cloudTrailName = "cloudtrail"

// trails are the open instances by handle. The handles are those of all inputs.
var trails = struct {
	sync.RWMutex
	open map[uintptr]*trailHandle
}{open: map[uintptr]*trailHandle{}}

type trailHandle struct {
	trail    *instance.CloudTrail
	instance unsafe.Pointer // Fluent Bit's
	panics   logger.Log     // rate-limited
	// returned is set while the host has a chunk that it did not acknowledge.
	returned bool
}

// trailOf returns the instance of a handle, see inputOf.
func trailOf(handle C.uintptr_t) *trailHandle {
	trails.RLock()
	defer trails.RUnlock()
	if handle != 0 {
		return trails.open[uintptr(handle)]
	}
	for _, h := range trails.open {
		return h
	}
	return nil
}

// detect_go_cloudtrail_registered is called when Fluent Bit registers the plugin again.
//
//export detect_go_cloudtrail_registered
func detect_go_cloudtrail_registered() {
	defer guard("FLBPluginRegister", plainPanics, func(any) {})
	registry.Registered(cloudTrailName)
}

// detect_go_cloudtrail_init opens an instance and returns its handle, or 0 after an
// error. Without contexts there can be only one.
//
//export detect_go_cloudtrail_init
func detect_go_cloudtrail_init(plugin unsafe.Pointer, hasContext C.int) (handle C.uintptr_t) {
	defer guard("FLBPluginInit", plainPanics, func(any) { handle = 0 })
	name := instanceName(plugin, true, cloudTrailName)
	log := newLog(plugin, true, cloudTrailName, name)
	number := nextHandle()
	trails.Lock()
	defer trails.Unlock()
	if hasContext == 0 && len(trails.open) > 0 {
		log(logger.Error, "this Fluent Bit calls inputs without a context: only one [INPUT] with Name cloudtrail is possible; several need Fluent Bit 4.1 or later")
		return 0
	}
	get := func(key string) string { return input.FLBPluginConfigKey(plugin, key) }
	trail, err := registry.OpenCloudTrail(name, get, log)
	if err != nil {
		log(logger.Error, err.Error())
		return 0
	}
	trails.open[number] = &trailHandle{trail: trail, instance: (*hostPlugin)(plugin).instance, panics: log.Limited()}
	handle = C.uintptr_t(number)
	C.detect_wakeup_open(handle)
	trail.Notify(func() { C.detect_wakeup_signal(handle) })
	return handle
}

const (
	// appendTime is how long a collect appends records, and how long it waits for some.
	// Fluent Bit calls every second; see instance.CollectWait.
	appendTime = 500 * time.Millisecond
	appendWait = 600 * time.Millisecond
	// returnBytes is about how many bytes a collect returns if it cannot append.
	returnBytes = 8 << 20
)

// detect_go_cloudtrail_collect appends records in the thread of the input. If there are no
// more, the next collect waits outside of Go (entry.c). A host that does not export the
// function for appending gets one chunk, allocated with malloc.
//
//export detect_go_cloudtrail_collect
func detect_go_cloudtrail_collect(handle C.uintptr_t, data *unsafe.Pointer, size *C.size_t) (code C.int) {
	h := trailOf(handle)
	if h == nil {
		return input.FLB_ERROR
	}
	defer guard("FLBPluginInputCallback", h.panics, func(any) { code = input.FLB_ERROR })
	if h.returned { // the host has not acknowledged it
		h.returned = false
		h.trail.Taken(false)
	}
	if C.detect_can_append() == 0 {
		*data, *size = h.chunk()
		h.returned = *size > 0
		if !h.returned {
			C.detect_wakeup_idle(handle, C.int(appendWait.Milliseconds()))
		}
		return input.FLB_OK
	}
	for end := time.Now().Add(appendTime); time.Now().Before(end); {
		batches := h.trail.Take(0)
		if len(batches) == 0 {
			C.detect_wakeup_idle(handle, C.int(appendWait.Milliseconds()))
			return input.FLB_OK
		}
		if !h.append(batches[0]) {
			return input.FLB_OK // its ring is full; it has logged that
		}
	}
	return input.FLB_OK
}

// append appends a batch, and reports whether the host took it.
func (h *trailHandle) append(b *intake.Batch) (ok bool) {
	defer func() { h.trail.Taken(ok) }()
	return C.detect_append(h.instance, unsafe.Pointer(unsafe.SliceData(b.Data)), C.size_t(len(b.Data))) != 0
}

// chunk returns the next batches as one chunk.
func (h *trailHandle) chunk() (unsafe.Pointer, C.size_t) {
	batches := h.trail.Take(returnBytes)
	n := 0
	for _, b := range batches {
		n += len(b.Data)
	}
	if n == 0 {
		return nil, 0
	}
	p := C.malloc(C.size_t(n))
	rest := unsafe.Slice((*byte)(p), n)
	for _, b := range batches {
		rest = rest[copy(rest, b.Data):]
	}
	return p, C.size_t(n)
}

// detect_go_cloudtrail_ack is called when Fluent Bit has appended the chunk of the last
// collect.
//
//export detect_go_cloudtrail_ack
func detect_go_cloudtrail_ack(handle C.uintptr_t) (code C.int) {
	h := trailOf(handle)
	if h == nil {
		return input.FLB_ERROR
	}
	defer guard("FLBPluginInputCleanupCallback", h.panics, func(any) { code = input.FLB_ERROR })
	if h.returned {
		h.returned = false
		h.trail.Taken(true)
	}
	return input.FLB_OK
}

// detect_go_cloudtrail_pause is called when Fluent Bit pauses an input. It does not say
// which one: all of them stop reading.
//
//export detect_go_cloudtrail_pause
func detect_go_cloudtrail_pause() {
	defer guard("FLBPluginInputPause", plainPanics, func(any) {})
	trails.RLock()
	defer trails.RUnlock()
	for _, h := range trails.open {
		h.trail.Pause()
	}
}

// detect_go_cloudtrail_resume ends a pause.
//
//export detect_go_cloudtrail_resume
func detect_go_cloudtrail_resume() {
	defer guard("FLBPluginInputResume", plainPanics, func(any) {})
	trails.RLock()
	defer trails.RUnlock()
	for _, h := range trails.open {
		h.trail.Resume()
	}
}

// detect_go_cloudtrail_exit closes the inputs: the first call closes all, see
// detect_go_input_exit.
//
//export detect_go_cloudtrail_exit
func detect_go_cloudtrail_exit() (code C.int) {
	defer guard("FLBPluginExit", plainPanics, func(any) { code = input.FLB_ERROR })
	trails.Lock()
	for handle, h := range trails.open {
		delete(trails.open, handle)
		h.trail.Close()
	}
	trails.Unlock()
	reportUndelivered()
	return input.FLB_OK
}
