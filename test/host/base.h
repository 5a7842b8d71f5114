/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every file of the test host starts with: the feature macro (glibc on
 * Linux, as the plugins themselves), the headers all of them need, and the
 * clock all waiting is done on.
 */
#ifndef HOST_BASE_H
#define HOST_BASE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef _WIN32
/* The only clock that winpthreads waits by. */
#define STEADY CLOCK_REALTIME
#else
#define STEADY CLOCK_MONOTONIC
#endif

/* Seconds on a clock that never jumps. */
static inline double now(void)
{
    struct timespec t;

    clock_gettime(STEADY, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The same instant as the kernel wants it in timed waits. */
static inline struct timespec as_timespec(double at)
{
    struct timespec t;

    t.tv_sec = (time_t)at;
    t.tv_nsec = (long)((at - (double)t.tv_sec) * 1e9);
    return t;
}

/* A condition variable whose timed waits use the clock of now(). */
static inline void condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, STEADY);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* Sleeps until an instant of now(). */
static inline void sleep_until(double at)
{
    struct timespec t = as_timespec(at);

    while (clock_nanosleep(STEADY, TIMER_ABSTIME, &t, NULL) != 0) {
    }
}

#endif
