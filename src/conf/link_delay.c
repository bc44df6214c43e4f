/* SPDX-License-Identifier: GPL-2.0-or-later */
/* interface_up_down_delays: how long a link must have been down, or up, before that is believed. */
#include <stdlib.h>
#include <string.h>

#include "conf/keyword_rows.h"
#include "conf/print.h"

#define DELAY_MAX (255 * DUR_S)

static const struct keyword down_row = {.word = "the delay of down",
	.kind = KEYWORD_SECONDS,
	RANGE(0, DELAY_MAX),
	.stored = FIELD(struct conf_link_delay, down)};
static const struct keyword up_row = {.word = "the delay of up",
	.kind = KEYWORD_SECONDS,
	RANGE(0, DELAY_MAX),
	.stored = FIELD(struct conf_link_delay, up)};

bool link_delay_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	struct draft_link_delay *draft = reader_scratch(reader, sizeof *draft);
	if (!draft || !value_read_interface(reader, &statement->words[0], &draft->delay.interface))
		return false;
	draft->spot = statement->words[0].spot;
	if (statement->count < 2) {
		reader_error(reader, &draft->spot, "a delay is missing: INTERFACE DOWN [UP], in seconds");
		return false;
	}
	report_extra(reader, statement, 3);
	if (statement->count > 3 || !value_read(reader, &down_row, &statement->words[1], &draft->delay))
		return false;
	draft->delay.up = draft->delay.down;
	if (statement->count == 3 && !value_read(reader, &up_row, &statement->words[2], &draft->delay))
		return false;
	draft->next = reader->link_delays;
	reader->link_delays = draft;
	reader->link_delay_count++;
	return true;
}

static int compare(const void *left, const void *right)
{
	const struct draft_link_delay *a = *(const struct draft_link_delay *const *)left;
	const struct draft_link_delay *b = *(const struct draft_link_delay *const *)right;
	int order = strcmp(a->delay.interface, b->delay.interface);
	return order ? order
		     : (a->spot.place.line > b->spot.place.line) - (a->spot.place.line < b->spot.place.line);
}

/* In the order of names. An interface stands there once. */
void settle_link_delays(struct reader *reader)
{
	if (!reader->link_delay_count)
		return;
	struct conf_link_delay *delays = reader_keep(reader, reader->link_delay_count * sizeof *delays);
	const struct draft_link_delay **sorted =
		reader_scratch(reader, reader->link_delay_count * sizeof *sorted);
	if (!delays || !sorted)
		return;
	size_t count = 0;
	for (const struct draft_link_delay *draft = reader->link_delays; draft; draft = draft->next)
		sorted[count++] = draft;
	qsort(sorted, count, sizeof *sorted, compare);
	for (size_t i = 0; i < count; i++) {
		delays[i] = sorted[i]->delay;
		if (i > 0 && strcmp(delays[i - 1].interface, delays[i].interface) == 0)
			reader_error(reader, &sorted[i]->spot,
				"'%s' has its delays already (%s:%u); remove one of them", delays[i].interface,
				sorted[i - 1]->spot.place.file, sorted[i - 1]->spot.place.line);
	}
	reader->sorted_link_delays = delays;
}

void print_link_delays(const struct conf *conf, const char **between, struct text *out)
{
	if (!conf->link_delay_count)
		return;
	text_str(out, *between);
	*between = "\n";
	text_str(out, "interface_up_down_delays {\n");
	for (size_t i = 0; i < conf->link_delay_count; i++) {
		const struct conf_link_delay *delay = &conf->link_delays[i];
		text_str(out, "    ");
		value_print_string(delay->interface, out);
		text_char(out, ' ');
		text_seconds(out, delay->down);
		if (delay->up != delay->down) {
			text_char(out, ' ');
			text_seconds(out, delay->up);
		}
		text_char(out, '\n');
	}
	text_str(out, "}\n");
}
