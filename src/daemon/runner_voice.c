/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine's voice towards the runner: see runner_voice.h. */
#include "daemon/runner_voice.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "linux/channel.h"

void runner_voice_begin(struct runner_voice *voice, int config)
{
	voice->socket = -1;
	voice->config = config;
}

void runner_voice_connect(struct runner_voice *voice, int socket)
{
	voice->socket = socket;
	voice->config_unsaid = true;
	voice->missed = true;
}

/* The configuration goes before everything else. */
static bool say_config(struct runner_voice *voice)
{
	if (voice->config_unsaid && voice->socket >= 0 &&
		channel_send(voice->socket, MESSAGE_NEW_CONFIG, NULL, 0, voice->config) == 0)
		voice->config_unsaid = false;
	return !voice->config_unsaid;
}

static void send_notifies(struct runner_voice *voice)
{
	if (voice->length > 0 && say_config(voice) &&
		channel_send(voice->socket, MESSAGE_NOTIFY, voice->notifies, voice->length, -1) == 0)
		voice->length = 0;
}

void runner_voice_configure(struct runner_voice *voice, int config)
{
	int copy = fcntl(config, F_DUPFD_CLOEXEC, 0);

	if (copy < 0)
		return;
	send_notifies(voice);
	if (voice->config >= 0)
		close(voice->config);
	voice->config = copy;
	voice->config_unsaid = true;
	say_config(voice);
}

void runner_voice_notify(struct runner_voice *voice, const struct port_notify *notify)
{
	const size_t name_length = strlen(notify->name);
	const struct message_notify record = {.event = (uint8_t)notify->event,
		.state = (uint8_t)notify->state,
		.group = notify->group,
		.again = notify->again && !voice->as_news,
		.priority = notify->priority,
		.name_length = (uint8_t)name_length};

	if (name_length >= MESSAGE_NAME_SIZE)
		return;
	if (voice->length + sizeof(record) + name_length > sizeof(voice->notifies))
		send_notifies(voice);
	if (voice->length + sizeof(record) + name_length > sizeof(voice->notifies)) {
		voice->missed = true;
		voice->lost |= !record.again;
		return;
	}
	memcpy(voice->notifies + voice->length, &record, sizeof(record));
	memcpy(voice->notifies + voice->length + sizeof(record), notify->name, name_length);
	voice->length += sizeof(record) + name_length;
}

/* Lest all states are collected for nothing. */
static bool has_room(const struct runner_voice *voice)
{
	struct pollfd wanted = {.fd = voice->socket, .events = POLLOUT};

	return poll(&wanted, 1, 0) > 0;
}

bool runner_voice_flush(struct runner_voice *voice)
{
	bool again;

	say_config(voice);
	send_notifies(voice);
	voice->as_news = false;
	again = voice->missed && voice->socket >= 0 && voice->length == 0 && !voice->config_unsaid && has_room(voice);
	if (!again)
		return false;
	voice->as_news = voice->lost;
	voice->missed = false;
	voice->lost = false;
	return true;
}
