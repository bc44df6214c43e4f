/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Status: asks the engine, collects its lines, and answers the clients. An engine that does not answer in
 * time, or that is dead, makes every virtual router "UNKNOWN": what it last said is never shown as if it
 * still were so.
 */
#include "front/front.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front/answer.h"
#include "front/configuration.h"
#include "front/json_text.h"
#include "front/log.h"

static json_t *router_id(const struct front *front)
{
	char name[256] = "";

	if (front->config->conf->global.router_id)
		return json_text(front->config->conf->global.router_id);
	gethostname(name, sizeof(name) - 1);
	return json_text(name);
}

static const char *runner_word(const struct front *front)
{
	if (front->runner.watch.fd < 0)
		return front->runner.attached > 0 ? "dead" : "none";
	return front->runner.asked ? "not answering" : "running";
}

static json_t *daemon_object(const struct front *front, const char *engine)
{
	const struct engine_link *link = &front->engine;
	json_t *daemon = json_object();

	json_object_set_new(daemon, "version", json_string(VIGIA_VERSION));
	json_object_set_new(daemon, "router_id", router_id(front));
	json_object_set_new(daemon, "pid", json_integer(front->guard.pid));
	json_object_set_new(daemon, "engine_pid", link->pid > 0 ? json_integer(link->pid) : json_null());
	json_object_set_new(daemon, "started", json_integer(front->started.ns));
	json_object_set_new(daemon, "now", json_integer(clock_now().ns));
	json_object_set_new(daemon, "config", json_text(front->options.config));
	json_object_set_new(daemon, "config_loaded", json_integer(front->config_loaded.ns));
	json_object_set_new(daemon, "last_reload_error", json_text(front->reload.last_error));
	json_object_set_new(daemon, "engine", json_string(engine));
	json_object_set_new(
		daemon, "engine_restarts", json_integer(link->attached > 1 ? link->attached - 1 : 0));
	json_object_set_new(daemon, "engine_death", json_text(link->death));
	json_object_set_new(daemon, "runner", json_string(runner_word(front)));
	json_object_set_new(daemon, "runner_restarts",
		json_integer(front->runner.attached > 1 ? front->runner.attached - 1 : 0));
	json_object_set_new(daemon, "log_lines_lost", json_integer((json_int_t)log_lost()));
	return daemon;
}

static const char *family_name(uint8_t family)
{
	return family == IP_V6 ? "ipv6" : "ipv4";
}

/* What is known of a virtual router without its engine: what it is configured to be. */
static json_t *unknown_instance(const struct vr_config *vr, const char *why)
{
	json_t *instance = json_object();

	json_object_set_new(instance, "name", json_text(vr->name));
	json_object_set_new(instance, "interface", json_text(vr->interface));
	json_object_set_new(instance, "family", json_string(family_name(vr->family)));
	json_object_set_new(instance, "vrid", json_integer(vr->vrid));
	json_object_set_new(instance, "version", json_integer(vr->version));
	json_object_set_new(instance, "state", json_string("UNKNOWN"));
	json_object_set_new(instance, "since", json_null());
	json_object_set_new(instance, "cause", json_pack("{s:s, s:s}", "code", "unknown", "text", why));
	json_object_set_new(instance, "peer", json_null());
	return instance;
}

static json_t *unknown_instances(const struct front *front, const char *why)
{
	json_t *instances = json_array();
	struct conf_result whole;

	if (!configuration_whole(front->config_fd, &whole))
		return instances;
	for (size_t i = 0; i < whole.conf->instance_count; i++)
		json_array_append_new(instances, unknown_instance(&whole.conf->instances[i].vr, why));
	conf_result_free(&whole);
	return instances;
}

/* An instance about which the engine said nothing is there, but unknown. */
static void add_missing_instances(const struct front *front, json_t *instances)
{
	json_t *names;
	struct conf_result whole;
	size_t i;
	const json_t *instance;

	if (!configuration_whole(front->config_fd, &whole))
		return;
	names = json_object();
	json_array_foreach(instances, i, instance)
		json_object_set_new(names, json_string_value(json_object_get(instance, "name")), json_true());
	for (i = 0; i < whole.conf->instance_count; i++) {
		const struct vr_config *vr = &whole.conf->instances[i].vr;

		json_t *name = json_text(vr->name);

		if (!json_object_get(names, json_string_value(name)))
			json_array_append_new(
				instances, unknown_instance(vr, "the engine said nothing about it"));
		json_decref(name);
	}
	json_decref(names);
	conf_result_free(&whole);
}

/* What the engine said of its instances, as text: nobody here reads that of ten thousand. NULL: no memory. */
static char *told_instances(const struct status_collection *status)
{
	const size_t length = status->instances_length;
	char *text = malloc(length + 3);

	if (!text)
		return NULL;
	text[0] = '[';
	if (length > 0)
		memcpy(text + 1, status->instances, length);
	/* In place of the last comma. */
	strcpy(text + (length > 0 ? length : 1), "]");
	return text;
}

