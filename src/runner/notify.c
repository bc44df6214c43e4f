/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notifications: what is run when a virtual router or a sync group changes. For each of them one state is handled at a time:
 * first the command of the state, then `notify`. While that lasts only the newest of the states that follow is kept. A
 * command may take as long as it likes while nothing newer waits; after PATIENCE it is ended for a newer state, and
 * `notify` starts beside the command of its state.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/notify.h"

#define PATIENCE (10 * DUR_S)
#define ARGUMENTS 4

static const char *state_word(enum notify_state state)
{
	switch (state) {
	case NOTIFY_STATE_NONE:
		break;
	case NOTIFY_STATE_MASTER:
		return "MASTER";
	case NOTIFY_STATE_BACKUP:
		return "BACKUP";
	case NOTIFY_STATE_FAULT:
		return "FAULT";
	case NOTIFY_STATE_STOP:
		return "STOP";
	case NOTIFY_STATE_DELETED:
		return "DELETED";
	}
	return "INIT";
}

/* NULL: there is none for it. */
static const struct command *command_of(const struct target *target, enum notify_state state)
{
	static const enum conf_notify_command places[] = {[NOTIFY_STATE_NONE] = NOTIFY_ANY,
		[NOTIFY_STATE_MASTER] = NOTIFY_MASTER,
		[NOTIFY_STATE_BACKUP] = NOTIFY_BACKUP,
		[NOTIFY_STATE_FAULT] = NOTIFY_FAULT,
		[NOTIFY_STATE_STOP] = NOTIFY_STOP,
		[NOTIFY_STATE_DELETED] = NOTIFY_DELETED};

	return target->commands[places[state]];
}

size_t target_line(const struct target *target, const char *word, char *line, size_t size)
{
	int length = snprintf(line, size, "%s \"%s\" %s %u\n", target->group ? "GROUP" : "INSTANCE", target->name, word,
		target->priority);

	return (size_t)length < size ? (size_t)length : size - 1;
}

size_t target_state_line(const struct target *target, char *line, size_t size)
{
	return target_line(target, state_word(target->heard), line, size);
}

/* problem: why it could not even begin, or NULL. */
static void note_end(struct target *target, const struct target_run *run, const struct job_end *end, const char *problem)
{
	struct runner *runner = target->runner;
	char text[256];

	target->last = *end;
	target->has_last = true;
	target->last_at = runner->loop.now;
	target->last_command = run->line;
	if (!end->error && !end->overdue && end->exit_code == 0)
		return;
	target->failures++;
	if (!problem && end->overdue)
		problem = "it was ended, for a newer state waited for it";
	report_line(runner, REPORT_WARNING, "%s%s: %s: %s", target->group ? "sync group " : "", target->name,
		run->line ? run->line : "", problem ? problem : job_end_text(end, text, sizeof(text)));
}

/* false: it does not run. */
static bool start(struct target *target, struct target_run *run, const struct command *command, char *const *more)
{
	struct job_end end = {.exit_code = -1};
	char problem[512];

	if (!command)
		return false;
	if (target->last_command == run->line)
		target->last_command = NULL;
	free(run->line);
	run->line = strdup(command->line);
	target->runs++;
	end.error = job_start(&run->job, command, more, 0);
	if (!end.error)
		return true;
	note_end(target, run, &end, command_problem(command, end.error, problem, sizeof(problem)));
	return false;
}

static void start_any(struct target *target)
{
	char priority[4];
	char *arguments[ARGUMENTS + 1] = {(char *)(uintptr_t)(target->group ? "GROUP" : "INSTANCE"), target->name,
		(char *)(uintptr_t)state_word(target->handled), priority, NULL};

	target->any_due = false;
	run_timer_set(&target->runner->loop, &target->patience, MONO_NEVER);
	snprintf(priority, sizeof(priority), "%u", target->handled_priority);
	start(target, &target->any, target->commands[NOTIFY_ANY], arguments);
}

