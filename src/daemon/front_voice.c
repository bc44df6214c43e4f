/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine's voice towards the front: see front_voice.h. */
#include "daemon/front_voice.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "engine/engine.h"
#include "linux/channel.h"

#define LOSS_LINE_SIZE 96

static int message_of(uint16_t kind)
{
	switch ((enum engine_tell)kind) {
	case ENGINE_TELL_EVENT:
		return MESSAGE_EVENT;
	case ENGINE_TELL_TRACE:
		return MESSAGE_TRACE;
	case ENGINE_TELL_STATUS:
		return MESSAGE_STATUS_ROUTER;
	case ENGINE_TELL_STATUS_END:
		return MESSAGE_STATUS_END;
	case ENGINE_TELL_DROP:
		return MESSAGE_DROP;
	case ENGINE_TELL_ANSWER:
		return MESSAGE_ANSWER;
	case ENGINE_TELL_DRAINED:
	case ENGINE_TELL_STOPPED:
		return 0;
	}
	return 0;
}

/* A replay stops at this line: what follows it does not follow from what stands before it. */
static int confess_lost_traces(struct front_voice *voice)
{
	char line[LOSS_LINE_SIZE];
	struct text text;
	int error;

	text_init(&text, line, sizeof(line));
	text_str(&text, "{\"dropped\":");
	text_u64(&text, voice->lost_traces);
	text_str(&text, "}");
	error = channel_send(voice->socket, MESSAGE_TRACE, line, text.length, -1);
	if (!error)
		voice->lost_traces = 0;
	return error;
}

static int confess_lost_lines(struct front_voice *voice)
{
	char line[LOSS_LINE_SIZE];
	struct text text;
	int error;

	text_init(&text, line, sizeof(line));
	text_u64(&text, voice->lost_lines);
	text_str(&text,
		voice->lost_lines == 1 ? " line of the engine was lost" : " lines of the engine were lost");
	text_str(&text, ": nobody read in time");
	error = channel_send(voice->socket, MESSAGE_ENGINE_LOG, line, text.length, -1);
	if (!error)
		voice->lost_lines = 0;
	return error;
}

static bool keep(struct front_voice *voice, enum message_type type, const char *line, size_t length)
{
	if (type != MESSAGE_EVENT || voice->socket >= 0 || length >= sizeof(voice->kept) - voice->kept_length)
		return false;
	memcpy(voice->kept + voice->kept_length, line, length);
	voice->kept[voice->kept_length + length] = '\0';
	voice->kept_length += length + 1;
	return true;
}

static bool send_line(struct front_voice *voice, enum message_type type, const char *line, size_t length)
{
	uint64_t *lost = type == MESSAGE_TRACE ? &voice->lost_traces : &voice->lost_lines;
	int error = 0;

	if (keep(voice, type, line, length))
		return true;
	if (voice->socket >= 0 && *lost > 0)
		error = type == MESSAGE_TRACE ? confess_lost_traces(voice) : confess_lost_lines(voice);
	if (voice->socket >= 0 && !error && channel_send(voice->socket, type, line, length, -1) == 0)
		return true;
	(*lost)++;
	return false;
}

static void send_kept(struct front_voice *voice)
{
	size_t length;

	for (size_t at = 0; at < voice->kept_length; at += length + 1) {
		length = strlen(voice->kept + at);
		send_line(voice, MESSAGE_EVENT, voice->kept + at, length);
	}
	voice->kept_length = 0;
}

void front_voice_connect(struct front_voice *voice, int socket)
{
	if (voice->had_front && socket >= 0)
		voice->lost_traces++;
	voice->had_front |= socket >= 0;
	voice->unsaid = 0;
	voice->socket = socket;
	if (socket >= 0)
		send_kept(voice);
}

bool front_voice_tell(struct front_voice *voice, uint16_t kind, const char *line, size_t length)
{
	const int type = message_of(kind);

	if (!type)
		return true;
	if (type == MESSAGE_STATUS_ROUTER || type == MESSAGE_STATUS_END)
		return channel_send(voice->socket, (enum message_type)type, line, length, -1) == 0;
	return send_line(voice, (enum message_type)type, line, length);
}

void front_voice_log(struct front_voice *voice, const char *line)
{
	send_line(voice, MESSAGE_ENGINE_LOG, line, strlen(line));
}

void front_voice_say(struct front_voice *voice, enum message_type type)
{
	voice->unsaid = type;
	front_voice_retry(voice);
}

void front_voice_retry(struct front_voice *voice)
{
	if (voice->unsaid && channel_send(voice->socket, voice->unsaid, NULL, 0, -1) != -EAGAIN)
		voice->unsaid = 0;
}
