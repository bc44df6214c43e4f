/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A copy of a virtual router's configuration in one block of memory. The copying is done twice with the same code: over
 * nothing, to learn the size, and over the block.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/state.h"

struct packer {
	char *start; /* NULL: only counting */
	size_t used;
};

static void *pack(struct packer *packer, const void *bytes, size_t size)
{
	size_t at = (packer->used + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);

	packer->used = at + size;
	if (packer->start == NULL || size == 0)
		return NULL;
	return memcpy(packer->start + at, bytes, size);
}

static const char *pack_string(struct packer *packer, const char *string)
{
	return string != NULL ? pack(packer, string, strlen(string) + 1) : NULL;
}

static struct virtual_address *pack_addresses(struct packer *packer, const struct vr_config *config)
{
	struct virtual_address *addresses =
		pack(packer, config->addresses, config->address_count * sizeof(*config->addresses));

	for (size_t i = 0; i < config->address_count; i++) {
		const char *device = pack_string(packer, config->addresses[i].device);
		const char *label = pack_string(packer, config->addresses[i].label);

		if (addresses == NULL)
			continue;
		addresses[i].device = device;
		addresses[i].label = label;
	}
	return addresses;
}

static struct virtual_route *pack_routes(struct packer *packer, const struct vr_config *config)
{
	struct virtual_route *routes =
		pack(packer, config->routes, config->route_count * sizeof(*config->routes));

	for (size_t i = 0; i < config->route_count; i++) {
		const char *device = pack_string(packer, config->routes[i].device);

		if (routes != NULL)
			routes[i].device = device;
	}
	return routes;
}

static struct tracked_object *pack_tracked(
	struct packer *packer, const struct tracked_object *objects, size_t count)
{
	struct tracked_object *tracked = pack(packer, objects, count * sizeof(*objects));

	for (size_t i = 0; i < count; i++) {
		const char *name = pack_string(packer, objects[i].name);

		if (tracked != NULL)
			tracked[i].name = name;
	}
	return tracked;
}

static struct vr_config *pack_config(struct packer *packer, const struct vr_config *config)
{
	struct vr_config *copy = pack(packer, config, sizeof(*config));
	struct vr_config parts = *config;

	parts.name = pack_string(packer, config->name);
	parts.interface = pack_string(packer, config->interface);
	parts.vmac.name = pack_string(packer, config->vmac.name);
	parts.vmac.address_prefix = pack_string(packer, config->vmac.address_prefix);
	parts.unicast.vrf = pack_string(packer, config->unicast.vrf);
	parts.unicast.peers = pack(packer, config->unicast.peers,
		config->unicast.peer_count * sizeof(*config->unicast.peers));
	parts.hmac.keys =
		pack(packer, config->hmac.keys, config->hmac.key_count * sizeof(*config->hmac.keys));
	parts.sync_group = pack_string(packer, config->sync_group);
	parts.addresses = pack_addresses(packer, config);
	parts.routes = pack_routes(packer, config);
	parts.tracked = pack_tracked(packer, config->tracked, config->tracked_count);
	if (copy != NULL)
		*copy = parts;
	return copy;
}

struct vr_config *vr_config_copy(const struct vr_config *config)
{
	struct packer packer = {0};

	pack_config(&packer, config);
	packer.start = malloc(packer.used);
	packer.used = 0;
	return packer.start != NULL ? pack_config(&packer, config) : NULL;
}
