/*
 * The functions that Fluent Bit and in_detect.so call. They are C so that the library
 * can be loaded and registered without the Go runtime, which starts with the first
 * instance (runtime.h). Before that there is nothing to end, to pause or to collect.
 */
#include "resident.h"
#include "runtime.h"
#include "wakeup.h"

#include "_cgo_export.h"

#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#define ENTRY __declspec(dllexport)
#else
#define ENTRY /* all functions are exported */
#endif

enum { ERROR = 0, OK = 1 };
enum { INPUT = 1, OUTPUT = 2, GO_PROXY = 11 };

/*
 * What Fluent Bit calls flb_plugin_proxy_def. It allocates the struct, and clears it;
 * newer versions have more members, which older ones have no memory for.
 */
struct definition {
    int type;
    int proxy;
    int flags;
    char *name;
    char *description;
};

static int define(struct definition *d, int type, const char *name, const char *description)
{
    d->type = type;
    d->proxy = GO_PROXY;
    d->flags = 0;
    d->name = strdup(name);
    d->description = strdup(description);
    return d->name == NULL || d->description == NULL ? -1 : 0;
}

static void undefine(struct definition *d)
{
    free(d->name);
    free(d->description);
}

/*
 * The output. Fluent Bit registers it once for each time that the library is
 * configured, and again on a hot reload.
 */
ENTRY int FLBPluginRegister(void *definition)
{
    if (detect_runtime_started()) {
        detect_go_output_registered();
    }
    return define(definition, OUTPUT, "detect", "Evaluate detection rules on the records (fluent-detect)");
}

ENTRY void FLBPluginUnregister(void *definition)
{
    undefine(definition);
}

ENTRY int FLBPluginInit(void *plugin)
{
    detect_runtime_start();
    int code = detect_go_output_init(plugin);
    detect_resident_trim();
    return code;
}

ENTRY int FLBPluginFlushCtx(void *context, void *data, size_t size, char *tag)
{
    return detect_runtime_started() ? detect_go_output_flush(context, data, size, tag) : ERROR;
}

/* Before an exit, with whether a hot reload is the reason. */
ENTRY void FLBPluginOutputPreExit(int hot_reloading)
{
    if (detect_runtime_started()) {
        detect_go_pre_exit(hot_reloading);
    }
}

ENTRY int FLBPluginExitCtx(void *context)
{
    return detect_runtime_started() ? detect_go_output_exit(context) : OK;
}

/* The input for alerts: what in_detect.so forwards. */
ENTRY int detect_input_register(void *definition)
{
    if (detect_runtime_started()) {
        detect_go_input_registered();
    }
    return define(definition, INPUT, "detect_alerts", "Alerts of the detect outputs (fluent-detect)");
}

ENTRY void detect_input_unregister(void *definition)
{
    undefine(definition);
}

/* Returns a handle, or 0 after an error. */
ENTRY uintptr_t detect_input_init(void *plugin, int has_context)
{
    detect_runtime_start();
    uintptr_t handle = detect_go_input_init(plugin, has_context);
    detect_resident_trim();
    return handle;
}

/*
 * The input of which this is the thread, by its last collect. Pauses and resumes come in
 * the same thread, and do not say which input they are for. 0: unknown, also in hosts
 * before 4.1, which have no handles and end before all chunks are flushed.
 */
static _Thread_local uintptr_t input_of_thread;

/* Returns a chunk of alerts, allocated with malloc, or none. */
ENTRY int detect_input_collect(uintptr_t handle, void **data, size_t *size)
{
    input_of_thread = handle;
    *data = NULL;
    *size = 0;
    if (!detect_runtime_started()) {
        return ERROR;
    }
    return detect_wakeup_wait(handle) ? detect_go_input_take(handle, data, size) : OK;
}

/* Fluent Bit has appended the chunk of the last collect. */
ENTRY int detect_input_cleanup(uintptr_t handle, void *data)
{
    free(data);
    return detect_runtime_started() ? detect_go_input_ack(handle) : ERROR;
}

ENTRY void detect_input_pause(void)
{
    if (detect_runtime_started()) {
        detect_go_input_pause(input_of_thread);
    }
}

ENTRY void detect_input_resume(void)
{
    if (detect_runtime_started()) {
        detect_go_input_resume(input_of_thread);
    }
}

ENTRY void detect_input_pre_exit(int hot_reloading)
{
    if (detect_runtime_started()) {
        detect_go_pre_exit(hot_reloading);
    }
}

ENTRY int detect_input_exit(void)
{
    return detect_runtime_started() ? detect_go_input_exit() : OK;
}

/* The input for CloudTrail: what in_cloudtrail.so forwards, in the same way. */
ENTRY int detect_cloudtrail_register(void *definition)
{
    if (detect_runtime_started()) {
        detect_go_cloudtrail_registered();
    }
    return define(definition, INPUT, "cloudtrail", "CloudTrail's objects, in S3 and in folders (fluent-detect)");
}

ENTRY void detect_cloudtrail_unregister(void *definition)
{
    undefine(definition);
}

ENTRY uintptr_t detect_cloudtrail_init(void *plugin, int has_context)
{
    detect_runtime_start();
    uintptr_t handle = detect_go_cloudtrail_init(plugin, has_context);
    detect_resident_trim();
    return handle;
}

/* Appends records, or returns some if the host does not export the function for that. */
ENTRY int detect_cloudtrail_collect(uintptr_t handle, void **data, size_t *size)
{
    *data = NULL;
    *size = 0;
    if (!detect_runtime_started()) {
        return ERROR;
    }
    return detect_wakeup_wait(handle) ? detect_go_cloudtrail_collect(handle, data, size) : OK;
}

ENTRY int detect_cloudtrail_cleanup(uintptr_t handle, void *data)
{
    free(data);
    return detect_runtime_started() ? detect_go_cloudtrail_ack(handle) : ERROR;
}

ENTRY void detect_cloudtrail_pause(void)
{
    if (detect_runtime_started()) {
        detect_go_cloudtrail_pause();
    }
}

ENTRY void detect_cloudtrail_resume(void)
{
    if (detect_runtime_started()) {
        detect_go_cloudtrail_resume();
    }
}

ENTRY void detect_cloudtrail_pre_exit(int hot_reloading)
{
    detect_input_pre_exit(hot_reloading);
}

ENTRY int detect_cloudtrail_exit(void)
{
    return detect_runtime_started() ? detect_go_cloudtrail_exit() : OK;
}
