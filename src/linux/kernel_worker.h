/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Batches of rtnetlink requests, and tasks, on a thread of their own. The kernel does the work inside send(), under a lock that all
 * who change networks on the machine share, in whatever namespace: a single request can wait there for a tenth of a second. The
 * thread starts with the first of them, and touches nothing but batches, tasks and the socket. One order for all; who uses in another
 * thread what they use waits first until it is idle.
 */
#ifndef VIGIA_LINUX_KERNEL_WORKER_H
#define VIGIA_LINUX_KERNEL_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/time.h"
#include "linux/kernel_requests.h"

/* Something to be done on the thread: the head of what it needs. */
struct kernel_job {
	struct kernel_job *next;
	void (*run)(struct kernel_job *job); /* on the thread */
	enum kernel_job_end {
		KERNEL_JOB_FORGOTTEN, /* nobody asks what came of it: freed on the thread */
		KERNEL_JOB_BATCH,
		KERNEL_JOB_TASK, /* kernel_worker_done has it */
	} end;
};

struct batch_job;

struct kernel_jobs {
	struct kernel_job *first;
	struct kernel_job *last;
};

struct kernel_worker {
	struct kernel_requests *requests;
	int event_fd; /* readable when there are answers */
	pthread_t thread;
	bool running;
	struct batch_job *taken; /* whose answers the caller has */
	mono_t waited_since; /* in some milliseconds from then... */
	dur_t waited; /* ...the caller has waited so long for the thread */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Under the lock. */
	struct kernel_jobs queue;
	struct kernel_jobs done; /* batches */
	struct kernel_jobs done_tasks;
	size_t owed; /* answers that the caller has not taken yet */
	bool busy;
	bool awaited; /* the caller waits, and needs no event */
	bool ending;
};

/* 0 or -errno. requests must stay, and are the worker's from now on, but for times when it is idle. */
int kernel_worker_open(struct kernel_worker *worker, struct kernel_requests *requests);
/* Ends the thread, when all is done. */
void kernel_worker_close(struct kernel_worker *worker);
/* Like kernel_requests_run, but waits no longer than `patience`, and not at all behind what is not done yet. false: all are done; true:
 * later, and kernel_worker_answers has them. Without memory or a thread: as long as it takes. */
bool kernel_worker_run(struct kernel_worker *worker, struct kernel_op *ops, size_t count, dur_t patience);
/* To be asked first, and then kernel_worker_done: the event is over. The next few that were done later, in their order, with their errors; valid until the next call. NULL: none. wait: until there is one,
 * or nothing more to come. */
const struct kernel_op *kernel_worker_answers(struct kernel_worker *worker, bool wait, size_t *count);
/* job: malloc'd. It becomes the worker's, and is freed when it was run, or it is KERNEL_JOB_TASK: false: it was run within a moment, and
 * is the caller's again; true: later. Without a thread: as long as it takes. */
bool kernel_worker_give(struct kernel_worker *worker, struct kernel_job *job);
/* The next task that was done later; it is the caller's again. NULL: none. wait: until there is one, or nothing more to come. */
struct kernel_job *kernel_worker_done(struct kernel_worker *worker, bool wait);
bool kernel_worker_is_idle(struct kernel_worker *worker); /* answers may still be to be had */
/* Waits until nothing is to be done any more; answers are still to be had. */
void kernel_worker_finish(struct kernel_worker *worker);

#endif
