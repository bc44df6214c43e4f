/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a process is one of those that a vrrp_track_process means. Pure: what /proc says of it is handed in. */
#ifndef VIGIA_RUNNER_PROCESS_MATCH_H
#define VIGIA_RUNNER_PROCESS_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

#define PROCESS_NAME_MAX 15 /* octets of /proc/PID/comm */

/* By the command line; else by the name that the kernel shows. */
bool process_by_command_line(const struct conf_tracked_process *wanted);
bool process_matches_name(const struct conf_tracked_process *wanted, const char *name);
/* words: each ended by a NUL, as in /proc/PID/cmdline. */
bool process_matches_command_line(const struct conf_tracked_process *wanted, const char *words, size_t length);

#endif
