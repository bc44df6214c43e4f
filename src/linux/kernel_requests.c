/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Batches of rtnetlink requests: see kernel_requests.h. */
#include "linux/kernel_requests.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "linux/kernel_message.h"

#define ANSWER_BUFFER 8192

int kernel_requests_open(struct kernel_requests *requests)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK};
	socklen_t size = sizeof(address);
	const int on = 1;
	int error;

	*requests = (struct kernel_requests){.sequence = 1};
	requests->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (requests->fd < 0)
		return -errno;
	if (bind(requests->fd, (struct sockaddr *)&address, size) < 0 ||
		getsockname(requests->fd, (struct sockaddr *)&address, &size) < 0) {
		error = -errno;
		kernel_requests_close(requests);
		return error;
	}
	requests->port = address.nl_pid;
	/* Small answers, and the kernel's reason in words: both only make life easier. */
	setsockopt(requests->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(requests->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	return 0;
}

void kernel_requests_close(struct kernel_requests *requests)
{
	if (requests->fd >= 0)
		close(requests->fd);
	requests->fd = -1;
}

static int copy_text(const struct nlattr *attribute, void *data)
{
	const size_t length = mnl_attr_get_payload_len(attribute);
	char *reason = data;

	if (mnl_attr_get_type(attribute) != NLMSGERR_ATTR_MSG || length == 0 || length > KERNEL_REASON_SIZE)
		return MNL_CB_OK;
	memcpy(reason, mnl_attr_get_payload(attribute), length);
	reason[length - 1] = '\0';
	return MNL_CB_STOP;
}

/* The text of an extended acknowledgement, or "". */
static void copy_reason(const struct nlmsghdr *answer, char reason[KERNEL_REASON_SIZE])
{
	const struct nlmsgerr *body = mnl_nlmsg_get_payload(answer);
	size_t offset = sizeof(*body);

	reason[0] = '\0';
	if (!(answer->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(answer->nlmsg_flags & NLM_F_CAPPED))
		offset += NLMSG_ALIGN(body->msg.nlmsg_len) - NLMSG_HDRLEN;
	mnl_attr_parse(answer, (unsigned)offset, copy_text, reason);
}

static void take_answer(struct kernel_batch *batch, const struct nlmsghdr *answer)
{
	const uint32_t place = answer->nlmsg_seq - batch->first;
	const struct nlmsgerr *body = mnl_nlmsg_get_payload(answer);
	struct kernel_op *op;

	if (answer->nlmsg_type != NLMSG_ERROR || mnl_nlmsg_get_payload_len(answer) < sizeof(*body) ||
		place >= batch->count)
		return;
	op = &batch->ops[place];
	op->error = kernel_op_is_done(op, body->error) ? 0 : body->error;
	if (op->error && batch->reason_count < KERNEL_REASONS_MAX) {
		batch->reasons[batch->reason_count].place = place;
		copy_reason(answer, batch->reasons[batch->reason_count].text);
		batch->reason_count++;
	}
	batch->complete |= place == batch->count - 1;
}

/* The kernel has answered by the time send() returns: what is not here now has been lost. */
static int read_answers(int fd, struct kernel_batch *batch)
{
	_Alignas(struct nlmsghdr) char buffer[ANSWER_BUFFER];

	while (!batch->complete) {
		ssize_t length = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
		const struct nlmsghdr *answer = (const struct nlmsghdr *)buffer;
		int left = (int)length;

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return errno == EAGAIN ? -ENOBUFS : -errno;
		for (; mnl_nlmsg_ok(answer, left); answer = mnl_nlmsg_next(answer, &left))
			take_answer(batch, answer);
	}
	return 0;
}

size_t kernel_batch_fill(
	struct kernel_requests *requests, struct kernel_batch *batch, const struct kernel_op *ops, size_t count)
{
	const size_t most = count < KERNEL_REQUESTS_BATCH ? count : KERNEL_REQUESTS_BATCH;
	struct nlmsghdr *request = NULL;

	batch->first = requests->sequence;
	batch->count = batch->length = batch->reason_count = 0;
	batch->complete = false;
	while (batch->count < most && batch->length < KERNEL_BATCH_BYTES) {
		struct kernel_op *op = &batch->ops[batch->count++];

		*op = *ops++;
		op->error = 0;
		request = (struct nlmsghdr *)(batch->bytes + batch->length);
		batch->length += kernel_message_request(op, requests->sequence++, request);
	}
	if (request)
		request->nlmsg_flags |= NLM_F_ACK;
	return batch->count;
}

void kernel_batch_run(int fd, struct kernel_batch *batch)
{
	ssize_t sent;
	int error;

	do
		sent = send(fd, batch->bytes, batch->length, MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	error = sent < 0 ? -errno : read_answers(fd, batch);
	if (!error)
		return;
	for (size_t i = 0; i < batch->count; i++)
		batch->ops[i].error = error;
	/* Told once. */
	batch->reasons[0].place = 0;
	batch->reasons[0].text[0] = '\0';
	batch->reason_count = 1;
}

void kernel_batch_report(const struct kernel_requests *requests, const struct kernel_batch *batch)
{
	for (size_t i = 0; requests->failed && i < batch->reason_count; i++)
		requests->failed(requests->user, &batch->ops[batch->reasons[i].place], batch->reasons[i].text);
}

void kernel_requests_run(struct kernel_requests *requests, struct kernel_op *ops, size_t count)
{
	struct kernel_batch *batch = &requests->batch;

	while (count > 0) {
		const size_t done = kernel_batch_fill(requests, batch, ops, count);

		kernel_batch_run(requests->fd, batch);
		for (size_t i = 0; i < done; i++)
			ops[i].error = batch->ops[i].error;
		kernel_batch_report(requests, batch);
		ops += done;
		count -= done;
	}
}
