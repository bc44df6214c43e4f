/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What guard and starter say to each other: an order with its descriptors, and its answer, one after the other. */
#ifndef VIGIA_DAEMON_STARTER_MESSAGE_H
#define VIGIA_DAEMON_STARTER_MESSAGE_H

#include "daemon/start.h"

#define STARTER_PATIENCE_MS 5000 /* it only has to start a process */

struct starter_message {
	bool kill; /* the process of the one descriptor; nothing is started */
	struct start_order order;
};

/* Two connected ends, close-on-exec. 0 or -errno. */
int starter_message_pair(int ends[2]);
/* 0 or -errno. */
int starter_message_send(int socket, const struct starter_message *message);
/* Waits for one. 1; 0: the end, or something that is none. */
int starter_message_receive(int socket, struct starter_message *message);
int starter_message_answer(int socket, int answer); /* 0 or -errno */
/* The answer; -ETIMEDOUT when it does not come, -EPIPE when nobody is there. */
int starter_message_await(int socket);

#endif
