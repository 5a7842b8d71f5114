/* SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include "input.h"
#include "output.h"
#include "report.h"
#include "stats.h"

#include <stdatomic.h>

/* Fluent Bit's own times and limits. */
static const double DRAIN_PERIOD = 0.25; /* how often the rings of the inputs are fetched */
static const double STOP_TICK = 1;       /* how often it looks whether it can stop */
enum {
    GRACE_TICKS = 5,
    RETRIES = 10 /* this host's own */
};

enum { STARTING, RUNNING, FAILED };

struct engine {
    const struct options *o;
    struct feed *feed;
    struct plugin *output_plugin;
    struct plugin *input_plugin;
    struct output **outputs;
    struct input **inputs;
    size_t output_count; /* instances that still are */
    size_t input_count;
    pthread_t thread;
    pthread_t *workers;
    size_t worker_count;
    double next_drain;
    atomic_bool stop;
    atomic_bool stop_workers;
    bool hot; /* the stop is for a reload */

    pthread_mutex_t lock; /* for state */
    pthread_cond_t changed;
    int state;
};

static bool load(struct engine *e, int role, bool hot)
{
    const char *path = role == ROLE_INPUT ? e->o->input : e->o->output;
    struct plugin *p;

    if (path == NULL)
        return true;
    p = plugin_load(role, path, hot, e->o->old_input_context);
    if (role == ROLE_INPUT)
        e->input_plugin = p;
    else
        e->output_plugin = p;
    return p != NULL;
}

struct engine *engine_new(const struct options *o, struct feed *f, bool hot)
{
    struct engine *e = must_zero(sizeof *e);
    int first = o->input_first ? ROLE_INPUT : ROLE_OUTPUT;
    int second = o->input_first ? ROLE_OUTPUT : ROLE_INPUT;

    e->o = o;
    e->feed = f;
    pthread_mutex_init(&e->lock, NULL);
    condition_init(&e->changed);
    if (!load(e, first, hot) || !load(e, second, hot)) {
        engine_free(e);
        return NULL;
    }
    e->inputs = must_zero(o->in_count * sizeof *e->inputs);
    for (; e->input_count < o->in_count; e->input_count++)
        e->inputs[e->input_count] = input_new(e->input_plugin, o, e->input_count);
    e->outputs = must_zero(o->out_count * sizeof *e->outputs);
    for (; e->output_count < o->out_count; e->output_count++)
        e->outputs[e->output_count] =
            output_new(e->output_plugin, &o->outs[e->output_count], e->output_count, o->mutate);
    return e;
}

void engine_free(struct engine *e)
{
    if (e->input_plugin != NULL)
        plugin_unload(e->input_plugin);
    if (e->output_plugin != NULL)
        plugin_unload(e->output_plugin);
    free(e->inputs);
    free(e->outputs);
    pthread_cond_destroy(&e->changed);
    pthread_mutex_destroy(&e->lock);
    free(e);
}

static void deliver(struct engine *e, struct input *in, struct batch *b)
{
    stats_add(STAT_ALERTS, b->records);
    stats_add(STAT_ALERT_BYTES, b->size);
    stats_alert_came(now());
    alerts_write(b);
    if (e->o->loop && b->records > 0)
        feed_add(e->feed, chunk_new(input_tag(in), b->data, b->size, b->records));
    batch_free(b);
}

static void drain_when_due(struct engine *e)
{
    struct batch *b;

    if (now() < e->next_drain)
        return;
    for (size_t i = 0; i < e->input_count; i++)
        while ((b = input_fetch(e->inputs[i])) != NULL)
            deliver(e, e->inputs[i], b);
    while (e->next_drain <= now())
        e->next_drain += DRAIN_PERIOD;
}

static void flush(struct engine *e, struct task *t)
{
    int answer;

    if (t->attempts++ == 0) {
        stats_add(STAT_CHUNKS, 1);
        stats_add(STAT_RECORDS, t->chunk->records);
        stats_add(STAT_BYTES, t->chunk->size);
    }
    answer = output_flush(e->outputs[t->output], t->chunk);
    stats_add(answer == FLUSH_OK ? STAT_OK : answer == FLUSH_RETRY ? STAT_RETRY : STAT_ERROR, 1);
    if (answer == FLUSH_RETRY && t->attempts <= RETRIES) {
        feed_again(e->feed, t);
        return;
    }
    if (answer == FLUSH_RETRY) {
        stats_add(STAT_GIVEN_UP, 1);
        lost("a chunk of %zu records was given up after %d retries", t->chunk->records, RETRIES);
    }
    feed_done(e->feed, t);
}

