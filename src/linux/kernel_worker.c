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

/* So that adverts are on time the caller waits for no more than this in any such window, whatever it asks for. */
#define WAIT_WINDOW (20 * DUR_MS)
#define WAIT_MOST (2 * DUR_MS)
#define TASK_PATIENCE (1 * DUR_MS)

/* Of the batch as many bytes as its messages take. */
struct batch_job {
	struct kernel_job job;
	int fd;
	struct kernel_batch batch;
};

static struct batch_job *batch_of(struct kernel_job *job)
{
	return (struct batch_job *)job;
}

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
	pthread_condattr_t monotonic;

	*worker = (struct kernel_worker){.requests = requests};
	thread_lock_init(&worker->lock);
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

static void run_batch(struct kernel_job *job)
{
	kernel_batch_run(batch_of(job)->fd, &batch_of(job)->batch);
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

/* With the lock. */
static bool has_answers(const struct kernel_worker *worker)
{
	return worker->done.first || worker->done_tasks.first;
}

/* With the lock. */
static void end_job(struct kernel_worker *worker, struct kernel_job *job)
{
	worker->busy = false;
	if (job->end == KERNEL_JOB_FORGOTTEN)
		free(job);
	else
		append(job->end == KERNEL_JOB_BATCH ? &worker->done : &worker->done_tasks, job);
	if (worker->awaited)
		pthread_cond_broadcast(&worker->changed);
	else if (has_answers(worker))
		tell(worker);
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
		job->run(job);
		breathe(&rested);
		pthread_mutex_lock(&worker->lock);
		end_job(worker, job);
	}
	pthread_mutex_unlock(&worker->lock);
	return NULL;
}

/* A copy, no longer than it has to be. */
static struct kernel_job *new_job(int fd, const struct kernel_batch *batch)
{
	const size_t length = offsetof(struct kernel_batch, bytes) + batch->length;
	struct batch_job *job = malloc(offsetof(struct batch_job, batch) + length);

	if (!job)
		return NULL;
	job->job = (struct kernel_job){.run = run_batch, .end = KERNEL_JOB_BATCH};
	job->fd = fd;
	memcpy(&job->batch, batch, length);
	return &job->job;
}

/* false: no memory. */
static bool make_jobs(struct kernel_requests *requests, const struct kernel_op *ops, size_t count, struct kernel_jobs *jobs)
{
	while (count > 0) {
		const size_t done = kernel_batch_fill(requests, &requests->batch, ops, count);
		struct kernel_job *job = new_job(requests->fd, &requests->batch);

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

static struct timespec timespec_of(mono_t at)
{
	return (struct timespec){(time_t)(at.ns / DUR_S), (long)(at.ns % DUR_S)};
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

/* The same, but for so long at most. */
static bool wait_a_moment(struct kernel_worker *worker, dur_t patience)
{
	const mono_t now = mono_now();
	struct timespec end;
	bool idle;

	if (mono_due(mono_add(worker->waited_since, WAIT_WINDOW), now)) {
		worker->waited_since = now;
		worker->waited = 0;
	}
	if (patience > WAIT_MOST - worker->waited)
		patience = WAIT_MOST - worker->waited;
	if (patience <= 0)
		return is_idle(worker);
	end = timespec_of(mono_add(now, patience));
	idle = wait_until_idle(worker, &end);
	worker->waited += mono_sub(mono_now(), now);
	return idle;
}

/* With the lock. What came of them, all of which are done. */
static void take_results(struct kernel_worker *worker, struct kernel_op *ops)
{
	struct batch_job *job;

	while ((job = batch_of(take(&worker->done))) != NULL) {
		worker->owed--;
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

	while ((job = take(jobs)) != NULL) {
		worker->owed += job->end != KERNEL_JOB_FORGOTTEN;
		append(&worker->queue, job);
	}
	pthread_cond_broadcast(&worker->changed);
}

static bool start(struct kernel_worker *worker)
{
	if (!worker->running)
		worker->running = thread_start(&worker->thread, work, worker);
	return worker->running;
}

bool kernel_worker_run(struct kernel_worker *worker, struct kernel_op *ops, size_t count, dur_t patience)
{
	struct kernel_jobs jobs = {0};
	bool alone, later = true;

	if (!start(worker) || !make_jobs(worker->requests, ops, count, &jobs)) {
		kernel_worker_finish(worker);
		kernel_requests_run(worker->requests, ops, count);
		return false;
	}
	pthread_mutex_lock(&worker->lock);
	alone = worker->owed == 0;
	enqueue(worker, &jobs);
	if (alone && patience > 0) {
		later = !wait_a_moment(worker, patience);
		if (!later)
			take_results(worker, ops);
		else if (worker->done.first)
			tell(worker);
	}
	pthread_mutex_unlock(&worker->lock);
	return later;
}

bool kernel_worker_give(struct kernel_worker *worker, struct kernel_job *job)
{
	struct kernel_jobs jobs = {0};
	bool alone, later = true;

	append(&jobs, job);
	if (!start(worker)) {
		kernel_worker_finish(worker);
		job->run(job);
		if (job->end == KERNEL_JOB_FORGOTTEN)
			free(job);
		return false;
	}
	pthread_mutex_lock(&worker->lock);
	alone = job->end == KERNEL_JOB_TASK && worker->owed == 0;
	enqueue(worker, &jobs);
	if (alone) {
		later = !wait_a_moment(worker, TASK_PATIENCE);
		if (!later && take(&worker->done_tasks))
			worker->owed--;
		else if (has_answers(worker))
			tell(worker);
	}
	pthread_mutex_unlock(&worker->lock);
	return later;
}

/* With the lock. */
static struct kernel_job *take_done(struct kernel_worker *worker, struct kernel_jobs *done, bool wait)
{
	struct kernel_job *job;

	worker->awaited = true;
	while (wait && !done->first && !is_idle(worker))
		pthread_cond_wait(&worker->changed, &worker->lock);
	worker->awaited = false;
	job = take(done);
	worker->owed -= job != NULL;
	return job;
}

const struct kernel_op *kernel_worker_answers(struct kernel_worker *worker, bool wait, size_t *count)
{
	uint64_t told;

	free(worker->taken);
	pthread_mutex_lock(&worker->lock);
	(void)!read(worker->event_fd, &told, sizeof(told));
	worker->taken = batch_of(take_done(worker, &worker->done, wait));
	pthread_mutex_unlock(&worker->lock);
	if (!worker->taken)
		return NULL;
	kernel_batch_report(worker->requests, &worker->taken->batch);
	*count = worker->taken->batch.count;
	return worker->taken->batch.ops;
}

struct kernel_job *kernel_worker_done(struct kernel_worker *worker, bool wait)
{
	struct kernel_job *job;

	pthread_mutex_lock(&worker->lock);
	job = take_done(worker, &worker->done_tasks, wait);
	pthread_mutex_unlock(&worker->lock);
	return job;
}

bool kernel_worker_is_idle(struct kernel_worker *worker)
{
	bool idle;

	pthread_mutex_lock(&worker->lock);
	idle = is_idle(worker);
	pthread_mutex_unlock(&worker->lock);
	return idle;
}

void kernel_worker_finish(struct kernel_worker *worker)
{
	pthread_mutex_lock(&worker->lock);
	if (!wait_until_idle(worker, NULL) || has_answers(worker))
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
	free_all(&worker->done_tasks);
	pthread_mutex_destroy(&worker->lock);
	pthread_cond_destroy(&worker->changed);
}
