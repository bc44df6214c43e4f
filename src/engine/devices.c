/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices for virtual MACs (use_vmac, use_ipvlan, use_vmac_addr): made when the interface below is there, made again when
 * somebody deletes them, looked after, and given back. Virtual routers that want the same device share it. What the
 * kernel needs for it is linux/'s; here is when, and what it means for the virtual routers.
 *
 * A virtual router whose own device is missing does not serve (FSM-I5). One that is lost is made again within the same
 * turn, so that a Master stays one; the same device at most once per RESTORE_SPACING.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/state.h"

#define DEVICES_PER_TURN 8 /* a quarter of a millisecond of the kernel's work for each */
#define BUSY_RETRY (50 * DUR_MS)
#define CHECK_FIRST (1 * DUR_S) /* when the system has put its own settings on the new device */
#define CHECK_EVERY (10 * DUR_S)
#define CHECK_SPREAD (1 * DUR_S) /* so that not all of them are looked at in the same turn */

bool device_is_ready(const struct device *device)
{
	return device->ifindex > 0;
}

struct device *device_of_link(const struct engine *engine, int ifindex)
{
	for (struct device *device = engine->devices; device; device = device->next)
		if (device->ifindex == ifindex)
			return device;
	return NULL;
}

struct mac_addr device_mac(const struct device *device)
{
	static const struct mac_addr none;

	if (device->wanted.mode == VMAC_MACVLAN)
		return device->wanted.mac;
	return device->parent->link != NULL ? device->parent->link->mac : none;
}

static bool uses(const struct instance *instance, const struct device *device)
{
	if (instance->device == device)
		return true;
	for (size_t i = 0; i < instance->config->address_count; i++)
		if (instance->claims[i].device == device)
			return true;
	return false;
}

/* Calls each for every virtual router that uses the device. */
static void each_user(struct engine *engine, struct device *device,
	void (*each)(struct engine *, struct instance *, struct device *, mono_t), mono_t now)
{
	for (size_t i = 0; i < engine->instance_count; i++)
		if (uses(engine->instances[i], device))
			each(engine, engine->instances[i], device, now);
}

