/* SPDX-License-Identifier: Apache-2.0 */
/* Chunks that nobody sent, for --mutate and --noise. */
#ifndef HOST_MUTATE_H
#define HOST_MUTATE_H

#include "base.h"

/* Where the sequence of mutations begins. */
void mutate_seed(uint64_t seed);

/* From now on all is noise. */
void mutate_to_noise(void);

/* Returns a copy of a chunk with a few bytes changed, a piece cut out, doubled
 * or moved, or its end missing; one in ten is noise. The caller frees it. Each
 * call gives another, from any thread. */
unsigned char *mutate(const void *bytes, size_t size, size_t *new_size);

#endif
