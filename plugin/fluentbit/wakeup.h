#ifndef DETECT_WAKEUP_H
#define DETECT_WAKEUP_H

#include <stdint.h>

/*
 * Lets a collect wait while the whole channel has no alerts. It waits in C: each
 * call into Go and back wakes a thread of the Go runtime some fifty times, which
 * would be most of the CPU time of an idle plugin.
 */

/* Prepares the wakeup of a new input. */
void detect_wakeup_open(uintptr_t handle);

/* There may be alerts: wakes the collect that waits, or lets the next one not
 * wait. */
void detect_wakeup_signal(uintptr_t handle);

/* There are no alerts: collects may wait for up to that long. */
void detect_wakeup_idle(uintptr_t handle, int milliseconds);

/* Waits if the input is idle. Returns whether there may be alerts. */
int detect_wakeup_wait(uintptr_t handle);

#endif
