#ifndef DETECT_SYMBOL_H
#define DETECT_SYMBOL_H

/* Returns a function that Fluent Bit's executable exports, or NULL if it does not
 * export one with that name. */
void *detect_symbol(const char *name);

#endif
