/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The world of a question. Instances of one virtual router stand on one switch; every other interface that a file names
 * has a cable of its own. The routers have the addresses that the files name as sources and peers, else the first free ones of
 * the virtual addresses' network, in the order of the files. Routes between them are not in the files: unicast reaches everybody.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/whatif.h"

#define SETTLING (5 * DUR_S)
#define GUESSED_PREFIX_V4 24

static void nic_label(unsigned router, const char *name, char label[SIM_NAME_SIZE])
{
	snprintf(label, SIM_NAME_SIZE, "%u.%.12s", router, name);
}

static struct segment *segment_get(struct world *world, const char *label)
{
	struct segment *segment = segment_find(world, label);

	return segment != NULL ? segment : segment_new(world, label, false);
}

static struct nic *nic_get(struct router *router, const char *name, const char *label)
{
	struct nic *nic = nic_by_name(router, name);
	char own[SIM_NAME_SIZE];

	if (nic != NULL)
		return nic;
	nic_label(router->number, name, own);
	return nic_new(router, name, segment_get(router->world, label != NULL ? label : own));
}

static bool is_virtual(const struct whatif_plan *plan, const struct ip_addr *address)
{
	for (size_t i = 0; i < plan->set_count; i++)
		for (unsigned k = 0; k < plan->router_count; k++) {
			const struct conf_instance *member = plan->sets[i].members[k];

			for (size_t n = 0; member != NULL && n < member->vr.address_count; n++)
				if (ip_equal(&member->vr.addresses[n].prefix.addr, address))
					return true;
		}
	return false;
}

static bool is_taken(const struct world *world, const struct ip_addr *address)
{
	for (size_t i = 0; i < world->router_count; i++)
		if (kernel_has_address(world->routers[i], address))
			return true;
	return false;
}

static bool lists_peer(const struct vr_config *config, const struct ip_addr *address)
{
	for (size_t i = 0; i < config->extra->unicast.peer_count; i++)
		if (ip_equal(&config->extra->unicast.peers[i].address, address))
			return true;
	return false;
}

/* Whom the others list and this one does not: that is itself. The address stays as it is when there is no such. */
static void address_from_peers(const struct world *world, const struct whatif_set *set, unsigned router,
	unsigned routers, struct ip_addr *address)
{
	for (unsigned i = 0; i < routers; i++) {
		const struct vr_config *other =
			set->members[i] != NULL && i != router ? &set->members[i]->vr : NULL;

		for (size_t k = 0; other != NULL && k < other->extra->unicast.peer_count; k++) {
			const struct ip_addr *peer = &other->extra->unicast.peers[k].address;

			if (lists_peer(&set->members[router]->vr, peer) || is_taken(world, peer))
				continue;
			*address = *peer;
			return;
		}
	}
}

static struct ip_prefix free_address(
	const struct whatif_plan *plan, const struct world *world, const struct vr_config *config)
{
	struct ip_prefix prefix = {ip_v4(192, 168, 1, 1), GUESSED_PREFIX_V4};

	for (size_t i = 0; i < config->address_count; i++)
		if (config->addresses[i].prefix.addr.family == IP_V4) {
			prefix = config->addresses[i].prefix;
			if (prefix.length > 30)
				prefix.length = GUESSED_PREFIX_V4;
			break;
		}
	prefix.addr = ip_network(&prefix).addr;
	do {
		for (int i = 3; i >= 0 && ++prefix.addr.bytes[i] == 0; i--)
			;
	} while (is_virtual(plan, &prefix.addr) || is_taken(world, &prefix.addr));
	return prefix;
}

static void add_address(struct router *router, const struct nic *nic, const struct ip_prefix *prefix)
{
	if (!kernel_has_address(router, &prefix->addr))
		kernel_add_address(router, nic->ifindex, prefix, 0);
}

static void give_address(const struct whatif_plan *plan, const struct whatif_set *set, struct router *router,
	const struct nic *nic)
{
	const struct vr_config *config = &set->members[router->number]->vr;
	uint8_t bytes[16] = {0xfe, 0x80, [15] = (uint8_t)(router->number + 1)};
	const struct ip_prefix link_local = {ip_v6_from(bytes), 64};
	struct ip_prefix prefix = link_local;

	if (config->family == IP_V4)
		prefix = free_address(plan, router->world, config);
	if (ip_is_set(&config->extra->source))
		prefix.addr = config->extra->source;
	else
		address_from_peers(router->world, set, router->number, plan->router_count, &prefix.addr);
	if (config->extra->unicast.enabled)
		prefix.length = 0; /* peers may be anywhere: all is on the link */
	if (!ip_is_link_local(&prefix.addr))
		add_address(router, nic, &link_local);
	add_address(router, nic, &prefix);
}