static char *all_instances(const struct front *front)
{
	char *text = told_instances(&front->status);
	json_t *instances;

	if (!text || front->status.instance_count >= front->instance_count)
		return text;
	instances = json_loads(text, 0, NULL);
	free(text);
	if (!instances)
		instances = json_array();
	add_missing_instances(front, instances);
	text = json_dumps(instances, JSON_COMPACT | JSON_REAL_PRECISION(12));
	json_decref(instances);
	return text;
}

static void add_runner(const struct front *front, json_t *status)
{
	static const char *const lists[] = {"scripts", "files", "processes", "links", "notifications", "fifos"};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		json_t *list = json_object_get(front->runner.lists, lists[i]);

		json_object_set_new(status, lists[i], list ? json_incref(list) : json_array());
	}
}

/* Null for who is not there to say it. */
static json_t *confinement(const struct front *front, const json_t *engine_wide)
{
	json_t *engine = json_object_get(engine_wide, "confinement");

	return json_pack("{s:{s:I, s:b}, s:o}", "front", "user", (json_int_t)geteuid(), "filtered", front->filtered, "engine",
		engine ? json_incref(engine) : json_null());
}

/* All but the instances. daemon is taken over. engine_wide: what the engine says of itself, or NULL. */
static json_t *rest_of_status(const struct front *front, json_t *daemon, const json_t *engine_wide)
{
	static const struct {
		const char *name;
		bool is_list;
	} members[] = {{"sync_groups", true}, {"static", true}, {"interfaces", true}, {"drops", false}, {"bfd", true},
		{"bfd_drops", false}, {"after_death", false}, {"lateness", false}, {"rules", false},
		{"overruns", false}};

	json_t *status = json_object();

	json_object_set_new(status, "daemon", daemon);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		json_t *value = json_object_get(engine_wide, members[i].name);

		if (value == NULL)
			json_object_set_new(
				status, members[i].name, members[i].is_list ? json_array() : json_object());
		else
			json_object_set(status, members[i].name, value);
	}
	json_object_set_new(status, "confinement", confinement(front, engine_wide));
	add_runner(front, status);
	json_object_set_new(status, "mail", mail_status(front));
	return status;
}

/* instances: a JSON array, malloc'd; both are taken over. NULL: no memory. */
static struct answer *answer_of(json_t *status, char *instances)
{
	static const char begin[] = "{\"ok\":true,\"status\":";
	static const char between[] = ",\"instances\":";
	char *rest = json_dumps(status, JSON_COMPACT | JSON_REAL_PRECISION(12));
	const size_t rest_length = rest ? strlen(rest) - 1 : 0; /* its brace comes last */
	const size_t instances_length = instances ? strlen(instances) : 0;
	const size_t size = sizeof(begin) + rest_length + sizeof(between) + instances_length + sizeof("}}\n");
	char *text = rest && instances ? malloc(size) : NULL;
	char *at = text;

	if (text) {
		at = stpcpy(at, begin);
		at = mempcpy(at, rest, rest_length);
		at = stpcpy(at, between);
		at = mempcpy(at, instances, instances_length);
		at = stpcpy(at, "}}");
	}
	free(rest);
	free(instances);
	json_decref(status);
	return text ? answer_of_text(text, (size_t)(at - text)) : NULL;
}

/* Answers everybody whom the collection is for. answer is taken over. */
static void give(struct front *front, struct answer *answer)
{
	control_answer_with(front, front->status.brief ? CLIENT_IN_BRIEF : CLIENT_IN_STATUS, answer);
	if (!front->status.brief)
		dump_take(front, answer);
	answer_release(answer);
}

static void answer_unknown(struct front *front, const char *engine, const char *why)
{
	json_t *instances = unknown_instances(front, why);
	char *text = json_dumps(instances, JSON_COMPACT);

	json_decref(instances);
	give(front, answer_of(rest_of_status(front, daemon_object(front, engine), NULL), text));
}

static void forget_instances(struct status_collection *status)
{
	free(status->instances);
	status->instances = NULL;
	status->instances_length = 0;
	status->instances_size = 0;
	status->instance_count = 0;
}

static void end_collection(struct front *front)
{
	struct status_collection *status = &front->status;

	loop_set_timer(&front->loop, &status->timeout, MONO_NEVER);
	forget_instances(status);
	json_decref(status->engine_wide);
	status->engine_wide = NULL;
	status->runner_waits = false;
	status->running = false;
}

static void answer_engine_absent(struct front *front)
{
	if (front->engine.attached == 0)
		answer_unknown(front, "starting", "the engine has not started yet");
	else
		answer_unknown(front, "dead", "the engine is dead");
}

