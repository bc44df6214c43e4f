/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparing rules; like config.c for conf/, too. */
#include "core/rule.h"

#include "base/text.h"

static bool ports_equal(const struct rule_ports *a, const struct rule_ports *b)
{
	return a->low == b->low && a->high == b->high;
}

/* Which packets it is about. */
static bool selectors_equal(const struct virtual_rule *a, const struct virtual_rule *b)
{
	return a->family == b->family && a->inverted == b->inverted && ip_prefix_equal(&a->from, &b->from) &&
	       ip_prefix_equal(&a->to, &b->to) && string_equal(a->in, b->in) && string_equal(a->out, b->out) &&
	       a->tunnel_set == b->tunnel_set && a->tunnel == b->tunnel && a->mark_set == b->mark_set &&
	       a->mark == b->mark && a->mask == b->mask && a->users_set == b->users_set &&
	       a->user_low == b->user_low && a->user_high == b->user_high && a->tos == b->tos &&
	       a->ip_protocol == b->ip_protocol && ports_equal(&a->source_ports, &b->source_ports) &&
	       ports_equal(&a->destination_ports, &b->destination_ports);
}

bool virtual_rule_equal(const struct virtual_rule *a, const struct virtual_rule *b)
{
	return selectors_equal(a, b) && a->action == b->action && a->l3mdev == b->l3mdev &&
	       a->table == b->table && a->target == b->target && a->realms == b->realms &&
	       a->preference == b->preference &&
	       a->suppress_prefix_set == b->suppress_prefix_set &&
	       a->suppress_prefix == b->suppress_prefix && a->suppress_group_set == b->suppress_group_set &&
	       a->suppress_group == b->suppress_group && a->protocol == b->protocol &&
	       a->untracked == b->untracked && string_equal(a->track_group, b->track_group);
}