static void give_tracked(struct router *router, const struct tracked_object *tracked, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (tracked[i].kind == TRACK_INTERFACE)
			nic_get(router, tracked[i].name, NULL);
}

/* Everything that the instance mentions exists. */
static void give_nics(const struct whatif_plan *plan, size_t number, struct router *router)
{
	const struct whatif_set *set = &plan->sets[number];
	const struct vr_config *config = &set->members[router->number]->vr;
	const struct conf *conf = plan->routers[router->number].result.conf;
	char label[SIM_NAME_SIZE];
	struct nic *nic;

	snprintf(label, sizeof(label), "lan%u", (unsigned)number % 1000000);
	nic = nic_get(router, config->interface != NULL ? config->interface : "net", label);
	if (nic != NULL)
		give_address(plan, set, router, nic);
	give_tracked(router, config->extra->tracked, config->extra->tracked_count);
	for (size_t i = 0; i < config->address_count; i++)
		if (address_options(&config->addresses[i])->device != NULL)
			nic_get(router, address_options(&config->addresses[i])->device, NULL);
	for (size_t i = 0; i < config->extra->route_count; i++)
		if (config->extra->routes[i].device != NULL)
			nic_get(router, config->extra->routes[i].device, NULL);
	for (size_t i = 0; i < conf->sync_group_count; i++)
		if (string_equal(conf->sync_groups[i].name, config->extra->sync_group))
			give_tracked(router, conf->sync_groups[i].tracked, conf->sync_groups[i].tracked_count);
}

static bool furnish(const struct whatif_plan *plan, unsigned cluster, struct router *router)
{
	size_t length;
	char *text = whatif_text(plan, cluster, router->number, &length);
	bool good = text != NULL && router_configure(router, text, length);

	free(text);
	for (size_t i = 0; i < plan->set_count; i++)
		if (plan->sets[i].cluster == cluster && plan->sets[i].members[router->number] != NULL)
			give_nics(plan, i, router);
	return good;
}

static bool has_part(const struct whatif_plan *plan, unsigned cluster, unsigned router)
{
	for (size_t i = 0; i < plan->set_count; i++)
		if (plan->sets[i].cluster == cluster && plan->sets[i].members[router] != NULL)
			return true;
	return false;
}

struct world *whatif_world(const struct whatif_plan *plan, unsigned cluster)
{
	struct world *world = world_new(1);
	char name[SIM_NAME_SIZE];

	if (world == NULL)
		return NULL;
	world->lawless = true;
	for (unsigned i = 0; i < plan->router_count; i++) {
		struct router *router;

		snprintf(name, sizeof(name), "r%u", i);
		router = router_new(world, name);
		if (router == NULL || (has_part(plan, cluster, i) && !furnish(plan, cluster, router))) {
			world_free(world);
			return NULL;
		}
	}
	for (unsigned i = 0; i < plan->router_count; i++)
		if (has_part(plan, cluster, i))
			router_start(world->routers[i]);
	return world;
}

int whatif_ifindex(const struct world *world, unsigned router, const char *name)
{
	const struct nic *nic = nic_by_name(world->routers[router], name != NULL ? name : "net");

	return nic != NULL ? nic->ifindex : 0;
}

static dur_t longest(dur_t a, dur_t b)
{
	return a > b ? a : b;
}

dur_t whatif_patience(const struct whatif_plan *plan, unsigned cluster)
{
	dur_t wait = 0, hold = 0;

	for (size_t i = 0; i < plan->set_count; i++)
		for (unsigned k = 0; k < plan->router_count && plan->sets[i].cluster == cluster; k++) {
			const struct conf_instance *member = plan->sets[i].members[k];
			const struct conf_global *global = &plan->routers[k].result.conf->global;

			if (member == NULL)
				continue;
			wait = longest(
				wait, vr_down_interval(member->vr.version, 1, member->vr.advert_interval,
					      member->vr.down_timer_adverts));
			hold = longest(
				hold, member->vr.extra->preempt_delay + member->vr.extra->link_up_delay +
					      longest(global->startup_delay, global->delay_after_boot));
		}
	return 3 * wait + hold + SETTLING;
}
