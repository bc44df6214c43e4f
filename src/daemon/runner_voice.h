/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's voice towards the runner: the configuration, and states of virtual routers and sync groups, over a socket that
 * is never waited for. What one turn has to say goes as one message. While there is no runner, or no room, one message is kept; of
 * what would follow it, the engine is asked for all states again as soon as it can be said, which leaves the newest of each. (After an
 * upgrade the next runner takes such repeated states for those that the last one has told of.)
 */
#ifndef VIGIA_DAEMON_RUNNER_VOICE_H
#define VIGIA_DAEMON_RUNNER_VOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/messages.h"
#include "engine/port.h"

struct runner_voice {
	int socket; /* -1: no runner; owned by the engine's process */
	int config; /* memfd of the text in force; -1: none */
	bool config_unsaid;
	bool missed; /* it does not know all states */
	bool lost; /* and more has changed than what is kept */
	bool as_news; /* so all states that are said now are news */
	size_t length;
	char notifies[MESSAGE_BODY_MAX];
};

void runner_voice_begin(struct runner_voice *voice, int config);
/* A new runner, or -1. */
void runner_voice_connect(struct runner_voice *voice, int socket);
/* The text of a new configuration, which the voice keeps a copy of. What it says of virtual routers follows it. */
void runner_voice_configure(struct runner_voice *voice, int config);
void runner_voice_notify(struct runner_voice *voice, const struct port_notify *notify);
/* Sends what this turn had to say. true: the engine shall say all states, and then this is to be called again. */
bool runner_voice_flush(struct runner_voice *voice);

#endif
