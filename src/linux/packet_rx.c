/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VRRP packets in by packet sockets: see packet_rx.h. */
#include "linux/packet_rx.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <net/ethernet.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "linux/receive_buffer.h"
#include "linux/thread.h"
#include "wire/vrrp.h"

#define IP_PROTOCOL_OFFSET 9
#define NEXT_HEADER_OFFSET 6
#define ON_ITS_WAY (50 * DUR_MS) /* a packet from its stamp to the sockets, at most: the kernel may leave it to a thread of its own */
#define BLOCK_IS_HANDED_OVER (12 * DUR_MS) /* at the latest: two timers of the kernel, each of a tick of 250 Hz, and a margin */
#define IPV6_DESTINATION_OFFSET 24

#define LOAD_BYTE(offset) BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_NET_OFF + (offset))
#define LOAD_WORD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_NET_OFF + (offset))
#define LOAD_PACKET_TYPE BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_AD_OFF + SKF_AD_PKTTYPE)
#define IF_EQUAL(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise)
#define IF_GREATER(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, value, then, otherwise)
#define TAKE BPF_STMT(BPF_RET | BPF_K, PACKET_RX_SIZE)
#define REFUSE BPF_STMT(BPF_RET | BPF_K, 0)

/*
 * VRRP, also behind an authentication header (RFC 2338). Frames for other hosts (promiscuous mode, unknown VLANs) and our own have packet
 * types above multicast.
 */
static const struct sock_filter vrrp_v4[] = {
	LOAD_BYTE(IP_PROTOCOL_OFFSET),
	IF_EQUAL(VRRP_IP_PROTOCOL, 4, 0),
	IF_EQUAL(IP_PROTOCOL_AH, 0, 6),
	/* The next header, behind an IP header of whatever length. */
	BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, (uint32_t)SKF_NET_OFF),
	BPF_STMT(BPF_LD | BPF_B | BPF_IND, (uint32_t)SKF_NET_OFF),
	IF_EQUAL(VRRP_IP_PROTOCOL, 0, 3),
	LOAD_PACKET_TYPE,
	IF_GREATER(PACKET_MULTICAST, 1, 0),
	TAKE,
	REFUSE,
};

/* What goes to the group is taken whatever its next header is: VRRP may stand behind extension headers, and a filter has
 * no loops to look. ff02::12, word by word. */
static const struct sock_filter vrrp_v6[] = {
	LOAD_BYTE(NEXT_HEADER_OFFSET),
	IF_EQUAL(VRRP_IP_PROTOCOL, 8, 0),
	LOAD_WORD(IPV6_DESTINATION_OFFSET),
	IF_EQUAL(0xff020000, 0, 9),
	LOAD_WORD(IPV6_DESTINATION_OFFSET + 4),
	IF_EQUAL(0, 0, 7),
	LOAD_WORD(IPV6_DESTINATION_OFFSET + 8),
	IF_EQUAL(0, 0, 5),
	LOAD_WORD(IPV6_DESTINATION_OFFSET + 12),
	IF_EQUAL(0x12, 0, 3),
	LOAD_PACKET_TYPE,
	IF_GREATER(PACKET_MULTICAST, 1, 0),
	TAKE,
	REFUSE,
};

static const struct {
	const struct sock_filter *filter;
	unsigned short length;
	uint16_t protocol;
} kinds[PACKET_RX_SOCKETS] = {
	{vrrp_v4, sizeof(vrrp_v4) / sizeof(vrrp_v4[0]), ETH_P_IP},
	{vrrp_v6, sizeof(vrrp_v6) / sizeof(vrrp_v6[0]), ETH_P_IPV6},
};

static int64_t wall_clock(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec * DUR_S + time.tv_nsec;
}

static int refuse_all(int fd)
{
	struct sock_filter refuse = REFUSE;
	struct sock_fprog filter = {1, &refuse};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0 ? -errno : 0;
}

