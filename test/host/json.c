/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <math.h>

enum { DEPTH_MAX = 64 };

struct parser {
    const char *at;
    const char *end;
    struct buffer *out;
    struct buffer scratch; /* a string while its escapes are undone */
    int depth;
};

static bool value(struct parser *p);

static void blank(struct parser *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r'))
        p->at++;
}

static bool take(struct parser *p, char c)
{
    if (p->at == p->end || *p->at != c)
        return false;
    p->at++;
    return true;
}

static bool word(struct parser *p, const char *text, unsigned char code)
{
    size_t size = strlen(text);

    if ((size_t)(p->end - p->at) < size || memcmp(p->at, text, size) != 0)
        return false;
    p->at += size;
    buffer_byte(p->out, code);
    return true;
}

static void put_unsigned(struct buffer *out, uint64_t n)
{
    if (n < 0x80) {
        buffer_byte(out, (unsigned char)n);
    } else if (n <= 0xff) {
        buffer_byte(out, 0xcc);
        buffer_number(out, n, 1);
    } else if (n <= 0xffff) {
        buffer_byte(out, 0xcd);
        buffer_number(out, n, 2);
    } else if (n <= 0xffffffff) {
        buffer_byte(out, 0xce);
        buffer_number(out, n, 4);
    } else {
        buffer_byte(out, 0xcf);
        buffer_number(out, n, 8);
    }
}

static void put_negative(struct buffer *out, int64_t n)
{
    if (n >= -32) {
        buffer_byte(out, (unsigned char)n);
    } else if (n >= INT8_MIN) {
        buffer_byte(out, 0xd0);
        buffer_number(out, (uint64_t)n, 1);
    } else if (n >= INT16_MIN) {
        buffer_byte(out, 0xd1);
        buffer_number(out, (uint64_t)n, 2);
    } else if (n >= INT32_MIN) {
        buffer_byte(out, 0xd2);
        buffer_number(out, (uint64_t)n, 4);
    } else {
        buffer_byte(out, 0xd3);
        buffer_number(out, (uint64_t)n, 8);
    }
}

static bool digits(struct parser *p)
{
    const char *from = p->at;

    while (p->at < p->end && *p->at >= '0' && *p->at <= '9')
        p->at++;
    return p->at > from;
}

/* The digits as a whole number; false when 64 bits do not hold them. */
static bool whole(const char *at, const char *end, uint64_t *n)
{
    *n = 0;
    for (; at < end; at++) {
        unsigned digit = (unsigned)(*at - '0');

        if (*n > (UINT64_MAX - digit) / 10)
            return false;
        *n = *n * 10 + digit;
    }
    return true;
}

static bool number(struct parser *p)
{
    const char *start = p->at, *first;
    bool negative = take(p, '-'), integer = true;
    uint64_t n, bits;
    double d;

    first = p->at;
    if (!digits(p) || (*first == '0' && p->at - first > 1))
        return false;
    if (p->at < p->end && *p->at == '.') {
        p->at++;
        integer = false;
        if (!digits(p))
            return false;
    }
    if (p->at < p->end && (*p->at == 'e' || *p->at == 'E')) {
        p->at++;
        integer = false;
        if (p->at < p->end && (*p->at == '+' || *p->at == '-'))
            p->at++;
        if (!digits(p))
            return false;
    }
    if (integer && whole(first, p->at, &n)) {
        if (!negative || n == 0) {
            put_unsigned(p->out, n);
            return true;
        }
        if (n <= (uint64_t)1 << 63) {
            put_negative(p->out, (int64_t)(0 - n));
            return true;
        }
    }
    d = strtod(start, NULL);
    if (isinf(d))
        return false;
    memcpy(&bits, &d, sizeof bits);
    buffer_byte(p->out, 0xcb);
    buffer_number(p->out, bits, 8);
    return true;
}