static void handle(struct target *target)
{
	struct run_loop *loop = &target->runner->loop;

	target->waiting = false;
	target->handled = target->heard;
	target->handled_priority = target->priority;
	target->any_due = target->commands[NOTIFY_ANY] != NULL;
	if (!start(target, &target->specific, command_of(target, target->handled), NULL)) {
		if (target->any_due)
			start_any(target);
	} else if (target->any_due) {
		run_timer_set(loop, &target->patience, mono_add(loop->now, PATIENCE));
	}
}

bool target_is_busy(const struct target *target)
{
	return job_runs(&target->specific.job) || job_runs(&target->any.job) || job_runs(&target->lower.job);
}

static void go_on(struct target *target)
{
	if (job_runs(&target->specific.job) || job_runs(&target->any.job))
		return;
	if (target->waiting)
		handle(target);
}

static void patience_ended(struct run_timer *timer)
{
	struct target *target = container_of(timer, struct target, patience);

	if (target->any_due && !target->waiting && !job_runs(&target->any.job))
		start_any(target);
}

static void specific_ended(struct job *job, const struct job_end *end)
{
	struct target *target = container_of(job, struct target, specific.job);

	note_end(target, &target->specific, end, NULL);
	if (target->any_due && !target->waiting)
		start_any(target);
	target->any_due = false;
	go_on(target);
}

static void any_ended(struct job *job, const struct job_end *end)
{
	struct target *target = container_of(job, struct target, any.job);

	note_end(target, &target->any, end, NULL);
	go_on(target);
}

static void lower_heard(struct target *target)
{
	target->lower_waits = job_runs(&target->lower.job);
	if (!target->lower_waits)
		start(target, &target->lower, target->commands[NOTIFY_LOWER_HEARD], NULL);
}

static void lower_ended(struct job *job, const struct job_end *end)
{
	struct target *target = container_of(job, struct target, lower.job);

	note_end(target, &target->lower, end, NULL);
	if (target->lower_waits)
		lower_heard(target);
}

/* What runs for an older state has had its time soon. */
static void hurry(const struct run_loop *loop, struct job *job)
{
	if (job_runs(job))
		job_set_deadline(job, mono_max(loop->now, mono_add(job->started, PATIENCE)));
}

static void state_came(struct target *target)
{
	struct run_loop *loop = &target->runner->loop;

	if (target->waiting)
		target->skipped++;
	target->waiting = true;
	hurry(loop, &target->specific.job);
	hurry(loop, &target->any.job);
	go_on(target);
}

static int by_name(const void *left, const void *right)
{
	const struct target *a = *(struct target *const *)left;
	const struct target *b = *(struct target *const *)right;
	const int order = strcmp(a->name, b->name);

	return order ? order : a->group - b->group;
}

static struct target *find(const struct runner *runner, const char *name, bool group)
{
	struct target key = {.name = (char *)(uintptr_t)name, .group = group};
	struct target *pointer = &key;
	struct target **found = runner->targets.count ? bsearch(&pointer, runner->targets.list, runner->targets.count,
								sizeof(struct target *), by_name)
						      : NULL;

	return found ? *found : NULL;
}

static void take_record(struct runner *runner, const struct message_notify *record, const char *name)
{
	struct target *target = find(runner, name, record->group);
	const enum notify_state state = (enum notify_state)record->state;

	if (!target || record->state > NOTIFY_STATE_DELETED)
		return;
	if (record->event == NOTIFY_EVENT_STATE && record->again &&
		(target->heard == state || (runner->options.informed && target->heard == NOTIFY_STATE_NONE))) {
		target->heard = state;
		return;
	}
	target->priority = record->priority;
	switch ((enum notify_event)record->event) {
	case NOTIFY_EVENT_STATE:
		target->heard = state;
		fifos_state(runner, target);
		state_came(target);
		break;
	case NOTIFY_EVENT_LOWER_HEARD:
		fifos_event(runner, target, "MASTER_RX_LOWER_PRI");
		lower_heard(target);
		break;
	case NOTIFY_EVENT_PRIORITY:
		fifos_event(runner, target, state == NOTIFY_STATE_MASTER ? "MASTER_PRIORITY" : "BACKUP_PRIORITY");
		break;
	}
}

