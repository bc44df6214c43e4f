/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_save_dir: what was in force and how things stood around each reload, for who looks for a fault in them. N is 0 at the
 * start, and then the number of the reload:
 *
 *	keepalived.conf.PID.N		the configuration, in canonical form, its secrets masked; PID of the guard
 *	keepalived_vrrp.PID.N.pre	the dump of the state before the reload; PID of the engine
 *	keepalived_vrrp.PID.N.post	the same after it
 *
 * A reload waits for the dump before it, which the engine makes as fast as a status.
 */
#ifndef VIGIA_FRONT_SAVED_H
#define VIGIA_FRONT_SAVED_H

#include <stdbool.h>

#include "conf/conf.h"

struct front;

/* This configuration is, or will be, in force. at_start: it is the first one. */
void saved_configuration(struct front *front, const struct conf *conf, bool at_start);
/* Whether a reload may begin. If not, its turn comes by itself. */
bool saved_before(struct front *front);
/* The dump for that is made. */
void saved_before_made(struct front *front);
/* A reload went well. */
void saved_after(struct front *front);
struct clerk_request;
/* What makes the name of DUMP_BEFORE, or DUMP_AFTER. */
void saved_name(const struct front *front, bool before, struct clerk_request *request);

#endif
