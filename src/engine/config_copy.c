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

static const struct route_encap *pack_encap(struct packer *packer, const struct route_encap *encap)
{
	return encap != NULL ? pack(packer, encap, sizeof(*encap)) : NULL;
}

static const struct address_options *pack_options(struct packer *packer, const struct address_options *options)
{
	struct address_options parts, *copy;

	if (options == NULL)
		return NULL;
	copy = pack(packer, options, sizeof(*options));
	parts = *options;
	parts.device = pack_string(packer, options->device);
	parts.label = pack_string(packer, options->label);
	parts.track_group = NULL;
	if (copy != NULL)
		*copy = parts;
	return copy;
}

static struct virtual_address *pack_addresses(struct packer *packer, const struct vr_config *config)
{
	struct virtual_address *addresses =
		pack(packer, config->addresses, config->address_count * sizeof(*config->addresses));

	for (size_t i = 0; i < config->address_count; i++) {
		const struct address_options *options = pack_options(packer, config->addresses[i].options);

		if (addresses != NULL)
			addresses[i].options = options;
	}
	return addresses;
}

static const struct route_hop *pack_hops(struct packer *packer, const struct virtual_route *route)
{
	struct route_hop *hops = pack(packer, route->hops, route->hop_count * sizeof(*hops));

	for (size_t i = 0; i < route->hop_count; i++) {
		const char *device = pack_string(packer, route->hops[i].device);
		const struct route_encap *encap = pack_encap(packer, route->hops[i].encap);

		if (hops == NULL)
			continue;
		hops[i].device = device;
		hops[i].encap = encap;
	}
	return hops;
}

/* What it points to. */
static struct virtual_route pack_route(struct packer *packer, const struct virtual_route *route)
{
	struct virtual_route parts = *route;

	parts.device = pack_string(packer, route->device);
	parts.vrf = pack_string(packer, route->vrf);
	parts.track_group = pack_string(packer, route->track_group);
	parts.congestion = pack_string(packer, route->congestion);
	parts.encap = pack_encap(packer, route->encap);
	parts.hops = pack_hops(packer, route);
	return parts;
}

static struct virtual_route *pack_routes(struct packer *packer, const struct virtual_route *routes, size_t count)
{
	struct virtual_route *copies = pack(packer, routes, count * sizeof(*routes));

	for (size_t i = 0; i < count; i++) {
		struct virtual_route parts = pack_route(packer, &routes[i]);

		if (copies != NULL)
			copies[i] = parts;
	}
	return copies;
}

/* What it points to. */
static struct virtual_rule pack_rule(struct packer *packer, const struct virtual_rule *rule)
{
	struct virtual_rule parts = *rule;

	parts.in = pack_string(packer, rule->in);
	parts.out = pack_string(packer, rule->out);
	parts.track_group = pack_string(packer, rule->track_group);
	return parts;
}

static struct virtual_rule *pack_rules(struct packer *packer, const struct virtual_rule *rules, size_t count)
{
	struct virtual_rule *copies = pack(packer, rules, count * sizeof(*rules));

	for (size_t i = 0; i < count; i++) {
		struct virtual_rule parts = pack_rule(packer, &rules[i]);

		if (copies != NULL)
			copies[i] = parts;
	}
	return copies;
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

static const struct vr_extra *pack_extra(struct packer *packer, const struct vr_extra *extra)
{
	struct vr_extra *copy = pack(packer, extra, sizeof(*extra));
	struct vr_extra parts = *extra;

	parts.vmac.name = pack_string(packer, extra->vmac.name);
	parts.vmac.address_prefix = pack_string(packer, extra->vmac.address_prefix);
	parts.unicast.vrf = pack_string(packer, extra->unicast.vrf);
	parts.unicast.peers =
		pack(packer, extra->unicast.peers, extra->unicast.peer_count * sizeof(*extra->unicast.peers));
	parts.hmac.keys = pack(packer, extra->hmac.keys, extra->hmac.key_count * sizeof(*extra->hmac.keys));
	parts.sync_group = pack_string(packer, extra->sync_group);
	parts.routes = pack_routes(packer, extra->routes, extra->route_count);
	parts.rules = pack_rules(packer, extra->rules, extra->rule_count);
	parts.tracked = pack_tracked(packer, extra->tracked, extra->tracked_count);
	if (copy != NULL)
		*copy = parts;
	return copy;
}

static struct vr_config *pack_config(struct packer *packer, const struct vr_config *config)
{
	struct vr_config *copy = pack(packer, config, sizeof(*config));
	struct vr_config parts = *config;

	parts.extra = pack_extra(packer, config->extra);
	parts.name = pack_string(packer, config->name);
	parts.interface = pack_string(packer, config->interface);
	parts.addresses = pack_addresses(packer, config);
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

struct virtual_route *virtual_route_copy(const struct virtual_route *route)
{
	struct packer packer = {0};

	pack_routes(&packer, route, 1);
	packer.start = malloc(packer.used);
	packer.used = 0;
	return packer.start != NULL ? pack_routes(&packer, route, 1) : NULL;
}

struct virtual_rule *virtual_rule_copy(const struct virtual_rule *rule)
{
	struct packer packer = {0};

	pack_rules(&packer, rule, 1);
	packer.start = malloc(packer.used);
	packer.used = 0;
	return packer.start != NULL ? pack_rules(&packer, rule, 1) : NULL;
}
