/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of ours is in the kernel, and what becomes of it when others touch it: see holdings.c. Private to the room, like state.h.
 */
#ifndef VIGIA_ENGINE_HOLDINGS_H
#define VIGIA_ENGINE_HOLDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/time.h"
#include "core/config.h"
#include "engine/hash.h"
#include "engine/history.h"
#include "engine/port.h"

struct engine;

struct holding {
	struct hash_node node; /* by content */
	mono_t restored_at;
	int ifindex; /* a route's may be 0, a rule's is */
	uint32_t claims;
	struct ip_prefix prefix;
	enum held_kind kind;
	bool foreign : 1; /* stood there before: the owner's real address, not ours to take away */
	bool missing : 1; /* somebody else took it away */
	bool quiet : 1; /* put back after a resync or a link flap: nobody's fault */
	bool stale : 1;
	union { /* own copies, for which an address has no room */
		struct virtual_route *route; /* without its device: that is ifindex */
		struct virtual_rule *rule;
	};
};

struct holding *holding_take(
	struct engine *engine, const struct kernel_op *op); /* one more claim; NULL: no memory */
/* The claim of one that stands, for what op has just put there: another one, if its line now means another table. */
struct holding *holding_follow(struct engine *engine, struct holding *holding, const struct kernel_op *op);
void holding_drop(struct engine *engine, struct holding *holding); /* one claim less; freed with the last */
struct holding *holding_find_address(
	const struct engine *engine, int ifindex, const struct ip_prefix *prefix);
/* Whether another route of ours took its place in the kernel, which it is not to be deleted from: IPv6. */
bool holding_shares_place(const struct engine *engine, const struct holding *holding);
void holding_missing(struct engine *engine, struct holding *holding, bool quiet, mono_t now);
/* The kernel does not put it back for one claim, which is tried again by itself. The others are to hear it, too, at once. */
void holding_refused(struct engine *engine, struct holding *holding, mono_t now);
void holdings_link_gone(struct engine *engine, int ifindex, mono_t now);
/* Whether it is a route by a gateway alone, whose interface the kernel has found. */
bool holding_finds_way(const struct holding *holding);
/* It was set down: routes by it are gone, and of those of IPv4 nobody is told. */
void holdings_link_down(struct engine *engine, mono_t now);
/* A device, or a way to a gateway, that something waits for may be there now. */
void holdings_hurry(struct engine *engine, mono_t now);
/* A link came up: routes over it, which the kernel dropped without a word, are put back. */
void holdings_link_up(struct engine *engine, int ifindex, mono_t now);
void holdings_restore(struct engine *engine, mono_t now);
void holdings_resync(struct engine *engine, bool begin, mono_t now);

#endif
