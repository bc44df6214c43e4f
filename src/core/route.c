/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparing routes; like config.c for conf/, too. */
#include "core/route.h"

#include <string.h>

#include "base/text.h"

static bool encap_equal(const struct route_encap *a, const struct route_encap *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	if (a->type != b->type || a->id != b->id || !ip_equal(&a->source, &b->source) ||
		!ip_equal(&a->destination, &b->destination) || a->tos != b->tos || a->ttl != b->ttl ||
		a->flags != b->flags || a->locator != b->locator || a->label_count != b->label_count)
		return false;
	return a->id_set == b->id_set && a->tos_set == b->tos_set && a->ttl_set == b->ttl_set &&
	       a->flags_set == b->flags_set &&
	       memcmp(a->labels, b->labels, a->label_count * sizeof(a->labels[0])) == 0;
}

static bool hops_equal(const struct virtual_route *a, const struct virtual_route *b)
{
	if (a->hop_count != b->hop_count)
		return false;
	for (size_t i = 0; i < a->hop_count; i++) {
		const struct route_hop *left = &a->hops[i];
		const struct route_hop *right = &b->hops[i];

		if (!ip_equal(&left->gateway, &right->gateway) ||
			!string_equal(left->device, right->device) ||
			!encap_equal(left->encap, right->encap) || left->realms != right->realms ||
			left->weight != right->weight || left->on_link != right->on_link)
			return false;
	}
	return true;
}

static bool metrics_equal(const struct virtual_route *a, const struct virtual_route *b)
{
	return a->metrics_given == b->metrics_given && a->metrics_locked == b->metrics_locked &&
	       memcmp(a->metrics, b->metrics, sizeof(a->metrics)) == 0 &&
	       string_equal(a->congestion, b->congestion);
}

/* What leads there. */
static bool ways_equal(const struct virtual_route *a, const struct virtual_route *b)
{
	return ip_equal(&a->gateway, &b->gateway) && string_equal(a->device, b->device) &&
	       a->on_link == b->on_link && encap_equal(a->encap, b->encap) && hops_equal(a, b);
}

/* What it is told apart by from others to the same destination. */
static bool places_equal(const struct virtual_route *a, const struct virtual_route *b)
{
	return a->metric == b->metric && a->table == b->table && string_equal(a->vrf, b->vrf) &&
	       a->tos == b->tos && a->scope == b->scope && a->scope_set == b->scope_set &&
	       a->protocol == b->protocol && a->mode == b->mode;
}

bool virtual_route_equal(const struct virtual_route *a, const struct virtual_route *b)
{
	return a->type == b->type && ip_prefix_equal(&a->destination, &b->destination) &&
	       ip_prefix_equal(&a->from, &b->from) && ip_equal(&a->source, &b->source) && ways_equal(a, b) &&
	       places_equal(a, b) && metrics_equal(a, b) && a->realms == b->realms &&
	       a->expires == b->expires && a->preference_set == b->preference_set &&
	       a->preference == b->preference && a->ttl == b->ttl && a->untracked == b->untracked &&
	       string_equal(a->track_group, b->track_group);
}
