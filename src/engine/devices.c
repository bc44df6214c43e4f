/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices for virtual MACs (use_vmac, use_ipvlan, use_vmac_addr): made when the interface below is there, made again when
 * somebody deletes them, looked after, and given back. Virtual routers that want the same device share it. What the
 * kernel needs for it is linux/'s; here is when, and what it means for the virtual routers. Who wants which: device_users.c.
 *
 * A virtual router whose own device is missing does not serve (FSM-I5). One that is lost is made again within the same
 * turn, so that a Master stays one; the same device at most once per RESTORE_SPACING. While others hold the kernel's lock
 * that takes longer, and nobody waits for it: adverts go on, for they leave by the interface below.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/state.h"

#define ADD_PATIENCE (1 * DUR_S) /* so long one that the kernel is being asked for counts as if it were there */
#define DEVICES_PER_TURN 8 /* a quarter of a millisecond of the kernel's work for each */
#define BUSY_RETRY (50 * DUR_MS)
#define CHECK_FIRST (1 * DUR_S) /* when the system has put its own settings on the new device */
#define CHECK_EVERY (10 * DUR_S)
#define CHECK_AGAIN (1 * DUR_S) /* one that a virtual router waits for */
#define CHECK_SPREAD (1 * DUR_S) /* so that not all of them are looked at in the same turn */

bool device_is_ready(const struct device *device)
{
	return device->ifindex > 0;
}

bool device_breaks_service(const struct device *device)
{
	return device_is_ready(device) && (device->faults & DEVICE_FAULTS_THAT_BREAK) != 0;
}

struct device *device_of_link(const struct engine *engine, int ifindex)
{
	for (struct device *device = engine->devices; device; device = device->next)
		if (device->ifindex == ifindex)
			return device;
	return NULL;
}

bool device_has_name(const struct engine *engine, const char *name)
{
	for (const struct device *device = engine->devices; device; device = device->next)
		if (strcmp(device->wanted.name, name) == 0)
			return true;
	return false;
}

struct mac_addr device_mac(const struct device *device)
{
	static const struct mac_addr none;

	if (device->wanted.mode == VMAC_MACVLAN)
		return device->wanted.mac;
	return device->parent->link != NULL ? device->parent->link->mac : none;
}

bool device_is_used_by(const struct device *device, const struct instance *instance)
{
	if (instance->rare->device == device)
		return true;
	for (size_t i = 0; i < instance->config->address_count; i++)
		if (instance->claims[i].device == device)
			return true;
	return false;
}

const struct device *instance_bad_device(const struct instance *instance)
{
	if (instance->rare->device != NULL && device_breaks_service(instance->rare->device))
		return instance->rare->device;
	for (size_t i = 0; i < instance->config->address_count; i++)
		if (instance->claims[i].device != NULL && device_breaks_service(instance->claims[i].device))
			return instance->claims[i].device;
	return NULL;
}

/* Calls each for every virtual router that uses the device. */
static void each_user(struct engine *engine, struct device *device,
	void (*each)(struct engine *, struct instance *, struct device *, mono_t), mono_t now)
{
	for (size_t i = 0; i < engine->instance_count; i++)
		if (device_is_used_by(device, engine->instances[i]))
			each(engine, engine->instances[i], device, now);
}

/* The guard is to know, and addresses that wait for the device are tried. */
static void tell_user(struct engine *engine, struct instance *instance, struct device *device, mono_t now)
{
	instance->will_is_old = true;
	batch_touch(engine, instance);
	if (engine->started && instance->rare->device == device)
		interface_refresh(engine, instance->interface, now);
	if (!device_is_ready(device) || !instance_is_master(instance) || install_error(instance) == 0)
		return;
	instance->retry_at = now;
	instance_wait(engine, instance);
}

struct remark_of_device {
	enum remark remark;
	int error;
	int faults;
};

