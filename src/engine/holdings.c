/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of ours is in the kernel: one holding for each distinct address, route or rule, however many virtual routers have a claim
 * on it. Two of them may list the same route, and one that was just removed from the configuration may share an address
 * with the one that follows it: the kernel is asked to delete when the last claim ends.
 *
 * What somebody else takes away is put back at once, but the same thing at most once per RESTORE_SPACING, so that two
 * managers that disagree do not keep the machine busy.
 */
#include <errno.h>
#include <stdlib.h>

#include "engine/state.h"

static uint64_t address_value(int ifindex, const struct ip_prefix *prefix)
{
	uint64_t value = hash_number(HASH_START, (uint64_t)ifindex << 8 | prefix->length);

	return hash_bytes(value, prefix->addr.bytes, sizeof(prefix->addr.bytes));
}

/* 254 is the number of the main table, which a configuration may leave out. */
static uint32_t table_number(uint32_t table)
{
	return table == 0 ? 254 : table;
}

/* What the kernel makes of an IPv6 route without a metric. */
static uint32_t metric_number(const struct virtual_route *route)
{
	return route->metric == 0 && route->destination.addr.family == IP_V6 ? VIGIA_KERNEL_METRIC_V6
									     : route->metric;
}

static uint64_t route_value(const struct virtual_route *route)
{
	struct ip_prefix network = ip_network(&route->destination);
	uint64_t value =
		hash_number(HASH_START, (uint64_t)table_number(route->table) << 32 | metric_number(route));

	return hash_bytes(hash_number(value, network.length), network.addr.bytes, sizeof(network.addr.bytes));
}

static uint64_t rule_value(const struct virtual_rule *rule)
{
	return hash_number(HASH_START, (uint64_t)rule->family << 32 | rule->preference);
}

/* Who tracks it, and how its line was written, makes no difference in the kernel. */
static bool same_rule(const struct virtual_rule *a, const struct virtual_rule *b)
{
	struct virtual_rule left = *a, right = *b;

	left.preference_set = right.preference_set = true;
	left.untracked = right.untracked = false;
	left.track_group = right.track_group = NULL;
	left.protocol = left.protocol == 0 ? VIGIA_KERNEL_PROTOCOL : left.protocol;
	right.protocol = right.protocol == 0 ? VIGIA_KERNEL_PROTOCOL : right.protocol;
	/* "from default" says nothing. */
	if (left.from.length == 0)
		left.from = right.from.length == 0 ? right.from : left.from;
	if (left.to.length == 0)
		left.to = right.to.length == 0 ? right.to : left.to;
	return virtual_rule_equal(&left, &right);
}

struct holding *holding_find_address(const struct engine *engine, int ifindex, const struct ip_prefix *prefix)
{
	struct hash_node *node = hash_first(&engine->holdings, address_value(ifindex, prefix));

	for (; node; node = hash_next(node)) {
		struct holding *holding = (struct holding *)node;

		if (holding->kind == HELD_ADDRESS && holding->ifindex == ifindex &&
			ip_prefix_equal(&holding->prefix, prefix))
			return holding;
	}
	return NULL;
}

static struct holding *find_route(const struct engine *engine, int ifindex, const struct virtual_route *route)
{
	for (struct hash_node *node = hash_first(&engine->holdings, route_value(route)); node;
		node = hash_next(node)) {
		struct holding *holding = (struct holding *)node;

		if (holding->kind == HELD_ROUTE && holding->ifindex == ifindex &&
			virtual_route_equal(holding->route, route))
			return holding;
	}
	return NULL;
}

static struct holding *find_rule(const struct engine *engine, const struct virtual_rule *rule)
{
	for (struct hash_node *node = hash_first(&engine->holdings, rule_value(rule)); node; node = hash_next(node)) {
		struct holding *holding = (struct holding *)node;

		if (holding->kind == HELD_RULE && same_rule(holding->rule, rule))
			return holding;
	}
	return NULL;
}

static struct holding *find(
	const struct engine *engine, const struct kernel_op *op, struct virtual_route *route)
{
	if (op->rule != NULL)
		return find_rule(engine, op->rule);
	if (op->address != NULL)
		return holding_find_address(engine, op->ifindex, &op->address->prefix);
	*route = *op->route;
	route->device = NULL;
	if (op->table != 0)
		route->table = op->table;
	return find_route(engine, op->ifindex, route);
}

/* Of what op is about, with own copies. NULL: no memory. */
static struct holding *new_holding(const struct kernel_op *op, const struct virtual_route *route)
{
	const bool is_address = op->rule == NULL && op->route == NULL;
	struct holding *holding = calloc(1, is_address ? offsetof(struct holding, route) : sizeof(*holding));

