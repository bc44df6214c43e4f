/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reload: reads the file again. With an error in it nothing changes. Without, the engine gets the new
 * configuration; once it has confirmed, the front takes it for the one in force and the guard gets it too, so
 * that an engine that dies of a new configuration is started again with the old one. Reloads run one at a
 * time.
 */
#include "front/front.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "front/configuration.h"
#include "front/json_text.h"
#include "front/log.h"
#include "front/reload_schedule.h"
#include "front/saved.h"

static void free_result(struct conf_result *result)
{
	if (!result)
		return;
	conf_result_free(result);
	free(result);
}

/* Tells everybody who waits. error NULL: it went well. */
static void finish(struct front *front, const char *error)
{
	struct reload *reload = &front->reload;
	size_t count = front->config->conf->instance_count;
	json_t *answer = json_object();

	json_object_set_new(answer, "ok", json_boolean(!error));
	if (error)
		json_object_set_new(answer, "error", json_text(error));
	free(reload->last_error);
	reload->last_error = error ? strdup(error) : NULL;
	if (error) {
		log_line(LOG_LEVEL_ERROR, "reload of %s failed, nothing was changed:", front->options.config);
		log_text(LOG_LEVEL_ERROR, error);
	} else {
		log_line(LOG_LEVEL_NOTICE, "reloaded %s, %zu virtual router%s", front->options.config, count,
			count == 1 ? "" : "s");
	}
	if (reload->guard_waits && error)
		guard_send(front, MESSAGE_RELOAD_FAILED, -1);
	reload->guard_waits = false;
	control_answer(front, CLIENT_IN_RELOAD, answer);
	json_decref(answer);
	if (!error)
		saved_after(front);
}

bool reload_is_pending(const struct front *front)
{
	return front->reload.pending && !front->reload.answered;
}

/* The guard takes it for the end of a reload, too. */
static void send_to_guard(struct front *front)
{
	if (guard_send_config(front, front->config->conf, front->config_fd) < 0)
		log_line(LOG_LEVEL_ERROR,
			"the guard did not get the new configuration: if the engine dies, it starts "
			"again with the old one");
}

static void forget_pending(struct front *front)
{
	struct reload *reload = &front->reload;

	free_result(reload->pending);
	reload->pending = NULL;
	reload->answered = false;
	close(reload->pending_fd);
	inputs_free(&reload->pending_inputs);
	loop_set_timer(&front->loop, &reload->timeout, MONO_NEVER);
}

/* The new configuration is the one in force from now on. */
static void put_in_force(struct front *front)
{
	struct reload *reload = &front->reload;
	struct conf_result *old = front->config;
	const int old_fd = front->config_fd;
	struct inputs old_inputs = front->inputs;

	front->config = reload->pending;
	front->config_fd = reload->pending_fd;
	front->inputs = reload->pending_inputs;
	reload->pending = old;
	reload->pending_fd = old_fd;
	reload->pending_inputs = old_inputs;
	forget_pending(front);
	front->config_loaded = clock_now();
	schedule_follow(front);
	send_to_guard(front);
}

static void timed_out(struct timer *timer)
{
	struct front *front = container_of(timer, struct front, reload.timeout);

	front->reload.answered = true;
	finish(front, "the engine has not confirmed the new configuration within 5 s; it may still take it");
	reload_run(front);
}

/* What needs a restart: where the daemon runs, and its name. NULL: nothing of that is changed. */
static const char *moved(const struct conf *before, const struct conf *after)
{
	const struct conf_process *a = &before->global.process;
	const struct conf_process *b = &after->global.process;

	if (!string_equal(a->net_namespace, b->net_namespace))
		return "net_namespace is not what it was: that takes a restart";
	if (!string_equal(a->instance_name, b->instance_name))
		return "instance is not what it was: that takes a restart";
	return NULL;
}

/* "/run/vigia/vigiad.sock" makes "/run/vigia/vigiad.reload". Malloc'd. */
static char *usual_reload_file(const struct front *front)
{
	const char *control = front->options.control;
	const char *dot = strrchr(control, '.');
	char *path;

	return asprintf(&path, "%.*s.reload", (int)(dot ? dot - control : (ptrdiff_t)strlen(control)), control) < 0 ? NULL
														   : path;
}

/* The file that stands, empty, while a configuration is read: what writes configurations waits for its end. NULL: none is
 * wanted. */
static char *stand_reload_file(const struct front *front)
{
	const struct conf_process *process = &front->config->conf->global.process;
	char *path;
	int fd;

	if (!process->reload_file_wanted)
		return NULL;
	path = process->reload_file ? strdup(process->reload_file) : usual_reload_file(front);
	fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644) : -1;
	if (fd < 0)
		log_line(LOG_LEVEL_ERROR, "reload_file %s: %s", path ? path : "", strerror(errno));
	else
		close(fd);
	return path;
}

static void remove_reload_file(char *path)
{
	if (path)
		unlink(path);
	free(path);
}

/* reload_check_config with a path. */
static void write_check_log(const struct front *front, const char *messages)
{
	const char *path = front->config->conf->global.process.reload_check_log;
	FILE *file = path ? fopen(path, "we") : NULL;

	if (file) {
		fputs(messages, file);
		fclose(file);
	} else if (path) {
		log_line(LOG_LEVEL_ERROR, "cannot write %s: %s", path, strerror(errno));
	}
}

