/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An upgrade, as the engines see it. The successor is started beside the engine that runs, opens its sockets, learns what is in
 * the kernel, and waits. The old one then writes its state into memory and stands still, its sockets open; the successor reads
 * it and goes on. What came after the state was written waits in the successor's sockets, which have been open all the time, so no
 * advert is lost. If nobody succeeds the old one goes on as after a short stall, in time for nobody to notice: it tells the guard
 * how long it may stand still. See engine_save, engine_still_until.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/archive.h"
#include "base/error_name.h"
#include "daemon/engine_process.h"
#include "daemon/state_memory.h"
#include "linux/channel.h"

#define SECTION_PROCESS 1

/* The successor has the text that the guard knew of when it started it. It may have been replaced since. */
static void archive_configuration(struct archive *archive, const struct engine_process *process)
{
	struct stat own = {0};
	uint64_t device, number;

	fstat(process->runner_voice.config, &own);
	device = own.st_dev;
	number = own.st_ino;
	archive_u64(archive, &device);
	archive_u64(archive, &number);
	if (device == own.st_dev && number == own.st_ino)
		return;
	archive->failed = true;
}

/* What the process knows beside the engine. */
static void archive_process(struct archive *archive, struct engine_process *process, mono_t *saved_at)
{
	struct archive_section section = archive_begin(archive, SECTION_PROCESS);

	archive_time(archive, saved_at);
	devices_archive(archive, &process->kernel.devices);
	archive_configuration(archive, process);
	archive_end(archive, &section);
}

/* Its length is a part of it: what follows is the engine's. */
static int write_process(struct engine_process *process, int fd)
{
	struct archive archive = archive_to(NULL, 0);
	mono_t now = process->clock.now;
	uint8_t *bytes;
	int error;

	archive_process(&archive, process, &now);
	bytes = malloc(archive.at);
	if (!bytes)
		return -ENOMEM;
	archive = archive_to(bytes, archive.at);
	archive_process(&archive, process, &now);
	error = state_memory_write(fd, bytes, archive.at);
	free(bytes);
	return error;
}

/* A descriptor, or -errno. */
static int save(struct engine_process *process)
{
	int fd = memfd_create("vigiad-state", MFD_CLOEXEC);
	uint8_t *bytes = NULL;
	size_t size = 0;
	int error;

	if (fd < 0)
		return -errno;
	error = engine_save(process->engine, &bytes, &size);
	if (!error) {
		error = write_process(process, fd);
		if (!error)
			error = state_memory_write(fd, bytes, size);
		if (error)
			engine_resume(process->engine, process->clock.now);
	}
	free(bytes);
	if (!error)
		return fd;
	close(fd);
	return error;
}

/* Nothing of the kernel's is changed any more, and nobody waits for the kernel. */
static bool rest(struct engine_process *process)
{
	return kernel_worker_is_idle(&process->kernel.worker) && devices_are_settled(&process->kernel.devices) &&
	       firewall_rest(&process->kernel.firewall);
}

/* Until the guard says what becomes of us; it ends us when the successor works. */
static void stand_still(struct engine_process *process)
{
	struct pollfd guard = {.fd = process->guard.fd, .events = POLLIN};

	process->still = true;
	while (process->still) {
		if (poll(&guard, 1, -1) < 0 && errno != EINTR)
			break;
		engine_process_hear_guard(process, EPOLLIN);
	}
	process->still = false;
}

static int tell_saved(const struct engine_process *process, int fd, mono_t until)
{
	const char *why = fd < 0 ? error_name(fd) : "";

	if (fd < 0)
		return channel_send(process->guard.fd, MESSAGE_SAVED, why, strlen(why), -1);
	return channel_send(process->guard.fd, MESSAGE_SAVED, &until, sizeof(until), fd);
}

void engine_process_hand_over(struct engine_process *process)
{
	mono_t until;
	int fd = -EBUSY;

	/* Whoever has the kernel's lock is not waited for: it is not settled then, and we are asked again. */
	engine_kernel_answered(process->engine, process->clock.now);
	engine_process_end_reload(process);
	until = engine_still_until(process->engine, process->clock.now);
	if (process->running && !process->stopping && mono_before(process->clock.now, until) && rest(process)) {
		fd = save(process);
		if (fd < 0)
			firewall_wake(&process->kernel.firewall);
	}
	if (tell_saved(process, fd, until) < 0 && fd >= 0) {
		firewall_wake(&process->kernel.firewall);
		engine_resume(process->engine, process->clock.now);
		close(fd);
		return;
	}
	if (fd < 0)
		return;
	close(fd);
	stand_still(process);
}

void engine_process_go_on(struct engine_process *process)
{
	if (!process->still)
		return;
	process->still = false;
	turn_clock_read(&process->clock);
	firewall_wake(&process->kernel.firewall);
	firewall_forget(&process->kernel.firewall);
	engine_resume(process->engine, process->clock.now);
}

void engine_process_wait_for_state(struct engine_process *process)
{
	if (process->waiting)
		return;
	process->waiting = true;
	/* From now on they keep what comes. */
	for (size_t i = 0; i < PACKET_RX_SOCKETS; i++)
		event_loop_remove(&process->loop, &process->packets[i]);
	channel_send(process->options.guard_fd, MESSAGE_WAITING, NULL, 0, -1);
}

/* NULL; or why it cannot be. */
static const char *take_state(struct engine_process *process, const uint8_t *bytes, size_t size)
{
	struct archive archive = archive_from(bytes, size);

	archive_process(&archive, process, &process->heard_until);
	if (archive.failed)
		return "what it says of its configuration, which may be another one by now";
	return engine_start_saved(process->engine, bytes + archive.at, size - archive.at, process->clock.now);
}

static void refuse(const struct engine_process *process, const char *what)
{
	char why[MESSAGE_NAME_SIZE];

	snprintf(why, sizeof(why), "the new engine does not understand the state of the old one: %s", what);
	channel_send(process->options.guard_fd, MESSAGE_REFUSED, why, strlen(why), -1);
}

int engine_process_succeed(struct engine_process *process, int fd)
{
	const char *not_understood;
	const uint8_t *bytes;
	size_t size;

	if (!process->waiting || process->running)
		return -EINVAL;
	bytes = state_memory_map(fd, &size);
	if (!bytes)
		return -errno;
	not_understood = take_state(process, bytes, size);
	munmap((void *)(uintptr_t)bytes, size);
	if (not_understood) {
		refuse(process, not_understood);
		return -EPROTO;
	}
	process->running = true;
	for (size_t i = 0; i < PACKET_RX_SOCKETS; i++)
		event_loop_add(&process->loop, &process->packets[i], EPOLLIN);
	channel_send(process->options.guard_fd, MESSAGE_READY, NULL, 0, -1);
	return 0;
}
