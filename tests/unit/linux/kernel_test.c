/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links, addresses and routes: what is asked of the kernel, and what it tells, in a namespace. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include <sys/socket.h>

#include "linux/kernel_events.h"
#include "linux/kernel_requests.h"
#include "linux/kernel_worker.h"
#include "namespace.h"

#define LEFT 100
#define RIGHT 101
#define WAIT_MS 5000

/* What the listener has been told. */
struct told {
	unsigned links, links_gone, addresses, addresses_gone, routes_gone, begins, ends, losses;
	bool carrier, up;
	int gone_index;
	char name[32];
	struct engine_address address;
	unsigned addresses_v6, addresses_v6_gone;
	struct engine_address address_v6; /* the last one in 2001:db8::/32 */
	struct engine_address link_local; /* the kernel's own */
	struct virtual_route route;
	int route_index;
};

static struct told told;

static void told_link(void *user, const struct engine_link *link)
{
	(void)user;
	if (link->ifindex != LEFT)
		return;
	told.links++;
	told.up = link->up;
	told.carrier = link->carrier;
	snprintf(told.name, sizeof(told.name), "%s", link->name);
	assert_int_equal(link->mac.bytes[5], 1);
	assert_int_equal(link->mtu, 1500);
}

static void told_link_gone(void *user, int ifindex)
{
	(void)user;
	told.links_gone++;
	told.gone_index = ifindex;
}

static void told_address(void *user, const struct engine_address *address)
{
	(void)user;
	if (address->ifindex != LEFT)
		return;
	if (ip_is_link_local(&address->prefix.addr)) {
		told.link_local = *address;
		return;
	}
	if (address->prefix.addr.family == IP_V6) {
		told.addresses_v6++;
		told.address_v6 = *address;
		return;
	}
	told.addresses++;
	told.address = *address;
}

static void told_address_gone(void *user, const struct engine_address *address)
{
	(void)user;
	if (address->prefix.addr.family == IP_V6) {
		told.addresses_v6_gone++;
		return;
	}
	told.addresses_gone++;
	told.address = *address;
}

static void told_route_gone(void *user, const struct virtual_route *route, int ifindex)
{
	(void)user;
	told.routes_gone++;
	told.route = *route;
	told.route_index = ifindex;
}

static void told_begin(void *user)
{
	(void)user;
	told.begins++;
}

static void told_end(void *user)
{
	(void)user;
	told.ends++;
}

static void told_lost(void *user)
{
	(void)user;
	told.losses++;
}

static const struct kernel_listener listener = {.link = told_link,
	.link_gone = told_link_gone,
	.address = told_address,
	.address_gone = told_address_gone,
	.route_gone = told_route_gone,
	.resync_begin = told_begin,
	.resync_end = told_end,
	.lost = told_lost};

static struct kernel_events events;
static struct kernel_requests requests;
static char last_reason[KERNEL_REASON_SIZE];

static void note_reason(void *user, const struct kernel_op *op, const char *reason)
{
	(void)user;
	(void)op;
	memcpy(last_reason, reason, sizeof(last_reason));
}

/* Reads events until the condition holds. */
#define read_until(condition)                                                                                \
	do {                                                                                                 \
		struct pollfd waiting = {.fd = events.fd, .events = POLLIN};                                 \
                                                                                                             \
		while (!(condition)) {                                                                       \
			assert_int_equal(poll(&waiting, 1, WAIT_MS), 1);                                     \
			assert_int_equal(kernel_events_read(&events), 0);                                    \
		}                                                                                            \
	} while (0)

static void read_all(void)
{
	struct pollfd waiting = {.fd = events.fd, .events = POLLIN};

	while (poll(&waiting, 1, 0) == 1)
		assert_int_equal(kernel_events_read(&events), 0);
}

static int begin(void **state)
{
	(void)state;
	run("ip link del left 2>/dev/null; true");
	cable("left", LEFT, "right", RIGHT);
	run("ip addr add 10.0.0.1/24 dev left");
	told = (struct told){0};
	last_reason[0] = '\0';
	if (kernel_requests_open(&requests) || kernel_events_open(&events, &listener, requests.port))
		return -1;
	requests.failed = note_reason;
	read_until(events.state == PICTURE_COMPLETE);
	return 0;
}

