/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the files stand that the front has written: what the configuration says, or keepalived's usual names. All are malloc'd; NULL
 * without memory. */
#ifndef VIGIA_FRONT_PLACES_H
#define VIGIA_FRONT_PLACES_H

#include <sys/types.h>

#include "conf/conf.h"
#include "front/dump_kind.h"

/* "/tmp/keepalived.data"; with data_use_instance "/tmp/keepalived_NETNS_INSTANCE.data". Of DUMP_BEFORE and DUMP_AFTER, in
 * config_save_dir, pid is the engine's, and number the reload's. */
char *place_of_dump(const struct conf_process *process, enum dump_kind kind, pid_t pid, unsigned number);
/* In config_save_dir; pid of the guard. */
char *place_of_saved(const struct conf_process *process, pid_t pid, unsigned number);
/* "/run/vigia/vigiad.sock" makes "/run/vigia/vigiad.reload", unless the configuration names one. */
char *place_of_reload_file(const struct conf_process *process, const char *control);

#endif
