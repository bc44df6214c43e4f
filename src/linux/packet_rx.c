/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VRRP packets in by one packet socket: see packet_rx.h. */
#include "linux/packet_rx.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <net/ethernet.h>
#include <string.h>
#include <unistd.h>

#include "wire/vrrp.h"

#define RECEIVE_BUFFER (4 << 20) /* some 5,000 adverts: half a second of a thousand routers at 10 ms each */
#define IP_PROTOCOL_OFFSET 9
#define IP_DESTINATION_OFFSET 16
#define IP_PROTOCOL_AH 51
#define VRRP_GROUP 0xe0000012 /* 224.0.0.18 */

/*
 * Adverts behind an authentication header (RFC 2338) come in to be counted as dropped: without that nothing would tell
 * why two routers are both master. Frames for other hosts (promiscuous mode, unknown VLANs) and our own have packet
 * types above multicast.
 */
static const struct sock_filter vrrp_only[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_NET_OFF + IP_PROTOCOL_OFFSET),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, VRRP_IP_PROTOCOL, 3, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IP_PROTOCOL_AH, 0, 5),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_NET_OFF + IP_DESTINATION_OFFSET),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, VRRP_GROUP, 0, 3),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_AD_OFF + SKF_AD_PKTTYPE),
	BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, PACKET_MULTICAST, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, PACKET_RX_SIZE),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

static int configure(int fd)
{
	struct sock_fprog filter = {
		sizeof(vrrp_only) / sizeof(vrrp_only[0]), (struct sock_filter *)(uintptr_t)vrrp_only};
	struct sockaddr_ll everywhere = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP)};
	const int on = 1;
	const int size = RECEIVE_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	/* Only now does it receive: nothing has passed before the filter stood. */
	if (bind(fd, (struct sockaddr *)&everywhere, sizeof(everywhere)) < 0)
		return -errno;
	return 0;
}

int packet_rx_open(struct packet_rx *rx)
{
	int error;

	rx->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (rx->fd < 0)
		return -errno;
	error = configure(rx->fd);
	if (error) {
		packet_rx_close(rx);
		return error;
	}
	for (size_t i = 0; i < PACKET_RX_BATCH; i++)
		rx->parts[i] = (struct iovec){rx->bytes[i], PACKET_RX_SIZE};
	rx->used = PACKET_RX_BATCH;
	return 0;
}

void packet_rx_close(struct packet_rx *rx)
{
	if (rx->fd >= 0)
		close(rx->fd);
	rx->fd = -1;
}

static mono_t receive_time(struct msghdr *header, const struct turn_clock *clock)
{
	struct timespec stamp;

	for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control;
		control = CMSG_NXTHDR(header, control)) {
		if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&stamp, CMSG_DATA(control), sizeof(stamp));
		return turn_clock_received(clock, &stamp);
	}
	return clock->now;
}

int packet_rx_read(struct packet_rx *rx, const struct turn_clock *clock)
{
	int count;

	for (int i = 0; i < rx->used; i++)
		rx->messages[i].msg_hdr = (struct msghdr){.msg_name = &rx->from[i],
			.msg_namelen = sizeof(rx->from[i]),
			.msg_iov = &rx->parts[i],
			.msg_iovlen = 1,
			.msg_control = rx->controls[i],
			.msg_controllen = PACKET_RX_CONTROL_SIZE};
	do
		count = recvmmsg(rx->fd, rx->messages, PACKET_RX_BATCH, MSG_DONTWAIT, NULL);
	while (count < 0 && errno == EINTR);
	rx->used = count < 0 ? 0 : count;
	if (count < 0)
		return errno == EAGAIN ? 0 : -errno;
	for (int i = 0; i < count; i++)
		rx->packets[i] = (struct engine_packet){.ifindex = rx->from[i].sll_ifindex,
			.bytes = rx->bytes[i],
			.length = rx->messages[i].msg_len,
			.received = receive_time(&rx->messages[i].msg_hdr, clock)};
	return count;
}
