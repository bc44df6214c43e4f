/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where adverts go and what they come from: the settings of unicast and multicast together. */
#include <stdlib.h>

#include "conf/draft.h"

static bool asks_for_unicast(const struct draft *draft)
{
	return draft_given(draft, INSTANCE_UNICAST_PEER) || draft_given(draft, INSTANCE_UNICAST_SRC_IP) ||
	       draft_given(draft, INSTANCE_UNICAST_FAULT_NO_PEER);
}

/* Settings that are there for another way of sending. */
static void warn_without_effect(
	struct reader *reader, const struct draft *draft, enum instance_keyword keyword, const char *needs)
{
	if (draft_given(draft, keyword) && !draft_wrong(draft, keyword))
		reader_warning(reader, draft_spot(draft, keyword), "'%s' has no effect %s",
			instance_keywords.rows[keyword].word, needs);
}

static void settle_multicast(struct reader *reader, struct draft *draft)
{
	static const char needs[] = "without unicast_peer";
	if (asks_for_unicast(draft) && !draft_wrong(draft, INSTANCE_UNICAST_PEER))
		reader_warning(reader,
			draft_spot(draft, draft_given(draft, INSTANCE_UNICAST_SRC_IP)
						  ? INSTANCE_UNICAST_SRC_IP
						  : INSTANCE_UNICAST_PEER),
			"no router stands in unicast_peer, so the adverts go to the multicast group, as in "
			"keepalived; \"unicast_fault_no_peer\" keeps the instance out instead");
	if (draft->extra.unicast.ttl != UINT8_MAX)
		warn_without_effect(reader, draft, INSTANCE_UNICAST_TTL, needs);
	draft->extra.unicast.ttl = UINT8_MAX;
	warn_without_effect(reader, draft, INSTANCE_CHECK_UNICAST_SRC, needs);
	draft->extra.unicast.check_source = false;
}

void settle_unicast(struct reader *reader, struct draft *draft)
{
	struct vr_config *vr = &draft->vr;
	draft->extra.unicast.enabled = asks_for_unicast(draft) && (draft->peers || draft->extra.unicast.fault_without_peer);
	if (draft->extra.unicast.enabled) {
		warn_without_effect(reader, draft, INSTANCE_MCAST_DST_IP, "with unicast_peer");
		draft->extra.group = (struct ip_addr){.family = IP_NONE};
	} else {
		settle_multicast(reader, draft);
	}
	for (const struct draft_peer *entry = draft->peers; entry; entry = entry->next)
		if (entry->peer.min_ttl || entry->peer.max_ttl != UINT8_MAX)
			draft->extra.unicast.check_source = true;
	if (vr->interface || draft_wrong(draft, INSTANCE_INTERFACE))
		warn_without_effect(
			reader, draft, INSTANCE_VRF, "with an interface, which is in its VRF or not");
	if (vr->interface)
		draft->extra.unicast.vrf = NULL;
}

static void check_family(struct reader *reader, const struct draft *draft, const struct spot *spot,
	const struct ip_addr *addr, const char *what)
{
	char text[IP_ADDR_TEXT_SIZE];
	if (ip_is_set(addr) && addr->family != draft->vr.family)
		reader_error(reader, spot,
			"%s is %s, and the instance IPv%u: %s is of the family of the addresses",
			ip_format(addr, text), addr->family == IP_V6 ? "IPv6" : "IPv4", draft->vr.family,
			what);
}

static int by_address(const void *left, const void *right)
{
	const struct draft_peer *a = *(const struct draft_peer *const *)left;
	const struct draft_peer *b = *(const struct draft_peer *const *)right;
	int order = ip_compare(&a->peer.address, &b->peer.address);
	return order ? order
		     : (a->spot.place.line > b->spot.place.line) - (a->spot.place.line < b->spot.place.line);
}

static void check_peers_once(struct reader *reader, const struct draft *draft)
{
	size_t count = 0;
	const struct draft_peer **peers =
		draft->peers ? reader_scratch(reader, draft->peer_count * sizeof *peers) : NULL;
	if (!peers)
		return;
	for (const struct draft_peer *entry = draft->peers; entry; entry = entry->next)
		peers[count++] = entry;
	qsort(peers, count, sizeof *peers, by_address);
	for (size_t i = 1; i < count; i++) {
		char text[IP_ADDR_TEXT_SIZE];
		if (ip_equal(&peers[i - 1]->peer.address, &peers[i]->peer.address))
			reader_error(reader, &peers[i]->spot,
				"%s stands here already, on line %u; remove one of them",
				ip_format(&peers[i]->peer.address, text), peers[i - 1]->spot.place.line);
	}
}

static void check_peers(struct reader *reader, const struct draft *draft)
{
	for (const struct draft_peer *entry = draft->peers; entry; entry = entry->next) {
		char text[IP_ADDR_TEXT_SIZE];
		check_family(
			reader, draft, &entry->spot, &entry->peer.address, "each router in unicast_peer");
		if (ip_equal(&entry->peer.address, &draft->extra.source))
			reader_error(reader, &entry->spot,
				"%s is this router itself (the source of its adverts); list the others",
				ip_format(&entry->peer.address, text));
	}
	check_peers_once(reader, draft);
}

static void check_source(struct reader *reader, const struct draft *draft)
{
	const struct vr_config *vr = &draft->vr;
	const struct spot *spot =
		draft_spot(draft, draft_given(draft, INSTANCE_UNICAST_SRC_IP) ? INSTANCE_UNICAST_SRC_IP
									      : INSTANCE_MCAST_SRC_IP);
	char text[IP_ADDR_TEXT_SIZE];
	check_family(reader, draft, spot, &draft->extra.source, "the source of adverts");
	if (vr->family == IP_V6 && draft->extra.source.family == IP_V6 && !draft->extra.unicast.enabled &&
		!ip_is_link_local(&draft->extra.source))
		reader_warning(reader, spot,
			"%s is not link-local: RFC 9568 5.1.2.1 sends from the link-local address of the "
			"interface, and others may drop what comes from elsewhere",
			ip_format(&draft->extra.source, text));
	for (const struct draft_address *entry = draft->advertised; entry; entry = entry->next)
		if (ip_equal(&entry->address.prefix.addr, &draft->extra.source) && vr->priority != VR_PRIORITY_OWNER)
			reader_error(reader, spot,
				"%s is a virtual address: adverts come from an address of this router alone",
				ip_format(&draft->extra.source, text));
}

/* Each virtual address must say where it is held, for there is no interface to fall back on. */
static void check_without_interface(struct reader *reader, const struct draft *draft)
{
	const struct draft_address *lists[] = {draft->advertised, draft->excluded};
	for (size_t i = 0; i < 2; i++)
		for (const struct draft_address *entry = lists[i]; entry; entry = entry->next)
			if (!entry->options.device)
				reader_error(reader, &entry->spot,
					"the instance has no interface, so each address needs its own: dev "
					"NAME");
}

void check_unicast(struct reader *reader, const struct draft *draft)
{
	if (!draft_wrong(draft, INSTANCE_UNICAST_PEER))
		check_peers(reader, draft);
	check_source(reader, draft);
	check_family(
		reader, draft, draft_spot(draft, INSTANCE_MCAST_DST_IP), &draft->extra.group, "mcast_dst_ip");
	if (!draft->vr.interface && draft->extra.unicast.enabled)
		check_without_interface(reader, draft);
}
