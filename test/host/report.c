/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <stdarg.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool quiet;
static bool was_broken, was_refused, was_lost;

static void say(const char *kind, const char *format, va_list args)
{
    fprintf(stderr, "host: %s", kind);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

void report_quiet(void)
{
    quiet = true;
}

void note(const char *format, ...)
{
    va_list args;

    if (quiet)
        return;
    va_start(args, format);
    pthread_mutex_lock(&lock);
    say("", format, args);
    pthread_mutex_unlock(&lock);
    va_end(args);
}

static void remember(bool *what, const char *kind, const char *format, va_list args)
{
    pthread_mutex_lock(&lock);
    *what = true;
    say(kind, format, args);
    pthread_mutex_unlock(&lock);
}

void broken(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    remember(&was_broken, "BROKEN: ", format, args);
    va_end(args);
}

void refused(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    remember(&was_refused, "REFUSED: ", format, args);
    va_end(args);
}

void lost(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    remember(&was_lost, "LOST: ", format, args);
    va_end(args);
}

void usage_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say("", format, args);
    va_end(args);
    exit(STATUS_USAGE);
}

int report_status(void)
{
    int status;

    pthread_mutex_lock(&lock);
    status = was_broken    ? STATUS_BROKEN
             : was_refused ? STATUS_REFUSED
             : was_lost    ? STATUS_LOST
                           : STATUS_CLEAN;
    pthread_mutex_unlock(&lock);
    return status;
}

void *must_alloc(size_t size)
{
    void *memory = malloc(size ? size : 1);

    if (memory == NULL)
        usage_error("out of memory: %zu bytes", size);
    return memory;
}

void *must_zero(size_t size)
{
    void *memory = calloc(1, size ? size : 1);

    if (memory == NULL)
        usage_error("out of memory: %zu bytes", size);
    return memory;
}

char *must_copy(const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(must_alloc(size), text, size);
}
