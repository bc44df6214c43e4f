/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sync groups: who is in which, and at the end of every turn, before anything of its batch is done, what each member must
 * do so that all are in one state again (core/sync_group.h). So the actions of all members leave in one batch, and nobody
 * outside sees a group in two states.
 *
 * The groups are made of the names in the members' own configurations, which may be older than the file's when memory
 * was short during a reload.
 */
#include <stdlib.h>
#include <string.h>

#include "core/sync_group.h"
#include "engine/state.h"

struct sync_group {
	struct sync_group *next;
	char *name;
	struct instance **members; /* in the order of the configuration */
	const struct vr **machines; /* of the members */
	struct vr_group_decision *decisions;
	size_t count;
	bool changed; /* a member had an input */
	const char *state; /* NULL: not known yet */
	const char *told; /* what people know */
	enum notify_state notified; /* ...and commands and pipes */
	mono_t since;
};

static void group_free(struct sync_group *group)
{
	free(group->name);
	free(group->members);
	free((void *)group->machines);
	free(group->decisions);
	free(group);
}

static void list_free(struct sync_group *group)
{
	while (group != NULL) {
		struct sync_group *next = group->next;

		group_free(group);
		group = next;
	}
}

void sync_groups_free(struct engine *engine)
{
	list_free(engine->sync_groups);
	engine->sync_groups = NULL;
}

static struct sync_group *find(struct sync_group *group, const char *name)
{
	while (group != NULL && strcmp(group->name, name) != 0)
		group = group->next;
	return group;
}

static bool is_member(const struct instance *instance)
{
	return instance->config->extra->sync_group != NULL && !instance->leaving;
}

/* Finds it or makes it, at the end of the list. */
static struct sync_group *get(struct sync_group **list, const char *name)
{
	struct sync_group *group = find(*list, name);

	if (group != NULL)
		return group;
	group = calloc(1, sizeof(*group));
	if (group == NULL)
		return NULL;
	group->name = strdup(name);
	if (group->name == NULL) {
		free(group);
		return NULL;
	}
	while (*list != NULL)
		list = &(*list)->next;
	*list = group;
	return group;
}

static bool allocate_members(struct sync_group *group)
{
	group->members = calloc(group->count, sizeof(*group->members));
	group->machines = calloc(group->count, sizeof(*group->machines));
	group->decisions = calloc(group->count, sizeof(*group->decisions));
	group->count = 0;
	return group->members != NULL && group->machines != NULL && group->decisions != NULL;
}

/* Groups with their members; NULL in *list and true: there are none. */
static bool make_list(const struct engine *engine, struct sync_group **list)
{
	*list = NULL;
	for (size_t i = 0; i < engine->instance_count; i++) {
		const struct instance *instance = engine->instances[i];
		struct sync_group *group;

		if (!is_member(instance))
			continue;
		group = get(list, instance->config->extra->sync_group);
		if (group == NULL)
			return false;
		group->count++;
	}
	for (struct sync_group *group = *list; group; group = group->next)
		if (!allocate_members(group))
			return false;
	for (size_t i = 0; i < engine->instance_count; i++) {
		struct instance *instance = engine->instances[i];
		struct sync_group *group;

		if (!is_member(instance))
			continue;
		if (instance_rare(instance) == NULL)
			return false;
		group = find(*list, instance->config->extra->sync_group);
		group->machines[group->count] = &instance->vr;
		group->members[group->count++] = instance;
	}
	return true;
}

static void take_over(struct engine *engine, struct sync_group *list)
{
	for (struct sync_group *group = list; group; group = group->next) {
		const struct sync_group *old = find(engine->sync_groups, group->name);

		group->changed = true;
		if (old == NULL)
			continue;
		group->state = old->state;
		group->told = old->told;
		group->notified = old->notified;
		group->since = old->since;
	}
	list_free(engine->sync_groups);
	engine->sync_groups = list;
}

bool sync_groups_rebuild(struct engine *engine)
{
	struct sync_group *list;
	bool made = make_list(engine, &list);

	for (size_t i = 0; i < engine->instance_count; i++)
		if (engine->instances[i]->rare->sync_group != NULL)
			instance_rare(engine->instances[i])->sync_group = NULL;
	engine->sync_groups_stale = !made;
	if (!made) {
		list_free(list);
		/* Its members may be gone by now. */
		sync_groups_free(engine);
		return false;
	}
	take_over(engine, list);
	for (struct sync_group *group = list; group; group = group->next)
		for (size_t i = 0; i < group->count; i++)
			instance_rare(group->members[i])->sync_group = group;
	return true;
}

