/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What others do to the links of a router: removed and there again, another name, MTU or hardware address. The kernel's memberships go
 * with a link, and those of IPv6 with an MTU that is too small for it; the sockets that asked for them do not know.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/world.h"

/* Its place is another one now, and nothing is left of what it had. */
bool nic_return(struct router *router, struct nic *nic)
{
	struct nic **nics = reallocarray(router->nics, router->nic_count + 1, sizeof(struct nic *));
	struct nic *gone = calloc(1, sizeof(*gone));

	if (nics != NULL)
		router->nics = nics;
	if (nics == NULL || gone == NULL) {
		free(gone);
		return false;
	}
	for (size_t i = 0; i < router->nic_count; i++)
		if (nics[i] == nic)
			nics[i] = gone;
	nics[router->nic_count++] = nic;
	nic->ifindex = (int)router->nic_count;
	nic->up = true;
	nic->hears_arp = nic->hears_neighbours = false;
	memset(nic->joined, 0, sizeof(nic->joined));
	memset(nic->lost, 0, sizeof(nic->lost));
	if (nic->port != NULL)
		nic->port->ifindex = nic->ifindex;
	router->disturbed = router->world->now;
	router->kernel_changed = true;
	kernel_tell_link(router, nic);
	return true;
}

void nic_rename(struct router *router, struct nic *nic, const char *name)
{
	memset(nic->name, 0, sizeof(nic->name));
	strncpy(nic->name, name, sizeof(nic->name) - 1);
	router->disturbed = router->world->now;
	kernel_tell_link(router, nic);
}

void nic_set_mac(struct router *router, struct nic *nic, const struct mac_addr *mac)
{
	nic->mac = *mac;
	kernel_tell_link(router, nic);
}

bool nic_can(const struct nic *nic, enum ip_family family)
{
	return family != IP_V6 || nic->mtu >= SIM_IPV6_MTU;
}

static void lose_ipv6(struct router *router, struct nic *nic)
{
	for (size_t i = router->address_count; i-- > 0;) {
		const struct kernel_address address = router->addresses[i];

		if (address.ifindex == nic->ifindex && address.prefix.addr.family == IP_V6)
			kernel_delete_address(router, address.ifindex, &address.prefix);
	}
	nic->lost[1] = nic->joined[1] > 0;
}

void nic_set_mtu(struct router *router, struct nic *nic, unsigned mtu)
{
	nic->mtu = mtu;
	router->disturbed = router->world->now;
	if (!nic_can(nic, IP_V6))
		lose_ipv6(router, nic);
	kernel_tell_link(router, nic);
}

bool nic_is_member(const struct nic *nic, enum ip_family family)
{
	return nic->joined[family == IP_V6] > 0 && !nic->lost[family == IP_V6];
}

bool nic_check_membership(struct nic *nic, enum ip_family family)
{
	const bool lost = nic->lost[family == IP_V6] && nic_can(nic, family);

	if (lost)
		nic->lost[family == IP_V6] = false;
	return lost;
}