static void copy_name(char out[DEVICE_NAME_SIZE], const char *name)
{
	struct text text;

	text_init(&text, out, DEVICE_NAME_SIZE);
	text_str(&text, name);
}

static void remark(
	struct engine *engine, struct device *device, const struct remark_of_device *what, mono_t now)
{
	struct history_entry entry = {
		.remark = what->remark, .record.error = what->error, .count = (unsigned)what->faults};

	copy_name(entry.device, device->wanted.name);
	copy_name(entry.parent, device->parent->name);
	for (size_t i = 0; i < engine->instance_count; i++)
		if (device_is_used_by(device, engine->instances[i]))
			history_remark(engine, engine->instances[i], &entry, now);
}

static void plan(struct engine *engine, struct device *device, mono_t at)
{
	device->at = at;
	engine->devices_at = mono_min(engine->devices_at, at);
}

static struct port_device describe(const struct device *device)
{
	struct port_device wanted = device->wanted;

	wanted.parent = device->parent->link->ifindex;
	wanted.vrf = device->parent->link->vrf;
	return wanted;
}

static bool filter(const struct engine *engine, enum firewall_op_type type, int ifindex)
{
	struct firewall_op op = {.type = type, .ifindex = ifindex};

	return engine->port->firewall != NULL && engine->port->firewall(engine->port->user, &op, 1) == 0;
}

static bool be_quiet(const struct engine *engine, int ifindex, bool on)
{
	return filter(engine, on ? FIREWALL_QUIET : FIREWALL_NOT_QUIET, ifindex);
}

static void end_silence(const struct engine *engine, struct device *device)
{
	if (device->quiet)
		be_quiet(engine, device->was, false);
	device->quiet = false;
}

static void end_filters(const struct engine *engine, struct device *device)
{
	end_silence(engine, device);
	if (device->deaf)
		filter(engine, FIREWALL_NOT_DEAF, device->was);
	device->deaf = false;
}

/* Whether it will be said once the link is gone. */
static bool ends_with_link(struct engine *engine, int ifindex)
{
	struct silences *silences = &engine->silences;

	if (silences->count == silences->capacity) {
		const size_t capacity = 2 * silences->capacity + 8;
		int *grown = realloc(silences->ifindexes, capacity * sizeof(*grown));

		if (grown == NULL)
			return false;
		silences->ifindexes = grown;
		silences->capacity = capacity;
	}
	silences->ifindexes[silences->count++] = ifindex;
	return true;
}

/* What the kernel says of the groups of one that is deleted would draw the switch's table to here: it is silent to the end. */
void device_remove(struct engine *engine, struct device *device, int ifindex)
{
	if (device->quiet && ifindex == device->was && ends_with_link(engine, ifindex))
		device->quiet = false;
	end_filters(engine, device);
	engine->port->device_remove(engine->port->user, ifindex);
}

static void end_silence_of_link(struct engine *engine, int ifindex)
{
	struct silences *silences = &engine->silences;

	for (size_t i = 0; i < silences->count; i++)
		if (silences->ifindexes[i] == ifindex) {
			silences->ifindexes[i] = silences->ifindexes[--silences->count];
			be_quiet(engine, ifindex, false);
			return;
		}
}

void engine_finish(struct engine *engine)
{
	while (engine->silences.count > 0)
		end_silence_of_link(engine, engine->silences.ifindexes[0]);
}

/* Rules of the dead engine stand until the first of ours: those for what it held come first. */
static bool takes_over(const struct engine *engine)
{
	return engine->options.adopt && !engine->started;
}

/* What rules of ours keep from doing harm is no fault. */
static int with_filters(const struct engine *engine, const struct device *device, int faults)
{
	const bool taken_over = takes_over(engine);

	if (device->deaf || taken_over)
		faults &= ~DEVICE_FAULT_ROUTER_ADVERTS;
	if ((device->deaf && device->quiet) || taken_over)
		faults &= ~DEVICE_FAULT_IPV6;
	if (!device->quiet && !device->may_speak && !taken_over)
		faults |= DEVICE_FAULT_UNFILTERED;
	return faults;
}

