/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mail about changes of state: which there are to send, and the program that sends them (mail_main.c).
 *
 * One batch is under way at a time. While the server is slow or away, the newest state of an instance or group takes the
 * place of an older one that waits; what waits is bounded, and so is how often it is tried. It outlives a front that dies: what was under
 * way then is sent once more, for nobody knows whether it arrived.
 */
#ifndef VIGIA_FRONT_MAIL_H
#define VIGIA_FRONT_MAIL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/messages.h"
#include "front/loop.h"
#include "front/mail_text.h"

#define MAIL_QUEUE_MAX 256
#define MAIL_BATCH_MAX 32
#define MAIL_ANSWER_MAX 512
#define MAIL_TRIES 10
#define MAIL_GATHER (50 * DUR_MS) /* what happens together goes in one batch */
#define MAIL_FIRST_WAIT (2 * DUR_S) /* after the first failure; doubled each time... */
#define MAIL_LONGEST_WAIT (300 * DUR_S) /* ...up to this */

struct front;

struct mail_item {
	struct mail_news news; /* but for the name, which stands here */
	unsigned tries;
	char name[MESSAGE_NAME_SIZE];
};

/* What waits: in memory that the guard has, too, and gives to the next front when this one dies. */
struct mail_kept {
	uint32_t size; /* of all this, so that no other build reads it */
	uint32_t count;
	struct mail_item items[MAIL_QUEUE_MAX]; /* oldest first */
};

struct mail_queue {
	struct mail_kept *kept;
	size_t under_way; /* so many of the first, which the program has and has not answered for */
	struct watch answers; /* of the program; fd -1: it does not run */
	pid_t sender;
	int program; /* opened; -errno: it cannot be */
	char answer[MAIL_ANSWER_MAX]; /* the beginning of a line */
	size_t answer_length;
	size_t sent_in_batch;
	char *problem; /* why the rest of the batch has to wait; NULL: it does not */
	struct timer due; /* the next batch */
	dur_t wait; /* after the last failure; 0: there was none since a mail was sent */
	size_t lost_unsaid; /* pushed out, and not yet logged */
	size_t sent, failed, lost, replaced; /* since the start */
	char *last_error; /* of the last batch that failed; NULL: all went well since */
};

/* Takes over what a dead front had to send. fd: a memory file, which is closed; -1: there is none. false: no memory. */
bool mail_open(struct front *front, int fd);
/* A line of the engine about a virtual router or sync group (MESSAGE_EVENT). */
void mail_event(struct front *front, const char *line, size_t length);
/* null when no mail is configured. */
json_t *mail_status(const struct front *front);
/* Ends the program; what has not been sent is lost, and that is logged. */
void mail_stop(struct front *front);

#endif
