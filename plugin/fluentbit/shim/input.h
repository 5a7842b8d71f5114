/*
 * An input plugin that forwards what Fluent Bit calls to out_detect.so.
 *
 * Fluent Bit looks for fixed names in each library that it loads, and one
 * library is one plugin. Two Go libraries in a process would be two Go
 * runtimes that share nothing. So an input is a small C library: it has
 * the names, and forwards to the functions that the Go library out_detect.so
 * exports under names of its own (entry.c). The loader brings the Go library in once,
 * whichever of them Fluent Bit opens first.
 *
 * Who includes this file defines FORWARD(name), the name of the function to forward to.
 */
#include <stddef.h>
#include <stdint.h>

int FORWARD(register)(void *def);
void FORWARD(unregister)(void *def);
uintptr_t FORWARD(init)(void *plugin, int has_context);
int FORWARD(collect)(uintptr_t handle, void **data, size_t *size);
int FORWARD(cleanup)(uintptr_t handle, void *data);
void FORWARD(pause)(void);
void FORWARD(resume)(void);
void FORWARD(pre_exit)(int hot_reloading);
int FORWARD(exit)(void);

/*
 * What Fluent Bit calls flb_plugin_input_proxy_context. Up to 4.0 it has no
 * remote_context, and the pointer to the proxy, which is never NULL, is in its
 * place. The host clears the struct, so NULL tells that the place is ours.
 */
struct context {
    int coll_fd;
    void *remote_context;
};

struct plugin {
    char *name;
    void *api;
    void *instance;
    struct context *context;
};

int FLBPluginRegister(void *def)
{
    return FORWARD(register)(def);
}

void FLBPluginUnregister(void *def)
{
    FORWARD(unregister)(def);
}

int FLBPluginInit(void *plugin)
{
    struct context *context = ((struct plugin *) plugin)->context;
    int has_context = context->remote_context == NULL;
    uintptr_t handle = FORWARD(init)(plugin, has_context);

    if (handle == 0) {
        return 0;
    }
    if (has_context) {
        context->remote_context = (void *) handle;
    }
    return 1;
}

int FLBPluginInputCallbackCtx(void *handle, void **data, size_t *size)
{
    return FORWARD(collect)((uintptr_t) handle, data, size);
}

int FLBPluginInputCleanupCallbackCtx(void *handle, void *data)
{
    return FORWARD(cleanup)((uintptr_t) handle, data);
}

int FLBPluginInputCallback(void **data, size_t *size)
{
    return FORWARD(collect)(0, data, size);
}

int FLBPluginInputCleanupCallback(void *data)
{
    return FORWARD(cleanup)(0, data);
}

void FLBPluginInputPause(void)
{
    FORWARD(pause)();
}

void FLBPluginInputResume(void)
{
    FORWARD(resume)();
}

void FLBPluginInputPreExit(int hot_reloading)
{
    FORWARD(pre_exit)(hot_reloading);
}

int FLBPluginExit(void)
{
    return FORWARD(exit)();
}