static void checked(struct engine *engine, struct device *device, int faults, mono_t now)
{
	const bool broke = device_breaks_service(device);

	if (faults < 0) /* it is gone: its event is on the way */
		return;
	faults = with_filters(engine, device, faults);
	if (faults == device->faults)
		return;
	device->faults = faults;
	if (device_breaks_service(device) != broke) {
		device->judged = true;
		engine->devices_at = mono_min(engine->devices_at, now);
	}
	remark(engine, device, &(struct remark_of_device){.remark = REMARK_DEVICE_SETTINGS, .faults = faults},
		now);
}

/* Where it could not be had before, too: the table of a dead engine still stood. */
static void begin_filters(const struct engine *engine, struct device *device)
{
	if (takes_over(engine))
		return;
	if (!device->may_speak && !device->quiet)
		device->quiet = be_quiet(engine, device->ifindex, true);
	if (!device->deaf)
		device->deaf = filter(engine, FIREWALL_DEAF, device->ifindex);
}

static void check(struct engine *engine, struct device *device, mono_t now)
{
	struct port_task task = {.type = TASK_DEVICE_CHECK,
		.number = device->number,
		.ifindex = device->ifindex,
		.device = describe(device)};

	begin_filters(engine, device);
	if (!task_give(engine, &task))
		checked(engine, device, task.result, now);
}

static void made(struct engine *engine, struct device *device, int ifindex, mono_t now)
{
	bool lost = device->was > 0 && device->was != ifindex;

	if (lost)
		end_filters(engine, device);
	device->ifindex = ifindex;
	device->was = ifindex;
	device->missed = false;
	device->error = 0;
	device->made_at = now;
	device->may_speak = device->may_speak && takes_over(engine);
	if (lost && engine->started)
		remark(engine, device, &(struct remark_of_device){.remark = REMARK_DEVICE_RESTORED}, now);
	check(engine, device, now);
	plan(engine, device, mono_add(now, CHECK_FIRST));
	each_user(engine, device, tell_user, now);
}

static void failed(struct engine *engine, struct device *device, int error, mono_t now)
{
	bool news = device->error != error;

	device->error = error;
	device->missed = !device_is_ready(device);
	/* A device that has the MAC may be on its way out. */
	plan(engine, device, mono_add(now, error == -EADDRINUSE ? BUSY_RETRY : RESTORE_SPACING));
	/* The parent is on its way out: that is told by itself. */
	if (news && error != -ENODEV)
		remark(engine, device,
			&(struct remark_of_device){.remark = REMARK_DEVICE_FAILED, .error = error}, now);
	each_user(engine, device, tell_user, now);
}

static void added(struct engine *engine, struct device *device, const struct port_task *task, mono_t now)
{
	if (task->result < 0) {
		failed(engine, device, task->result, now);
		return;
	}
	device->wanted.parent_arp_ignore = task->device.parent_arp_ignore;
	device->wanted.parent_arp_announce = task->device.parent_arp_announce;
	made(engine, device, task->result, now);
}

static void make(struct engine *engine, struct device *device, mono_t now)
{
	struct port_task task = {.type = TASK_DEVICE_ADD, .number = device->number};

	if (device->adding) {
		device->outdated = true;
		return;
	}
	device->at = MONO_NEVER;
	if (device->parent->link == NULL)
		return;
	task.device = describe(device);
	device->adding = task_give(engine, &task);
	if (!device->adding) {
		added(engine, device, &task, now);
		return;
	}
	plan(engine, device, mono_add(now, ADD_PATIENCE));
}

static struct device *device_numbered(const struct engine *engine, uint32_t number)
{
	struct device *device = engine->devices;

	while (device != NULL && device->number != number)
		device = device->next;
	return device;
}

