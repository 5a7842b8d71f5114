/* SPDX-License-Identifier: Apache-2.0 */
#include "msgpack.h"

#include <inttypes.h>
#include <math.h>

/* Fluent Bit 5.1's decoder stops at a container inside 64 others, and with
 * it every output that decodes, for the rest of the chunk (measured). */
enum { DEPTH_MAX = 64 };

void reader_init(struct reader *r, const void *data, size_t size)
{
    r->start = r->at = data;
    r->end = r->start + size;
    r->error = NULL;
}

static bool fail(struct reader *r, const unsigned char *at, const char *error)
{
    r->at = at;
    r->error = error;
    return false;
}

/* The next `bytes` bytes as a big endian number; the cursor may be anywhere. */
static bool get_number(struct reader *r, int bytes, uint64_t *n)
{
    if (r->end - r->at < bytes)
        return fail(r, r->at, "ends in the middle of a value");
    *n = 0;
    while (bytes-- > 0)
        *n = *n << 8 | *r->at++;
    return true;
}

static bool get_bytes(struct reader *r, uint64_t size, const unsigned char **bytes)
{
    if ((uint64_t)(r->end - r->at) < size)
        return fail(r, r->at, "a length reaches past the end");
    *bytes = r->at;
    r->at += size;
    return true;
}

/* Length of the UTF-8 sequence at p, 0 when it is not one. */
static size_t utf8_length(const unsigned char *p, const unsigned char *end)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = p[0] < 0x80   ? 1
                  : p[0] < 0xc2 ? 0
                  : p[0] < 0xe0 ? 2
                  : p[0] < 0xf0 ? 3
                  : p[0] < 0xf5 ? 4
                                : 0;
    unsigned code;

    if (size < 2)
        return size;
    if ((size_t)(end - p) < size)
        return 0;
    code = p[0] & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3f);
    }
    if (code < least[size] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    return size;
}

static void put_string(struct buffer *json, const unsigned char *p, uint64_t size)
{
    const unsigned char *end = p + size;

    buffer_byte(json, '"');
    while (p < end) {
        size_t length = utf8_length(p, end);

        if (length == 0) {
            buffer_text(json, "\xef\xbf\xbd");
            p++;
            continue;
        }
        switch (*p) {
        case '"':
            buffer_text(json, "\\\"");
            break;
        case '\\':
            buffer_text(json, "\\\\");
            break;
        case '\n':
            buffer_text(json, "\\n");
            break;
        case '\r':
            buffer_text(json, "\\r");
            break;
        case '\t':
            buffer_text(json, "\\t");
            break;
        default:
            if (*p < 0x20)
                buffer_printf(json, "\\u%04x", *p);
            else
                buffer_add(json, p, length);
        }
        p += length;
    }
    buffer_byte(json, '"');
}

/* The shortest text that reads back as the same number, and as a float. */
static void put_double(struct buffer *json, double d, bool single)
{
    char text[40];

    if (!isfinite(d)) {
        buffer_text(json, "null"); /* JSON has no other word for it */
        return;
    }
    for (int precision = single ? 6 : 15;; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, d);
        if (precision == (single ? 9 : 17) ||
            (single ? strtof(text, NULL) == (float)d : strtod(text, NULL) == d))
            break;
    }
    buffer_text(json, text);
    if (strpbrk(text, ".e") == NULL)
        buffer_text(json, ".0");
}

static bool get_double(struct reader *r, bool single, double *d)
{
    uint64_t bits;

    if (!get_number(r, single ? 4 : 8, &bits))
        return false;
    if (single) {
        uint32_t half = (uint32_t)bits;
        float f;

        memcpy(&f, &half, sizeof f);
        *d = (double)f;
    } else {
        memcpy(d, &bits, sizeof *d);
    }
    return true;
}

