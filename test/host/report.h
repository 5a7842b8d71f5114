/* SPDX-License-Identifier: Apache-2.0 */
/* What the host has to say, and the exit status that follows from it. */
#ifndef HOST_REPORT_H
#define HOST_REPORT_H

#include "base.h"

/*
 * Exit status of the host. 2 is left out: a Go runtime that dies of a fault
 * or a panic ends the process with it, and a test must be able to tell.
 */
enum {
    STATUS_CLEAN = 0,
    STATUS_BROKEN = 1,  /* the plugin broke the contract */
    STATUS_REFUSED = 3, /* the plugin refused to load, register or initialise */
    STATUS_LOST = 4,    /* nothing broken, but a chunk was given up or an acknowledged alert lost */
    STATUS_USAGE = 64   /* the command line, or a file it names */
};

/* Leaves out note() from now on. */
void report_quiet(void);

/* Something worth knowing that is nobody's fault. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The plugin broke the contract: what, where, what is allowed. The run goes
 * on as Fluent Bit would; the exit status remembers. */
void broken(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The plugin refused, or cannot be used at all. */
void refused(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Something was lost the way Fluent Bit loses it. */
void lost(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the process at once: wrong usage, or the machine cannot serve. */
_Noreturn void usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The worst of what was reported. */
int report_status(void);

/* malloc, calloc and strdup that cannot fail. */
void *must_alloc(size_t size);
void *must_zero(size_t size);
char *must_copy(const char *text);

#endif