/* Flushes, or waits, until an instant. With workers they do the flushing. */
static void work_until(struct engine *e, double until)
{
    struct task *t;

    if (until > e->next_drain)
        until = e->next_drain;
    if (e->worker_count > 0) {
        sleep_until(until);
        return;
    }
    t = feed_take(e->feed, until);
    if (t != NULL)
        flush(e, t);
}

static void *worker_thread(void *argument)
{
    struct engine *e = argument;

    while (!atomic_load(&e->stop_workers)) {
        struct task *t = feed_take(e->feed, now() + DRAIN_PERIOD);

        if (t != NULL)
            flush(e, t);
    }
    return NULL;
}

static void start_workers(struct engine *e)
{
    size_t wanted = e->o->threads > 1 ? e->o->threads : 0;

    e->workers = must_zero(wanted * sizeof *e->workers);
    for (; e->worker_count < wanted; e->worker_count++)
        if (pthread_create(&e->workers[e->worker_count], NULL, worker_thread, e) != 0)
            usage_error("no thread for --threads %zu", wanted);
}

static void join_workers(struct engine *e)
{
    atomic_store(&e->stop_workers, true);
    feed_wake(e->feed);
    for (size_t i = 0; i < e->worker_count; i++)
        pthread_join(e->workers[i], NULL);
    free(e->workers);
}

static void pause_all(struct engine *e)
{
    for (size_t i = 0; i < e->input_count; i++)
        input_pause(e->inputs[i]);
}

static void exit_all(struct engine *e)
{
    /* Every stop pauses the inputs twice: once before the grace, and here. */
    pause_all(e);
    for (size_t i = 0; i < e->output_count; i++)
        output_exit(e->outputs[i], e->hot);
    for (size_t i = e->input_count; i-- > 0;)
        input_exit(e->inputs[i], e->hot);
}

/* Inputs first, so that an output's initialisation can see what they take. */
static bool init_all(struct engine *e)
{
    for (size_t i = 0; i < e->input_count; i++)
        if (!input_init(e->inputs[i]))
            return false;
    for (size_t i = 0; i < e->output_count; i++)
        if (!output_init(e->outputs[i])) {
            /* This one is not called any more; those after it get an exit
             * although they never were initialised. */
            output_discard(e->outputs[i]);
            e->output_count--;
            memmove(&e->outputs[i], &e->outputs[i + 1], (e->output_count - i) * sizeof *e->outputs);
            return false;
        }
    for (size_t i = 0; i < e->output_count; i++)
        output_pre_run(e->outputs[i], e->o->reloads > 0);
    for (size_t i = 0; i < e->input_count; i++)
        input_start(e->inputs[i], e->o->reloads > 0);
    return true;
}

/* Lets what was begun end. A reload waits for it as long as it takes. */
static void grace(struct engine *e)
{
    double tick = now() + STOP_TICK;

    for (int ticks = 1;;) {
        drain_when_due(e);
        if (now() >= tick) {
            if (!feed_pending(e->feed) || (!e->hot && ticks >= GRACE_TICKS))
                return;
            ticks++;
            tick += STOP_TICK;
        }
        work_until(e, tick);
    }
}

static void announce(struct engine *e, int state)
{
    pthread_mutex_lock(&e->lock);
    e->state = state;
    pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->lock);
}

static void *engine_thread(void *argument)
{
    struct engine *e = argument;

    if (!init_all(e)) {
        exit_all(e);
        announce(e, FAILED);
        return NULL;
    }
    e->next_drain = now() + DRAIN_PERIOD;
    start_workers(e);
    feed_open(e->feed);
    announce(e, RUNNING);
    while (!atomic_load(&e->stop)) {
        drain_when_due(e);
        work_until(e, e->next_drain);
    }
    feed_close(e->feed);
    pause_all(e);
    grace(e);
    join_workers(e);
    exit_all(e);
    return NULL;
}

bool engine_start(struct engine *e)
{
    int state;

    if (pthread_create(&e->thread, NULL, engine_thread, e) != 0)
        usage_error("no thread for the engine");
    pthread_mutex_lock(&e->lock);
    while (e->state == STARTING)
        pthread_cond_wait(&e->changed, &e->lock);
    state = e->state;
    pthread_mutex_unlock(&e->lock);
    if (state == FAILED)
        pthread_join(e->thread, NULL);
    return state == RUNNING;
}

void engine_stop(struct engine *e, bool hot)
{
    e->hot = hot;
    atomic_store(&e->stop, true);
    feed_wake(e->feed);
    pthread_join(e->thread, NULL);
}
