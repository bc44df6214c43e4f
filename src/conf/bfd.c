/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BFD sessions: what bfd_instance must fulfil. */
#include <stdlib.h>
#include <string.h>

#include "conf/draft.h"
#include "conf/keyword_rows.h"

#define NAME_MAX_LENGTH 31 /* keepalived's */

#define ON_EVERY_LINK                                                                                        \
	"a link-local address is on every link; say which is meant, as in \"fe80::1%%eth0\""

static bool needs_interface(const struct bfd_config *bfd, const struct ip_addr *address)
{
	return address->family == IP_V6 && ip_is_link_local(address) && !bfd->interface;
}

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
	if (needs_interface(bfd, &bfd->neighbor))
		reader_error(reader, draft_bfd_neighbor_spot(draft), ON_EVERY_LINK);
	else if (needs_interface(bfd, &bfd->source))
		reader_error(reader, source, ON_EVERY_LINK);
	if (bfd->interface && bfd->multihop)
		reader_error(reader, &draft->set[BFD_ROW_MULTIHOP],
			"a session over several hops has no interface, since any may be on the way; take '%%%s' away",
			bfd->interface);
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
	const char *left_interface = a->bfd.interface ? a->bfd.interface : "";
	const char *right_interface = b->bfd.interface ? b->bfd.interface : "";
	int order = ip_compare(&a->bfd.neighbor, &b->bfd.neighbor);

	if (!order)
		order = strcmp(left_interface, right_interface);
	return order ? order : (a->object.index > b->object.index) - (a->object.index < b->object.index);
}

/* Whether a first packet, which holds no discriminator of ours, may be meant for either. */
static bool is_same_neighbor(const struct bfd_config *a, const struct bfd_config *b)
{
	return ip_equal(&a->neighbor, &b->neighbor) &&
	       (!a->interface || !b->interface || strcmp(a->interface, b->interface) == 0);
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
		const struct draft_bfd *first = sorted[i - 1], *second = sorted[i];
		const struct spot *before;

		if (!is_same_neighbor(&first->bfd, &second->bfd))
			continue;
		if (first->object.index > second->object.index) {
			first = sorted[i];
			second = sorted[i - 1];
		}
		before = draft_bfd_neighbor_spot(first);
		reader_error(reader, draft_bfd_neighbor_spot(second),
			"'%s' has the same neighbor (%s:%u); one session is enough, any number of instances "
			"can track it",
			first->bfd.name, before->place.file, before->place.line);
	}
}
