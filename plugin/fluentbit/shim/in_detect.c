/*
 * in_detect.so: Fluent Bit's input plugin "detect_alerts".
 *
 * Fluent Bit looks for fixed names in each library that it loads, and one
 * library is one plugin. Two Go libraries in a process would be two Go
 * runtimes that share nothing. So the input is this small C library: it has
 * the names, and forwards to the functions that the Go library out_detect.so
 * exports under names of its own (entry.c). The loader brings the Go library in once,
 * whichever of the two Fluent Bit opens first.
 */
#include <stddef.h>
#include <stdint.h>

int detect_input_register(void *def);
void detect_input_unregister(void *def);
uintptr_t detect_input_init(void *plugin, int has_context);
int detect_input_collect(uintptr_t handle, void **data, size_t *size);
int detect_input_cleanup(uintptr_t handle, void *data);
void detect_input_pause(void);
void detect_input_resume(void);
void detect_input_pre_exit(int hot_reloading);
int detect_input_exit(void);

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
    return detect_input_register(def);
}

void FLBPluginUnregister(void *def)
{
    detect_input_unregister(def);
}

int FLBPluginInit(void *plugin)
{
    struct context *context = ((struct plugin *) plugin)->context;
    int has_context = context->remote_context == NULL;
    uintptr_t handle = detect_input_init(plugin, has_context);

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
    return detect_input_collect((uintptr_t) handle, data, size);
}

int FLBPluginInputCleanupCallbackCtx(void *handle, void *data)
{
    return detect_input_cleanup((uintptr_t) handle, data);
}

int FLBPluginInputCallback(void **data, size_t *size)
{
    return detect_input_collect(0, data, size);
}

int FLBPluginInputCleanupCallback(void *data)
{
    return detect_input_cleanup(0, data);
}

void FLBPluginInputPause(void)
{
    detect_input_pause();
}

void FLBPluginInputResume(void)
{
    detect_input_resume();
}

void FLBPluginInputPreExit(int hot_reloading)
{
    detect_input_pre_exit(hot_reloading);
}

int FLBPluginExit(void)
{
    return detect_input_exit();
}