	if (holding == NULL)
		return NULL;
	holding->ifindex = op->ifindex;
	holding->restored_at = MONO_LONG_AGO;
	if (op->rule != NULL) {
		holding->kind = HELD_RULE;
		holding->rule = virtual_rule_copy(op->rule);
	} else if (op->route != NULL) {
		holding->kind = HELD_ROUTE;
		holding->prefix = route->destination;
		holding->route = virtual_route_copy(route);
	} else {
		holding->prefix = op->address->prefix;
	}
	if (is_address || (holding->kind == HELD_RULE ? holding->rule != NULL : holding->route != NULL))
		return holding;
	free(holding);
	return NULL;
}

static uint64_t holding_value(const struct holding *holding)
{
	switch (holding->kind) {
	case HELD_ADDRESS:
		break;
	case HELD_ROUTE:
		return route_value(holding->route);
	case HELD_RULE:
		return rule_value(holding->rule);
	}
	return address_value(holding->ifindex, &holding->prefix);
}

struct holding *holding_take(struct engine *engine, const struct kernel_op *op)
{
	struct virtual_route route = {0};
	struct holding *holding = find(engine, op, &route);

	if (holding == NULL) {
		holding = new_holding(op, &route);
		if (holding == NULL)
			return NULL;
		hash_insert(&engine->holdings, &holding->node, holding_value(holding));
	}
	holding->claims++;
	return holding;
}

struct holding *holding_follow(struct engine *engine, struct holding *holding, const struct kernel_op *op)
{
	struct virtual_route route = {0};
	struct holding *taken;

	if (holding != NULL && find(engine, op, &route) == holding)
		return holding;
	taken = holding_take(engine, op);
	if (taken == NULL)
		return holding;
	if (holding != NULL)
		holding_drop(engine, holding);
	return taken;
}

void holding_drop(struct engine *engine, struct holding *holding)
{
	if (--holding->claims > 0)
		return;
	hash_remove(&engine->holdings, &holding->node);
	if (holding->kind == HELD_RULE)
		free(holding->rule);
	else if (holding->kind == HELD_ROUTE)
		free(holding->route);
	free(holding);
}

void holding_missing(struct engine *engine, struct holding *holding, bool quiet, mono_t now)
{
	mono_t when = mono_add(holding->restored_at, RESTORE_SPACING);

	holding->foreign = false;
	holding->quiet = quiet && (holding->quiet || !holding->missing);
	holding->missing = true;
	engine->restore_at = mono_min(engine->restore_at, mono_before(when, now) ? now : when);
}

void holding_refused(struct engine *engine, struct holding *holding, mono_t now)
{
	holding->missing = true;
	if (holding->claims == 1)
		return;
	holding->restored_at = MONO_LONG_AGO;
	engine->restore_at = mono_min(engine->restore_at, now);
}

/* Calls each for every claim that is held, of every virtual router. */
static void each_claim(struct engine *engine,
	void (*each)(struct engine *, struct instance *, size_t index, int ifindex, mono_t), int ifindex,
	mono_t now)
{
	for (size_t i = 0; i < engine->instance_count; i++) {
		struct instance *instance = engine->instances[i];

		for (size_t k = 0; k < claim_count(instance->config); k++)
			if (instance->claims[k].holding != NULL)
				each(engine, instance, k, ifindex, now);
	}
}

/* Everything on the link is gone with it, and so is a route whose device the kernel had found, perhaps. */
static void lose_with_link(
	struct engine *engine, struct instance *instance, size_t index, int ifindex, mono_t now)
{
	struct claim *claim = &instance->claims[index];
	struct holding *holding = claim->holding;

	if (holding->kind == HELD_ROUTE && holding->ifindex == 0)
		holding_missing(engine, holding, true, now);
	if (holding->ifindex != ifindex)
		return;
	claim->holding = NULL;
	claim->error = -ENODEV;
	instance->will_is_old = true;
	holding_drop(engine, holding);
	install_plan_retry(instance, true, now);
	instance_wait(engine, instance);
	batch_touch(engine, instance);
}

void holdings_link_gone(struct engine *engine, int ifindex, mono_t now)
{
	each_claim(engine, lose_with_link, ifindex, now);
	statics_link_gone(engine, ifindex, now);
}

bool holding_finds_way(const struct holding *holding)
{
	return holding->kind == HELD_ROUTE && holding->ifindex == 0 && ip_is_set(&holding->route->gateway) &&
	       holding->route->expires == 0;
}

/* One that stands still is not hurt by being put there again. */
static void look_for_way(struct engine *engine, struct instance *instance, size_t index, int ifindex, mono_t now)
{
	struct holding *holding = instance->claims[index].holding;

	(void)ifindex;
	if (holding_finds_way(holding) && holding->route->mode != ROUTE_MODE_ADD)
		holding_missing(engine, holding, true, now);
}

void holdings_link_down(struct engine *engine, mono_t now)
{
	each_claim(engine, look_for_way, 0, now);
	statics_link_down(engine, now);
}

