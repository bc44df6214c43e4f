/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a reload changes. Virtual routers are matched by what their packets say they are (interface, family, VRID),
 * through an index sorted by that; the removed ones come first, so that what they held is free for others.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "base/text.h"

static bool announce_equal(const struct announce_config *a, const struct announce_config *b)
{
	return a->delay == b->delay && a->repeat == b->repeat && a->refresh == b->refresh &&
	       a->refresh_repeat == b->refresh_repeat;
}

static bool settings_equal(const struct vr_config *a, const struct vr_config *b)
{
	return string_equal(a->name, b->name) && a->version == b->version && a->priority == b->priority &&
	       a->start_as_master == b->start_as_master && a->preempt == b->preempt &&
	       a->accept == b->accept && a->strict == b->strict &&
	       a->skip_address_check == b->skip_address_check && a->checksum_form == b->checksum_form &&
	       a->down_timer_adverts == b->down_timer_adverts && a->advert_interval == b->advert_interval &&
	       a->preempt_delay == b->preempt_delay && announce_equal(&a->announce, &b->announce);
}

static bool lists_equal(const struct vr_config *a, const struct vr_config *b)
{
	if (a->address_count != b->address_count || a->advertised_count != b->advertised_count ||
		a->route_count != b->route_count || a->tracked_interface_count != b->tracked_interface_count)
		return false;
	for (size_t i = 0; i < a->address_count; i++)
		if (!virtual_address_equal(&a->addresses[i], &b->addresses[i]))
			return false;
	for (size_t i = 0; i < a->route_count; i++)
		if (!virtual_route_equal(&a->routes[i], &b->routes[i]))
			return false;
	for (size_t i = 0; i < a->tracked_interface_count; i++) {
		const struct tracked_interface *x = &a->tracked_interfaces[i];
		const struct tracked_interface *y = &b->tracked_interfaces[i];
		if (!string_equal(x->name, y->name) || x->weight != y->weight || x->reverse != y->reverse)
			return false;
	}
	return true;
}

static int compare_identity(const struct conf_instance *a, const struct conf_instance *b)
{
	if (a->vr.vrid != b->vr.vrid)
		return a->vr.vrid < b->vr.vrid ? -1 : 1;
	if (a->vr.family != b->vr.family)
		return a->vr.family < b->vr.family ? -1 : 1;
	return strcmp(a->vr.interface, b->vr.interface);
}

static int compare_pointers(const void *left, const void *right)
{
	return compare_identity(
		*(const struct conf_instance *const *)left, *(const struct conf_instance *const *)right);
}

/* Sorted by identity; without memory for it, index is NULL and every search is a walk. */
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
		if (compare_identity(&index->conf->instances[i], like) == 0)
			return &index->conf->instances[i];
	return NULL;
}

void conf_diff(const struct conf *before, const struct conf *after,
	void (*each)(void *user, const struct conf_difference *difference), void *user)
{
	struct index old = index_over(before);
	struct index new = index_over(after);
	for (size_t i = 0; i < before->instance_count; i++)
		if (!find(&new, &before->instances[i]))
			each(user, &(struct conf_difference){CONF_REMOVED, &before->instances[i], NULL});
	for (size_t i = 0; i < after->instance_count; i++) {
		const struct conf_instance *instance = &after->instances[i];
		const struct conf_instance *was = find(&old, instance);
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
