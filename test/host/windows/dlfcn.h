/* What the test host needs of dlopen, on Windows. */
#ifndef DLFCN_H
#define DLFCN_H

#include <stdio.h>
#include <windows.h>

#define RTLD_LAZY 0

static inline void *dlopen(const char *path, int flags)
{
    (void)flags;
    return (void *)LoadLibraryA(path);
}

static inline void *dlsym(void *library, const char *name)
{
    return (void *)GetProcAddress((HMODULE)library, name);
}

static inline int dlclose(void *library)
{
    return !FreeLibrary((HMODULE)library);
}

static inline const char *dlerror(void)
{
    static char text[64];

    snprintf(text, sizeof text, "error %lu of Windows", GetLastError());
    return text;
}

#endif