static void put_back_route(
	struct engine *engine, struct instance *instance, size_t index, int ifindex, mono_t now)
{
	struct holding *holding = instance->claims[index].holding;

	if (holding->kind == HELD_ROUTE && (holding->ifindex == ifindex || holding->ifindex == 0 || ifindex == 0))
		holding_missing(engine, holding, true, now);
}

void holdings_link_up(struct engine *engine, int ifindex, mono_t now)
{
	each_claim(engine, put_back_route, ifindex, now);
	statics_link_up(engine, ifindex, now);
	holdings_hurry(engine, now);
}

void holdings_hurry(struct engine *engine, mono_t now)
{
	statics_hurry(engine, now);
	for (size_t i = 0; i < engine->instance_count; i++) {
		struct instance *instance = engine->instances[i];

		refused_hurry(engine, instance, now);
		if (instance->retry_at.ns == MONO_NEVER.ns)
			continue;
		instance->retry_at = mono_min(instance->retry_at, now);
		instance_wait(engine, instance);
	}
}

static void restore_one(
	struct engine *engine, struct instance *instance, size_t index, int ifindex, mono_t now)
{
	struct holding *holding = instance->claims[index].holding;
	mono_t when = mono_add(holding->restored_at, RESTORE_SPACING);

	(void)ifindex;
	/* Where the kernel has refused, the retry has it in hand: it finds that there is no way. */
	if (!holding->missing || instance->claims[index].error != 0 || !instance_is_master(instance))
		return;
	if (mono_before(now, when)) {
		engine->restore_at = mono_min(engine->restore_at, when);
		return;
	}
	holding->missing = false;
	holding->restored_at = now;
	ops_add(engine, instance, index, true, true, now);
}

void holdings_restore(struct engine *engine, mono_t now)
{
	if (mono_before(now, engine->restore_at))
		return;
	engine->restore_at = MONO_NEVER;
	statics_restore(engine, now);
	each_claim(engine, restore_one, 0, now);
	ops_run(engine, now);
}

/* Of one with several next hops, the kernel may tell one by one. */
static bool same_way(const struct holding *holding, const struct virtual_route *gone, int ifindex)
{
	if (holding->route->hop_count > 0)
		return true;
	if (ip_is_set(&gone->gateway) && !ip_equal(&gone->gateway, &holding->route->gateway))
		return false;
	return ifindex == 0 || holding->ifindex == 0 || ifindex == holding->ifindex;
}

static bool same_place(const struct virtual_route *a, const struct virtual_route *b)
{
	return table_number(a->table) == table_number(b->table) && metric_number(a) == metric_number(b) &&
	       a->tos == b->tos;
}

void engine_route_gone(struct engine *engine, const struct virtual_route *route, int ifindex, mono_t now)
{
	for (struct hash_node *node = hash_first(&engine->holdings, route_value(route)); node;
		node = hash_next(node)) {
		struct holding *holding = (struct holding *)node;

		/* One that expires has been given its time, no more. */
		if (holding->kind == HELD_ROUTE && same_place(holding->route, route) && same_way(holding, route, ifindex) &&
			holding->route->expires == 0)
			holding_missing(engine, holding, false, now);
	}
	turn_end(engine, now);
}

void engine_rule_gone(struct engine *engine, const struct virtual_rule *rule, mono_t now)
{
	struct holding *holding = find_rule(engine, rule);

	if (holding != NULL)
		holding_missing(engine, holding, false, now);
	turn_end(engine, now);
}

bool holding_shares_place(const struct engine *engine, const struct holding *holding)
{
	struct hash_node *node;

	if (holding->kind != HELD_ROUTE || holding->route->destination.addr.family != IP_V6)
		return false;
	for (node = hash_first(&engine->holdings, route_value(holding->route)); node; node = hash_next(node)) {
		const struct holding *other = (const struct holding *)node;

		if (other != holding && other->kind == HELD_ROUTE &&
			ip_prefix_equal(&other->prefix, &holding->prefix) &&
			same_place(other->route, holding->route))
			return true;
	}
	return false;
}

static void mark_stale(
	struct engine *engine, struct instance *instance, size_t index, int ifindex, mono_t now)
{
	(void)engine;
	(void)ifindex;
	(void)now;
	instance->claims[index].holding->stale = instance->claims[index].holding->kind == HELD_ADDRESS;
}

static void end_stale(struct engine *engine, struct instance *instance, size_t index, int ifindex, mono_t now)
{
	struct holding *holding = instance->claims[index].holding;

	(void)ifindex;
	/* Routes and rules are not in the picture: an event of one may be among those that were lost. */
	if (holding->stale || holding->kind != HELD_ADDRESS)
		holding_missing(engine, holding, holding->kind != HELD_ADDRESS, now);
	holding->stale = false;
}

void holdings_resync(struct engine *engine, bool begin, mono_t now)
{
	each_claim(engine, begin ? mark_stale : end_stale, 0, now);
	statics_resync(engine, begin, now);
}
