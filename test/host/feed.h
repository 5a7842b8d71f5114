/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flushes still to be made. It outlives hot reloads: what one life of the
 * pipeline leaves over, the next takes up, as with filesystem storage.
 */
#ifndef HOST_FEED_H
#define HOST_FEED_H

#include "chunk.h"

/* One chunk for one output. */
struct task {
    struct task *next;
    struct chunk *chunk;
    size_t output;
    int attempts;
    double due;
};

struct feed;

struct feed *feed_new(const struct options *o);

/* Lets chunks of the files through, up to the next reload. */
void feed_open(struct feed *f);

/* Lets none through: what was begun is finished. */
void feed_close(struct feed *f);

/* A task, or NULL when none came until an instant of now(), or on feed_wake. */
struct task *feed_take(struct feed *f, double until);
void feed_wake(struct feed *f);

/* Gives a task back: done, or to be tried again after a pause. */
void feed_done(struct feed *f, struct task *t);
void feed_again(struct feed *f, struct task *t);

/* Adds alerts to be flushed, for --loop. Takes the chunk over. */
void feed_add(struct feed *f, struct chunk *c);

/* Whether anything begun is unfinished. */
bool feed_pending(struct feed *f);

/* Whether the next reload has been reached; feed_reloaded counts it. */
bool feed_reload_due(struct feed *f);
void feed_reloaded(struct feed *f);

/* Whether all of the files is flushed, and if so since when. */
bool feed_finished(struct feed *f, double *since);

/* Frees it; tasks that are left are counted as given up. */
void feed_free(struct feed *f);

#endif
