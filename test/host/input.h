/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One [INPUT] instance. It lives on a thread of its own, where every callback
 * of it is called: init, the collect timer, pause, exit. What it collects
 * waits in a ring until the engine fetches it.
 */
#ifndef HOST_INPUT_H
#define HOST_INPUT_H

#include "alerts.h"
#include "options.h"
#include "plugin.h"

struct input;

struct input *input_new(struct plugin *p, const struct options *o, size_t number);

/* Starts the thread and waits for the plugin's answer. */
bool input_init(struct input *in);

/* Starts the collect timer, after all is initialised. */
void input_start(struct input *in, bool hot_reload_enabled);

/* Asks the thread to pause; does not wait for it. */
void input_pause(struct input *in);

/* Exits the instance, waits for the thread, and frees it; what is left in the
 * ring is lost, and reported. */
void input_exit(struct input *in, bool hot);

/* The oldest batch in the ring, or NULL. */
struct batch *input_fetch(struct input *in);

const char *input_tag(const struct input *in);

/* What the plugin's property getter calls. */
const char *input_property(const char *key, void *instance);

#endif
