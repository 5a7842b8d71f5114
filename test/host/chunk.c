/* SPDX-License-Identifier: Apache-2.0 */
#include "chunk.h"

#include "buffer.h"
#include "json.h"
#include "msgpack.h"
#include "report.h"

#include <errno.h>

struct chunk *chunk_new(const char *tag, const void *data, size_t size, size_t records)
{
    struct chunk *c = must_zero(sizeof *c);

    c->tag = must_copy(tag);
    c->data = memcpy(must_alloc(size), data, size);
    c->size = size;
    c->records = records;
    return c;
}

void chunk_free(struct chunk *c)
{
    free(c->tag);
    free(c->data);
    free(c);
}

/* Chunks while they are being made. */
struct maker {
    const struct options *o;
    struct chunk **list;
    size_t count;
    struct buffer open; /* the chunk that is not full yet */
    size_t records;
};

static void add_chunk(struct maker *m, const void *data, size_t size, size_t records)
{
    struct chunk *c = chunk_new(m->o->tag, data, size, records);

    c->kept = true;
    m->list = realloc(m->list, (m->count + 1) * sizeof *m->list);
    if (m->list == NULL)
        usage_error("out of memory");
    m->list[m->count++] = c;
}

static void close_chunk(struct maker *m)
{
    if (m->records > 0)
        add_chunk(m, m->open.data, m->open.size, m->records);
    m->open.size = 0;
    m->records = 0;
}

static void read_all(const char *path, struct buffer *b)
{
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    size_t got;

    if (in == NULL)
        usage_error("%s: cannot be opened: %s", path, strerror(errno));
    while ((got = fread(buffer_reserve(b, 1 << 16), 1, 1 << 16, in)) > 0)
        b->size += got;
    if (ferror(in))
        usage_error("%s: cannot be read: %s", path, strerror(errno));
    if (in != stdin)
        fclose(in);
}

/* [[time, {}], body] or [time, body], up to the body. */
static void put_head(struct maker *m)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    buffer_byte(&m->open, 0x92);
    if (!m->o->old_format)
        buffer_byte(&m->open, 0x92);
    buffer_add(&m->open, "\xd7\0", 2);
    buffer_number(&m->open, (uint64_t)t.tv_sec, 4);
    buffer_number(&m->open, (uint64_t)t.tv_nsec, 4);
    if (!m->o->old_format)
        buffer_add(&m->open, "\xdf\0\0\0\0", 5);
}

static void add_line(struct maker *m, const char *line, size_t size, bool parse)
{
    put_head(m);
    if (!parse || !json_to_msgpack(line, size, &m->open)) {
        buffer_add(&m->open, "\xdf\0\0\0\1\xa3log", 9);
        msgpack_put_str(&m->open, line, size);
    }
    m->records++;
    if (m->open.size >= m->o->chunk_size)
        close_chunk(m);
}

static void add_lines(struct maker *m, const struct buffer *text, bool parse)
{
    const char *at = text->data, *end = at + text->size;

    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *line_end = newline ? newline : end;
        size_t size = (size_t)(line_end - at);

        if (size > 0 && at[size - 1] == '\r')
            size--;
        add_line(m, at, size, parse);
        at = newline ? newline + 1 : end;
    }
}

struct chunk **chunks_read(const struct options *o, size_t *count)
{
    struct maker m = {.o = o};

    for (size_t i = 0; i < o->source_count; i++) {
        struct buffer text = {0};

        read_all(o->sources[i].path, &text);
        if (o->sources[i].kind == SOURCE_MSGPACK) {
            close_chunk(&m);
            add_chunk(&m, text.data, text.size, msgpack_count(text.data, text.size));
        } else {
            buffer_byte(&text, 0); /* the JSON parser wants an end it may look at */
            text.size--;
            add_lines(&m, &text, o->sources[i].kind == SOURCE_JSON);
        }
        buffer_free(&text);
    }
    close_chunk(&m);
    buffer_free(&m.open);
    *count = m.count;
    return m.list;
}
