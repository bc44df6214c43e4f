/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames out and in over a cable between two interfaces of one namespace, and ARP replies. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <net/ethernet.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include <unistd.h>

#include "linux/datagram_tx.h"
#include "linux/neighbour_rx.h"
#include "linux/packet_rx.h"
#include "linux/receive_buffer.h"
#include "linux/packet_tx.h"
#include "namespace.h"
#include "wire/nd.h"
#include "wire/vrrp.h"

#define LEFT 100
#define RIGHT 101
#define WAIT_MS 5000

static int transmitter;
static struct packet_rx receiver;

/* An Ethernet frame with an IPv4 header and one octet that tells frames apart. */
static size_t make_frame(uint8_t *frame, const uint8_t to[6], uint8_t protocol, uint8_t mark)
{
	static const uint8_t header[] = {0x02, 0, 0, 0, 0, 1, 0x08, 0x00, 0x45, 0xc0, 0, 21, 0, 0, 0, 0, 255};

	memset(frame, 0, 60);
	memcpy(frame, to, 6);
	memcpy(frame + 6, header, sizeof(header));
	frame[23] = protocol;
	frame[34] = mark;
	return 60;
}

static const uint8_t group_mac[6] = {0x01, 0x00, 0x5e, 0, 0, 0x12};
static const uint8_t right_mac[6] = {0x02, 0, 0, 0, 0, 2};
static const uint8_t strange_mac[6] = {0x02, 0, 0, 0, 0, 9};

static int read_some(struct turn_clock *clock)
{
	struct pollfd waiting = {.fd = receiver.fds[0], .events = POLLIN};

	assert_int_equal(poll(&waiting, 1, WAIT_MS), 1);
	turn_clock_read(clock);
	return packet_rx_read(&receiver, 0, clock);
}

/* On a busy machine frames come one by one. For the first frames after the socket was opened. */
static void wait_until_received(unsigned wanted)
{
	const mono_t patience = mono_add(mono_now(), WAIT_MS * DUR_MS);
	unsigned came[2]; /* struct tpacket_stats: frames, and those of them that found no room */
	socklen_t size = sizeof(came);
	unsigned have = 0;

	while (have < wanted) {
		assert_true(mono_before(mono_now(), patience));
		assert_int_equal(getsockopt(receiver.fds[0], SOL_PACKET, PACKET_STATISTICS, came, &size), 0);
		have += came[0];
		sched_yield();
	}
	assert_int_equal(have, wanted);
}

/* covers: IPH-13 */
static void only_vrrp_for_us_is_heard(void **state)
{
	uint8_t bytes[7][60];
	struct port_frame frames[7];
	struct turn_clock clock = {0};
	mono_t before = mono_now();

	(void)state;
	make_frame(bytes[0], group_mac, 17, 0);
	make_frame(bytes[1], strange_mac, 112, 1);
	make_frame(bytes[2], group_mac, 112, 2);
	make_frame(bytes[3], right_mac, 112, 3);
	make_frame(bytes[4], group_mac, 112, 4);
	/* behind an authentication header: VRRP, and something else */
	make_frame(bytes[5], right_mac, 51, 112);
	make_frame(bytes[6], group_mac, 51, 6);
	for (size_t i = 0; i < 7; i++)
		frames[i] = (struct port_frame){LEFT, bytes[i], 60, 1};
	packet_tx_send(transmitter, frames, 7);
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(frames[i].error, 0);

	wait_until_received(4);
	assert_int_equal(read_some(&clock), 4);
	for (uint8_t i = 0; i < 4; i++) {
		const struct engine_packet *packet = &receiver.packets[i];

		assert_int_equal(packet->ifindex, RIGHT);
		assert_int_equal(packet->length, 46);
		assert_int_equal(packet->bytes[9], i < 3 ? 112 : 51);
		assert_int_equal(packet->bytes[20], i < 3 ? i + 2 : 112);
		assert_false(mono_before(clock.now, packet->received));
		assert_true(mono_sub(packet->received, before) > -10 * DUR_MS);
	}
	assert_int_equal(packet_rx_read(&receiver, 0, &clock), 0);
}

