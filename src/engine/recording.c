/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recording of traces. A replay starts every virtual router at its beginning, so a trace can only begin with the engine:
 * switching on later is refused with a line that says so, switching off ends the trace.
 */
#include <stdlib.h>

#include "base/text.h"
#include "engine/state.h"
#include "engine/trace.h"

bool tell_front(struct engine *engine, enum engine_tell kind, const struct text *line)
{
	return engine->port->tell(engine->port->user, (uint16_t)kind, line->start, line->length);
}

void tell_of_all(struct engine *engine, const char *code, const char *sentence, mono_t now)
{
	struct text line;
	struct json_out json;

	text_init(&line, engine->line, sizeof(engine->line));
	json_out_begin(&json, &line);
	json_out_object(&json, NULL);
	json_out_null(&json, "vr");
	json_out_mono(&json, "at", now);
	json_out_string(&json, "code", code);
	json_out_string(&json, "text", sentence);
	json_out_end(&json);
	tell_front(engine, ENGINE_TELL_EVENT, &line);
}

/* One virtual router alone that is too much for a line gets a buffer of its own. */
static bool write_large(struct engine *engine, const char *config, size_t length)
{
	size_t size = 6 * length + LINE_SIZE;
	char *buffer = malloc(size);
	struct text line;

	if (buffer == NULL)
		return false;
	text_init(&line, buffer, size);
	trace_write_header(&line, engine->options.trace_name, config);
	tell_front(engine, ENGINE_TELL_TRACE, &line);
	free(buffer);
	return true;
}

/* Of each group those members that are in this part: a header must be a configuration by itself. */
struct part_groups {
	struct sync_group_config *groups;
	const char **members; /* of one group behind those of another */
};

static void list_members(const struct conf *part, struct sync_group_config *group, const char **members)
{
	group->members = members;
	group->member_count = 0;
	for (size_t i = 0; i < part->instance_count; i++)
		if (string_equal(part->instances[i].vr.extra->sync_group, group->name))
			members[group->member_count++] = part->instances[i].vr.name;
}

static bool cut_groups(struct conf *part, struct part_groups *cut)
{
	const struct sync_group_config *all = part->sync_groups;
	size_t count = part->sync_group_count, used = 0;

	cut->groups = calloc(count + 1, sizeof(*cut->groups));
	cut->members = calloc(part->instance_count + 1, sizeof(*cut->members));
	if (cut->groups == NULL || cut->members == NULL)
		return false;
	part->sync_groups = cut->groups;
	part->sync_group_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct sync_group_config *group = &cut->groups[part->sync_group_count];

		*group = all[i];
		list_members(part, group, &cut->members[used]);
		used += group->member_count;
		if (group->member_count > 0)
			part->sync_group_count++;
	}
	return true;
}

static char *print_part(const struct engine *engine, size_t first, size_t count, size_t *length)
{
	struct conf part = *engine->conf;
	struct part_groups cut;
	char *config = NULL;

	part.instances = &engine->conf->instances[first];
	part.instance_count = count;
	if (part.instance_extras != NULL)
		part.instance_extras += first;
	if (cut_groups(&part, &cut))
		config = conf_print_alloc(&part, CONF_SECRETS_MASKED, length);
	free(cut.groups);
	free((void *)cut.members);
	return config;
}

/* The header of some of the virtual routers; more than fit into a line are halved. */
static bool write_part(struct engine *engine, size_t first, size_t count)
{
	size_t length = 0;
	char *config = print_part(engine, first, count, &length);
	struct text line;
	bool written = true;

	if (config == NULL)
		return false;
	text_init(&line, engine->line, sizeof(engine->line));
	trace_write_header(&line, engine->options.trace_name, config);
	if (!line.overflow)
		tell_front(engine, ENGINE_TELL_TRACE, &line);
	else if (count > 1)
		written = write_part(engine, first, count / 2) &&
			  write_part(engine, first + count / 2, count - count / 2);
	else
		written = write_large(engine, config, length);
	free(config);
	return written;
}

void recording_header(struct engine *engine)
{
	/* Without its header a trace is worth nothing. */
	if (!write_part(engine, 0, engine->conf->instance_count))
		engine->recording = false;
}

void recording_begin(struct engine *engine, const struct instance *instance, mono_t now)
{
	struct text line;

	text_init(&line, engine->line, sizeof(engine->line));
	trace_write_begin(&line, &instance->vr, now);
	tell_front(engine, ENGINE_TELL_TRACE, &line);
}

void engine_record(struct engine *engine, bool on, mono_t now)
{
	if (!on || engine->recording) {
		engine->recording = engine->recording && on;
		return;
	}
	if (!engine->started) {
		engine->recording = true;
		return;
	}
	tell_of_all(
		engine, "recording-refused", "a trace can only begin with the engine: start vigiad with --record", now);
}
