/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BFD sessions: what bfd_instance must fulfil. */
#include <stdlib.h>
#include <string.h>

#include "conf/draft.h"
#include "conf/keyword_rows.h"

#define NAME_MAX_LENGTH 31 /* keepalived's */

static void check_addresses(struct reader *reader, struct draft_bfd *draft)
{
	const struct bfd_config *bfd = &draft->bfd;
	const struct spot *source = &draft->set[BFD_ROW_SOURCE_IP];

	if (!ip_is_set(&bfd->neighbor)) {
		if (!draft->object.broken)
			reader_error(reader, &draft->object.spot,
				"'%s' has no neighbor: add \"neighbor_ip ADDRESS\"", bfd->name);
		return;
	}
	if (ip_is_link_local(&bfd->neighbor) && bfd->neighbor.family == IP_V6)
		reader_error(reader, draft_bfd_neighbor_spot(draft),
			"a link-local address is on every link, and nothing here says which is meant; use "
			"another one "
			"of the neighbor");
	if (ip_is_set(&bfd->source) && bfd->source.family != bfd->neighbor.family)
		reader_error(reader, source, "neighbor_ip is of the other family; a session has one family");
}

const struct spot *draft_bfd_neighbor_spot(const struct draft_bfd *draft)
{
	if (draft->set[BFD_ROW_NEIGHBOR_IP].place.line)
		return &draft->set[BFD_ROW_NEIGHBOR_IP];
	return &draft->set[BFD_ROW_NEIGHBOUR_IP];
}

static void raise(struct reader *reader, const struct spot *spot, dur_t *interval, const char *word)
{
	if (*interval >= BFD_INTERVAL_LEAST || *interval == 0) /* 0: was in error */
		return;
	reader_warning(reader, spot, "%s is taken as 10, the least that vigiad keeps up reliably", word);
	*interval = BFD_INTERVAL_LEAST;
}

void settle_bfd(struct reader *reader, struct draft_bfd *draft)
{
	struct bfd_config *bfd = &draft->bfd;

	fill_defaults(&bfd_keywords, draft->set, bfd, &reader->global);
	if (!draft->set[BFD_ROW_MAX_HOPS].place.line && bfd->multihop)
		bfd->max_hops = BFD_ANY_HOPS;
	raise(reader, &draft->set[BFD_ROW_MIN_RX], &bfd->min_rx, "min_rx");
	raise(reader, &draft->set[BFD_ROW_MIN_TX], &bfd->min_tx, "min_tx");
	if (bfd->name && strlen(bfd->name) > NAME_MAX_LENGTH)
		reader_error(reader, &draft->object.spot, "the name of a bfd_instance has at most %d letters",
			NAME_MAX_LENGTH);
	check_addresses(reader, draft);
}

static int by_neighbor(const void *left, const void *right)
{
	const struct draft_bfd *a = *(struct draft_bfd *const *)left, *b = *(struct draft_bfd *const *)right;
	int order = ip_compare(&a->bfd.neighbor, &b->bfd.neighbor);

	return order ? order : (a->object.index > b->object.index) - (a->object.index < b->object.index);
}

void check_bfd_neighbors(struct reader *reader)
{
	struct draft_bfd **sorted = reader_scratch(reader, (reader->object_count + 1) * sizeof *sorted);
	size_t count = 0;

	if (!sorted)
		return;
	for (struct draft_object *object = reader->objects; object; object = object->next) {
		struct draft_bfd *draft = (struct draft_bfd *)(void *)object;

		if (object->kind == TRACK_BFD && ip_is_set(&draft->bfd.neighbor))
			sorted[count++] = draft;
	}
	qsort(sorted, count, sizeof *sorted, by_neighbor);
	for (size_t i = 1; i < count; i++) {
		const struct spot *before = draft_bfd_neighbor_spot(sorted[i - 1]);

		if (ip_equal(&sorted[i - 1]->bfd.neighbor, &sorted[i]->bfd.neighbor))
			reader_error(reader, draft_bfd_neighbor_spot(sorted[i]),
				"'%s' has the same neighbor (%s:%u); one session is enough, any number of "
				"instances "
				"can track it",
				sorted[i - 1]->bfd.name, before->place.file, before->place.line);
	}
}
