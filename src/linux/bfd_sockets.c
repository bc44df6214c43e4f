/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UDP for BFD: see bfd_sockets.h. */
#include "linux/bfd_sockets.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "linux/receive_buffer.h"
#include "wire/bfd.h"

#define FIRST_SOURCE_PORT 49152u /* RFC 5881 section 4 */
#define SOURCE_PORTS (65536u - FIRST_SOURCE_PORT)
#define TRAFFIC_CLASS 0xc0 /* CS6, as adverts */
#define READ_BATCH 64 /* packets of one turn; those that are left wake us again */
#define PACKET_ROOM 256 /* of a longer one the rest is of no interest */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static uint16_t port_of(bool multihop)
{
	return multihop ? BFD_MULTIHOP_PORT : BFD_PORT;
}

/* address IP_NONE: any. */
static socklen_t fill(union address *out, enum ip_family family, const struct ip_addr *address, uint16_t port)
{
	memset(out, 0, sizeof(*out));
	if (family == IP_V6) {
		out->v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
		if (ip_is_set(address))
			memcpy(&out->v6.sin6_addr, address->bytes, 16);
		return sizeof(out->v6);
	}
	out->v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
	if (ip_is_set(address))
		memcpy(&out->v4.sin_addr, address->bytes, 4);
	return sizeof(out->v4);
}

static int open_udp(enum ip_family family)
{
	int fd = socket(family == IP_V6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int on = 1;

	if (fd < 0)
		return -errno;
	if (family == IP_V6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

static struct ip_addr source_of(const union address *from)
{
	if (from->any.sa_family == AF_INET6)
		return ip_v6_from(from->v6.sin6_addr.s6_addr);
	return ip_v4_from((const uint8_t *)&from->v4.sin_addr);
}

/* TTL or hop limit, and the interface. */
static void read_control(struct msghdr *message, struct engine_bfd_packet *packet)
{
	for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control;
		control = CMSG_NXTHDR(message, control)) {
		struct in_pktinfo v4;
		struct in6_pktinfo v6;

		if ((control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_TTL) ||
			(control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_HOPLIMIT)) {
			memcpy(&packet->hops, CMSG_DATA(control), sizeof(packet->hops));
		} else if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
			memcpy(&v4, CMSG_DATA(control), sizeof(v4));
			packet->ifindex = v4.ipi_ifindex;
		} else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
			memcpy(&v6, CMSG_DATA(control), sizeof(v6));
			packet->ifindex = (int)v6.ipi6_ifindex;
		}
	}
}

static bool read_one(struct bfd_ear *ear)
{
	uint8_t bytes[PACKET_ROOM];
	_Alignas(struct cmsghdr)
		uint8_t control[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct in6_pktinfo))];
	union address from = {.any.sa_family = AF_UNSPEC};
	struct iovec part = {bytes, sizeof(bytes)};
	struct msghdr message = {.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	struct engine_bfd_packet packet = {.hops = -1, .multihop = ear->multihop, .bytes = bytes};
	ssize_t length = recvmsg(ear->source.fd, &message, MSG_DONTWAIT);

	if (length < 0)
		return errno == EINTR;
	packet.length = (size_t)length;
	packet.source = source_of(&from);
	read_control(&message, &packet);
	ear->sockets->heard(ear->sockets->user, &packet);
	return true;
}

static void ear_ready(void *user, uint32_t epoll_events)
{
	struct bfd_ear *ear = user;

	(void)epoll_events;
	for (unsigned i = 0; i < READ_BATCH && ear->source.fd >= 0; i++)
		if (!read_one(ear))
			return;
}

static int set_up_ear(struct bfd_ear *ear, int fd)
{
	const int on = 1;
	union address address;
	socklen_t size = fill(&address, ear->family, &(struct ip_addr){0}, port_of(ear->multihop));
	int level = ear->family == IP_V6 ? IPPROTO_IPV6 : IPPROTO_IP;

	if (setsockopt(fd, level, ear->family == IP_V6 ? IPV6_RECVHOPLIMIT : IP_RECVTTL, &on, sizeof(on)) !=
			0 ||
		setsockopt(fd, level, ear->family == IP_V6 ? IPV6_RECVPKTINFO : IP_PKTINFO, &on,
			sizeof(on)) != 0 ||
		bind(fd, &address.any, size) != 0)
		return -errno;
	ear->source = (struct event_source){fd, ear_ready, ear};
	return event_loop_add(ear->sockets->loop, &ear->source, EPOLLIN);
}

static int open_ear(struct bfd_ear *ear)
{
	int fd = open_udp(ear->family), error;

	if (fd < 0)
		return fd;
	error = set_up_ear(ear, fd);
	if (error != 0) {
		ear->source.fd = -1;
		close(fd);
	}
	return error;
}

static void close_ear(struct bfd_ear *ear)
{
	if (ear->source.fd < 0)
		return;
	event_loop_remove(ear->sockets->loop, &ear->source);
	ear->sockets->lost += receive_buffer_refused(ear->source.fd, &ear->refused);
	ear->refused = 0;
	close(ear->source.fd);
	ear->source.fd = -1;
}

static struct bfd_ear *ear_of(struct bfd_sockets *sockets, const struct bfd_config *config)
{
	return &sockets->ears[(config->neighbor.family == IP_V6 ? 2 : 0) + (config->multihop ? 1 : 0)];
}

