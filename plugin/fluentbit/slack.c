/*
 * The Go runtime has a thread, its monitor, that looks after the others every
 * 20 us while Go runs and for 10 ms after: in a host that hands over one chunk
 * after the other that is all the time, and takes as long as to read the chunks
 * does. Linux may let a thread sleep longer by what is called its timer slack,
 * 50 us by default. A thread inherits it from the one that creates it, and the
 * runtime's threads come from that which loads this library: while it does, its
 * slack is more. See prctl(2), PR_SET_TIMERSLACK.
 *
 * What this delays: timers, the preemption of goroutines that run for more than
 * 10 ms. Nothing that Fluent Bit waits for depends on either.
 */
#ifdef __linux__

#include <sys/prctl.h>

enum { SLACK = 5 * 1000 * 1000 }; /* ns */

static int was;

/* Before the constructor that starts the runtime: that one has no priority. */
__attribute__((constructor(101))) static void slacken(void)
{
    was = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
    if (was > 0) {
        prctl(PR_SET_TIMERSLACK, SLACK, 0, 0, 0);
    }
}

/*
 * After it: constructors without a priority run in the order in which they were
 * linked, and Go's own code comes first.
 */
__attribute__((constructor)) static void tighten(void)
{
    if (was > 0) {
        prctl(PR_SET_TIMERSLACK, was, 0, 0, 0);
    }
}

#endif
