/* SPDX-License-Identifier: Apache-2.0 */
/* Reading msgpack, strictly. */
#ifndef HOST_MSGPACK_H
#define HOST_MSGPACK_H

#include "buffer.h"

struct reader {
    const unsigned char *start;
    const unsigned char *at;
    const unsigned char *end;
    const char *error; /* why the last call failed; what was wrong is at `at` */
};

void reader_init(struct reader *r, const void *data, size_t size);

/* Reads one value and appends it to json; json may be NULL. `depth` is how
 * many containers enclose it. False, with error set, on anything that is not
 * a whole value, or nested deeper than Fluent Bit's own decoder goes. */
bool msgpack_to_json(struct reader *r, struct buffer *json, int depth);

/* Reads one delivered record, [[timestamp, metadata], body], and appends
 * {"tag":…,"time":…,"record":…} and a newline to json. False as above. */
bool record_to_json(struct reader *r, struct buffer *json, const char *tag);

/* How many values lie one after the other, up to the first that is broken. */
size_t msgpack_count(const void *data, size_t size);

#endif
