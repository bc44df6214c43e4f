/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What instances can track, as it is defined: vrrp_script, track_file, vrrp_track_process and bfd_instance. */
#include <stdlib.h>
#include <string.h>

#include "conf/draft.h"
#include "conf/keyword_rows.h"

static struct draft_object *script_new(struct reader *reader, void **object, struct spot **set)
{
	struct draft_script *draft = reader_scratch(reader, sizeof *draft);
	if (!draft)
		return NULL;
	draft->object.name = &draft->script.name;
	draft->object.weight = &draft->script.weight;
	draft->object.reverse = &draft->script.reverse;
	*object = &draft->script;
	*set = draft->set;
	return &draft->object;
}

static struct draft_object *file_new(struct reader *reader, void **object, struct spot **set)
{
	struct draft_file *draft = reader_scratch(reader, sizeof *draft);
	if (!draft)
		return NULL;
	draft->object.name = &draft->file.name;
	draft->object.weight = &draft->file.weight;
	draft->object.reverse = &draft->file.reverse;
	draft->file.weight = FILE_WEIGHT_DEFAULT;
	*object = &draft->file;
	*set = draft->set;
	return &draft->object;
}

static struct draft_object *process_new(struct reader *reader, void **object, struct spot **set)
{
	struct draft_process *draft = reader_scratch(reader, sizeof *draft);
	if (!draft)
		return NULL;
	draft->object.name = &draft->process.name;
	draft->object.weight = &draft->process.weight;
	draft->object.reverse = &draft->process.reverse;
	draft->parameters.end = &draft->parameters.first;
	*object = &draft->process;
	*set = draft->set;
	return &draft->object;
}

static struct draft_object *bfd_new(struct reader *reader, void **object, struct spot **set)
{
	struct draft_bfd *draft = reader_scratch(reader, sizeof *draft);
	if (!draft)
		return NULL;
	draft->object.name = &draft->bfd.name;
	draft->object.weight = &draft->bfd.weight;
	draft->object.reverse = &draft->bfd.reverse;
	draft->object.tracked = true; /* a session is there for its neighbor, too */
	*object = &draft->bfd;
	*set = draft->set;
	return &draft->object;
}

struct draft_object *definition_new(struct reader *reader, enum track_kind kind, void **object, struct spot **set)
{
	switch (kind) {
	case TRACK_SCRIPT:
		return script_new(reader, object, set);
	case TRACK_FILE:
		return file_new(reader, object, set);
	case TRACK_PROCESS:
		return process_new(reader, object, set);
	case TRACK_BFD:
		return bfd_new(reader, object, set);
	case TRACK_INTERFACE:
		break;
	}
	return NULL;
}

bool script_user_line(struct reader *reader, void *owner, const struct statement *statement)
{
	static const struct keyword user = {
		.word = "user", .kind = KEYWORD_STRING, .maximum = 255, SCRIPT(user)};
	static const struct keyword group = {
		.word = "the group", .kind = KEYWORD_STRING, .maximum = 255, SCRIPT(group)};
	struct draft_script *draft = owner;
	draft->script.group = NULL;
	if (statement->count > 3) {
		reader_error(reader, &statement->words[3].spot, "'%.60s' is too much: user USER [GROUP]",
			statement->words[3].text);
		return false;
	}
	return value_read(reader, &user, &statement->words[1], &draft->script) &&
	       (statement->count < 3 || value_read(reader, &group, &statement->words[2], &draft->script));
}

bool init_file_line(struct reader *reader, void *owner, const struct statement *statement)
{
	static const struct keyword initial = {.word = "the number",
		.kind = KEYWORD_NUMBER,
		.minimum = INT32_MIN,
		.maximum = INT32_MAX,
		.stored = {0, sizeof(int64_t)}};
	struct draft_file *draft = owner;
	draft->file.create = true;
	draft->file.overwrite = false;
	draft->file.initial = 0;
	for (size_t i = 1; i < statement->count; i++) {
		const struct token *word = &statement->words[i];
		int64_t number;
		if (draft->file.overwrite) {
			reader_error(reader, &word->spot, "'%.60s' is too much: init_file [NUMBER] [overwrite]",
				word->text);
			return false;
		}
		draft->file.overwrite = strcmp(word->text, "overwrite") == 0;
		if (draft->file.overwrite)
			continue;
		if (!value_read(reader, &initial, word, &number))
			return false;
		draft->file.initial = (int32_t)number;
	}
	return true;
}

bool process_line(struct reader *reader, void *owner, const struct statement *statement)
{
	static const struct keyword command = {.word = "process",
		.kind = KEYWORD_STRING,
		.maximum = 4095,
		TRACKED_PROCESS(command)};
	struct draft_process *draft = owner;
	draft->parameters = (struct draft_names){.end = &draft->parameters.first};
	return value_read(reader, &command, &statement->words[1], &draft->process) &&
	       read_names(reader, &draft->parameters, statement, 2);
}

bool process_delay_line(struct reader *reader, void *owner, const struct statement *statement)
{
	const struct keyword *fork_delay = &process_keywords.rows[PROCESS_FORK_DELAY];
	struct draft_process *draft = owner;
	if (statement->count > 2) {
		reader_error(reader, &statement->words[2].spot, "'%.60s' is too much: delay SECONDS",
			statement->words[2].text);
		return false;
	}
	if (!value_read(reader, fork_delay, &statement->words[1], &draft->process))
		return false;
	draft->process.terminate_delay = draft->process.fork_delay;
	/* as if both had been given, or they would get their defaults */
	draft->set[PROCESS_FORK_DELAY] = draft->set[PROCESS_TERMINATE_DELAY] = draft->set[PROCESS_DELAY];
	return true;
}

