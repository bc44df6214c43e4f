/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which devices for virtual MACs a configuration asks for, and who shares them: the virtual router's own, and those of
 * addresses that stand elsewhere. The first user brings a device into being, the last one to leave takes it along; when
 * it is made and looked after: devices.c.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/state.h"

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

		if (instance->rare->device != NULL)
			instance_rare(instance)->device = NULL;
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
	if (device->was > 0 && engine->port->device_remove != NULL)
		device_remove(engine, device, device->was);
	free_device(device);
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
	if (device_has_name(engine, name))
		return true;
	for (size_t i = 0; i < engine->conf->instance_count; i++) {
		const char *own = engine->conf->instances[i].vr.extra->vmac.name;

		if (own != NULL && strcmp(own, name) == 0)
			return true;
	}
	return false;
}

/* PREFIX.VRID.N, the first that is free. */
static char *address_device_name(const struct engine *engine, const struct vr_config *config)
{
	const char *prefix = config->extra->vmac.address_prefix != NULL ? config->extra->vmac.address_prefix : "vrrp";
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
	device->made_at = MONO_LONG_AGO;
	device->readdressed_at = device->made_at;
	device->at = MONO_NEVER;
	device->number = ++engine->device_number;
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
	return config->extra->vmac.mode == VMAC_MACVLAN || config->extra->vmac.mode == VMAC_IPVLAN;
}

static struct mac_addr mac_of(const struct vr_config *config, uint8_t family)
{
	return family == config->family ? virtual_mac(config)
					: vrrp_virtual_mac((enum ip_family)family, config->vrid);
}

static struct port_device own_device(const struct vr_config *config)
{
	struct port_device wanted = {.name = config->extra->vmac.name,
		.mode = config->extra->vmac.mode,
		.ipvlan_flag = config->extra->vmac.ipvlan_flag,
		.ipvlan_address = config->extra->vmac.ipvlan_address,
		.group_set = config->extra->vmac.group_set,
		.group = config->extra->vmac.group,
		.notify_message = config->extra->vmac.notify_message};

	if (wanted.mode == VMAC_MACVLAN)
		wanted.mac = virtual_mac(config);
	wanted.ipv4 = wanted.ipvlan_address.addr.family == IP_V4;
	wanted.ipv6 = wanted.ipvlan_address.addr.family == IP_V6;
	return wanted;
}

/* keepalived: use_vmac on the line, or use_vmac_addr for those that would not stand on the device of the instance. */
static bool wants_device_of_its_own(const struct vr_config *config, const struct virtual_address *address)
{
	const struct address_options *options = address_options(address);
	bool elsewhere = options->device != NULL && strcmp(options->device, config->interface) != 0;

	if (elsewhere)
		return options->use_vmac || config->extra->vmac.for_addresses;
	if (config->extra->vmac.mode == VMAC_RULES)
		return false;
	if (config->extra->vmac.for_addresses && address->prefix.addr.family != config->family)
		return true;
	return options->use_vmac && !has_own(config);
}

/* false: no memory. *device NULL: it stands on an interface that is there anyway. */
static bool join_for_address(struct engine *engine, const struct vr_config *config,
	const struct virtual_address *address, struct device **device)
{
	const struct address_options *options = address_options(address);
	uint8_t family = address->prefix.addr.family;
	struct port_device wanted = own_device(config);
	const char *parent = config->interface;

	*device = NULL;
	if (wants_device_of_its_own(config, address)) {
		wanted = (struct port_device){.mode = VMAC_MACVLAN, .mac = mac_of(config, family)};
		if (options->device != NULL)
			parent = options->device;
	} else if (!has_own(config) || (options->device != NULL && !options->use_vmac)) {
		return true;
	}
	wanted.ipv4 = wanted.ipv4 || family == IP_V4;
	wanted.ipv6 = wanted.ipv6 || family == IP_V6;
	*device = join(engine, config, parent, &wanted);
	return *device != NULL;
}

static bool is_shared(const struct engine *engine, const struct device *device, const struct instance *user)
{
	for (size_t i = 0; i < engine->instance_count; i++)
		if (engine->instances[i] != user && device_is_used_by(device, engine->instances[i]))
			return true;
	return false;
}

void devices_follow_name(struct engine *engine, const struct instance *instance, const struct vr_config *config)
{
	const struct port_device wanted = own_device(config);
	struct device *device = instance->rare->device;
	char *name;

	if (device == NULL || !device_is_ready(device) || !has_own(config) || config->interface == NULL ||
		device->wanted.mode != wanted.mode || engine->port->device_rename == NULL ||
		memcmp(&device->wanted.mac, &wanted.mac, sizeof(wanted.mac)) != 0 ||
		strcmp(device->parent->name, config->interface) != 0 ||
		strcmp(device->wanted.name, wanted.name) == 0 || is_shared(engine, device, instance))
		return;
	name = strdup(wanted.name);
	if (name == NULL || engine->port->device_rename(engine->port->user, device->ifindex, name) != 0) {
		free(name);
		return;
	}
	free((char *)(uintptr_t)device->wanted.name);
	device->wanted.name = name;
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
