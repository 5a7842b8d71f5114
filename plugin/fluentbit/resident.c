#define _GNU_SOURCE
#include "resident.h"

#ifdef __linux__

#include <link.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Reports whether an address is in a segment of an object. */
static int contains(struct dl_phdr_info *object, uintptr_t address)
{
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &object->dlpi_phdr[i];
        if (p->p_type == PT_LOAD && address - (object->dlpi_addr + p->p_vaddr) < p->p_memsz) {
            return 1;
        }
    }
    return 0;
}

/*
 * Segments that cannot be written to are as they are in the file, so nothing is lost. Those
 * that can be have relocations, also where they are protected after that. The advice
 * against huge pages matters for a file that was just written: its pages are large ones in
 * the page cache, of which one access would map two megabytes.
 */
static int trim(struct dl_phdr_info *object, size_t size, void *unused)
{
    uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE);

    (void) size;
    (void) unused;
    if (!contains(object, (uintptr_t) trim)) {
        return 0;
    }
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &object->dlpi_phdr[i];
        if (p->p_type != PT_LOAD || (p->p_flags & PF_W) != 0) {
            continue;
        }
        uintptr_t from = (object->dlpi_addr + p->p_vaddr) & ~(page - 1);
        uintptr_t to = (object->dlpi_addr + p->p_vaddr + p->p_memsz) & ~(page - 1);
        if (to > from) {
            madvise((void *) from, to - from, MADV_NOHUGEPAGE);
            madvise((void *) from, to - from, MADV_DONTNEED);
        }
    }
    return 1;
}

void detect_resident_trim(void)
{
    dl_iterate_phdr(trim, NULL);
}

#else

void detect_resident_trim(void)
{
}

#endif
