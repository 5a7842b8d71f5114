#define _GNU_SOURCE
#include "bell.h"

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#ifdef _WIN32
#define STEADY CLOCK_REALTIME /* the only clock that winpthreads waits by */
#else
#define STEADY CLOCK_MONOTONIC
#endif

/*
 * Bells are never freed: a collect may still wait at one when its input ends.
 * The input that has the number of bells later gets the same. Handle 0 stands
 * for an unknown input and has none.
 */
enum { BELLS = 64 };

static struct bell {
    uintptr_t handle;
    pthread_cond_t rings;
    bool rung;
    int wait; /* in milliseconds; 0: the input is not idle */
} bells[BELLS];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void prepare(void)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, STEADY);
    for (int i = 0; i < BELLS; i++) {
        pthread_cond_init(&bells[i].rings, &attributes);
    }
    pthread_condattr_destroy(&attributes);
}

/* With the lock held. */
static struct bell *bell_of(uintptr_t handle)
{
    struct bell *b = &bells[handle % BELLS];

    return handle != 0 && b->handle == handle ? b : NULL;
}

void detect_bell_open(uintptr_t handle)
{
    struct bell *b = &bells[handle % BELLS];

    pthread_once(&once, prepare);
    pthread_mutex_lock(&lock);
    b->handle = handle;
    b->rung = false;
    b->wait = 0;
    pthread_mutex_unlock(&lock);
}

void detect_bell_ring(uintptr_t handle)
{
    struct bell *b;

    pthread_mutex_lock(&lock);
    b = bell_of(handle);
    if (b != NULL) {
        b->rung = true;
        pthread_cond_signal(&b->rings);
    }
    pthread_mutex_unlock(&lock);
}

void detect_bell_idle(uintptr_t handle, int milliseconds)
{
    struct bell *b;

    pthread_mutex_lock(&lock);
    b = bell_of(handle);
    if (b != NULL) {
        b->wait = milliseconds;
    }
    pthread_mutex_unlock(&lock);
}

static struct timespec in(int milliseconds)
{
    struct timespec t;

    clock_gettime(STEADY, &t);
    t.tv_sec += milliseconds / 1000;
    t.tv_nsec += milliseconds % 1000 * 1000000L;
    if (t.tv_nsec >= 1000000000L) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000L;
    }
    return t;
}

int detect_bell_wait(uintptr_t handle)
{
    struct timespec until;
    struct bell *b;
    bool look = true;

    pthread_mutex_lock(&lock);
    b = bell_of(handle);
    if (b != NULL && b->wait > 0) {
        until = in(b->wait);
        while (!b->rung && pthread_cond_timedwait(&b->rings, &lock, &until) == 0) {
        }
        look = b->rung;
        if (look) {
            b->rung = false;
            b->wait = 0;
        }
    }
    pthread_mutex_unlock(&lock);
    return look;
}