static void log_warnings(const struct front *front, const struct conf_result *result)
{
	char *warnings = configuration_messages(&front->options, result);

	log_text(LOG_LEVEL_WARNING, warnings ? warnings : "");
	free(warnings);
}

/* NULL, or what is wrong, malloc'd; then *result holds nothing. */
static char *read_file(const struct front *front, struct inputs *inputs, struct conf_result *result)
{
	char *messages;

	configuration_read(&front->options, inputs, result);
	if (!result->conf) {
		messages = configuration_errors(result);
		conf_result_free(result);
		return messages ? messages : strdup("there is no memory to say what is wrong");
	}
	if (moved(front->config->conf, result->conf)) {
		messages = strdup(moved(front->config->conf, result->conf));
		conf_result_free(result);
		return messages ? messages : strdup("");
	}
	log_warnings(front, result);
	return NULL;
}

/* Hands it to the engine. 0; -ENOTCONN: there is none; another -errno. */
static int hand_to_engine(struct front *front, int fd)
{
	return front->engine.watch.fd < 0 ? -ENOTCONN : engine_send(front, MESSAGE_NEW_CONFIG, fd);
}

/* With commands there is more to it than what is read: whether they are there, and who their users are. */
static bool would_change_nothing(const struct front *front)
{
	return front->engine.watch.fd >= 0 && !conf_needs_runner(front->config->conf) && inputs_unchanged(&front->inputs);
}

static void reload_the_same(struct front *front)
{
	log_line(LOG_LEVEL_DETAIL, "nothing in %s has changed", front->options.config);
	log_warnings(front, front->config);
	saved_configuration(front, front->config->conf, false);
	front->config_loaded = clock_now();
	schedule_follow(front);
	send_to_guard(front);
	finish(front, NULL);
}

/* The pending configuration goes to the engine, if there is one. */
static void submit(struct front *front)
{
	struct reload *reload = &front->reload;
	char text[128];
	int error;

	reload->pending_fd = configuration_memfd(reload->pending->conf);
	error = reload->pending_fd < 0 ? reload->pending_fd : hand_to_engine(front, reload->pending_fd);
	if (error == 0) {
		reload->answered = false;
		reload->timeout.fire = timed_out;
		loop_set_timer(&front->loop, &reload->timeout, mono_add(clock_now(), RELOAD_TIMEOUT));
	} else if (error == -ENOTCONN) {
		put_in_force(front); /* for the engine that the guard starts next */
		finish(front, NULL);
	} else {
		snprintf(text, sizeof(text), "the engine cannot be given the new configuration: %s",
			strerror(-error));
		forget_pending(front);
		finish(front, text);
	}
}

/* One reload as far as it goes without waiting. */
static void begin(struct front *front)
{
	struct reload *reload = &front->reload;
	struct conf_result *result = calloc(1, sizeof(*result));
	char *standing, *problem;
	bool same;

	log_rotate();
	if (!result) {
		finish(front, "there is no memory");
		return;
	}
	standing = stand_reload_file(front);
	same = would_change_nothing(front);
	problem = same ? NULL : read_file(front, &reload->pending_inputs, result);
	remove_reload_file(standing);
	if (same) {
		free(result);
		reload_the_same(front);
		return;
	}
	if (problem) {
		inputs_free(&reload->pending_inputs);
		write_check_log(front, problem);
		finish(front, problem);
		free(problem);
		free(result);
		return;
	}
	saved_configuration(front, result->conf, false);
	reload->pending = result;
	submit(front);
}

void reload_run(struct front *front)
{
	struct reload *reload = &front->reload;

	/* While one waits for the engine the next one waits for it; an engine that is overdue is not asked
	 * again. */
	while ((!reload->pending || reload->answered) &&
		(reload->guard_wants || reload->schedule_wants || control_has(front, CLIENT_WANTS_RELOAD))) {
		if (!saved_before(front))
			return;

		const bool scheduled = reload->schedule_wants;

		reload->schedule_wants = false;
		reload->guard_waits = reload->guard_wants;
		reload->guard_wants = false;
		control_move(front, CLIENT_WANTS_RELOAD, CLIENT_IN_RELOAD);
		if (reload->pending)
			finish(front,
				"the engine has not yet confirmed the configuration of the reload before");
		else
			begin(front);
		if (scheduled)
			schedule_done(front);
	}
	guard_quit_when_idle(front);
}

void reload_confirmed(struct front *front)
{
	struct conf_result *result = front->reload.pending;
	bool late = front->reload.answered;

	if (front->reload.unasked) {
		front->reload.unasked = false;
		return;
	}
	if (!result)
		return;
	put_in_force(front);
	if (late)
		log_line(LOG_LEVEL_NOTICE, "the engine has now confirmed the new configuration after all");
	finish(front, NULL);
	reload_run(front);
}

void reload_engine_came(struct front *front, unsigned configs)
{
	if (configs != front->guard.configs)
		front->reload.unasked = hand_to_engine(front, front->config_fd) == 0;
}

void reload_engine_gone(struct front *front)
{
	struct reload *reload = &front->reload;
	bool late = reload->answered;

	reload->unasked = false;
	if (!reload->pending)
		return;
	forget_pending(front);
	if (!late)
		finish(front, "the engine died while it took the new configuration; it starts again with the "
			      "old one");
	reload_run(front);
}

void reload_free(struct front *front)
{
	if (front->reload.pending)
		forget_pending(front);
	inputs_free(&front->inputs);
	free(front->reload.last_error);
}
