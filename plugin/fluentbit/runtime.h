#ifndef DETECT_RUNTIME_H
#define DETECT_RUNTIME_H

#include <stdbool.h>

/*
 * The Go runtime starts with the first instance and not when the library is loaded.
 * Fluent Bit forks in between if it runs as a daemon, and the threads of a runtime do
 * not survive that: the first call into Go would wait for them forever.
 */

/* Starts the runtime unless it runs. Calls into Go then wait until it is ready. */
void detect_runtime_start(void);

/* Reports whether the runtime runs. If it does not, Go must not be called. */
bool detect_runtime_started(void);

#endif
