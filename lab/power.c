/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pulling a device's plug, booting it again, stopping a lab: by way of the supervisor. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lab/lab.h"
#include "lab/state.h"
#include "lab/supervisor.h"

/* Sends a request about one device and reads lines until `until` (or "done" with until NULL), an error, or
 * the end. */
static int ask(
	struct lab *lab, const char *verb, const char *name, const char *until, struct lab_error *error)
{
	char line[SUPERVISOR_LINE_SIZE], copy[LAB_DEVICE_NAME_SIZE];
	char *names[] = {copy};
	snprintf(copy, sizeof copy, "%s", name);
	int fd = supervisor_connect(lab, error);
	int result = fd < 0 ? fd : supervisor_request(fd, verb, names, 1, error);
	bool done = false, seen = until == NULL;
	while (result == 0 && !(done && seen)) {
		int got = supervisor_line(fd, -1, line, sizeof line);
		if (got < 0)
			result = lab_fail(error, -ENOENT, "the lab is gone");
		else if (got == 0)
			continue;
		else if (strncmp(line, "error ", 6) == 0)
			result = lab_fail(error, -EINVAL, "%s", line + 6);
		else if (strncmp(line, "warning ", 8) == 0)
			lab_fail(error, 0, "%s", line + 8);
		else if (strncmp(line, "gone ", 5) == 0 && strcmp(line + 5, name) == 0 &&
			 strcmp(verb, "start") == 0)
			result = -EIO; /* the reason was the warning before */
		done = done || strcmp(line, "done") == 0;
		seen = seen || strcmp(line, until) == 0;
	}
	if (fd >= 0)
		close(fd);
	return result;
}

static int refresh_device(struct lab *lab, struct lab_device *device, struct lab_error *error)
{
	char name[LAB_DEVICE_NAME_SIZE];
	struct lab fresh;
	memcpy(name, device->name, sizeof name);
	int result = lab_find(lab->directory, &fresh, error);
	if (result < 0)
		return result;
	const struct lab_device *found = lab_device(&fresh, name, error);
	if (found != NULL) {
		device->pid = found->pid;
		device->start_time = found->start_time;
		device->ready = found->ready;
		for (size_t i = 0; i < device->interface_count && i < found->interface_count; i++)
			device->interfaces[i].index = found->interfaces[i].index;
	}
	lab_free(&fresh);
	return found == NULL ? -ENODEV : 0;
}

int lab_power_off(struct lab *lab, struct lab_device *device, struct lab_error *error)
{
	int result = ask(lab, "kill", device->name, NULL, error);
	return result < 0 ? result : refresh_device(lab, device, error);
}

int lab_power_on(struct lab *lab, struct lab_device *device, struct lab_error *error)
{
	char ready[LAB_DEVICE_NAME_SIZE + 8];
	int result = refresh_device(lab, device, error);
	if (result < 0 || device->pid > 0)
		return result;
	snprintf(ready, sizeof ready, "ready %s", device->name);
	result = ask(lab, "start", device->name, ready, error);
	return result < 0 ? result : refresh_device(lab, device, error);
}

int lab_stop(const struct lab *lab, struct lab_error *error)
{
	char line[SUPERVISOR_LINE_SIZE];
	int fd = supervisor_connect(lab, error);
	int result = fd < 0 ? fd : supervisor_request(fd, "stop", NULL, 0, error);
	while (result == 0 && supervisor_line(fd, -1, line, sizeof line) >= 0) {
	}
	if (fd >= 0)
		close(fd);
	while (result == 0 && lab_is_running(lab))
		poll(NULL, 0, 1);
	return result;
}