static int configure(int fd, size_t kind, struct packet_ring *ring)
{
	struct sock_fprog filter = {kinds[kind].length, (struct sock_filter *)(uintptr_t)kinds[kind].filter};
	const int on = 1;
	int error;

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0)
		return -errno;
	if (ring) {
		error = packet_ring_open(ring, fd);
		if (error)
			return error;
	} else {
		receive_buffer_set(fd, 0, PACKET_RX_BUFFER);
	}
	return 0;
}

/* Only now does it receive: nothing has passed before the filter stood. */
static int listen_everywhere(int fd, size_t kind)
{
	struct sockaddr_ll everywhere = {
		.sll_family = AF_PACKET, .sll_protocol = htons(kinds[kind].protocol)};

	return bind(fd, (struct sockaddr *)&everywhere, sizeof(everywhere)) < 0 ? -errno : 0;
}

/* Deaf as yet. ring NULL: without one. */
static int open_one(size_t kind, struct packet_ring *ring)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error;

	if (fd < 0)
		return -errno;
	error = configure(fd, kind, ring);
	if (!error)
		return fd;
	if (ring)
		packet_ring_close(ring);
	close(fd);
	return error;
}

int packet_rx_open(struct packet_rx *rx)
{
	for (size_t i = 0; i < PACKET_RX_SOCKETS; i++)
		rx->fds[i] = rx->olds[i].fd = -1;
	for (size_t i = 0; i < PACKET_RX_SOCKETS; i++) {
		int error = open_one(i, NULL);

		if (error >= 0) {
			rx->fds[i] = error;
			error = listen_everywhere(rx->fds[i], i);
		}
		if (error < 0) {
			packet_rx_close(rx);
			return error;
		}
	}
	for (size_t i = 0; i < PACKET_RX_BATCH; i++) {
		rx->parts[i][0] = (struct iovec){rx->heads[i], PACKET_RX_HEAD};
		rx->parts[i][1] = (struct iovec){rx->bytes[i] + PACKET_RX_HEAD, PACKET_RX_SIZE - PACKET_RX_HEAD};
	}
	rx->used = PACKET_RX_BATCH;
	return 0;
}

/* The kernel begins to count anew. */
static uint64_t lost_by(int fd)
{
	unsigned came[2] = {0, 0}; /* struct tpacket_stats: packets, and those of them that found no room */
	socklen_t size = sizeof(came);

	return fd >= 0 && getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, came, &size) == 0 ? came[1] : 0;
}

uint64_t packet_rx_lost(struct packet_rx *rx)
{
	uint64_t lost = rx->lost;

	rx->lost = 0;
	for (size_t i = 0; i < PACKET_RX_SOCKETS; i++)
		lost += lost_by(rx->fds[i]);
	return lost;
}

/* The kernel waits until no processor uses it any more: some ten milliseconds, or some hundred. */
static void close_old(struct packet_rx_old *old)
{
	packet_ring_close(&old->ring);
	if (old->fd >= 0)
		thread_close(old->fd);
	old->fd = -1;
}

void packet_rx_close(struct packet_rx *rx)
{
	for (size_t i = 0; i < PACKET_RX_SOCKETS; i++) {
		struct packet_rx_coming *coming = &rx->coming[i];

		if (coming->under_way)
			pthread_join(coming->thread, NULL);
		if (coming->under_way && coming->fd >= 0) {
			packet_ring_close(&coming->ring);
			close(coming->fd);
		}
		coming->under_way = false;
		packet_ring_close(&rx->rings[i]);
		if (rx->fds[i] >= 0)
			close(rx->fds[i]);
		rx->fds[i] = -1;
		close_old(&rx->olds[i]);
	}
}

static bool replace(struct packet_rx *rx, size_t family, int fd, struct packet_ring ring)
{
	const mono_t now = mono_now();

	if (fd < 0)
		return false;
	if (listen_everywhere(fd, family) < 0) {
		packet_ring_close(&ring);
		thread_close(fd);
		return false;
	}
	rx->cuts[family] = wall_clock();
	rx->lost += lost_by(rx->fds[family]); /* what it loses from now on, the new one has */
	rx->olds[family] = (struct packet_rx_old){.fd = rx->fds[family],
		.ring = rx->rings[family],
		.alone_until = rx->rings[family].map ? mono_add(now, BLOCK_IS_HANDED_OVER) : now,
		.until = mono_add(now, ON_ITS_WAY)};
	rx->fds[family] = fd;
	rx->rings[family] = ring;
	return true;
}