static void add_answered(struct engine *engine, struct device *device, const struct port_task *task, mono_t now)
{
	const bool outdated = device->outdated;

	device->adding = device->outdated = false;
	if (!outdated)
		added(engine, device, task, now);
	else if (device->parent->link != NULL)
		make(engine, device, now);
	else if (task->result > 0)
		device_remove(engine, device, task->result);
}

void devices_answered(struct engine *engine, const struct port_task *task, mono_t now)
{
	struct device *device = device_numbered(engine, task->number);

	if (task->type == TASK_DEVICE_ADD && device != NULL)
		add_answered(engine, device, task, now);
	else if (task->type == TASK_DEVICE_ADD && task->result > 0)
		engine->port->device_remove(engine->port->user, task->result); /* nobody wants it any more */
	else if (device != NULL && device->ifindex == task->ifindex)
		checked(engine, device, task->result, now);
}

/* Now, or when RESTORE_SPACING allows it. */
static void make_again(struct engine *engine, struct device *device, mono_t now)
{
	mono_t when = mono_add(device->made_at, RESTORE_SPACING);

	if (device->parent->link == NULL)
		plan(engine, device, MONO_NEVER);
	else if (mono_before(now, when))
		plan(engine, device, when);
	else
		make(engine, device, now);
}

static void lose(struct engine *engine, struct device *device, mono_t now)
{
	end_filters(engine, device);
	device->ifindex = 0;
	device->outdated = device->adding;
	if (engine->started)
		make_again(engine, device, now);
	if (device_is_ready(device))
		return;
	device->missed = !device->adding;
	each_user(engine, device, tell_user, now);
}

void devices_link_gone(struct engine *engine, int ifindex, mono_t now)
{
	struct device *device = device_of_link(engine, ifindex);

	end_silence_of_link(engine, ifindex);
	if (device != NULL)
		lose(engine, device, now);
}

/* Somebody has set it down: a peer's adverts come by it. */
static void set_up_again(struct engine *engine, struct device *device, mono_t now)
{
	if (mono_before(now, mono_add(device->made_at, RESTORE_SPACING)))
		plan(engine, device, mono_add(device->made_at, RESTORE_SPACING));
	else
		make(engine, device, now);
}

static void announce(struct engine *engine, struct instance *instance, struct device *device, mono_t now)
{
	(void)device;
	(void)now;
	if (instance_is_master(instance))
		batch_announce(engine, instance, vr_announce_burst(instance->config));
}

void devices_link_changed(struct engine *engine, const struct link *link, bool other_mac, mono_t now)
{
	struct device *own = device_of_link(engine, link->ifindex);

	if (!engine->started)
		return;
	/* Made again while its user is Master: only now can its addresses be announced. */
	if (own != NULL && other_mac)
		each_user(engine, own, announce, now);
	if (own != NULL && !link->up)
		set_up_again(engine, own, now);
	if (link->interface == NULL)
		return;
	for (struct device *device = engine->devices; device; device = device->next) {
		if (device->parent != link->interface)
			continue;
		if (!device_is_ready(device) && device->at.ns == MONO_NEVER.ns)
			plan(engine, device, now);
		else if (device_is_ready(device) && device->vrf != link->vrf)
			check(engine, device, now);
		device->vrf = link->vrf;
	}
}

void devices_address_gone(struct engine *engine, int ifindex, const struct ip_prefix *prefix, mono_t now)
{
	struct device *device = device_of_link(engine, ifindex);

	if (device == NULL || !ip_prefix_equal(&device->wanted.ipvlan_address, prefix) ||
		mono_before(now, device->readdressed_at))
		return;
	device->readdressed_at = mono_max(now, mono_add(device->readdressed_at, RESTORE_SPACING));
	plan(engine, device, device->readdressed_at);
}

