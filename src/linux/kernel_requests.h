/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes in the kernel: batches of rtnetlink requests on a socket of their own, with the result of each. The
 * kernel does the work inside send(), so a batch is kept to what takes well under a millisecond.
 */
#ifndef VIGIA_LINUX_KERNEL_REQUESTS_H
#define VIGIA_LINUX_KERNEL_REQUESTS_H

#include <stddef.h>
#include <stdint.h>

#include "engine/port.h"

#define KERNEL_REQUESTS_BATCH 32
#define KERNEL_REASON_SIZE 128

/* Called for every op that failed; reason: the kernel's own words, or "". */
typedef void kernel_request_failed(void *user, const struct kernel_op *op, const char *reason);

struct kernel_requests {
	int fd;
	uint32_t port; /* netlink port id: events that our own changes cause carry it */
	uint32_t sequence;
	kernel_request_failed *failed; /* may be NULL */
	void *user;
};

/* 0 or -errno. */
int kernel_requests_open(struct kernel_requests *requests);
void kernel_requests_close(struct kernel_requests *requests);
/* In order; each op's error is filled in. One that fails does not stop those behind it. */
void kernel_requests_run(struct kernel_requests *requests, struct kernel_op *ops, size_t count);

#endif