static int end(void **state)
{
	(void)state;
	kernel_requests_close(&requests);
	kernel_events_close(&events);
	return 0;
}

static struct virtual_address address_of(const char *text)
{
	struct virtual_address address = {0};

	assert_true(ip_prefix_parse(text, strlen(text), &address.prefix));
	return address;
}

static void the_first_picture_shows_everything(void **state)
{
	(void)state;
	assert_int_equal(told.begins, 1);
	assert_int_equal(told.ends, 1);
	assert_true(told.links >= 1);
	assert_string_equal(told.name, "left");
	assert_true(told.up);
	assert_true(told.carrier);
	assert_true(told.addresses >= 1);
	assert_int_equal(told.address.prefix.length, 24);
	assert_int_equal(told.address.prefix.addr.bytes[3], 1);
	assert_int_equal(told.address.protocol, 0);
}

static void links_change_and_go(void **state)
{
	(void)state;
	run("ip link set right down");
	read_until(!told.carrier);
	assert_true(told.up);
	run("ip link set right up");
	read_until(told.carrier);
	run("ip link set left down");
	read_until(!told.up);
	run("ip link set left name port9");
	read_until(strcmp(told.name, "port9") == 0);
	run("ip link add bridge9 index 300 type bridge && ip link set port9 master bridge9 && "
	    "ip link set port9 nomaster && ip link set port9 up");
	read_until(told.up);
	assert_int_equal(told.links_gone, 0);
	run("ip link del bridge9");
	read_until(told.links_gone == 1);
	assert_int_equal(told.gone_index, 300);
	run("ip link del port9");
	read_until(told.links_gone == 3);
}

static void a_question_is_answered(void **state)
{
	unsigned before;

	(void)state;
	read_all();
	before = told.links;
	kernel_events_query_link(&events, LEFT);
	read_until(told.links > before);
	kernel_events_query_link(&events, 9999);
	read_all();
	assert_int_equal(told.links_gone, 0);
}

static void addresses_carry_our_mark(void **state)
{
	const struct address_options labelled = {.label = "left:vip"};
	struct virtual_address address = address_of("10.0.0.200/32");
	struct kernel_op ops[] = {
		{KERNEL_ADD_ADDRESS, LEFT, &address, NULL, 1}, {KERNEL_ADD_ADDRESS, LEFT, &address, NULL, 1}};
	struct kernel_op removal = {KERNEL_DELETE_ADDRESS, LEFT, &address, NULL, 1};

	(void)state;
	address.options = &labelled;
	told.addresses = 0;
	kernel_requests_run(&requests, ops, 2);
	assert_int_equal(ops[0].error, 0);
	assert_int_equal(ops[1].error, 0);
	read_until(told.addresses >= 1);
	assert_int_equal(told.address.protocol, VIGIA_KERNEL_PROTOCOL);
	assert_true(succeeds("ip addr show dev left | grep -q '10.0.0.200/32 scope global left:vip'"));

	kernel_requests_run(&requests, &removal, 1);
	assert_int_equal(removal.error, 0);
	read_until(told.addresses_gone == 1);
	kernel_requests_run(&requests, &removal, 1);
	assert_int_equal(removal.error, 0);
	removal.ifindex = 9999;
	kernel_requests_run(&requests, &removal, 1);
	assert_int_equal(removal.error, 0);
}

static void broadcast_scope_and_prefix_route(void **state)
{
	const struct address_options options = {.broadcast_auto = true, .scope = 253};
	struct virtual_address address = address_of("172.16.5.9/20");
	struct kernel_op op = {KERNEL_ADD_ADDRESS, LEFT, &address, NULL, 1};

	(void)state;
	address.options = &options;
	kernel_requests_run(&requests, &op, 1);
	assert_int_equal(op.error, 0);
	assert_true(succeeds(
		"ip addr show dev left | grep -q '172.16.5.9/20 brd 172.16.15.255 scope link left'"));
	/* Its network is reachable, as with any other address of that prefix. */
	assert_true(succeeds("ip route show dev left | grep -q '^172.16.0.0/20'"));
}