/* Whatever its length, in one piece, and its neighbours with it. */
static void long_packets_are_whole(void **state)
{
	static const size_t lengths[] = {60, 14 + PACKET_RX_HEAD, 15 + PACKET_RX_HEAD, 1400, 60};
	uint8_t bytes[5][1400];
	struct port_frame frames[5];
	struct turn_clock clock = {0};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		for (size_t k = 60; k < lengths[i]; k++)
			bytes[i][k] = (uint8_t)(k * 7 + i);
		make_frame(bytes[i], group_mac, 112, (uint8_t)i);
		frames[i] = (struct port_frame){LEFT, bytes[i], (uint32_t)lengths[i], 1};
	}
	packet_tx_send(transmitter, frames, 5);
	wait_until_received(5);
	assert_int_equal(read_some(&clock), 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(receiver.packets[i].length, lengths[i] - 14);
		assert_memory_equal(receiver.packets[i].bytes, bytes[i] + 14, lengths[i] - 14);
	}
}

/* The kernel speaks IPv6 on the cable, too: what it says of itself must not come in. */
static size_t make_ipv6_frame(
	uint8_t *frame, const uint8_t to[6], uint8_t next_header, uint8_t group, uint8_t mark)
{
	static const uint8_t header[] = {0x02, 0, 0, 0, 0, 1, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 8};

	memset(frame, 0, 62);
	memcpy(frame, to, 6);
	memcpy(frame + 6, header, sizeof(header));
	frame[20] = next_header;
	frame[21] = 255;
	frame[38] = 0xff;
	frame[39] = 0x02;
	frame[53] = group;
	frame[54] = mark;
	return 62;
}

/* covers: IPH-13 */
static void vrrp_over_ipv6_is_heard(void **state)
{
	static const uint8_t group_mac_v6[6] = {0x33, 0x33, 0, 0, 0, 0x12};
	static const struct {
		const uint8_t *to;
		uint8_t next_header;
		uint8_t group;
	} table[] = {
		{group_mac_v6, 58, 0x13}, /* another group */
		{strange_mac, 112, 0x12}, {group_mac_v6, 112, 0x12},
		{group_mac_v6, 0, 0x12}, /* behind hop-by-hop options */
		{group_mac_v6, 0, 0x13}, {right_mac, 112, 0x13}, /* whatever the destination */
	};
	static const uint8_t expected[] = {2, 3, 5};
	uint8_t bytes[6][62];
	struct port_frame frames[6];
	struct turn_clock clock = {0};
	size_t heard = 0;

	(void)state;
	for (uint8_t i = 0; i < 6; i++) {
		make_ipv6_frame(bytes[i], table[i].to, table[i].next_header, table[i].group, i);
		frames[i] = (struct port_frame){LEFT, bytes[i], 62, 1};
	}
	packet_tx_send(transmitter, frames, 6);
	turn_clock_read(&clock);
	while (heard < 3) {
		struct pollfd waiting = {.fd = receiver.fds[1], .events = POLLIN};
		int count;

		assert_int_equal(poll(&waiting, 1, WAIT_MS), 1);
		count = packet_rx_read(&receiver, 1, &clock);
		for (int i = 0; i < count; i++) {
			assert_int_equal(receiver.packets[i].ifindex, RIGHT);
			assert_int_equal(receiver.packets[i].length, 48);
			assert_int_equal(receiver.packets[i].bytes[40], expected[heard++]);
		}
	}
	assert_int_equal(packet_rx_read(&receiver, 1, &clock), 0);
}

/* Reads until the frame with this mark has come; each from *next on came at least once, and in order. */
static void read_up_to(uint8_t *next, uint8_t last)
{
	const mono_t patience = mono_add(mono_now(), WAIT_MS * DUR_MS);
	struct turn_clock clock = {0};

	while (*next <= last) {
		int count;

		turn_clock_read(&clock);
		assert_true(mono_before(mono_now(), patience));
		count = packet_rx_read(&receiver, 0, &clock);
		for (int i = 0; i < count; i++) {
			const struct engine_packet *packet = &receiver.packets[i];

			assert_true(packet->bytes[20] <= *next);
			*next = (uint8_t)(*next + (packet->bytes[20] == *next));
			assert_int_equal(packet->ifindex, RIGHT);
			assert_int_equal(packet->length, 46);
			assert_true(packet->multicast);
			assert_int_equal(packet->source_mac.bytes[0], 2);
			assert_false(mono_before(clock.now, packet->received));
			assert_true(mono_sub(clock.now, packet->received) < WAIT_MS * DUR_MS);
		}
		sched_yield();
	}
}

