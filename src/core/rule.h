/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line of virtual_rules or static_rules: a rule as ip-rule(8) describes it. What is zero, NULL or IP_NONE was not given,
 * except where a flag beside it says so.
 */
#ifndef VIGIA_CORE_RULE_H
#define VIGIA_CORE_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

/* Rules without a preference get this one and the next lower ones. */
#define RULE_PREFERENCE_HIGHEST 16384

/* The kernel's numbers: FR_ACT_*. */
enum rule_action {
	RULE_TABLE = 1,
	RULE_GOTO = 2,
	RULE_NOP = 3,
	RULE_BLACKHOLE = 6,
	RULE_UNREACHABLE = 7,
	RULE_PROHIBIT = 8,
};

struct rule_ports {
	uint16_t low; /* 0: any */
	uint16_t high;
};

struct virtual_rule {
	enum rule_action action;
	uint8_t family; /* enum ip_family */
	bool inverted; /* not */
	bool l3mdev; /* the table is that of the device's VRF */
	struct ip_prefix from;
	struct ip_prefix to;
	const char *in; /* interfaces */
	const char *out;
	const char *track_group; /* of static_rules */
	uint64_t tunnel; /* tunnel-id */
	uint32_t mark;
	uint32_t mask; /* of the mark */
	bool mark_set;
	bool tunnel_set;
	bool users_set; /* uidrange */
	uint32_t user_low;
	uint32_t user_high;
	struct rule_ports source_ports;
	struct rule_ports destination_ports;
	uint8_t ip_protocol;
	uint8_t tos;
	uint8_t protocol; /* 0: VIGIA_KERNEL_PROTOCOL */
	bool suppress_prefix_set;
	bool suppress_group_set;
	bool preference_set; /* on its line; else it got one by its place */
	bool untracked; /* no_track */
	uint32_t suppress_prefix; /* suppress_prefixlength */
	uint32_t suppress_group;
	uint32_t table; /* with RULE_TABLE, unless l3mdev */
	uint32_t target; /* with RULE_GOTO */
	uint32_t realms; /* from << 16 | to */
	uint32_t preference; /* always set */
};

bool virtual_rule_equal(const struct virtual_rule *a, const struct virtual_rule *b);

#endif
