/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BFD over UDP, from an address of this machine to itself. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#include "linux/bfd_sockets.h"
#include "namespace.h"
#include "wire/bfd.h"

#define LOOPBACK_INDEX 1

static struct event_loop loop;
static struct bfd_sockets sockets;

static struct {
	unsigned count;
	struct engine_bfd_packet packet;
	uint8_t bytes[64];
	size_t length;
} heard;

static void on_heard(void *user, const struct engine_bfd_packet *packet)
{
	(void)user;
	heard.count++;
	heard.packet = *packet;
	assert_true(packet->length <= sizeof(heard.bytes));
	memcpy(heard.bytes, packet->bytes, packet->length);
	heard.length = packet->length;
}

static int begin(void **state)
{
	(void)state;
	memset(&heard, 0, sizeof(heard));
	assert_int_equal(event_loop_open(&loop), 0);
	bfd_sockets_init(&sockets, &loop, on_heard, NULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bfd_sockets_close(&sockets);
	event_loop_close(&loop);
	return 0;
}

static void wait_for_packets(unsigned count)
{
	while (heard.count < count) {
		assert_int_equal(event_loop_wait(&loop), 0);
		event_loop_dispatch(&loop);
	}
}

static struct bfd_config session_with(struct ip_addr address, bool multihop, uint8_t ttl)
{
	return (struct bfd_config){
		.name = "self", .neighbor = address, .source = address, .multihop = multihop, .ttl = ttl};
}

static struct ip_addr loopback_v6(void)
{
	return ip_v6_from((const uint8_t[16]){[15] = 1});
}

static unsigned source_port(int fd)
{
	union {
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} name;
	socklen_t size = sizeof(name);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &size), 0);
	return ntohs(size == sizeof(name.v4) ? name.v4.sin_port : name.v6.sin6_port);
}

/* A byte that no other kind of session sends. */
static void send_and_hear(const struct bfd_config *config, uint8_t mark)
{
	int fd = bfd_sockets_session_open(&sockets, config);
	unsigned before = heard.count;

	assert_true(fd >= 0);
	assert_in_range(source_port(fd), 49152, 65535);
	assert_int_equal(bfd_sockets_send(fd, config, config->interface ? LOOPBACK_INDEX : 0, &mark, 1), 0);
	wait_for_packets(before + 1);
	assert_int_equal(heard.length, 1);
	assert_int_equal(heard.bytes[0], mark);
	assert_true(ip_equal(&heard.packet.source, &config->source));
	assert_int_equal(heard.packet.hops, config->ttl);
	assert_int_equal(heard.packet.multihop, config->multihop);
	assert_int_equal(heard.packet.ifindex, LOOPBACK_INDEX);
	bfd_sockets_session_close(&sockets, fd, config);
}

/* covers: BFD-01 BFD-02 BFD-15 */
static void each_kind_is_heard_where_it_belongs(void **state)
{
	struct bfd_config v4 = session_with(ip_v4(127, 0, 0, 1), false, 255);
	struct bfd_config far_v4 = session_with(ip_v4(127, 0, 0, 1), true, 64);
	struct bfd_config v6 = session_with(loopback_v6(), false, 254);
	struct bfd_config far_v6 = session_with(loopback_v6(), true, 7);

	(void)state;
	send_and_hear(&v4, 1);
	send_and_hear(&far_v4, 2);
	send_and_hear(&v6, 3);
	send_and_hear(&far_v6, 4);
	assert_int_equal(heard.count, 4);
}

/* By the interface, with the source that goes with the packet. */
static void one_with_an_interface(void **state)
{
	const struct ip_addr link_local = ip_v6_from((const uint8_t[16]){0xfe, 0x80, [15] = 7});
	struct bfd_config v4 = session_with(ip_v4(127, 0, 0, 2), false, 255);
	struct bfd_config v6 = session_with(link_local, false, 255);
	uint8_t mark = 9;
	int fd;

	(void)state;
	/* The kernel makes it usable in a worker of its own. */
	run("ip addr add fe80::7/64 dev lo nodad; "
	    "until ip -6 route show table local | grep -q 'local fe80::7 '; do sleep 0.01; done");
	v4.interface = v6.interface = "lo";
	send_and_hear(&v4, 1);
	send_and_hear(&v6, 2);
	v6.source = (struct ip_addr){0};
	fd = bfd_sockets_session_open(&sockets, &v6);
	assert_int_equal(bfd_sockets_send(fd, &v6, LOOPBACK_INDEX, &mark, 1), 0);
	wait_for_packets(3);
	assert_true(ip_equal(&heard.packet.source, &link_local));
	assert_int_equal(bfd_sockets_send(fd, &v6, 99, &mark, 1), -ENODEV);
	bfd_sockets_session_close(&sockets, fd, &v6);
}