/* It listens on for a while, and nothing comes. */
static void wait_until_old_is_closed(void)
{
	struct turn_clock clock = {0};

	while (receiver.olds[0].fd >= 0) {
		turn_clock_read(&clock);
		assert_int_equal(packet_rx_read(&receiver, 0, &clock), 0);
		poll(NULL, 0, 1);
	}
}

static void say(uint8_t first, uint8_t last)
{
	for (unsigned mark = first; mark <= last; mark++) {
		uint8_t bytes[60];
		struct port_frame frame = {LEFT, bytes, make_frame(bytes, group_mac, 112, (uint8_t)mark), 1};

		packet_tx_send(transmitter, &frame, 1);
		assert_int_equal(frame.error, 0);
	}
}

/* With waiting frames on either side of each change; no frame is lost, and their filter stays the same. */
static void a_ring_takes_over_and_hands_back(void **state)
{
	const mono_t now = mono_now();
	uint8_t stranger[60];
	struct port_frame unheard = {LEFT, stranger, make_frame(stranger, group_mac, 17, 0), 1};
	uint8_t next = 1;

	(void)state;
	receiver.counted_since = now;
	say(1, 3);
	/* The kernel may leave them to a thread of its own, which runs between a look at the old one and at the new one. */
	assert_int_equal(poll(&(struct pollfd){.fd = receiver.fds[0], .events = POLLIN}, 1, WAIT_MS), 1);
	poll(NULL, 0, 2);
	assert_false(packet_rx_switch(&receiver, 0, false));
	assert_true(packet_rx_switch(&receiver, 0, true));
	/* One at a time. */
	assert_false(packet_rx_switch(&receiver, 0, false));
	packet_tx_send(transmitter, &unheard, 1);
	say(4, 200);
	read_up_to(&next, 100);
	read_up_to(&next, 200);
	wait_until_old_is_closed();
	say(201, 203);
	/* Those were few: a second later it is a socket again. */
	assert_true(packet_rx_adapt(&receiver, mono_add(receiver.counted_since, 3 * DUR_S)));
	assert_null(receiver.rings[0].map);
	say(204, 206);
	read_up_to(&next, 206);
	wait_until_old_is_closed();
	assert_false(packet_rx_adapt(&receiver, mono_add(receiver.counted_since, 3 * DUR_S)));
	say(207, 207);
	read_up_to(&next, 207);
	/* And when very many have come, a ring; but not when nobody looked for seconds. */
	receiver.taken[0] = PACKET_RX_RING_FROM + 1;
	assert_false(packet_rx_adapt(&receiver, mono_add(receiver.counted_since, 3 * DUR_S)));
	receiver.taken[0] = PACKET_RX_RING_FROM + 1;
	/* Another thread opens it. */
	while (!packet_rx_adapt(&receiver, mono_add(receiver.counted_since, receiver.taken[0] > 0 ? DUR_S : 0)))
		usleep(1000);
	assert_non_null(receiver.rings[0].map);
	say(208, 208);
	read_up_to(&next, 208);
	wait_until_old_is_closed();
	assert_false(packet_rx_adapt(&receiver, mono_add(receiver.counted_since, DUR_S / 2)));
	assert_true(packet_rx_adapt(&receiver, mono_add(receiver.counted_since, DUR_S)));
	/* One that is being opened is closed with the others. */
	receiver.taken[0] = PACKET_RX_RING_FROM + 1;
	packet_rx_adapt(&receiver, mono_add(receiver.counted_since, DUR_S));
	packet_rx_close(&receiver);
	assert_int_equal(packet_rx_open(&receiver), 0);
}

/* How many of them have come, each of them once. */
static unsigned read_all(void)
{
	struct turn_clock clock = {0};
	unsigned heard = 0;
	int count;

	/* An old one listens, and an old ring is read for some milliseconds more. */
	for (int empty = 0; empty < 20 || receiver.olds[0].fd >= 0; empty = count > 0 ? 0 : empty + 1) {
		turn_clock_read(&clock);
		count = packet_rx_read(&receiver, 0, &clock);
		for (int i = 0; i < count; i++)
			assert_int_equal(receiver.packets[i].bytes[20], ++heard & 255);
		if (count == 0)
			poll(NULL, 0, 1);
	}
	return heard;
}

