/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of the virtual addresses when every process of the daemon dies at once, and nobody is left to take them away. Two things
 * are arranged while we live:
 *
 *	silence		the kernel says nothing by ARP or ND in the name of a virtual address when none of us lives (port.h,
 *			mortal): at once, where it has nftables
 *	lifetime	each address that is put there goes by itself after a while, unless it is renewed
 *
 * Neither costs anything when a router becomes master: silence is arranged for all addresses of the configuration, held or not, and a
 * lifetime is part of the request that adds. Renewal goes round all addresses, a few at a time, three times in a lifetime; the more
 * there are, the longer that is. Without silence lifetimes are short, for they are all there is.
 *
 * Not for the owner, whose addresses are the machine's own, nor for an address that somebody else put there; and not where addresses
 * are meant to stay (engine_options.keep).
 */
#ifndef VIGIA_ENGINE_LIFETIMES_H
#define VIGIA_ENGINE_LIFETIMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/text.h"
#include "base/time.h"

struct engine;
struct virtual_address;

struct lifetimes {
	dur_t length; /* 0: for ever */
	dur_t round; /* how long this round takes */
	mono_t renew_at; /* the next few of it; MONO_NEVER: there are none */
	size_t instance, address; /* that are next */
	size_t count; /* addresses of all instances */
	size_t mortal_count; /* of those, and 0 if it cannot be */
	int error;
};

/* As the configuration is now. */
void lifetimes_plan(struct engine *engine, mono_t now);
/* Seconds, for the request that adds it; 0: for ever. */
uint32_t lifetime_of(const struct engine *engine, const struct virtual_address *address);
void lifetimes_tick(struct engine *engine, mono_t now);
/* Nothing of ours is left that could outlive us. */
void lifetimes_end(struct engine *engine);
void lifetimes_write(struct json_out *json, const struct engine *engine);

#endif
