package main

// #include <stdint.h>
// #include <stdlib.h>
// #include "wakeup.h"
import "C"

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/fluent/fluent-bit-go/input"

	"github.com/fluent-detect/fluent-detect/plugin/fluentbit/instance"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

const inputName = "detect_alerts"

// inputs are the open instances by handle. Handles are numbers, so that the host
// has no pointers to Go memory.
var inputs = struct {
	sync.RWMutex
	open map[uintptr]*inputHandle
}{open: map[uintptr]*inputHandle{}}

// handles is the number of handles so far, of inputs of both kinds.
var handles atomic.Uintptr

func nextHandle() uintptr { return handles.Add(1) }

type inputHandle struct {
	input  *instance.Input
	panics logger.Log // rate-limited
}

// inputOf returns the instance of a handle. Hosts before 4.1 have no context for
// inputs: the handle is 0 and stands for the only one.
func inputOf(handle C.uintptr_t) *inputHandle {
	inputs.RLock()
	defer inputs.RUnlock()
	if handle != 0 {
		return inputs.open[uintptr(handle)]
	}
	for _, h := range inputs.open {
		return h
	}
	return nil
}

// detect_go_input_registered is called when Fluent Bit registers the plugin again.
//
//export detect_go_input_registered
func detect_go_input_registered() {
	defer guard("FLBPluginRegister", plainPanics, func(any) {})
	registry.Registered(inputName)
}

// detect_go_input_init opens an instance and returns its handle, or 0 after an error.
// Without contexts there can be only one.
//
//export detect_go_input_init
func detect_go_input_init(plugin unsafe.Pointer, hasContext C.int) (handle C.uintptr_t) {
	defer guard("FLBPluginInit", plainPanics, func(any) { handle = 0 })
	name := instanceName(plugin, true, inputName)
	log := newLog(plugin, true, inputName, name)
	inputs.Lock()
	defer inputs.Unlock()
	if hasContext == 0 && len(inputs.open) > 0 {
		log(logger.Error, "this Fluent Bit calls inputs without a context: only one [INPUT] with Name detect_alerts is possible; several need Fluent Bit 4.1 or later")
		return 0
	}
	get := func(key string) string { return input.FLBPluginConfigKey(plugin, key) }
	in, err := registry.OpenInput(name, get, log)
	if err != nil {
		log(logger.Error, err.Error())
		return 0
	}
	number := nextHandle()
	inputs.open[number] = &inputHandle{in, log.Limited()}
	handle = C.uintptr_t(number)
	C.detect_wakeup_open(handle)
	in.Notify(func() { C.detect_wakeup_signal(handle) })
	return handle
}

// detect_go_input_take returns a chunk of alerts, allocated with malloc, or none. If
// there are none, and none are in flight, the next collect waits outside of Go
// (entry.c).
//
//export detect_go_input_take
func detect_go_input_take(handle C.uintptr_t, data *unsafe.Pointer, size *C.size_t) (code C.int) {
	h := inputOf(handle)
	if h == nil {
		return input.FLB_ERROR
	}
	defer guard("FLBPluginInputCallback", h.panics, func(any) { code = input.FLB_ERROR })
	alerts := h.input.Collect()
	n := instance.EncodedSize(alerts)
	if n == 0 {
		if h.input.Idle() {
			C.detect_wakeup_idle(handle, C.int(instance.CollectWait.Milliseconds()))
		}
		return input.FLB_OK
	}
	p := C.malloc(C.size_t(n))
	instance.Encode(unsafe.Slice((*byte)(p), n), alerts)
	*data, *size = p, C.size_t(n)
	return input.FLB_OK
}

// detect_go_input_ack is called when Fluent Bit has appended the chunk of the last
// collect.
//
//export detect_go_input_ack
func detect_go_input_ack(handle C.uintptr_t) (code C.int) {
	h := inputOf(handle)
	if h == nil {
		return input.FLB_ERROR
	}
	defer guard("FLBPluginInputCleanupCallback", h.panics, func(any) { code = input.FLB_ERROR })
	h.input.Ack()
	return input.FLB_OK
}

// detect_go_input_pause is called when Fluent Bit pauses an input. The host does not
// say which one, so all are paused: a collect at the end of its input would use
// freed memory. It does so in the thread of the input, which is that of its collects:
// handle is the one of the last collect in this thread, or 0.
//
//export detect_go_input_pause
func detect_go_input_pause(handle C.uintptr_t) {
	defer guard("FLBPluginInputPause", plainPanics, func(any) {})
	inputs.RLock()
	defer inputs.RUnlock()
	for of, h := range inputs.open {
		h.input.Pause(whose(handle, of))
	}
}

// whose returns what a call in the thread of handle means for the input of another handle.
func whose(handle C.uintptr_t, of uintptr) instance.Whose {
	switch uintptr(handle) {
	case 0:
		return instance.Unknown
	case of:
		return instance.Own
	}
	return instance.Other
}

// detect_go_input_resume ends a pause.
//
//export detect_go_input_resume
func detect_go_input_resume(handle C.uintptr_t) {
	defer guard("FLBPluginInputResume", plainPanics, func(any) {})
	inputs.RLock()
	defer inputs.RUnlock()
	for of, h := range inputs.open {
		h.input.Resume(whose(handle, of))
	}
}

// detect_go_input_exit closes the inputs. Fluent Bit ends all of them together, with
// one call for each that does not say which: the first call closes all.
//
//export detect_go_input_exit
func detect_go_input_exit() (code C.int) {
	defer guard("FLBPluginExit", plainPanics, func(any) { code = input.FLB_ERROR })
	inputs.Lock()
	for handle, h := range inputs.open {
		delete(inputs.open, handle)
		h.input.Close()
	}
	inputs.Unlock()
	reportUndelivered()
	return input.FLB_OK
}
