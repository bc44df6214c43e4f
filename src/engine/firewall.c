/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a virtual router wants of the kernel's packet filter, which follows from its configuration and state alone:
 *
 *	accept off, not the owner	while an address stands, what is sent to it is dropped (FSM-A8)
 *	owner in Backup, or drained	its real addresses give no answers (AMB-11)
 *	virtual MAC by rules		while anything is held, the interface has a second MAC
 *	owner with use_vmac		the same while Master, where its real address stands on the interface
 *
 * The whole list is made anew at two points of each batch, and the difference to what is in force is asked for, of all
 * virtual routers together: before anything is installed (an address that is to be refused is never open, and one with a
 * virtual MAC never answers with the other), and after everything is removed. One that fails is told and tried again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/state.h"

static enum firewall_op_type inverse(enum firewall_op_type type)
{
	switch (type) {
	case FIREWALL_REFUSE:
		return FIREWALL_ACCEPT;
	case FIREWALL_ACCEPT:
		return FIREWALL_REFUSE;
	case FIREWALL_MUTE:
		return FIREWALL_UNMUTE;
	case FIREWALL_UNMUTE:
		return FIREWALL_MUTE;
	case FIREWALL_VMAC:
		return FIREWALL_NO_VMAC;
	case FIREWALL_NO_VMAC:
		return FIREWALL_VMAC;
	case FIREWALL_QUIET:
		return FIREWALL_NOT_QUIET;
	case FIREWALL_NOT_QUIET:
		return FIREWALL_QUIET;
	case FIREWALL_DEAF:
		return FIREWALL_NOT_DEAF;
	case FIREWALL_NOT_DEAF:
		return FIREWALL_DEAF;
	}
	return type;
}

static bool same_op(const struct firewall_op *a, const struct firewall_op *b)
{
	return a->type == b->type && a->ifindex == b->ifindex && ip_equal(&a->address, &b->address) &&
	       memcmp(&a->mac, &b->mac, sizeof(a->mac)) == 0 && memcmp(&a->own, &b->own, sizeof(a->own)) == 0;
}

/* Both lists are in the order of the configuration: the place in one is the first guess for the other. */
static bool is_in(const struct firewall_rules *rules, const struct firewall_op *op, size_t guess)
{
	for (size_t i = 0; i < rules->count; i++)
		if (same_op(&rules->ops[(i + guess) % rules->count], op))
			return true;
	return false;
}

static bool is_owner(const struct instance *instance)
{
	return instance->config->priority == VR_PRIORITY_OWNER;
}

/* An instance whose configuration never may has nothing here: struct instance_firewall. */
static bool may_want(const struct vr_config *config)
{
	return !config->accept || config->extra->vmac.mode == VMAC_RULES || config->priority == VR_PRIORITY_OWNER;
}

static void want_vmac(const struct engine *engine, const struct instance *instance, size_t index,
	struct firewall_rules *rules)
{
	const struct holding *holding = instance->claims[index].holding;
	int ifindex = holding != NULL ? holding->ifindex : claim_op(engine, instance, index, true).ifindex;
	const struct link *link = ifindex > 0 ? link_by_index(engine, ifindex) : NULL;

	if (link == NULL || !link_has_arp(link))
		return;
	rules->ops[rules->count++] = (struct firewall_op){.type = FIREWALL_VMAC,
		.ifindex = ifindex,
		.address = instance->config->addresses[index].prefix.addr,
		.mac = virtual_mac(instance->config)};
}

/* The kernel answers for an owner's real address where that stands: on the interface below the device, with the MAC of
 * that (VMAC-04). When it asks for others in its name, their answers come to the virtual MAC, and belong there, too. */
static void want_vmac_of_owner(const struct instance *instance, size_t index, struct firewall_rules *rules)
{
	const struct ip_addr *address = &instance->config->addresses[index].prefix.addr;
	const struct device *device = instance->claims[index].device;
	const struct link *link = instance->interface->link;

	if (device == NULL || device->wanted.mode != VMAC_MACVLAN || link == NULL ||
		device->parent != instance->interface || !link_has_foreign(link, address))
		return;
	rules->ops[rules->count++] = (struct firewall_op){.type = FIREWALL_VMAC,
		.ifindex = link->ifindex,
		.address = *address,
		.mac = device->wanted.mac,
		.own = link->mac};
}

/* Until another one has spoken, who is drained serves. */
static bool leaves_it_to_another(const struct vr *vr)
{
	return vr->state == VR_BACKUP ||
	       ((vr->blockers & VR_BLOCKER_DRAINED) != 0 && vr->hold != VR_HOLD_UNTIL_SUCCESSOR);
}

