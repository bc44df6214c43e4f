/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of a router's file that one cluster is about, as text for the router of a world. */
#include <stdlib.h>
#include <string.h>

#include "sim/whatif.h"

static bool in_cluster(const struct whatif_plan *plan, unsigned cluster, const struct conf_instance *instance,
	unsigned router)
{
	for (size_t i = 0; i < plan->set_count; i++)
		if (plan->sets[i].cluster == cluster && plan->sets[i].members[router] == instance)
			return true;
	return false;
}

static bool has_member(const struct conf *part, const struct sync_group_config *group)
{
	for (size_t i = 0; i < part->instance_count; i++)
		if (string_equal(part->instances[i].vr.extra->sync_group, group->name))
			return true;
	return false;
}

char *whatif_text(const struct whatif_plan *plan, unsigned cluster, unsigned router, size_t *length)
{
	const struct conf *whole = plan->routers[router].result.conf;
	struct conf_instance *instances = calloc(whole->instance_count + 1, sizeof(*instances));
	const struct conf_instance_extra **extras = calloc(whole->instance_count + 1, sizeof(*extras));
	struct sync_group_config *groups = calloc(whole->sync_group_count + 1, sizeof(*groups));
	struct conf part = *whole;
	char *text = NULL;

	if (instances == NULL || extras == NULL || groups == NULL)
		goto out;
	part.instances = instances;
	part.instance_extras = extras;
	part.sync_groups = groups;
	part.instance_count = part.sync_group_count = 0;
	for (size_t i = 0; i < whole->instance_count; i++)
		if (in_cluster(plan, cluster, &whole->instances[i], router)) {
			extras[part.instance_count] = conf_instance_extra(whole, i);
			instances[part.instance_count++] = whole->instances[i];
		}
	for (size_t i = 0; i < whole->sync_group_count; i++)
		if (has_member(&part, &whole->sync_groups[i]))
			groups[part.sync_group_count++] = whole->sync_groups[i];
	text = conf_print_alloc(&part, CONF_SECRETS_SHOWN, length);
out:
	free(instances);
	free(extras);
	free(groups);
	return text;
}
