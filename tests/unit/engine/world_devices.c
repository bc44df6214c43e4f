/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices for virtual MACs in the world of the engine's tests. */
#include "world_internal.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

bool node_task(void *user, struct port_task *task)
{
	struct node *node = user;
	struct node_task *later, **last = &node->tasks;

	if (node->tasks == NULL && node->kernel_delay <= DUR_MS) {
		port_run_task(&node->port, task);
		return false;
	}
	later = calloc(1, sizeof(*later));
	assert_non_null(later);
	later->task = *task;
	/* As long as the test's configuration is there. */
	if (task->device.name != NULL)
		later->task.device.name = strdup(task->device.name);
	while (*last != NULL)
		last = &(*last)->next;
	*last = later;
	world_happen(node->world, node, HAPPENING_TASK, 0)->at = mono_add(node->world->now, node->kernel_delay);
	return true;
}

void node_run_task(struct node *node)
{
	struct node_task *task = node->tasks;

	while (task != NULL && task->done)
		task = task->next;
	if (task == NULL)
		return;
	port_run_task(&node->port, &task->task);
	task->done = true;
}

static void free_task(struct node_task *task)
{
	if (task != NULL)
		free((char *)(uintptr_t)task->task.device.name);
	free(task);
}

const struct port_task *node_task_answer(void *user, bool wait)
{
	struct node *node = user;
	struct node_task *task = node->tasks;

	free_task(node->task_taken);
	node->task_taken = NULL;
	if (task != NULL && !task->done && wait)
		node_run_task(node);
	if (task == NULL || !task->done)
		return NULL;
	node->tasks = task->next;
	node->task_taken = task;
	return &task->task;
}

void node_free_tasks(struct node *node)
{
	while (node->tasks != NULL) {
		struct node_task *task = node->tasks;

		node->tasks = task->next;
		free_task(task);
	}
	free_task(node->task_taken);
	node->task_taken = NULL;
}
