/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the world share. */
#ifndef VIGIA_TESTS_ENGINE_WORLD_INTERNAL_H
#define VIGIA_TESTS_ENGINE_WORLD_INTERNAL_H

#include "world.h"

/* world.c */
void world_note(struct node *node, char what);
struct happening *world_happen(
	struct world *world, struct node *node, enum happening_type type, int ifindex);
struct node_link *node_find_link(struct node *node, int ifindex);

/* world_kernel.c */
void node_run_kernel(void *user, struct kernel_op *ops, size_t count); /* of the port */
bool node_run_kernel_later(void *user, struct kernel_op *ops, size_t count, dur_t patience);
const struct kernel_op *node_kernel_answers(void *user, bool wait, size_t *count);
bool node_run_job(struct node *node); /* the next one; false: none waits */
void node_free_jobs(struct node *node);
size_t node_find_address(
	const struct node *node, int ifindex, const struct ip_prefix *prefix); /* address_count: not there */
void node_add_address(struct node *node, int ifindex, const struct ip_prefix *prefix); /* nobody is told */
bool node_delete_address(struct node *node, int ifindex, const struct ip_prefix *prefix); /* false: not there */

/* world_datagrams.c: of the port */
void node_send_datagrams(void *user, struct port_datagram *datagrams, size_t count);

/* world_devices.c: of the port */
bool node_task(void *user, struct port_task *task);
const struct port_task *node_task_answer(void *user, bool wait);
void node_run_task(struct node *node);
void node_free_tasks(struct node *node);
int node_device_add(void *user, struct port_device *device);
int node_device_check(void *user, const struct port_device *device, int ifindex);
void node_device_remove(void *user, int ifindex);
int node_device_rename(void *user, int ifindex, const char *name);
void node_promote_secondaries(void *user, int ifindex, bool on);
/* With its addresses and routes. */
void node_forget_link(struct node *node, int ifindex);

#endif