void notify_heard(struct runner *runner, const char *body, size_t length)
{
	struct message_notify record;
	char name[MESSAGE_NAME_SIZE];

	while (length >= sizeof(record)) {
		memcpy(&record, body, sizeof(record));
		if (length < sizeof(record) + record.name_length)
			return;
		memcpy(name, body + sizeof(record), record.name_length);
		name[record.name_length] = '\0';
		take_record(runner, &record, name);
		body += sizeof(record) + record.name_length;
		length -= sizeof(record) + record.name_length;
	}
}

static void free_commands(struct command *commands[NOTIFY_COMMAND_COUNT])
{
	for (size_t i = 0; i < NOTIFY_COMMAND_COUNT; i++)
		command_free(commands[i]);
}

static void target_free(struct target *target)
{
	job_drop(&target->specific.job);
	job_drop(&target->any.job);
	job_drop(&target->lower.job);
	run_timer_drop(&target->runner->loop, &target->patience);
	free_commands(target->commands);
	free(target->specific.line);
	free(target->any.line);
	free(target->lower.line);
	free(target->name);
	free(target);
}

static struct target *target_new(struct runner *runner, const char *name, bool group)
{
	struct target *target = calloc(1, sizeof(*target));

	if (!target)
		return NULL;
	target->runner = runner;
	target->group = group;
	target->name = strdup(name);
	if (target->name && job_init(&runner->jobs, &target->specific.job, NULL, specific_ended) &&
		job_init(&runner->jobs, &target->any.job, NULL, any_ended) &&
		job_init(&runner->jobs, &target->lower.job, NULL, lower_ended) &&
		run_timer_init(&runner->loop, &target->patience, patience_ended))
		return target;
	target_free(target);
	return NULL;
}

/* A run that is under way goes on. */
static bool set_commands(struct target *target, const struct conf_notify *notify)
{
	struct command *fresh[NOTIFY_COMMAND_COUNT] = {NULL};
	bool complete = true;

	for (size_t i = 0; i < NOTIFY_COMMAND_COUNT; i++) {
		const struct conf_command *from = &notify->commands[i];

		if (from->line)
			fresh[i] = command_new(from->line, from->user, from->group, &target->runner->rules);
		complete = complete && (!from->line || fresh[i]);
	}
	free_commands(target->commands);
	memcpy(target->commands, fresh, sizeof(fresh));
	return complete;
}

struct loading {
	struct runner *runner;
	struct targets fresh;
	size_t capacity;
	bool complete;
};

static void add(struct loading *loading, struct target *target)
{
	target->listed = true;
	loading->fresh.list[loading->fresh.count++] = target;
}

static void load_one(struct loading *loading, const char *name, bool group, const struct conf_notify *notify)
{
	struct target *target = find(loading->runner, name, group);

	if (!target)
		target = target_new(loading->runner, name, group);
	if (!target) {
		loading->complete = false;
		return;
	}
	target->gone = false;
	loading->complete = set_commands(target, notify) && loading->complete;
	add(loading, target);
}

/* One that the configuration has no more stays until its end has been said and handled. */
static void keep_or_drop(struct loading *loading, struct target *target)
{
	const bool ended = target->heard == NOTIFY_STATE_NONE || (target->gone && !target_is_busy(target) && !target->waiting);

	if (target->listed)
		return;
	if (ended) {
		target_free(target);
		return;
	}
	target->gone = true;
	add(loading, target);
}

