/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vrrp_script: run every interval, exit code 0 is success. The first result decides at once; later `fall` failures in a row
 * make a script that works fail, and `rise` successes one that fails work. A run that takes longer than its timeout has
 * failed when it is over time, not when it has died.
 *
 * First runs begin as soon as there is a configuration, FIRST_RUNS in a turn, and the second ones are laid evenly over the
 * interval, so that hundreds of scripts do not all start in the same moment ever after.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config.h"
#include "runner/runner.h"

#define FIRST_RUNS 8
#define FIRST_RUNS_EVERY (5 * DUR_MS)
#define SAME_AGAIN (60 * DUR_S) /* a script that alternates between outcomes is not logged more often */
#define OUTCOME_SIZE 512

struct script_counters {
	uint64_t runs;
	uint64_t successes;
	uint64_t failures; /* of all kinds */
	uint64_t timeouts;
	uint64_t start_failures;
};

struct script {
	struct script *next;
	struct runner *runner;
	char *name;
	char *definition; /* all that was configured, in one text: equal texts, same script */
	struct command *command;
	dur_t interval;
	dur_t timeout;
	uint32_t rise;
	uint32_t fall;
	enum track_state state;
	uint32_t streak; /* successes while down, failures while up */
	struct job job;
	struct run_timer next_run;
	mono_t due; /* the time that next_run is set to */
	dur_t phase; /* of the second run */
	struct script_counters counters;
	struct job_end last;
	bool has_last;
	mono_t last_at;
	mono_t state_since;
	char outcome[OUTCOME_SIZE]; /* as it was logged last */
	mono_t told_at;
};

static struct script *find(struct script *script, const char *name)
{
	while (script && strcmp(script->name, name) != 0)
		script = script->next;
	return script;
}

static dur_t time_limit(const struct script *script)
{
	return script->timeout > 0 ? script->timeout : script->interval;
}

static const char *end_text(const struct script *script, const struct job_end *end, char *buffer, size_t size)
{
	struct text text;

	if (end->error)
		return command_problem(script->command, end->error, buffer, size);
	if (!end->overdue)
		return job_end_text(end, buffer, size);
	text_init(&text, buffer, size);
	text_str(&text, "it took longer than its timeout of ");
	text_duration(&text, time_limit(script));
	return buffer;
}

/* Changes of state are always said; otherwise another outcome than before, and not too often. */
static void tell(struct script *script, const struct job_end *end, bool changed)
{
	struct runner *runner = script->runner;
	const mono_t now = runner->loop.now;
	char outcome[OUTCOME_SIZE];

	end_text(script, end, outcome, sizeof(outcome));
	if (changed) {
		report_line(runner, REPORT_NOTICE, "script %s %s: %s", script->name,
			script->state == TRACK_UP ? "succeeds" : "fails", outcome);
	} else {
		if (strcmp(outcome, script->outcome) == 0 ||
			mono_before(now, mono_add(script->told_at, SAME_AGAIN)))
			return;
		report_line(runner, end->error ? REPORT_WARNING : REPORT_DETAIL, "script %s: %s", script->name, outcome);
	}
	strcpy(script->outcome, outcome);
	script->told_at = now;
}

static bool succeeded(const struct job_end *end)
{
	return !end->error && !end->overdue && end->exit_code == 0;
}

static void count(struct script *script, const struct job_end *end)
{
	struct script_counters *counters = &script->counters;

	if (succeeded(end))
		counters->successes++;
	else
		counters->failures++;
	if (end->overdue)
		counters->timeouts++;
	if (end->error)
		counters->start_failures++;
}

/* What the result makes of the state. */
static enum track_state judge(struct script *script, bool success)
{
	const bool works = script->state == TRACK_UP;

	if (script->state == TRACK_UNKNOWN)
		return success ? TRACK_UP : TRACK_DOWN;
	if (success == works) {
		script->streak = 0;
		return script->state;
	}
	if (++script->streak < (works ? script->fall : script->rise))
		return script->state;
	return success ? TRACK_UP : TRACK_DOWN;
}

