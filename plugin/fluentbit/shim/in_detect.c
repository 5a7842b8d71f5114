/* in_detect.so: Fluent Bit's input plugin "detect_alerts". */
#define FORWARD(name) detect_input_##name
#include "input.h"
