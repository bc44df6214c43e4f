/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames out by one packet socket: see packet_tx.h. */
#include "linux/packet_tx.h"

#include <errno.h>
#include <net/ethernet.h>
#include <netpacket/packet.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "linux/send_all.h"

int packet_tx_open(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

/* The source is no hardware address: a tunnel, PPP and the like. What follows is the packet alone. */
static bool has_no_ethernet(const struct port_frame *frame)
{
	static const uint8_t none[ETH_ALEN];

	return frame->length >= ETH_HLEN && memcmp(frame->bytes + ETH_ALEN, none, ETH_ALEN) == 0;
}

static void prepare(
	struct mmsghdr *message, struct iovec *part, struct sockaddr_ll *to, struct port_frame *frame)
{
	const size_t skip = has_no_ethernet(frame) ? ETH_HLEN : 0;

	*to = (struct sockaddr_ll){
		.sll_family = AF_PACKET, .sll_ifindex = frame->ifindex, .sll_halen = ETH_ALEN};
	if (frame->length >= ETH_HLEN) {
		memcpy(to->sll_addr, frame->bytes, ETH_ALEN);
		memcpy(&to->sll_protocol, frame->bytes + 2 * ETH_ALEN, sizeof(to->sll_protocol));
	}
	*part = (struct iovec){(void *)(uintptr_t)(frame->bytes + skip), frame->length - skip};
	*message = (struct mmsghdr){
		.msg_hdr = {.msg_name = to, .msg_namelen = sizeof(*to), .msg_iov = part, .msg_iovlen = 1}};
}

static void send_batch(int fd, struct port_frame *frames, size_t count)
{
	struct mmsghdr messages[PACKET_TX_BATCH];
	struct iovec parts[PACKET_TX_BATCH];
	struct sockaddr_ll to[PACKET_TX_BATCH];
	int errors[PACKET_TX_BATCH];

	for (size_t i = 0; i < count; i++)
		prepare(&messages[i], &parts[i], &to[i], &frames[i]);
	send_all(fd, messages, errors, count);
	for (size_t i = 0; i < count; i++)
		frames[i].error = errors[i];
}

void packet_tx_send(int socket, struct port_frame *frames, size_t count)
{
	while (count > 0) {
		size_t batch = count < PACKET_TX_BATCH ? count : PACKET_TX_BATCH;

		send_batch(socket, frames, batch);
		frames += batch;
		count -= batch;
	}
}