static void settle_script(struct reader *reader, struct draft_script *draft)
{
	if (draft->script.command)
		command_is_sound(reader, &draft->set[SCRIPT_SCRIPT], draft->script.command);
	else if (!draft->object.broken)
		reader_error(reader, &draft->object.spot, "'%s' has no script: add \"script COMMAND\"",
			draft->script.name);
	fill_defaults(&script_keywords, draft->set, &draft->script, &reader->global);
}

static void settle_file(struct reader *reader, struct draft_file *draft)
{
	if (!draft->file.path && !draft->object.broken)
		reader_error(reader, &draft->object.spot, "'%s' has no file: add \"file PATH\"", draft->file.name);
	else if (draft->file.path && draft->file.path[0] != '/')
		reader_error(reader, &draft->set[FILE_FILE], "'%.60s' must begin with a '/': write the whole path",
			draft->file.path);
	fill_defaults(&file_keywords, draft->set, &draft->file, &reader->global);
}

static void settle_process(struct reader *reader, struct draft_process *draft)
{
	struct conf_tracked_process *process = &draft->process;
	if (!process->command && !draft->object.broken)
		reader_error(reader, &draft->object.spot, "'%s' has no process: add \"process COMMAND\"",
			process->name);
	fill_defaults(&process_keywords, draft->set, process, &reader->global);
	if (process->quorum_max && process->quorum_max < process->quorum && !draft->object.broken)
		reader_error(reader, &draft->set[PROCESS_QUORUM_MAX],
			"quorum_max %u is less than quorum %u: no number of processes would do",
			process->quorum_max, process->quorum);
}

void definition_settle(struct reader *reader, struct draft_object *object)
{
	switch (object->kind) {
	case TRACK_SCRIPT:
		settle_script(reader, (struct draft_script *)(void *)object);
		break;
	case TRACK_FILE:
		settle_file(reader, (struct draft_file *)(void *)object);
		break;
	case TRACK_PROCESS:
		settle_process(reader, (struct draft_process *)(void *)object);
		break;
	case TRACK_BFD:
		settle_bfd(reader, (struct draft_bfd *)(void *)object);
		break;
	case TRACK_INTERFACE:
		break;
	}
}

static size_t count_tracked(const struct reader *reader, enum track_kind kind)
{
	size_t count = 0;
	for (const struct draft_object *object = reader->objects; object; object = object->next)
		count += object->kind == kind && object->tracked;
	return count;
}

static bool build_scripts(struct reader *reader, struct conf *conf)
{
	size_t count = count_tracked(reader, TRACK_SCRIPT);
	struct conf_script *scripts = count ? reader_keep(reader, count * sizeof *scripts) : NULL;
	for (const struct draft_object *object = reader->objects; object && scripts; object = object->next)
		if (object->tracked && object->kind == TRACK_SCRIPT) {
			struct conf_script *script = &scripts[conf->script_count++];
			*script = ((const struct draft_script *)(const void *)object)->script;
			script->place = object->spot.place;
		}
	conf->scripts = scripts;
	return !count || scripts;
}

static bool build_files(struct reader *reader, struct conf *conf)
{
	size_t count = count_tracked(reader, TRACK_FILE);
	struct conf_tracked_file *files = count ? reader_keep(reader, count * sizeof *files) : NULL;
	for (const struct draft_object *object = reader->objects; object && files; object = object->next)
		if (object->tracked && object->kind == TRACK_FILE)
			files[conf->file_count++] = ((const struct draft_file *)(const void *)object)->file;
	conf->files = files;
	return !count || files;
}

static bool build_process(struct reader *reader, const struct draft_process *draft, struct conf_tracked_process *process)
{
	*process = draft->process;
	if (!draft->parameters.count)
		return true;
	const char **parameters = reader_keep(reader, draft->parameters.count * sizeof *parameters);
	if (!parameters)
		return false;
	for (const struct draft_name *entry = draft->parameters.first; entry; entry = entry->next)
		parameters[process->parameter_count++] = entry->name;
	process->parameters = parameters;
	return true;
}

static bool build_processes(struct reader *reader, struct conf *conf)
{
	size_t count = count_tracked(reader, TRACK_PROCESS);
	struct conf_tracked_process *processes = count ? reader_keep(reader, count * sizeof *processes) : NULL;
	for (const struct draft_object *object = reader->objects; object && processes; object = object->next)
		if (object->tracked && object->kind == TRACK_PROCESS &&
			!build_process(reader, (const struct draft_process *)(const void *)object,
				&processes[conf->process_count++]))
			return false;
	conf->processes = processes;
	return !count || processes;
}

static bool build_bfd(struct reader *reader, struct conf *conf)
{
	size_t count = count_tracked(reader, TRACK_BFD);
	struct bfd_config *sessions = count ? reader_keep(reader, count * sizeof *sessions) : NULL;
	for (const struct draft_object *object = reader->objects; object && sessions; object = object->next)
		if (object->kind == TRACK_BFD)
			sessions[conf->bfd_count++] = ((const struct draft_bfd *)(const void *)object)->bfd;
	conf->bfd = sessions;
	return !count || sessions;
}

bool build_objects(struct reader *reader, struct conf *conf)
{
	return build_scripts(reader, conf) && build_files(reader, conf) && build_processes(reader, conf) &&
	       build_bfd(reader, conf);
}