static void result_came(struct script *script, const struct job_end *end)
{
	struct runner *runner = script->runner;
	const enum track_state state = judge(script, succeeded(end));
	const bool changed = state != script->state;

	count(script, end);
	script->last = *end;
	script->has_last = true;
	script->last_at = runner->loop.now;
	if (changed) {
		script->state = state;
		script->streak = 0;
		script->state_since = runner->loop.now;
	}
	tell(script, end, changed);
	if (changed)
		object_set(runner, TRACK_SCRIPT, script->name, state, 0);
}

static void over_time(struct job *job)
{
	struct script *script = container_of(job, struct script, job);
	const struct job_end end = {
		.exit_code = -1, .overdue = true, .duration = mono_sub(script->runner->loop.now, job->started)};

	result_came(script, &end);
}

static void run_ended(struct job *job, const struct job_end *end)
{
	struct script *script = container_of(job, struct script, job);

	/* What was over time has been judged. */
	if (!end->overdue && !script->runner->stopping)
		result_came(script, end);
}

/* From start to start; starts that were missed are left out. */
static void plan_next(struct script *script)
{
	const mono_t now = script->runner->loop.now;

	script->due = mono_add(script->due, script->counters.runs == 1 ? script->phase : script->interval);
	if (mono_due(script->due, now))
		script->due = mono_add(script->due, (mono_sub(now, script->due) / script->interval + 1) * script->interval);
	run_timer_set(&script->runner->loop, &script->next_run, script->due);
}

static void run_due(struct run_timer *timer)
{
	struct script *script = container_of(timer, struct script, next_run);
	struct job_end end = {.exit_code = -1};

	if (!job_runs(&script->job)) {
		script->counters.runs++;
		end.error = job_start(&script->job, script->command, NULL, time_limit(script));
		if (end.error)
			result_came(script, &end);
	}
	plan_next(script);
}

static char *define(const struct conf_script *from, const struct command_rules *rules)
{
	char *definition;

	if (asprintf(&definition, "%s\n%s\n%s\n%d\n%lld %lld %u %u %d", from->command,
		    from->user ? from->user : rules->user ? rules->user : "",
		    from->user ? (from->group ? from->group : "") : rules->group ? rules->group : "",
		    (int)rules->supplementary, (long long)from->interval, (long long)from->timeout, from->rise,
		    from->fall, (int)from->init_fail) < 0)
		return NULL;
	return definition;
}

static void script_free(struct script *script)
{
	struct run_loop *loop = &script->runner->loop;

	job_drop(&script->job);
	run_timer_drop(loop, &script->next_run);
	command_free(script->command);
	free(script->name);
	free(script->definition);
	free(script);
}

/* It has not run yet. */
static struct script *script_new(struct runner *runner, const struct conf_script *from)
{
	struct script *script = calloc(1, sizeof(*script));

	if (!script)
		return NULL;
	script->runner = runner;
	script->interval = from->interval;
	script->timeout = from->timeout;
	script->rise = from->rise;
	script->fall = from->fall;
	script->state = from->init_fail ? TRACK_DOWN : TRACK_UNKNOWN;
	script->state_since = runner->loop.now;
	script->name = strdup(from->name);
	script->definition = define(from, &runner->rules);
	script->command = command_new(from->command, from->user, from->group, &runner->rules);
	if (script->name && script->definition && script->command &&
		job_init(&runner->jobs, &script->job, over_time, run_ended) &&
		run_timer_init(&runner->loop, &script->next_run, run_due))
		return script;
	script_free(script);
	return NULL;
}

/* Takes the one that is equal out of the old list. */
static struct script *take_over(struct script **old, const struct conf_script *from, const struct command_rules *rules)
{
	char *definition = define(from, rules);

	while (*old && strcmp((*old)->name, from->name) != 0)
		old = &(*old)->next;

	struct script *same = *old;

	if (!same || !definition || strcmp(same->definition, definition) != 0)
		same = NULL;
	else
		*old = same->next;
	free(definition);
	return same;
}

static void drop_list(struct script *script)
{
	while (script) {
		struct script *next = script->next;

		script_free(script);
		script = next;
	}
}

/* The rest of the old list is not wanted any more; of one that only changed, the last state is known until its first run. */
static void drop_old(struct runner *runner, struct script *old)
{
	for (const struct script *script = old; script; script = script->next)
		if (!find(runner->scripts.first, script->name))
			object_forget(runner, TRACK_SCRIPT, script->name);
	drop_list(old);
}

