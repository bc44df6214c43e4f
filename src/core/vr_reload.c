/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A new configuration for a running virtual router. No state changes by that alone and no running timer moves (TMR-14):
 * the next advert carries the new values, the next start of a timer uses them (V3-CFG-12).
 */
#include "core/vr_internal.h"

static bool same_addresses(const struct vr_config *a, const struct vr_config *b)
{
	if (a->address_count != b->address_count)
		return false;
	for (size_t i = 0; i < a->address_count; i++)
		if (!virtual_address_equal(&a->addresses[i], &b->addresses[i]))
			return false;
	return true;
}

/* Rules, too. */
static bool same_routes(const struct vr_config *a, const struct vr_config *b)
{
	if (a->extra->route_count != b->extra->route_count)
		return false;
	for (size_t i = 0; i < a->extra->route_count; i++)
		if (!virtual_route_equal(&a->extra->routes[i], &b->extra->routes[i]))
			return false;
	if (a->extra->rule_count != b->extra->rule_count)
		return false;
	for (size_t i = 0; i < a->extra->rule_count; i++)
		if (!virtual_rule_equal(&a->extra->rules[i], &b->extra->rules[i]))
			return false;
	return true;
}

static void reload_master(struct vr *vr, const struct vr_config *old, mono_t now, struct actions *out)
{
	const struct vr_config *config = vr->config;
	bool addresses_changed = !same_addresses(old, config);

	if (addresses_changed || !same_routes(old, config))
		vr_act(out, VR_ACTION_INSTALL);
	if (addresses_changed && config->address_count > 0 && config->extra->announce.repeat > 0) {
		vr_act_announce(out, vr_announce_burst(config));
		vr_remark(vr, VR_RECORD_ANNOUNCED, out);
	}
	if (config->strict) {
		vr->announces_again = false;
		vr->announce_delayed = vr->announce_refresh = MONO_NEVER;
		return;
	}
	if (config->extra->announce.refresh != old->extra->announce.refresh || old->strict)
		vr->announce_refresh =
			config->extra->announce.refresh > 0 ? mono_add(now, config->extra->announce.refresh) : MONO_NEVER;
}

void vr_reload(struct vr *vr, const struct vr_event *event, mono_t now, struct actions *out)
{
	const struct vr_config *old = vr->config;
	const struct vr_config *config = event->config;
	bool was_master = vr->state == VR_MASTER;

	vr->config = config;
	vr->track_values = event->track_values;
	/* What was learned from a master stays until it is learned anew. */
	if (config->version == 2 || vr->active_adver_interval == old->advert_interval)
		vr->active_adver_interval = config->advert_interval;
	if (old->extra->sync_group == NULL && config->extra->sync_group != NULL)
		vr_group_entered(vr);
	if (old->extra->sync_group != NULL && config->extra->sync_group == NULL)
		vr_group_left(vr, now, out);
	vr_evaluate_tracking(vr, SIZE_MAX, now, out);
	if (was_master && vr->state == VR_MASTER)
		reload_master(vr, old, now, out);
	if (vr->state != VR_MASTER && (!vr_preempts(vr) || config->extra->preempt_delay == 0))
		vr->preempt_at = MONO_NEVER;
}
