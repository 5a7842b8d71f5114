/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The output of the self test. Property `mode`:
 *   count     (default) one alert per flush: bytes of the chunk, its tag, how
 *             often `needle` occurs in it, the value of `text`
 *   echo      the chunk itself comes back as the alerts
 *   quiet     nothing comes back
 *   retry     the first two flushes are answered RETRY, the rest as count
 *   full      always RETRY
 *   error     always ERROR
 *   refuse    FLBPluginInit fails
 *   badcode   answers 7
 *   overread  reads one byte past the chunk
 *   tagread   reads one byte past the tag
 *   write     writes into the chunk
 *   keep      reads the chunk of the flush before
 *   garbage   the alerts are not msgpack records
 * Environment TINY_DEF=overrun: writes past the part of the definition struct
 * that hosts before 5.0 allocate. TINY_DEF=type: registers a wrong type.
 * TINY_DEF=thread: starts a thread.
 */
#define _GNU_SOURCE
#include "tiny.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct output {
    char *mode;
    char *needle;
    char *text;
    atomic_int calls;
    const volatile char *kept;
};

static pthread_mutex_t trace_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t box_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t box_filled = PTHREAD_COND_INITIALIZER;
static struct blob {
    struct blob *next;
    size_t size;
    char data[];
} *box_head, **box_tail = &box_head;

void tiny_trace(const char *format, ...)
{
    static _Thread_local int letter;
    static int letters;
    const char *path = getenv("TINY_TRACE");
    va_list args;
    FILE *out;

    if (path == NULL)
        return;
    pthread_mutex_lock(&trace_lock);
    out = fopen(path, "a");
    if (out != NULL) {
        if (letter == 0)
            letter = 'A' + letters++;
        fprintf(out, "%c ", letter);
        va_start(args, format);
        vfprintf(out, format, args);
        va_end(args);
        fputc('\n', out);
        fclose(out);
    }
    pthread_mutex_unlock(&trace_lock);
}

static void *sleeper(void *argument)
{
    sleep(1);
    return argument;
}

int tiny_register(struct tiny_def *def, int type, const char *name)
{
    const char *fault = getenv("TINY_DEF");
    pthread_t thread;

    tiny_trace("register %s", name);
    def->type = type;
    def->proxy = 11;
    def->flags = 0;
    def->name = strdup(name);
    def->description = strdup("self test");
    if (fault != NULL && strcmp(fault, "overrun") == 0)
        *(volatile int *)(def + 1) = 0; /* a zero: only a canary can tell */
    if (fault != NULL && strcmp(fault, "type") == 0)
        def->type = 3;
    if (fault != NULL && strcmp(fault, "thread") == 0)
        pthread_create(&thread, NULL, sleeper, NULL);
    return 0;
}

void tiny_put(const void *data, size_t size)
{
    struct blob *b = malloc(sizeof *b + size);

    b->next = NULL;
    b->size = size;
    memcpy(b->data, data, size);
    pthread_mutex_lock(&box_lock);
    *box_tail = b;
    box_tail = &b->next;
    pthread_cond_broadcast(&box_filled);
    pthread_mutex_unlock(&box_lock);
}

void *tiny_take(size_t *size, int wait_ms)
{
    void *copy = NULL;
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (until.tv_nsec / 1000000 + wait_ms) / 1000;
    until.tv_nsec = (until.tv_nsec / 1000000 + wait_ms) % 1000 * 1000000;
    pthread_mutex_lock(&box_lock);
    while (box_head == NULL && wait_ms > 0 &&
           pthread_cond_timedwait(&box_filled, &box_lock, &until) == 0) {
    }
    if (box_head != NULL) {
        *size = box_head->size;
        copy = malloc(box_head->size);
        memcpy(copy, box_head->data, box_head->size);
    }
    pthread_mutex_unlock(&box_lock);
    return copy;
}

void tiny_acknowledge(void)
{
    pthread_mutex_lock(&box_lock);
    if (box_head != NULL) {
        struct blob *gone = box_head;

        box_head = gone->next;
        if (box_head == NULL)
            box_tail = &box_head;
        free(gone);
    }
    pthread_mutex_unlock(&box_lock);
}

static char *put_str(char *p, const char *text)
{
    size_t n = strlen(text);

    if (n > 255)
        n = 255;
    *p++ = (char)0xd9;
    *p++ = (char)n;
    memcpy(p, text, n);
    return p + n;
}

static char *put_u32(char *p, unsigned char lead, uint32_t value)
{
    *p++ = (char)lead;
    *p++ = (char)(value >> 24);
    *p++ = (char)(value >> 16);
    *p++ = (char)(value >> 8);
    *p++ = (char)value;
    return p;
}