struct instance *const *sync_group_members(const struct sync_group *group, size_t *count)
{
	*count = group->count;
	return group->members;
}

void sync_group_touch(struct sync_group *group)
{
	group->changed = true;
}

/* A Master that has to give up for its group says nothing any more that it wanted to say as one: after a stall another
 * router may be Master by now, which only a member of another priority knows, and its overdue advert would speak against it. */
static void hush(struct engine *engine, const struct instance *instance, enum vr_group_order order)
{
	if (instance->vr.state == VR_MASTER && (order == VR_GROUP_BACKUP || order == VR_GROUP_BLOCK))
		batch_withdraw(engine, instance);
}

static void obey(struct engine *engine, struct sync_group *group, mono_t now)
{
	struct vr_event event = {.type = VR_EVENT_GROUP};

	for (unsigned round = 0; round < SYNC_GROUP_ROUNDS; round++) {
		if (!sync_group_decide(group->machines, group->count, group->decisions))
			return;
		for (size_t i = 0; i < group->count; i++) {
			event.group = group->decisions[i];
			if (event.group.order == VR_GROUP_NOTHING)
				continue;
			hush(engine, group->members[i], event.group.order);
			instance_input(engine, group->members[i], &event, now);
		}
	}
}

static void note_state(struct sync_group *group, mono_t now)
{
	size_t culprit;
	const char *state = sync_group_state_name(group->machines, group->count, &culprit);

	if (group->state != NULL && strcmp(group->state, state) == 0)
		return;
	group->state = state;
	group->since = now;
}

void sync_groups_decide(struct engine *engine, mono_t now)
{
	if (!engine->started || engine->reloading || (engine->sync_groups_stale && !sync_groups_rebuild(engine)))
		return;
	for (struct sync_group *group = engine->sync_groups; group; group = group->next) {
		if (!group->changed)
			continue;
		/* At a stop every member hands over by itself. */
		if (!engine->stopping)
			obey(engine, group, now);
		note_state(group, now);
		group->changed = false;
	}
}

void sync_groups_archive(struct archive *archive, struct engine *engine)
{
	struct sync_group *group = engine->sync_groups;
	size_t count = 0;

	for (const struct sync_group *each = group; each; each = each->next)
		count++;
	archive_size(archive, &count);
	for (size_t i = 0; i < count && !archive->failed; i++) {
		struct archive_section section = archive_begin(archive, SAVED_ITEM);
		char name[SAVED_NAME_SIZE];

		saved_name(archive, name, group != NULL ? group->name : "");
		if (!archive->writing)
			group = find(engine->sync_groups, name);
		if (group == NULL) {
			archive->failed = true;
			return;
		}
		ARCHIVE_ENUM(archive, group->notified, NOTIFY_STATE_DELETED);
		archive_time(archive, &group->since);
		archive_end(archive, &section);
		group = group->next;
	}
}

void sync_groups_resume(struct engine *engine)
{
	size_t culprit;

	for (struct sync_group *group = engine->sync_groups; group; group = group->next) {
		group->state = sync_group_state_name(group->machines, group->count, &culprit);
		group->told = group->state;
	}
}

static bool speaks_of_siblings(const struct vr_record *record)
{
	return record->code == VR_RECORD_GROUP_GIVEN_UP || record->code == VR_RECORD_GROUP_JOINED ||
	       record->code == VR_RECORD_GROUP_YIELDED;
}

/* The member that has a reason of its own for what all do. */
static const struct instance *speaker(const struct sync_group *group)
{
	struct vr_record cause;
	size_t culprit;

	sync_group_state_name(group->machines, group->count, &culprit);
	if (culprit < group->count)
		return group->members[culprit];
	for (size_t i = 0; i < group->count; i++)
		if (history_cause(&group->members[i]->history, &cause) && !speaks_of_siblings(&cause))
			return group->members[i];
	return group->members[0];
}

/* "VI_2: eth1 is down or without carrier" */
static void put_reason(struct text *text, const struct instance *instance)
{
	const struct vr *vr = &instance->vr;
	uint32_t own = vr->blockers & ~(uint32_t)VR_BLOCKER_SYNC_GROUP;
	struct vr_record cause;

	text_str(text, instance->config->name);
	text_str(text, ": ");
	if (own != 0 || !history_cause(&instance->history, &cause))
		vr_blockers_text(text, own, vr->blocking_track, vr_track_value(vr, vr->blocking_track), vr_blocking_sibling(vr),
			instance->config);
	else
		vr_record_text(text, &cause, instance->config);
}

