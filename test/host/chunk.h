/* SPDX-License-Identifier: Apache-2.0 */
/* What is flushed: chunks of records, read from files or made of alerts. */
#ifndef HOST_CHUNK_H
#define HOST_CHUNK_H

#include "options.h"

struct chunk {
    char *tag;
    char *data;
    size_t size;
    size_t records;
    size_t users; /* tasks that hold it; the feed frees it at 0 unless kept */
    bool kept;    /* from a file: needed again for --repeat */
};

struct chunk *chunk_new(const char *tag, const void *data, size_t size, size_t records);
void chunk_free(struct chunk *c);

/* Reads every source of the options. Ends the process when one cannot be read. */
struct chunk **chunks_read(const struct options *o, size_t *count);

#endif
