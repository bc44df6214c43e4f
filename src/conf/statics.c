/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * static_ipaddress, static_routes, static_rules and track_group: what stands for the life of the daemon, and the instances
 * that go with it. And what an instance depends on by using it: the interfaces of its addresses, routes and rules, and of
 * the static ones of its track_groups, are tracked as if each stood in track_interface without weight, unless no_track says
 * otherwise.
 */
#include <string.h>

#include "conf/draft.h"

bool draft_statics_begin(struct reader *reader)
{
	struct draft_statics *statics = reader_scratch(reader, sizeof *statics);
	reader->statics = statics;
	if (!statics)
		return false;
	statics->addresses_end = &statics->addresses;
	statics->routes_end = &statics->routes;
	statics->rules.end = &statics->rules.first;
	statics->groups_end = &statics->groups;
	return true;
}

struct draft_track_group *draft_track_group_new(struct reader *reader)
{
	struct draft_statics *statics = reader->statics;
	struct draft_track_group *group = reader_scratch(reader, sizeof *group);
	if (!group)
		return NULL;
	group->members.end = &group->members.first;
	*statics->groups_end = group;
	statics->groups_end = &group->next;
	statics->group_count++;
	return group;
}

bool track_group_member_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft_track_group *group = owner;
	return read_names(reader, &group->members, statement, 0);
}

static struct draft_track_group *find_group(const struct reader *reader, const char *name)
{
	struct draft_track_group *group = reader->statics->groups;
	while (group && strcmp(group->name, name) != 0)
		group = group->next;
	return group;
}

static struct draft *find_instance(const struct reader *reader, const char *name)
{
	struct draft *draft = reader->drafts;
	while (draft && (!draft->vr.name || strcmp(draft->vr.name, name) != 0))
		draft = draft->next;
	return draft;
}

/* Not when the instance says itself how it tracks the interface, or tracks its own one already; lo is always there. */
static void track(struct reader *reader, struct draft *draft, const char *device, const struct spot *spot)
{
	struct draft_tracks *tracks = &draft->tracks[TRACK_INTERFACE];
	if (!device || strcmp(device, "lo") == 0 ||
		(draft->vr.interface && strcmp(draft->vr.interface, device) == 0))
		return;
	for (const struct draft_track *entry = tracks->first; entry; entry = entry->next)
		if (strcmp(entry->track.name, device) == 0)
			return;
	struct draft_track *entry = reader_scratch(reader, sizeof *entry);
	if (!entry)
		return;
	entry->track = (struct tracked_object){.name = device, .kind = TRACK_INTERFACE, .implied = true};
	entry->spot = *spot;
	draft_tracks_add(tracks, entry);
}

static void track_route(
	struct reader *reader, struct draft *draft, const struct virtual_route *route, const struct spot *spot)
{
	track(reader, draft, route->device, spot);
	/* With several ways, one is enough. */
	if (route->hop_count == 1)
		track(reader, draft, route->hops[0].device, spot);
}

static void track_rule(
	struct reader *reader, struct draft *draft, const struct virtual_rule *rule, const struct spot *spot)
{
	track(reader, draft, rule->in, spot);
	track(reader, draft, rule->out, spot);
}

static void track_own(struct reader *reader, struct draft *draft)
{
	const struct draft_address *lists[] = {draft->advertised, draft->excluded};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		for (const struct draft_address *entry = lists[i]; entry; entry = entry->next)
			if (!entry->options.untracked)
				track(reader, draft, entry->options.device, &entry->spot);
	for (const struct draft_route *entry = draft->routes; entry; entry = entry->next)
		if (!entry->route.untracked)
			track_route(reader, draft, &entry->route, &entry->spot);
	for (const struct draft_rule *entry = draft->rules.first; entry; entry = entry->next)
		if (!entry->rule.untracked)
			track_rule(reader, draft, &entry->rule, &entry->spot);
}

/* Of a static item: its group, or NULL; reports one that is not there. */
static struct draft_track_group *group_of(struct reader *reader, const char *name, const struct spot *spot)
{
	struct draft_track_group *group = name ? find_group(reader, name) : NULL;
	if (group)
		group->used = true;
	else if (name)
		reader_error(reader, spot, "there is no track_group '%.60s'", name);
	return group;
}