/* "; INSIDE could be master, but OUTSIDE hears 10.0.0.1": when adverts are lost on one side, that is all there is to see. */
static void put_waiting(struct text *text, const struct sync_group *group)
{
	const struct instance *ready = NULL, *other = NULL;

	for (size_t i = 0; i < group->count; i++) {
		const struct vr *vr = group->machines[i];

		if (vr->state != VR_BACKUP)
			return;
		if (vr->agrees)
			ready = ready != NULL ? ready : group->members[i];
		else
			other = other != NULL ? other : group->members[i];
	}
	if (ready == NULL || other == NULL)
		return;
	text_str(text, "; ");
	text_str(text, ready->config->name);
	text_str(text, " could be master, but ");
	text_str(text, other->config->name);
	text_str(text, ip_is_set(&other->vr.peer.address) ? " hears " : " still listens");
	if (ip_is_set(&other->vr.peer.address))
		text_ip(text, &other->vr.peer.address);
}

static void tell_state(struct engine *engine, struct sync_group *group)
{
	char buffer[512];
	struct text line, text;
	struct json_out json;

	text_init(&text, buffer, sizeof(buffer));
	put_reason(&text, speaker(group));
	text_init(&line, engine->line, sizeof(engine->line));
	json_out_begin(&json, &line);
	json_out_object(&json, NULL);
	json_out_string(&json, "group", group->name);
	json_out_mono(&json, "at", group->since);
	json_out_string(&json, "code", "group-state");
	json_out_string(&json, "from", group->told != NULL ? group->told : "INIT");
	json_out_string(&json, "to", group->state);
	json_out_string(&json, "text", buffer);
	json_out_end(&json);
	tell_front(engine, ENGINE_TELL_EVENT, &line);
	group->told = group->state;
}

bool sync_group_waits(const struct engine *engine, const struct sync_group *group)
{
	bool blocked = false;

	for (size_t i = 0; i < group->count; i++) {
		const struct instance *member = group->members[i];

		blocked |= member->vr.state == VR_INITIALIZE;
		if (member->vr.state == VR_INITIALIZE && !notify_waits(engine, member))
			return false;
	}
	return blocked;
}

void sync_groups_notify(const struct engine *engine, bool again)
{
	for (struct sync_group *group = engine->sync_groups; group; group = group->next)
		if (group->notified != NOTIFY_STATE_NONE || !sync_group_waits(engine, group))
			notify_group(engine, group->name, group->state, &group->notified, again);
}

void sync_groups_tell(struct engine *engine)
{
	for (struct sync_group *group = engine->sync_groups; group; group = group->next)
		if (group->state != NULL && (group->told == NULL || strcmp(group->told, group->state) != 0))
			tell_state(engine, group);
}

static void write_group(struct json_out *json, const struct sync_group *group)
{
	const struct instance *because = speaker(group);
	char buffer[512];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	put_reason(&text, because);
	put_waiting(&text, group);
	json_out_object(json, NULL);
	json_out_string(json, "name", group->name);
	json_out_string(json, "state", group->state != NULL ? group->state : "INIT");
	json_out_mono(json, "since", group->since);
	json_out_array(json, "members");
	for (size_t i = 0; i < group->count; i++)
		json_out_string(json, NULL, group->members[i]->config->name);
	json_out_end(json);
	json_out_string(json, "because", because->config->name);
	json_out_string(json, "text", buffer);
	json_out_end(json);
}

/* Room for its members and the rest of the line. */
static bool fits(const struct json_out *json, const struct sync_group *group)
{
	size_t needed = 4000;

	for (size_t i = 0; i < group->count; i++)
		needed += 8 + 6 * strlen(group->members[i]->config->name);
	return json->text->size - json->text->length > needed;
}

void sync_groups_write(struct json_out *json, const struct engine *engine)
{
	size_t omitted = 0;

	json_out_array(json, "sync_groups");
	for (const struct sync_group *group = engine->sync_groups; group; group = group->next)
		if (fits(json, group))
			write_group(json, group);
		else
			omitted++;
	json_out_end(json);
	if (omitted > 0)
		json_out_u64(json, "sync_groups_omitted", omitted);
}
