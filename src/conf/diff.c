/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a reload changes. Virtual routers are matched by what their packets say they are (interface, family, VRID, and
 * the source of unicast), through an index sorted by that; the removed ones come first, so that what they held is free for others.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "base/text.h"

static bool announce_equal(const struct announce_config *a, const struct announce_config *b)
{
	return a->delay == b->delay && a->repeat == b->repeat && a->refresh == b->refresh &&
	       a->refresh_repeat == b->refresh_repeat && a->rival_delay == b->rival_delay &&
	       a->rival_repeat == b->rival_repeat && a->extra_period == b->extra_period &&
	       a->extra_all == b->extra_all;
}

static bool vmac_equal(const struct vmac_config *a, const struct vmac_config *b)
{
	return a->mode == b->mode && string_equal(a->name, b->name) &&
	       memcmp(&a->mac, &b->mac, sizeof a->mac) == 0 && a->transmit_base == b->transmit_base &&
	       a->for_addresses == b->for_addresses && a->notify_message == b->notify_message &&
	       a->group_set == b->group_set && a->group == b->group && a->ipvlan_flag == b->ipvlan_flag &&
	       ip_prefix_equal(&a->ipvlan_address, &b->ipvlan_address) &&
	       string_equal(a->address_prefix, b->address_prefix);
}

static bool unicast_equal(const struct unicast_config *a, const struct unicast_config *b)
{
	if (a->enabled != b->enabled || a->check_source != b->check_source ||
		a->fault_without_peer != b->fault_without_peer || a->ttl != b->ttl ||
		a->peer_count != b->peer_count || !string_equal(a->vrf, b->vrf))
		return false;
	for (size_t i = 0; i < a->peer_count; i++)
		if (!ip_equal(&a->peers[i].address, &b->peers[i].address) ||
			a->peers[i].min_ttl != b->peers[i].min_ttl ||
			a->peers[i].max_ttl != b->peers[i].max_ttl)
			return false;
	return true;
}

static bool hmac_equal(const struct hmac_config *a, const struct hmac_config *b)
{
	if (a->enabled != b->enabled || a->monotonic != b->monotonic || a->mode != b->mode ||
		a->active_key != b->active_key || a->time_window != b->time_window ||
		a->key_count != b->key_count)
		return false;
	for (size_t i = 0; i < a->key_count; i++)
		if (a->keys[i].id != b->keys[i].id || a->keys[i].length != b->keys[i].length ||
			memcmp(a->keys[i].bytes, b->keys[i].bytes, a->keys[i].length) != 0)
			return false;
	return true;
}

/* How it takes part in the protocol. */
static bool protocol_equal(const struct vr_config *a, const struct vr_config *b)
{
	return a->version == b->version && a->priority == b->priority &&
	       a->start_as_master == b->start_as_master && a->preempt == b->preempt &&
	       a->accept == b->accept && a->strict == b->strict &&
	       a->skip_address_check == b->skip_address_check && a->version_2_too == b->version_2_too &&
	       a->lower_priority_silent == b->lower_priority_silent && a->yield_silent == b->yield_silent &&
	       a->owner_deaf == b->owner_deaf && a->stalled_steps_down == b->stalled_steps_down &&
	       a->checksum_form == b->checksum_form && a->down_timer_adverts == b->down_timer_adverts &&
	       a->advert_interval == b->advert_interval;
}

static bool authentication_equal(const struct vr_extra *a, const struct vr_extra *b)
{
	return a->authentication == b->authentication &&
	       memcmp(a->authentication_data, b->authentication_data, sizeof a->authentication_data) == 0 &&
	       hmac_equal(&a->hmac, &b->hmac);
}

static bool extra_equal(const struct vr_extra *a, const struct vr_extra *b)
{
	return announce_equal(&a->announce, &b->announce) && ip_equal(&a->source, &b->source) &&
	       ip_equal(&a->group, &b->group) && vmac_equal(&a->vmac, &b->vmac) &&
	       unicast_equal(&a->unicast, &b->unicast) && authentication_equal(a, b) &&
	       string_equal(a->sync_group, b->sync_group) && a->preempt_delay == b->preempt_delay &&
	       a->link_up_delay == b->link_up_delay && a->promote_secondaries == b->promote_secondaries &&
	       a->own_interface_untracked == b->own_interface_untracked && a->notifies == b->notifies &&
	       a->notifies_priority == b->notifies_priority && a->says_deleted == b->says_deleted &&
	       a->no_address == b->no_address;
}

static bool settings_equal(const struct vr_config *a, const struct vr_config *b)
{
	return string_equal(a->name, b->name) && protocol_equal(a, b) && extra_equal(a->extra, b->extra);
}

static bool tracks_equal(
	const struct tracked_object *a, size_t a_count, const struct tracked_object *b, size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++)
		if (a[i].kind != b[i].kind || !string_equal(a[i].name, b[i].name) || a[i].weight != b[i].weight ||
			a[i].reverse != b[i].reverse)
			return false;
	return true;
}

static bool lists_equal(const struct vr_config *a, const struct vr_config *b)
{
	if (a->address_count != b->address_count || a->advertised_count != b->advertised_count ||
		a->extra->route_count != b->extra->route_count || a->extra->rule_count != b->extra->rule_count)
		return false;
	for (size_t i = 0; i < a->address_count; i++)
		if (!virtual_address_equal(&a->addresses[i], &b->addresses[i]))
			return false;
	for (size_t i = 0; i < a->extra->route_count; i++)
		if (!virtual_route_equal(&a->extra->routes[i], &b->extra->routes[i]))
			return false;
	for (size_t i = 0; i < a->extra->rule_count; i++)
		if (!virtual_rule_equal(&a->extra->rules[i], &b->extra->rules[i]))
			return false;
	return tracks_equal(a->extra->tracked, a->extra->tracked_count, b->extra->tracked, b->extra->tracked_count);
}

