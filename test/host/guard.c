/* SPDX-License-Identifier: Apache-2.0 */
#include "guard.h"

#include "report.h"

#include <sys/mman.h>
#include <unistd.h>

enum {
    POISON = 0xDB,
    /* Addresses held back after use. They cost address space and one entry of
     * the kernel's map each (the limit is 65,530 by default), no memory. */
    HELD_BACK = 512
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    void *map;
    size_t size;
} held[HELD_BACK];
static size_t held_next;

void guard_lend(struct guarded *g, const void *bytes, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t inner = (size + page - 1) / page * page;

    if (inner == 0)
        inner = page;
    g->map_size = inner + 2 * page;
    g->map = mmap(NULL, g->map_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (g->map == MAP_FAILED || mprotect(g->map + page, inner, PROT_READ | PROT_WRITE) != 0)
        usage_error("no memory to lend: %zu bytes", g->map_size);
    g->size = size;
    g->data = g->map + page + inner - size;
    memset(g->map + page, POISON, inner - size);
    if (size > 0)
        memcpy(g->data, bytes, size);
    mprotect(g->map + page, inner, PROT_READ);
}

/* Keeps an address range out of use until HELD_BACK others came after it. */
static void hold_back(void *map, size_t size)
{
    void *oldest;
    size_t oldest_size;

    pthread_mutex_lock(&lock);
    oldest = held[held_next].map;
    oldest_size = held[held_next].size;
    held[held_next].map = map;
    held[held_next].size = size;
    held_next = (held_next + 1) % HELD_BACK;
    pthread_mutex_unlock(&lock);
    if (oldest != NULL)
        munmap(oldest, oldest_size);
}

void guard_take_back(struct guarded *g)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t inner = g->map_size - 2 * page;

    /* The poison is for a thread that still reads at this very moment. */
    mprotect(g->map + page, inner, PROT_READ | PROT_WRITE);
    memset(g->map + page, POISON, inner);
    if (mmap(g->map, g->map_size, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) == MAP_FAILED)
        munmap(g->map, g->map_size);
    else
        hold_back(g->map, g->map_size);
    memset(g, 0, sizeof *g);
}
