/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tracked objects to effective priority, and in words. */
#include "core/track.h"

#include <string.h>

int64_t track_adds(const struct tracked_object *object, struct track_value value)
{
	int64_t adds = 0;

	if (object->kind == TRACK_FILE)
		adds = value.state == TRACK_UP ? (int64_t)value.value * object->weight : 0;
	else if (object->weight > 0 ? value.state == TRACK_UP : track_is_down(value))
		adds = object->weight;
	return object->reverse ? -adds : adds;
}

static bool file_fails(const struct tracked_object *object, struct track_value value)
{
	if (value.state != TRACK_UP)
		return true;
	if (object->weight == 0)
		return (value.value != 0) != object->reverse;
	return track_adds(object, value) <= TRACK_FILE_FAILURE;
}

bool track_fails(const struct tracked_object *object, struct track_value value)
{
	if (object->kind == TRACK_FILE)
		return file_fails(object, value);
	if (object->weight != 0)
		return false;
	return value.state == TRACK_UNKNOWN || (value.state == TRACK_UP) == object->reverse;
}

struct track_result track_evaluate(const struct vr_config *config, const struct track_value *values)
{
	struct track_result result = {.priority = config->priority};
	int64_t priority = config->priority;

	for (size_t i = 0; i < config->extra->tracked_count; i++) {
		const struct tracked_object *object = &config->extra->tracked[i];

		if (!result.fault && track_fails(object, values[i])) {
			result.fault = true;
			result.fault_index = i;
		}
		priority += track_adds(object, values[i]);
	}
	if (config->priority == VR_PRIORITY_OWNER)
		return result;
	if (priority < 1)
		priority = 1;
	if (priority > VR_PRIORITY_OWNER - 1)
		priority = VR_PRIORITY_OWNER - 1;
	result.priority = (uint8_t)priority;
	return result;
}

struct track_value track_begin(enum track_kind kind)
{
	return (struct track_value){.state = kind == TRACK_INTERFACE ? TRACK_DOWN : TRACK_UNKNOWN};
}

static const char *const kind_names[TRACK_KIND_COUNT] = {
	[TRACK_INTERFACE] = "interface",
	[TRACK_SCRIPT] = "script",
	[TRACK_FILE] = "file",
	[TRACK_PROCESS] = "process",
	[TRACK_BFD] = "bfd",
};

static const char *const state_names[] = {
	[TRACK_UNKNOWN] = "unknown",
	[TRACK_UP] = "up",
	[TRACK_DOWN] = "down",
	[TRACK_UNPROVEN] = "unproven",
};

#define STATE_COUNT (sizeof(state_names) / sizeof(state_names[0]))

const char *track_kind_name(enum track_kind kind)
{
	return kind_names[kind];
}

const char *track_state_name(enum track_state state)
{
	return state_names[state];
}

bool track_kind_from_name(const char *name, enum track_kind *kind)
{
	for (size_t i = 0; i < TRACK_KIND_COUNT; i++)
		if (strcmp(kind_names[i], name) == 0) {
			*kind = (enum track_kind)i;
			return true;
		}
	return false;
}

bool track_state_from_name(const char *name, enum track_state *state)
{
	for (size_t i = 0; i < STATE_COUNT; i++)
		if (strcmp(state_names[i], name) == 0) {
			*state = (enum track_state)i;
			return true;
		}
	return false;
}

static void file_text(struct text *text, struct track_value value)
{
	switch (value.state) {
	case TRACK_UNKNOWN:
		text_str(text, " was not read yet");
		break;
	case TRACK_UP:
		text_str(text, " holds ");
		text_i64(text, value.value);
		break;
	case TRACK_DOWN:
	case TRACK_UNPROVEN:
		text_str(text, " cannot be read");
		break;
	}
}

/* By kind: before and after the name; what it does when it is unknown, up and down. */
static const struct {
	const char *before;
	const char *after;
	const char *does[TRACK_DOWN + 1];
} words[TRACK_KIND_COUNT] = {
	[TRACK_INTERFACE] = {"", " (tracked)", {" is down", " is up", " is down"}},
	[TRACK_SCRIPT] = {"script ", "", {" has no result yet", " succeeds", " fails"}},
	[TRACK_FILE] = {"file ", "", {"", "", ""}},
	[TRACK_PROCESS] = {"process ", "", {" was not looked for yet", " runs", " does not run as it should"}},
	[TRACK_BFD] = {"BFD session ", "", {" has no state yet", " is up", " is down"}},
};

void track_text(struct text *text, const struct tracked_object *object, struct track_value value)
{
	bool interface = object->kind == TRACK_INTERFACE;

	text_str(text, words[object->kind].before);
	text_str(text, object->name);
	if (object->reverse)
		text_str(text, interface ? " (tracked, reverse)" : " (reverse)");
	else
		text_str(text, words[object->kind].after);
	if (object->kind == TRACK_FILE)
		file_text(text, value);
	else if (interface && value.state == TRACK_UNPROVEN)
		text_str(text, " has carrier, but is not believed yet");
	else
		text_str(text, words[object->kind].does[track_is_down(value) ? TRACK_DOWN : value.state]);
}
