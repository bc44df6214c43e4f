/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole IP packets out by raw sockets: see datagram_tx.h. */
#include "linux/datagram_tx.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "linux/send_all.h"
#include "wire/authentication.h"
#include "wire/vrrp.h"

/* A raw socket of this protocol takes and gives packets with their headers, and receives nothing. */
static int open_one(int family)
{
	const int on = 1;
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);

	if (fd < 0)
		return -errno;
	/* For IPv4 this comes with the header; for IPv6 it lets the kernel look for a route from that source. */
	setsockopt(fd, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6, family == AF_INET ? IP_FREEBIND : IPV6_FREEBIND,
		&on, sizeof(on));
	return fd;
}

int datagram_tx_open(struct datagram_tx *tx)
{
	tx->v4 = open_one(AF_INET);
	tx->v6 = open_one(AF_INET6);
	return tx->v4 < 0 ? tx->v4 : 0;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -EBADF;
}

void datagram_tx_close(struct datagram_tx *tx)
{
	close_one(&tx->v4);
	close_one(&tx->v6);
}

struct outgoing {
	struct iovec part;
	union {
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} to;
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

static void prepare_v4(struct msghdr *message, struct outgoing *out, const struct port_datagram *datagram)
{
	struct in_pktinfo info = {.ipi_ifindex = datagram->ifindex};
	struct cmsghdr *control;

	out->to.v4 = (struct sockaddr_in){.sin_family = AF_INET};
	memcpy(&out->to.v4.sin_addr, datagram->destination.bytes, 4);
	memcpy(&info.ipi_spec_dst, datagram->source.bytes, 4);
	message->msg_namelen = sizeof(out->to.v4);
	message->msg_controllen = CMSG_SPACE(sizeof(info));
	control = CMSG_FIRSTHDR(message);
	*control = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(sizeof(info)), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO};
	memcpy(CMSG_DATA(control), &info, sizeof(info));
}

static void prepare_v6(struct msghdr *message, struct outgoing *out, const struct port_datagram *datagram)
{
	struct in6_pktinfo info = {.ipi6_ifindex = (unsigned)datagram->ifindex};
	struct cmsghdr *control;

	out->to.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6};
	memcpy(&out->to.v6.sin6_addr, datagram->destination.bytes, 16);
	if (ip_is_link_local(&datagram->destination))
		out->to.v6.sin6_scope_id = (uint32_t)datagram->ifindex;
	memcpy(&info.ipi6_addr, datagram->source.bytes, 16);
	message->msg_namelen = sizeof(out->to.v6);
	message->msg_controllen = CMSG_SPACE(sizeof(info));
	control = CMSG_FIRSTHDR(message);
	*control = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(sizeof(info)), .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO};
	memcpy(CMSG_DATA(control), &info, sizeof(info));
}

static void prepare(struct mmsghdr *message, struct outgoing *out, const struct port_datagram *datagram)
{
	out->part = (struct iovec){(void *)(uintptr_t)datagram->bytes, datagram->length};
	*message = (struct mmsghdr){.msg_hdr = {.msg_name = &out->to,
					    .msg_iov = &out->part,
					    .msg_iovlen = 1,
					    .msg_control = out->control,
					    .msg_controllen = sizeof(out->control)}};
	if (datagram->destination.family == IP_V6)
		prepare_v6(&message->msg_hdr, out, datagram);
	else
		prepare_v4(&message->msg_hdr, out, datagram);
}

/* Of one family. */
static void send_batch(int fd, struct port_datagram *datagrams, size_t count)
{
	struct mmsghdr messages[DATAGRAM_TX_BATCH];
	struct outgoing outgoing[DATAGRAM_TX_BATCH];
	int errors[DATAGRAM_TX_BATCH];

	for (size_t i = 0; i < count; i++)
		prepare(&messages[i], &outgoing[i], &datagrams[i]);
	send_all(fd, messages, errors, count);
	for (size_t i = 0; i < count; i++)
		datagrams[i].error = errors[i];
}

void datagram_tx_send(const struct datagram_tx *tx, struct port_datagram *datagrams, size_t count)
{
	while (count > 0) {
		const uint8_t family = datagrams[0].destination.family;
		size_t batch = 1;

		while (batch < count && batch < DATAGRAM_TX_BATCH && datagrams[batch].destination.family == family)
			batch++;
		send_batch(family == IP_V6 ? tx->v6 : tx->v4, datagrams, batch);
		datagrams += batch;
		count -= batch;
	}
}

static int open_sink(int family, int protocol)
{
	const struct sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
	const struct sock_fprog filter = {1, (struct sock_filter *)(uintptr_t)nothing};
	const int off = 0;
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	int error;

	if (fd < 0)
		return -errno;
	/* Multicast adverts need no answer; let them not even come here. */
	setsockopt(fd, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
		family == AF_INET ? IP_MULTICAST_ALL : IPV6_MULTICAST_ALL, &off, sizeof(off));
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

int datagram_sinks_open(struct datagram_sinks *sinks)
{
	sinks->sockets[0] = open_sink(AF_INET, VRRP_IP_PROTOCOL);
	sinks->sockets[1] = open_sink(AF_INET, IP_PROTOCOL_AH);
	sinks->sockets[2] = open_sink(AF_INET6, VRRP_IP_PROTOCOL);
	return sinks->sockets[0] < 0 ? sinks->sockets[0] : 0;
}

void datagram_sinks_close(struct datagram_sinks *sinks)
{
	for (size_t i = 0; i < DATAGRAM_SINKS; i++)
		close_one(&sinks->sockets[i]);
}
