/* SPDX-License-Identifier: Apache-2.0 */
/* One [OUTPUT] instance. */
#ifndef HOST_OUTPUT_H
#define HOST_OUTPUT_H

#include "chunk.h"
#include "plugin.h"

struct output;

struct output *output_new(struct plugin *p, const struct properties *properties, size_t number, bool mutate);

/* False, and a report, when the plugin refuses. */
bool output_init(struct output *o);

/* The optional callback between initialisation and the first flush. */
void output_pre_run(struct output *o, bool hot_reload_enabled);

/* Flushes a chunk and checks how the plugin kept to the rules. Answers what
 * the plugin answered; for anything else than the three known codes, ERROR.
 * May be called from several threads at once. */
int output_flush(struct output *o, const struct chunk *c);

/* Exits the instance, initialised or not, and frees it. */
void output_exit(struct output *o, bool hot);

/* Frees an instance whose initialisation failed: Fluent Bit does not call it
 * any more. */
void output_discard(struct output *o);

/* What the plugin's property getter calls. */
const char *output_property(const char *key, void *instance);

#endif
