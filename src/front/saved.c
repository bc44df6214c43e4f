/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies of the configuration and the state around reloads: see saved.h. */
#include "front/saved.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "front/front.h"
#include "front/log.h"

static const char *folder_of(const struct conf *conf)
{
	return conf->global.process.save_folder;
}

static char *configuration_path(const struct front *front, const struct conf *conf)
{
	char *path;

	return asprintf(&path, "%s/keepalived.conf.%d.%u", folder_of(conf), (int)front->guard.pid,
		       front->saved.number) < 0
		       ? NULL
		       : path;
}

char *saved_path(const struct front *front, bool before)
{
	const char *folder = folder_of(front->config->conf);
	char *path;

	if (!folder)
		return NULL;
	return asprintf(&path, "%s/keepalived_vrrp.%d.%u.%s", folder, (int)front->engine.pid,
		       front->saved.number + before, before ? "pre" : "post") < 0
		       ? NULL
		       : path;
}

/* 0 or -errno. Nobody else's file is written to. */
static int write_file(const char *path, const char *text, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
	int error = file ? 0 : -errno;

	if (file) {
		fwrite(text, 1, length, file);
		if (fclose(file) != 0)
			error = -errno;
	} else if (fd >= 0) {
		close(fd);
	}
	return error;
}

void saved_configuration(struct front *front, const struct conf *conf, bool at_start)
{
	char *path;
	char *text;
	size_t length;
	int error = -ENOMEM;

	if (!at_start)
		front->saved.number++;
	if (!folder_of(conf))
		return;
	mkdir(folder_of(conf), 0700);
	path = configuration_path(front, conf);
	/* A front that died was the first to count. */
	while (path && access(path, F_OK) == 0) {
		free(path);
		front->saved.number++;
		path = configuration_path(front, conf);
	}
	text = conf_print_alloc(conf, CONF_SECRETS_MASKED, &length);
	if (path && text)
		error = write_file(path, text, length);
	if (error)
		log_line(LOG_LEVEL_ERROR, "config_save_dir: cannot write %s: %s", path ? path : folder_of(conf),
			strerror(-error));
	free(text);
	free(path);
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
