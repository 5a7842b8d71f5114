/* SPDX-License-Identifier: Apache-2.0 */
/* One registration of one library. A hot reload makes a second one of the
 * same library before the first is gone. */
#ifndef HOST_PLUGIN_H
#define HOST_PLUGIN_H

#include "abi.h"

struct input;

struct plugin {
    int role;
    const char *path;
    void *handle;
    struct definition *definition;
    struct api *api;
    struct init_argument *argument;
    struct input *last_input; /* initialised last: the one whose timer a pause stops */

    int (*init)(void *argument);
    int (*flush)(const void *data, size_t size, const char *tag);
    int (*flush_context)(void *remote, const void *data, size_t size, char *tag);
    int (*exit)(void);
    int (*exit_context)(void *remote);
    int (*collect)(void **data, size_t *size);
    int (*collect_context)(void *remote, void **data, size_t *size);
    int (*cleanup)(void *data);
    int (*cleanup_context)(void *remote, void *data);
    int (*pre_run)(int hot_reload_enabled);
    void (*pre_exit)(int hot_reloading);
    void (*pause)(void);
    void (*unregister)(struct definition *definition);
};

/* Opens and registers the library. `hot` when a reload is under way. With
 * old_input_context the callbacks that take a context are not looked at, as
 * before 4.1. NULL, and a report, when it cannot be used. */
struct plugin *plugin_load(int role, const char *path, bool hot, bool old_input_context);

/* Calls FLBPluginInit for an instance; the context is the ABI's. */
bool plugin_init(struct plugin *p, const char *instance_name, void *instance, void *context);

/* Unregisters and closes it. All instances must be gone. */
void plugin_unload(struct plugin *p);

#endif
