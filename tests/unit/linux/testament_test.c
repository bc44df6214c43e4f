/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The testament: written by one, read and executed by another. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "linux/inheritance.h"
#include "linux/kernel_requests.h"
#include "linux/packet_rx.h"
#include "linux/packet_tx.h"
#include "linux/testament.h"
#include "linux/testament_layout.h"
#include "namespace.h"

#define LEFT 100
#define RIGHT 101

static int create(void)
{
	bool named;

	return testament_create(NULL, 1, &named);
}

struct seen {
	unsigned count;
	struct testament_record last;
	uint8_t frame[64];
};

static void see(void *user, const struct testament_record *record)
{
	struct seen *seen = user;

	seen->count++;
	seen->last = *record;
	memcpy(seen->frame, record->stop_frame, record->stop_frame_length);
}

static void slots_are_written_and_cleared(void **state)
{
	const uint8_t frame[5] = {1, 2, 3, 4, 5};
	struct testament_entry entry = {.active = true,
		.ifindex = 7,
		.stop_frame = frame,
		.stop_frame_length = 5,
		.release_after = DUR_S};
	struct testament testament;
	struct seen seen = {0};
	int fd = create();

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(testament_open(&testament, fd), 0);
	assert_int_equal(testament_read(fd, see, &seen), 0);
	assert_int_equal(seen.count, 0);
	assert_int_equal(testament_release_after(fd), 0);

	assert_int_equal(testament_write(&testament, 100, &entry), 0);
	entry.release_after = 2 * DUR_S;
	assert_int_equal(testament_write(&testament, 3, &entry), 0);
	assert_int_equal(testament_read(fd, see, &seen), 0);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.last.slot, 100);
	assert_int_equal(seen.last.ifindex, 7);
	assert_memory_equal(seen.frame, frame, 5);
	assert_int_equal(testament_release_after(fd), 2 * DUR_S);

	entry.active = false;
	assert_int_equal(testament_write(&testament, 100, &entry), 0);
	assert_int_equal(testament_write(&testament, 3, &entry), 0);
	seen.count = 0;
	assert_int_equal(testament_read(fd, see, &seen), 0);
	assert_int_equal(seen.count, 0);
	assert_int_equal(testament_write(&testament, TESTAMENT_SLOTS_MAX, &entry), -ENOSPC);
	assert_int_equal(ftruncate(fd, 0), -1);
	testament_close(&testament);
	close(fd);
}

static void what_another_version_has_laid_out_is_not_written_to(void **state)
{
	const uint64_t other = TESTAMENT_LAYOUT + 1;
	struct testament testament;
	int fd = create();

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &other, sizeof(other), TESTAMENT_PLACE_OFFSET), sizeof(other));
	assert_int_equal(testament_open(&testament, fd), -EPROTO);
	close(fd);
}

/* Whatever stands beside the copy, half written, does not count. */
static void a_half_written_copy_does_not_count(void **state)
{
	struct testament_entry entry = {.active = true, .ifindex = 7, .release_after = 1};
	struct testament testament;
	struct seen seen = {0};
	int fd = create();
	const size_t head = TESTAMENT_HEAD_SIZE;

	(void)state;
	assert_int_equal(testament_open(&testament, fd), 0);
	assert_int_equal(testament_write(&testament, 0, &entry), 0);
	memset(testament.map + head + 64, 0xff, 4096);
	testament_read(fd, see, &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.last.ifindex, 7);
	/* A sick writer: lengths that cannot be are not followed. */
	memset(testament.map + head, 0xff, 4096);
	testament_read(fd, see, &seen);
	assert_int_equal(seen.count, 1);
	testament_close(&testament);
	close(fd);
}

