/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plugin the test host is tested with: an output and an input in two
 * libraries, laid out like the real pair (tiny_in.so is a shim linked against
 * tiny_out.so). It can be told to misbehave, and it also loads into a real
 * Fluent Bit, which is how its picture of the ABI is kept honest: these
 * structs are written from the plugin's side and share nothing with abi.h.
 */
#ifndef TINY_H
#define TINY_H

#include <stddef.h>

/* What FLBPluginRegister fills: all a host before 5.0 has room for. */
struct tiny_def {
    int type;
    int proxy;
    int flags;
    char *name;
    char *description;
};

struct tiny_api {
    const char *(*output_property)(const char *key, void *instance);
    const char *(*input_property)(const char *key, void *instance);
};

/* What FLBPluginInit gets. */
struct tiny_plugin {
    char *name;
    struct tiny_api *api;
    void *instance;
    void *context;
};

enum { TINY_ERROR = 0, TINY_OK = 1, TINY_RETRY = 2 };

/* One line per call to the file named by TINY_TRACE, with a letter for the
 * calling thread: what the host does, in order, and on which thread. */
void tiny_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));

int tiny_register(struct tiny_def *def, int type, const char *name);

/* The outbox both plugins share. */
void tiny_put(const void *data, size_t size);
void *tiny_take(size_t *size, int wait_ms); /* malloc'ed copy of the oldest; NULL when empty */
void tiny_acknowledge(void);                /* forgets the oldest */

#endif
