/* SPDX-License-Identifier: Apache-2.0 */
#include "feed.h"

#include "report.h"
#include "stats.h"

enum { PAUSE_MS = 100 };

struct list {
    struct task *head;
    struct task **tail;
};

struct feed {
    const struct options *o;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct chunk **chunks;
    size_t count;
    size_t next; /* chunks of the files handed out so far, over all repeats */
    size_t total;
    size_t reloads_done;
    bool open;
    unsigned wakes;
    size_t busy; /* tasks taken and not given back */
    struct list ready;
    struct list waiting; /* retries, soonest first: all wait equally long */
    size_t file_tasks; /* tasks for chunks of the files that are not finished */
    double files_since; /* when the last of them was */
};

static void push(struct list *l, struct task *t)
{
    t->next = NULL;
    *l->tail = t;
    l->tail = &t->next;
}

static struct task *pop(struct list *l)
{
    struct task *t = l->head;

    if (t != NULL) {
        l->head = t->next;
        if (l->head == NULL)
            l->tail = &l->head;
    }
    return t;
}

/* A * in the pattern stands for any characters; there is nothing else to it. */
static bool matches(const char *pattern, const char *tag)
{
    for (; *pattern != '*'; pattern++, tag++)
        if (*pattern != *tag)
            return false;
        else if (*tag == '\0')
            return true;
    for (; *tag != '\0'; tag++)
        if (matches(pattern + 1, tag))
            return true;
    return matches(pattern + 1, tag);
}

static bool routed(const struct feed *f, size_t output, const char *tag)
{
    const char *pattern = properties_get(&f->o->outs[output], "match");

    return matches(pattern ? pattern : "*", tag);
}

struct feed *feed_new(const struct options *o)
{
    struct feed *f = must_zero(sizeof *f);
    bool taken = false;

    f->o = o;
    pthread_mutex_init(&f->lock, NULL);
    condition_init(&f->changed);
    f->chunks = chunks_read(o, &f->count);
    f->total = f->count * o->repeat;
    f->ready.tail = &f->ready.head;
    f->waiting.tail = &f->waiting.head;
    f->files_since = now();
    for (size_t i = 0; i < o->out_count; i++)
        taken = taken || routed(f, i, o->tag);
    if (f->count > 0 && !taken)
        note("no output matches the tag %s: nothing will be flushed", o->tag);
    return f;
}

/* How many chunks are handed out before the next reload. */
static size_t limit(const struct feed *f)
{
    if (f->reloads_done >= f->o->reloads)
        return f->total;
    return (size_t)((double)f->total * (double)(f->reloads_done + 1) / (double)(f->o->reloads + 1));
}

/* One task for every output that matches. */
static void route(struct feed *f, struct chunk *c)
{
    for (size_t i = 0; i < f->o->out_count; i++) {
        struct task *t;

        if (!routed(f, i, c->tag))
            continue;
        t = must_zero(sizeof *t);
        t->chunk = c;
        t->output = i;
        c->users++;
        f->file_tasks += c->kept;
        push(&f->ready, t);
    }
    if (c->users == 0 && !c->kept)
        chunk_free(c);
}

void feed_open(struct feed *f)
{
    pthread_mutex_lock(&f->lock);
    f->open = true;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

void feed_close(struct feed *f)
{
    pthread_mutex_lock(&f->lock);
    f->open = false;
    pthread_mutex_unlock(&f->lock);
}

static struct task *take_now(struct feed *f, double *until)
{
    struct task *t;

    if (f->waiting.head != NULL) {
        if (f->waiting.head->due <= now())
            return pop(&f->waiting);
        if (f->waiting.head->due < *until)
            *until = f->waiting.head->due;
    }
    while ((t = pop(&f->ready)) == NULL && f->open && f->next < limit(f))
        route(f, f->chunks[f->next++ % f->count]);
    return t;
}

struct task *feed_take(struct feed *f, double until)
{
    struct task *t;
    struct timespec at;
    unsigned wakes;

    pthread_mutex_lock(&f->lock);
    wakes = f->wakes;
    for (;;) {
        double wake_at = until;

        t = take_now(f, &wake_at);
        if (t != NULL || f->wakes != wakes || now() >= until)
            break;
        at = as_timespec(wake_at);
        pthread_cond_timedwait(&f->changed, &f->lock, &at);
    }
    if (t != NULL)
        f->busy++;
    pthread_mutex_unlock(&f->lock);
    return t;
}

void feed_wake(struct feed *f)
{
    pthread_mutex_lock(&f->lock);
    f->wakes++;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static void drop(struct task *t)
{
    if (--t->chunk->users == 0 && !t->chunk->kept)
        chunk_free(t->chunk);
    free(t);
}

void feed_done(struct feed *f, struct task *t)
{
    pthread_mutex_lock(&f->lock);
    if (t->chunk->kept) {
        f->file_tasks--;
        f->files_since = now();
    }
    drop(t);
    f->busy--;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

void feed_again(struct feed *f, struct task *t)
{
    pthread_mutex_lock(&f->lock);
    t->due = now() + PAUSE_MS / 1000.0;
    push(&f->waiting, t);
    f->busy--;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

void feed_add(struct feed *f, struct chunk *c)
{
    pthread_mutex_lock(&f->lock);
    route(f, c);
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

bool feed_pending(struct feed *f)
{
    bool pending;

    pthread_mutex_lock(&f->lock);
    pending = f->busy > 0 || f->ready.head != NULL || f->waiting.head != NULL;
    pthread_mutex_unlock(&f->lock);
    return pending;
}

bool feed_reload_due(struct feed *f)
{
    bool due;

    pthread_mutex_lock(&f->lock);
    due = f->reloads_done < f->o->reloads && f->next >= limit(f);
    pthread_mutex_unlock(&f->lock);
    return due;
}

void feed_reloaded(struct feed *f)
{
    pthread_mutex_lock(&f->lock);
    f->reloads_done++;
    pthread_mutex_unlock(&f->lock);
}

bool feed_finished(struct feed *f, double *since)
{
    bool finished;

    pthread_mutex_lock(&f->lock);
    finished = f->next >= f->total && f->file_tasks == 0;
    *since = f->files_since;
    pthread_mutex_unlock(&f->lock);
    return finished;
}

void feed_free(struct feed *f)
{
    struct task *t;
    size_t left = 0;

    while ((t = pop(&f->ready)) != NULL || (t = pop(&f->waiting)) != NULL) {
        left++;
        drop(t);
    }
    if (left > 0) {
        stats_add(STAT_GIVEN_UP, left);
        lost("%zu flushes were still to be made at the end", left);
    }
    for (size_t i = 0; i < f->count; i++)
        chunk_free(f->chunks[i]);
    free(f->chunks);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
    free(f);
}
