/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's interfaces and addresses, whether anyone needs them or not, as its events tell of them. Private to the
 * room, like state.h.
 */
#ifndef VIGIA_ENGINE_LINKS_H
#define VIGIA_ENGINE_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "core/vr.h"
#include "engine/hash.h"

struct engine;
struct interface;

struct link_address {
	struct ip_prefix prefix;
	bool secondary;
	bool tentative;
	bool duplicate;
	bool deprecated;
	bool stale; /* not mentioned since the resync began */
	uint8_t protocol;
};

struct link {
	struct hash_node node; /* by index */
	struct link *next;
	int ifindex;
	char *name;
	struct mac_addr mac;
	unsigned mtu;
	bool up;
	bool carrier;
	bool stale;
	int vrf; /* 0: none */
	uint32_t vrf_table;
	bool ours; /* a device for a virtual MAC with our mark, whoever of us made it... */
	uint32_t maker; /* ...and who did; 0: it does not say */
	bool forwards_nothing[2]; /* by family_index: when last looked at */
	struct link_address *addresses; /* in the kernel's order */
	size_t address_count;
	size_t address_capacity;
	struct interface *interface; /* that is bound to it, or NULL */
};

struct link *link_by_index(const struct engine *engine, int ifindex);
void link_free(struct link *link);
/* Fills in the address that adverts of this family leave from (IPH-01, IPH-03), or what it waits for. */
void link_look(
	const struct engine *engine, const struct link *link, uint8_t family, struct vr_interface *out);
/* Not on tunnels and the like. */
bool link_has_arp(const struct link *link);
bool link_reaches(const struct link *link, const struct ip_addr *address); /* by a prefix of one of its addresses */
/* Whether an address with these bytes stands on the link, and is not marked as ours. */
bool link_has_foreign(const struct link *link, const struct ip_addr *address);
enum standing {
	STANDING_NOT,
	STANDING_OURS, /* with our mark */
	STANDING_UNMARKED, /* an old kernel, or somebody else's */
	STANDING_FOREIGN, /* with another mark */
};
enum standing link_standing(const struct link *link, const struct ip_prefix *prefix);

#endif