static int compare_pointers(const void *left, const void *right)
{
	return vr_config_compare_router(
		&(*(const struct conf_instance *const *)left)->vr, &(*(const struct conf_instance *const *)right)->vr);
}

/* Sorted by identity; without memory for it, sorted is NULL and every search is a walk. */
struct index {
	const struct conf *conf;
	const struct conf_instance **sorted;
};

static struct index index_over(const struct conf *conf)
{
	struct index index = {.conf = conf};
	if (!conf->instance_count)
		return index;
	index.sorted = malloc(conf->instance_count * sizeof *index.sorted);
	if (!index.sorted)
		return index;
	for (size_t i = 0; i < conf->instance_count; i++)
		index.sorted[i] = &conf->instances[i];
	qsort(index.sorted, conf->instance_count, sizeof *index.sorted, compare_pointers);
	return index;
}

static const struct conf_instance *find(const struct index *index, const struct conf_instance *like)
{
	size_t count = index->conf->instance_count;
	if (index->sorted) {
		const struct conf_instance **found =
			bsearch(&like, index->sorted, count, sizeof like, compare_pointers);
		return found ? *found : NULL;
	}
	for (size_t i = 0; i < count; i++)
		if (vr_config_compare_router(&index->conf->instances[i].vr, &like->vr) == 0)
			return &index->conf->instances[i];
	return NULL;
}

/* Where those that speak to listed routers, with this interface, family and VRID, begin. */
static size_t find_alike(const struct index *index, const struct vr_config *like)
{
	struct vr_config first = *like;
	size_t low = 0;
	size_t high = index->sorted ? index->conf->instance_count : 0;
	struct vr_extra extra = *like->extra;
	extra.source = (struct ip_addr){.family = IP_NONE};
	first.extra = &extra;
	first.name = NULL;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (vr_config_compare_router(&index->sorted[middle]->vr, &first) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_alike(const struct vr_config *a, const struct vr_config *b)
{
	return a->vrid == b->vrid && a->family == b->family && a->extra->unicast.enabled && b->extra->unicast.enabled &&
	       string_equal(a->interface, b->interface);
}

/* From place *at on, which moves; NULL: there are no more. */
static const struct conf_instance *next_alike(const struct index *index, const struct vr_config *like, size_t *at)
{
	while (*at < index->conf->instance_count) {
		const struct conf_instance *instance =
			index->sorted ? index->sorted[*at] : &index->conf->instances[*at];
		(*at)++;
		if (is_alike(&instance->vr, like))
			return instance;
		if (index->sorted)
			break;
	}
	return NULL;
}

/* What has its name, but another source. */
static const struct conf_instance *find_name(const struct index *other, const struct conf_instance *instance)
{
	size_t at = find_alike(other, &instance->vr);
	const struct conf_instance *found;
	do
		found = next_alike(other, &instance->vr, &at);
	while (found && !string_equal(found->vr.name, instance->vr.name));
	return found;
}

/* What has its source, but a name that is not there in `own`, if that is only one. */
static const struct conf_instance *find_source(
	const struct index *own, const struct index *other, const struct conf_instance *instance)
{
	size_t at = find_alike(other, &instance->vr);
	const struct conf_instance *only = NULL;
	const struct conf_instance *found;
	while ((found = next_alike(other, &instance->vr, &at))) {
		if (!ip_equal(&found->vr.extra->source, &instance->vr.extra->source) || find_name(own, found))
			continue;
		if (only)
			return NULL;
		only = found;
	}
	return only;
}

/*
 * The same router in the other configuration. Of those that speak to listed routers several may have one interface, family and VRID, and
 * be told apart by source and name: one of both may change. The answer is the same in either direction.
 */
static const struct conf_instance *counterpart(
	const struct index *own, const struct index *other, const struct conf_instance *instance)
{
	const struct conf_instance *found = find(other, instance);
	if (found || !instance->vr.extra->unicast.enabled || !instance->vr.interface)
		return found;
	found = find_name(other, instance);
	if (found)
		return found;
	found = find_source(own, other, instance);
	return found && find_source(other, own, found) == instance ? found : NULL;
}

void conf_diff(const struct conf *before, const struct conf *after,
	void (*each)(void *user, const struct conf_difference *difference), void *user)
{
	struct index old = index_over(before);
	struct index new = index_over(after);
	for (size_t i = 0; i < before->instance_count; i++)
		if (!counterpart(&old, &new, &before->instances[i]))
			each(user, &(struct conf_difference){CONF_REMOVED, &before->instances[i], NULL});
	for (size_t i = 0; i < after->instance_count; i++) {
		const struct conf_instance *instance = &after->instances[i];
		const struct conf_instance *was = counterpart(&new, &old, instance);
		enum conf_change change = CONF_ADDED;
		if (was)
			change = settings_equal(&was->vr, &instance->vr) &&
						 lists_equal(&was->vr, &instance->vr)
					 ? CONF_SAME
					 : CONF_CHANGED;
		each(user, &(struct conf_difference){change, was, instance});
	}
	free(old.sorted);
	free(new.sorted);
}
