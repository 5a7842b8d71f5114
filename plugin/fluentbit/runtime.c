#include "runtime.h"

#ifdef __linux__

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/prctl.h>

typedef void (*constructor)(int, char **, char **);

/*
 * The constructors of Go, by runtime.ld. Without it, as in a plain go build, there are
 * none here, and the runtime starts when the library is loaded.
 */
extern constructor detect_go_init[] __attribute__((weak, visibility("hidden")));
extern constructor detect_go_init_end[] __attribute__((weak, visibility("hidden")));

static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_bool started;

/* What the loader passes to constructors. Go finds the environment behind argv. */
static int argument_count;
static char **arguments;
static char **environment;

__attribute__((constructor)) static void remember(int argc, char **argv, char **envp)
{
    argument_count = argc;
    arguments = argv;
    environment = envp;
}

/*
 * The monitor thread of the Go runtime wakes up every 20 us while Go code runs and
 * for 10 ms after that. In a host that flushes one chunk after the other, this
 * costs as much CPU time as evaluating the chunks. On Linux the timer slack of a
 * thread, 50 us by default, says how much later than asked it may wake up. See prctl(2),
 * PR_SET_TIMERSLACK.
 *
 * This delays timers, and the preemption of goroutines that run for more than 10 ms.
 * Fluent Bit does not wait for either.
 */
enum { SLACK = 5 * 1000 * 1000 }; /* ns */

/*
 * A thread inherits its timer slack and its name from its creator, and all threads of
 * the runtime descend from the one that starts it, which may be an input's. So both are
 * changed meanwhile.
 */
static void start(void)
{
    int slack = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
    char name[16] = "";

    prctl(PR_GET_NAME, name, 0, 0, 0);
    prctl(PR_SET_NAME, "detect", 0, 0, 0);
    if (slack > 0) {
        prctl(PR_SET_TIMERSLACK, SLACK, 0, 0, 0);
    }
    for (constructor *c = detect_go_init; c < detect_go_init_end; c++) {
        (*c)(argument_count, arguments, environment);
    }
    if (slack > 0) {
        prctl(PR_SET_TIMERSLACK, slack, 0, 0, 0);
    }
    prctl(PR_SET_NAME, name, 0, 0, 0);
    atomic_store(&started, true);
}

void detect_runtime_start(void)
{
    pthread_once(&once, start);
}

bool detect_runtime_started(void)
{
    return atomic_load(&started);
}

#else

/* Elsewhere the runtime starts when the library is loaded. */
void detect_runtime_start(void)
{
}

bool detect_runtime_started(void)
{
    return true;
}

#endif
