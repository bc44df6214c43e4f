/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reload: the clerk reads the file again. With an error in it nothing changes. Without, the engine gets the new
 * configuration, from the guard; once it has confirmed, it is the one in force for the front and the guard, too, so
 * that an engine that dies of a new configuration is started again with the old one. Reloads run one at a
 * time.
 */
#include "front/configuration.h"
#include "front/front.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/memory.h"
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
	const size_t count = front->instance_count;
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
		guard_send(front, MESSAGE_RELOAD_FAILED);
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

/* offered: it is another one than before. */
static void tell_guard(struct front *front, bool offered)
{
	if (guard_say_in_force(front, offered) < 0)
		log_line(LOG_LEVEL_ERROR,
			"the guard did not get the new configuration: if the engine dies, it starts "
			"again with the old one");
}

static void forget_pending(struct front *front)
{
	struct reload *reload = &front->reload;

	free_result(reload->pending);
	reload->pending = NULL;
	free(reload->pending_warnings);
	reload->pending_warnings = NULL;
	if (reload->pending_fd >= 0)
		close(reload->pending_fd);
	reload->pending_fd = -1;
	reload->answered = false;
	loop_set_timer(&front->loop, &reload->timeout, MONO_NEVER);
}

/* The new configuration is the one in force from now on. */
static void put_in_force(struct front *front)
{
	const struct clerk_request request = {.errand = CLERK_TAKE};
	struct reload *reload = &front->reload;
	struct conf_result *old = front->config;
	char *old_warnings = front->warnings;
	const int old_fd = front->config_fd;
	struct clerk_answer answer;

	front->config = reload->pending;
	front->warnings = reload->pending_warnings;
	front->config_fd = reload->pending_fd;
	reload->pending = old;
	reload->pending_warnings = old_warnings;
	reload->pending_fd = old_fd;
	forget_pending(front);
	front->config_loaded = clock_now();
	clerk_ask(front, &request, -1, &answer, NULL);
	schedule_follow(front);
	tell_guard(front, true);
	front->instance_count = front->config->conf->instance_count;
	configuration_rest(front->config, front->config_fd);
}

static void timed_out(struct timer *timer)
{
	struct front *front = container_of(timer, struct front, reload.timeout);

	front->reload.answered = true;
	finish(front, "the engine has not confirmed the new configuration within 5 s; it may still take it");
	reload_run(front);
}

static void log_warnings(const char *warnings)
{
	log_text(LOG_LEVEL_WARNING, warnings ? warnings : "");
}

/* Hands it to the engine. 0; -ENOTCONN: there is none; another -errno. */
static int hand_to_engine(struct front *front, bool offered)
{
	return front->engine.watch.fd < 0 ? -ENOTCONN : guard_hand_over(front, offered);
}

/* With commands there is more to it than what is read: whether they are there, and who their users are. */
static bool may_be_the_same(const struct front *front)
{
	return front->engine.watch.fd >= 0 && !conf_needs_runner(front->config->conf);
}

static void reload_the_same(struct front *front)
{
	log_line(LOG_LEVEL_DETAIL, "nothing in %s has changed", front->options.config);
	log_warnings(front->warnings);
	saved_configuration(front, front->config->conf, false);
	front->config_loaded = clock_now();
	schedule_follow(front);
	tell_guard(front, false);
	finish(front, NULL);
}

/* The pending configuration goes to the engine, if there is one. */
static void submit(struct front *front)
{
	struct reload *reload = &front->reload;
	char text[128];
	const int error = hand_to_engine(front, true);

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

/* What the clerk has read; takes over both. false: there is no memory. */
static bool take_configuration(struct front *front, int fd, char *warnings)
{
	struct conf_result *result = calloc(1, sizeof(*result));

	if (!result || conf_load_memory(fd, front->options.config, result) < 0) {
		free(result);
		return false;
	}
	if (!result->conf) {
		free_result(result);
		return false;
	}
	front->reload.pending = result;
	front->reload.pending_warnings = warnings;
	front->reload.pending_fd = fd;
	return true;
}

/* One reload as far as it goes without waiting. */
static void begin(struct front *front)
{
	enum clerk_outcome outcome;
	char *text;
	int fd;

	log_rotate();
	outcome = clerk_read(front, may_be_the_same(front), &text, &fd);
	switch (outcome) {
	case CLERK_SAME:
		log_warnings(text);
		reload_the_same(front);
		break;
	case CLERK_REFUSED:
		finish(front, text ? text : "there is no memory to say what is wrong");
		break;
	case CLERK_FINE:
		log_warnings(text);
		if (take_configuration(front, fd, text)) {
			text = NULL;
			fd = -1;
			saved_configuration(front, front->reload.pending->conf, false);
			submit(front);
		} else {
			finish(front, "there is no memory");
		}
		break;
	}
	free(text);
	if (fd >= 0)
		close(fd);
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
		front->reload.unasked = hand_to_engine(front, false) == 0;
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
	free(front->warnings);
	free(front->reload.last_error);
}