void bfd_sockets_init(struct bfd_sockets *sockets, struct event_loop *loop, bfd_heard *heard, void *user)
{
	*sockets = (struct bfd_sockets){.loop = loop,
		.heard = heard,
		.user = user,
		.next_port = (uint16_t)((unsigned)getpid() % SOURCE_PORTS)};
	for (size_t i = 0; i < BFD_KINDS; i++)
		sockets->ears[i] = (struct bfd_ear){.source.fd = -1,
			.sockets = sockets,
			.family = i / 2 != 0 ? IP_V6 : IP_V4,
			.multihop = i % 2 != 0};
}

void bfd_sockets_close(struct bfd_sockets *sockets)
{
	for (size_t i = 0; i < BFD_KINDS && sockets->loop != NULL; i++)
		close_ear(&sockets->ears[i]);
}

uint64_t bfd_sockets_lost(struct bfd_sockets *sockets)
{
	uint64_t lost = sockets->lost;

	sockets->lost = 0;
	for (size_t i = 0; i < BFD_KINDS; i++)
		lost += receive_buffer_refused(sockets->ears[i].source.fd, &sockets->ears[i].refused);
	return lost;
}

/* To the next source port that is free: two sessions share none, whatever their addresses. */
static int bind_source(struct bfd_sockets *sockets, int fd, const struct bfd_config *config)
{
	/* With an interface the source stands beside each packet. */
	const struct ip_addr source = config->interface ? (struct ip_addr){0} : config->source;

	for (unsigned tries = 0; tries < SOURCE_PORTS; tries++) {
		union address address;
		uint16_t port = (uint16_t)(FIRST_SOURCE_PORT + sockets->next_port++ % SOURCE_PORTS);
		socklen_t size = fill(&address, config->neighbor.family, &source, port);

		if (bind(fd, &address.any, size) == 0)
			return 0;
		if (errno != EADDRINUSE)
			return -errno;
	}
	return -EADDRINUSE;
}

static int set_up_sender(struct bfd_sockets *sockets, int fd, const struct bfd_config *config)
{
	const struct sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
	const struct sock_fprog filter = {1, (struct sock_filter *)(uintptr_t)nothing};
	const int on = 1, hops = config->ttl, class = TRAFFIC_CLASS;
	bool v6 = config->neighbor.family == IP_V6;
	int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;

	/* The address may come later. */
	if (setsockopt(fd, level, v6 ? IPV6_FREEBIND : IP_FREEBIND, &on, sizeof(on)) != 0 ||
		setsockopt(fd, level, v6 ? IPV6_UNICAST_HOPS : IP_TTL, &hops, sizeof(hops)) != 0 ||
		setsockopt(fd, level, v6 ? IPV6_TCLASS : IP_TOS, &class, sizeof(class)) != 0 ||
		setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) != 0)
		return -errno;
	return bind_source(sockets, fd, config);
}

int bfd_sockets_session_open(struct bfd_sockets *sockets, const struct bfd_config *config)
{
	struct bfd_ear *ear = ear_of(sockets, config);
	int fd, error = ear->source.fd < 0 ? open_ear(ear) : 0;

	if (error != 0)
		return error;
	ear->sessions++;
	fd = open_udp(config->neighbor.family);
	error = fd < 0 ? fd : set_up_sender(sockets, fd, config);
	if (error != 0)
		bfd_sockets_session_close(sockets, fd, config);
	return error != 0 ? error : fd;
}

void bfd_sockets_session_close(struct bfd_sockets *sockets, int fd, const struct bfd_config *config)
{
	struct bfd_ear *ear = ear_of(sockets, config);

	if (fd >= 0)
		close(fd);
	if (--ear->sessions == 0)
		close_ear(ear);
}

/* The interface, and with it the source: a socket that is bound to a link-local address would stick to one index. */
static void put_control(struct msghdr *message, const struct bfd_config *config, int ifindex)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	bool v6 = config->neighbor.family == IP_V6;
	struct in_pktinfo four = {.ipi_ifindex = ifindex};
	struct in6_pktinfo six = {.ipi6_ifindex = (unsigned)ifindex};

	memcpy(&four.ipi_spec_dst, config->source.bytes, sizeof(four.ipi_spec_dst));
	memcpy(&six.ipi6_addr, config->source.bytes, sizeof(six.ipi6_addr));
	control->cmsg_level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	control->cmsg_type = v6 ? IPV6_PKTINFO : IP_PKTINFO;
	control->cmsg_len = v6 ? CMSG_LEN(sizeof(six)) : CMSG_LEN(sizeof(four));
	memcpy(CMSG_DATA(control), v6 ? (void *)&six : &four, v6 ? sizeof(six) : sizeof(four));
	message->msg_controllen = v6 ? CMSG_SPACE(sizeof(six)) : CMSG_SPACE(sizeof(four));
}

int bfd_sockets_send(int fd, const struct bfd_config *config, int ifindex, const uint8_t *bytes, size_t length)
{
	union address to;
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct in6_pktinfo))] = {0};
	struct iovec part = {(void *)(uintptr_t)bytes, length};
	struct msghdr message = {.msg_name = &to, .msg_iov = &part, .msg_iovlen = 1};

	message.msg_namelen =
		fill(&to, config->neighbor.family, &config->neighbor, port_of(config->multihop));
	if (ifindex != 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		put_control(&message, config, ifindex);
	}
	return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}
