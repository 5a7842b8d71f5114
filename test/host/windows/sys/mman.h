/* What the test host needs of mmap, on Windows. */
#ifndef SYS_MMAN_H
#define SYS_MMAN_H

#include <windows.h>

#define PROT_NONE 0
#define PROT_READ 1
#define PROT_WRITE 2
#define MAP_PRIVATE 0
#define MAP_ANONYMOUS 0
#define MAP_NORESERVE 0
#define MAP_FIXED 1
#define MAP_FAILED NULL
#define _SC_PAGESIZE 0

static inline DWORD protection(int prot)
{
    return prot == PROT_NONE ? PAGE_NOACCESS : prot & PROT_WRITE ? PAGE_READWRITE : PAGE_READONLY;
}

/* MAP_FIXED is only used to give memory up and keep its addresses. */
static inline void *mmap(void *address, size_t size, int prot, int flags, int file, long offset)
{
    (void)file;
    (void)offset;
    if (flags & MAP_FIXED)
        return VirtualFree(address, size, MEM_DECOMMIT) ? address : MAP_FAILED;
    return VirtualAlloc(address, size, MEM_RESERVE | MEM_COMMIT, protection(prot));
}

static inline int mprotect(void *address, size_t size, int prot)
{
    DWORD before;

    return VirtualProtect(address, size, protection(prot), &before) ? 0 : -1;
}

static inline int munmap(void *address, size_t size)
{
    (void)size;
    return VirtualFree(address, 0, MEM_RELEASE) ? 0 : -1;
}

static inline long sysconf(int what)
{
    SYSTEM_INFO info;

    (void)what;
    GetSystemInfo(&info);
    return (long)info.dwPageSize;
}

#endif
