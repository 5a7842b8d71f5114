/* SPDX-License-Identifier: Apache-2.0 */
#include "properties.h"

#include "report.h"

#include <strings.h>

/* Keys Fluent Bit consumes itself; a name that ends with a dot stands for all
 * that begin with it. */
static const char *const kept_by_outputs[] = {"name",  "match", "match_regex", "alias", "log_level",
                                              "log_suppress_interval", "host", "port", "ipv6",
                                              "retry_limit", "workers", "tls", "tls.", "net.",
                                              "storage.total_limit_size", NULL};
static const char *const kept_by_inputs[] = {"name", "tag", "alias", "log_level", "log_suppress_interval",
                                             "routable", "mem_buf_limit", "listen", "host", "port", "ipv6",
                                             "threaded", "thread.ring_buffer.", "tls", "tls.", "net.",
                                             "storage.", "rate_gate.", NULL};

static void add(struct properties *p, char *text, const char *option)
{
    char *equals = strchr(text, '=');

    if (equals == NULL || equals == text)
        usage_error("%s: '%s' is not key=value", option, text);
    *equals = '\0';
    p->list = realloc(p->list, (p->count + 1) * sizeof *p->list);
    if (p->list == NULL)
        usage_error("out of memory");
    p->list[p->count].key = must_copy(text);
    p->list[p->count].value = equals[1] ? must_copy(equals + 1) : NULL;
    p->count++;
}

struct properties properties_parse(const char *option, const char *text)
{
    struct properties p = {0};
    char *item = must_alloc(strlen(text) + 1), *to = item;

    for (const char *at = text;; at++) {
        if (at[0] == '\\' && at[1] == ',') {
            *to++ = *++at;
        } else if (*at != ',' && *at != '\0') {
            *to++ = *at;
        } else {
            *to = '\0';
            if (to > item)
                add(&p, item, option);
            to = item;
            if (*at == '\0')
                break;
        }
    }
    free(item);
    return p;
}

const char *properties_get(const struct properties *p, const char *key)
{
    /* Keys ignore case, and the first of several wins, as in Fluent Bit. */
    for (size_t i = 0; i < p->count; i++)
        if (strcasecmp(p->list[i].key, key) == 0)
            return p->list[i].value;
    return NULL;
}

const char *properties_for_plugin(const struct properties *p, const char *key, bool input)
{
    const char *const *kept = input ? kept_by_inputs : kept_by_outputs;

    if (key == NULL)
        return NULL;
    for (; *kept != NULL; kept++) {
        size_t size = strlen(*kept);

        if (strcasecmp(*kept, key) == 0 ||
            ((*kept)[size - 1] == '.' && strncasecmp(*kept, key, size) == 0))
            return NULL;
    }
    return properties_get(p, key);
}

void properties_free(struct properties *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->list[i].key);
        free(p->list[i].value);
    }
    free(p->list);
    memset(p, 0, sizeof *p);
}
