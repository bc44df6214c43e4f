/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of tracked objects, for the engine. The newest state of each is kept, so that one that found no room, or that a
 * new engine has not heard, can be said later.
 */
#include <stdlib.h>
#include <string.h>

#include "linux/channel.h"
#include "runner/runner.h"

struct object {
	struct object *next;
	enum track_kind kind;
	enum track_state state;
	int32_t value;
	bool unsaid;
	char name[MESSAGE_NAME_SIZE];
};

const char *track_word_of(enum track_state state)
{
	switch (state) {
	case TRACK_UNKNOWN:
	case TRACK_UNPROVEN: /* an interface alone */
		break;
	case TRACK_UP:
		return "up";
	case TRACK_DOWN:
		return "down";
	}
	return "unknown";
}

static struct object **find(struct runner *runner, enum track_kind kind, const char *name)
{
	struct object **place = &runner->objects;

	while (*place && ((*place)->kind != kind || strcmp((*place)->name, name) != 0))
		place = &(*place)->next;
	return place;
}

static void tell(struct runner *runner, struct object *object)
{
	struct message_object message = {
		.kind = (uint8_t)object->kind, .state = (uint8_t)object->state, .value = object->value};

	object->unsaid = true;
	runner->objects_unsaid = true;
	if (runner->engine.fd < 0)
		return;
	strcpy(message.name, object->name);
	object->unsaid = channel_send(runner->engine.fd, MESSAGE_OBJECT, &message, sizeof(message), -1) != 0;
}

void object_set(struct runner *runner, enum track_kind kind, const char *name, enum track_state state, int32_t value)
{
	struct object **place = find(runner, kind, name);
	struct object *object = *place;

	if (object && object->state == state && object->value == value)
		return;
	if (!object) {
		object = calloc(1, sizeof(*object));
		if (!object || strlen(name) >= sizeof(object->name)) {
			free(object);
			return;
		}
		object->kind = kind;
		strcpy(object->name, name);
		*place = object;
	}
	object->state = state;
	object->value = value;
	tell(runner, object);
}

void object_forget(struct runner *runner, enum track_kind kind, const char *name)
{
	struct object **place = find(runner, kind, name);
	struct object *object = *place;

	if (!object)
		return;
	*place = object->next;
	free(object);
}

void objects_tell(struct runner *runner, bool unsaid_only)
{
	if (unsaid_only && !runner->objects_unsaid)
		return;
	runner->objects_unsaid = false;
	for (struct object *object = runner->objects; object; object = object->next)
		if (object->unsaid || !unsaid_only)
			tell(runner, object);
	if (runner->engine.fd < 0)
		return;
	runner->objects_unsaid = false;
	for (const struct object *object = runner->objects; object; object = object->next)
		runner->objects_unsaid |= object->unsaid;
}

void objects_free(struct runner *runner)
{
	while (runner->objects) {
		struct object *next = runner->objects->next;

		free(runner->objects);
		runner->objects = next;
	}
}
