/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices for virtual MACs in the world of the engine's tests. */
#include "world_internal.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct node_link *node_link_by_name(struct node *node, const char *name)
{
	for (size_t i = 0; i < NODE_LINKS; i++)
		if (node->links[i].ifindex != 0 && strcmp(node->links[i].name, name) == 0)
			return &node->links[i];
	return NULL;
}

int node_device_add(void *user, struct port_device *device)
{
	struct node *node = user;
	const struct node_link *parent = node_find_link(node, device->parent);
	struct node_link *link = node_link_by_name(node, device->name);

	if (node->device_error != 0)
		return node->device_error;
	if (parent == NULL)
		return -ENODEV;
	if (link != NULL && (link->parent != device->parent ||
				    memcmp(&link->mac, &device->mac, sizeof(link->mac)) != 0))
		return -EEXIST;
	for (size_t i = 0; link == NULL && i < NODE_LINKS; i++)
		if (node->links[i].parent == device->parent && node->links[i].ifindex != 0 &&
			memcmp(&node->links[i].mac, &device->mac, sizeof(device->mac)) == 0)
			return -EADDRINUSE;
	if (link == NULL) {
		link = node_find_link(node, 0);
		assert_non_null(link);
		*link = (struct node_link){.ifindex = NODE_FIRST_DEVICE + node->next_device++,
			.segment = parent->segment,
			.mac = device->mac,
			.parent = device->parent,
			.carrier = true};
		snprintf(link->name, sizeof(link->name), "%s", device->name);
		node->devices_made++;
	}
	link->up = true;
	link->ours = true;
	link->vrf = device->vrf;
	world_happen(node->world, node, HAPPENING_LINK, link->ifindex);
	return link->ifindex;
}

int node_device_check(void *user, const struct port_device *device, int ifindex)
{
	struct node *node = user;
	struct node_link *link = node_find_link(node, ifindex);

	node->device_checks++;
	if (link == NULL)
		return -ENODEV;
	link->vrf = device->vrf;
	return node->device_faults;
}

void node_forget_link(struct node *node, int ifindex)
{
	struct node_link *link = node_find_link(node, ifindex);

	if (link == NULL || ifindex == 0)
		return;
	*link = (struct node_link){0};
	for (size_t i = 0; i < node->address_count;)
		if (node->addresses[i].ifindex == ifindex)
			node->addresses[i] = node->addresses[--node->address_count];
		else
			i++;
	for (size_t i = 0; i < node->route_count;)
		if (node->routes[i].ifindex == ifindex)
			node->routes[i] = node->routes[--node->route_count];
		else
			i++;
}

void node_device_remove(void *user, int ifindex)
{
	struct node *node = user;

	world_note(node, 'r');
	node_forget_link(node, ifindex);
	world_happen(node->world, node, HAPPENING_LINK, ifindex);
}

int node_device_rename(void *user, int ifindex, const char *name)
{
	struct node *node = user;
	struct node_link *link = node_find_link(node, ifindex);

	if (node->device_error != 0)
		return node->device_error;
	snprintf(link->name, sizeof(link->name), "%s", name);
	world_happen(node->world, node, HAPPENING_LINK, ifindex);
	return 0;
}

void node_promote_secondaries(void *user, int ifindex, bool on)
{
	struct node_link *link = node_find_link(user, ifindex);

	if (link != NULL)
		link->promoting = on;
}
