/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of a router's file that one cluster is about, as text for the router of a world. It has interfaces in place of
 * scripts: the world pulls their cables when the scripts fail.
 */
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

const char *whatif_script_nic(
	const struct whatif_plan *plan, unsigned router, const char *script, char name[SIM_NAME_SIZE])
{
	const struct conf *conf = plan->routers[router].result.conf;
	size_t i = 0;

	while (i < conf->script_count && !string_equal(conf->scripts[i].name, script))
		i++;
	/* '#' begins a comment: hardly anybody has an interface with that in its name. */
	snprintf(name, SIM_NAME_SIZE, "script#%u", (unsigned)i % 100000000);
	return name;
}

/* What a file says of one cluster, with interfaces in place of scripts. */
struct part {
	const struct whatif_plan *plan;
	unsigned router;
	struct conf conf;
	struct conf_instance *instances;
	struct sync_group_config *groups;
	struct tracked_object *tracks; /* of all of them */
	char (*names)[SIM_NAME_SIZE]; /* of the interfaces, by track */
	size_t track_count;
};

static size_t count_tracks(const struct conf *conf)
{
	size_t count = 0;

	for (size_t i = 0; i < conf->instance_count; i++)
		count += conf->instances[i].vr.tracked_interface_count +
			 conf->instances[i].vr.tracked_script_count;
	for (size_t i = 0; i < conf->sync_group_count; i++)
		count += conf->sync_groups[i].tracked_interface_count +
			 conf->sync_groups[i].tracked_script_count;
	return count;
}

static bool part_init(struct part *part, const struct whatif_plan *plan, unsigned router)
{
	const struct conf *whole = plan->routers[router].result.conf;
	size_t tracks = count_tracks(whole);

	*part = (struct part){.plan = plan, .router = router, .conf = *whole};
	part->instances = calloc(whole->instance_count + 1, sizeof(*part->instances));
	part->groups = calloc(whole->sync_group_count + 1, sizeof(*part->groups));
	part->tracks = calloc(tracks + 1, sizeof(*part->tracks));
	part->names = calloc(tracks + 1, sizeof(*part->names));
	part->conf.instances = part->instances;
	part->conf.sync_groups = part->groups;
	part->conf.instance_count = part->conf.sync_group_count = part->conf.script_count = 0;
	return part->instances != NULL && part->groups != NULL && part->tracks != NULL && part->names != NULL;
}

static void part_free(struct part *part)
{
	free(part->instances);
	free(part->groups);
	free(part->tracks);
	free(part->names);
}

/* Puts the interfaces and then the scripts of one who tracks them into one list; returns its length. What a member has from
 * its group comes back with the group. */
static size_t merge_tracks(struct part *part, const struct tracked_object *interfaces, size_t interface_count,
	const struct tracked_object *scripts, size_t script_count)
{
	size_t first = part->track_count;

	for (size_t i = 0; i < interface_count; i++)
		if (!interfaces[i].of_group)
			part->tracks[part->track_count++] = interfaces[i];
	for (size_t i = 0; i < script_count; i++) {
		char *name = part->names[part->track_count];

		if (scripts[i].of_group)
			continue;
		part->tracks[part->track_count] = scripts[i];
		part->tracks[part->track_count++].name =
			whatif_script_nic(part->plan, part->router, scripts[i].name, name);
	}
	return part->track_count - first;
}

static void part_add_instance(struct part *part, const struct conf_instance *instance)
{
	struct vr_config *vr = &part->instances[part->conf.instance_count].vr;

	part->instances[part->conf.instance_count++] = *instance;
	vr->tracked_interfaces = &part->tracks[part->track_count];
	vr->tracked_interface_count =
		merge_tracks(part, instance->vr.tracked_interfaces, instance->vr.tracked_interface_count,
			instance->vr.tracked_scripts, instance->vr.tracked_script_count);
	vr->tracked_script_count = 0;
}

static void part_add_group(struct part *part, const struct sync_group_config *group)
{
	struct sync_group_config *copy = &part->groups[part->conf.sync_group_count++];

	*copy = *group;
	copy->tracked_interfaces = &part->tracks[part->track_count];
	copy->tracked_interface_count = merge_tracks(part, group->tracked_interfaces,
		group->tracked_interface_count, group->tracked_scripts, group->tracked_script_count);
	copy->tracked_script_count = 0;
}

static bool part_has_member(const struct part *part, const struct sync_group_config *group)
{
	for (size_t i = 0; i < part->conf.instance_count; i++)
		if (string_equal(part->instances[i].vr.sync_group, group->name))
			return true;
	return false;
}

char *whatif_text(const struct whatif_plan *plan, unsigned cluster, unsigned router, size_t *length)
{
	const struct conf *whole = plan->routers[router].result.conf;
	struct part part;
	char *text = NULL;

	if (!part_init(&part, plan, router))
		goto out;
	for (size_t i = 0; i < whole->instance_count; i++)
		if (in_cluster(plan, cluster, &whole->instances[i], router))
			part_add_instance(&part, &whole->instances[i]);
	for (size_t i = 0; i < whole->sync_group_count; i++)
		if (part_has_member(&part, &whole->sync_groups[i]))
			part_add_group(&part, &whole->sync_groups[i]);
	text = conf_print_alloc(&part.conf, CONF_SECRETS_SHOWN, length);
out:
	part_free(&part);
	return text;
}