void devices_parent_gone(struct engine *engine, const struct interface *interface, mono_t now)
{
	for (struct device *device = engine->devices; device; device = device->next) {
		if (device->parent != interface)
			continue;
		/* The kernel deletes it with its parent, or it stays where that was renamed. */
		if (device_is_ready(device))
			device_remove(engine, device, device->ifindex);
		else
			end_filters(engine, device);
		device->ifindex = 0;
		device->was = 0;
		device->missed = true;
		device->outdated = device->adding;
		if (!device->adding)
			device->at = MONO_NEVER;
		each_user(engine, device, tell_user, now);
	}
}

void devices_start(struct engine *engine, mono_t now)
{
	for (struct device *device = engine->devices; device; device = device->next)
		make(engine, device, now);
}

void devices_silence(struct engine *engine)
{
	for (struct device *device = engine->devices; device; device = device->next)
		if (device_is_ready(device)) {
			if (!device->may_speak)
				device->quiet = be_quiet(engine, device->ifindex, true);
			device->deaf = filter(engine, FIREWALL_DEAF, device->ifindex);
		}
}

void devices_plan(struct engine *engine, mono_t now)
{
	for (struct device *device = engine->devices; device; device = device->next)
		if (!device_is_ready(device) && device->at.ns == MONO_NEVER.ns &&
			device->parent->link != NULL)
			plan(engine, device, now);
}

/* A ready one is looked at and planned again; one that is down is made; one that the kernel takes too long over is missed. */
static void tick(struct engine *engine, struct device *device, mono_t now)
{
	const struct link *link = device_is_ready(device) ? link_by_index(engine, device->ifindex) : NULL;

	if (device->adding) {
		device->missed = true;
		device->at = MONO_NEVER;
		each_user(engine, device, tell_user, now);
		return;
	}
	if (!device_is_ready(device) || (link != NULL && !link->up)) {
		make(engine, device, now);
		return;
	}
	check(engine, device, now);
	plan(engine, device,
		mono_add(now, (device_breaks_service(device) ? CHECK_AGAIN : CHECK_EVERY) +
				      (dur_t)((uint64_t)device->ifindex * 37 * DUR_MS % CHECK_SPREAD)));
}

/* Here, not where it was found: that may be in the midst of a batch. */
static void tell_users(struct engine *engine, struct device *device, mono_t now)
{
	device->judged = false;
	if (device_breaks_service(device) && !device->adding)
		plan(engine, device, mono_add(now, CHECK_AGAIN));
	for (size_t i = 0; i < engine->instance_count; i++)
		if (device_is_used_by(device, engine->instances[i]))
			interface_refresh(engine, engine->instances[i]->interface, now);
}

void devices_tick(struct engine *engine, mono_t now)
{
	size_t done = 0;
	mono_t next = MONO_NEVER;

	if (!mono_due(engine->devices_at, now))
		return;
	engine->devices_at = MONO_NEVER;
	for (struct device *device = engine->devices; device; device = device->next) {
		if (mono_due(device->at, now) && done < DEVICES_PER_TURN) {
			tick(engine, device, now);
			done++;
		}
		if (device->judged)
			tell_users(engine, device, now);
		next = mono_min(next, device->at);
	}
	engine->devices_at = mono_min(engine->devices_at, next);
}

static bool holds_something(const struct instance *instance)
{
	return instance_is_master(instance) || instance->vr.hold != VR_HOLD_NOTHING;
}

static bool is_held(const struct engine *engine, const struct device *device)
{
	for (size_t i = 0; i < engine->instance_count; i++)
		if (device_is_used_by(device, engine->instances[i]) && holds_something(engine->instances[i]))
			return true;
	return false;
}

static void follow(struct engine *engine, struct device *device, bool holds, mono_t now)
{
	if (device == NULL || device->wanted.forwards == holds || (!holds && is_held(engine, device)))
		return;
	device->wanted.forwards = holds;
	if (device_is_ready(device) && device->parent->link != NULL)
		check(engine, device, now);
}

