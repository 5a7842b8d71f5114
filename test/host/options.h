/* SPDX-License-Identifier: Apache-2.0 */
/* The command line. */
#ifndef HOST_OPTIONS_H
#define HOST_OPTIONS_H

#include "properties.h"

enum source_kind { SOURCE_JSON, SOURCE_RAW, SOURCE_MSGPACK };

struct source {
    enum source_kind kind;
    const char *path;
};

struct options {
    const char *output; /* libraries; NULL when not given */
    const char *input;
    bool input_first;         /* the order of loading is that of the command line */
    struct properties *outs;  /* one per instance */
    size_t out_count;
    struct properties *ins;
    size_t in_count;
    struct source *sources; /* in the order given */
    size_t source_count;
    const char *tag;
    const char *alerts;
    bool old_format; /* [ts, body] instead of [[ts, {}], body] */
    bool loop;
    bool no_cleanup;
    bool old_input_context; /* a host before 4.1 */
    bool stats;
    bool daemon;
    bool mutate; /* what is flushed is not what the files hold */
    size_t drop_first;
    size_t chunk_size;
    size_t threads;
    size_t repeat;
    size_t reloads;
    double wait;
    double timer;
};

/* Ends the process with a message on anything that is not understood. */
struct options options_parse(int argc, char **argv);

void options_free(struct options *o);

#endif
