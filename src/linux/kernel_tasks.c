/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What waits for the kernel, as jobs of the worker: see kernel_tasks.h. */
#include "linux/kernel_tasks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/container_of.h"

#define NAME_SIZE 16
#define OWNER_SIZE 65 /* more of it stands in no alias */

/* A task of the engine, or a group: the engine is told of that if it could not be joined. */
struct task_job {
	struct kernel_job job;
	const struct kernel_tasks *tasks;
	struct port_task task;
	struct group_change change;
	char name[NAME_SIZE];
	char owner[OWNER_SIZE];
};

/* A change that nobody asks about. */
struct device_job {
	struct kernel_job job;
	struct devices *devices;
	int ifindex;
	bool on;
};

struct query_job {
	struct kernel_job job;
	struct kernel_events *events;
	int ifindex;
};

static int run_task(const struct kernel_tasks *tasks, struct port_task *task, const struct group_change *change)
{
	switch (task->type) {
	case TASK_DEVICE_ADD:
		return devices_add(tasks->devices, &task->device);
	case TASK_DEVICE_CHECK:
		return devices_check(tasks->devices, &task->device, task->ifindex);
	case TASK_JOIN:
		return group_change_make(change);
	case TASK_RULES:
		return firewall_put_back(tasks->firewall, -1);
	case TASK_SILENCE:
		return firewall_make_mortal(tasks->firewall, NULL, task->count, task->length);
	}
	return -EINVAL;
}

static void run_task_job(struct kernel_job *job)
{
	struct task_job *of = container_of(job, struct task_job, job);

	of->task.result = run_task(of->tasks, &of->task, &of->change);
}

static void run_removal(struct kernel_job *job)
{
	const struct device_job *of = container_of(job, struct device_job, job);

	devices_remove(of->devices, of->ifindex);
}

static void run_promotion(struct kernel_job *job)
{
	const struct device_job *of = container_of(job, struct device_job, job);

	devices_promote_secondaries(of->devices, of->ifindex, of->on);
}

static void run_query(struct kernel_job *job)
{
	const struct query_job *of = container_of(job, struct query_job, job);

	kernel_events_query_link(of->events, of->ifindex);
}

void kernel_tasks_close(struct kernel_tasks *tasks)
{
	free(tasks->taken);
	tasks->taken = NULL;
}

static struct task_job *new_task(struct kernel_tasks *tasks, const struct port_task *task)
{
	struct task_job *of = malloc(sizeof(*of));

	if (!of)
		return NULL;
	*of = (struct task_job){.job = {.run = run_task_job, .end = KERNEL_JOB_TASK},
		.tasks = tasks,
		.task = *task,
		.change.socket = -1};
	snprintf(of->name, sizeof(of->name), "%s", task->device.name ? task->device.name : "");
	snprintf(of->owner, sizeof(of->owner), "%s", task->device.owner ? task->device.owner : "");
	of->task.device.name = of->name;
	of->task.device.owner = of->owner;
	return of;
}

bool kernel_tasks_give(struct kernel_tasks *tasks, struct port_task *task)
{
	struct task_job *of = new_task(tasks, task);

	if (!of) {
		kernel_worker_finish(tasks->worker);
		task->result = run_task(tasks, task, NULL);
		return false;
	}
	if (kernel_worker_give(tasks->worker, &of->job))
		return true;
	task->result = of->task.result;
	task->device.parent_arp_ignore = of->task.device.parent_arp_ignore;
	task->device.parent_arp_announce = of->task.device.parent_arp_announce;
	free(of);
	return false;
}

const struct port_task *kernel_tasks_answer(struct kernel_tasks *tasks, bool wait)
{
	struct kernel_job *job;

	free(tasks->taken);
	tasks->taken = NULL;
	while ((job = kernel_worker_done(tasks->worker, wait)) != NULL) {
		struct task_job *of = container_of(job, struct task_job, job);

		if (of->task.type == TASK_JOIN)
			groups_joined(tasks->groups, &of->change, of->task.result);
		if (of->task.type != TASK_JOIN || (of->task.result != 0 && !of->change.leave)) {
			tasks->taken = of;
			return &of->task;
		}
		free(of);
	}
	return NULL;
}

static void change_device(struct kernel_tasks *tasks, void (*run)(struct kernel_job *), int ifindex, bool on)
{
	struct device_job here, *of = malloc(sizeof(*of));

	*(of ? of : &here) = (struct device_job){.job = {.run = run, .end = KERNEL_JOB_FORGOTTEN},
		.devices = tasks->devices,
		.ifindex = ifindex,
		.on = on};
	if (of) {
		kernel_worker_give(tasks->worker, &of->job);
		return;
	}
	kernel_worker_finish(tasks->worker);
	run(&here.job);
}

void kernel_tasks_remove_device(struct kernel_tasks *tasks, int ifindex)
{
	change_device(tasks, run_removal, ifindex, false);
}

void kernel_tasks_promote(struct kernel_tasks *tasks, int ifindex, bool on)
{
	change_device(tasks, run_promotion, ifindex, on);
}

/* 0: it is done, or will be: what goes wrong then is told; -errno. */
static int change_group(struct kernel_tasks *tasks, const struct group_change *change)
{
	const struct port_task task = {.type = TASK_JOIN, .ifindex = change->ifindex, .group = change->group};
	struct task_job *of;
	int error;

	if (change->socket < 0)
		return 0;
	of = new_task(tasks, &task);
	if (!of) {
		kernel_worker_finish(tasks->worker);
		error = group_change_make(change);
		groups_joined(tasks->groups, change, error);
		return error;
	}
	of->change = *change;
	if (!change->join)
		of->job.end = KERNEL_JOB_FORGOTTEN;
	if (kernel_worker_give(tasks->worker, &of->job) || !change->join)
		return 0;
	error = of->task.result;
	groups_joined(tasks->groups, change, error);
	free(of);
	return error;
}

int kernel_tasks_join(struct kernel_tasks *tasks, int ifindex, const struct ip_addr *group)
{
	struct group_change change;
	const int error = groups_join(tasks->groups, ifindex, group, &change);

	return error ? error : change_group(tasks, &change);
}

void kernel_tasks_leave(struct kernel_tasks *tasks, int ifindex, const struct ip_addr *group)
{
	const struct group_change change = groups_leave(tasks->groups, ifindex, group);

	change_group(tasks, &change);
}

int kernel_tasks_check_group(struct kernel_tasks *tasks, int ifindex, const struct ip_addr *group)
{
	struct group_change change;
	const int found = groups_check(tasks->groups, ifindex, group, &change);
	const int error = change_group(tasks, &change);

	return error ? error : found;
}

void kernel_tasks_query_link(struct kernel_tasks *tasks, struct kernel_events *events, int ifindex)
{
	struct query_job *of = malloc(sizeof(*of));

	if (!of)
		return;
	*of = (struct query_job){
		.job = {.run = run_query, .end = KERNEL_JOB_FORGOTTEN}, .events = events, .ifindex = ifindex};
	kernel_worker_give(tasks->worker, &of->job);
}
