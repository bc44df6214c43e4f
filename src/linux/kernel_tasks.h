/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What besides addresses, routes and rules waits for the kernel's lock of all networks, as jobs of the worker: devices for virtual MACs
 * and their settings, groups, questions about links; and what waits for that of nf_tables. `devices` is the thread's while there are any.
 */
#ifndef VIGIA_LINUX_KERNEL_TASKS_H
#define VIGIA_LINUX_KERNEL_TASKS_H

#include "engine/port.h"
#include "linux/devices.h"
#include "linux/firewall.h"
#include "linux/groups.h"
#include "linux/kernel_events.h"
#include "linux/kernel_worker.h"

struct task_job;

struct kernel_tasks {
	struct kernel_worker *worker;
	struct devices *devices;
	struct groups *groups;
	struct firewall *firewall;
	struct task_job *taken; /* whose answer the caller has */
};

/* The worker must have been closed. */
void kernel_tasks_close(struct kernel_tasks *tasks);
/* port.task and port.task_answer. */
bool kernel_tasks_give(struct kernel_tasks *tasks, struct port_task *task);
const struct port_task *kernel_tasks_answer(struct kernel_tasks *tasks, bool wait);
/* As in port.h; without memory they wait for the kernel. */
void kernel_tasks_remove_device(struct kernel_tasks *tasks, int ifindex);
void kernel_tasks_promote(struct kernel_tasks *tasks, int ifindex, bool on);
int kernel_tasks_join(struct kernel_tasks *tasks, int ifindex, const struct ip_addr *group);
void kernel_tasks_leave(struct kernel_tasks *tasks, int ifindex, const struct ip_addr *group);
int kernel_tasks_check_group(struct kernel_tasks *tasks, int ifindex, const struct ip_addr *group);
/* Without memory it is not asked: the event comes anyway. */
void kernel_tasks_query_link(struct kernel_tasks *tasks, struct kernel_events *events, int ifindex);

#endif
