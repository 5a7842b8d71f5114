/* SPDX-License-Identifier: Apache-2.0 */
#include "input.h"

#include "report.h"
#include "stats.h"

#include <stdatomic.h>

enum {
    RING_SIZE = 1024,
    APPEND_TRIES = 10,
    APPEND_PAUSE_MS = 100,
    COLLECTOR_ID = 0, /* the first and only one of an instance */
    POISON = 0xDB
};

/* A pause carried out later than this was kept up by the plugin, not by the
 * scheduler. */
static const double LATE = 0.2;

static const char kind[] = "input"; /* its address marks an instance as one of ours */

enum answer { NO_ANSWER, READY, REFUSED };
enum work { DO_COLLECT, DO_PAUSE, DO_EXIT };

static pthread_mutex_t last_lock = PTHREAD_MUTEX_INITIALIZER; /* for last_input of a plugin */

struct input {
    const char *kind;
    struct plugin *plugin;
    const struct options *options;
    const struct properties *properties;
    void *context; /* struct input_context or struct old_input_context */
    char name[80];

    pthread_t thread;
    bool has_thread;
    atomic_bool collecting;

    pthread_mutex_t lock; /* for all below */
    pthread_cond_t changed;
    enum answer answer;
    bool start;
    unsigned pauses; /* asked for and not yet carried out */
    double pause_asked;
    bool exit;
    double exit_asked;
    bool hot; /* for pre_run and pre_exit */
    struct batch *ring[RING_SIZE];
    size_t ring_first;
    size_t ring_count;
};

struct input *input_new(struct plugin *p, const struct options *o, size_t number)
{
    struct input *in = must_zero(sizeof *in);

    in->kind = kind;
    in->plugin = p;
    in->options = o;
    in->properties = &o->ins[number];
    snprintf(in->name, sizeof in->name, "%s.%zu", p->definition->name, number);
    if (o->old_input_context) {
        struct old_input_context *c = in->context = must_zero(sizeof *c);

        c->plugin = p;
    } else {
        struct input_context *c = in->context = must_zero(sizeof *c);

        c->plugin = p;
    }
    pthread_mutex_init(&in->lock, NULL);
    condition_init(&in->changed);
    return in;
}

const char *input_tag(const struct input *in)
{
    const char *tag = properties_get(in->properties, "tag");

    return tag ? tag : in->name;
}

const char *input_property(const char *key, void *instance)
{
    struct input *in = instance;

    if (in == NULL || in->kind != kind) {
        broken("property '%s' of an input asked with an instance that is none, or no more", key);
        return NULL;
    }
    return properties_for_plugin(in->properties, key, true);
}

static void check_context(struct input *in)
{
    struct plugin **pointer;

    if (in->options->old_input_context) {
        struct old_input_context *c = in->context;

        pointer = &c->plugin;
        if (*pointer != in->plugin)
            broken("%s: FLBPluginInit wrote a remote_context, which hosts before 4.1 have no room for", in->name);
        if (c->collector != 0)
            broken("%s: FLBPluginInit wrote the collector number at offset 0 of its context", in->name);
        c->collector = COLLECTOR_ID;
    } else {
        struct input_context *c = in->context;

        pointer = &c->plugin;
        if (*pointer != in->plugin)
            broken("%s: FLBPluginInit overwrote the host's pointer behind remote_context", in->name);
        if (c->collector != 0)
            broken("%s: FLBPluginInit wrote the collector number at offset 0 of its context; "
                   "remote_context of an input is at offset 8", in->name);
        c->collector = COLLECTOR_ID;
    }
    *pointer = in->plugin;
}

static bool append(struct input *in, struct batch *b)
{
    for (int tries = 0; tries < APPEND_TRIES; tries++) {
        bool room;

        pthread_mutex_lock(&in->lock);
        room = in->ring_count < RING_SIZE;
        if (room)
            in->ring[(in->ring_first + in->ring_count++) % RING_SIZE] = b;
        pthread_mutex_unlock(&in->lock);
        if (room)
            return true;
        sleep_until(now() + APPEND_PAUSE_MS / 1000.0);
    }
    return false;
}

