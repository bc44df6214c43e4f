/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How addresses are announced: garp_extra_if, garp_group, vrrp_min_garp, and the old form of a checksum. */
#include <stdlib.h>
#include <string.h>

#include "conf/draft.h"

#define EXTRA_MAX (86400 * DUR_S)

/* "[all] SECONDS" */
static bool read_extra(struct reader *reader, const struct statement *statement, dur_t minimum,
	struct announce_config *announce)
{
	const struct keyword row = {.word = statement->words[0].text,
		.kind = KEYWORD_SECONDS,
		.minimum = minimum,
		.maximum = EXTRA_MAX,
		.stored = {offsetof(struct announce_config, extra_period), sizeof(dur_t)}};
	bool all = strcmp(statement->words[1].text, "all") == 0;
	if (statement->count != (all ? 3 : 2)) {
		reader_error(reader, &statement->words[0].spot, "'%s' is followed by [all] SECONDS alone",
			row.word);
		return false;
	}
	announce->extra_all = all;
	return value_read(reader, &row, &statement->words[all ? 2 : 1], announce);
}

bool extra_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft *draft = owner;
	return read_extra(reader, statement, 0, &draft->extra.announce);
}

bool global_extra_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct conf_global *global = owner;
	return read_extra(reader, statement, DUR_S, &global->announce);
}

bool old_checksum_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	if (statement->count > 2 ||
		(statement->count == 2 && strcmp(statement->words[1].text, "never") != 0)) {
		reader_error(reader, &statement->words[1].spot,
			"old_unicast_checksum takes nothing, or the word never");
		return false;
	}
	reader_warning(reader, &statement->words[0].spot,
		"old_unicast_checksum has no effect: adverts of version 3 are understood with and without "
		"the "
		"pseudo-header in their checksum, and answered in the form of the peers; v3_checksum_as_v2 "
		"says "
		"which one is sent");
	return true;
}

/* With vrrp_min_garp, the settings of global_defs that were not given are the least there can be. */
static void settle_least(struct conf_global *global, const struct spot *set)
{
	static const struct announce_config least = {.repeat = 1, .refresh_repeat = 1};
	const size_t first = offsetof(struct conf_global, announce);
	for (size_t i = 0; i < global_keywords.count; i++) {
		const struct field field = global_keywords.rows[i].stored;
		if (!field.size || set[i].place.line || field.offset < first ||
			field.offset >= first + offsetof(struct announce_config, rival_delay))
			continue;
		const struct field within = {(uint16_t)(field.offset - first), field.size};
		field_set(global, field, field_get(&least, within));
	}
}

void settle_global_announce(struct reader *reader)
{
	struct conf_global *global = &reader->global;
	if (global->min_garp)
		settle_least(global, reader->global_set);
	/* against a rival, as on becoming master; mail of virtual routers as of all */
	for (size_t i = 0; i < global_keywords.count; i++) {
		const struct keyword *row = &global_keywords.rows[i];
		if ((row->traits & KEYWORD_INHERITS) && !reader->global_set[i].place.line)
			field_set(global, row->stored, keyword_default(row, global, global));
	}
}

void settle_announce(struct reader *reader, struct draft *draft)
{
	if (draft_given(draft, INSTANCE_GARP_EXTRA_IF) || draft_given(draft, INSTANCE_VMAC_GARP_INTVL))
		return;
	draft->extra.announce.extra_period = reader->global.announce.extra_period;
	draft->extra.announce.extra_all = reader->global.announce.extra_all;
}

bool limited_interfaces_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft_limit *limit = owner;
	const char *ignored;
	for (size_t i = 0; i < statement->count; i++)
		if (!value_read_interface(reader, &statement->words[i], &ignored))
			return false;
	return read_names(reader, &limit->interfaces, statement, 0);
}

bool limited_interface_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft_limit *limit = owner;
	const char *ignored;
	if (statement->count > 2) {
		reader_error(reader, &statement->words[2].spot,
			"interface takes one name; several stand in interfaces { ... }");
		return false;
	}
	return value_read_interface(reader, &statement->words[1], &ignored) &&
	       read_names(reader, &limit->interfaces, statement, 1);
}

static int by_name(const void *left, const void *right)
{
	const struct draft_name *a = *(const struct draft_name *const *)left;
	const struct draft_name *b = *(const struct draft_name *const *)right;
	int order = strcmp(a->name, b->name);
	return order ? order
		     : (a->spot.place.line > b->spot.place.line) - (a->spot.place.line < b->spot.place.line);
}

/* An interface has one limit. */
static void check_interfaces_once(struct reader *reader)
{
	size_t count = 0;
	for (const struct draft_limit *limit = reader->limits; limit; limit = limit->next)
		count += limit->interfaces.count;
	const struct draft_name **names = count ? reader_scratch(reader, count * sizeof *names) : NULL;
	if (!names)
		return;
	size_t used = 0;
	for (const struct draft_limit *limit = reader->limits; limit; limit = limit->next)
		for (const struct draft_name *entry = limit->interfaces.first; entry; entry = entry->next)
			names[used++] = entry;
	qsort(names, used, sizeof *names, by_name);
	for (size_t i = 1; i < used; i++)
		if (strcmp(names[i - 1]->name, names[i]->name) == 0)
			reader_error(reader, &names[i]->spot,
				"%s stands in a garp_group already (%s:%u); remove one of them",
				names[i]->name, names[i - 1]->spot.place.file, names[i - 1]->spot.place.line);
}

void settle_limits(struct reader *reader)
{
	for (struct draft_limit *limit = reader->limits; limit; limit = limit->next) {
		bool limits = limit->limit.arp_interval || limit->limit.na_interval;
		limit->dropped = !limit->interfaces.count || !limits;
		if (limit->dropped && !limit->broken)
			reader_warning(reader, &limit->spot, "this garp_group has no %s, so it is left out",
				limits ? "interface" : "garp_interval or gna_interval");
	}
	check_interfaces_once(reader);
}
