/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules that the engine asked for, as a list: what they mean is decided where a frame or a question arrives. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/world.h"

static enum firewall_op_type rule_of(enum firewall_op_type type)
{
	switch (type) {
	case FIREWALL_REFUSE:
	case FIREWALL_ACCEPT:
		return FIREWALL_REFUSE;
	case FIREWALL_MUTE:
	case FIREWALL_UNMUTE:
		return FIREWALL_MUTE;
	case FIREWALL_VMAC:
	case FIREWALL_NO_VMAC:
		return FIREWALL_VMAC;
	case FIREWALL_QUIET:
	case FIREWALL_NOT_QUIET:
		return FIREWALL_QUIET;
	case FIREWALL_DEAF:
	case FIREWALL_NOT_DEAF:
		return FIREWALL_DEAF;
	}
	return type;
}

static size_t find(const struct router *router, enum firewall_op_type type, const struct firewall_op *op)
{
	size_t at = 0;

	while (at < router->rule_count &&
		(router->rules[at].type != type || router->rules[at].ifindex != op->ifindex ||
			!ip_equal(&router->rules[at].address, &op->address)))
		at++;
	return at;
}

static int run_op(struct router *router, const struct firewall_op *op)
{
	const enum firewall_op_type type = rule_of(op->type);
	const size_t at = find(router, type, op);

	router->world->changed = true;
	if (op->type != type) {
		if (at < router->rule_count)
			router->rules[at] = router->rules[--router->rule_count];
		return 0;
	}
	if (at == router->rule_capacity) {
		size_t capacity = 2 * router->rule_capacity + 8;
		struct firewall_rule *rules = reallocarray(router->rules, capacity, sizeof(*rules));

		if (rules == NULL)
			return -ENOMEM;
		router->rules = rules;
		router->rule_capacity = capacity;
	}
	if (at == router->rule_count)
		router->rule_count++;
	router->rules[at] = (struct firewall_rule){
		.type = (uint8_t)type, .ifindex = op->ifindex, .address = op->address, .mac = op->mac};
	return 0;
}

/* The first transaction of a process replaces what its predecessor left. */
int firewall_run(struct router *router, const struct firewall_op *ops, size_t count)
{
	int error = 0;

	/* Whatever is asked for, what stood before comes back with it. */
	router->world->changed = router->world->changed || router->rules_lost > 0;
	router->rule_count += router->rules_lost;
	router->rules_lost = 0;
	router->mortal_lost = false;
	if (router->rules_life != router->life) {
		router->rule_count = 0;
		router->rules_life = router->life;
		router->world->changed = true;
	}
	for (size_t i = 0; i < count && error == 0; i++)
		error = run_op(router, &ops[i]);
	return error;
}

int firewall_mortal(struct router *router, const struct ip_addr *addresses, size_t count, dur_t length)
{
	struct ip_addr *list;

	router->mortal_until = mono_add(router->world->now, length);
	router->mortal_lost = false;
	if (addresses == NULL && count > 0)
		return 0;
	list = reallocarray(router->mortal, count + 1, sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	if (count > 0)
		memcpy(list, addresses, count * sizeof(*list));
	router->mortal = list;
	router->mortal_count = count;
	return 0;
}

void firewall_lose(struct router *router)
{
	struct event *event = router->process != PROCESS_NONE ? event_new(router->world, EVENT_FIREWALL) : NULL;

	router->rules_lost += router->rule_count;
	router->rule_count = 0;
	router->mortal_lost = true;
	router->world->changed = true;
	if (event != NULL)
		kernel_tell(router, event);
}

bool firewall_stands(const struct router *router)
{
	return router->rules_lost == 0 && !router->mortal_lost && router->rule_count + router->mortal_count > 0;
}

static bool is_silent(const struct router *router, const struct ip_addr *address)
{
	if (!router->orphaned || router->mortal_lost || mono_due(router->mortal_until, router->world->now))
		return false;
	for (size_t i = 0; i < router->mortal_count; i++)
		if (ip_equal(&router->mortal[i], address))
			return true;
	return false;
}

static bool has(const struct router *router, enum firewall_op_type type, const struct ip_addr *address)
{
	for (size_t i = 0; i < router->rule_count; i++)
		if (router->rules[i].type == type && ip_equal(&router->rules[i].address, address))
			return true;
	return false;
}

bool firewall_refuses(const struct router *router, const struct ip_addr *address)
{
	return has(router, FIREWALL_REFUSE, address) || has(router, FIREWALL_MUTE, address);
}

bool firewall_mutes(const struct router *router, const struct ip_addr *address)
{
	return has(router, FIREWALL_MUTE, address) || is_silent(router, address);
}

const struct mac_addr *firewall_names(const struct router *router, const struct ip_addr *address)
{
	for (size_t i = 0; i < router->rule_count; i++)
		if (router->rules[i].type == FIREWALL_VMAC && ip_equal(&router->rules[i].address, address))
			return &router->rules[i].mac;
	return NULL;
}
