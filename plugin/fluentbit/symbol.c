#define _GNU_SOURCE
#include "symbol.h"

#ifdef _WIN32
#include <windows.h>

void *detect_symbol(const char *name)
{
    return (void *) GetProcAddress(GetModuleHandleA(NULL), name);
}

/*
 * A Go library must not be unloaded: its threads continue to run. On Linux the
 * linker marks it so that dlclose has no effect; here the library has to pin
 * itself.
 */
__attribute__((constructor)) static void pin(void)
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