/* The new one's copies are read last, when the old one is closed. */
static void what_two_sockets_have_heard_counts_once(void **state)
{
	const int64_t later = 20 * DUR_MS;

	(void)state;
	for (int to_ring = 1; to_ring >= 0; to_ring--) {
		assert_true(packet_rx_switch(&receiver, 0, to_ring != 0));
		/* As if these had been on their way for long: the old one's. */
		receiver.cuts[0] += later;
		say(1, 100);
		poll(NULL, 0, (int)(later / DUR_MS) + 1);
		/* And the new one's. */
		say(101, 200);
		assert_int_equal(read_all(), 200);
		assert_int_equal(receiver.olds[0].fd, -1);
		assert_int_equal(receiver.cuts[0], 0);
	}
}

/* Stamps of before and after say nothing then; all is heard by the new one, and some is heard twice. */
static void a_step_of_the_wall_clock_ends_a_change(void **state)
{
	struct turn_clock clock = {0};

	(void)state;
	assert_true(packet_rx_switch(&receiver, 0, true));
	receiver.cuts[0] += 3600 * DUR_S; /* it was set back by an hour */
	turn_clock_read(&clock);
	clock.stepped = true;
	packet_rx_read(&receiver, 0, &clock);
	say(1, 100);
	assert_int_equal(read_all(), 100);
	assert_true(packet_rx_switch(&receiver, 0, false));
	assert_int_equal(read_all(), 0);
}

