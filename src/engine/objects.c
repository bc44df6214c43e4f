/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/objects.h"

#include <stdlib.h>
#include <string.h>

#include "engine/state.h"

bool trackers_add(struct trackers *trackers, struct instance *instance, size_t index)
{
	if (trackers->count == trackers->capacity) {
		size_t capacity = trackers->capacity > 0 ? 2 * trackers->capacity : 4;
		struct tracker *list = realloc(trackers->list, capacity * sizeof(*list));

		if (list == NULL)
			return false;
		trackers->list = list;
		trackers->capacity = capacity;
	}
	trackers->list[trackers->count++] = (struct tracker){.instance = instance, .index = index};
	return true;
}

bool objects_init(struct objects *objects)
{
	objects->list = NULL;
	return hash_init(&objects->by_name);
}

static void object_free(struct objects *objects, struct object *object)
{
	hash_remove(&objects->by_name, &object->node);
	free(object->trackers.list);
	free(object->name);
	free(object);
}

void objects_free(struct objects *objects)
{
	while (objects->list != NULL) {
		struct object *object = objects->list;

		objects->list = object->next;
		object_free(objects, object);
	}
	hash_free(&objects->by_name);
}

static uint64_t name_value(enum track_kind kind, const char *name)
{
	return hash_bytes(hash_number(HASH_START, kind), name, strlen(name));
}

static struct object *object_find(const struct objects *objects, enum track_kind kind, const char *name)
{
	for (struct hash_node *node = hash_first(&objects->by_name, name_value(kind, name)); node;
		node = hash_next(node)) {
		struct object *object = (struct object *)(void *)((char *)node - offsetof(struct object, node));

		if (object->kind == kind && strcmp(object->name, name) == 0)
			return object;
	}
	return NULL;
}

/* Finds it or makes it; NULL without memory. */
static struct object *object_get(struct objects *objects, enum track_kind kind, const char *name)
{
	struct object *object = object_find(objects, kind, name);

	if (object != NULL)
		return object;
	object = calloc(1, sizeof(*object));
	if (object == NULL)
		return NULL;
	object->name = strdup(name);
	if (object->name == NULL) {
		free(object);
		return NULL;
	}
	object->kind = kind;
	object->value = track_begin(kind);
	hash_insert(&objects->by_name, &object->node, name_value(kind, name));
	object->next = objects->list;
	objects->list = object;
	return object;
}

/* Unless something else is known. false: no memory. */
static bool presume_down(struct engine *engine, enum track_kind kind, const char *name)
{
	struct object *object = object_get(&engine->objects, kind, name);

	if (object != NULL && object->value.state == TRACK_UNKNOWN)
		object->value.state = TRACK_DOWN;
	return object != NULL;
}

bool objects_prepare(struct engine *engine, const struct conf *conf)
{
	bool complete = true;

	for (size_t i = 0; i < conf->script_count; i++)
		if (conf->scripts[i].init_fail)
			complete = presume_down(engine, TRACK_SCRIPT, conf->scripts[i].name) && complete;
	for (size_t i = 0; engine->options.no_bfd && i < conf->bfd_count; i++)
		complete = presume_down(engine, TRACK_BFD, conf->bfd[i].name) && complete;
	return complete;
}

void objects_drop_untracked(struct engine *engine)
{
	struct objects *objects = &engine->objects;
	struct object **at = &objects->list;

	while (*at != NULL) {
		struct object *object = *at;

		if (object->trackers.count > 0 ||
			(object->kind == TRACK_INTERFACE && conf_polls_link(engine->conf, object->name))) {
			at = &object->next;
			continue;
		}
		*at = object->next;
		object_free(objects, object);
	}
}

static bool add_trackers(struct objects *objects, struct instance *instance)
{
	bool complete = true;

	for (size_t i = 0; i < instance->config->extra->tracked_count; i++) {
		const struct tracked_object *tracked = &instance->config->extra->tracked[i];
		struct object *object;

		if (tracked->kind == TRACK_INTERFACE)
			continue;
		object = object_get(objects, tracked->kind, tracked->name);
		complete = object != NULL && trackers_add(&object->trackers, instance, i) && complete;
	}
	return complete;
}

bool objects_rebuild(struct engine *engine)
{
	bool complete = true;

	for (struct object *object = engine->objects.list; object; object = object->next)
		object->trackers.count = 0;
	for (size_t i = 0; i < engine->instance_count; i++)
		complete = add_trackers(&engine->objects, engine->instances[i]) && complete;
	return complete;
}

struct track_value object_value(const struct engine *engine, const struct tracked_object *tracked)
{
	const struct object *object = object_find(&engine->objects, tracked->kind, tracked->name);

	return object != NULL ? object->value : track_begin(tracked->kind);
}

bool object_known(
	const struct engine *engine, enum track_kind kind, const char *name, struct track_value *value)
{
	const struct object *object = object_find(&engine->objects, kind, name);

	if (object != NULL)
		*value = object->value;
	return object != NULL;
}

static void tell(struct engine *engine, const struct object *object, mono_t now)
{
	struct vr_event event = {.type = VR_EVENT_TRACK, .track_value = object->value};

	for (size_t i = 0; i < object->trackers.count; i++) {
		struct instance *instance = object->trackers.list[i].instance;

		event.track_index = object->trackers.list[i].index;
		if (instance->started && !instance->gone &&
			!track_value_equal(instance->vr.track_values[event.track_index], event.track_value))
			instance_input(engine, instance, &event, now);
	}
}

void object_set(struct engine *engine, enum track_kind kind, const char *name, struct track_value value)
{
	struct object *object = object_get(&engine->objects, kind, name);

	if (object != NULL)
		object->value = value;
}

void object_report(struct engine *engine, enum track_kind kind, const char *name, struct track_value value, mono_t now)
{
	struct object *object;

	if (kind >= TRACK_KIND_COUNT || (value.state != TRACK_UP && value.state != TRACK_DOWN))
		return;
	object = object_get(&engine->objects, kind, name);
	if (object == NULL)
		return;
	if (kind != TRACK_FILE)
		value.value = 0;
	object->value = value;
	if (kind == TRACK_INTERFACE)
		interface_poll_reported(engine, name, now);
	else
		tell(engine, object, now);
}

void engine_object(struct engine *engine, enum track_kind kind, const char *name, enum track_state state, int32_t value,
	mono_t now)
{
	object_report(engine, kind, name, (struct track_value){.state = state, .value = value}, now);
	turn_end(engine, now);
}
