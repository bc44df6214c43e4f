/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices for virtual MACs: see devices.h. */
#include "linux/devices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linux/device_settings.h"

#define OWNER_LENGTH 64

int devices_open(struct devices *devices, uint32_t maker)
{
	*devices = (struct devices){.maker = maker};
	device_remover_init(&devices->remover, device_group_of_old(maker));
	return netlink_socket_open(&devices->netlink);
}

void devices_close(struct devices *devices)
{
	device_remover_close(&devices->remover);
	netlink_socket_close(&devices->netlink);
	free(devices->entries);
	free(devices->parents);
	devices->entries = NULL;
	devices->parents = NULL;
}

void devices_finish(struct devices *devices)
{
	device_remover_finish(&devices->remover);
}

static struct device_parent *find_parent(struct devices *devices, int ifindex)
{
	for (size_t i = 0; i < devices->parent_count; i++)
		if (devices->parents[i].ifindex == ifindex)
			return &devices->parents[i];
	return NULL;
}

/* Finds it or remembers it with its present settings; NULL without memory. */
static struct device_parent *get_parent(struct devices *devices, const struct device_facts *facts)
{
	struct device_parent *parent = find_parent(devices, facts->ifindex);
	struct device_parent *grown;

	if (parent)
		return parent;
	grown = realloc(devices->parents, (devices->parent_count + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	devices->parents = grown;
	parent = &grown[devices->parent_count++];
	*parent = (struct device_parent){.ifindex = facts->ifindex,
		.arp_ignore = facts->arp_ignore > 0 ? (uint8_t)facts->arp_ignore : 0,
		.arp_announce = facts->arp_announce > 0 ? (uint8_t)facts->arp_announce : 0,
		.promote_secondaries = facts->promote_secondaries > 0};
	return parent;
}

static void forget_parent(struct devices *devices, struct device_parent *parent)
{
	if (parent->devices == 0 && parent->promoters == 0)
		*parent = devices->parents[--devices->parent_count];
}

static struct device_entry *find_entry(struct devices *devices, int ifindex)
{
	for (size_t i = 0; i < devices->entry_count; i++)
		if (devices->entries[i].ifindex == ifindex)
			return &devices->entries[i];
	return NULL;
}

static void forget_entry(struct devices *devices, struct device_entry *entry)
{
	struct device_parent *parent = find_parent(devices, entry->parent);

	*entry = devices->entries[--devices->entry_count];
	if (!parent || --parent->devices > 0)
		return;
	device_settings_restore(&devices->netlink, parent->ifindex, parent->arp_ignore, parent->arp_announce);
	forget_parent(devices, parent);
}

/* One of the same name with another index was deleted by somebody else. */
static void forget_deleted(struct devices *devices, const char *name, int ifindex)
{
	for (size_t i = devices->entry_count; i-- > 0;)
		if (devices->entries[i].ifindex != ifindex && strcmp(devices->entries[i].name, name) == 0)
			forget_entry(devices, &devices->entries[i]);
}

static int remember_entry(
	struct devices *devices, const char *name, int ifindex, struct device_parent *parent)
{
	struct device_entry *grown;

	if (find_entry(devices, ifindex))
		return 0;
	grown = realloc(devices->entries, (devices->entry_count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	devices->entries = grown;
	grown[devices->entry_count] = (struct device_entry){.ifindex = ifindex, .parent = parent->ifindex};
	snprintf(grown[devices->entry_count].name, sizeof(grown->name), "%s", name);
	devices->entry_count++;
	parent->devices++;
	return 0;
}

/* Of this daemon, or of one that did not say so yet. */
static bool is_own(const struct devices *devices, const struct device_facts *facts)
{
	const uint32_t maker = device_maker_of(facts->group, facts->alias);

	return device_is_ours(facts->group, facts->alias) && (maker == 0 || maker == devices->maker);
}

static bool fits(const struct device_facts *facts, const struct port_device *device)
{
	if (strcmp(facts->kind, device_kind(device->mode)) != 0 || facts->parent != device->parent)
		return false;
	return device->mode != VMAC_MACVLAN || memcmp(&facts->mac, &device->mac, sizeof(facts->mac)) == 0;
}

/* What stands last in an alias. */
#define ALIAS_VALUES "; the interface below had arp_ignore %u, arp_announce %u"

/* With that it leaves the group that it was created in, or was to be deleted by. */
static void write_alias(struct devices *devices, const struct port_device *device, const struct device_facts *facts,
	const struct device_parent *parent)
{
	const uint32_t group = device->group_set ? device->group : 0;
	_Alignas(struct nlmsghdr) char buffer[DEVICE_MESSAGE_SIZE];
	char alias[DEVICE_ALIAS_SIZE];

	snprintf(alias, sizeof(alias), DEVICE_ALIAS_MARK "%.*s" DEVICE_ALIAS_MAKER ALIAS_VALUES, OWNER_LENGTH,
		device->owner ? device->owner : "", devices->maker, parent->arp_ignore, parent->arp_announce);
	netlink_request(&devices->netlink,
		device_message_set_alias(buffer, facts->ifindex, alias, device_is_in_passing(facts->group) ? &group : NULL), NULL,
		NULL);
}

/* A predecessor of ours saw the parent before it changed anything there. false: the alias does not say. */
static bool learn_from_alias(struct device_parent *parent, const struct device_facts *facts)
{
	const char *values = strrchr(facts->alias, ';');
	unsigned arp_ignore, arp_announce;

	if (!device_is_ours(facts->group, facts->alias) || !values ||
		sscanf(values, ALIAS_VALUES, &arp_ignore, &arp_announce) != 2 ||
		arp_ignore > UINT8_MAX || arp_announce > UINT8_MAX)
		return false;
	parent->arp_ignore = (uint8_t)arp_ignore;
	parent->arp_announce = (uint8_t)arp_announce;
	return true;
}

/* Makes the device unless it is there. 0 or -errno. */
static int make(struct devices *devices, const struct port_device *device, struct device_facts *facts)
{
	_Alignas(struct nlmsghdr) char buffer[DEVICE_MESSAGE_SIZE];
	int error = device_facts_get(&devices->netlink, 0, device->name, facts);

	if (!error && fits(facts, device))
		return 0;
	if (!error && !is_own(devices, facts))
		return -EEXIST;
	/* Ours, but of another configuration: the predecessor of this process left it. */
	if (!error)
		netlink_request(&devices->netlink, device_message_delete(buffer, facts->ifindex), NULL, NULL);
	error = netlink_request(&devices->netlink, device_message_create(buffer, device, devices->maker), NULL, NULL);
	if (error)
		return error;
	return device_facts_get(&devices->netlink, 0, device->name, facts);
}

static int set_up(struct devices *devices, const struct port_device *device, const struct device_facts *facts)
{
	_Alignas(struct nlmsghdr) char buffer[DEVICE_MESSAGE_SIZE];

	if (device->group_set)
		netlink_request(&devices->netlink,
			device_message_set_group(buffer, facts->ifindex, device->group), NULL, NULL);
	if (facts->up)
		return 0;
	return netlink_request(&devices->netlink, device_message_set_up(buffer, facts->ifindex), NULL, NULL);
}

/* 0: it stands there. */
static int put_address(struct devices *devices, const struct port_device *device, int ifindex)
{
	_Alignas(struct nlmsghdr) char buffer[DEVICE_MESSAGE_SIZE];
	int error;

	if (device->mode != VMAC_IPVLAN || !ip_is_set(&device->ipvlan_address.addr))
		return 0;
	error = netlink_request(&devices->netlink,
		device_message_add_address(buffer, ifindex, &device->ipvlan_address), NULL, NULL);
	return error == -EEXIST ? 0 : error;
}

int devices_add(struct devices *devices, struct port_device *device)
{
	struct device_facts facts, below;
	struct device_parent *parent;
	int error = device_facts_get(&devices->netlink, device->parent, NULL, &below);

	if (!error)
		error = make(devices, device, &facts);
	if (error)
		return error;
	parent = get_parent(devices, &below);
	if (!parent)
		return -ENOMEM;
	learn_from_alias(parent, &facts);
	error = remember_entry(devices, device->name, facts.ifindex, parent);
	if (error)
		return error;
	forget_deleted(devices, device->name, facts.ifindex);
	device->parent_arp_ignore = parent->arp_ignore;
	device->parent_arp_announce = parent->arp_announce;
	/* The alias first: whoever comes after our death shall know whose it is. */
	write_alias(devices, device, &facts, parent);
	device_settings_apply(
		&devices->netlink, device, &facts, &below, device_settings_faults(device, &facts, &below));
	error = set_up(devices, device, &facts);
	if (!error)
		error = put_address(devices, device, facts.ifindex);
	/* The kernel tells of an alias only now that the device is up: all is said in one message. */
	if (!error && device->notify_message)
		write_alias(devices, device, &facts, parent);
	/* The kernel has looked only now whether another device has the MAC. */
	if (error)
		devices_remove(devices, facts.ifindex);
	return error ? error : facts.ifindex;
}

bool devices_lose_connections(struct devices *devices, int ifindex)
{
	struct device_facts facts;

	return device_facts_get(&devices->netlink, ifindex, NULL, &facts) == 0 &&
	       device_loses_connections(&facts);
}

int devices_check(struct devices *devices, const struct port_device *device, int ifindex)
{
	struct device_facts facts, below;
	int faults = 0;

	for (int round = 0; round < 2; round++) {
		int error = device_facts_get(&devices->netlink, ifindex, NULL, &facts);

		if (!error)
			error = device_facts_get(&devices->netlink, device->parent, NULL, &below);
		if (error)
			return error;
		faults = device_settings_faults(device, &facts, &below);
		if (put_address(devices, device, ifindex))
			faults |= DEVICE_FAULT_ADDRESS;
		if (!faults)
			return 0;
		if (round == 0)
			device_settings_apply(&devices->netlink, device, &facts, &below, faults);
	}
	return faults;
}

/* One that a dead predecessor left: its parent gets back what it had, now or with the last of ours. */
static void heed_orphan(struct devices *devices, int ifindex)
{
	struct device_facts facts;
	struct device_parent was = {0}, *parent;

	if (device_facts_get(&devices->netlink, ifindex, NULL, &facts))
		return;
	parent = find_parent(devices, facts.parent);
	if (parent)
		learn_from_alias(parent, &facts);
	else if (learn_from_alias(&was, &facts))
		device_settings_restore(
			&devices->netlink, facts.parent, was.arp_ignore, was.arp_announce);
}

void devices_remove(struct devices *devices, int ifindex)
{
	struct device_entry *entry = find_entry(devices, ifindex);

	if (!entry)
		heed_orphan(devices, ifindex);
	device_remover_add(&devices->remover, ifindex);
	if (entry)
		forget_entry(devices, entry);
}

int devices_rename(struct devices *devices, int ifindex, const char *name)
{
	_Alignas(struct nlmsghdr) char buffer[DEVICE_MESSAGE_SIZE];
	struct device_entry *entry = find_entry(devices, ifindex);
	int error = netlink_request(
		&devices->netlink, device_message_set_name(buffer, ifindex, name), NULL, NULL);

	if (!error && entry)
		snprintf(entry->name, sizeof(entry->name), "%s", name);
	return error;
}

void devices_promote_secondaries(struct devices *devices, int ifindex, bool on)
{
	struct device_parent *parent = find_parent(devices, ifindex);
	struct device_facts facts;

	if (!on) {
		if (!parent || parent->promoters == 0 || --parent->promoters > 0)
			return;
		device_settings_promote(&devices->netlink, ifindex, parent->promote_secondaries);
		forget_parent(devices, parent);
		return;
	}
	if (device_facts_get(&devices->netlink, ifindex, NULL, &facts))
		return;
	parent = get_parent(devices, &facts);
	if (!parent)
		return;
	parent->promoters++;
	device_settings_promote(&devices->netlink, ifindex, 1);
}

bool devices_are_settled(struct devices *devices)
{
	return device_remover_is_idle(&devices->remover);
}

void devices_archive(struct archive *archive, struct devices *devices)
{
	size_t count = devices->parent_count;

	archive_size(archive, &count);
	for (size_t i = 0; i < count && !archive->failed; i++) {
		struct device_facts facts = {0};
		struct device_parent parent = {0};

		if (archive->writing)
			parent = devices->parents[i];
		archive_int(archive, &parent.ifindex);
		archive_u8(archive, &parent.arp_ignore);
		archive_u8(archive, &parent.arp_announce);
		archive_u8(archive, &parent.promote_secondaries);
		if (archive->writing)
			continue;
		facts.ifindex = parent.ifindex;
		facts.arp_ignore = parent.arp_ignore;
		facts.arp_announce = parent.arp_announce;
		facts.promote_secondaries = parent.promote_secondaries;
		if (!get_parent(devices, &facts))
			archive->failed = true;
	}
}