/* [[event time, {}], {bytes, tag, found, text}] */
static void put_alert(const struct output *o, const void *data, size_t size, const char *tag)
{
    char record[1200], *p = record;
    uint32_t found = 0;
    const char *at = data;
    size_t needle = o->needle ? strlen(o->needle) : 0;

    while (needle > 0 &&
           (at = memmem(at, size - (size_t)(at - (const char *)data), o->needle, needle)) != NULL) {
        found++;
        at += needle;
    }
    *p++ = (char)0x92;
    *p++ = (char)0x92;
    *p++ = (char)0xd7;
    p = put_u32(p, 0, (uint32_t)time(NULL)); /* the lead byte is the ext type, 0 */
    memset(p, 0, 4);
    p += 4;
    *p++ = (char)0x80;
    *p++ = (char)0x84;
    p = put_u32(put_str(p, "bytes"), 0xce, (uint32_t)size);
    p = put_str(put_str(p, "tag"), tag);
    p = put_u32(put_str(p, "found"), 0xce, found);
    p = put_str(put_str(p, "text"), o->text ? o->text : "");
    tiny_put(record, (size_t)(p - record));
}

int FLBPluginPreRegister(int hot_reloading)
{
    tiny_trace("out preregister hot=%d", hot_reloading);
    return 0;
}

int FLBPluginRegister(struct tiny_def *def)
{
    return tiny_register(def, 2, "tiny");
}

void FLBPluginUnregister(struct tiny_def *def)
{
    tiny_trace("out unregister %s", def->name);
    free(def->name);
    free(def->description);
}

static char *property(struct tiny_plugin *p, const char *key)
{
    const char *value = p->api->output_property(key, p->instance);

    return value ? strdup(value) : NULL;
}

static void free_output(struct output *o)
{
    free(o->mode);
    free(o->needle);
    free(o->text);
    free(o);
}

int FLBPluginInit(struct tiny_plugin *p)
{
    struct output *o = calloc(1, sizeof *o);

    o->mode = property(p, "mode");
    if (o->mode == NULL)
        o->mode = strdup("count");
    o->needle = property(p, "needle");
    o->text = property(p, "text");
    tiny_trace("out init %s name=%s text=%s match=%s", o->mode, p->name, o->text ? o->text : "(null)",
               p->api->output_property("match", p->instance) ? "seen" : "(null)");
    if (strcmp(o->mode, "refuse") == 0) {
        free_output(o);
        return -1;
    }
    *(void **)p->context = o;
    return 1;
}

int FLBPluginOutputPreRun(int hot_reload_enabled)
{
    tiny_trace("out prerun hot=%d", hot_reload_enabled);
    return 0;
}

int FLBPluginFlushCtx(void *context, const void *data, size_t size, char *tag)
{
    struct output *o = context;
    const char *bytes = data;
    volatile char seen = 0;
    int calls;

    tiny_trace("out flush tag=%s", tag);
    calls = ++o->calls;
    if (strcmp(o->mode, "quiet") == 0)
        return TINY_OK;
    if (strcmp(o->mode, "error") == 0)
        return TINY_ERROR;
    if (strcmp(o->mode, "full") == 0 || (strcmp(o->mode, "retry") == 0 && calls <= 2))
        return TINY_RETRY;
    if (strcmp(o->mode, "badcode") == 0)
        return 7;
    if (strcmp(o->mode, "garbage") == 0) {
        tiny_put("\x93\x01\x02\x03", 4);
        return TINY_OK;
    }
    if (strcmp(o->mode, "echo") == 0) {
        tiny_put(data, size);
        return TINY_OK;
    }
    if (strcmp(o->mode, "overread") == 0)
        seen = bytes[size];
    if (strcmp(o->mode, "tagread") == 0)
        seen = tag[strlen(tag) + 1];
    if (strcmp(o->mode, "write") == 0)
        *(volatile char *)(uintptr_t)data = 0;
    if (strcmp(o->mode, "keep") == 0) {
        if (o->kept != NULL)
            seen = *o->kept;
        o->kept = data;
    }
    (void)seen;
    put_alert(o, data, size, tag);
    return TINY_OK;
}

void FLBPluginOutputPreExit(int hot_reloading)
{
    tiny_trace("out preexit hot=%d", hot_reloading);
}

int FLBPluginExitCtx(void *context)
{
    struct output *o = context;

    tiny_trace("out exit %s", o ? o->mode : "(never initialised)");
    if (o != NULL)
        free_output(o);
    return 1;
}