static void one_failure_in_a_batch_is_told_and_passed_over(void **state)
{
	struct virtual_address addresses[2 * KERNEL_REQUESTS_BATCH + 5];
	struct kernel_op ops[2 * KERNEL_REQUESTS_BATCH + 5];
	const size_t count = sizeof(ops) / sizeof(ops[0]);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		addresses[i] = address_of("10.1.0.0/32");
		addresses[i].prefix.addr.bytes[3] = (uint8_t)i;
		ops[i] = (struct kernel_op){
			KERNEL_ADD_ADDRESS, i % 10 == 4 ? 9999 : LEFT, &addresses[i], NULL, 1};
	}
	kernel_requests_run(&requests, ops, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(ops[i].error, i % 10 == 4 ? -ENODEV : 0);
	assert_true(succeeds("[ $(ip -o addr show dev left | grep -c 10.1.0.) = 62 ]"));
}

/* So many answers, in the order of the ops. */
static void take_answers(struct kernel_worker *worker, const struct virtual_address *addresses, size_t count)
{
	struct pollfd waiting = {.fd = worker->event_fd, .events = POLLIN};
	const struct kernel_op *ops;
	size_t part = 0;

	for (size_t done = 0; done < count;) {
		assert_int_equal(poll(&waiting, 1, WAIT_MS), 1);
		while ((ops = kernel_worker_answers(worker, false, &part)) != NULL)
			for (size_t i = 0; i < part; i++, done++) {
				assert_ptr_equal(ops[i].address, &addresses[done]);
				assert_int_equal(ops[i].error, done % 10 == 4 ? -ENODEV : 0);
			}
	}
	assert_int_equal(poll(&waiting, 1, 0), 0);
}

