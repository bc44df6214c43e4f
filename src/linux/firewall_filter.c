/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unicast filters of network cards: see firewall_filter.h. */
#include "linux/firewall_filter.h"

#include <errno.h>
#include <netpacket/packet.h>
#include <string.h>
#include <sys/socket.h>

static int change(int fd, int option, const struct firewall_element *element)
{
	struct packet_mreq request = {.mr_ifindex = element->ifindex,
		.mr_type = PACKET_MR_UNICAST,
		.mr_alen = sizeof(struct mac_addr)};

	memcpy(request.mr_address, element->key, sizeof(struct mac_addr));
	return setsockopt(fd, SOL_PACKET, option, &request, sizeof(request)) < 0 ? -errno : 0;
}

static bool is_mac(const struct firewall_element *element)
{
	static const struct mac_addr none;

	return element->set == FIREWALL_SET_MACS && memcmp(element->key, &none, sizeof(none)) != 0;
}

int firewall_filters_open(struct firewall *firewall)
{
	int error = 0;

	for (size_t i = 0; !error && i < firewall->elements.count; i++) {
		struct firewall_element *element = &firewall->elements.list[i];

		if (!is_mac(element) || element->uses == 0 || element->filter_open)
			continue;
		if (firewall->filters < 0)
			firewall->filters = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
		if (firewall->filters < 0)
			return -errno;
		error = change(firewall->filters, PACKET_ADD_MEMBERSHIP, element);
		element->filter_open = !error;
	}
	return error;
}

static bool is_open_in(const struct firewall_elements *elements, const struct firewall_element *wanted)
{
	for (size_t i = 0; i < elements->count; i++)
		if (elements->list[i].set == FIREWALL_SET_MACS &&
			elements->list[i].ifindex == wanted->ifindex &&
			memcmp(elements->list[i].key, wanted->key, sizeof(wanted->key)) == 0)
			return elements->list[i].filter_open;
	return false;
}

void firewall_filters_close_unused(struct firewall *firewall, const struct firewall_elements *other)
{
	for (size_t i = 0; i < other->count; i++)
		if (other->list[i].filter_open && !is_open_in(&firewall->elements, &other->list[i]))
			change(firewall->filters, PACKET_DROP_MEMBERSHIP, &other->list[i]);
}
