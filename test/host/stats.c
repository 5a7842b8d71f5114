/* SPDX-License-Identifier: Apache-2.0 */
#include "stats.h"

#include <inttypes.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t counters[STAT_COUNT];
static double flush_total, flush_max, last_alert;

static const char *const names[STAT_COUNT] = {
    [STAT_OK] = "ok",
    [STAT_RETRY] = "retry",
    [STAT_ERROR] = "error",
    [STAT_GIVEN_UP] = "given_up",
    [STAT_CHUNKS] = "chunks",
    [STAT_RECORDS] = "records",
    [STAT_BYTES] = "bytes",
    [STAT_COLLECTS] = "collects",
    [STAT_BATCHES] = "batches",
    [STAT_ALERTS] = "alerts",
    [STAT_ALERT_BYTES] = "alert_bytes",
    [STAT_UNACKNOWLEDGED] = "unacknowledged",
    [STAT_LOST] = "lost",
    [STAT_RELOADS] = "reloads",
};

void stats_add(enum stat which, uint64_t amount)
{
    pthread_mutex_lock(&lock);
    counters[which] += amount;
    pthread_mutex_unlock(&lock);
}

uint64_t stats_get(enum stat which)
{
    uint64_t n;

    pthread_mutex_lock(&lock);
    n = counters[which];
    pthread_mutex_unlock(&lock);
    return n;
}

void stats_flush_time(double seconds)
{
    pthread_mutex_lock(&lock);
    flush_total += seconds;
    if (seconds > flush_max)
        flush_max = seconds;
    pthread_mutex_unlock(&lock);
}

void stats_alert_came(double at)
{
    pthread_mutex_lock(&lock);
    last_alert = at;
    pthread_mutex_unlock(&lock);
}

double stats_last_alert(void)
{
    double at;

    pthread_mutex_lock(&lock);
    at = last_alert;
    pthread_mutex_unlock(&lock);
    return at;
}

void stats_print(FILE *out, double wall_seconds)
{
    pthread_mutex_lock(&lock);
    fputc('{', out);
    for (int i = 0; i < STAT_COUNT; i++)
        fprintf(out, "\"%s\":%" PRIu64 ",", names[i], counters[i]);
    fprintf(out, "\"flush_seconds\":%.6f,\"flush_max_seconds\":%.6f,\"wall_seconds\":%.3f}\n", flush_total,
            flush_max, wall_seconds);
    pthread_mutex_unlock(&lock);
}
