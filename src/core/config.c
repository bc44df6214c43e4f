/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparing parts of a configuration: for the reload in the core, and for conf/, which links this and no more of core. */
#include "core/config.h"

#include "base/text.h"

int vr_config_compare_router(const struct vr_config *a, const struct vr_config *b)
{
	int order;

	if (a->vrid != b->vrid)
		return a->vrid < b->vrid ? -1 : 1;
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	order = string_compare(a->interface, b->interface);
	if (order != 0)
		return order;
	if (a->extra->unicast.enabled != b->extra->unicast.enabled)
		return a->extra->unicast.enabled ? 1 : -1;
	if (!a->extra->unicast.enabled)
		return 0;
	order = ip_compare(&a->extra->source, &b->extra->source);
	return order != 0 ? order : string_compare(a->name, b->name);
}

bool vr_config_same_router(const struct vr_config *a, const struct vr_config *b)
{
	return vr_config_compare_router(a, b) == 0;
}

bool vr_config_shares_address(const struct vr_config *a, const struct vr_config *b)
{
	for (size_t i = 0; i < a->address_count; i++)
		for (size_t k = 0; k < b->address_count; k++)
			if (ip_equal(&a->addresses[i].prefix.addr, &b->addresses[k].prefix.addr))
				return true;
	return false;
}

bool vr_config_is_counterpart(const struct vr_config *a, const struct vr_config *b)
{
	return a->family == b->family && a->vrid == b->vrid &&
	       ((a->interface && string_equal(a->interface, b->interface)) || vr_config_shares_address(a, b));
}

static bool options_equal(const struct address_options *a, const struct address_options *b)
{
	return string_equal(a->device, b->device) && string_equal(a->label, b->label) && ip_equal(&a->broadcast, &b->broadcast) &&
	       a->broadcast_auto == b->broadcast_auto && a->scope == b->scope && a->use_vmac == b->use_vmac &&
	       a->untracked == b->untracked && a->home == b->home && a->detects_duplicates == b->detects_duplicates && a->managed == b->managed &&
	       a->no_prefix_route == b->no_prefix_route && a->auto_join == b->auto_join &&
	       a->preferred_set == b->preferred_set && a->preferred == b->preferred &&
	       ip_prefix_equal(&a->peer, &b->peer) && string_equal(a->track_group, b->track_group);
}

bool virtual_address_equal(const struct virtual_address *a, const struct virtual_address *b)
{
	return ip_prefix_equal(&a->prefix, &b->prefix) && a->excluded == b->excluded &&
	       (a->options == b->options || options_equal(address_options(a), address_options(b)));
}

bool vr_config_speaks(const struct vr_config *config, uint8_t version)
{
	return version == config->version ||
	       (version == 2 && config->version_2_too && config->version == 3 && config->family == IP_V4);
}
