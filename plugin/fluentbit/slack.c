/*
 * The monitor thread of the Go runtime wakes up every 20 us while Go code runs and
 * for 10 ms after that. In a host that flushes one chunk after the other, this
 * costs as much CPU time as evaluating the chunks. On Linux the timer slack of a
 * thread, 50 us by default, says how much later than asked it may wake up. A thread
 * inherits it from its creator, and the threads of the runtime are created by the
 * thread that loads this library: meanwhile its slack is raised. See prctl(2),
 * PR_SET_TIMERSLACK.
 *
 * This delays timers, and the preemption of goroutines that run for more than 10 ms.
 * Fluent Bit does not wait for either.
 */
#ifdef __linux__

#include <sys/prctl.h>

enum { SLACK = 5 * 1000 * 1000 }; /* ns */

static int previous;

/* Before the constructor that starts the runtime, which has no priority. */
__attribute__((constructor(101))) static void raise_slack(void)
{
    previous = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
    if (previous > 0) {
        prctl(PR_SET_TIMERSLACK, SLACK, 0, 0, 0);
    }
}

/*
 * After it: constructors without a priority run in the order in which they were
 * linked, and Go's own code comes first.
 */
__attribute__((constructor)) static void restore_slack(void)
{
    if (previous > 0) {
        prctl(PR_SET_TIMERSLACK, previous, 0, 0, 0);
    }
}

#endif
