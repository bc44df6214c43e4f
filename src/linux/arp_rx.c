/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ARP replies in: see arp_rx.h. */
#include "linux/arp_rx.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <net/ethernet.h>
#include <netpacket/packet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/arp.h"

#define ARP_OPERATION_OFFSET 6
#define ARP_BYTES 128

struct arp_ear {
	struct event_source source;
	struct arp_rx *rx;
	int ifindex;
	struct arp_ear *next;
};

static const struct sock_filter replies_only[] = {
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (uint32_t)SKF_NET_OFF + ARP_OPERATION_OFFSET),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARP_REPLY, 0, 3),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_AD_OFF + SKF_AD_PKTTYPE),
	BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, PACKET_MULTICAST, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, ARP_BYTES),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

void arp_rx_init(struct arp_rx *rx, struct event_loop *loop, arp_heard *heard, void *user)
{
	*rx = (struct arp_rx){.loop = loop, .heard = heard, .user = user};
}

static void ear_ready(void *user, uint32_t epoll_events)
{
	struct arp_ear *ear = user;
	uint8_t bytes[ARP_BYTES];
	ssize_t length;

	(void)epoll_events;
	/* One at a time: heard() may switch this very ear off. What is left wakes us again. */
	length = recv(ear->source.fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (length > 0)
		ear->rx->heard(ear->rx->user, ear->ifindex, bytes, (size_t)length);
}

static int open_socket(int ifindex)
{
	struct sock_fprog filter = {sizeof(replies_only) / sizeof(replies_only[0]),
		(struct sock_filter *)(uintptr_t)replies_only};
	struct sockaddr_ll here = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP), .sll_ifindex = ifindex};
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) == 0 &&
		bind(fd, (struct sockaddr *)&here, sizeof(here)) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

static int add_ear(struct arp_rx *rx, int ifindex)
{
	struct arp_ear *ear = calloc(1, sizeof(*ear));
	int error;

	if (!ear)
		return -ENOMEM;
	*ear = (struct arp_ear){.source = {.ready = ear_ready, .user = ear}, .rx = rx, .ifindex = ifindex};
	ear->source.fd = open_socket(ifindex);
	if (ear->source.fd < 0) {
		error = ear->source.fd;
		goto fail;
	}
	error = event_loop_add(rx->loop, &ear->source, EPOLLIN);
	if (error) {
		close(ear->source.fd);
		goto fail;
	}
	ear->next = rx->ears;
	rx->ears = ear;
	return 0;
fail:
	free(ear);
	return error;
}

static void remove_ear(struct arp_rx *rx, struct arp_ear **place)
{
	struct arp_ear *ear = *place;

	*place = ear->next;
	event_loop_remove(rx->loop, &ear->source);
	close(ear->source.fd);
	free(ear);
}

int arp_rx_set(struct arp_rx *rx, int ifindex, bool on)
{
	struct arp_ear **place = &rx->ears;

	while (*place && (*place)->ifindex != ifindex)
		place = &(*place)->next;
	if (on)
		return *place ? 0 : add_ear(rx, ifindex);
	if (*place)
		remove_ear(rx, place);
	return 0;
}

void arp_rx_close(struct arp_rx *rx)
{
	while (rx->ears)
		remove_ear(rx, &rx->ears);
}
