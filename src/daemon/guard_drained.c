/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is drained: the guard keeps the names that the engine said last, for the next one. See guard.h, engine/messages.h. */
#include <stdlib.h>
#include <string.h>

#include "daemon/guard.h"

#define PORTION (MESSAGE_BODY_MAX - MESSAGE_NAME_SIZE) /* with room for the name that stands at its end */

void guard_keep_drained(struct guard *guard, const char *body, size_t length)
{
	char *names;

	if (length < 1)
		return;
	if (body[0] == '=')
		guard->drained_length = 0;
	names = realloc(guard->drained, guard->drained_length + length);
	if (!names)
		return;
	memcpy(names + guard->drained_length, body + 1, length - 1);
	guard->drained = names;
	guard->drained_length += length - 1;
}

/* With its newline. */
static size_t name_length(const char *names, size_t length)
{
	const char *end = memchr(names, '\n', length);

	return end ? (size_t)(end - names) + 1 : length;
}

void guard_say_drained(const struct guard *guard, int channel)
{
	char body[MESSAGE_BODY_MAX];
	size_t done = 0;

	while (done < guard->drained_length) {
		size_t length = 0;

		while (done + length < guard->drained_length && length < PORTION)
			length += name_length(guard->drained + done + length, guard->drained_length - done - length);
		body[0] = done == 0 ? '=' : '+';
		memcpy(body + 1, guard->drained + done, length);
		channel_send(channel, MESSAGE_DRAINED, body, length + 1, -1);
		done += length;
	}
}
