/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies of the configuration and the state around reloads: see saved.h. */
#include "front/saved.h"

#include <string.h>

#include "front/front.h"
#include "front/log.h"

static const char *folder_of(const struct conf *conf)
{
	return conf->global.process.save_folder;
}

void saved_name(const struct front *front, bool before, struct clerk_request *request)
{
	request->pid = front->engine.pid;
	request->number = front->saved.number + before;
}

void saved_configuration(struct front *front, const struct conf *conf, bool at_start)
{
	struct clerk_request request = {.errand = CLERK_SAVE, .pid = front->guard.pid};
	struct clerk_answer answer;
	size_t length = 0;
	char *text;
	int error;

	if (!at_start)
		front->saved.number++;
	if (!folder_of(conf))
		return;
	request.number = front->saved.number;
	text = conf_print_alloc(conf, CONF_SECRETS_MASKED, &length);
	error = clerk_store(front, &request, text, length, &answer);
	if (error)
		log_line(LOG_LEVEL_ERROR, "config_save_dir: cannot write %s: %s",
			answer.path[0] ? answer.path : folder_of(conf), strerror(-error));
	else
		front->saved.number = answer.number;
}

static void go_on(struct timer *timer)
{
	reload_run(container_of(timer, struct front, saved.again));
}

bool saved_before(struct front *front)
{
	struct saved *saved = &front->saved;

	if (!folder_of(front->config->conf))
		return true;
	if (saved->before_made) {
		saved->before_made = false;
		return true;
	}
	if (!saved->waits) {
		saved->waits = true;
		dump_want(front, DUMP_BEFORE, false);
	}
	return false;
}

void saved_before_made(struct front *front)
{
	front->saved.waits = false;
	front->saved.before_made = true;
	front->saved.again.fire = go_on;
	loop_set_timer(&front->loop, &front->saved.again, clock_now());
}

void saved_after(struct front *front)
{
	if (folder_of(front->config->conf))
		dump_want(front, DUMP_AFTER, false);
}
