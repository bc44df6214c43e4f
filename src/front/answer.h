/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An answer as it is written to clients, newline included. All who asked at the same time share one: that of ten thousand virtual
 * routers is large, and clients may be slow.
 */
#ifndef VIGIA_FRONT_ANSWER_H
#define VIGIA_FRONT_ANSWER_H

#include <jansson.h>
#include <stddef.h>

struct answer {
	size_t holders;
	size_t length;
	char *text;
};

/* Its one holder is the caller. NULL: no memory. */
struct answer *answer_of_json(const json_t *json);
/* text: malloc'd, taken over; there must be room for a newline behind it. */
struct answer *answer_of_text(char *text, size_t length);
struct answer *answer_hold(struct answer *answer);
void answer_release(struct answer *answer); /* NULL: does nothing */

#endif