static void plan_first(struct script *script, size_t place, size_t new_place, size_t count)
{
	struct runner *runner = script->runner;

	script->phase = script->interval * (dur_t)(place + 1) / (dur_t)count;
	script->due = mono_add(runner->loop.now, (dur_t)(new_place / FIRST_RUNS) * FIRST_RUNS_EVERY);
	run_timer_set(&runner->loop, &script->next_run, script->due);
	if (script->state == TRACK_DOWN)
		object_set(runner, TRACK_SCRIPT, script->name, TRACK_DOWN, 0);
}

bool scripts_load(struct runner *runner, const struct conf *conf)
{
	struct script *old = runner->scripts.first;
	struct script **end = &runner->scripts.first;
	size_t fresh = 0;
	bool complete = true;

	runner->scripts = (struct scripts){.count = conf->script_count};
	for (size_t i = 0; i < conf->script_count; i++) {
		struct script *script = take_over(&old, &conf->scripts[i], &runner->rules);
		const bool is_new = !script;

		if (is_new)
			script = script_new(runner, &conf->scripts[i]);
		if (!script) {
			complete = false;
			continue;
		}
		script->next = NULL;
		*end = script;
		end = &script->next;
		if (is_new)
			plan_first(script, i, fresh++, conf->script_count);
	}
	drop_old(runner, old);
	return complete;
}

void scripts_stop(struct runner *runner)
{
	for (struct script *script = runner->scripts.first; script; script = script->next) {
		run_timer_set(&runner->loop, &script->next_run, MONO_NEVER);
		job_end(&script->job, false);
	}
}

static const char *outcome_word(const struct job_end *end)
{
	if (end->error)
		return "not-started";
	if (end->overdue)
		return "timeout";
	return end->exit_code == 0 ? "success" : "failure";
}

static void write_last(struct json_out *json, const struct script *script)
{
	char outcome[OUTCOME_SIZE];

	if (!script->has_last) {
		json_out_null(json, "last");
		return;
	}
	json_out_object(json, "last");
	json_out_mono(json, "at", script->last_at);
	json_out_string(json, "outcome", outcome_word(&script->last));
	if (script->last.exit_code >= 0)
		json_out_i64(json, "exit_code", script->last.exit_code);
	else
		json_out_null(json, "exit_code");
	json_out_seconds(json, "duration", script->last.duration);
	json_out_string(json, "text", end_text(script, &script->last, outcome, sizeof(outcome)));
	json_out_end(json);
}

static void write_counters(struct json_out *json, const struct script_counters *counters)
{
	json_out_object(json, "counters");
	json_out_u64(json, "runs", counters->runs);
	json_out_u64(json, "successes", counters->successes);
	json_out_u64(json, "failures", counters->failures);
	json_out_u64(json, "timeouts", counters->timeouts);
	json_out_u64(json, "start_failures", counters->start_failures);
	json_out_end(json);
}

static void write_script(struct text *line, const struct script *script)
{
	struct json_out json;

	json_out_begin(&json, line);
	json_out_object(&json, NULL);
	json_out_string(&json, "list", "scripts");
	json_out_string(&json, "name", script->name);
	json_out_string(&json, "state", track_word_of(script->state));
	json_out_mono(&json, "since", script->state_since);
	json_out_string(&json, "command", script->command->line);
	json_out_string(&json, "user", script->command->account.name);
	json_out_seconds(&json, "interval", script->interval);
	json_out_seconds(&json, "timeout", time_limit(script));
	json_out_bool(&json, "running", job_runs(&script->job));
	write_last(&json, script);
	write_counters(&json, &script->counters);
	json_out_end(&json);
}

void scripts_status(struct runner *runner)
{
	char buffer[8192];
	struct text line;

	for (const struct script *script = runner->scripts.first; script; script = script->next) {
		text_init(&line, buffer, sizeof(buffer));
		write_script(&line, script);
		report_status(runner, &line);
	}
}

void scripts_free(struct runner *runner)
{
	drop_list(runner->scripts.first);
	runner->scripts.first = NULL;
}
