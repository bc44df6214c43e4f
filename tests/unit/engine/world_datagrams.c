/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets to single nodes: to the one that has the address, by the link it stands on. */
#include "world_internal.h"

#include <errno.h>
#include <string.h>

static void deliver(struct node *node, const struct port_datagram *datagram)
{
	for (size_t i = 0; i < node->address_count; i++) {
		const struct node_link *link = node_find_link(node, node->addresses[i].ifindex);
		struct happening *happening;

		if (link == NULL || !link->up || !link->carrier ||
			!ip_equal(&node->addresses[i].prefix.addr, &datagram->destination))
			continue;
		happening = world_happen(node->world, node, HAPPENING_PACKET, link->ifindex);
		memcpy(happening->bytes, datagram->bytes, datagram->length);
		happening->length = datagram->length;
		return;
	}
}

void node_send_datagrams(void *user, struct port_datagram *datagrams, size_t count)
{
	struct node *node = user;

	for (size_t i = 0; i < count; i++) {
		struct port_datagram *datagram = &datagrams[i];
		const struct node_link *link = node_find_link(node, datagram->ifindex);

		datagram->error = node->send_error;
		if (datagram->ifindex != 0 && (link == NULL || !link->up))
			datagram->error = link == NULL ? -ENODEV : -ENETDOWN;
		if (datagram->error != 0)
			continue;
		node->datagrams++;
		for (size_t n = 0; n < WORLD_NODES && !node->silent; n++)
			if (&node->world->nodes[n] != node && node->world->nodes[n].engine != NULL)
				deliver(&node->world->nodes[n], datagram);
	}
}