/* Room for two of each address. installing: as if all of them stood already. */
static void list_wanted(const struct engine *engine, const struct instance *instance, bool installing,
	struct firewall_rules *rules)
{
	const struct vr_config *config = instance->config;
	const bool muted = is_owner(instance) && leaves_it_to_another(&instance->vr);
	const bool holding = installing || instance->vr.hold != VR_HOLD_NOTHING;

	for (size_t i = 0; i < config->address_count; i++) {
		struct firewall_op op = {.address = config->addresses[i].prefix.addr};

		if (muted) {
			op.type = FIREWALL_MUTE;
			rules->ops[rules->count++] = op;
		}
		if (!config->accept && !is_owner(instance) &&
			(installing || instance->claims[i].holding != NULL)) {
			op.type = FIREWALL_REFUSE;
			rules->ops[rules->count++] = op;
		}
		if (config->extra->vmac.mode == VMAC_RULES && holding)
			want_vmac(engine, instance, i, rules);
		else if (is_owner(instance) && holding && !muted)
			want_vmac_of_owner(instance, i, rules);
	}
}

/* What is in force and is not to be missed while others are being installed. */
static void keep_present(const struct instance *instance, struct firewall_rules *rules)
{
	const struct firewall_rules *now = &instance->rare->firewall->now;

	for (size_t i = 0; i < now->count; i++)
		if (now->ops[i].type != FIREWALL_MUTE && !is_in(rules, &now->ops[i], i))
			rules->ops[rules->count++] = now->ops[i];
}

static bool append(struct firewall_rules *to, const struct firewall_op *op, bool invert)
{
	if (to->count == to->capacity) {
		size_t capacity = 2 * to->capacity + 64;
		struct firewall_op *ops = realloc(to->ops, capacity * sizeof(*ops));

		if (ops == NULL)
			return false;
		to->ops = ops;
		to->capacity = capacity;
	}
	to->ops[to->count] = *op;
	if (invert)
		to->ops[to->count].type = inverse(op->type);
	to->count++;
	return true;
}

/* What leads from what is in force to what is wanted next. */
static bool append_difference(const struct instance *instance, struct firewall_rules *to)
{
	const struct firewall_rules *now = &instance->rare->firewall->now, *next = &instance->rare->firewall->next;
	bool room = true;

	for (size_t i = 0; i < next->count; i++)
		if (!is_in(now, &next->ops[i], i))
			room = append(to, &next->ops[i], false) && room;
	for (size_t i = 0; i < now->count; i++)
		if (!is_in(next, &now->ops[i], i))
			room = append(to, &now->ops[i], true) && room;
	return room;
}

void firewall_tell(struct engine *engine, struct instance *instance, int error, mono_t now)
{
	struct history_entry entry = {
		.remark = error != 0 ? REMARK_FIREWALL_FAILED : REMARK_FIREWALL_WORKS, .record.error = error};

	instance->rare->firewall->again = mono_add(now, FIREWALL_RETRY);
	if (error == instance->rare->firewall->error)
		return;
	instance->rare->firewall->error = error;
	history_remark(engine, instance, &entry, now);
}

static void finish(struct engine *engine, struct instance *instance, int error, mono_t now)
{
	struct instance_firewall *firewall = instance->rare->firewall;

	if (error == 0) {
		free(firewall->now.ops);
		firewall->now = firewall->next;
	} else {
		free(firewall->next.ops);
	}
	firewall->next = (struct firewall_rules){0};
	firewall->pending = false;
	firewall_tell(engine, instance, error, now);
}

/* false: nothing is to be changed. */
static bool prepare(struct engine *engine, struct instance *instance, bool installing, mono_t now)
{
	struct instance_firewall *firewall = instance->rare->firewall;
	const size_t count = engine->firewall.count;
	struct firewall_rules *next;
	size_t most;

	if (firewall == NULL)
		return false;
	if (firewall->now.count == 0 && !may_want(instance->config)) {
		firewall->error = 0;
		return false;
	}
	if (!installing && firewall->error != 0 && mono_before(now, firewall->again))
		return false;
	most = 2 * instance->config->address_count + firewall->now.count;
	next = &firewall->next;
	*next = (struct firewall_rules){.ops = calloc(most + 1, sizeof(*next->ops)), .capacity = most + 1};
	if (next->ops != NULL)
		list_wanted(engine, instance, installing, next);
	if (next->ops != NULL && installing)
		keep_present(instance, next);
	if (next->ops == NULL || !append_difference(instance, &engine->firewall)) {
		engine->firewall.count = count;
		finish(engine, instance, -ENOMEM, now);
		return false;
	}
	firewall->pending = engine->firewall.count > count;
	/* Nothing to change does not mean that it stands, if somebody else has taken it away. */
	if (!firewall->pending)
		finish(engine, instance, firewall->now.count > 0 ? engine->firewall_watch.error : 0, now);
	return firewall->pending;
}

