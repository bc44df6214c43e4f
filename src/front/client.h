/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One client of the control socket. control.c holds the list of them. */
#ifndef VIGIA_FRONT_CLIENT_H
#define VIGIA_FRONT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "front/answer.h"
#include "front/front.h"

#define CLIENT_LINE_MAX 65536
#define CLIENT_WRITE_TIMEOUT (30 * DUR_S)

enum client_right {
	CLIENT_MAY_NOTHING,
	CLIENT_MAY_READ,
	CLIENT_MAY_CHANGE,
};

struct client {
	struct front *front;
	enum client_right right;
	struct watch watch;
	enum client_wait wait;
	uint32_t order; /* CLIENT_IN_ORDER: its number */
	mono_t active; /* when it last said something or was answered */
	bool spoke; /* ever */
	bool ended; /* it will send nothing more */
	bool closing; /* nothing more is read from it; it goes once its answer is written */
	char *input; /* CLIENT_LINE_MAX bytes */
	size_t input_length;
	struct answer *output; /* held; NULL: nothing to write */
	size_t output_done;
	struct timer write_timeout;
};

/* Takes fd over. NULL: no memory, fd is closed. */
struct client *client_new(struct front *front, int fd, enum client_right right);
void client_free(struct client *client);
/* Puts an answer in line to be written; client_go writes it. */
void client_answer(struct client *client, const json_t *answer);
void client_answer_with(struct client *client, struct answer *answer); /* takes a hold of its own; NULL: no memory for one */
void client_refuse(struct client *client, const char *error);
/* Writes, reads the lines that came, runs them, as far as it goes. false: the client is finished; free it. */
bool client_go(struct client *client);

void client_flush(struct client *client); /* what its socket takes of an answer, at the end */

/* control.c: runs client_go, and frees the client that is finished. */
void control_go(struct client *client);

#endif
