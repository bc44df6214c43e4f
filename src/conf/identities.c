/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which virtual router an advert is for is known by the interface, the family and the VRID, and so these stand only once. Among
 * those that speak to listed routers it is also known by whom an advert comes from and goes to: they may share a VRID when
 * each has a source of its own, or when no router is a peer of two; and one that speaks to the group may share it as well.
 * engine/unicast.c finds the right one again.
 */
#include <stdlib.h>

#include "base/text.h"
#include "conf/draft.h"

static int by_identity_only(const struct draft *a, const struct draft *b)
{
	if (a->vr.vrid != b->vr.vrid)
		return a->vr.vrid < b->vr.vrid ? -1 : 1;
	if (a->vr.family != b->vr.family)
		return a->vr.family < b->vr.family ? -1 : 1;
	return string_compare(a->vr.interface, b->vr.interface);
}

static int by_index(const struct draft *a, const struct draft *b)
{
	return a->index < b->index ? -1 : a->index > b->index;
}

static int by_identity(const void *left, const void *right)
{
	const struct draft *a = *(const struct draft *const *)left;
	const struct draft *b = *(const struct draft *const *)right;
	int order = by_identity_only(a, b);
	if (!order && a->extra.unicast.enabled != b->extra.unicast.enabled)
		order = a->extra.unicast.enabled ? 1 : -1;
	return order ? order : by_index(a, b);
}

static const char *place_of(const struct draft *draft)
{
	return draft->vr.interface ? draft->vr.interface : "unicast without an interface";
}

static void report_same(struct reader *reader, const struct draft *first, const struct draft *second)
{
	reader_code(reader, "vrid-used-twice");
	reader_error(reader, draft_spot(second, INSTANCE_VIRTUAL_ROUTER_ID),
		"%s already has a virtual router %u ('%s' at %s:%u); choose another virtual_router_id",
		place_of(second), second->vr.vrid, first->vr.name, first->spot.place.file,
		first->spot.place.line);
}

static bool has_virtual_mac(const struct draft *draft)
{
	return draft->extra.vmac.mode == VMAC_MACVLAN || draft->extra.vmac.mode == VMAC_RULES;
}

/* A peer of one of several that share a VRID. */
struct hearing {
	const struct draft *draft;
	const struct draft_peer *entry;
	struct ip_addr source; /* where adverts come to; not set: that does not tell them apart */
};

static int by_sender(const struct hearing *a, const struct hearing *b)
{
	int order = ip_compare(&a->source, &b->source);
	return order ? order : ip_compare(&a->entry->peer.address, &b->entry->peer.address);
}

static int by_hearing(const void *left, const void *right)
{
	const struct hearing *a = left;
	const struct hearing *b = right;
	int order = by_sender(a, b);
	return order ? order : by_index(a->draft, b->draft);
}

static void report_heard_twice(
	struct reader *reader, const struct hearing *first, const struct hearing *second)
{
	char text[IP_ADDR_TEXT_SIZE];
	reader_error(reader, &second->entry->spot,
		"%s is a peer of '%s' (%s:%u), too, with the same interface, virtual_router_id and source: "
		"nobody "
		"could tell for which of the two its adverts are; choose another virtual_router_id, or give "
		"each "
		"its own unicast_src_ip",
		ip_format(&second->entry->peer.address, text), first->draft->vr.name,
		first->entry->spot.place.file, first->entry->spot.place.line);
}

/* Two that have no peers both hear nobody. */
static void check_peers_apart(struct reader *reader, struct draft **drafts, size_t count)
{
	size_t peers = 0, used = 0;
	bool by_source = true;
	for (size_t i = 0; i < count; i++) {
		peers += drafts[i]->peer_count;
		by_source = by_source && ip_is_set(&drafts[i]->extra.source);
	}
	struct hearing *hearings = peers ? reader_scratch(reader, peers * sizeof *hearings) : NULL;
	if (!hearings)
		return;
	for (size_t i = 0; i < count; i++)
		for (const struct draft_peer *entry = drafts[i]->peers; entry; entry = entry->next)
			hearings[used++] = (struct hearing){drafts[i], entry,
				by_source ? drafts[i]->extra.source : (struct ip_addr){.family = IP_NONE}};
	qsort(hearings, used, sizeof *hearings, by_hearing);
	for (size_t i = 1; i < used; i++)
		if (hearings[i - 1].draft != hearings[i].draft &&
			by_sender(&hearings[i - 1], &hearings[i]) == 0)
			report_heard_twice(reader, &hearings[i - 1], &hearings[i]);
}

/* Those of one interface, family and VRID, the multicast ones first. */
static void check_shared(struct reader *reader, struct draft **drafts, size_t count)
{
	size_t multicast = 0;
	const struct draft *owner = NULL; /* of the virtual MAC, of which each VRID has one */
	for (size_t i = 0; i < count; i++) {
		if (!drafts[i]->extra.unicast.enabled && multicast++)
			report_same(reader, drafts[i - 1], drafts[i]);
		else if (owner && has_virtual_mac(drafts[i]))
			report_same(reader, owner, drafts[i]);
		if (has_virtual_mac(drafts[i]))
			owner = drafts[i];
	}
	if (count - multicast > 1)
		check_peers_apart(reader, drafts + multicast, count - multicast);
}

void check_identities(struct reader *reader)
{
	size_t count = 0;
	struct draft **drafts =
		reader->draft_count ? reader_scratch(reader, reader->draft_count * sizeof *drafts) : NULL;
	if (!drafts)
		return;
	for (struct draft *draft = reader->drafts; draft; draft = draft->next)
		if (draft->vr.name && draft->vr.vrid && (draft->vr.interface || draft->extra.unicast.enabled))
			drafts[count++] = draft;
	if (count)
		qsort(drafts, count, sizeof *drafts, by_identity);
	for (size_t i = 0, next; i < count; i = next) {
		for (next = i + 1; next < count && by_identity_only(drafts[i], drafts[next]) == 0;)
			next++;
		check_shared(reader, drafts + i, next - i);
	}
}
