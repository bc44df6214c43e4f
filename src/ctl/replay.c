/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vigia replay`: feeds the events of a trace to the core, and compares what it does now with what it did then, line by
 * line as text. A bug that was seen in the field is closed by adding its trace to the tests.
 */
#include "ctl/command.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "ctl/trace_read.h"
#include "engine/trace.h"

#define ANSWER_SIZE 65536 /* VR_ACTIONS_MAX actions and more */

/* Virtual routers point into configurations, so all of a trace are kept to the end. */
struct kept_config {
	struct conf_result result;
	struct kept_config *next;
};

struct kept_router {
	struct vr vr;
	struct vr_rare rare; /* of vr */
	struct track_value *track_values;
	struct kept_router *next;
};

struct replay {
	const char *path;
	unsigned long line_number;
	struct trace_line line;
	struct kept_config *configs; /* the last header's first */
	struct kept_router *routers;
	struct kept_router *answering; /* the next line must be its actions */
	unsigned long event_line;
	unsigned long events;
	unsigned long begun;
	char answer[ANSWER_SIZE]; /* what the core does now */
};

static const char help[] =
	"usage: vigia replay FILE\n"
	"\n"
	"Feeds the events of a trace (vigiad --record FILE) to the virtual routers of this version, and\n"
	"reports the first difference to what they did when it was recorded.\n"
	"\n"
	"Exit status: 0 no difference; 1 a difference, or the trace cannot be read; 2 wrong usage;\n"
	"4 the trace has a gap or is cut short: no difference up to there.\n";

__attribute__((format(printf, 2, 3))) static enum command_exit fail(
	const struct replay *replay, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "vigia replay: %s:%lu: ", replay->path, replay->line_number);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return COMMAND_FAILED;
}

static bool is_of_last_header(const struct replay *replay, const struct vr_config *config)
{
	const struct conf *conf = replay->configs->result.conf;

	for (size_t i = 0; i < conf->instance_count; i++) {
		if (&conf->instances[i].vr == config)
			return true;
	}
	return false;
}

/* A router that a reload removed may have had the name that another one has now: the newest configuration wins. */
static struct kept_router *find_router(const struct replay *replay, const char *name)
{
	struct kept_router *found = NULL;

	for (struct kept_router *router = replay->routers; router != NULL; router = router->next) {
		if (strcmp(router->vr.config->name, name) != 0)
			continue;
		if (is_of_last_header(replay, router->vr.config))
			return router;
		if (found == NULL)
			found = router;
	}
	return found;
}

static bool same_identity(const struct vr_config *a, const struct vr_config *b)
{
	return string_equal(a->interface, b->interface) && a->family == b->family && a->vrid == b->vrid;
}

/* By what a reload keeps, since it may change names, or even swap them. */
static struct kept_router *find_same_router(
	const struct replay *replay, const struct vr_config *config, const char *was)
{
	struct kept_router *router = replay->routers;

	while (router != NULL &&
		!(same_identity(router->vr.config, config) && strcmp(router->vr.config->name, was) == 0))
		router = router->next;
	return router;
}

static const struct vr_config *find_config(const struct replay *replay, const char *name)
{
	/* A large configuration is spread over several headers. */
	for (const struct kept_config *kept = replay->configs; kept != NULL; kept = kept->next) {
		const struct conf *conf = kept->result.conf;

		for (size_t i = 0; i < conf->instance_count; i++)
			if (strcmp(conf->instances[i].vr.name, name) == 0)
				return &conf->instances[i].vr;
	}
	return NULL;
}

static enum command_exit take_header(struct replay *replay)
{
	struct kept_config *kept = calloc(1, sizeof(*kept));
	const char *text = replay->line.config;

	if (kept == NULL)
		return fail(replay, "no memory");
	kept->next = replay->configs;
	replay->configs = kept;
	conf_load_text(text, strlen(text), "configuration in the trace", &conf_files_system, &kept->result);
	if (kept->result.conf != NULL)
		return COMMAND_OK;
	conf_messages_print(&kept->result, stderr);
	return fail(replay, "the configuration of this header cannot be used");
}

static enum command_exit no_such_config(const struct replay *replay)
{
	return fail(
		replay, "no virtual router \"%s\" in the configuration of the last header", replay->line.vr);
}

static enum command_exit take_begin(struct replay *replay)
{
	const struct vr_config *config = find_config(replay, replay->line.vr);
	struct kept_router *router;

	if (config == NULL)
		return no_such_config(replay);
	router = calloc(1, sizeof(*router));
	if (router == NULL)
		return fail(replay, "no memory");
	/* In front: it hides an older one of the same name. */
	router->next = replay->routers;
	replay->routers = router;
	router->track_values = calloc(config->extra->tracked_count + 1, sizeof(*router->track_values));
	if (router->track_values == NULL)
		return fail(replay, "no memory");
	for (size_t i = 0; i < config->extra->tracked_count; i++)
		router->track_values[i] = track_begin(config->extra->tracked[i].kind);
	vr_init(&router->vr, config, router->track_values, replay->line.at);
	router->rare = (struct vr_rare){0};
	vr_lend(&router->vr, &router->rare);
	replay->begun++;
	return COMMAND_OK;
}

static enum command_exit feed(struct replay *replay, struct kept_router *router)
{
	struct trace_line *line = &replay->line;
	struct actions actions;
	struct text text;

	vr_input(&router->vr, &line->event, line->at, &actions);
	if (line->event.type == VR_EVENT_CONFIG) {
		free(router->track_values);
		router->track_values = line->tracks;
		line->tracks = NULL;
	}
	text_init(&text, replay->answer, sizeof(replay->answer));
	trace_write_actions(&text, &router->vr, &actions, line->at);
	if (text.overflow)
		return fail(replay, "the answer to this event is longer than %d octets", ANSWER_SIZE);
	replay->answering = router;
	replay->event_line = replay->line_number;
	replay->events++;
	return COMMAND_OK;
}

static enum command_exit take_config_event(struct replay *replay)
{
	struct trace_line *line = &replay->line;
	const struct vr_config *config = find_config(replay, line->vr);
	struct kept_router *router;

	if (config == NULL)
		return no_such_config(replay);
	router = find_same_router(replay, config, line->was);
	if (router == NULL)
		return fail(replay,
			"\"%s\" has not the interface, family and VRID of \"%s\": it is another router, "
			"which begins",
			line->vr, line->was);
	if (line->track_count != config->extra->tracked_count)
		return fail(replay, "%zu states in \"tracks\", but \"%s\" tracks %zu objects",
			line->track_count, line->vr, config->extra->tracked_count);
	line->event.config = config;
	line->event.track_values = line->tracks;
	return feed(replay, router);
}

static enum command_exit take_event(struct replay *replay)
{
	const struct trace_line *line = &replay->line;
	struct kept_router *router;

	if (line->event.type == VR_EVENT_CONFIG)
		return take_config_event(replay);
	router = replay->routers != NULL ? find_router(replay, line->vr) : NULL;
	if (router == NULL)
		return fail(replay, "the virtual router \"%s\" has not begun", line->vr);
	if (line->event.type == VR_EVENT_TRACK &&
		line->event.track_index >= router->vr.config->extra->tracked_count)
		return fail(replay, "\"index\" %zu, but \"%s\" tracks %zu objects", line->event.track_index,
			line->vr, router->vr.config->extra->tracked_count);
	return feed(replay, router);
}

static enum command_exit compare(struct replay *replay, const char *recorded)
{
	size_t column = 0;

	if (replay->answering == NULL)
		return fail(replay, "actions without an event in the line before them");
	replay->answering = NULL;
	if (strcmp(recorded, replay->answer) == 0)
		return COMMAND_OK;
	while (recorded[column] != '\0' && recorded[column] == replay->answer[column])
		column++;
	fail(replay, "the answer to the event of line %lu differs from column %zu on", replay->event_line,
		column + 1);
	fprintf(stderr, "  recorded: %s\n  now:      %s\n", recorded, replay->answer);
	return COMMAND_FAILED;
}

static enum command_exit take_line(struct replay *replay, const char *text)
{
	const struct trace_line *line = &replay->line;

	if (replay->answering != NULL && line->kind != TRACE_ACTIONS && line->kind != TRACE_DROPPED)
		return fail(replay, "the actions that answer the event of line %lu must stand here",
			replay->event_line);
	switch (line->kind) {
	case TRACE_HEADER:
		return take_header(replay);
	case TRACE_BEGIN:
		return take_begin(replay);
	case TRACE_EVENT:
		return take_event(replay);
	case TRACE_ACTIONS:
		return compare(replay, text);
	case TRACE_DROPPED:
		fail(replay, "%" PRIu64 " %s lost when this was recorded; no difference up to here",
			line->dropped, line->dropped == 1 ? "line was" : "lines were");
		return COMMAND_INCOMPLETE;
	}
	return COMMAND_FAILED;
}

/* The last line of a recorder that was killed may be half a line. */
static enum command_exit replay_line(struct replay *replay, char *text, size_t length)
{
	bool whole = length > 0 && text[length - 1] == '\n';
	enum command_exit status;

	if (whole)
		text[--length] = '\0';
	replay->line_number++;
	if (trace_line_read(text, length, &replay->line)) {
		status = take_line(replay, text);
	} else if (whole) {
		status = fail(replay, "%s", replay->line.problem);
	} else {
		fail(replay, "the trace ends in the middle of a line; no difference up to here");
		status = COMMAND_INCOMPLETE;
	}
	trace_line_free(&replay->line);
	return status;
}

static enum command_exit finish(struct replay *replay)
{
	if (replay->line_number == 0 || replay->begun == 0)
		return fail(replay, "no virtual router begins in this trace: nothing was compared");
	if (replay->answering != NULL) {
		fail(replay, "the trace ends before the actions of its last event; no difference up to here");
		return COMMAND_INCOMPLETE;
	}
	printf("%s: %lu events of %lu virtual router%s, no difference\n", replay->path, replay->events,
		replay->begun, replay->begun == 1 ? "" : "s");
	return COMMAND_OK;
}

static enum command_exit replay_file(struct replay *replay)
{
	FILE *file = fopen(replay->path, "re");
	enum command_exit status = COMMAND_OK;
	char *text = NULL;
	size_t size = 0;
	ssize_t length;

	if (file == NULL) {
		fprintf(stderr, "vigia replay: %s: %s\n", replay->path, strerror(errno));
		return COMMAND_FAILED;
	}
	errno = 0;
	while (status == COMMAND_OK && (length = getline(&text, &size, file)) > 0)
		status = replay_line(replay, text, (size_t)length);
	if (status == COMMAND_OK && ferror(file))
		status = fail(replay, "%s", strerror(errno));
	if (status == COMMAND_OK)
		status = finish(replay);
	free(text);
	fclose(file);
	return status;
}

static void release(struct replay *replay)
{
	while (replay->routers != NULL) {
		struct kept_router *router = replay->routers;

		replay->routers = router->next;
		free(router->track_values);
		free(router);
	}
	while (replay->configs != NULL) {
		struct kept_config *kept = replay->configs;

		replay->configs = kept->next;
		conf_result_free(&kept->result);
		free(kept);
	}
	free(replay);
}

int command_replay(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};
	struct replay *replay;
	enum command_exit status;
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option != 'h')
			return COMMAND_USAGE;
		fputs(help, stdout);
		return COMMAND_OK;
	}
	if (optind != argc - 1) {
		fputs("vigia replay: needs one trace file\n", stderr);
		fputs(help, stderr);
		return COMMAND_USAGE;
	}
	replay = calloc(1, sizeof(*replay));
	if (replay == NULL) {
		fputs("vigia replay: no memory\n", stderr);
		return COMMAND_FAILED;
	}
	replay->path = argv[optind];
	status = replay_file(replay);
	release(replay);
	return (int)status;
}
