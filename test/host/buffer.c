/* SPDX-License-Identifier: Apache-2.0 */
#include "buffer.h"

#include "report.h"

#include <stdarg.h>

char *buffer_reserve(struct buffer *b, size_t more)
{
    if (b->room - b->size < more) {
        size_t room = b->room ? b->room : 256;

        while (room - b->size < more)
            room *= 2;
        b->data = realloc(b->data, room);
        if (b->data == NULL)
            usage_error("out of memory: %zu bytes", room);
        b->room = room;
    }
    return b->data + b->size;
}

void buffer_add(struct buffer *b, const void *bytes, size_t size)
{
    if (size == 0)
        return;
    memcpy(buffer_reserve(b, size), bytes, size);
    b->size += size;
}

void buffer_byte(struct buffer *b, unsigned char byte)
{
    *buffer_reserve(b, 1) = (char)byte;
    b->size++;
}

void buffer_text(struct buffer *b, const char *text)
{
    buffer_add(b, text, strlen(text));
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
    va_list args;
    char text[128];
    int size;

    va_start(args, format);
    size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (size < 0 || (size_t)size >= sizeof text)
        abort(); /* only ever used for numbers */
    buffer_add(b, text, (size_t)size);
}

void buffer_number(struct buffer *b, uint64_t value, int bytes)
{
    while (bytes-- > 0)
        buffer_byte(b, (unsigned char)(value >> (8 * bytes)));
}

void buffer_free(struct buffer *b)
{
    free(b->data);
    memset(b, 0, sizeof *b);
}
