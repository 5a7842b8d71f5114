#include "append.h"
#include "symbol.h"

/* The signature is the same in all versions from 2.1 on. */
typedef int (*append_function)(void *, const char *, size_t, const void *, size_t);

static append_function host_append(void)
{
    return (append_function) detect_symbol("flb_input_log_append");
}

int detect_can_append(void)
{
    return host_append() != NULL;
}

int detect_append(void *instance, const void *records, size_t size)
{
    return host_append()(instance, NULL, 0, records, size) == 0;
}