/* Ten thousand virtual routers that come, change and go: places are used again. */
static void many_take_little_room(void **state)
{
	enum { SLOTS = 10000, ROUNDS = 4 };
	struct virtual_address addresses[3] = {{.prefix = {ip_v4(10, 0, 0, 1), 32}}, {.prefix = {ip_v4(10, 0, 0, 2), 32}},
		{.prefix = {ip_v4(10, 0, 0, 3), 32}}};
	struct kernel_op removals[3];
	struct testament_entry entry = {.active = true, .stop_frame = (const uint8_t[54]){1}, .stop_frame_length = 54,
		.removals = removals};
	struct testament testament;
	struct seen seen = {0};
	int fd = create();

	(void)state;
	for (size_t i = 0; i < 3; i++)
		removals[i] = (struct kernel_op){KERNEL_DELETE_ADDRESS, 7, &addresses[i], NULL, 0};
	assert_int_equal(testament_open(&testament, fd), 0);
	for (unsigned round = 0; round < ROUNDS; round++)
		for (size_t slot = 0; slot < SLOTS; slot++) {
			entry.ifindex = (int)(slot + round);
			entry.removal_count = 1 + (slot + round) % 3;
			assert_int_equal(testament_write(&testament, slot, &entry), 0);
		}
	assert_true(testament.size < TESTAMENT_HEAD_SIZE + 2 * SLOTS * 256);
	testament_read(fd, see, &seen);
	assert_int_equal(seen.count, SLOTS);
	assert_int_equal(seen.last.slot, SLOTS - 1);
	assert_int_equal(seen.last.ifindex, SLOTS - 1 + ROUNDS - 1);
	entry.active = false;
	for (size_t slot = 1; slot < SLOTS; slot++)
		assert_int_equal(testament_write(&testament, slot, &entry), 0);
	assert_int_equal(testament_active_count(fd), 1);
	testament_close(&testament);
	close(fd);
}

static void what_does_not_fit_is_said(void **state)
{
	enum { COUNT = 4000 };
	struct virtual_address address = {.prefix = {ip_v4(10, 0, 0, 1), 32}};
	struct kernel_op *removals = calloc(COUNT, sizeof(*removals));
	struct testament_entry entry = {.active = true,
		.ifindex = 7,
		.removals = removals,
		.removal_count = COUNT,
		.release_after = 1};
	struct testament testament;
	struct seen seen = {0};
	int fd = create();

	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		removals[i] = (struct kernel_op){KERNEL_DELETE_ADDRESS, 7, &address, NULL, 0};
	assert_int_equal(testament_open(&testament, fd), 0);
	assert_int_equal(testament_write(&testament, 0, &entry), -ENOSPC);
	testament_read(fd, see, &seen);
	assert_int_equal(seen.count, 1);
	assert_in_range(seen.last.removals_length, TESTAMENT_COPY_SIZE - 200, TESTAMENT_COPY_SIZE);
	entry.removal_count = 1900;
	assert_int_equal(testament_write(&testament, 0, &entry), 0);
	testament_close(&testament);
	close(fd);
	free(removals);
}

