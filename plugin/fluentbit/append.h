#ifndef DETECT_APPEND_H
#define DETECT_APPEND_H

#include <stddef.h>

/* Reports whether the host exports the function that appends records. */
int detect_can_append(void);

/* Appends records to those of an input, with the input's tag. It is called in the thread
 * of the input. Returns whether the host took them; it copies them. */
int detect_append(void *instance, const void *records, size_t size);

#endif