/* What the instances of the groups depend on. */
static void track_statics(struct reader *reader)
{
	const struct draft_statics *statics = reader->statics;
	const struct draft_name *name;
	for (const struct draft_address *entry = statics->addresses; entry; entry = entry->next) {
		struct draft_track_group *group = group_of(reader, entry->options.track_group, &entry->spot);
		for (name = group ? group->members.first : NULL; name; name = name->next)
			if (find_instance(reader, name->name))
				track(reader, find_instance(reader, name->name), entry->options.device, &entry->spot);
	}
	for (const struct draft_route *entry = statics->routes; entry; entry = entry->next) {
		struct draft_track_group *group = group_of(reader, entry->route.track_group, &entry->spot);
		for (name = group ? group->members.first : NULL; name; name = name->next)
			if (find_instance(reader, name->name))
				track_route(reader, find_instance(reader, name->name), &entry->route, &entry->spot);
	}
	for (const struct draft_rule *entry = statics->rules.first; entry; entry = entry->next) {
		struct draft_track_group *group = group_of(reader, entry->rule.track_group, &entry->spot);
		for (name = group ? group->members.first : NULL; name; name = name->next)
			if (find_instance(reader, name->name))
				track_rule(reader, find_instance(reader, name->name), &entry->rule, &entry->spot);
	}
}

static void check_group(struct reader *reader, const struct draft_track_group *group)
{
	if (group->broken)
		return;
	if (find_group(reader, group->name) != group)
		reader_error(reader, &group->spot, "there is a track_group '%.60s' already", group->name);
	if (!group->members.count)
		reader_warning(reader, &group->spot, "the track_group '%.60s' has no instances: group { NAME ... }",
			group->name);
	for (const struct draft_name *name = group->members.first; name; name = name->next)
		if (!find_instance(reader, name->name))
			reader_error(reader, &name->spot, "there is no vrrp_instance '%.60s'", name->name);
	if (!group->used)
		reader_warning(reader, &group->spot,
			"nothing static names the track_group '%.60s', so it has no effect", group->name);
}

/* Addresses that do not say on which interface. */
static void settle_devices(struct reader *reader)
{
	const char *fallback = reader->global.default_interface ? reader->global.default_interface : "eth0";
	for (struct draft_address *entry = reader->statics->addresses; entry; entry = entry->next)
		if (!entry->options.device)
			entry->options.device = fallback;
}

void settle_statics(struct reader *reader)
{
	settle_devices(reader);
	track_statics(reader);
	for (struct draft *draft = reader->drafts; draft; draft = draft->next)
		track_own(reader, draft);
	for (const struct draft_track_group *group = reader->statics->groups; group; group = group->next)
		check_group(reader, group);
}

static bool build_items(struct reader *reader, struct static_items *items)
{
	const struct draft_statics *statics = reader->statics;
	struct virtual_address *addresses = reader_keep(reader, (statics->address_count + 1) * sizeof *addresses);
	struct virtual_route *routes = reader_keep(reader, (statics->route_count + 1) * sizeof *routes);
	struct virtual_rule *rules = reader_keep(reader, (statics->rules.count + 1) * sizeof *rules);
	if (!addresses || !routes || !rules)
		return false;
	if (!draft_addresses_keep(reader, statics->addresses, addresses))
		return false;
	items->address_count = statics->address_count;
	for (const struct draft_route *entry = statics->routes; entry; entry = entry->next)
		routes[items->route_count++] = entry->route;
	for (const struct draft_rule *entry = statics->rules.first; entry; entry = entry->next)
		rules[items->rule_count++] = entry->rule;
	items->addresses = addresses;
	items->routes = routes;
	items->rules = rules;
	return true;
}

static bool build_group(
	struct reader *reader, const struct draft_track_group *draft, struct track_group *group)
{
	const char **members = reader_keep(reader, (draft->members.count + 1) * sizeof *members);
	if (!members)
		return false;
	group->name = draft->name;
	group->members = members;
	for (const struct draft_name *name = draft->members.first; name; name = name->next)
		members[group->member_count++] = name->name;
	return true;
}

bool build_statics(struct reader *reader, struct conf *conf)
{
	const struct draft_statics *statics = reader->statics;
	struct track_group *groups = reader_keep(reader, (statics->group_count + 1) * sizeof *groups);
	if (!groups || !build_items(reader, &conf->statics))
		return false;
	conf->track_groups = groups;
	for (const struct draft_track_group *draft = statics->groups; draft; draft = draft->next)
		if (!build_group(reader, draft, &groups[conf->track_group_count++]))
			return false;
	return true;
}