static void changes_beside_this_thread(void **state)
{
	struct virtual_address addresses[2 * KERNEL_REQUESTS_BATCH + 5];
	struct kernel_op ops[2 * KERNEL_REQUESTS_BATCH + 5];
	const size_t count = sizeof(ops) / sizeof(ops[0]);
	struct kernel_worker worker;
	size_t part = 0;

	(void)state;
	assert_int_equal(kernel_worker_open(&worker, &requests), 0);
	for (size_t i = 0; i < count; i++) {
		addresses[i] = address_of("10.1.0.0/32");
		addresses[i].prefix.addr.bytes[3] = (uint8_t)i;
		ops[i] = (struct kernel_op){
			KERNEL_ADD_ADDRESS, i % 10 == 4 ? 9999 : LEFT, &addresses[i], NULL, 1};
	}
	assert_true(kernel_worker_run(&worker, ops, count, 0));
	take_answers(&worker, addresses, count);
	assert_true(succeeds("[ $(ip -o addr show dev left | grep -c 10.1.0.) = 62 ]"));
	/* Those that are waited for long enough need no other answer; it is never long, so on a slow machine not the first time. */
	while (kernel_worker_run(&worker, ops, count, 60 * DUR_S))
		take_answers(&worker, addresses, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(ops[i].error, i % 10 == 4 ? -ENODEV : 0);
	assert_null(kernel_worker_answers(&worker, true, &part));
	/* Nothing overtakes what was asked for before. */
	for (size_t i = 0; i < count; i++)
		ops[i].type = KERNEL_DELETE_ADDRESS;
	assert_true(kernel_worker_run(&worker, ops, count, 0));
	ops[0].type = KERNEL_ADD_ADDRESS;
	assert_true(kernel_worker_run(&worker, ops, 1, 60 * DUR_S));
	kernel_worker_finish(&worker);
	assert_true(succeeds("[ $(ip -o addr show dev left | grep -c 10.1.0.) = 1 ]"));
	assert_non_null(kernel_worker_answers(&worker, true, &part));
	/* What nobody takes is freed. */
	kernel_worker_close(&worker);
}

/* covers: ND-03 ND-07 FSM-A2 FSM-I6 */
/* Of a command that may succeed a moment later. */
#define IN_TIME "for i in $(seq 500); do "
#define OR_LATER " && exit 0; sleep 0.01; done; exit 1"

static void ipv6_addresses_stand_at_once(void **state)
{
	struct virtual_address addresses[] = {address_of("2001:db8::1:2345/128"), address_of("fe80::100/128"),
		address_of("2001:db8:1::1/64")};
	struct kernel_op ops[3];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		ops[i] = (struct kernel_op){KERNEL_ADD_ADDRESS, LEFT, &addresses[i], NULL, 1};
	kernel_requests_run(&requests, ops, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(ops[i].error, 0);
	/* Not tentative for a moment: no duplicate address detection. */
	assert_true(succeeds(
		"ip -6 addr show dev left | grep '2001:db8::1:2345/128' | grep nodad | grep -vq tentative"));
	assert_true(succeeds("ip -6 addr show dev left to 2001:db8::1:2345 | grep -q 'preferred_lft 0sec'"));
	assert_true(succeeds("ip -6 addr show dev left to fe80::100 | grep -q 'preferred_lft 0sec'"));
	assert_true(succeeds("ip -6 addr show dev left to 2001:db8:1::1 | grep -q 'preferred_lft forever'"));
	/* Member of the solicited-node group; a worker of the kernel's sees to that. */
	assert_true(succeeds(IN_TIME "grep -q 'left *ff0200000000000000000001ff012345' /proc/net/igmp6" OR_LATER));
	read_until(told.addresses_v6 >= 2);
	assert_int_equal(told.address_v6.protocol, VIGIA_KERNEL_PROTOCOL);
	for (size_t i = 0; i < 3; i++)
		ops[i].type = KERNEL_DELETE_ADDRESS;
	kernel_requests_run(&requests, ops, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(ops[i].error, 0);
	read_until(told.addresses_v6_gone >= 2);
	assert_true(succeeds(IN_TIME "! grep -q 'left *ff0200000000000000000001ff012345' /proc/net/igmp6" OR_LATER));
}

/* A lifetime is renewed by adding once more; nothing else about the address changes, and its mark stays. */
static void an_address_with_a_lifetime(void **state)
{
	const struct address_options forever = {.preferred_set = true, .preferred = UINT32_MAX};
	struct virtual_address addresses[] = {address_of("10.9.0.1/24"), address_of("2001:db8:9::1/64"),
		address_of("2001:db8:9::2/128"), address_of("10.9.1.1/32")};
	struct kernel_op ops[4];

	(void)state;
	addresses[3].options = &forever;
	for (unsigned round = 0; round < 2; round++) {
		for (size_t i = 0; i < 4; i++)
			ops[i] = (struct kernel_op){.type = KERNEL_ADD_ADDRESS,
				.ifindex = LEFT,
				.address = &addresses[i],
				.lifetime = round == 0 ? 1000 : 5000};
		kernel_requests_run(&requests, ops, 4);
		for (size_t i = 0; i < 4; i++)
			assert_int_equal(ops[i].error, 0);
		run("ip addr show dev left | grep -A1 10.9.0.1/24 | grep -qE 'valid_lft %s.*preferred_lft %s'",
			round == 0 ? "(1000|99.)sec" : "(5000|499.)sec", round == 0 ? "(1000|99.)sec" : "(5000|499.)sec");
		run("ip addr show dev left | grep -A1 10.9.1.1/32 | grep -qE 'valid_lft %s'",
			round == 0 ? "(1000|99.)sec" : "(5000|499.)sec");
		run("ip addr show dev left | grep -A1 2001:db8:9::1/64 | grep -qE 'valid_lft %s'",
			round == 0 ? "(1000|99.)sec" : "(5000|499.)sec");
		run("ip addr show dev left | grep -A1 2001:db8:9::2/128 | grep -qE 'valid_lft %s.*preferred_lft 0sec'",
			round == 0 ? "(1000|99.)sec" : "(5000|499.)sec");
	}
	read_until(told.addresses_v6 >= 4);
	assert_int_equal(told.address_v6.protocol, VIGIA_KERNEL_PROTOCOL);
	/* Without one it is for ever again. */
	ops[0].lifetime = 0;
	addresses[0].options = &forever;
	kernel_requests_run(&requests, ops, 1);
	run("ip addr show dev left | grep -A1 10.9.0.1/24 | grep -q 'valid_lft forever'");
}

/* covers: TX-09 */
static void a_tentative_address_is_told_as_such(void **state)
{
	(void)state;
	read_until(ip_is_set(&told.link_local.prefix.addr));
	/* Its detection may be over by now: see it once more. */
	run("sysctl -qw net.ipv6.conf.left.dad_transmits=3 && ip addr add 2001:db8::9/64 dev left");
	read_until(told.addresses_v6 >= 1);
	assert_true(told.address_v6.tentative);
	assert_false(told.address_v6.duplicate);
	run("ip addr flush dev left to 2001:db8::9 && sysctl -qw net.ipv6.conf.left.dad_transmits=1");
	/* The other end of the cable has it. */
	run("ip addr add 2001:db8::8/64 dev right nodad");
	told.addresses_v6 = 0;
	run("ip addr add 2001:db8::8/64 dev left");
	read_until(told.addresses_v6 >= 2);
	assert_true(told.address_v6.duplicate);
}

static void ipv6_routes_have_a_metric(void **state)
{
	struct virtual_route route = {
		.destination = {{.family = IP_V6}, 0}, .gateway = {IP_V6, {0xfe, 0x80, [15] = 9}}};
	struct kernel_op add = {KERNEL_ADD_ROUTE, LEFT, NULL, &route, 1};
	struct kernel_op removal = {KERNEL_DELETE_ROUTE, LEFT, NULL, &route, 1};

	(void)state;
	kernel_requests_run(&requests, &add, 1);
	assert_int_equal(add.error, 0);
	assert_true(
		succeeds("ip -6 route show proto 18 | grep -q '^default via fe80::9 dev left metric 1024'"));
	kernel_requests_run(&requests, &add, 1);
	assert_int_equal(add.error, 0);
	/* One of the same gateway with another metric is somebody else's. */
	run("ip -6 route add default via fe80::9 dev left metric 50 proto 18");
	kernel_requests_run(&requests, &removal, 1);
	assert_int_equal(removal.error, 0);
	assert_true(succeeds("ip -6 route show proto 18 | grep -q 'metric 50'"));
	assert_false(succeeds("ip -6 route show proto 18 | grep -q 'metric 1024'"));
	read_all();
	assert_int_equal(told.routes_gone, 0);
	run("ip -6 route del default metric 50");
	read_until(told.routes_gone == 1);
	assert_int_equal(told.route.destination.addr.family, IP_V6);
	assert_int_equal(told.route.metric, 50);
	assert_int_equal(told.route_index, LEFT);
}

static struct virtual_route default_route(void)
{
	return (struct virtual_route){.destination = {{.family = IP_V4}, 0}, .gateway = ip_v4(10, 0, 0, 100)};
}

static void routes_come_and_go(void **state)
{
	struct virtual_route route = default_route();
	struct kernel_op add = {KERNEL_ADD_ROUTE, 0, NULL, &route, 1};
	struct kernel_op removal = {KERNEL_DELETE_ROUTE, 0, NULL, &route, 1};

	(void)state;
	kernel_requests_run(&requests, &add, 1);
	assert_int_equal(add.error, 0);
	kernel_requests_run(&requests, &add, 1);
	assert_int_equal(add.error, 0);
	assert_true(succeeds("ip route show proto 18 | grep -q '^default via 10.0.0.100 dev left'"));
	kernel_requests_run(&requests, &removal, 1);
	assert_int_equal(removal.error, 0);
	assert_false(succeeds("ip route show | grep -q default"));
	kernel_requests_run(&requests, &removal, 1);
	assert_int_equal(removal.error, 0);

	route.gateway = ip_v4(203, 0, 113, 1);
	kernel_requests_run(&requests, &add, 1);
	assert_int_equal(add.error, -ENETUNREACH);
	assert_string_not_equal(last_reason, "");
}

static void routes_of_every_kind(void **state)
{
	struct virtual_route routes[] = {
		{.destination = {ip_v4(192, 0, 2, 0), 24},
			.metric = 77,
			.table = 1000,
			.metrics_given = 1u << ROUTE_METRIC_MTU,
			.metrics[ROUTE_METRIC_MTU] = 1400,
			.gateway = ip_v4(10, 0, 0, 100),
			.source = ip_v4(10, 0, 0, 1)},
		{.destination = {ip_v4(198, 51, 100, 0), 24}, .type = ROUTE_BLACKHOLE},
		{.destination = {ip_v4(198, 51, 101, 0), 24}, .tos = 0x10},
		{.destination = {ip_v4(198, 51, 102, 0), 24}, .gateway = ip_v4(8, 8, 8, 8), .on_link = true},
	};
	struct kernel_op ops[4];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		ops[i] = (struct kernel_op){KERNEL_ADD_ROUTE, i == 1 ? 0 : LEFT, NULL, &routes[i], 1};
	kernel_requests_run(&requests, ops, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(ops[i].error, 0);
	assert_true(succeeds("ip route show table 1000 | grep '^192.0.2.0/24 via 10.0.0.100 dev left' | "
			     "grep 'src 10.0.0.1' | grep 'metric 77' | grep -q 'mtu 1400'"));
	assert_true(succeeds("ip route show | grep -q '^blackhole 198.51.100.0/24'"));
	assert_true(succeeds("ip route show | grep '^198.51.101.0/24 tos' | grep -q 'scope link'"));
	assert_true(succeeds("ip route show | grep -q '^198.51.102.0/24 via 8.8.8.8 .*onlink'"));
	for (size_t i = 0; i < 4; i++)
		ops[i].type = KERNEL_DELETE_ROUTE;
	kernel_requests_run(&requests, ops, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(ops[i].error, 0);
	assert_false(succeeds("ip route show table all | grep -q 'proto 18\\|proto keepalived'"));
}

static void only_our_routes_that_others_took_are_told(void **state)
{
	struct virtual_route route = default_route();
	struct kernel_op add = {KERNEL_ADD_ROUTE, 0, NULL, &route, 1};
	struct kernel_op removal = {KERNEL_DELETE_ROUTE, 0, NULL, &route, 1};

	(void)state;
	run("ip route add 192.0.2.0/24 via 10.0.0.9 && ip route del 192.0.2.0/24");
	kernel_requests_run(&requests, &add, 1);
	kernel_requests_run(&requests, &removal, 1);
	kernel_requests_run(&requests, &add, 1);
	read_all();
	assert_int_equal(told.routes_gone, 0);
	run("ip route del default");
	read_until(told.routes_gone == 1);
	assert_int_equal(told.route_index, LEFT);
	assert_int_equal(told.route.destination.length, 0);
	assert_int_equal(told.route.destination.addr.family, IP_V4);
	assert_true(ip_equal(&told.route.gateway, &route.gateway));
	assert_int_equal(told.route.table, 0);
}

static void lost_events_lead_to_a_new_picture(void **state)
{
	const int tiny = 1;

	(void)state;
	assert_int_equal(setsockopt(events.fd, SOL_SOCKET, SO_RCVBUFFORCE, &tiny, sizeof(tiny)), 0);
	run("for i in $(seq 1 50); do echo addr add 10.2.0.$i/32 dev left; done | ip -batch -");
	read_until(told.begins >= 2 && events.state == PICTURE_COMPLETE);
	assert_true(told.ends < told.begins || told.ends == told.begins);
	assert_true(told.losses >= 1);
	assert_int_equal(events.interrupted, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_first_picture_shows_everything, begin, end),
		cmocka_unit_test_setup_teardown(links_change_and_go, begin, end),
		cmocka_unit_test_setup_teardown(a_question_is_answered, begin, end),
		cmocka_unit_test_setup_teardown(addresses_carry_our_mark, begin, end),
		cmocka_unit_test_setup_teardown(broadcast_scope_and_prefix_route, begin, end),
		cmocka_unit_test_setup_teardown(one_failure_in_a_batch_is_told_and_passed_over, begin, end),
		cmocka_unit_test_setup_teardown(ipv6_addresses_stand_at_once, begin, end),
		cmocka_unit_test_setup_teardown(an_address_with_a_lifetime, begin, end),
		cmocka_unit_test_setup_teardown(a_tentative_address_is_told_as_such, begin, end),
		cmocka_unit_test_setup_teardown(ipv6_routes_have_a_metric, begin, end),
		cmocka_unit_test_setup_teardown(changes_beside_this_thread, begin, end),
		cmocka_unit_test_setup_teardown(routes_come_and_go, begin, end),
		cmocka_unit_test_setup_teardown(routes_of_every_kind, begin, end),
		cmocka_unit_test_setup_teardown(only_our_routes_that_others_took_are_told, begin, end),
		cmocka_unit_test_setup_teardown(lost_events_lead_to_a_new_picture, begin, end),
	};

	namespace_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
