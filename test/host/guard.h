/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that is lent to the plugin for one call. Reading past its end, or
 * before the page it begins on, faults at once; so does writing anywhere in
 * it; and so does any use after it was taken back.
 */
#ifndef HOST_GUARD_H
#define HOST_GUARD_H

#include "base.h"

struct guarded {
    char *data; /* its last byte is the last one before a page without access */
    size_t size;
    char *map;
    size_t map_size;
};

/* Copies bytes into fresh guarded memory, read-only. */
void guard_lend(struct guarded *g, const void *bytes, size_t size);

/* Takes it back: overwritten with 0xDB, then without access. The address is
 * not used again for some hundred calls, so that a pointer that was kept does
 * not by chance find the next chunk behind it. */
void guard_take_back(struct guarded *g);

#endif