static void answer_complete(struct front *front)
{
	json_t *rest = rest_of_status(front, daemon_object(front, "running"), front->status.engine_wide);
	struct answer *answer = answer_of(rest, all_instances(front));

	end_collection(front);
	give(front, answer);
	status_run(front);
}

static void timed_out(struct timer *timer)
{
	struct front *front = container_of(timer, struct front, status.timeout);

	if (front->status.engine_wide) {
		answer_complete(front);
		return;
	}

	/* The end of the overdue answer was lost, or is: the next question is a new one. */
	if (front->status.stale)
		front->status.asked = false;
	end_collection(front);
	answer_unknown(front, "not answering", "the engine does not answer");
	status_run(front);
}

/* The engine answers in small portions between adverts: a thousand virtual routers take it half a second. */
static void wait_for_next_line(struct front *front)
{
	struct status_collection *status = &front->status;

	loop_set_timer(&front->loop, &status->timeout,
		mono_min(mono_add(clock_now(), STATUS_SILENCE), mono_add(status->begun, STATUS_TIMEOUT)));
}

/* One request at a time: an overdue answer is waited for and thrown away before the engine is asked again. 0
 * or -errno. */
static int ask_engine(struct front *front)
{
	static const char brief = MESSAGE_STATUS_BRIEF;
	struct status_collection *status = &front->status;
	int error;

	status->stale = status->asked;
	if (status->asked)
		return 0;
	error = engine_send_body(front, MESSAGE_STATUS_REQUEST, &brief, status->brief ? sizeof(brief) : 0);
	status->asked = error == 0;
	return error;
}

static void begin_collection(struct front *front)
{
	struct status_collection *status = &front->status;
	int error = ask_engine(front);

	if (error == 0) {
		status->running = true;
		status->timeout.fire = timed_out;
		status->begun = clock_now();
		status->runner_waits = runner_ask(front);
		wait_for_next_line(front);
	} else if (error == -EAGAIN) {
		answer_unknown(front, "not answering", "the engine does not read what it is asked");
	} else {
		answer_engine_absent(front); /* its end of the socket is closed, and the loop will find out */
	}
}

/* Whether somebody waits for one, and for which kind; in turns, if for both. */
static bool choose_collection(struct front *front)
{
	const bool brief = control_has(front, CLIENT_WANTS_BRIEF);

	if (brief && !front->status.brief) {
		front->status.brief = true;
		return true;
	}
	front->status.brief = false;
	if (dump_begin(front) || control_has(front, CLIENT_WANTS_STATUS))
		return true;
	front->status.brief = brief;
	return brief;
}

void status_run(struct front *front)
{
	while (!front->status.running && choose_collection(front)) {
		if (front->status.brief)
			control_move(front, CLIENT_WANTS_BRIEF, CLIENT_IN_BRIEF);
		else
			control_move(front, CLIENT_WANTS_STATUS, CLIENT_IN_STATUS);
		begin_collection(front);
	}
}

/* false: no memory. */
static bool append(struct status_collection *status, const char *line, size_t length)
{
	const size_t needed = status->instances_length + length + 1;

	if (needed > status->instances_size) {
		const size_t size = 2 * needed;
		char *instances = realloc(status->instances, size);

		if (!instances)
			return false;
		status->instances = instances;
		status->instances_size = size;
	}
	memcpy(status->instances + status->instances_length, line, length);
	status->instances[needed - 1] = ',';
	status->instances_length = needed;
	status->instance_count++;
	return true;
}

void status_router(struct front *front, const char *line, size_t length)
{
	if (!front->status.running || front->status.stale)
		return;
	if (length < 2 || line[0] != '{' || line[length - 1] != '}')
		log_line(LOG_LEVEL_ERROR, "the engine's status of a virtual router is no JSON object");
	else
		append(&front->status, line, length);
	wait_for_next_line(front);
}

void status_end(struct front *front, const char *line, size_t length)
{
	struct status_collection *status = &front->status;

	status->asked = false;
	if (!status->running)
		return;
	if (status->stale || strcmp(line, "null") == 0) {
		forget_instances(status);
		ask_engine(front); /* if that fails, the timeout answers */
		return;
	}
	status->engine_wide = json_loadb(line, length, 0, NULL);
	if (!status->engine_wide)
		status->engine_wide = json_object();
	if (!status->runner_waits)
		answer_complete(front);
}

void status_runner_end(struct front *front)
{
	struct status_collection *status = &front->status;

	status->runner_waits = false;
	if (status->running && status->engine_wide)
		answer_complete(front);
}

void status_engine_gone(struct front *front)
{
	front->status.asked = false;
	if (!front->status.running)
		return;
	end_collection(front);
	answer_engine_absent(front);
	status_run(front);
}
