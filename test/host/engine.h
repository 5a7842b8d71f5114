/* SPDX-License-Identifier: Apache-2.0 */
/* One life of the pipeline, from registration to the end or a hot reload. */
#ifndef HOST_ENGINE_H
#define HOST_ENGINE_H

#include "feed.h"

struct engine;

/* Loads and registers the libraries and makes the instances; nothing runs
 * yet. `hot` when another engine still does. NULL when a library refuses. */
struct engine *engine_new(const struct options *o, struct feed *f, bool hot);

/* Initialises inputs, then outputs, and lets them run. When one refuses, the
 * rest exits as in Fluent Bit, and the answer is false. */
bool engine_start(struct engine *e);

/* Stops as Fluent Bit does: pauses inputs, finishes what was begun, exits
 * outputs, then inputs. */
void engine_stop(struct engine *e, bool hot);

/* Unregisters and closes the libraries. */
void engine_free(struct engine *e);

#endif
