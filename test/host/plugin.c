/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin.h"

#include "input.h"
#include "output.h"
#include "report.h"

#include <dlfcn.h>
#include <stdarg.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum {
    CANARY = 0xC5,
    /* Behind the fields every host has: those of 5.1, and something to spare. */
    CANARY_SIZE = sizeof(struct definition) - DEFINITION_COMMON + 32,
    STALE = 0xA5 /* fills what a real host leaves as malloc gave it */
};

static const char *role_name(int role)
{
    return role == ROLE_INPUT ? "input" : "output";
}

static void log_print(int level, const char *file, int line, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    note("log of the plugin, level %d, %s:%d: %s", level, file ? file : "-", line, text);
}

static void *no_metrics(void *instance)
{
    (void)instance;
    return NULL;
}

/* Levels up to info (3) are on. */
static int log_check(void *instance, int level)
{
    (void)instance;
    return level <= 3;
}

static const char *custom_property(const char *key, void *instance)
{
    (void)instance;
    broken("property '%s' asked of a custom plugin; inputs and outputs have their own function", key);
    return NULL;
}

static struct api *api_new(void)
{
    struct api *api = must_alloc(sizeof *api);

    api->output_property = output_property;
    api->input_property = input_property;
    api->output_metrics = no_metrics;
    api->input_metrics = no_metrics;
    api->log_print = log_print;
    api->input_log_check = log_check;
    api->output_log_check = log_check;
    api->custom_property = custom_property;
    api->custom_log_check = log_check;
    return api;
}

static void *definition_new(void)
{
    unsigned char *d = must_zero(DEFINITION_COMMON + CANARY_SIZE);

    /* Not zero, as 5.1 has it: a zero written there would go unseen. */
    memset(d + DEFINITION_COMMON, CANARY, CANARY_SIZE);
    return d;
}

static void check_canary(const struct plugin *p, const char *when)
{
    const unsigned char *at = (const unsigned char *)p->definition + DEFINITION_COMMON;

    for (int i = 0; i < CANARY_SIZE; i++)
        if (at[i] != CANARY) {
            broken("%s: %s wrote byte %d of the definition struct; hosts before 5.0 allocate %d bytes", p->path,
                   when, DEFINITION_COMMON + i, DEFINITION_COMMON);
            return;
        }
}

/* dlsym into a function pointer, which ISO C has no cast for. */
static void find(void *handle, const char *name, void *pointer)
{
    void *symbol = dlsym(handle, name);

    memcpy(pointer, &symbol, sizeof symbol);
}

static void find_all(struct plugin *p, bool old_input_context)
{
    find(p->handle, "FLBPluginInit", &p->init);
    find(p->handle, "FLBPluginExit", &p->exit);
    find(p->handle, "FLBPluginUnregister", &p->unregister);
    if (p->role == ROLE_OUTPUT) {
        find(p->handle, "FLBPluginFlush", &p->flush);
        find(p->handle, "FLBPluginFlushCtx", &p->flush_context);
        find(p->handle, "FLBPluginExitCtx", &p->exit_context);
        find(p->handle, "FLBPluginOutputPreRun", &p->pre_run);
        find(p->handle, "FLBPluginOutputPreExit", &p->pre_exit);
        return;
    }
    find(p->handle, "FLBPluginInputCallback", &p->collect);
    find(p->handle, "FLBPluginInputCleanupCallback", &p->cleanup);
    find(p->handle, "FLBPluginInputPreRun", &p->pre_run);
    find(p->handle, "FLBPluginInputPreExit", &p->pre_exit);
    find(p->handle, "FLBPluginInputPause", &p->pause);
    if (!old_input_context) {
        find(p->handle, "FLBPluginInputCallbackCtx", &p->collect_context);
        find(p->handle, "FLBPluginInputCleanupCallbackCtx", &p->cleanup_context);
    }
}

