/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which addresses are virtual ones: see virtual_addresses.h. */
#include "engine/virtual_addresses.h"

#include <stdlib.h>
#include <string.h>

#include "engine/state.h"

#define FAMILIES 2

static const struct virtual_addresses *of_family(const struct engine *engine, enum ip_family family)
{
	return &engine->virtual_addresses[family_index(family)];
}

static size_t entry_size(enum ip_family family)
{
	return ip_size(&(struct ip_addr){.family = (uint8_t)family}) + 1;
}

static int compare_v4(const void *a, const void *b)
{
	return memcmp(a, b, entry_size(IP_V4) - 1);
}

static int compare_v6(const void *a, const void *b)
{
	return memcmp(a, b, entry_size(IP_V6) - 1);
}

typedef int compare_function(const void *a, const void *b);

static compare_function *comparison(enum ip_family family)
{
	return family == IP_V6 ? compare_v6 : compare_v4;
}

/* Of this family, with doubles; entries NULL: only counted. */
static size_t collect(const struct engine *engine, enum ip_family family, uint8_t *entries)
{
	const size_t size = entry_size(family);
	size_t count = 0;

	for (size_t i = 0; i < engine->instance_count; i++) {
		const struct vr_config *config = engine->instances[i]->config;

		for (size_t k = 0; k < config->address_count; k++) {
			const struct ip_addr *address = &config->addresses[k].prefix.addr;

			if (address->family != family)
				continue;
			if (entries != NULL) {
				memcpy(entries + count * size, address->bytes, size - 1);
				entries[(count + 1) * size - 1] =
					config->priority == VR_PRIORITY_OWNER ? VIRTUAL_ADDRESS_OWNED : 0;
			}
			count++;
		}
	}
	return count;
}

/* Keeps one of each; the owner's claim wins. */
static size_t remove_doubles(uint8_t *entries, size_t count, size_t size)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		uint8_t *last = entries + kept * size, *entry = entries + i * size;

		if (kept > 0 && memcmp(last - size, entry, size - 1) == 0) {
			last[-1] |= entry[size - 1];
		} else {
			memmove(last, entry, size);
			kept++;
		}
	}
	return kept;
}

/* Of one family. false: no memory. */
static bool build(const struct engine *engine, enum ip_family family, struct virtual_addresses *built)
{
	const size_t size = entry_size(family), count = collect(engine, family, NULL);

	*built = (struct virtual_addresses){0};
	if (count == 0)
		return true;
	built->entries = malloc(count * size);
	if (built->entries == NULL)
		return false;
	collect(engine, family, built->entries);
	qsort(built->entries, count, size, comparison(family));
	built->count = remove_doubles(built->entries, count, size);
	return true;
}

bool virtual_addresses_rebuild(struct engine *engine)
{
	struct virtual_addresses v4, v6;

	if (!build(engine, IP_V4, &v4))
		return false;
	if (!build(engine, IP_V6, &v6)) {
		free(v4.entries);
		return false;
	}
	virtual_addresses_free(engine);
	engine->virtual_addresses[family_index(IP_V4)] = v4;
	engine->virtual_addresses[family_index(IP_V6)] = v6;
	return true;
}

void virtual_addresses_free(struct engine *engine)
{
	for (size_t i = 0; i < FAMILIES; i++)
		free(engine->virtual_addresses[i].entries);
}

uint8_t *virtual_address_flags(const struct engine *engine, const struct ip_addr *address)
{
	const size_t size = entry_size(address->family);
	const struct virtual_addresses *all;
	uint8_t *entry;

	if (!ip_is_set(address))
		return NULL;
	all = of_family(engine, address->family);
	entry = all->count > 0 ? bsearch(address->bytes, all->entries, all->count, size, comparison(address->family)) : NULL;
	return entry != NULL ? entry + size - 1 : NULL;
}

bool is_virtual_address(const struct engine *engine, const struct ip_addr *address, bool *owner)
{
	const uint8_t *flags = virtual_address_flags(engine, address);

	*owner = flags != NULL && (*flags & VIRTUAL_ADDRESS_OWNED);
	return flags != NULL;
}

size_t virtual_addresses_count(const struct engine *engine)
{
	return of_family(engine, IP_V4)->count + of_family(engine, IP_V6)->count;
}

static void clear(const struct engine *engine, enum ip_family family, enum virtual_address_flag flag)
{
	const struct virtual_addresses *all = of_family(engine, family);
	const size_t size = entry_size(family);

	for (size_t i = 0; i < all->count; i++)
		all->entries[(i + 1) * size - 1] &= (uint8_t)~flag;
}

void virtual_addresses_clear(struct engine *engine, enum virtual_address_flag flag)
{
	clear(engine, IP_V4, flag);
	clear(engine, IP_V6, flag);
}

static size_t plain(const struct engine *engine, enum ip_family family, struct ip_addr *list)
{
	const struct virtual_addresses *all = of_family(engine, family);
	const size_t size = entry_size(family);
	size_t count = 0;

	for (size_t i = 0; i < all->count; i++) {
		const uint8_t *entry = all->entries + i * size;

		if (entry[size - 1] != 0)
			continue;
		list[count] = (struct ip_addr){.family = (uint8_t)family};
		memcpy(list[count++].bytes, entry, size - 1);
	}
	return count;
}

size_t virtual_addresses_plain(const struct engine *engine, struct ip_addr *list)
{
	const size_t count = plain(engine, IP_V4, list);

	return count + plain(engine, IP_V6, list + count);
}
