/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recording of traces. A replay starts every virtual router at its beginning, so a trace can only begin with the engine:
 * switching on later is refused with a line that says so, switching off ends the trace.
 */
#include <stdlib.h>

#include "engine/state.h"
#include "engine/trace.h"

void tell_front(struct engine *engine, enum engine_tell kind, const struct text *line)
{
	engine->port->tell(engine->port->user, (uint16_t)kind, line->start, line->length);
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

/* The header of some of the virtual routers; more than fit into a line are halved. */
static bool write_part(struct engine *engine, size_t first, size_t count)
{
	struct conf part = *engine->conf;
	size_t length = 0;
	char *config;
	struct text line;
	bool written = true;

	part.instances = &engine->conf->instances[first];
	part.instance_count = count;
	if (count < engine->conf->instance_count)
		part.sync_group_count = 0; /* their members may be in another part */
	config = conf_print_alloc(&part, CONF_SECRETS_MASKED, &length);
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
	struct text line;
	struct json_out json;

	if (!on || engine->recording) {
		engine->recording = engine->recording && on;
		return;
	}
	if (!engine->started) {
		engine->recording = true;
		return;
	}
	text_init(&line, engine->line, sizeof(engine->line));
	json_out_begin(&json, &line);
	json_out_object(&json, NULL);
	json_out_null(&json, "vr");
	json_out_mono(&json, "at", now);
	json_out_string(&json, "code", "recording-refused");
	json_out_string(&json, "text", "a trace can only begin with the engine: start vigiad with --record");
	json_out_end(&json);
	tell_front(engine, ENGINE_TELL_EVENT, &line);
}