struct batch *input_fetch(struct input *in)
{
    struct batch *b = NULL;

    pthread_mutex_lock(&in->lock);
    if (in->ring_count > 0) {
        b = in->ring[in->ring_first];
        in->ring_first = (in->ring_first + 1) % RING_SIZE;
        in->ring_count--;
    }
    pthread_mutex_unlock(&in->lock);
    return b;
}

static void lose(struct input *in, struct batch *b, const char *why)
{
    stats_add(STAT_LOST, b->records);
    lost("%s: %zu alerts %s", in->name, b->records, why);
    batch_free(b);
}

static void acknowledge(struct input *in, void *data, size_t size)
{
    struct plugin *p = in->plugin;

    /* The plugin gave it away: it must not need what was in it. */
    memset(data, POISON, size);
    if (p->cleanup_context != NULL) {
        struct input_context *c = in->context;

        p->cleanup_context(c->remote, data);
    } else if (p->cleanup != NULL) {
        p->cleanup(data);
    } else {
        free(data);
    }
}

static int call_collect(struct input *in, void **data, size_t *size)
{
    if (in->plugin->collect_context != NULL) {
        struct input_context *c = in->context;

        return in->plugin->collect_context(c->remote, data, size);
    }
    return in->plugin->collect(data, size);
}

static void collect(struct input *in)
{
    static atomic_size_t batches;
    void *data = NULL;
    size_t size = 0;
    struct batch *b;
    int answer = call_collect(in, &data, &size);

    stats_add(STAT_COLLECTS, 1);
    if (size == 0) {
        if (data != NULL)
            broken("%s: collect returns memory of size 0, which Fluent Bit never gives back", in->name);
        return;
    }
    if (answer == -1) {
        broken("%s: collect answers -1 with %zu bytes, which Fluent Bit drops and never gives back", in->name,
               size);
        return;
    }
    if (data == NULL) {
        broken("%s: collect returns %zu bytes at no address", in->name, size);
        return;
    }
    stats_add(STAT_BATCHES, 1);
    if (atomic_fetch_add(&batches, 1) < in->options->drop_first) {
        stats_add(STAT_UNACKNOWLEDGED, 1);
        return;
    }
    b = batch_new(in->name, input_tag(in), data, size);
    if (!append(in, b))
        lose(in, b, "dropped: the ring is full, and stayed so for a second");
    if (in->options->no_cleanup)
        stats_add(STAT_UNACKNOWLEDGED, 1);
    else
        acknowledge(in, data, size);
}

/* A pause calls the plugin, which is not told for which instance, and stops
 * the timer of the instance that was initialised last: so it is in Fluent
 * Bit 5.1. With two instances the first goes on collecting; and as they exit
 * in reverse, a pause it comes to late reaches for one that is gone. */
static void carry_out_pause(struct input *in, double asked)
{
    double late = now() - asked;

    if (in->plugin->pause != NULL)
        in->plugin->pause();
    pthread_mutex_lock(&last_lock);
    if (in->plugin->last_input != NULL)
        atomic_store(&in->plugin->last_input->collecting, false);
    else if (late > LATE)
        broken("%s: a collect kept it from pausing for %.0f ms, until a later instance was freed: Fluent Bit "
               "5.1 uses that instance now; after FLBPluginInputPause a collect must not wait", in->name,
               late * 1000);
    pthread_mutex_unlock(&last_lock);
}

/* What to do next; waits until there is something. */
static enum work wait_for_work(struct input *in, double *due, double *asked)
{
    double period = in->options->timer;
    struct timespec at;

