/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A real vigiad-front as a child of the test, which plays the guard and the engine at the other ends of its
 * sockets. Waits are for a message, a line or an end, never for a time; RIG_PATIENCE only bounds a failing
 * test.
 */
#ifndef VIGIA_TESTS_FRONT_RIG_H
#define VIGIA_TESTS_FRONT_RIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "engine/messages.h"
#include "linux/channel.h"

#define RIG_PATIENCE_MS 20000

struct rig {
	char folder[64];
	char config[96]; /* path of the configuration */
	char control[96];
	char record[96];
	pid_t pid; /* 0: not running */
	int guard; /* our end; -1: closed */
	int engine; /* the same */
	unsigned configs; /* that came to the guard */
	int errors; /* reading end of its stderr */
	char body[MESSAGE_BODY_MAX + 1]; /* of the message received last */
};

extern const char *rig_program; /* path of vigiad-front */

void rig_init(struct rig *rig);
void rig_free(struct rig *rig); /* ends the child if it still runs */
void rig_write_config(struct rig *rig, const char *text);
/* Starts the front; more: further arguments up to NULL, or NULL. */
void rig_start(struct rig *rig, const char *const *more);
/* Starts it with --log-console, and takes MESSAGE_CONFIG and MESSAGE_FRONT_READY. */
void rig_start_ready(struct rig *rig, const char *const *more);
/* Needs --log-console. */
void rig_attach_engine(struct rig *rig);
void rig_close(int *fd);
/* The next message from the front, which must be of this type; its descriptor, to be closed, or -1. */
int rig_expect(struct rig *rig, int fd, enum message_type type);
void rig_expect_end(int fd);
bool rig_has_message(int fd);
void rig_say(int fd, enum message_type type, const char *text);
/* Its exit status. */
int rig_wait(struct rig *rig);
/* What it has written to stderr up to its end, or up to the first line with `until` in it; malloc'd. */
char *rig_errors(struct rig *rig, const char *until);
/* The whole of a file, or of a descriptor from offset 0; malloc'd. */
char *rig_read_file(const char *path);
char *rig_read_fd(int fd);

int rig_connect(const struct rig *rig);
void rig_send(int client, const char *text);
/* Until the front has read all that was sent. */
void rig_wait_read(int client);
/* The next line as JSON; NULL at the end of the connection. */
json_t *rig_answer(int client);
/* It is a refusal, in whose words `part` stands. */
void rig_expect_error(int client, const char *part);

#endif