static bool check_definition(const struct plugin *p)
{
    const struct definition *d = p->definition;

    check_canary(p, "FLBPluginRegister");
    if (d->type != p->role || d->proxy != PROXY_GO) {
        refused("%s: registers type %d, proxy %d; an %s is type %d, proxy %d", p->path, d->type, d->proxy,
                role_name(p->role), p->role, PROXY_GO);
        return false;
    }
    if (d->name == NULL || d->name[0] == '\0' || d->description == NULL) {
        refused("%s: registers without a name or a description", p->path);
        return false;
    }
    if (d->flags != 0)
        broken("%s: registers with flags %#x; Fluent Bit takes them for those of its own plugins", p->path,
               (unsigned)d->flags);
    return true;
}

static bool check_functions(const struct plugin *p)
{
    const char *missing = NULL;

    if (p->init == NULL)
        missing = "FLBPluginInit";
    else if (p->role == ROLE_OUTPUT && p->flush == NULL && p->flush_context == NULL)
        missing = "FLBPluginFlushCtx or FLBPluginFlush";
    else if (p->role == ROLE_INPUT && p->collect == NULL && p->collect_context == NULL)
        missing = "FLBPluginInputCallback";
    if (missing != NULL)
        refused("%s: exports no %s", p->path, missing);
    return missing == NULL;
}

static bool do_register(struct plugin *p, bool hot)
{
    int (*pre_register)(int);
    int (*do_it)(struct definition *);

    find(p->handle, "FLBPluginPreRegister", &pre_register);
    find(p->handle, "FLBPluginRegister", &do_it);
    if (pre_register != NULL && pre_register(hot) == -1) {
        refused("%s: FLBPluginPreRegister answers -1", p->path);
        return false;
    }
    if (do_it == NULL) {
        refused("%s: exports no FLBPluginRegister", p->path);
        return false;
    }
    if (do_it(p->definition) == -1) {
        refused("%s: FLBPluginRegister answers -1", p->path);
        return false;
    }
    return true;
}

/* Of this thread, in nanoseconds; -1 where the system does not tell. */
static int timer_slack(void)
{
#ifdef __linux__
    return prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
#else
    return -1;
#endif
}

struct plugin *plugin_load(int role, const char *path, bool hot, bool old_input_context)
{
    int slack = timer_slack();
    void *handle = dlopen(path, RTLD_LAZY);
    struct plugin *p;

    if (handle == NULL) {
        refused("%s", dlerror());
        return NULL;
    }
    if (timer_slack() != slack) {
        refused("%s: leaves this thread another timer slack than it had", path);
        return NULL;
    }
    p = must_zero(sizeof *p);
    p->role = role;
    p->path = path;
    p->handle = handle;
    p->definition = definition_new();
    p->api = api_new();
    if (!do_register(p, hot) || !check_definition(p)) {
        plugin_unload(p);
        return NULL;
    }
    find_all(p, old_input_context);
    p->argument = memset(must_alloc(sizeof *p->argument), STALE, sizeof *p->argument);
    p->argument->name = must_copy(p->definition->name);
    if (!check_functions(p)) {
        plugin_unload(p);
        return NULL;
    }
    return p;
}

bool plugin_init(struct plugin *p, const char *instance_name, void *instance, void *context)
{
    int answer, slack = timer_slack();

    p->argument->api = p->api;
    p->argument->instance = instance;
    p->argument->context = context;
    answer = p->init(p->argument);
    if (timer_slack() != slack) {
        refused("%s: leaves this thread another timer slack than it had", instance_name);
        return false;
    }
    if (answer <= 0)
        refused("%s: FLBPluginInit answers %d; more than 0 means ready", instance_name, answer);
    return answer > 0;
}

void plugin_unload(struct plugin *p)
{
    if (p->unregister != NULL) {
        check_canary(p, "something after FLBPluginRegister");
        p->unregister(p->definition);
    }
    if (p->argument != NULL) {
        free(p->argument->name);
        free(memset(p->argument, STALE, sizeof *p->argument));
    }
    free(memset(p->definition, STALE, DEFINITION_COMMON + CANARY_SIZE));
    free(memset(p->api, STALE, sizeof *p->api));
    /* Go links its libraries NODELETE: this only drops a reference. */
    dlclose(p->handle);
    free(p);
}
