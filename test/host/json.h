/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON text to msgpack, byte for byte as Fluent Bit 5.1's JSON parser writes
 * a record's body. What it does with awkward text was measured there:
 *   - the body's own map has a 32-bit header, everything below it the
 *     shortest form there is; duplicate keys stay;
 *   - whole numbers are integers if they fit 64 bits, else doubles;
 *   - half a surrogate pair becomes U+FFFD; control characters and invalid
 *     UTF-8 are taken as they are;
 *   - text after the object is ignored, unless it is one more JSON value;
 *   - anything but an object, or one nested more than 64 deep, is refused.
 */
#ifndef HOST_JSON_H
#define HOST_JSON_H

#include "buffer.h"

/* Appends the object in text (which must be followed by a NUL byte) to out.
 * False, and out as it was, when the text is not one object. */
bool json_to_msgpack(const char *text, size_t size, struct buffer *out);

/* Appends a str with the shortest header. */
void msgpack_put_str(struct buffer *out, const char *bytes, size_t size);

#endif
