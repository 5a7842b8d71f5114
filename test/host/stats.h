/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of the whole run, over all reloads. */
#ifndef HOST_STATS_H
#define HOST_STATS_H

#include "base.h"

enum stat {
    STAT_OK,           /* flushes by answer */
    STAT_RETRY,
    STAT_ERROR,
    STAT_GIVEN_UP,     /* chunks still RETRY at the end */
    STAT_CHUNKS,       /* first flushes: chunks times outputs */
    STAT_RECORDS,      /* in those */
    STAT_BYTES,
    STAT_COLLECTS,     /* calls of the collect callback */
    STAT_BATCHES,      /* those that returned something */
    STAT_ALERTS,       /* delivered */
    STAT_ALERT_BYTES,
    STAT_UNACKNOWLEDGED, /* batches without cleanup: --no-cleanup, --drop-first */
    STAT_LOST,         /* alerts acknowledged, but lost on the way */
    STAT_RELOADS,
    STAT_COUNT
};

void stats_add(enum stat which, uint64_t amount);
uint64_t stats_get(enum stat which);

/* Time spent inside one flush of the plugin. */
void stats_flush_time(double seconds);

/* When the last alert was delivered, on the clock of now(); 0 before. */
void stats_alert_came(double at);
double stats_last_alert(void);

void stats_print(FILE *out, double wall_seconds);

#endif
