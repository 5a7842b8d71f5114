/* SPDX-License-Identifier: Apache-2.0 */
#include "mutate.h"

#include "report.h"

#include <stdatomic.h>

enum { MOST_NOISE = 4096, MOST_CHANGES = 8, LONGEST_PIECE = 64 };

static atomic_uint_fast64_t sequence;
static bool only_noise;

void mutate_seed(uint64_t seed)
{
    atomic_store(&sequence, seed << 32);
}

void mutate_to_noise(void)
{
    only_noise = true;
}

/* splitmix64 */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static size_t below(uint64_t *state, size_t limit)
{
    return limit == 0 ? 0 : draw(state) % limit;
}

/* Values that mean something as a msgpack header or as a length. */
static const unsigned char telling[] = {0x00, 0x01, 0x7f, 0x80, 0x8f, 0x90, 0x92, 0xa0, 0xbf, 0xc0, 0xc1, 0xc4, 0xc6, 0xc7,
                                        0xc9, 0xca, 0xcb, 0xcf, 0xd3, 0xd7, 0xd8, 0xd9, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xff};

static size_t change(unsigned char *b, size_t size, uint64_t *state)
{
    size_t at = below(state, size), n = 1 + below(state, LONGEST_PIECE);

    if (size == 0)
        return 0;
    if (n > size - at)
        n = size - at;
    switch (draw(state) % 6) {
    case 0:
        b[at] ^= (unsigned char)(1u << below(state, 8));
        break;
    case 1:
        b[at] = telling[below(state, sizeof telling)];
        break;
    case 2:
        b[at] = (unsigned char)draw(state);
        break;
    case 3: /* a piece is missing */
        memmove(b + at, b + at + n, size - at - n);
        return size - n;
    case 4: /* a piece stands over another */
        memmove(b + below(state, size - n + 1), b + at, n);
        break;
    default: /* the end is missing */
        return draw(state) % 4 == 0 ? at : size;
    }
    return size;
}

unsigned char *mutate(const void *bytes, size_t size, size_t *new_size)
{
    uint64_t state = atomic_fetch_add(&sequence, 1);
    bool noise = only_noise || draw(&state) % 10 == 0;
    size_t n = noise ? below(&state, MOST_NOISE) : size;
    unsigned char *b = must_zero(n + 1);

    if (noise) {
        for (size_t i = 0; i < n; i++)
            b[i] = (unsigned char)draw(&state);
    } else {
        memcpy(b, bytes, n);
        for (size_t i = 1 + below(&state, MOST_CHANGES); i > 0; i--)
            n = change(b, n, &state);
    }
    *new_size = n;
    return b;
}