/* The guard is to know, and addresses that wait for the device are tried. */
static void tell_user(struct engine *engine, struct instance *instance, struct device *device, mono_t now)
{
	instance->claims_version++;
	batch_touch(engine, instance);
	if (engine->started && instance->device == device)
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
		if (uses(engine->instances[i], device))
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

static bool be_quiet(const struct engine *engine, int ifindex, bool on)
{
	struct firewall_op op = {.type = on ? FIREWALL_QUIET : FIREWALL_NOT_QUIET, .ifindex = ifindex};

	return engine->port->firewall != NULL && engine->port->firewall(engine->port->user, &op, 1) == 0;
}

static void end_quiet(const struct engine *engine, struct device *device)
{
	if (device->quiet)
		be_quiet(engine, device->was, false);
	device->quiet = false;
}

static void check(struct engine *engine, struct device *device, mono_t now)
{
	struct port_device wanted = describe(device);
	int faults = engine->port->device_check != NULL
			     ? engine->port->device_check(engine->port->user, &wanted, device->ifindex)
			     : 0;

	if (faults < 0) /* it is gone: its event is on the way */
		faults = device->faults;
	else if (!device->quiet)
		faults |= DEVICE_FAULT_UNFILTERED;
	if (faults == device->faults)
		return;
	device->faults = faults;
	remark(engine, device, &(struct remark_of_device){.remark = REMARK_DEVICE_SETTINGS, .faults = faults},
		now);
}

static void made(struct engine *engine, struct device *device, int ifindex, mono_t now)
{
	bool lost = device->was > 0 && device->was != ifindex;

	if (lost)
		end_quiet(engine, device);
	device->ifindex = ifindex;
	device->was = ifindex;
	device->error = 0;
	device->made_at = now;
	device->quiet = device->quiet || be_quiet(engine, ifindex, true);
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
	/* A device that has the MAC may be on its way out. */
	plan(engine, device, mono_add(now, error == -EADDRINUSE ? BUSY_RETRY : RESTORE_SPACING));
	/* The parent is on its way out: that is told by itself. */
	if (news && error != -ENODEV)
		remark(engine, device,
			&(struct remark_of_device){.remark = REMARK_DEVICE_FAILED, .error = error}, now);
	each_user(engine, device, tell_user, now);
}

static void make(struct engine *engine, struct device *device, mono_t now)
{
	struct port_device wanted;
	int ifindex;

	device->at = MONO_NEVER;
	if (device->parent->link == NULL)
		return;
	wanted = describe(device);
	ifindex = engine->port->device_add != NULL ? engine->port->device_add(engine->port->user, &wanted)
						   : -EOPNOTSUPP;
	if (ifindex < 0) {
		failed(engine, device, ifindex, now);
		return;
	}
	device->wanted.parent_arp_ignore = wanted.parent_arp_ignore;
	device->wanted.parent_arp_announce = wanted.parent_arp_announce;
	made(engine, device, ifindex, now);
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
	end_quiet(engine, device);
	device->ifindex = 0;
	if (engine->started)
		make_again(engine, device, now);
	if (!device_is_ready(device))
		each_user(engine, device, tell_user, now);
}

void devices_link_gone(struct engine *engine, int ifindex, mono_t now)
{
	struct device *device = device_of_link(engine, ifindex);

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

void devices_parent_gone(struct engine *engine, const struct interface *interface, mono_t now)
{
	for (struct device *device = engine->devices; device; device = device->next) {
		if (device->parent != interface)
			continue;
		/* The kernel deletes it with its parent, or it stays where that was renamed. */
		end_quiet(engine, device);
		if (device_is_ready(device))
			engine->port->device_remove(engine->port->user, device->ifindex);
		device->ifindex = 0;
		device->was = 0;
		device->at = MONO_NEVER;
		each_user(engine, device, tell_user, now);
	}
}

void devices_start(struct engine *engine, mono_t now)
{
	for (struct device *device = engine->devices; device; device = device->next)
		make(engine, device, now);
}

void devices_plan(struct engine *engine, mono_t now)
{
	for (struct device *device = engine->devices; device; device = device->next)
		if (!device_is_ready(device) && device->at.ns == MONO_NEVER.ns &&
			device->parent->link != NULL)
			plan(engine, device, now);
}

/* A ready one is looked at and planned again; one that is down is made. */
static void tick(struct engine *engine, struct device *device, mono_t now)
{
	const struct link *link = device_is_ready(device) ? link_by_index(engine, device->ifindex) : NULL;

	if (!device_is_ready(device) || (link != NULL && !link->up)) {
		make(engine, device, now);
		return;
	}
	check(engine, device, now);
	plan(engine, device,
		mono_add(now, CHECK_EVERY + (dur_t)((uint64_t)device->ifindex * 37 * DUR_MS % CHECK_SPREAD)));
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
		next = mono_min(next, device->at);
	}
	engine->devices_at = mono_min(engine->devices_at, next);
}

static void free_device(struct device *device)
{
	free((char *)(uintptr_t)device->wanted.name);
	free((char *)(uintptr_t)device->wanted.owner);
	free(device);
}

void devices_free(struct engine *engine)
{
	for (size_t i = 0; i < engine->instance_count; i++) {
		struct instance *instance = engine->instances[i];

		instance->device = NULL;
		for (size_t k = 0; k < instance->config->address_count; k++)
			instance->claims[k].device = NULL;
	}
	while (engine->devices != NULL) {
		struct device *device = engine->devices;

		engine->devices = device->next;
		free_device(device);
	}
}

static void leave(struct engine *engine, struct device *device)
{
	struct device **at = &engine->devices;

	if (device == NULL || --device->users > 0)
		return;
	while (*at != device)
		at = &(*at)->next;
	*at = device->next;
	if (device->was > 0 && engine->port->device_remove != NULL) {
		end_quiet(engine, device);
		engine->port->device_remove(engine->port->user, device->was);
	}
	free_device(device);
}

static bool holds_something(const struct instance *instance)
{
	return instance_is_master(instance) || instance->vr.hold != VR_HOLD_NOTHING;
}

static bool is_held(const struct engine *engine, const struct device *device)
{
	for (size_t i = 0; i < engine->instance_count; i++)
		if (uses(engine->instances[i], device) && holds_something(engine->instances[i]))
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

void devices_follow(struct engine *engine, struct instance *instance, mono_t now)
{
	const struct device *last = instance->device;
	bool holds = holds_something(instance);

	if (engine->devices == NULL)
		return;
	follow(engine, instance->device, holds, now);
	for (size_t i = 0; i < instance->config->address_count; i++) {
		if (instance->claims[i].device != last)
			follow(engine, instance->claims[i].device, holds, now);
		last = instance->claims[i].device;
	}
}

void devices_detach(struct engine *engine, struct device **own, struct claim *claims, size_t address_count)
{
	leave(engine, *own);
	*own = NULL;
	for (size_t i = 0; i < address_count; i++) {
		leave(engine, claims[i].device);
		claims[i].device = NULL;
	}
}

/* The MAC decides: the kernel allows one device of it over an interface. */
static struct device *find(
	const struct engine *engine, const struct interface *parent, const struct port_device *wanted)
{
	for (struct device *device = engine->devices; device; device = device->next) {
		const struct port_device *other = &device->wanted;

		if (device->parent != parent || other->mode != wanted->mode)
			continue;
		if (wanted->name != NULL && strcmp(wanted->name, other->name) != 0)
			continue;
		if (memcmp(&other->mac, &wanted->mac, sizeof(wanted->mac)) == 0)
			return device;
	}
	return NULL;
}

static bool name_is_taken(const struct engine *engine, const char *name)
{
	for (const struct device *device = engine->devices; device; device = device->next)
		if (strcmp(device->wanted.name, name) == 0)
			return true;
	for (size_t i = 0; i < engine->conf->instance_count; i++) {
		const char *own = engine->conf->instances[i].vr.vmac.name;

		if (own != NULL && strcmp(own, name) == 0)
			return true;
	}
	return false;
}

/* PREFIX.VRID.N, the first that is free. */
static char *address_device_name(const struct engine *engine, const struct vr_config *config)
{
	const char *prefix = config->vmac.address_prefix != NULL ? config->vmac.address_prefix : "vrrp";
	char name[DEVICE_NAME_SIZE];
	struct text text;
	unsigned number = 0;

	do {
		text_init(&text, name, sizeof(name));
		text_str(&text, prefix);
		text_char(&text, '.');
		text_u64(&text, config->vrid);
		text_char(&text, '.');
		text_u64(&text, ++number);
	} while (name_is_taken(engine, name) && !text.overflow);
	return strdup(name);
}

static struct device *new_device(struct engine *engine, const struct vr_config *config,
	struct interface *parent, const struct port_device *wanted)
{
	struct device *device = calloc(1, sizeof(*device));

	if (device == NULL)
		return NULL;
	device->wanted = *wanted;
	device->wanted.name =
		wanted->name != NULL ? strdup(wanted->name) : address_device_name(engine, config);
	device->wanted.owner = strdup(config->name);
	if (device->wanted.name == NULL || device->wanted.owner == NULL) {
		free_device(device);
		return NULL;
	}
	device->parent = parent;
	device->made_at = (mono_t){INT64_MIN / 2};
	device->at = MONO_NEVER;
	device->next = engine->devices;
	engine->devices = device;
	return device;
}

/* One more user of the device; NULL without memory. */
static struct device *join(struct engine *engine, const struct vr_config *config, const char *parent_name,
	const struct port_device *wanted)
{
	struct interface *parent = interface_get(engine, parent_name);
	struct device *device = parent != NULL ? find(engine, parent, wanted) : NULL;

	if (device == NULL && parent != NULL)
		device = new_device(engine, config, parent, wanted);
	if (device == NULL)
		return NULL;
	device->users++;
	device->wanted.ipv4 = device->wanted.ipv4 || wanted->ipv4;
	device->wanted.ipv6 = device->wanted.ipv6 || wanted->ipv6;
	if (wanted->name != NULL) {
		device->wanted.group_set = wanted->group_set;
		device->wanted.group = wanted->group;
		device->wanted.ipvlan_address = wanted->ipvlan_address;
	}
	return device;
}

static bool has_own(const struct vr_config *config)
{
	return config->vmac.mode == VMAC_MACVLAN || config->vmac.mode == VMAC_IPVLAN;
}

static struct mac_addr mac_of(const struct vr_config *config, uint8_t family)
{
	return family == config->family ? virtual_mac(config)
					: vrrp_virtual_mac((enum ip_family)family, config->vrid);
}

static struct port_device own_device(const struct vr_config *config)
{
	struct port_device wanted = {.name = config->vmac.name,
		.mode = config->vmac.mode,
		.ipvlan_flag = config->vmac.ipvlan_flag,
		.ipvlan_address = config->vmac.ipvlan_address,
		.group_set = config->vmac.group_set,
		.group = config->vmac.group,
		.notify_message = config->vmac.notify_message};

	if (wanted.mode == VMAC_MACVLAN)
		wanted.mac = virtual_mac(config);
	return wanted;
}

/* keepalived: use_vmac on the line, or use_vmac_addr for those that would not stand on the device of the instance. */
static bool wants_device_of_its_own(const struct vr_config *config, const struct virtual_address *address)
{
	bool elsewhere = address->device != NULL && strcmp(address->device, config->interface) != 0;

	if (elsewhere)
		return address->use_vmac || config->vmac.for_addresses;
	if (config->vmac.mode == VMAC_RULES)
		return false;
	if (config->vmac.for_addresses && address->prefix.addr.family != config->family)
		return true;
	return address->use_vmac && !has_own(config);
}

/* false: no memory. *device NULL: it stands on an interface that is there anyway. */
static bool join_for_address(struct engine *engine, const struct vr_config *config,
	const struct virtual_address *address, struct device **device)
{
	uint8_t family = address->prefix.addr.family;
	struct port_device wanted = own_device(config);
	const char *parent = config->interface;

	*device = NULL;
	if (wants_device_of_its_own(config, address)) {
		wanted = (struct port_device){.mode = VMAC_MACVLAN, .mac = mac_of(config, family)};
		if (address->device != NULL)
			parent = address->device;
	} else if (!has_own(config) || (address->device != NULL && !address->use_vmac)) {
		return true;
	}
	wanted.ipv4 = family == IP_V4;
	wanted.ipv6 = family == IP_V6;
	*device = join(engine, config, parent, &wanted);
	return *device != NULL;
}

bool devices_attach(
	struct engine *engine, const struct vr_config *config, struct device **own, struct claim *claims)
{
	struct port_device wanted = own_device(config);

	*own = NULL;
	if (config->interface == NULL)
		return true;
	if (has_own(config)) {
		*own = join(engine, config, config->interface, &wanted);
		if (*own == NULL)
			return false;
	}
	for (size_t i = 0; i < config->address_count; i++)
		if (!join_for_address(engine, config, &config->addresses[i], &claims[i].device)) {
			devices_detach(engine, own, claims, config->address_count);
			return false;
		}
	return true;
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
		const struct device *device = i == 0 ? instance->device : instance->claims[i - 1].device;

		if (device == NULL || device == last || !device_is_ready(device))
			continue;
		last = device;
		removals[count++] =
			(struct kernel_op){.type = KERNEL_DELETE_DEVICE, .ifindex = device->ifindex};
		if (device->wanted.mode != VMAC_MACVLAN || !device->wanted.ipv4 ||
			device->parent->link == NULL)
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
	if (instance->device != NULL && device_is_ready(instance->device))
		return true;
	for (size_t i = 0; i < instance->config->address_count; i++)
		if (instance->claims[i].device != NULL && device_is_ready(instance->claims[i].device))
			return true;
	return false;
}

void devices_see(const struct instance *instance, struct vr_interface *interface)
{
	const struct ip_prefix *address = &instance->config->vmac.ipvlan_address;

	interface->no_device = instance->device != NULL && !device_is_ready(instance->device);
	if (instance->config->vmac.mode == VMAC_IPVLAN && ip_is_set(&address->addr))
		interface->primary = address->addr;
}
