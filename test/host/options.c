/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "mutate.h"
#include "report.h"

#include <errno.h>

static const char usage[] =
    "host --output LIB --input LIB [option]...\n"
    "Loads Fluent Bit plugin libraries and speaks Fluent Bit's Go proxy ABI with them.\n"
    "\n"
    "  --output LIB, --input LIB  the libraries, loaded in the order given; one may be left out\n"
    "  --out key=value,...        one [OUTPUT] instance; may be repeated; \"\\,\" is a comma in a value;\n"
    "                             Match (default *) says which tags it gets\n"
    "  --in key=value,...         one [INPUT] instance; may be repeated; Tag is the tag of its alerts\n"
    "                             (without --out, --in: one instance without properties)\n"
    "What is flushed, in the order given ('-' = stdin):\n"
    "  --json FILE                JSON lines, parsed as Fluent Bit's JSON parser does; a line it\n"
    "                             cannot parse becomes {\"log\": line}\n"
    "  --raw FILE                 lines, not parsed: {\"log\": line}\n"
    "  --msgpack FILE             one chunk, byte for byte\n"
    "  --tag TAG                  its tag (default cloudtrail)\n"
    "  --event-format new|old     [[ts, {}], body] (default) or [ts, body]\n"
    "  --chunk-size BYTES         where a chunk of records is closed (default 2048000)\n"
    "  --threads N                flushes at once (default 1: on the engine's thread, as without workers)\n"
    "  --repeat N                 everything N times\n"
    "  --mutate SEED              broken copies of the chunks instead, another each time\n"
    "  --noise SEED               random bytes instead, others each time\n"
    "  --loop                     alerts are flushed to the outputs that match their tag, too\n"
    "What happens to the plugin:\n"
    "  --reload N                 N hot reloads, spread over the run\n"
    "  --daemon                   a fork between registration and start, as with Daemon On\n"
    "  --timer SECONDS            how often an input is asked for alerts (default 1)\n"
    "  --wait SECONDS             ends when nothing was flushed or came for so long (default 2)\n"
    "  --ctx on|off               off: a host before 4.1, inputs have no context\n"
    "  --no-cleanup               alerts arrive but are never acknowledged\n"
    "  --drop-first N             the first N batches neither arrive nor are acknowledged\n"
    "What comes out:\n"
    "  --alerts FILE              alerts as JSON lines {\"tag\",\"time\",\"record\"} (default '-': stdout)\n"
    "  --stats                    counters as one JSON line on stderr, at the end\n"
    "  --quiet                    only errors on stderr\n"
    "\n"
    "Exit status: 0 clean; 1 the plugin broke the contract; 3 it refused to load or start; 4 a chunk\n"
    "was given up after 10 retries, or alerts were lost after their acknowledgement; 64 wrong usage.\n"
    "Flushes answered ERROR, or RETRY and later OK, are not held against the plugin: see --stats.\n"
    "A signal (or 2, from a Go runtime): the plugin crashed.\n";

static size_t count_of(const char *option, const char *text, size_t least)
{
    char *end;
    unsigned long long n;

    errno = 0;
    n = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *text == '-' || n < least || n > 1000000000000)
        usage_error("%s %s: a whole number from %zu is wanted", option, text, least);
    return (size_t)n;
}

static double seconds_of(const char *option, const char *text, double least)
{
    char *end;
    double d = strtod(text, &end);

    if (end == text || *end != '\0' || !(d >= least) || d > 3600)
        usage_error("%s %s: seconds from %g to 3600 are wanted", option, text, least);
    return d;
}

/* True for the first word, false for the second. */
static bool either(const char *option, const char *text, const char *first, const char *second)
{
    if (strcmp(text, first) != 0 && strcmp(text, second) != 0)
        usage_error("%s %s: %s or %s is wanted", option, text, first, second);
    return strcmp(text, first) == 0;
}

static void add_instance(struct properties **list, size_t *count, struct properties p)
{
    *list = realloc(*list, (*count + 1) * sizeof **list);
    if (*list == NULL)
        usage_error("out of memory");
    (*list)[(*count)++] = p;
}

static void add_source(struct options *o, enum source_kind kind, const char *path)
{
    o->sources = realloc(o->sources, (o->source_count + 1) * sizeof *o->sources);
    if (o->sources == NULL)
        usage_error("out of memory");
    o->sources[o->source_count++] = (struct source){kind, path};
}

