/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"

#include "guard.h"
#include "mutate.h"
#include "report.h"
#include "stats.h"

static const char kind[] = "output"; /* its address marks an instance as one of ours */

struct output {
    const char *kind;
    struct plugin *plugin;
    struct output_context *context;
    const struct properties *properties;
    bool mutate;
    char name[80];
};

struct output *output_new(struct plugin *p, const struct properties *properties, size_t number, bool mutate)
{
    struct output *o = must_zero(sizeof *o);

    o->kind = kind;
    o->plugin = p;
    o->properties = properties;
    o->mutate = mutate;
    snprintf(o->name, sizeof o->name, "%s.%zu", p->definition->name, number);
    o->context = must_zero(sizeof *o->context);
    o->context->plugin = p;
    return o;
}

const char *output_property(const char *key, void *instance)
{
    struct output *o = instance;

    if (o == NULL || o->kind != kind) {
        broken("property '%s' of an output asked with an instance that is none, or no more", key);
        return NULL;
    }
    return properties_for_plugin(o->properties, key, false);
}

bool output_init(struct output *o)
{
    bool ready = plugin_init(o->plugin, o->name, o, o->context);

    if (o->context->plugin != o->plugin) {
        broken("%s: FLBPluginInit overwrote the host's pointer behind remote_context", o->name);
        o->context->plugin = o->plugin;
    }
    return ready;
}

void output_pre_run(struct output *o, bool hot_reload_enabled)
{
    if (o->plugin->pre_run != NULL)
        o->plugin->pre_run(hot_reload_enabled);
}

int output_flush(struct output *o, const struct chunk *c)
{
    struct guarded data, tag;
    double began;
    int answer;

    if (o->mutate) {
        size_t size;
        unsigned char *bytes = mutate(c->data, c->size, &size);

        guard_lend(&data, bytes, size);
        free(bytes);
    } else {
        guard_lend(&data, c->data, c->size);
    }
    guard_lend(&tag, c->tag, strlen(c->tag) + 1);
    began = now();
    if (o->plugin->flush_context != NULL)
        answer = o->plugin->flush_context(o->context->remote, data.data, data.size, tag.data);
    else
        answer = o->plugin->flush(data.data, data.size, tag.data);
    stats_flush_time(now() - began);
    guard_take_back(&data);
    guard_take_back(&tag);
    if (answer != FLUSH_OK && answer != FLUSH_RETRY && answer != FLUSH_ERROR) {
        broken("%s: flush answers %d; %d is error, %d ok, %d retry", o->name, answer, FLUSH_ERROR, FLUSH_OK,
               FLUSH_RETRY);
        return FLUSH_ERROR;
    }
    return answer;
}

void output_discard(struct output *o)
{
    free(memset(o->context, 0xDB, sizeof *o->context));
    free(memset(o, 0xDB, sizeof *o));
}

void output_exit(struct output *o, bool hot)
{
    struct plugin *p = o->plugin;

    if (p->pre_exit != NULL)
        p->pre_exit(hot);
    if (p->exit_context != NULL)
        p->exit_context(o->context->remote);
    else if (p->exit != NULL)
        p->exit();
    output_discard(o);
}