static void it_is_executed(void **state)
{
	static struct packet_rx rx;
	uint8_t frame[60] = {0x01, 0x00, 0x5e, 0, 0, 0x12, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, [23] = 112};
	struct virtual_address address = {.prefix = {ip_v4(10, 0, 0, 200), 32}};
	struct virtual_route route = {.destination = {{.family = IP_V4}, 0}, .gateway = ip_v4(10, 0, 0, 100)};
	struct kernel_op ops[] = {
		{KERNEL_ADD_ADDRESS, LEFT, &address, NULL, 0}, {KERNEL_ADD_ROUTE, 0, NULL, &route, 0}};
	struct kernel_op removals[] = {{KERNEL_DELETE_ADDRESS, 9999, &address, NULL, 0},
		{KERNEL_DELETE_ADDRESS, LEFT, &address, NULL, 0}, {KERNEL_DELETE_ROUTE, 0, NULL, &route, 0}};
	uint8_t packet[21] = {0x45, 0xc0, 0, 21, [8] = 255, 112, [12] = 10, 0, 0, 9, 10, 0, 0, 1};
	struct port_datagram datagrams[2] = {{.ifindex = 0,
		.source = ip_v4(10, 0, 0, 9),
		.destination = ip_v4(10, 0, 0, 1),
		.bytes = packet,
		.length = 21}};
	struct testament_entry entry = {.active = true,
		.ifindex = LEFT,
		.stop_frame = frame,
		.stop_frame_length = 60,
		.stop_datagrams = datagrams,
		.stop_datagram_count = 2,
		.removals = removals,
		.removal_count = 3,
		.release_after = 1};
	struct kernel_requests requests;
	struct testament testament;
	struct turn_clock clock = {0};
	struct datagram_tx datagram_tx;
	int fd = create();
	int heard[2] = {0};

	(void)state;
	datagrams[1] = datagrams[0];
	assert_int_equal(datagram_tx_open(&datagram_tx), 0);
	assert_int_equal(packet_rx_open(&rx), 0);
	assert_int_equal(kernel_requests_open(&requests), 0);
	kernel_requests_run(&requests, ops, 2);
	assert_int_equal(ops[0].error | ops[1].error, 0);
	assert_int_equal(testament_open(&testament, fd), 0);
	assert_int_equal(testament_write(&testament, 0, &entry), 0);

	int transmitter = packet_tx_open();
	testament_say_stop(fd, transmitter, &datagram_tx, 3);
	while (heard[0] + heard[1] < 9) {
		struct pollfd waiting = {.fd = rx.fds[0], .events = POLLIN};

		assert_int_equal(poll(&waiting, 1, 5000), 1);
		turn_clock_read(&clock);
		for (int i = packet_rx_read(&rx, 0, &clock); i > 0; i--)
			heard[rx.packets[i - 1].ifindex == RIGHT]++;
	}
	assert_int_equal(heard[1], 3);
	assert_true(succeeds("ip addr show dev left | grep -q 10.0.0.200"));

	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	testament_remove(fd, netlink);
	assert_false(succeeds("ip addr show dev left | grep -q 10.0.0.200"));
	assert_false(succeeds("ip route | grep -q default"));
	close(netlink);
	close(transmitter);
	datagram_tx_close(&datagram_tx);
	testament_close(&testament);
	packet_rx_close(&rx);
	kernel_requests_close(&requests);
	close(fd);
}

/* Beside a pid file in memory, it is there when nobody has it open any more. */
static void one_with_a_name_outlives_its_writer(void **state)
{
	const struct testament_entry entry = {.active = true, .ifindex = 7, .release_after = 1};
	char directory[] = "/dev/shm/vigia-test-XXXXXX";
	struct testament testament;
	struct seen seen = {0};
	char path[64];
	bool named;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/left-0", directory);
	fd = testament_create(path, 5, &named);
	assert_true(fd >= 0 && named);
	assert_int_equal(testament_open(&testament, fd), 0);
	for (size_t slot = 0; slot < 20; slot++)
		assert_int_equal(testament_write(&testament, slot, &entry), 0);
	testament_close(&testament);
	close(fd);
	/* Neither is it overwritten, nor taken for one of another network namespace. */
	fd = testament_create(path, 5, &named);
	assert_true(fd >= 0 && !named);
	close(fd);
	assert_int_equal(testament_open_left(path, 6), -EINVAL);
	fd = testament_open_left(path, 5);
	assert_true(fd >= 0);
	testament_read(fd, see, &seen);
	assert_int_equal(seen.count, 20);
	/* A file that was cut off is no more than what is still there: of these, 32 bytes each. */
	assert_int_equal(truncate(path, (off_t)(TESTAMENT_HEAD_SIZE + 3 * 32 - 8)), 0);
	seen.count = 0;
	testament_read(fd, see, &seen);
	assert_int_equal(seen.count, 2);
	close(fd);
	unlink(path);
	assert_int_equal(testament_open_left(path, 5), -ENOENT);
	rmdir(directory);
}

static void count_told(void *user, const struct nlmsghdr *request, int error)
{
	(void)request;
	assert_int_equal(error, 0);
	++*(unsigned *)user;
}