static void put_utf8(struct buffer *b, unsigned c)
{
    if (c < 0x80) {
        buffer_byte(b, (unsigned char)c);
    } else if (c < 0x800) {
        buffer_byte(b, (unsigned char)(0xc0 | c >> 6));
        buffer_byte(b, (unsigned char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        buffer_byte(b, (unsigned char)(0xe0 | c >> 12));
        buffer_byte(b, (unsigned char)(0x80 | (c >> 6 & 0x3f)));
        buffer_byte(b, (unsigned char)(0x80 | (c & 0x3f)));
    } else {
        buffer_byte(b, (unsigned char)(0xf0 | c >> 18));
        buffer_byte(b, (unsigned char)(0x80 | (c >> 12 & 0x3f)));
        buffer_byte(b, (unsigned char)(0x80 | (c >> 6 & 0x3f)));
        buffer_byte(b, (unsigned char)(0x80 | (c & 0x3f)));
    }
}

/* The four hex digits after \u. */
static bool hex4(struct parser *p, unsigned *code)
{
    *code = 0;
    if (p->end - p->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = *p->at++;

        if (c >= '0' && c <= '9')
            *code = *code << 4 | (unsigned)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            *code = *code << 4 | (unsigned)((c | 0x20) - 'a' + 10);
        else
            return false;
    }
    return true;
}

static bool unicode_escape(struct parser *p)
{
    unsigned code, second;

    if (!hex4(p, &code))
        return false;
    if (code >= 0xd800 && code < 0xdc00) {
        if (p->end - p->at >= 2 && p->at[0] == '\\' && p->at[1] == 'u') {
            p->at += 2;
            if (!hex4(p, &second))
                return false;
            /* A first half followed by anything but a second half swallows it. */
            code = second >= 0xdc00 && second < 0xe000
                       ? 0x10000 + ((code - 0xd800) << 10) + (second - 0xdc00)
                       : 0xfffd;
        } else {
            code = 0xfffd;
        }
    } else if (code >= 0xdc00 && code < 0xe000) {
        code = 0xfffd;
    }
    put_utf8(&p->scratch, code);
    return true;
}

static bool escape(struct parser *p)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *known;
    char c;

    if (p->at == p->end)
        return false;
    c = *p->at++;
    if (c == 'u')
        return unicode_escape(p);
    known = c ? strchr(from, c) : NULL;
    if (known == NULL)
        return false;
    buffer_byte(&p->scratch, (unsigned char)to[known - from]);
    return true;
}

static bool string(struct parser *p)
{
    p->scratch.size = 0;
    if (!take(p, '"'))
        return false;
    for (;;) {
        const char *from = p->at;

        while (p->at < p->end && *p->at != '"' && *p->at != '\\')
            p->at++;
        buffer_add(&p->scratch, from, (size_t)(p->at - from));
        if (p->at == p->end)
            return false;
        if (*p->at++ == '"')
            break;
        if (!escape(p))
            return false;
    }
    msgpack_put_str(p->out, p->scratch.data, p->scratch.size);
    return true;
}

/* Puts the header of a container in front of what was written since `at`,
 * where one byte was left for it. */
static void put_header(struct buffer *out, size_t at, uint64_t count, bool map, bool wide)
{
    size_t body = out->size - at - 1;
    int width = wide || count > 0xffff ? 4 : count > 15 ? 2 : 0;
    char *from;

    buffer_reserve(out, 4);
    from = out->data + at + 1;
    memmove(from + width, from, body);
    out->size = at;
    if (width == 0)
        buffer_byte(out, (unsigned char)((map ? 0x80 : 0x90) | count));
    else
        buffer_byte(out, (unsigned char)((map ? 0xde : 0xdc) + (width == 4)));
    buffer_number(out, count, width);
    out->size += body;
}

static bool container(struct parser *p, bool map)
{
    bool wide = p->depth == 0; /* only the body itself */
    char close = map ? '}' : ']';
    size_t header = p->out->size;
    uint64_t count = 0;

    p->at++;
    if (++p->depth > DEPTH_MAX)
        return false;
    buffer_byte(p->out, 0);
    blank(p);
    if (!take(p, close)) {
        do {
            blank(p);
            if (map) {
                if (!string(p))
                    return false;
                blank(p);
                if (!take(p, ':'))
                    return false;
                blank(p);
            }
            if (!value(p))
                return false;
            count++;
            blank(p);
        } while (take(p, ','));
        if (!take(p, close))
            return false;
    }
    put_header(p->out, header, count, map, wide);
    p->depth--;
    return true;
}

static bool value(struct parser *p)
{
    if (p->at == p->end)
        return false;
    switch (*p->at) {
    case '{':
        return container(p, true);
    case '[':
        return container(p, false);
    case '"':
        return string(p);
    case 't':
        return word(p, "true", 0xc3);
    case 'f':
        return word(p, "false", 0xc2);
    case 'n':
        return word(p, "null", 0xc0);
    default:
        return number(p);
    }
}

void msgpack_put_str(struct buffer *out, const char *bytes, size_t size)
{
    if (size < 32) {
        buffer_byte(out, (unsigned char)(0xa0 | size));
    } else if (size <= 0xff) {
        buffer_byte(out, 0xd9);
        buffer_number(out, size, 1);
    } else if (size <= 0xffff) {
        buffer_byte(out, 0xda);
        buffer_number(out, size, 2);
    } else {
        buffer_byte(out, 0xdb);
        buffer_number(out, size, 4);
    }
    buffer_add(out, bytes, size);
}

bool json_to_msgpack(const char *text, size_t size, struct buffer *out)
{
    struct parser p = {.at = text, .end = text + size, .out = out};
    size_t before = out->size, after;
    bool good;

    blank(&p);
    good = p.at < p.end && *p.at == '{' && container(&p, true);
    if (good) {
        after = out->size;
        blank(&p);
        p.depth = 1;
        good = !value(&p);
        out->size = after;
    }
    if (!good)
        out->size = before;
    buffer_free(&p.scratch);
    return good;
}
