/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers of neighbours in: see neighbour_rx.h. */
#include "linux/neighbour_rx.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <net/ethernet.h>
#include <netpacket/packet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "linux/receive_buffer.h"
#include "linux/thread.h"
#include "wire/arp.h"
#include "wire/nd.h"

#define ARP_OPERATION_OFFSET 6
#define NEXT_HEADER_OFFSET 6
#define ICMPV6 58
#define ICMPV6_TYPE_OFFSET 40
#define ANSWER_BYTES 256

struct ear {
	struct event_source source;
	struct neighbour_rx *rx;
	int ifindex;
	enum ip_family family;
	uint32_t refused; /* of this socket, so far */
	struct ear *next;
};

static const struct sock_filter arp_replies[] = {
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (uint32_t)SKF_NET_OFF + ARP_OPERATION_OFFSET),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARP_REPLY, 0, 3),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_AD_OFF + SKF_AD_PKTTYPE),
	BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, PACKET_MULTICAST, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, ANSWER_BYTES),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

/* Nobody puts an extension header in front of an advertisement. */
static const struct sock_filter advertisements[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_NET_OFF + NEXT_HEADER_OFFSET),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMPV6, 0, 5),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_NET_OFF + ICMPV6_TYPE_OFFSET),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_ADVERTISEMENT, 0, 3),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_AD_OFF + SKF_AD_PKTTYPE),
	BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, PACKET_MULTICAST, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, ANSWER_BYTES),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

void neighbour_rx_init(struct neighbour_rx *rx, struct event_loop *loop, neighbour_heard *heard, void *user)
{
	*rx = (struct neighbour_rx){.loop = loop, .heard = heard, .user = user};
}

static void ear_ready(void *user, uint32_t epoll_events)
{
	struct ear *ear = user;
	uint8_t bytes[ANSWER_BYTES];
	ssize_t length;

	(void)epoll_events;
	/* One at a time: heard() may switch this very ear off. What is left wakes us again. */
	length = recv(ear->source.fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (length > 0)
		ear->rx->heard(ear->rx->user, ear->ifindex, ear->family, bytes, (size_t)length);
}

static struct sock_fprog filter_for(enum ip_family family)
{
	if (family == IP_V6)
		return (struct sock_fprog){sizeof(advertisements) / sizeof(advertisements[0]),
			(struct sock_filter *)(uintptr_t)advertisements};
	return (struct sock_fprog){
		sizeof(arp_replies) / sizeof(arp_replies[0]), (struct sock_filter *)(uintptr_t)arp_replies};
}

static int open_socket(int ifindex, enum ip_family family)
{
	struct sock_fprog filter = filter_for(family);
	struct sockaddr_ll here = {.sll_family = AF_PACKET,
		.sll_protocol = htons(family == IP_V6 ? ETH_P_IPV6 : ETH_P_ARP),
		.sll_ifindex = ifindex};
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

static int add_ear(struct neighbour_rx *rx, int ifindex, enum ip_family family)
{
	struct ear *ear = calloc(1, sizeof(*ear));
	int error;

	if (!ear)
		return -ENOMEM;
	*ear = (struct ear){
		.source = {.ready = ear_ready, .user = ear}, .rx = rx, .ifindex = ifindex, .family = family};
	ear->source.fd = open_socket(ifindex, family);
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

/* Its socket is to be closed. */
static int remove_ear(struct neighbour_rx *rx, struct ear **place)
{
	struct ear *ear = *place;
	const int fd = ear->source.fd;

	*place = ear->next;
	rx->lost += receive_buffer_refused(fd, &ear->refused);
	event_loop_remove(rx->loop, &ear->source);
	free(ear);
	return fd;
}

int neighbour_rx_set(struct neighbour_rx *rx, int ifindex, enum ip_family family, bool on)
{
	struct ear **place = &rx->ears;

	while (*place && ((*place)->ifindex != ifindex || (*place)->family != family))
		place = &(*place)->next;
	if (on)
		return *place ? 0 : add_ear(rx, ifindex, family);
	if (*place)
		thread_close(remove_ear(rx, place));
	return 0;
}

uint64_t neighbour_rx_lost(struct neighbour_rx *rx)
{
	uint64_t lost = rx->lost;

	rx->lost = 0;
	for (struct ear *ear = rx->ears; ear; ear = ear->next)
		lost += receive_buffer_refused(ear->source.fd, &ear->refused);
	return lost;
}

void neighbour_rx_close(struct neighbour_rx *rx)
{
	while (rx->ears)
		close(remove_ear(rx, &rx->ears));
}