static bool get_ext(struct reader *r, uint64_t size, struct buffer *json)
{
    const unsigned char *bytes;
    uint64_t type;

    if (!get_number(r, 1, &type) || !get_bytes(r, size, &bytes))
        return false;
    if (json != NULL) {
        buffer_printf(json, "{\"ext\":%d,\"hex\":\"", (int)(int8_t)type);
        for (uint64_t i = 0; i < size; i++)
            buffer_printf(json, "%02x", bytes[i]);
        buffer_text(json, "\"}");
    }
    return true;
}

/* A map's key: JSON wants a string, so any other value becomes its own text. */
static bool get_key(struct reader *r, struct buffer *json, int depth)
{
    struct buffer text = {0};
    bool good;

    if (json == NULL)
        return msgpack_to_json(r, NULL, depth);
    good = msgpack_to_json(r, &text, depth);
    if (good && text.size > 0 && text.data[0] == '"')
        buffer_add(json, text.data, text.size);
    else if (good)
        put_string(json, (const unsigned char *)text.data, text.size);
    buffer_free(&text);
    return good;
}

static bool get_container(struct reader *r, struct buffer *json, int depth, bool map, uint64_t count)
{
    if (depth >= DEPTH_MAX)
        return fail(r, r->at, "nested more than 64 deep");
    if (json != NULL)
        buffer_byte(json, map ? '{' : '[');
    for (uint64_t i = 0; i < count; i++) {
        if (json != NULL && i > 0)
            buffer_byte(json, ',');
        if (map) {
            if (!get_key(r, json, depth + 1))
                return false;
            if (json != NULL)
                buffer_byte(json, ':');
        }
        if (!msgpack_to_json(r, json, depth + 1))
            return false;
    }
    if (json != NULL)
        buffer_byte(json, map ? '}' : ']');
    return true;
}

static bool get_string(struct reader *r, struct buffer *json, uint64_t size)
{
    const unsigned char *bytes;

    if (!get_bytes(r, size, &bytes))
        return false;
    if (json != NULL)
        put_string(json, bytes, size);
    return true;
}

static bool get_integer(struct reader *r, struct buffer *json, int bytes, bool with_sign)
{
    uint64_t n;

    if (!get_number(r, bytes, &n))
        return false;
    if (json == NULL)
        return true;
    if (with_sign) {
        int unused = 64 - 8 * bytes;

        buffer_printf(json, "%" PRId64, (int64_t)(n << unused) >> unused);
    } else {
        buffer_printf(json, "%" PRIu64, n);
    }
    return true;
}

static bool put_word(struct buffer *json, const char *word)
{
    if (json != NULL)
        buffer_text(json, word);
    return true;
}

bool msgpack_to_json(struct reader *r, struct buffer *json, int depth)
{
    const unsigned char *at = r->at;
    unsigned code;
    uint64_t n;
    double d;

    if (at == r->end)
        return fail(r, at, "ends where a value should begin");
    code = *r->at++;
    if (code < 0x80 || code >= 0xe0) {
        if (json != NULL)
            buffer_printf(json, "%d", (int)(int8_t)code);
        return true;
    }
    if (code < 0xa0)
        return get_container(r, json, depth, code < 0x90, code & 0x0f);
    if (code < 0xc0)
        return get_string(r, json, code & 0x1f);
    switch (code) {
    case 0xc0:
        return put_word(json, "null");
    case 0xc2:
        return put_word(json, "false");
    case 0xc3:
        return put_word(json, "true");
    case 0xc4: /* bin and str alike */
    case 0xc5:
    case 0xc6:
        return get_number(r, 1 << (code - 0xc4), &n) && get_string(r, json, n);
    case 0xd9:
    case 0xda:
    case 0xdb:
        return get_number(r, 1 << (code - 0xd9), &n) && get_string(r, json, n);
    case 0xc7:
    case 0xc8:
    case 0xc9:
        return get_number(r, 1 << (code - 0xc7), &n) && get_ext(r, n, json);
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
        return get_ext(r, (uint64_t)1 << (code - 0xd4), json);
    case 0xca:
    case 0xcb:
        if (!get_double(r, code == 0xca, &d))
            return false;
        if (json != NULL)
            put_double(json, d, code == 0xca);
        return true;
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
        return get_integer(r, json, 1 << (code - 0xcc), false);
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
        return get_integer(r, json, 1 << (code - 0xd0), true);
    case 0xdc:
    case 0xdd:
        return get_number(r, code == 0xdc ? 2 : 4, &n) && get_container(r, json, depth, false, n);
    case 0xde:
    case 0xdf:
        return get_number(r, code == 0xde ? 2 : 4, &n) && get_container(r, json, depth, true, n);
    default:
        return fail(r, at, "the byte 0xc1 begins no value");
    }
}

