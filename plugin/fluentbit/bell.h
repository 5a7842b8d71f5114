#ifndef DETECT_BELL_H
#define DETECT_BELL_H

#include <stdint.h>

/*
 * Where a collect waits while there is nothing for it in the whole channel. It
 * waits in C: each way into Go and back wakes a thread of the Go runtime some
 * fifty times, which in a plugin that has nothing to do is all that it costs.
 */

/* Makes the bell of a new input ready for it. */
void detect_bell_open(uintptr_t handle);

/* There may be something: a collect that waits, or the next one, has to look. */
void detect_bell_ring(uintptr_t handle);

/* There is nothing, and collects may wait for the bell, so long each. */
void detect_bell_idle(uintptr_t handle, int milliseconds);

/* Waits for the bell if the input is idle, and returns whether there is reason
 * to look. */
int detect_bell_wait(uintptr_t handle);

#endif