static void a_successor_takes_away_what_it_does_not_want(void **state)
{
	struct virtual_address address = {.prefix = {ip_v4(10, 0, 0, 201), 32}};
	struct virtual_route routes[] = {
		{.destination = {ip_v4(10, 77, 0, 0), 16}, .gateway = ip_v4(10, 0, 0, 100)},
		{.destination = {ip_v4(10, 78, 0, 0), 16}, .gateway = ip_v4(10, 0, 0, 100)},
		{.destination = {ip_v4(10, 79, 0, 0), 16}, .gateway = ip_v4(10, 0, 0, 100)}};
	struct virtual_rule rule = {
		.action = RULE_TABLE, .family = IP_V4, .table = 7, .preference = 777, .preference_set = true};
	struct kernel_op ops[] = {{.type = KERNEL_ADD_ROUTE, .route = &routes[0]},
		{.type = KERNEL_ADD_ROUTE, .route = &routes[1]}, {.type = KERNEL_ADD_ROUTE, .route = &routes[2]},
		{.type = KERNEL_ADD_RULE, .rule = &rule},
		{.type = KERNEL_ADD_ADDRESS, .ifindex = LEFT, .address = &address}};
	struct kernel_op removals[] = {{.type = KERNEL_DELETE_ROUTE, .route = &routes[0]},
		{.type = KERNEL_DELETE_ROUTE, .route = &routes[1]}, {.type = KERNEL_DELETE_RULE, .rule = &rule},
		{.type = KERNEL_DELETE_ADDRESS, .ifindex = LEFT, .address = &address}};
	const struct testament_entry entry = {.active = true, .removals = removals, .removal_count = 4};
	struct netlink_socket netlink;
	struct inheritance inheritance;
	struct kernel_requests requests;
	struct testament testament;
	unsigned told = 0;
	int fd = create();

	(void)state;
	assert_int_equal(kernel_requests_open(&requests), 0);
	assert_int_equal(netlink_socket_open(&netlink), 0);
	kernel_requests_run(&requests, ops, 5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(ops[i].error, 0);
	assert_int_equal(testament_open(&testament, fd), 0);
	assert_int_equal(testament_write(&testament, 5, &entry), 0);
	testament_close(&testament);

	assert_int_equal(inheritance_open(&inheritance, &fd, 1), 0);
	assert_true(inheritance_has(&inheritance, &removals[3]));
	assert_true(inheritance_has(&inheritance, &removals[0]));
	removals[3].ifindex = RIGHT;
	assert_false(inheritance_has(&inheritance, &removals[3]));
	inheritance_remove_routes(&inheritance, &netlink, &removals[1], 1, count_told, &told);
	assert_int_equal(told, 2);
	assert_false(succeeds("ip route | grep -q 10.77"));
	assert_true(succeeds("ip route | grep -q 10.78"));
	assert_true(succeeds("ip route | grep -q 10.79"));
	assert_false(succeeds("ip rule show protocol 18 | grep -q 777"));
	/* Addresses are not its business. */
	assert_true(succeeds("ip addr show dev left | grep -q 10.0.0.201"));
	/* Once more: nothing is there, and nothing is said. The kernel would take this one, which is not ours. */
	run("ip rule add pref 777 table 7 protocol 99");
	inheritance_remove_routes(&inheritance, &netlink, &removals[1], 1, count_told, &told);
	assert_int_equal(told, 2);
	assert_true(succeeds("ip rule show protocol 99 | grep -q 777"));
	run("ip rule del pref 777");
	inheritance_close(&inheritance);
	netlink_socket_close(&netlink);
	kernel_requests_close(&requests);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_are_written_and_cleared),
		cmocka_unit_test(what_another_version_has_laid_out_is_not_written_to),
		cmocka_unit_test(a_half_written_copy_does_not_count),
		cmocka_unit_test(many_take_little_room),
		cmocka_unit_test(what_does_not_fit_is_said),
		cmocka_unit_test(it_is_executed),
		cmocka_unit_test(one_with_a_name_outlives_its_writer),
		cmocka_unit_test(a_successor_takes_away_what_it_does_not_want),
	};

	namespace_enter();
	cable("left", LEFT, "right", RIGHT);
	run("ip addr add 10.0.0.1/24 dev left");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