/* A timestamp of one of the kinds Fluent Bit's decoder knows. */
static bool get_time(struct reader *r, struct buffer *json)
{
    const unsigned char *at = r->at;
    uint64_t seconds, nanoseconds;
    unsigned code;

    if (at == r->end)
        return fail(r, at, "ends where the timestamp should be");
    code = *at;
    if (code < 0x80 || (code >= 0xcc && code <= 0xcf) || code == 0xca || code == 0xcb)
        return msgpack_to_json(r, json, 2);
    if (r->end - at >= 2 && code == 0xd7 && at[1] == 0) {
        r->at += 2;
    } else if (r->end - at >= 3 && code == 0xc7 && at[1] == 8 && at[2] == 0) {
        r->at += 3;
    } else {
        return fail(r, at, "the timestamp is neither ext type 0 of 8 bytes, nor a whole number, nor a float");
    }
    if (!get_number(r, 4, &seconds) || !get_number(r, 4, &nanoseconds))
        return false;
    if (seconds >= 0xfffffffe)
        return fail(r, at, "the timestamp marks a group of records, not an alert");
    if (nanoseconds >= 1000000000)
        return fail(r, at, "the timestamp has a second or more of nanoseconds");
    buffer_printf(json, "%" PRIu64 ".%09" PRIu64, seconds, nanoseconds);
    return true;
}

static bool is_map(const struct reader *r)
{
    return r->at < r->end && ((*r->at & 0xf0) == 0x80 || *r->at == 0xde || *r->at == 0xdf);
}

/* An array of two, in any of its three spellings. */
static bool get_pair(struct reader *r, const char *error)
{
    const unsigned char *at = r->at;
    uint64_t count = 0;

    if (at == r->end)
        return fail(r, at, error);
    r->at++;
    if (*at == 0x92)
        return true;
    if ((*at == 0xdc || *at == 0xdd) && get_number(r, *at == 0xdc ? 2 : 4, &count) && count == 2)
        return true;
    return fail(r, at, error);
}

bool record_to_json(struct reader *r, struct buffer *json, const char *tag)
{
    struct buffer metadata = {0};
    bool good;

    buffer_text(json, "{\"tag\":");
    put_string(json, (const unsigned char *)tag, strlen(tag));
    buffer_text(json, ",\"time\":");
    if (!get_pair(r, "a record is an array of two: [[timestamp, metadata], body]") ||
        !get_pair(r, "a record begins with an array of two: [timestamp, metadata]") || !get_time(r, json))
        return false;
    if (!is_map(r))
        return fail(r, r->at, "the metadata is a map");
    good = msgpack_to_json(r, &metadata, 2);
    if (good && metadata.size > 2) {
        buffer_text(json, ",\"metadata\":");
        buffer_add(json, metadata.data, metadata.size);
    }
    buffer_free(&metadata);
    if (!good)
        return false;
    if (!is_map(r))
        return fail(r, r->at, "the body is a map");
    buffer_text(json, ",\"record\":");
    if (!msgpack_to_json(r, json, 1))
        return false;
    buffer_text(json, "}\n");
    return true;
}

size_t msgpack_count(const void *data, size_t size)
{
    struct reader r;
    size_t count = 0;

    reader_init(&r, data, size);
    while (r.at < r.end && msgpack_to_json(&r, NULL, 0))
        count++;
    return count;
}
