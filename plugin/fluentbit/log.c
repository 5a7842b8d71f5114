#define _GNU_SOURCE
#include "log.h"
#include "symbol.h"

#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/*
 * Fluent Bit's executable exports its functions for the plugins that it loads.
 * They are looked up by name and not in the table of functions that Init receives:
 * what follows the two getters there depends on the version, which is unknown.
 */
typedef void (*print_function)(int, const char *, int, const char *, ...);
typedef int (*check_function)(void *, int);
typedef const char *(*name_function)(void *);

int detect_log_level(void *instance, int is_input)
{
    const char *name = is_input ? "flb_input_log_check" : "flb_output_log_check";
    check_function check = (check_function) detect_symbol(name);
    int level = 3;

    if (check == NULL || instance == NULL) {
        return level;
    }
    while (level > 0 && !check(instance, level)) {
        level--;
    }
    return level;
}

const char *detect_instance_name(void *instance, int is_input)
{
    name_function name = (name_function) detect_symbol(is_input ? "flb_input_name" : "flb_output_name");

    return name == NULL || instance == NULL ? NULL : name(instance);
}

/* The process that has loaded the library. */
static pid_t loader;

__attribute__((constructor)) static void remember_loader(void)
{
    loader = getpid();
}

int detect_is_daemon(void)
{
    return getpid() != loader;
}

void detect_log(int level, const char *line)
{
    static const char *names[] = {"", "error", " warn", " info"};
    print_function print = (print_function) detect_symbol("flb_log_print");
    struct timeval now;
    time_t seconds;
    struct tm local;
    char stamp[32];

    if (print != NULL) {
        print(level, NULL, 0, "%s", line);
        return;
    }
    gettimeofday(&now, NULL);
    seconds = now.tv_sec;
    localtime_r(&seconds, &local);
    strftime(stamp, sizeof(stamp), "%Y/%m/%d %H:%M:%S", &local);
    fprintf(stderr, "[%s.%03ld] [%s] %s\n", stamp, (long) now.tv_usec / 1000, names[level], line);
}