    pthread_mutex_lock(&in->lock);
    for (;;) {
        bool fired = atomic_load(&in->collecting) && now() >= *due;

        /* First come, first served; pauses are asked for before the exit. */
        if (in->pauses > 0 && !(fired && *due < in->pause_asked)) {
            in->pauses--;
            *asked = in->pause_asked;
            pthread_mutex_unlock(&in->lock);
            return DO_PAUSE;
        }
        if (in->exit && !(fired && *due < in->exit_asked)) {
            pthread_mutex_unlock(&in->lock);
            return DO_EXIT;
        }
        if (fired) {
            /* Expiries during a long callback count as one. */
            while (*due <= now())
                *due += period;
            pthread_mutex_unlock(&in->lock);
            return DO_COLLECT;
        }
        at = as_timespec(atomic_load(&in->collecting) ? *due : now() + period);
        pthread_cond_timedwait(&in->changed, &in->lock, &at);
    }
}

static void life(struct input *in)
{
    double due, asked;

    atomic_store(&in->collecting, true);
    due = now() + in->options->timer;
    if (in->plugin->pre_run != NULL)
        in->plugin->pre_run(in->hot);
    for (;;) {
        switch (wait_for_work(in, &due, &asked)) {
        case DO_COLLECT:
            collect(in);
            break;
        case DO_PAUSE:
            carry_out_pause(in, asked);
            break;
        case DO_EXIT:
            if (in->plugin->pre_exit != NULL)
                in->plugin->pre_exit(in->hot);
            if (in->plugin->exit != NULL)
                in->plugin->exit();
            return;
        }
    }
}

static void *input_thread(void *argument)
{
    struct input *in = argument;
    bool ready, start;

    pthread_mutex_lock(&last_lock);
    in->plugin->last_input = in;
    pthread_mutex_unlock(&last_lock);
    ready = plugin_init(in->plugin, in->name, in, in->context);
    check_context(in);
    pthread_mutex_lock(&in->lock);
    in->answer = ready ? READY : REFUSED;
    pthread_cond_broadcast(&in->changed);
    /* When another instance refuses, this one is paused before it was
     * started, and ends without its exit callback. */
    while (ready && !in->start && in->pauses == 0 && !in->exit)
        pthread_cond_wait(&in->changed, &in->lock);
    start = in->start;
    pthread_mutex_unlock(&in->lock);
    if (ready && start)
        life(in);
    return NULL;
}

bool input_init(struct input *in)
{
    enum answer answer;

    if (pthread_create(&in->thread, NULL, input_thread, in) != 0)
        usage_error("no thread for %s", in->name);
    in->has_thread = true;
    pthread_mutex_lock(&in->lock);
    while (in->answer == NO_ANSWER)
        pthread_cond_wait(&in->changed, &in->lock);
    answer = in->answer;
    pthread_mutex_unlock(&in->lock);
    return answer == READY;
}

void input_start(struct input *in, bool hot_reload_enabled)
{
    pthread_mutex_lock(&in->lock);
    in->start = true;
    in->hot = hot_reload_enabled;
    pthread_cond_broadcast(&in->changed);
    pthread_mutex_unlock(&in->lock);
}

void input_pause(struct input *in)
{
    pthread_mutex_lock(&in->lock);
    if (in->pauses++ == 0)
        in->pause_asked = now();
    pthread_cond_broadcast(&in->changed);
    pthread_mutex_unlock(&in->lock);
}

void input_exit(struct input *in, bool hot)
{
    struct batch *b;

    if (in->has_thread) {
        pthread_mutex_lock(&in->lock);
        in->exit = true;
        in->exit_asked = now();
        in->hot = hot;
        pthread_cond_broadcast(&in->changed);
        pthread_mutex_unlock(&in->lock);
        pthread_join(in->thread, NULL);
    }
    pthread_mutex_lock(&last_lock);
    if (in->plugin->last_input == in)
        in->plugin->last_input = NULL;
    pthread_mutex_unlock(&last_lock);
    while ((b = input_fetch(in)) != NULL)
        lose(in, b, "acknowledged too late: the engine had stopped fetching them");
    pthread_cond_destroy(&in->changed);
    pthread_mutex_destroy(&in->lock);
    free(memset(in->context, POISON,
                in->options->old_input_context ? sizeof(struct old_input_context) : sizeof(struct input_context)));
    free(memset(in, POISON, sizeof *in));
}