static bool flag(struct options *o, const char *name)
{
    if (strcmp(name, "--loop") == 0)
        o->loop = true;
    else if (strcmp(name, "--daemon") == 0)
        o->daemon = true;
    else if (strcmp(name, "--no-cleanup") == 0)
        o->no_cleanup = true;
    else if (strcmp(name, "--stats") == 0)
        o->stats = true;
    else if (strcmp(name, "--quiet") == 0)
        report_quiet();
    else
        return false;
    return true;
}

static void set_library(const char **library, const char *name, const char *value)
{
    if (*library != NULL)
        usage_error("%s: given twice; more instances are made with %s", name,
                    strcmp(name, "--output") == 0 ? "--out" : "--in");
    *library = value;
}

static bool with_value(struct options *o, const char *name, const char *value)
{
    if (strcmp(name, "--output") == 0)
        set_library(&o->output, name, value);
    else if (strcmp(name, "--input") == 0)
        set_library(&o->input, name, value), o->input_first = o->output == NULL;
    else if (strcmp(name, "--out") == 0)
        add_instance(&o->outs, &o->out_count, properties_parse(name, value));
    else if (strcmp(name, "--in") == 0)
        add_instance(&o->ins, &o->in_count, properties_parse(name, value));
    else if (strcmp(name, "--json") == 0)
        add_source(o, SOURCE_JSON, value);
    else if (strcmp(name, "--raw") == 0)
        add_source(o, SOURCE_RAW, value);
    else if (strcmp(name, "--msgpack") == 0)
        add_source(o, SOURCE_MSGPACK, value);
    else if (strcmp(name, "--tag") == 0)
        o->tag = value;
    else if (strcmp(name, "--alerts") == 0)
        o->alerts = value;
    else if (strcmp(name, "--event-format") == 0)
        o->old_format = either(name, value, "old", "new");
    else if (strcmp(name, "--ctx") == 0)
        o->old_input_context = either(name, value, "off", "on");
    else if (strcmp(name, "--drop-first") == 0)
        o->drop_first = count_of(name, value, 0);
    else if (strcmp(name, "--chunk-size") == 0)
        o->chunk_size = count_of(name, value, 1);
    else if (strcmp(name, "--threads") == 0)
        o->threads = count_of(name, value, 1);
    else if (strcmp(name, "--repeat") == 0)
        o->repeat = count_of(name, value, 1);
    else if (strcmp(name, "--reload") == 0)
        o->reloads = count_of(name, value, 0);
    else if (strcmp(name, "--mutate") == 0)
        o->mutate = true, mutate_seed(count_of(name, value, 0));
    else if (strcmp(name, "--noise") == 0)
        o->mutate = true, mutate_seed(count_of(name, value, 0)), mutate_to_noise();
    else if (strcmp(name, "--wait") == 0)
        o->wait = seconds_of(name, value, 0);
    else if (strcmp(name, "--timer") == 0)
        o->timer = seconds_of(name, value, 0.01);
    else
        return false;
    return true;
}

struct options options_parse(int argc, char **argv)
{
    struct options o = {.tag = "cloudtrail",
                        .alerts = "-",
                        .chunk_size = 2048000, /* where Fluent Bit closes a chunk */
                        .threads = 1,
                        .repeat = 1,
                        .wait = 2,
                        .timer = 1};

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(usage, stdout);
            exit(STATUS_CLEAN);
        }
        if (flag(&o, argv[i]))
            continue;
        if (i + 1 < argc && with_value(&o, argv[i], argv[i + 1]))
            i++;
        else
            usage_error("%s: no such option, or its value is missing; --help lists them", argv[i]);
    }
    if (o.output == NULL && o.input == NULL)
        usage_error("--output or --input is wanted; --help lists the options");
    if (o.output == NULL && o.out_count > 0)
        usage_error("--out makes an instance of --output, which is missing");
    if (o.input == NULL && o.in_count > 0)
        usage_error("--in makes an instance of --input, which is missing");
    if (o.output != NULL && o.out_count == 0)
        add_instance(&o.outs, &o.out_count, (struct properties){0});
    if (o.input != NULL && o.in_count == 0)
        add_instance(&o.ins, &o.in_count, (struct properties){0});
    return o;
}

void options_free(struct options *o)
{
    for (size_t i = 0; i < o->out_count; i++)
        properties_free(&o->outs[i]);
    for (size_t i = 0; i < o->in_count; i++)
        properties_free(&o->ins[i]);
    free(o->outs);
    free(o->ins);
    free(o->sources);
}
