/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which addresses are virtual ones: those of the configurations of all instances, each once. There may be a hundred thousand, so
 * of each family there are only octets, one entry behind the other. Private to the room, like state.h.
 */
#ifndef VIGIA_ENGINE_VIRTUAL_ADDRESSES_H
#define VIGIA_ENGINE_VIRTUAL_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct engine;

enum virtual_address_flag {
	VIRTUAL_ADDRESS_OWNED = 1, /* of a virtual router with priority 255 */
	VIRTUAL_ADDRESS_FOREIGN = 2, /* stands somewhere, put there by others: lifetimes.c */
};

/* Of one family. */
struct virtual_addresses {
	uint8_t *entries; /* sorted: the octets of an address, then its flags */
	size_t count;
};

bool virtual_addresses_rebuild(struct engine *engine); /* false: no memory, and all is as before */
void virtual_addresses_free(struct engine *engine);
/* Its flags, which may be changed; NULL: it is none. */
uint8_t *virtual_address_flags(const struct engine *engine, const struct ip_addr *address);
bool is_virtual_address(const struct engine *engine, const struct ip_addr *address, bool *owner);
size_t virtual_addresses_count(const struct engine *engine);
void virtual_addresses_clear(struct engine *engine, enum virtual_address_flag flag);
/* Those without any flag, into room for all of them; how many that are. */
size_t virtual_addresses_plain(const struct engine *engine, struct ip_addr *list);

#endif