static void what_finds_no_room_is_counted(void **state)
{
	const int small = 4096;
	unsigned lost;

	(void)state;
	assert_int_equal(setsockopt(receiver.fds[0], SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	assert_int_equal(packet_rx_lost(&receiver), 0);
	say(1, 200);
	lost = (unsigned)packet_rx_lost(&receiver);
	assert_true(lost > 0);
	assert_int_equal(packet_rx_lost(&receiver), 0);
	assert_int_equal(read_all() + lost, 200);
	/* Also of a socket that is closed meanwhile. */
	say(1, 200);
	assert_true(packet_rx_switch(&receiver, 0, true));
	assert_int_equal(read_all() + (unsigned)packet_rx_lost(&receiver), 200);
	packet_rx_close(&receiver);
	assert_int_equal(packet_rx_open(&receiver), 0);
}

static void a_failing_frame_does_not_stop_the_others(void **state)
{
	uint8_t bytes[60];
	struct port_frame frames[3 * PACKET_TX_BATCH];
	struct turn_clock clock = {0};
	const size_t count = sizeof(frames) / sizeof(frames[0]);
	int heard = 0;

	(void)state;
	make_frame(bytes, group_mac, 112, 0);
	for (size_t i = 0; i < count; i++)
		frames[i] = (struct port_frame){i % 7 == 3 ? 9999 : LEFT, bytes, 60, 1};
	packet_tx_send(transmitter, frames, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(frames[i].error, i % 7 == 3 ? -ENXIO : 0);
	for (size_t i = 0; i < count; i++)
		heard += i % 7 != 3;
	while (heard > 0) {
		int more = read_some(&clock);

		assert_in_range(more, 1, heard);
		heard -= more;
	}
}

/* A frame from no hardware address is for a device that has none: the packet leaves alone. */
static void without_ethernet_the_packet_leaves_alone(void **state)
{
	const struct sockaddr_ll right = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = RIGHT};
	const struct timeval limit = {.tv_sec = WAIT_MS / 1000};
	uint8_t bytes[60], seen[100] = {0};
	struct port_frame frame = {LEFT, bytes, 60, 1};
	int everything = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	ssize_t length = 0;

	(void)state;
	assert_true(everything >= 0);
	assert_int_equal(setsockopt(everything, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	assert_int_equal(bind(everything, (const struct sockaddr *)&right, sizeof(right)), 0);
	make_frame(bytes, group_mac, 112, 77);
	memset(bytes + 6, 0, 6);
	packet_tx_send(transmitter, &frame, 1);
	assert_int_equal(frame.error, 0);
	while (length >= 0 && seen[20] != 77)
		length = recv(everything, seen, sizeof(seen), 0);
	assert_int_equal(length, 60 - 14);
	assert_memory_equal(seen, bytes + 14, 60 - 14);
	close(everything);
}

static void a_closed_interface_is_an_error_of_the_frame(void **state)
{
	uint8_t bytes[60];
	struct port_frame frame = {LEFT, bytes, 60, 1};

	(void)state;
	make_frame(bytes, group_mac, 112, 0);
	run("ip link set left down");
	packet_tx_send(transmitter, &frame, 1);
	assert_int_equal(frame.error, -ENETDOWN);
	run("ip link set left up");
	wait_for_carrier("left");
}

/* Stamps are of the wall clock; a step of it must not move a packet in time. */
/* covers: TMR-11 */
static void a_step_of_the_wall_clock_is_noticed(void **state)
{
	struct turn_clock clock = {0};
	struct timespec time;
	int64_t stamp;

	(void)state;
	turn_clock_read(&clock);
	clock_gettime(CLOCK_REALTIME, &time);
	stamp = (time.tv_sec - 2) * DUR_S + time.tv_nsec;
	turn_clock_read(&clock);
	/* From before the last turn, which took all there was: set back in between. */
	assert_int_equal(turn_clock_received(&clock, stamp).ns, clock.now.ns);
	clock.emptied.ns -= 5 * DUR_S;
	assert_true(mono_sub(clock.now, turn_clock_received(&clock, stamp)) > 1900 * DUR_MS);
	assert_int_equal(turn_clock_received(&clock, stamp + 7 * DUR_S).ns, clock.now.ns);
	clock.offset -= 3600 * DUR_S;
	turn_clock_read(&clock);
	assert_int_equal(turn_clock_received(&clock, DUR_S).ns, clock.now.ns);
	turn_clock_read(&clock);
	assert_false(clock.stepped);
}

/* What a turn has left for the next one keeps its time, however long the turns are. */
static void what_waits_keeps_its_time(void **state)
{
	struct turn_clock clock = {0};
	mono_t before;

	(void)state;
	turn_clock_read(&clock);
	turn_clock_read(&clock);
	before = clock.before;
	clock.behind = true;
	turn_clock_read(&clock);
	assert_int_equal(clock.emptied.ns, before.ns);
	assert_true(mono_before(clock.emptied, clock.before));
	turn_clock_read(&clock);
	assert_int_equal(clock.emptied.ns, clock.before.ns);
}

struct heard {
	unsigned count;
	int ifindex;
	enum ip_family family;
	uint8_t last[8];
};

static void neighbour_answered(
	void *user, int ifindex, enum ip_family family, const uint8_t *bytes, size_t length)
{
	struct heard *heard = user;

	assert_true(length >= 28);
	heard->count++;
	heard->ifindex = ifindex;
	heard->family = family;
	memcpy(heard->last, bytes, sizeof(heard->last));
}

static void send_arp(uint8_t operation)
{
	uint8_t bytes[60] = {
		0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, operation};
	struct port_frame frame = {LEFT, bytes, 60, 1};

	packet_tx_send(transmitter, &frame, 1);
	assert_int_equal(frame.error, 0);
}

static void wait_for_answer(struct event_loop *loop, struct heard *heard)
{
	while (heard->count == 0) {
		assert_int_equal(event_loop_wait(loop), 0);
		event_loop_dispatch(loop);
	}
	assert_int_equal(heard->count, 1);
	assert_int_equal(heard->ifindex, RIGHT);
}

static void arp_replies_are_heard_where_asked_for(void **state)
{
	struct heard heard = {0};
	struct event_loop loop;
	struct neighbour_rx rx;

	(void)state;
	assert_int_equal(event_loop_open(&loop), 0);
	neighbour_rx_init(&rx, &loop, neighbour_answered, &heard);
	send_arp(2);
	assert_int_equal(neighbour_rx_set(&rx, RIGHT, IP_V4, true), 0);
	assert_int_equal(neighbour_rx_set(&rx, RIGHT, IP_V4, true), 0);
	assert_int_equal(neighbour_rx_set(&rx, 9999, IP_V4, true), -ENODEV);
	send_arp(1);
	send_arp(2);
	wait_for_answer(&loop, &heard);
	assert_int_equal(heard.family, IP_V4);
	assert_int_equal(heard.last[7], 2);
	assert_int_equal(neighbour_rx_set(&rx, RIGHT, IP_V4, false), 0);
	assert_int_equal(neighbour_rx_set(&rx, RIGHT, IP_V4, false), 0);
	assert_null(rx.ears);
	neighbour_rx_close(&rx);
	event_loop_close(&loop);
}

static void answers_that_find_no_room_are_counted(void **state)
{
	const unsigned many = 2000; /* far more than a usual socket has room for */
	struct heard heard = {0};
	struct event_loop loop;
	struct neighbour_rx rx;
	uint64_t lost;

	(void)state;
	assert_int_equal(event_loop_open(&loop), 0);
	neighbour_rx_init(&rx, &loop, neighbour_answered, &heard);
	assert_int_equal(neighbour_rx_set(&rx, RIGHT, IP_V4, true), 0);
	assert_int_equal(neighbour_rx_lost(&rx), 0);
	for (unsigned i = 0; i < many; i++)
		send_arp(2);
	lost = neighbour_rx_lost(&rx);
	assert_in_range(lost, 1, many - 1);
	assert_int_equal(neighbour_rx_lost(&rx), 0);
	send_arp(2);
	/* Those of one that is gone are told, too. */
	assert_int_equal(neighbour_rx_set(&rx, RIGHT, IP_V4, false), 0);
	assert_int_equal(neighbour_rx_lost(&rx), 1);
	neighbour_rx_close(&rx);
	event_loop_close(&loop);
}

static void send_nd(bool question)
{
	static const struct mac_addr mac = {{0x02, 0, 0, 0, 0, 1}};
	const struct ip_addr us = {IP_V6, {0xfe, 0x80, [15] = 1}}, them = {IP_V6, {0xfe, 0x80, [15] = 2}};
	uint8_t bytes[ND_FRAME_SIZE];
	struct port_frame frame = {LEFT, bytes, sizeof(bytes), 1};

	if (question)
		nd_encode_solicitation(&mac, &us, &them, bytes, sizeof(bytes));
	else
		nd_encode_announcement(&mac, &us, &us, bytes, sizeof(bytes));
	packet_tx_send(transmitter, &frame, 1);
	assert_int_equal(frame.error, 0);
}

static void neighbour_advertisements_are_heard_where_asked_for(void **state)
{
	struct heard heard = {0};
	struct event_loop loop;
	struct neighbour_rx rx;

	(void)state;
	assert_int_equal(event_loop_open(&loop), 0);
	neighbour_rx_init(&rx, &loop, neighbour_answered, &heard);
	assert_int_equal(neighbour_rx_set(&rx, RIGHT, IP_V6, true), 0);
	assert_int_equal(neighbour_rx_set(&rx, RIGHT, IP_V4, true), 0);
	send_nd(true);
	send_nd(false);
	wait_for_answer(&loop, &heard);
	assert_int_equal(heard.family, IP_V6);
	/* Each family by itself. */
	assert_int_equal(neighbour_rx_set(&rx, RIGHT, IP_V6, false), 0);
	assert_non_null(rx.ears);
	neighbour_rx_close(&rx);
	event_loop_close(&loop);
}

/* An IPv4 packet with one octet that tells packets apart. */
static struct port_datagram make_datagram(uint8_t packet[21], struct ip_addr to, uint8_t mark)
{
	const struct ip_addr source = ip_v4(10, 0, 9, 9); /* that nobody has */

	memset(packet, 0, 21);
	memcpy(packet, (uint8_t[]){0x45, 0xc0, 0, 21, 0, 0, 0x40, 0, 77, 112}, 10);
	memcpy(packet + 12, source.bytes, 4);
	memcpy(packet + 16, to.bytes, 4);
	packet[20] = mark;
	return (struct port_datagram){
		.source = source, .destination = to, .bytes = packet, .length = 21, .error = 1};
}

static void datagrams_find_their_way(void **state)
{
	uint8_t bytes[5][21], v6[41] = {0x60, [5] = 1, 112, 9, [23] = 1, [39] = 1, 4};
	struct ip_addr loopback = ip_v6_from(v6 + 8);
	struct port_datagram datagrams[5];
	struct turn_clock clock = {0};
	struct datagram_tx tx;

	(void)state;
	assert_int_equal(datagram_tx_open(&tx), 0);
	datagrams[0] = (struct port_datagram){
		.source = loopback, .destination = loopback, .bytes = v6, .length = 41, .error = 1};
	for (uint8_t i = 1; i < 5; i++)
		datagrams[i] = make_datagram(bytes[i], ip_v4(127, 0, 0, 1), i);
	datagrams[2].destination = ip_v4(10, 99, 0, 1);
	datagrams[3].ifindex = 9999;
	datagram_tx_send(&tx, datagrams, 5);
	assert_int_equal(datagrams[0].error, 0);
	assert_int_equal(datagrams[1].error, 0);
	assert_int_equal(datagrams[2].error, -ENETUNREACH);
	assert_true(datagrams[3].error < 0);
	assert_int_equal(datagrams[4].error, 0);
	for (unsigned heard = 0; heard < 2;)
		for (int i = 0, count = read_some(&clock); i < count; i++) {
			const struct engine_packet *packet = &receiver.packets[i];
			const uint8_t *sent = bytes[heard == 0 ? 1 : 4];

			if (packet->bytes[0] >> 4 != 4)
				continue;
			assert_int_equal(packet->length, 21);
			/* Nothing was changed but the checksum, which the kernel fills in. */
			assert_memory_equal(packet->bytes, sent, 10);
			assert_memory_equal(packet->bytes + 12, sent + 12, 9);
			heard++;
		}
	datagram_tx_close(&tx);
}

/* Without the sinks the kernel would tell the sender that nobody here speaks VRRP. */
static void unicast_adverts_are_not_refused(void **state)
{
	uint8_t bytes[21], answer[64];
	struct port_datagram datagram = make_datagram(bytes, ip_v4(127, 0, 0, 1), 0);
	struct turn_clock clock = {0};
	struct datagram_sinks sinks;
	struct datagram_tx tx;
	int icmp = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);

	(void)state;
	datagram.source = ip_v4(127, 0, 0, 2);
	memcpy(bytes + 12, datagram.source.bytes, 4);
	assert_int_equal(datagram_tx_open(&tx), 0);
	assert_int_equal(datagram_sinks_open(&sinks), 0);
	datagram_tx_send(&tx, &datagram, 1);
	assert_int_equal(datagram.error, 0);
	/* Over the loopback an answer would be there when the call returns. */
	assert_int_equal(read_some(&clock), 1);
	assert_int_equal(recv(icmp, answer, sizeof(answer), MSG_DONTWAIT), -1);
	datagram_sinks_close(&sinks);
	datagram_tx_send(&tx, &datagram, 1);
	assert_true(recv(icmp, answer, sizeof(answer), 0) > 0);
	assert_int_equal(read_some(&clock), 1);
	close(icmp);
	datagram_tx_close(&tx);
}

static void room_is_what_was_asked_for(void **state)
{
	const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	int size = 0;
	socklen_t length = sizeof(size);

	(void)state;
	receive_buffer_set(fd, 60000, 10000);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &length), 0);
	assert_int_equal(size, 120000); /* the kernel doubles it */
	receive_buffer_set(fd, 0, 10000);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &length), 0);
	assert_int_equal(size, 20000);
	receive_buffer_set(fd, 0, 0);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &length), 0);
	assert_int_equal(size, 20000);
	close(fd);
}

