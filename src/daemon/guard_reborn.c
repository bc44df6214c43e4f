/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last step of an upgrade: the guard's own process becomes the vigiad that is installed now, by exec, with its descriptors. So
 * its number stays, which systemd and the pid file know, and the engine stays its child. What it has to remember goes
 * through memory, as a base/archive.h. The front and the runner have ended; the new guard starts them. See guard.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/archive.h"
#include "base/error_name.h"
#include "daemon/guard.h"
#include "daemon/state_memory.h"
#include "linux/privileges.h"
#include "linux/process_setup.h"

#define STATE_VARIABLE "VIGIA_GUARD_STATE"
#define SECTION_GUARD 1
#define PATH_SIZE 4096

/* Open again when it is read: the descriptor keeps its number. */
static void descriptor(struct archive *archive, int *fd)
{
	archive_int(archive, fd);
	if (*fd >= 0 && !archive->failed)
		fcntl(*fd, F_SETFD, archive->writing ? 0 : FD_CLOEXEC);
}

static void path(struct archive *archive, const char **path)
{
	char text[PATH_SIZE] = "";

	if (*path)
		snprintf(text, sizeof(text), "%s", *path);
	archive_text(archive, text, sizeof(text));
	if (!archive->writing) {
		free((void *)(uintptr_t)*path); /* that of the options, which mean the same from another folder */
		*path = strdup(text);
		archive->failed = archive->failed || !*path;
	}
}

static void pid_file(struct archive *archive, struct pid_file *file)
{
	path(archive, &file->path);
	descriptor(archive, &file->fd);
}

static void engine(struct archive *archive, struct guarded *engine)
{
	archive_int(archive, &engine->process.pid);
	descriptor(archive, &engine->process.pidfd);
	descriptor(archive, &engine->channel.fd);
	descriptor(archive, &engine->complaints.fd);
	descriptor(archive, &engine->complaints_write);
	archive_time(archive, &engine->started);
	archive_bool(archive, &engine->ready);
}

/* The present one, and the former one, which ends when its channel is closed by exec. */
static void starters(struct archive *archive, struct guard_starter *starter)
{
	archive_int(archive, &starter->now.process.pid);
	descriptor(archive, &starter->now.process.pidfd);
	descriptor(archive, &starter->now.channel);
	archive_int(archive, &starter->other.process.pid);
	descriptor(archive, &starter->other.process.pidfd);
	archive_bool(archive, &starter->lost);
}

static void about_configuration(struct archive *archive, struct message_config *config)
{
	archive_u8(archive, &config->needs_runner);
	archive_u8(archive, &config->runs_first);
	archive_duration(archive, &config->child_wait);
	archive_text(archive, config->name, sizeof(config->name));
	archive_text(archive, config->firewall, sizeof(config->firewall));
}

static void drained(struct archive *archive, struct guard *guard)
{
	archive_size(archive, &guard->drained_length);
	if (!archive->writing) {
		if (guard->drained_length > archive->size - archive->at)
			archive->failed = true;
		guard->drained = archive->failed ? NULL : malloc(guard->drained_length + 1);
		archive->failed = archive->failed || !guard->drained;
	}
	if (!archive->failed && guard->drained_length > 0)
		archive_bytes(archive, guard->drained, guard->drained_length);
}

