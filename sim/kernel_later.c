/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel that takes its time, for others hold its lock: what the process asks it for is done later, in the order in which it was asked,
 * and the process hears of it then. What a call may wait for is done at once, and takes no time.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/world.h"

#define TASK_PATIENCE DUR_MS

/* Operations, or a task of a device. */
struct kernel_job {
	struct kernel_job *next;
	bool done;
	bool is_task;
	size_t count;
	struct port_task task;
	char name[sizeof(((struct nic *)NULL)->name)]; /* of the task's device */
	struct kernel_op ops[];
};

static dur_t draw_delay(struct router *router)
{
	const dur_t spread = router->kernel_slowest - router->kernel_delay;

	return router->kernel_delay + (spread > 0 ? (dur_t)random_below(&router->world->random, (uint64_t)spread + 1) : 0);
}

static struct kernel_job *next_undone(const struct router *router)
{
	struct kernel_job *job = router->kernel_jobs;

	while (job != NULL && job->done)
		job = job->next;
	return job;
}

static bool run_next(struct router *router)
{
	struct kernel_job *job = next_undone(router);

	if (job == NULL)
		return false;
	if (job->is_task)
		port_run_task(&router->port, &job->task);
	else
		kernel_run(router, job->ops, job->count);
	job->done = true;
	return true;
}

void kernel_finish(struct router *router)
{
	while (run_next(router))
		;
}

static void work(struct world *world, struct router *router, uint64_t life)
{
	(void)world;
	if (router->life != life || router->process == PROCESS_NONE)
		return;
	run_next(router);
	router->kernel_answered = true;
	if (router->process == PROCESS_RUNS)
		router_kernel_answered(router);
}

/* true: it is done later. */
static bool give(struct router *router, struct kernel_job *job, dur_t delay)
{
	struct kernel_job **last = &router->kernel_jobs;
	mono_t at = mono_add(router->world->now, delay);

	while (*last != NULL)
		last = &(*last)->next;
	*last = job;
	/* One after the other. */
	if (mono_before(at, router->kernel_busy_until))
		at = router->kernel_busy_until;
	router->kernel_busy_until = at;
	call_later(router->world, router, mono_sub(at, router->world->now), work, router->life);
	return true;
}

static struct kernel_job *new_job(struct router *router, size_t count)
{
	struct kernel_job *job = calloc(1, sizeof(*job) + count * sizeof(job->ops[0]));

	if (job == NULL)
		router->world->out_of_memory = true;
	return job;
}

bool kernel_run_later(struct router *router, struct kernel_op *ops, size_t count, dur_t patience)
{
	const dur_t delay = draw_delay(router);
	struct kernel_job *job = NULL;

	if (router->kernel_jobs != NULL || delay > patience)
		job = new_job(router, count);
	if (job == NULL) {
		kernel_finish(router);
		kernel_run(router, ops, count);
		return false;
	}
	job->count = count;
	memcpy(job->ops, ops, count * sizeof(*ops));
	return give(router, job, delay);
}

bool kernel_task_later(struct router *router, struct port_task *task)
{
	const dur_t delay = draw_delay(router);
	struct kernel_job *job = NULL;

	if (router->kernel_jobs != NULL || delay > TASK_PATIENCE)
		job = new_job(router, 0);
	if (job == NULL) {
		kernel_finish(router);
		port_run_task(&router->port, task);
		return false;
	}
	job->is_task = true;
	job->task = *task;
	if (task->device.name != NULL)
		strncpy(job->name, task->device.name, sizeof(job->name) - 1);
	job->task.device.name = job->name;
	job->task.device.owner = "";
	return give(router, job, delay);
}

/* Out of the list; valid until the next call. */
static struct kernel_job *take_done(struct router *router, bool task, bool wait)
{
	struct kernel_job **at;

	free(router->kernel_job_taken);
	router->kernel_job_taken = NULL;
	do {
		at = &router->kernel_jobs;
		while (*at != NULL && (*at)->is_task != task)
			at = &(*at)->next;
	} while (wait && *at != NULL && !(*at)->done && run_next(router));
	if (*at == NULL || !(*at)->done)
		return NULL;
	router->kernel_job_taken = *at;
	*at = (*at)->next;
	return router->kernel_job_taken;
}

const struct kernel_op *kernel_take_answers(struct router *router, bool wait, size_t *count)
{
	const struct kernel_job *job = take_done(router, false, wait);

	if (job == NULL)
		return NULL;
	*count = job->count;
	return job->ops;
}

const struct port_task *kernel_take_task(struct router *router, bool wait)
{
	const struct kernel_job *job = take_done(router, true, wait);

	return job != NULL ? &job->task : NULL;
}

void kernel_forget_jobs(struct router *router)
{
	while (router->kernel_jobs != NULL) {
		struct kernel_job *job = router->kernel_jobs;

		router->kernel_jobs = job->next;
		free(job);
	}
	free(router->kernel_job_taken);
	router->kernel_job_taken = NULL;
	router->kernel_answered = false;
	router->kernel_busy_until = router->world->now;
}
