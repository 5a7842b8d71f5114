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

// FLBPluginRegister registers the plugin. It is called once for each time that the
// library is configured, and again on a hot reload.
//
//export FLBPluginRegister
func FLBPluginRegister(def unsafe.Pointer) (code C.int) {
	defer guard("FLBPluginRegister", plainPanics, func(any) { code = -1 })
	registry.Registered(outputName)
	return C.int(output.FLBPluginRegister(def, outputName, "Evaluate detection rules on the records (fluent-detect)"))
}

// FLBPluginUnregister frees what FLBPluginRegister allocated.
//
//export FLBPluginUnregister
func FLBPluginUnregister(def unsafe.Pointer) {
	defer guard("FLBPluginUnregister", plainPanics, func(any) {})
	output.FLBPluginUnregister(def)
}

// FLBPluginInit opens an instance. If the result is not positive, Fluent Bit stops;
// the reason is in the log.
//
//export FLBPluginInit
func FLBPluginInit(plugin unsafe.Pointer) (code C.int) {
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

// FLBPluginFlushCtx evaluates a chunk: size bytes at data, which Fluent Bit frees
// afterwards.
//
//export FLBPluginFlushCtx
func FLBPluginFlushCtx(ctx, data unsafe.Pointer, size C.size_t, tag *C.char) (code C.int) {
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

// FLBPluginOutputPreExit is called before an exit, with whether a hot reload is the
// reason.
//
//export FLBPluginOutputPreExit
func FLBPluginOutputPreExit(hotReloading C.int) {
	reloading.Store(hotReloading != 0)
}

// FLBPluginExitCtx closes an instance.
//
//export FLBPluginExitCtx
func FLBPluginExitCtx(ctx unsafe.Pointer) (code C.int) {
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
