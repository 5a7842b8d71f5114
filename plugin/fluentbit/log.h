#ifndef DETECT_LOG_H
#define DETECT_LOG_H

/* Levels of Fluent Bit's log: 1 error, 2 warn, 3 info. */

/* Returns the highest level that the instance logs, as configured in the host; 3 if
 * the host does not export its log functions. */
int detect_log_level(void *instance, int is_input);

/* Returns the host's name of the instance, or its alias if it has one; NULL if the
 * host does not export the function for it. */
const char *detect_instance_name(void *instance, int is_input);

/* Writes a line to the host's log, or in the same format to stderr. */
void detect_log(int level, const char *line);

/* Reports whether the process has forked since the library was loaded. Fluent Bit does
 * that to run as a daemon, and closes stderr; its number then belongs to another file. */
int detect_is_daemon(void);

#endif
