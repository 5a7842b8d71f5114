package main

// #include <stddef.h>
import "C"

import (
	"sync/atomic"
	"unsafe"

	"github.com/fluent/fluent-bit-go/output"

	"github.com/fluent-detect/fluent-detect/plugin/fluentbit/instance"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

const outputName = "detect"

// reloading is set while Fluent Bit closes instances to open new ones.
var reloading atomic.Bool

// outputHandle is Fluent Bit's context. fluent-bit-go never releases contexts, so
// the output is released at the exit.
type outputHandle struct {
	output *instance.Output
	panics logger.Log // rate-limited
}

// The exported functions are those that entry.c calls, once the runtime has started.

// detect_go_output_registered is called when Fluent Bit registers the plugin again.
//
//export detect_go_output_registered
func detect_go_output_registered() {
	defer guard("FLBPluginRegister", plainPanics, func(any) {})
	registry.Registered(outputName)
}

// detect_go_output_init opens an instance. If the result is not positive, Fluent Bit
// stops; the reason is in the log.
//
//export detect_go_output_init
func detect_go_output_init(plugin unsafe.Pointer) (code C.int) {
	defer guard("FLBPluginInit", plainPanics, func(any) { code = output.FLB_ERROR })
	name := instanceName(plugin, false, outputName)
	log := newLog(plugin, false, outputName, name)
	get := func(key string) string { return output.FLBPluginConfigKey(plugin, key) }
	o, err := registry.OpenOutput(name, get, log, writeLost)
	if err != nil {
		log(logger.Error, err.Error())
		return output.FLB_ERROR
	}
	reloading.Store(false)
	output.FLBPluginSetContext(plugin, &outputHandle{o, log.Limited()})
	return output.FLB_OK
}

// detect_go_output_flush evaluates a chunk: size bytes at data, which Fluent Bit frees
// afterwards.
//
//export detect_go_output_flush
func detect_go_output_flush(ctx, data unsafe.Pointer, size C.size_t, tag *C.char) (code C.int) {
	h, ok := output.FLBPluginGetContext(ctx).(*outputHandle)
	if !ok || h.output == nil {
		return output.FLB_ERROR
	}
	name := C.GoString(tag)
	defer guard("FLBPluginFlushCtx", h.panics, func(reason any) {
		code = output.FLB_ERROR
		h.output.Panicked(name, reason)
	})
	chunk := unsafe.Slice((*byte)(data), int(size))
	return C.int(h.output.Flush(name, chunk))
}

// detect_go_pre_exit is called before an exit of an output or input, with whether a hot
// reload is the reason.
//
//export detect_go_pre_exit
func detect_go_pre_exit(hotReloading C.int) { reloading.Store(hotReloading != 0) }

// detect_go_output_exit closes an instance.
//
//export detect_go_output_exit
func detect_go_output_exit(ctx unsafe.Pointer) (code C.int) {
	h, ok := output.FLBPluginGetContext(ctx).(*outputHandle)
	if !ok || h.output == nil {
		return output.FLB_OK
	}
	defer guard("FLBPluginExitCtx", h.panics, func(any) { code = output.FLB_ERROR })
	o := h.output
	h.output = nil
	o.Close(reloading.Load())
	reportUndelivered()
	return output.FLB_OK
}

// reportUndelivered writes undelivered alerts to stderr when the process is about to
// end.
func reportUndelivered() {
	if reloading.Load() {
		return
	}
	for _, a := range registry.Finish(plainLog) {
		writeLost(a)
	}
}
