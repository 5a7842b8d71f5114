/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input of the self test: a shim over tiny_out.so that hands its alerts
 * back. Properties: `wait_ms` (how long a collect waits for an alert), `mode`:
 *   refuse    FLBPluginInit fails
 *   rude      goes on waiting and handing out alerts after a pause
 *   context   FLBPluginInit sets a context at the output's offset, 0
 *   context8  FLBPluginInit sets a context at the input's offset, 8
 *
 * Every FLBPlugin name both libraries could have is defined here: a name the
 * shim left out would be found in tiny_out.so, behind it in the search order.
 */
#include "tiny.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static int wait_ms;
static int rude;
static atomic_int closed; /* between a pause and a resume, or the next init */
static _Thread_local int collects; /* per instance: each has its own thread */

int FLBPluginPreRegister(int hot_reloading)
{
    tiny_trace("in preregister hot=%d", hot_reloading);
    return 0;
}

int FLBPluginRegister(struct tiny_def *def)
{
    return tiny_register(def, 1, "tiny_alerts");
}

void FLBPluginUnregister(struct tiny_def *def)
{
    tiny_trace("in unregister %s", def->name);
    free(def->name);
    free(def->description);
}

int FLBPluginInit(struct tiny_plugin *p)
{
    const char *mode = p->api->input_property("mode", p->instance);
    const char *wait = p->api->input_property("wait_ms", p->instance);

    tiny_trace("in init %s name=%s tag=%s", mode ? mode : "(null)", p->name,
               p->api->input_property("tag", p->instance) ? "seen" : "(null)");
    if (mode != NULL && strcmp(mode, "refuse") == 0)
        return -1;
    if (mode != NULL && strcmp(mode, "context") == 0)
        *(void **)p->context = &wait_ms; /* the output's layout, not the input's */
    if (mode != NULL && strcmp(mode, "context8") == 0)
        ((void **)p->context)[1] = &wait_ms;
    rude = mode != NULL && strcmp(mode, "rude") == 0;
    closed = 0;
    wait_ms = wait ? atoi(wait) : 0;
    return 1;
}

int FLBPluginInputPreRun(int hot_reload_enabled)
{
    tiny_trace("in prerun hot=%d", hot_reload_enabled);
    return 0;
}

static int collect(void **data, size_t *size)
{
    if (collects++ == 0)
        tiny_trace("in first collect");
    if (closed && !rude)
        return TINY_OK;
    *data = tiny_take(size, wait_ms);
    if (*data != NULL)
        tiny_trace("in collect");
    return TINY_OK;
}

static int cleanup(void *data)
{
    tiny_trace("in cleanup");
    tiny_acknowledge();
    free(data);
    return TINY_OK;
}

int FLBPluginInputCallback(void **data, size_t *size)
{
    return collect(data, size);
}

int FLBPluginInputCleanupCallback(void *data)
{
    return cleanup(data);
}

#ifndef TINY_NO_CONTEXT
int FLBPluginInputCallbackCtx(void *context, void **data, size_t *size)
{
    (void)context;
    return collect(data, size);
}

int FLBPluginInputCleanupCallbackCtx(void *context, void *data)
{
    (void)context;
    return cleanup(data);
}
#endif

void FLBPluginInputPause(void)
{
    tiny_trace("in pause");
    closed = 1;
}

void FLBPluginInputResume(void)
{
    tiny_trace("in resume");
    closed = 0;
}

void FLBPluginInputPreExit(int hot_reloading)
{
    tiny_trace("in preexit hot=%d", hot_reloading);
}

int FLBPluginExit(void)
{
    tiny_trace("in exit");
    return 1;
}