bool packet_rx_switch(struct packet_rx *rx, size_t family, bool to_ring)
{
	struct packet_ring ring = {.map = NULL};

	if (rx->olds[family].fd >= 0 || to_ring == (rx->rings[family].map != NULL))
		return false;
	return replace(rx, family, open_one(family, to_ring ? &ring : NULL), ring);
}

static void *prepare(void *user)
{
	struct packet_rx_coming *coming = user;

	thread_be_ordinary();
	coming->fd = open_one(coming->family, &coming->ring);
	atomic_store_explicit(&coming->ready, true, memory_order_release);
	return NULL;
}

/* A ring takes the kernel as long as closing a socket does. */
static void want_ring(struct packet_rx *rx, size_t family, mono_t now)
{
	struct packet_rx_coming *coming = &rx->coming[family];

	if (coming->under_way || rx->olds[family].fd >= 0 || mono_before(now, coming->again_at))
		return;
	coming->again_at = mono_add(now, DUR_S);
	coming->family = family;
	coming->ring = (struct packet_ring){.map = NULL};
	atomic_store(&coming->ready, false);
	coming->under_way = thread_start(&coming->thread, prepare, coming);
}

static bool take_ring(struct packet_rx *rx, size_t family)
{
	struct packet_rx_coming *coming = &rx->coming[family];

	if (!coming->under_way || !atomic_load_explicit(&coming->ready, memory_order_acquire))
		return false;
	pthread_join(coming->thread, NULL);
	coming->under_way = false;
	return replace(rx, family, coming->fd, coming->ring);
}

bool packet_rx_adapt(struct packet_rx *rx, mono_t now)
{
	const bool over = mono_sub(now, rx->counted_since) >= DUR_S;
	const bool regular = mono_sub(now, rx->counted_since) < 2 * DUR_S;
	bool switched = false;

	for (size_t i = 0; i < PACKET_RX_SOCKETS; i++) {
		switched |= take_ring(rx, i);
		/* A storm is not waited for. */
		if (rx->taken[i] > PACKET_RX_RING_FROM && regular && !rx->rings[i].map)
			want_ring(rx, i, now);
		else if (over && rx->taken[i] < PACKET_RX_RING_UNTIL && rx->rings[i].map)
			switched |= packet_rx_switch(rx, i, false);
		if (over)
			rx->taken[i] = 0;
	}
	if (over)
		rx->counted_since = now;
	return switched;
}

/* On the wall clock; 0: not known. */
static int64_t receive_time(struct msghdr *header)
{
	struct timespec stamp;

	for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control;
		control = CMSG_NXTHDR(header, control)) {
		if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&stamp, CMSG_DATA(control), sizeof(stamp));
		return stamp.tv_sec * DUR_S + stamp.tv_nsec;
	}
	return 0;
}

static const uint8_t *in_one_piece(struct packet_rx *rx, int i, size_t length)
{
	if (length <= PACKET_RX_HEAD)
		return rx->heads[i];
	memcpy(rx->bytes[i], rx->heads[i], PACKET_RX_HEAD);
	return rx->bytes[i];
}

