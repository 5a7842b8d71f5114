/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts.h"

#include "msgpack.h"
#include "report.h"

#include <errno.h>

static FILE *out;
static const char *out_path;

struct batch *batch_new(const char *input, const char *tag, const void *data, size_t size)
{
    struct batch *b = must_zero(sizeof *b);
    struct reader r;

    b->data = memcpy(must_alloc(size), data, size);
    reader_init(&r, b->data, size);
    while (r.at < r.end) {
        const unsigned char *record = r.at;
        size_t good = b->json.size;

        if (!record_to_json(&r, &b->json, tag)) {
            broken("%s: alert %zu of a batch of %zu bytes, at byte %zu: %s", input, b->records + 1, size,
                   (size_t)(r.at - r.start), r.error);
            b->json.size = good;
            size = (size_t)(record - r.start);
            break;
        }
        b->records++;
    }
    b->size = size;
    return b;
}

void batch_free(struct batch *b)
{
    free(b->data);
    buffer_free(&b->json);
    free(b);
}

void alerts_open(const char *path)
{
    out_path = path;
    out = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (out == NULL)
        usage_error("--alerts %s: cannot be written: %s", path, strerror(errno));
}

void alerts_write(const struct batch *b)
{
    /* At once: after a crash the file still tells what was delivered. */
    if (fwrite(b->json.data, 1, b->json.size, out) != b->json.size || fflush(out) != 0)
        usage_error("--alerts %s: cannot be written: %s", out_path, strerror(errno));
}

void alerts_close(void)
{
    if (out != stdout && fclose(out) != 0)
        usage_error("--alerts %s: cannot be written: %s", out_path, strerror(errno));
}
