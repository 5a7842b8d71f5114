/* in_cloudtrail.so: Fluent Bit's input plugin "cloudtrail". */
#define FORWARD(name) detect_cloudtrail_##name
#include "input.h"