/* covers: BFD-01 */
static void no_two_sessions_share_a_source_port(void **state)
{
	struct bfd_config one = session_with(ip_v4(127, 0, 0, 1), false, 255);
	struct bfd_config other = session_with(ip_v4(127, 0, 0, 2), false, 255);
	struct bfd_config v6 = session_with(loopback_v6(), false, 255);
	int a, b, c;

	(void)state;
	sockets.next_port = 16383; /* over the end of the range */
	a = bfd_sockets_session_open(&sockets, &one);
	b = bfd_sockets_session_open(&sockets, &other);
	c = bfd_sockets_session_open(&sockets, &v6);
	assert_true(a >= 0 && b >= 0 && c >= 0);
	assert_int_equal(source_port(a), 65535);
	assert_int_equal(source_port(b), 49152);
	assert_int_equal(source_port(c), 49153);
	bfd_sockets_session_close(&sockets, a, &one);
	bfd_sockets_session_close(&sockets, b, &other);
	bfd_sockets_session_close(&sockets, c, &v6);
}

static void the_port_is_open_while_somebody_wants_it(void **state)
{
	struct bfd_config config = session_with(ip_v4(127, 0, 0, 1), false, 255);
	int first, second;

	(void)state;
	assert_int_equal(sockets.ears[0].source.fd, -1);
	first = bfd_sockets_session_open(&sockets, &config);
	second = bfd_sockets_session_open(&sockets, &config);
	assert_true(sockets.ears[0].source.fd >= 0);
	assert_int_equal(sockets.ears[1].source.fd, -1);
	bfd_sockets_session_close(&sockets, first, &config);
	assert_true(sockets.ears[0].source.fd >= 0);
	bfd_sockets_session_close(&sockets, second, &config);
	assert_int_equal(sockets.ears[0].source.fd, -1);
}

static void another_program_has_the_port(void **state)
{
	struct bfd_config config = session_with(ip_v4(127, 0, 0, 1), false, 255);
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(BFD_PORT)};
	int squatter = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), fd;

	(void)state;
	assert_int_equal(bind(squatter, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(bfd_sockets_session_open(&sockets, &config), -EADDRINUSE);
	close(squatter);
	fd = bfd_sockets_session_open(&sockets, &config);
	assert_true(fd >= 0);
	bfd_sockets_session_close(&sockets, fd, &config);
}

/* The source may come later; until then the kernel does not send. */
static void an_address_that_is_not_there_yet(void **state)
{
	struct bfd_config config = session_with(ip_v4(127, 0, 0, 1), false, 255);
	uint8_t mark = 9;
	int fd;

	(void)state;
	config.source = ip_v4(192, 0, 2, 1);
	fd = bfd_sockets_session_open(&sockets, &config);
	assert_true(fd >= 0);
	bfd_sockets_session_close(&sockets, fd, &config);
	config.neighbor = config.source = ip_v4(192, 0, 2, 2);
	fd = bfd_sockets_session_open(&sockets, &config);
	assert_true(fd >= 0);
	assert_int_equal(bfd_sockets_send(fd, &config, 0, &mark, 1), -ENETUNREACH);
	bfd_sockets_session_close(&sockets, fd, &config);
}

static void what_finds_no_room_is_counted(void **state)
{
	const struct bfd_config config = session_with(ip_v4(127, 0, 0, 1), false, 255);
	const unsigned many = 3000; /* far more than a usual socket has room for */
	const int fd = bfd_sockets_session_open(&sockets, &config);
	const uint8_t mark = 7;
	uint64_t lost;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(bfd_sockets_lost(&sockets), 0);
	for (unsigned i = 0; i < many; i++)
		assert_int_equal(bfd_sockets_send(fd, &config, 0, &mark, 1), 0);
	lost = bfd_sockets_lost(&sockets);
	assert_in_range(lost, 1, many - 1);
	wait_for_packets(many - (unsigned)lost);
	assert_int_equal(bfd_sockets_lost(&sockets), 0);
	bfd_sockets_session_close(&sockets, fd, &config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_kind_is_heard_where_it_belongs, begin, end),
		cmocka_unit_test_setup_teardown(one_with_an_interface, begin, end),
		cmocka_unit_test_setup_teardown(no_two_sessions_share_a_source_port, begin, end),
		cmocka_unit_test_setup_teardown(the_port_is_open_while_somebody_wants_it, begin, end),
		cmocka_unit_test_setup_teardown(another_program_has_the_port, begin, end),
		cmocka_unit_test_setup_teardown(an_address_that_is_not_there_yet, begin, end),
		cmocka_unit_test_setup_teardown(what_finds_no_room_is_counted, begin, end),
	};

	namespace_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