static int read_socket(struct packet_rx *rx, int fd, const struct turn_clock *clock)
{
	int count;

	for (int i = 0; i < rx->used; i++)
		rx->messages[i].msg_hdr = (struct msghdr){.msg_name = &rx->from[i],
			.msg_namelen = sizeof(rx->from[i]),
			.msg_iov = rx->parts[i],
			.msg_iovlen = 2,
			.msg_control = rx->controls[i],
			.msg_controllen = PACKET_RX_CONTROL_SIZE};
	do
		count = recvmmsg(fd, rx->messages, PACKET_RX_BATCH, MSG_DONTWAIT, NULL);
	while (count < 0 && errno == EINTR);
	rx->used = count < 0 ? 0 : count;
	if (count < 0)
		return errno == EAGAIN ? 0 : -errno;
	for (int i = 0; i < count; i++) {
		const struct sockaddr_ll *from = &rx->from[i];

		rx->stamps[i] = receive_time(&rx->messages[i].msg_hdr);
		rx->packets[i] = (struct engine_packet){.ifindex = from->sll_ifindex,
			.bytes = in_one_piece(rx, i, rx->messages[i].msg_len),
			.length = rx->messages[i].msg_len,
			.multicast = from->sll_pkttype == PACKET_MULTICAST,
			.received = turn_clock_received(clock, rx->stamps[i])};
		if (from->sll_halen == sizeof(rx->packets[i].source_mac.bytes))
			memcpy(rx->packets[i].source_mac.bytes, from->sll_addr,
				sizeof(rx->packets[i].source_mac.bytes));
	}
	return count;
}

static int read_any(struct packet_rx *rx, int fd, struct packet_ring *ring, const struct turn_clock *clock)
{
	return ring->map ? packet_ring_read(ring, rx->packets, rx->stamps, PACKET_RX_BATCH, clock) : read_socket(rx, fd, clock);
}

/* Those of the batch that were stamped after `after`, and not after `last`. How many that are. */
static int keep(struct packet_rx *rx, int count, int64_t after, int64_t last)
{
	int kept = 0;

	for (int i = 0; i < count; i++)
		if (rx->stamps[i] > after && rx->stamps[i] <= last) {
			rx->stamps[kept] = rx->stamps[i];
			rx->packets[kept++] = rx->packets[i];
		}
	return kept;
}

static int read_old(struct packet_rx *rx, size_t family, const struct turn_clock *clock)
{
	struct packet_rx_old *old = &rx->olds[family];
	int count, kept;

	if (!old->deaf && (rx->cuts[family] == 0 || mono_due(old->until, clock->now))) {
		refuse_all(old->fd);
		old->deaf = true;
		old->until = mono_add(clock->now, BLOCK_IS_HANDED_OVER);
	}
	do {
		count = read_any(rx, old->fd, &old->ring, clock);
		kept = keep(rx, count, INT64_MIN, rx->cuts[family] != 0 ? rx->cuts[family] : INT64_MAX);
	} while (count > 0 && kept == 0);
	if (count < 0 || (count == 0 && old->deaf && (!old->ring.map || mono_due(old->until, clock->now))))
		close_old(old);
	return kept;
}

static int read_new(struct packet_rx *rx, size_t family, const struct turn_clock *clock)
{
	int count, kept;

	do {
		count = kept = read_any(rx, rx->fds[family], &rx->rings[family], clock);
		if (rx->cuts[family] != 0 && count > 0)
			kept = keep(rx, count, rx->cuts[family], INT64_MAX);
	} while (count > 0 && kept == 0);
	/* All that both have heard is read. */
	if (count == 0 && rx->olds[family].fd < 0)
		rx->cuts[family] = 0;
	rx->goes_on[family] = count == PACKET_RX_BATCH || (count > 0 && rx->rings[family].map);
	return kept;
}

int packet_rx_read(struct packet_rx *rx, size_t family, const struct turn_clock *clock)
{
	const struct packet_rx_old *old = &rx->olds[family];
	int count = 0;

	/* No stamp can be compared with it any more: better some twice than none for an hour. */
	if (clock->stepped)
		rx->cuts[family] = 0;
	/* What came first is read first. */
	if (old->fd >= 0)
		count = read_old(rx, family, clock);
	rx->goes_on[family] = count > 0;
	if (count <= 0 && (old->fd < 0 || mono_due(old->alone_until, clock->now)))
		count = read_new(rx, family, clock);
	if (count > 0)
		rx->taken[family] += (uint32_t)count;
	return count;
}
