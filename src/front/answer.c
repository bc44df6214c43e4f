/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "front/answer.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LARGE (1 << 20)

struct answer *answer_of_text(char *text, size_t length)
{
	struct answer *answer = malloc(sizeof(*answer));

	if (!answer) {
		free(text);
		return NULL;
	}
	text[length] = '\n';
	*answer = (struct answer){.holders = 1, .length = length + 1, .text = text};
	return answer;
}

struct answer *answer_of_json(const json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(12));

	/* The NUL's place is the newline's. */
	return text ? answer_of_text(text, strlen(text)) : NULL;
}

struct answer *answer_hold(struct answer *answer)
{
	answer->holders++;
	return answer;
}

void answer_release(struct answer *answer)
{
	bool large;

	if (!answer || --answer->holders > 0)
		return;
	large = answer->length > LARGE;
	free(answer->text);
	free(answer);
	if (large)
		malloc_trim(0);
}
