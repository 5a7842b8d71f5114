/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory Fluent Bit 5.1 shares with a Go proxy plugin, on LP64. Only the
 * offsets a plugin looks at matter; what lies behind them is the host's own.
 */
#ifndef HOST_ABI_H
#define HOST_ABI_H

#include "base.h"

/* Roles and proxies a definition may name. */
enum { ROLE_INPUT = 1, ROLE_OUTPUT = 2, PROXY_GO = 11 };

/* What a flush answers. */
enum { FLUSH_ERROR = 0, FLUSH_OK = 1, FLUSH_RETRY = 2 };

/* FLBPluginRegister fills the first five. The last two came with 5.0: a
 * plugin that writes them overruns the heap of every host before. */
struct definition {
    int type;
    int proxy;
    int flags;
    char *name;
    char *description;
    int event_type;
    void *config_map;
};

enum { DEFINITION_COMMON = 32 };

/* Functions a plugin may call, from what FLBPluginInit is given. */
struct api {
    const char *(*output_property)(const char *key, void *instance);
    const char *(*input_property)(const char *key, void *instance);
    void *(*output_metrics)(void *instance);
    void *(*input_metrics)(void *instance);
    void (*log_print)(int level, const char *file, int line, const char *format, ...);
    int (*input_log_check)(void *instance, int level);
    int (*output_log_check)(void *instance, int level);
    const char *(*custom_property)(const char *key, void *instance);
    int (*custom_log_check)(void *instance, int level);
};

/* The argument of FLBPluginInit. There is one per registration, shared by all
 * instances: instance and context are overwritten for each. */
struct init_argument {
    char *name;
    struct api *api;
    void *instance;
    void *context;
    void *callbacks[6]; /* the host's own */
};

struct plugin;

/* Per output instance. The plugin sets remote, the host hands it to flush. */
struct output_context {
    void *remote;
    struct plugin *plugin;
};

/* Per input instance, since 4.1. */
struct input_context {
    int collector;
    void *remote;
    struct plugin *plugin;
};

/* Per input instance, before 4.1: no remote. At its offset lies a pointer of
 * the host, never NULL, which is how a plugin can tell the two apart. */
struct old_input_context {
    int collector;
    struct plugin *plugin;
};

_Static_assert(sizeof(void *) == 8, "the layouts are those of LP64");
_Static_assert(offsetof(struct definition, name) == 16, "definition");
_Static_assert(offsetof(struct definition, event_type) == DEFINITION_COMMON, "definition");
_Static_assert(sizeof(struct definition) == 48, "definition");
_Static_assert(offsetof(struct init_argument, context) == 24, "init argument");
_Static_assert(offsetof(struct input_context, remote) == 8, "input context");
_Static_assert(offsetof(struct old_input_context, plugin) == 8, "old input context");

#endif
