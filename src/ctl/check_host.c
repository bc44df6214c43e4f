/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interfaces of this host, with the networks they have. */
#include "ctl/check_host.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/account.h"

struct inventory {
	struct lint_interface *interfaces;
	struct ip_prefix *prefixes; /* one for each entry of the list, in its order */
	size_t count;
};

/* Of a netmask. */
static uint8_t length_of(const uint8_t *bytes, size_t size)
{
	uint8_t length = 0;

	while (length < 8 * size && (bytes[length / 8] >> (7 - length % 8) & 1))
		length++;
	return length;
}

static bool read_prefix(const struct ifaddrs *entry, struct ip_prefix *prefix)
{
	if (!entry->ifa_addr || !entry->ifa_netmask)
		return false;
	if (entry->ifa_addr->sa_family == AF_INET) {
		const struct sockaddr_in *address = (const struct sockaddr_in *)(const void *)entry->ifa_addr;
		const struct sockaddr_in *mask = (const struct sockaddr_in *)(const void *)entry->ifa_netmask;

		prefix->addr = ip_v4_from((const uint8_t *)&address->sin_addr);
		prefix->length = length_of((const uint8_t *)&mask->sin_addr, 4);
		return true;
	}
	if (entry->ifa_addr->sa_family != AF_INET6)
		return false;

	const struct sockaddr_in6 *address = (const struct sockaddr_in6 *)(const void *)entry->ifa_addr;
	const struct sockaddr_in6 *mask = (const struct sockaddr_in6 *)(const void *)entry->ifa_netmask;

	prefix->addr = ip_v6_from(address->sin6_addr.s6_addr);
	prefix->length = length_of(mask->sin6_addr.s6_addr, 16);
	return !ip_is_link_local(&prefix->addr);
}

/* list: getifaddrs has an entry for each interface, and one for each address. The prefixes of one stand together. */
static bool take(const struct ifaddrs *list, const struct if_nameindex *names, struct inventory *inventory)
{
	size_t entries = 0;
	size_t interfaces = 0;
	size_t used = 0;

	for (const struct ifaddrs *entry = list; entry; entry = entry->ifa_next)
		entries++;
	while (names[interfaces].if_index)
		interfaces++;
	inventory->prefixes = calloc(entries + 1, sizeof(*inventory->prefixes));
	inventory->interfaces = calloc(interfaces + 1, sizeof(*inventory->interfaces));
	if (!inventory->prefixes || !inventory->interfaces)
		return false;
	for (; inventory->count < interfaces; inventory->count++) {
		const char *name = names[inventory->count].if_name;
		struct lint_interface *interface = &inventory->interfaces[inventory->count];

		*interface = (struct lint_interface){.name = name, .prefixes = inventory->prefixes + used};
		for (const struct ifaddrs *entry = list; entry; entry = entry->ifa_next)
			if (strcmp(entry->ifa_name, name) == 0 &&
				read_prefix(entry, &inventory->prefixes[used])) {
				used++;
				interface->prefix_count++;
			}
	}
	return true;
}

void check_with_host(const struct conf *conf, const struct lint *lint)
{
	struct inventory inventory = {0};
	struct ifaddrs *list = NULL;
	struct if_nameindex *names = if_nameindex();

	if (!names || getifaddrs(&list) < 0 || !take(list, names, &inventory)) {
		fprintf(stderr, "vigia check: the interfaces of this host cannot be listed: %s\n",
			strerror(errno));
	} else {
		const struct lint_host host = {.interfaces = inventory.interfaces,
			.interface_count = inventory.count,
			.find_program = script_path_find,
			.paths = &path_world_system,
			.find_account = account_of_script};

		lint_with_host(conf, &host, lint);
	}
	free(inventory.prefixes);
	free(inventory.interfaces);
	if (list)
		freeifaddrs(list);
	if (names)
		if_freenameindex(names);
}
