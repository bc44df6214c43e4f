/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the front does with a configuration: read it, say what is wrong with it, hand it on as a sealed memory
 * file. */
#ifndef VIGIA_FRONT_CONFIGURATION_H
#define VIGIA_FRONT_CONFIGURATION_H

#include <stddef.h>

#include "conf/conf.h"
#include "engine/messages.h"
#include "front/inputs.h"
#include "front/options.h"

/* Reads the file that the options name, with what they say about it. What that took goes into inputs. */
void configuration_read(const struct front_options *options, struct inputs *inputs, struct conf_result *result);

/* Every message as conf_message_print makes it, one after the other, and what the options say; malloc'd; NULL without
 * memory. */
char *configuration_messages(const struct front_options *options, const struct conf_result *result);
/* As above, the errors alone. */
char *configuration_errors(const struct conf_result *result);

/* A sealed memfd, or a file in tmp_config_directory, with the canonical text of conf, its offset at 0, for conf/memory.h; owned by
 * the caller. -errno. warning: a line for people, or empty. */
int configuration_memfd(const struct conf *conf, char *warning, size_t size);
/* What the guard must know of it. */
void configuration_describe(const struct conf *conf, struct message_config *about);
/* A text, or NULL, into a field of a message. */
void configuration_copy(char *to, size_t size, const char *from);
/* Frees what is of single instances, of a configuration that does nothing to need it: what stands in its canonical text, which fd has, can
 * be read again, as by configuration_whole. */
void configuration_rest(struct conf_result *result, int fd);
/* All of the configuration in force, which fd has: conf_result_free it. false: cannot be had. */
bool configuration_whole(int fd, struct conf_result *result);

#endif
