#define _GNU_SOURCE
#include "symbol.h"

#ifdef _WIN32
#include <windows.h>

void *detect_symbol(const char *name)
{
    return (void *) GetProcAddress(GetModuleHandleA(NULL), name);
}

/*
 * Go cannot be unloaded: its threads would run on in what is no longer there.
 * On Linux its libraries are linked so that dlclose leaves them; here each one
 * has to say it.
 */
__attribute__((constructor)) static void stay(void)
{
    HMODULE self;

    GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN, (LPCSTR) &detect_symbol, &self);
}

#else
#include <dlfcn.h>
#include <stddef.h>

void *detect_symbol(const char *name)
{
    return dlsym(RTLD_DEFAULT, name);
}
#endif
