/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts on their way from an input to the file they end in. */
#ifndef HOST_ALERTS_H
#define HOST_ALERTS_H

#include "buffer.h"

/* What one collect returned, copied. */
struct batch {
    char *data;
    size_t size;
    size_t records;
    struct buffer json;
};

/* Copies and reads it. A record that is malformed is reported as broken and
 * ends the batch; `input` is named in the report. */
struct batch *batch_new(const char *input, const char *tag, const void *data, size_t size);
void batch_free(struct batch *b);

/* Where delivered alerts go; '-' is stdout. Ends the process when it cannot
 * be opened. */
void alerts_open(const char *path);
void alerts_write(const struct batch *b);
void alerts_close(void);

#endif
