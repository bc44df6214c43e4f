/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes in the kernel: batches of rtnetlink requests on a socket of their own, with the result of each. The
 * kernel does the work inside send(), so a batch is kept to what takes well under a millisecond.
 */
#ifndef VIGIA_LINUX_KERNEL_REQUESTS_H
#define VIGIA_LINUX_KERNEL_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/port.h"
#include "linux/kernel_message.h"

#define KERNEL_REQUESTS_BATCH 32
#define KERNEL_BATCH_BYTES (16u << 10)
#define KERNEL_REASON_SIZE 128
#define KERNEL_REASONS_MAX 4 /* failures of a batch that are told */

/* Called for every op that failed; reason: the kernel's own words, or "". */
typedef void kernel_request_failed(void *user, const struct kernel_op *op, const char *reason);

/* So many requests as the kernel is given at once. ops[i] has sequence number first + i; only the last asks for an
 * acknowledgement. */
struct kernel_batch {
	struct kernel_op ops[KERNEL_REQUESTS_BATCH];
	size_t count;
	uint32_t first;
	bool complete;
	struct {
		size_t place;
		char text[KERNEL_REASON_SIZE];
	} reasons[KERNEL_REASONS_MAX]; /* the first few failures */
	size_t reason_count;
	size_t length;
	_Alignas(struct nlmsghdr) char bytes[KERNEL_BATCH_BYTES + KERNEL_REQUEST_MAX];
};

struct kernel_requests {
	int fd;
	uint32_t port; /* netlink port id: events that our own changes cause carry it */
	uint32_t sequence;
	kernel_request_failed *failed; /* may be NULL */
	void *user;
	struct kernel_batch batch; /* of kernel_requests_run */
};

/* 0 or -errno. */
int kernel_requests_open(struct kernel_requests *requests);
void kernel_requests_close(struct kernel_requests *requests);
/* In order; each op's error is filled in. One that fails does not stop those behind it. */
void kernel_requests_run(struct kernel_requests *requests, struct kernel_op *ops, size_t count);

/* The same in parts. As many as there is room for, at least one, are copied, and made into messages; that many. What ops point to
 * must stay until the report. */
size_t kernel_batch_fill(
	struct kernel_requests *requests, struct kernel_batch *batch, const struct kernel_op *ops, size_t count);
/* On the socket of the requests, by whatever thread: nothing else is touched. Each op's error is filled in. */
void kernel_batch_run(int fd, struct kernel_batch *batch);
void kernel_batch_report(const struct kernel_requests *requests, const struct kernel_batch *batch);

#endif