static bool has_master(const struct engine *engine, const struct device *device)
{
	for (size_t i = 0; i < engine->instance_count; i++)
		if (instance_is_master(engine->instances[i]) &&
			device_is_used_by(device, engine->instances[i]))
			return true;
	return false;
}

/* Without IPv6 it has nothing to say. */
static void follow_silence(struct engine *engine, struct device *device, bool master)
{
	if (device == NULL || !device->wanted.ipv6 || device->may_speak == master ||
		!device_is_ready(device) || (!master && has_master(engine, device)))
		return;
	device->may_speak = master;
	if (master)
		end_silence(engine, device);
	else
		device->quiet = be_quiet(engine, device->ifindex, true);
}

void devices_follow_silence(struct engine *engine)
{
	if (engine->devices == NULL)
		return;
	for (struct instance *instance = engine->batch.touched; instance; instance = instance->next_touched) {
		bool master = instance_is_master(instance);

		follow_silence(engine, instance->rare->device, master);
		for (size_t i = 0; i < instance->config->address_count; i++)
			follow_silence(engine, instance->claims[i].device, master);
	}
}

void devices_follow(struct engine *engine, struct instance *instance, mono_t now)
{
	const struct device *last = instance->rare->device;
	bool holds = holds_something(instance);

	if (engine->devices == NULL)
		return;
	follow(engine, instance->rare->device, holds, now);
	for (size_t i = 0; i < instance->config->address_count; i++) {
		if (instance->claims[i].device != last)
			follow(engine, instance->claims[i].device, holds, now);
		last = instance->claims[i].device;
	}
}

/* A reload has asked for it, perhaps with other settings. */
static void make_or_adjust(struct engine *engine, struct device *device, mono_t now)
{
	if (device != NULL && engine->started)
		make(engine, device, now);
}

void devices_make(struct engine *engine, struct device *own, const struct claim *claims, size_t address_count,
	mono_t now)
{
	const struct device *last = own;

	make_or_adjust(engine, own, now);
	for (size_t i = 0; i < address_count; i++) {
		if (claims[i].device != last)
			make_or_adjust(engine, claims[i].device, now);
		last = claims[i].device;
	}
}

/* What the guard undoes. */
size_t devices_list_removals(const struct instance *instance, struct kernel_op *removals)
{
	const struct device *last = NULL;
	size_t count = 0;

	for (size_t i = 0; i <= instance->config->address_count; i++) {
		const struct device *device = i == 0 ? instance->rare->device : instance->claims[i - 1].device;

		if (device == NULL || device == last || !device_is_ready(device))
			continue;
		last = device;
		removals[count++] =
			(struct kernel_op){.type = KERNEL_DELETE_DEVICE, .ifindex = device->ifindex};
		if (!device->wanted.ipv4 || device->parent->link == NULL)
			continue;
		removals[count++] = (struct kernel_op){.type = KERNEL_RESTORE_PARENT,
			.ifindex = device->parent->link->ifindex,
			.arp_ignore = device->wanted.parent_arp_ignore,
			.arp_announce = device->wanted.parent_arp_announce};
	}
	return count;
}

bool instance_has_device(const struct instance *instance)
{
	if (instance->rare->device != NULL && device_is_ready(instance->rare->device))
		return true;
	for (size_t i = 0; i < instance->config->address_count; i++)
		if (instance->claims[i].device != NULL && device_is_ready(instance->claims[i].device))
			return true;
	return false;
}

void devices_see(const struct instance *instance, struct vr_interface *interface)
{
	const struct ip_prefix *address = &instance->config->extra->vmac.ipvlan_address;

	const struct device *device = instance->rare->device;

	interface->no_device = device != NULL && !device_is_ready(device) && (!device->adding || device->missed);
	interface->bad_device = instance_bad_device(instance) != NULL;
	if (instance->config->extra->vmac.mode == VMAC_IPVLAN && ip_is_set(&address->addr))
		interface->primary = address->addr;
}