/* Frames sent on one processor overtake those that wait on another one. */
static void stay_on_one_processor(void)
{
	const int here = sched_getcpu();
	cpu_set_t only;

	assert_true(here >= 0);
	CPU_ZERO(&only);
	CPU_SET((size_t)here, &only);
	sched_setaffinity(0, sizeof(only), &only);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(room_is_what_was_asked_for),
		cmocka_unit_test(only_vrrp_for_us_is_heard),
		cmocka_unit_test(long_packets_are_whole),
		cmocka_unit_test(vrrp_over_ipv6_is_heard),
		cmocka_unit_test(a_ring_takes_over_and_hands_back),
		cmocka_unit_test(what_two_sockets_have_heard_counts_once),
		cmocka_unit_test(a_step_of_the_wall_clock_ends_a_change),
		cmocka_unit_test(what_finds_no_room_is_counted),
		cmocka_unit_test(a_failing_frame_does_not_stop_the_others),
		cmocka_unit_test(without_ethernet_the_packet_leaves_alone),
		cmocka_unit_test(a_closed_interface_is_an_error_of_the_frame),
		cmocka_unit_test(datagrams_find_their_way),
		cmocka_unit_test(unicast_adverts_are_not_refused),
		cmocka_unit_test(a_step_of_the_wall_clock_is_noticed),
		cmocka_unit_test(what_waits_keeps_its_time),
		cmocka_unit_test(arp_replies_are_heard_where_asked_for),
		cmocka_unit_test(answers_that_find_no_room_are_counted),
		cmocka_unit_test(neighbour_advertisements_are_heard_where_asked_for),
	};
	stay_on_one_processor();

	namespace_enter();
	cable("left", LEFT, "right", RIGHT);
	transmitter = packet_tx_open();
	if (transmitter < 0 || packet_rx_open(&receiver) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
