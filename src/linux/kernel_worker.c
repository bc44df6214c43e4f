/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel changes on a thread of their own: see kernel_worker.h. */
#include "linux/kernel_worker.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "linux/thread.h"
#include "linux/turn_clock.h"

#define BREATH_AFTER DUR_S /* a real-time thread that never waits is ended: RLIMIT_RTTIME */

/* Of the batch as many bytes as its messages take. */
struct kernel_job {
	struct kernel_job *next;
	struct kernel_batch batch;
};

static void append(struct kernel_jobs *jobs, struct kernel_job *job)
{
	job->next = NULL;
	*(jobs->last ? &jobs->last->next : &jobs->first) = job;
	jobs->last = job;
}

static struct kernel_job *take(struct kernel_jobs *jobs)
{
	struct kernel_job *job = jobs->first;

	if (!job)
		return NULL;
	jobs->first = job->next;
	if (!jobs->first)
		jobs->last = NULL;
	return job;
}

static void free_all(struct kernel_jobs *jobs)
{
	struct kernel_job *job;

	while ((job = take(jobs)) != NULL)
		free(job);
}

int kernel_worker_open(struct kernel_worker *worker, struct kernel_requests *requests)
{
	pthread_mutexattr_t inherits;
	pthread_condattr_t monotonic;

	*worker = (struct kernel_worker){.requests = requests};
	pthread_mutexattr_init(&inherits);
	pthread_mutexattr_setprotocol(&inherits, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&worker->lock, &inherits);
	pthread_mutexattr_destroy(&inherits);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&worker->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	worker->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return worker->event_fd < 0 ? -errno : 0;
}

static void tell(struct kernel_worker *worker)
{
	const uint64_t one = 1;

	(void)!write(worker->event_fd, &one, sizeof(one));
}

static void breathe(mono_t *since)
{
	const struct timespec moment = {0, 1000};
	const mono_t now = mono_now();

	if (mono_before(now, mono_add(*since, BREATH_AFTER)))
		return;
	*since = now;
	clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
}

static void *work(void *user)
{
	struct kernel_worker *worker = user;
	struct kernel_job *job;
	mono_t rested = mono_now();

	thread_stand_back();
	pthread_mutex_lock(&worker->lock);
	for (;;) {
		job = take(&worker->queue);
		if (!job && worker->ending)
			break;
		if (!job) {
			pthread_cond_wait(&worker->changed, &worker->lock);
			rested = mono_now();
			continue;
		}
		worker->busy = true;
		pthread_mutex_unlock(&worker->lock);
		kernel_batch_run(worker->requests->fd, &job->batch);
		breathe(&rested);
		pthread_mutex_lock(&worker->lock);
		worker->busy = false;
		append(&worker->done, job);
		if (worker->awaited)
			pthread_cond_broadcast(&worker->changed);
		else
			tell(worker);
	}
	pthread_mutex_unlock(&worker->lock);
	return NULL;
}

/* A copy, no longer than it has to be. */
static struct kernel_job *new_job(const struct kernel_batch *batch)
{
	const size_t length = offsetof(struct kernel_batch, bytes) + batch->length;
	struct kernel_job *job = malloc(offsetof(struct kernel_job, batch) + length);

	if (job)
		memcpy(&job->batch, batch, length);
	return job;
}

/* false: no memory. */
static bool make_jobs(struct kernel_requests *requests, const struct kernel_op *ops, size_t count, struct kernel_jobs *jobs)
{
	while (count > 0) {
		const size_t done = kernel_batch_fill(requests, &requests->batch, ops, count);
		struct kernel_job *job = new_job(&requests->batch);

		if (!job) {
			free_all(jobs);
			return false;
		}
		append(jobs, job);
		ops += done;
		count -= done;
	}
	return true;
}

static bool is_idle(const struct kernel_worker *worker)
{
	return !worker->queue.first && !worker->busy;
}

