/* SPDX-License-Identifier: Apache-2.0 */
/* The properties of one [OUTPUT] or [INPUT] section. */
#ifndef HOST_PROPERTIES_H
#define HOST_PROPERTIES_H

#include "base.h"

struct property {
    char *key;
    char *value; /* NULL when nothing followed the key */
};

struct properties {
    struct property *list;
    size_t count;
};

/* Reads key=value,key=value; "\," is a comma inside a value. Ends the process
 * on anything else; `option` is named in the message. */
struct properties properties_parse(const char *option, const char *text);

/* What the host itself looks up: any key. NULL when unset or empty. */
const char *properties_get(const struct properties *p, const char *key);

/* What a plugin may look up: a key Fluent Bit keeps for itself was never
 * stored, so the plugin gets NULL for it. */
const char *properties_for_plugin(const struct properties *p, const char *key, bool input);

void properties_free(struct properties *p);

#endif