static int run(struct engine *engine)
{
	size_t count = engine->firewall.count;

	engine->firewall.count = 0;
	return count > 0 ? engine->port->firewall(engine->port->user, engine->firewall.ops, count) : 0;
}

/* All together; if that fails, one by one, so that nobody suffers for another. */
static void commit(struct engine *engine, size_t pending, mono_t now)
{
	int error = pending > 0 ? run(engine) : 0;

	for (struct instance *instance = engine->batch.touched; instance; instance = instance->next_touched) {
		int own_error = error;

		if (!firewall_is_pending(instance))
			continue;
		if (error != 0 && pending > 1)
			own_error = append_difference(instance, &engine->firewall) ? run(engine) : -ENOMEM;
		engine->firewall.count = 0;
		finish(engine, instance, own_error, now);
	}
}

void firewall_before_install(struct engine *engine, mono_t now)
{
	size_t pending = 0;

	for (struct instance *instance = engine->batch.touched; instance; instance = instance->next_touched)
		if (instance->install_wanted)
			pending += prepare(engine, instance, true, now);
	commit(engine, pending, now);
}

void firewall_after_removal(struct engine *engine, mono_t now)
{
	size_t pending = 0;

	for (struct instance *instance = engine->batch.touched; instance; instance = instance->next_touched)
		if (!instance->changing)
			pending += prepare(engine, instance, false, now);
	commit(engine, pending, now);
}

/* Of all at once, and before anything else is asked for: the first transaction replaces what the predecessor left. */
void firewall_adopt(struct engine *engine, mono_t now)
{
	size_t pending = 0;

	for (size_t i = 0; i < engine->instance_count; i++)
		if (engine->instances[i]->adopted) {
			batch_touch(engine, engine->instances[i]);
			pending += prepare(engine, engine->instances[i], true, now);
		}
	commit(engine, pending, now);
}

void firewall_resume(struct engine *engine, mono_t now)
{
	size_t pending = 0;

	for (size_t i = 0; i < engine->instance_count; i++) {
		batch_touch(engine, engine->instances[i]);
		pending += prepare(engine, engine->instances[i], false, now);
	}
	commit(engine, pending, now);
}

/* With a MAC that no frame has, so nothing is taken meanwhile. */
static int try_vmac(struct engine *engine, int ifindex)
{
	struct firewall_op op = {.type = FIREWALL_VMAC, .ifindex = ifindex};
	int error = engine->port->firewall(engine->port->user, &op, 1);

	op.type = FIREWALL_NO_VMAC;
	return error != 0 ? error : engine->port->firewall(engine->port->user, &op, 1);
}

void firewall_see(
	struct engine *engine, struct instance *instance, struct vr_interface *interface, mono_t now)
{
	const struct link *link = instance->interface->link;
	struct instance_firewall *firewall = instance->rare->firewall;
	struct history_entry entry = {.remark = REMARK_FIREWALL_FAILED};

	if (firewall == NULL)
		return;
	if (instance->config->extra->vmac.mode != VMAC_RULES || link == NULL || !link_has_arp(link)) {
		firewall->rules_error = 0;
		return;
	}
	entry.record.error = firewall->rules_error;
	if (firewall->rules_tried != link->ifindex || firewall->rules_error != 0)
		firewall->rules_error = try_vmac(engine, link->ifindex);
	firewall->rules_tried = link->ifindex;
	if (firewall->rules_error != 0 && firewall->rules_error != entry.record.error) {
		entry.record.error = firewall->rules_error;
		history_remark(engine, instance, &entry, now);
	}
	interface->no_device = interface->no_device || firewall->rules_error != 0;
}

bool firewall_is_in_force(const struct instance *instance, enum firewall_op_type type)
{
	for (size_t i = 0; instance->rare->firewall != NULL && i < instance->rare->firewall->now.count; i++)
		if (instance->rare->firewall->now.ops[i].type == type)
			return true;
	return false;
}

bool firewall_is_pending(const struct instance *instance)
{
	return instance->rare->firewall != NULL && instance->rare->firewall->pending;
}

int firewall_error(const struct instance *instance)
{
	return instance->rare->firewall != NULL ? instance->rare->firewall->error : 0;
}

bool firewall_prepare(struct instance *instance, const struct vr_config *config)
{
	struct instance_rare *rare = may_want(config) ? instance_rare(instance) : NULL;

	if (rare != NULL && rare->firewall == NULL)
		rare->firewall = calloc(1, sizeof(*rare->firewall));
	return instance->rare->firewall != NULL || !may_want(config);
}

void firewall_free(struct instance *instance)
{
	if (instance->rare->firewall == NULL)
		return;
	free(instance->rare->firewall->now.ops);
	free(instance->rare->firewall->next.ops);
	free(instance->rare->firewall);
}
