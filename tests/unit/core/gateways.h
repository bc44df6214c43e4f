/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gateways in virtual time for tests of sync groups: each has one member on each of some LANs, and its members are one
 * group, obeyed after every input as the engine does. Adverts arrive at once, where the LAN lets them pass.
 */
#ifndef VIGIA_TESTS_UNIT_CORE_GATEWAYS_H
#define VIGIA_TESTS_UNIT_CORE_GATEWAYS_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/sync_group.h"

#define GATEWAYS_MAX 3
#define LANS_MAX 4

struct member {
	struct vr_config config;
	struct vr_extra extra; /* of config */
	struct virtual_address address;
	struct tracked_object tracked;
	char name[32];
	struct track_value track_values;
	struct vr vr;
	struct vr_rare rare; /* of vr */
	bool link;
	uint64_t adverts;
	uint64_t became_master;
	struct vr_record cause; /* of the last transition */
};

struct gateway {
	bool present; /* its process runs, its cables are in */
	struct member members[LANS_MAX];
};

struct site {
	mono_t now;
	size_t gateway_count;
	size_t lan_count;
	struct gateway gateways[GATEWAYS_MAX];
	/* Adverts of the first do not reach the second. */
	bool deaf[GATEWAYS_MAX][GATEWAYS_MAX][LANS_MAX];
	uint64_t transitions;
};

/* Version 3, 1 s, preempting, gateway g with priority 100 - 10 * g on every LAN. A test changes configurations, then
 * starts. */
void site_init(struct site *site, size_t gateways, size_t lans);
void gateway_start(struct site *site, size_t gateway);
/* All of them. */
void site_start(struct site *site);
/* Without a word, as by a loss of power. */
void gateway_dies(struct site *site, size_t gateway);
void member_input(struct site *site, size_t gateway, size_t lan, const struct vr_event *event);
void gateway_stop(struct site *site, size_t gateway);
void set_link(struct site *site, size_t gateway, size_t lan, bool up);
void set_track(struct site *site, size_t gateway, size_t lan, bool up);
/* Between these two nothing passes, in either direction. */
void cut(struct site *site, size_t lan, size_t a, size_t b, bool is_cut);
void site_run(struct site *site, dur_t length);

enum vr_state gateway_state(const struct site *site, size_t gateway);
uint64_t times_master(const struct site *site, size_t gateway);

/* Called after every input: all members of a gateway are in one state, and only a Master holds everything. */
void check_one_state(const struct site *site, size_t gateway);

#endif