static void archive_guard(struct archive *archive, struct guard *guard)
{
	struct archive_section section = archive_begin(archive, SECTION_GUARD);

	engine(archive, &guard->engine);
	descriptor(archive, &guard->config_fd);
	about_configuration(archive, &guard->config);
	descriptor(archive, &guard->testament.fd);
	archive_int(archive, &guard->testament.number);
	descriptor(archive, &guard->packet_socket);
	descriptor(archive, &guard->datagram_tx.v4);
	descriptor(archive, &guard->datagram_tx.v6);
	descriptor(archive, &guard->netlink_socket);
	descriptor(archive, &guard->firewall_socket);
	archive_text(archive, guard->firewall_name, sizeof(guard->firewall_name));
	descriptor(archive, &guard->net_namespace);
	path(archive, &guard->options->control);
	path(archive, &guard->options->pid_file);
	path(archive, &guard->options->vrrp_pid_file);
	pid_file(archive, &guard->pid_file);
	pid_file(archive, &guard->vrrp_pid_file);
	archive_text(archive, guard->held_log, sizeof(guard->held_log));
	drained(archive, guard);
	descriptor(archive, &guard->mail_fd);
	descriptor(archive, &guard->process_events);
	archive_int(archive, &guard->former_runner);
	archive_bool(archive, &guard->reload_wanted);
	for (size_t i = 0; i < GUARD_FIFO_COUNT; i++) {
		descriptor(archive, &guard->fifos[i].fd);
		archive_bool(archive, &guard->fifos[i].made);
	}
	service_users_archive(archive, &guard->users);
	starters(archive, &guard->starter);
	path(archive, &guard->options->config);
	archive_end(archive, &section);
}

/* A descriptor that is inherited, or -errno. */
static int write_state(struct guard *guard)
{
	struct archive archive = archive_to(NULL, 0);
	int fd = memfd_create("vigiad-guard", 0);
	int error = fd < 0 ? -errno : 0;
	uint8_t *bytes;

	archive_guard(&archive, guard);
	bytes = malloc(archive.at);
	if (!bytes)
		error = -ENOMEM;
	if (!error) {
		archive = archive_to(bytes, archive.at);
		archive_guard(&archive, guard);
		error = archive.failed ? -EIO : state_memory_write(fd, bytes, archive.at);
	}
	free(bytes);
	if (!error)
		return fd;
	if (fd >= 0)
		close(fd);
	return error;
}

/* The same, with the starter of the new vigiad as ours: the one that we have goes on if nothing comes of it. */
static int write_renewed_state(struct guard *guard)
{
	int state = guard_renew_starter(guard);

	if (state < 0)
		return state;
	guard_swap_starters(guard);
	state = write_state(guard);
	guard_swap_starters(guard);
	if (state < 0)
		guard_end_other_starter(guard);
	return state;
}

/* Comes back only with an error. */
static int become(struct guard *guard)
{
	const int program = start_find_program("vigiad");
	const int state = program < 0 ? program : write_renewed_state(guard);
	int error;

	if (state < 0) {
		if (program >= 0)
			close(program);
		return state;
	}
	state_memory_pass(STATE_VARIABLE, state);
	privileges_hand_on();
	fexecve(program, guard->options->own_arguments, environ);
	error = -errno;
	guard_end_other_starter(guard);
	guard_confine(guard);
	state_memory_pass(STATE_VARIABLE, -1);
	close(state);
	close(program);
	return error;
}

void guard_start_renewed(struct guard *guard)
{
	guard_start_front(guard);
	guard->runner_informed = true;
	if (guard->config.needs_runner)
		guard_start_runner(guard);
	guard->runner_informed = false;
}

void guard_become_new(struct guard *guard)
{
	guard_stay_old(guard, error_name(become(guard)));
}

void guard_stay_old(struct guard *guard, const char *why)
{
	guard_log(guard, "the guard goes on with its old program, all others are new: %s", why);
	guard->front.renewed = true;
	guard->runner.renewed = true;
	guard_start_renewed(guard);
}

int guard_inherited_state(void)
{
	return state_memory_inherited(STATE_VARIABLE);
}

bool guard_read_state(struct guard *guard, int fd)
{
	struct archive archive;
	size_t size;
	const uint8_t *bytes = state_memory_map(fd, &size);

	close(fd);
	if (!bytes)
		return false;
	archive = archive_from(bytes, size);
	archive_guard(&archive, guard);
	munmap((void *)(uintptr_t)bytes, size);
	if (archive.failed)
		return false;
	guard->engine.end.fd = guard->engine.process.pidfd;
	guard->engine.forbidden_call = -1;
	guard->engine_started_before = true;
	guard->placed = true;
	guard_find_igmp(guard);
	guard->state = GUARD_RUNNING;
	if (!guard_confine(guard))
		return false;
	if (guard->config.name[0])
		process_set_title(guard->options->argument_count, guard->options->arguments, guard->config.name);
	return true;
}