bool notify_load(struct runner *runner, const struct conf *conf)
{
	const size_t most = runner->targets.count + conf->instance_count + conf->sync_group_count;
	struct loading loading = {.runner = runner, .complete = true};

	loading.fresh.list = calloc(most + 1, sizeof(struct target *));
	if (!loading.fresh.list)
		return false;
	for (size_t i = 0; i < runner->targets.count; i++)
		runner->targets.list[i]->listed = false;
	for (size_t i = 0; i < conf->sync_group_count; i++)
		if (conf->sync_groups[i].notifies)
			load_one(&loading, conf->sync_groups[i].name, true, &conf->sync_group_notifies[i]);
	for (size_t i = 0; i < conf->instance_count; i++)
		if (conf->instances[i].vr.extra->notifies)
			load_one(&loading, conf->instances[i].vr.name, false, &conf_instance_extra(conf, i)->notify);
	for (size_t i = 0; i < runner->targets.count; i++)
		keep_or_drop(&loading, runner->targets.list[i]);
	free(runner->targets.list);
	runner->targets = loading.fresh;
	qsort(runner->targets.list, runner->targets.count, sizeof(struct target *), by_name);
	return loading.complete;
}

bool notify_is_idle(const struct runner *runner)
{
	for (size_t i = 0; i < runner->targets.count; i++)
		if (target_is_busy(runner->targets.list[i]) || runner->targets.list[i]->waiting)
			return false;
	return true;
}

void notify_end(struct runner *runner)
{
	for (size_t i = 0; i < runner->targets.count; i++) {
		struct target *target = runner->targets.list[i];

		target->waiting = false;
		target->any_due = false;
		target->lower_waits = false;
		job_end(&target->specific.job, true);
		job_end(&target->any.job, true);
		job_end(&target->lower.job, true);
	}
}

void notify_free(struct runner *runner)
{
	for (size_t i = 0; i < runner->targets.count; i++)
		target_free(runner->targets.list[i]);
	free(runner->targets.list);
	runner->targets = (struct targets){NULL, 0};
}

static void write_running(struct json_out *json, const struct target *target)
{
	const struct target_run *runs[] = {&target->specific, &target->any, &target->lower};

	json_out_array(json, "running");
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		if (!job_runs(&runs[i]->job))
			continue;
		json_out_object(json, NULL);
		json_out_string(json, "command", runs[i]->line);
		json_out_mono(json, "since", runs[i]->job.started);
		json_out_end(json);
	}
	json_out_end(json);
}

static void write_last(struct json_out *json, const struct target *target)
{
	char text[256];

	if (!target->has_last) {
		json_out_null(json, "last");
		return;
	}
	json_out_object(json, "last");
	json_out_mono(json, "at", target->last_at);
	json_out_string(json, "command", target->last_command);
	if (target->last.exit_code >= 0)
		json_out_i64(json, "exit_code", target->last.exit_code);
	else
		json_out_null(json, "exit_code");
	json_out_seconds(json, "duration", target->last.duration);
	json_out_string(json, "text", job_end_text(&target->last, text, sizeof(text)));
	json_out_end(json);
}

static void write_target(struct text *line, const struct target *target)
{
	struct json_out json;

	json_out_begin(&json, line);
	json_out_object(&json, NULL);
	json_out_string(&json, "list", "notifications");
	json_out_string(&json, "name", target->name);
	json_out_string(&json, "kind", target->group ? "group" : "instance");
	json_out_string(&json, "state", state_word(target->heard));
	json_out_bool(&json, "waiting", target->waiting);
	write_running(&json, target);
	write_last(&json, target);
	json_out_u64(&json, "runs", target->runs);
	json_out_u64(&json, "failures", target->failures);
	json_out_u64(&json, "skipped", target->skipped);
	json_out_end(&json);
}

void notify_status(struct runner *runner)
{
	char buffer[16384];
	struct text line;

	for (size_t i = 0; i < runner->targets.count; i++) {
		text_init(&line, buffer, sizeof(buffer));
		write_target(&line, runner->targets.list[i]);
		report_status(runner, &line);
	}
}
