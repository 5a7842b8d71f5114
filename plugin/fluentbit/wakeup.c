#define _GNU_SOURCE
#include "wakeup.h"

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#ifdef _WIN32
#define CLOCK CLOCK_REALTIME /* the only clock that winpthreads can wait with */
#else
#define CLOCK CLOCK_MONOTONIC
#endif

/*
 * Slots are never freed: a collect may still wait when its input ends. The input
 * that is opened SLOTS inputs later reuses the slot. Handle 0 stands for an
 * unknown input and has none.
 */
enum { SLOTS = 64 };

static struct slot {
    uintptr_t handle;
    pthread_cond_t cond;
    bool signaled;
    int wait; /* in milliseconds; 0: the input is not idle */
} slots[SLOTS];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void prepare(void)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK);
    for (int i = 0; i < SLOTS; i++) {
        pthread_cond_init(&slots[i].cond, &attributes);
    }
    pthread_condattr_destroy(&attributes);
}

/* With the lock held. */
static struct slot *slot_of(uintptr_t handle)
{
    struct slot *b = &slots[handle % SLOTS];

    return handle != 0 && b->handle == handle ? b : NULL;
}

void detect_wakeup_open(uintptr_t handle)
{
    struct slot *b = &slots[handle % SLOTS];

    pthread_once(&once, prepare);
    pthread_mutex_lock(&lock);
    b->handle = handle;
    b->signaled = false;
    b->wait = 0;
    pthread_mutex_unlock(&lock);
}

void detect_wakeup_signal(uintptr_t handle)
{
    struct slot *b;

    pthread_mutex_lock(&lock);
    b = slot_of(handle);
    if (b != NULL) {
        b->signaled = true;
        pthread_cond_signal(&b->cond);
    }
    pthread_mutex_unlock(&lock);
}

void detect_wakeup_idle(uintptr_t handle, int milliseconds)
{
    struct slot *b;

    pthread_mutex_lock(&lock);
    b = slot_of(handle);
    if (b != NULL) {
        b->wait = milliseconds;
    }
    pthread_mutex_unlock(&lock);
}

static struct timespec in(int milliseconds)
{
    struct timespec t;

    clock_gettime(CLOCK, &t);
    t.tv_sec += milliseconds / 1000;
    t.tv_nsec += milliseconds % 1000 * 1000000L;
    if (t.tv_nsec >= 1000000000L) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000L;
    }
    return t;
}

int detect_wakeup_wait(uintptr_t handle)
{
    struct timespec until;
    struct slot *b;
    bool available = true;

    pthread_mutex_lock(&lock);
    b = slot_of(handle);
    if (b != NULL && b->wait > 0) {
        until = in(b->wait);
        while (!b->signaled && pthread_cond_timedwait(&b->cond, &lock, &until) == 0) {
        }
        available = b->signaled;
        if (available) {
            b->signaled = false;
            b->wait = 0;
        }
    }
    pthread_mutex_unlock(&lock);
    return available;
}
