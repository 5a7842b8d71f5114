#include "wakeup.h"

#include <stddef.h>

enum { OK = 1 }; /* FLB_OK */

int detect_input_take(uintptr_t handle, void **data, size_t *size);

#ifdef _WIN32
__declspec(dllexport) /* elsewhere all functions are exported */
#endif
/* Returns a chunk of alerts, allocated with malloc, or none. */
int detect_input_collect(uintptr_t handle, void **data, size_t *size)
{
    if (!detect_wakeup_wait(handle)) {
        *data = NULL;
        *size = 0;
        return OK;
    }
    return detect_input_take(handle, data, size);
}
