/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's voice towards the front: lines of events, traces and status over a socket that is never waited for. When
 * the front is slow or dead, lines are lost and counted; adverts are not. While there is none, as in an upgrade, the first events are
 * kept for the next one, who may have mail to send of them.
 */
#ifndef VIGIA_DAEMON_FRONT_VOICE_H
#define VIGIA_DAEMON_FRONT_VOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/messages.h"

#define FRONT_VOICE_KEPT 16384

struct front_voice {
	char kept[FRONT_VOICE_KEPT]; /* lines of MESSAGE_EVENT, each ended by a NUL */
	size_t kept_length;
	int socket; /* -1: no front; owned by the engine's process */
	bool had_front;
	uint64_t lost_lines; /* since the last line about lost ones */
	uint64_t lost_traces;
	enum message_type unsaid; /* 0: nothing */
};

/* A new front, or -1. The one before may have taken lines with it that it had not written yet. */
void front_voice_connect(struct front_voice *voice, int socket);
/* kind: enum engine_tell. What has no message of its own (ENGINE_TELL_STOPPED) is not sent. false: no room; a line of a status, which
 * comes again, is not counted as lost. */
bool front_voice_tell(struct front_voice *voice, uint16_t kind, const char *line, size_t length);
void front_voice_log(struct front_voice *voice, const char *line);
/* A message without a body, for which somebody waits: it is not lost while the front lives. */
void front_voice_say(struct front_voice *voice, enum message_type type);
/* Says what found no room; once a turn. */
void front_voice_retry(struct front_voice *voice);

#endif