static struct timespec after(dur_t patience)
{
	const int64_t at = mono_add(mono_now(), patience).ns;

	return (struct timespec){(time_t)(at / DUR_S), (long)(at % DUR_S)};
}

/* With the lock. false: the time is over. */
static bool wait_until_idle(struct kernel_worker *worker, const struct timespec *end)
{
	int error = 0;

	worker->awaited = true;
	while (!error && !is_idle(worker))
		error = end ? pthread_cond_timedwait(&worker->changed, &worker->lock, end)
			    : pthread_cond_wait(&worker->changed, &worker->lock);
	worker->awaited = false;
	return is_idle(worker);
}

/* With the lock. What came of them, all of which are done. */
static void take_results(struct kernel_worker *worker, struct kernel_op *ops)
{
	struct kernel_job *job;

	while ((job = take(&worker->done)) != NULL) {
		for (size_t i = 0; i < job->batch.count; i++)
			(ops++)->error = job->batch.ops[i].error;
		kernel_batch_report(worker->requests, &job->batch);
		free(job);
	}
}

/* With the lock. */
static void enqueue(struct kernel_worker *worker, struct kernel_jobs *jobs)
{
	struct kernel_job *job;

	while ((job = take(jobs)) != NULL)
		append(&worker->queue, job);
	pthread_cond_broadcast(&worker->changed);
}

bool kernel_worker_run(struct kernel_worker *worker, struct kernel_op *ops, size_t count, dur_t patience)
{
	struct kernel_jobs jobs = {0};
	bool alone, later = true;

	if (!worker->running)
		worker->running = thread_start(&worker->thread, work, worker);
	if (!worker->running || !make_jobs(worker->requests, ops, count, &jobs)) {
		kernel_worker_finish(worker);
		kernel_requests_run(worker->requests, ops, count);
		return false;
	}
	pthread_mutex_lock(&worker->lock);
	alone = is_idle(worker) && !worker->done.first;
	enqueue(worker, &jobs);
	if (alone && patience > 0) {
		const struct timespec end = after(patience);

		later = !wait_until_idle(worker, &end);
		if (!later)
			take_results(worker, ops);
		else if (worker->done.first)
			tell(worker);
	}
	pthread_mutex_unlock(&worker->lock);
	return later;
}

const struct kernel_op *kernel_worker_answers(struct kernel_worker *worker, bool wait, size_t *count)
{
	uint64_t told;

	free(worker->taken);
	pthread_mutex_lock(&worker->lock);
	(void)!read(worker->event_fd, &told, sizeof(told));
	worker->awaited = true;
	while (wait && !worker->done.first && !is_idle(worker))
		pthread_cond_wait(&worker->changed, &worker->lock);
	worker->awaited = false;
	worker->taken = take(&worker->done);
	pthread_mutex_unlock(&worker->lock);
	if (!worker->taken)
		return NULL;
	kernel_batch_report(worker->requests, &worker->taken->batch);
	*count = worker->taken->batch.count;
	return worker->taken->batch.ops;
}

void kernel_worker_finish(struct kernel_worker *worker)
{
	pthread_mutex_lock(&worker->lock);
	if (!wait_until_idle(worker, NULL) || worker->done.first)
		tell(worker);
	pthread_mutex_unlock(&worker->lock);
}

void kernel_worker_close(struct kernel_worker *worker)
{
	if (worker->running) {
		pthread_mutex_lock(&worker->lock);
		worker->ending = true;
		pthread_cond_broadcast(&worker->changed);
		pthread_mutex_unlock(&worker->lock);
		pthread_join(worker->thread, NULL);
	}
	worker->running = false;
	if (worker->event_fd >= 0)
		close(worker->event_fd);
	worker->event_fd = -1;
	free(worker->taken);
	worker->taken = NULL;
	free_all(&worker->queue);
	free_all(&worker->done);
	pthread_mutex_destroy(&worker->lock);
	pthread_cond_destroy(&worker->changed);
}
