#ifndef DETECT_SYMBOL_H
#define DETECT_SYMBOL_H

/* A function that Fluent Bit's executable exports; NULL when it exports none of
 * that name. */
void *detect_symbol(const char *name);

#endif
