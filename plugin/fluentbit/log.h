#ifndef DETECT_LOG_H
#define DETECT_LOG_H

/* Levels of Fluent Bit's log: 1 error, 2 warn, 3 info. */

/* The highest level that the instance logs, by the host's own setting. Hosts
 * that do not export their log functions log up to 3. */
int detect_log_level(void *instance, int is_input);

/* The host's name of the instance, its alias if it has one; NULL when the host
 * does not export the function that tells. */
const char *detect_instance_name(void *instance, int is_input);

/* Writes one line to the host's log, or in the host's form to stderr. */
void detect_log(int level, const char *line);

#endif
