/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The canonical text of an accepted configuration, as it travels between the processes: in a memfd. */
#ifndef VIGIA_CONF_MEMORY_H
#define VIGIA_CONF_MEMORY_H

#include "conf/conf.h"

/* Reads all of fd, whatever its offset, as a configuration; name: for messages, instead of a path. 0: *result is to be freed, errors in it or not; -errno: it was not touched. */
int conf_load_memory(int fd, const char *name, struct conf_result *result);

#endif
