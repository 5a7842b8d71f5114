/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that grow at the end. A zeroed struct is an empty buffer. */
#ifndef HOST_BUFFER_H
#define HOST_BUFFER_H

#include "base.h"

struct buffer {
    char *data;
    size_t size;
    size_t room;
};

/* Makes room for `more` bytes and returns where they go; size is unchanged. */
char *buffer_reserve(struct buffer *b, size_t more);

void buffer_add(struct buffer *b, const void *bytes, size_t size);
void buffer_byte(struct buffer *b, unsigned char byte);
void buffer_text(struct buffer *b, const char *text);
void buffer_printf(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The low `bytes` bytes of value, big endian, as msgpack wants them. */
void buffer_number(struct buffer *b, uint64_t value, int bytes);

void buffer_free(struct buffer *b);

#endif
