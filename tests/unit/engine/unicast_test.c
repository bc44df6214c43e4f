/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adverts to listed routers, and virtual routers that share a VRID. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

#define LAN 1

struct one {
	const char *name;
	const char *settings;
	const char *address;
};

static void boot(struct world *world, size_t number, const struct one *ones, size_t count)
{
	static const char *const own[] = {"10.0.0.11/24", "10.0.0.12/24", "10.0.0.13/24", "10.0.0.14/24"};
	char config[2048] = "";

	for (size_t i = 0; i < count; i++)
		snprintf(config + strlen(config), sizeof(config) - strlen(config),
			"vrrp_instance %s {\ninterface eth0\nvirtual_router_id 7\nversion 3\nadvert_int 1\n%s\n"
			"virtual_ipaddress {\n%s\n}\n}\n",
			ones[i].name, ones[i].settings, ones[i].address);
	node_boot(world, number, config);
	node_link(&world->nodes[number], 2, "eth0", LAN, own[number]);
}

static void start_all(struct world *world, dur_t length)
{
	for (size_t n = 0; n < WORLD_NODES; n++)
		if (world->nodes[n].engine != NULL)
			node_start(&world->nodes[n]);
	world_run(world, length);
}

static uint64_t drops(const struct node *node, const char *name)
{
	const struct instance *instance = node_instance(node, name);
	uint64_t sum = 0;

	for (size_t i = 0; i < DROP_REASON_COUNT; i++)
		sum += instance_drops(instance, (enum drop_reason)i);
	return sum;
}

/* Node 0 has one virtual router with node 1 and another one with node 2, of the same VRID. */
static void told_apart_by_peers(void **state)
{
	static const struct one both[] = {
		{"LEFT", "priority 100\nunicast_peer {\n10.0.0.12\n}", "10.0.0.1"},
		{"RIGHT", "priority 100\nunicast_peer {\n10.0.0.13\n}", "10.0.0.2"},
	};
	static const struct one left = {"LEFT", "priority 200\nunicast_peer {\n10.0.0.11\n}", "10.0.0.1"};
	static const struct one right = {"RIGHT", "priority 50\nunicast_peer {\n10.0.0.11\n}", "10.0.0.2"};
	struct world *world = world_new();

	(void)state;
	boot(world, 0, both, 2);
	boot(world, 1, &left, 1);
	boot(world, 2, &right, 1);
	start_all(world, 10 * DUR_S);
	assert_int_equal(node_state(&world->nodes[0], "LEFT"), VR_BACKUP);
	assert_int_equal(node_state(&world->nodes[1], "LEFT"), VR_MASTER);
	assert_int_equal(node_state(&world->nodes[0], "RIGHT"), VR_MASTER);
	assert_int_equal(node_state(&world->nodes[2], "RIGHT"), VR_BACKUP);
	world->nodes[1].silent = true;
	world_run(world, 10 * DUR_S);
	assert_int_equal(node_state(&world->nodes[0], "LEFT"), VR_MASTER);
	assert_int_equal(node_state(&world->nodes[2], "RIGHT"), VR_BACKUP);
	assert_int_equal(drops(&world->nodes[0], "LEFT") + drops(&world->nodes[0], "RIGHT"), 0);
	assert_int_equal(world->nodes[0].adverts, 0);
	assert_true(world->nodes[0].datagrams > 0);
	world_free(world);
}

static void told_apart_by_source(void **state)
{
	static const struct one ours[] = {
		{"A", "priority 100\nunicast_src_ip 10.0.0.11\nunicast_peer {\n10.0.0.12\n}", "10.0.0.1"},
		{"B", "priority 100\nunicast_src_ip 10.0.0.21\nunicast_peer {\n10.0.0.12\n}", "10.0.0.2"},
	};
	static const struct one theirs[] = {
		{"A", "priority 90\nunicast_src_ip 10.0.0.12\nunicast_peer {\n10.0.0.11\n}", "10.0.0.1"},
		{"B", "priority 110\nunicast_src_ip 10.0.0.12\nunicast_peer {\n10.0.0.21\n}", "10.0.0.2"},
	};
	struct world *world = world_new();

	(void)state;
	boot(world, 0, ours, 2);
	node_address(&world->nodes[0], 2, "10.0.0.21/24", 0);
	boot(world, 1, theirs, 2);
	start_all(world, 10 * DUR_S);
	assert_int_equal(node_state(&world->nodes[0], "A"), VR_MASTER);
	assert_int_equal(node_state(&world->nodes[1], "A"), VR_BACKUP);
	assert_int_equal(node_state(&world->nodes[0], "B"), VR_BACKUP);
	assert_int_equal(node_state(&world->nodes[1], "B"), VR_MASTER);
	for (size_t n = 0; n < 2; n++)
		assert_int_equal(drops(&world->nodes[n], "A") + drops(&world->nodes[n], "B"), 0);
	world_free(world);
}

/* covers: RX-27 */
static void told_apart_from_the_group(void **state)
{
	static const struct one both[] = {
		{"GROUP", "priority 100", "10.0.0.1"},
		{"LISTED", "priority 100\nunicast_peer {\n10.0.0.12\n}", "10.0.0.2"},
	};
	static const struct one listed = {"LISTED", "priority 200\nunicast_peer {\n10.0.0.11\n}", "10.0.0.2"};
	static const struct one group = {"GROUP", "priority 50", "10.0.0.1"};
	struct world *world = world_new();

	(void)state;
	boot(world, 0, both, 2);
	boot(world, 1, &listed, 1);
	boot(world, 2, &group, 1);
	start_all(world, 10 * DUR_S);
	assert_int_equal(node_state(&world->nodes[0], "GROUP"), VR_MASTER);
	assert_int_equal(node_state(&world->nodes[2], "GROUP"), VR_BACKUP);
	assert_int_equal(node_state(&world->nodes[0], "LISTED"), VR_BACKUP);
	assert_int_equal(node_state(&world->nodes[1], "LISTED"), VR_MASTER);
	assert_int_equal(drops(&world->nodes[0], "GROUP") + drops(&world->nodes[0], "LISTED"), 0);
	world_free(world);
}

/* One that nobody lists is heard, unless only listed ones are. */
static void who_is_not_listed(void **state)
{
	static const struct one open = {"A", "priority 100\nunicast_peer {\n10.0.0.13\n}", "10.0.0.1"};
	static const struct one closed = {
		"A", "priority 100\ncheck_unicast_src\nunicast_peer {\n10.0.0.13\n}", "10.0.0.1"};
	static const struct one better = {
		"A", "priority 200\nunicast_peer {\n10.0.0.11\n10.0.0.13\n}", "10.0.0.1"};
	struct world *world = world_new();

	(void)state;
	boot(world, 0, &open, 1);
	boot(world, 1, &better, 1);
	boot(world, 2, &closed, 1);
	start_all(world, 10 * DUR_S);
	assert_int_equal(node_state(&world->nodes[0], "A"), VR_BACKUP);
	assert_int_equal(node_state(&world->nodes[1], "A"), VR_MASTER);
	assert_int_equal(node_state(&world->nodes[2], "A"), VR_MASTER);
	assert_int_equal(
		instance_drops(node_instance(&world->nodes[2], "A"), DROP_PEER), drops(&world->nodes[2], "A"));
	assert_true(drops(&world->nodes[2], "A") > 3);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_apart_by_peers),
		cmocka_unit_test(told_apart_by_source),
		cmocka_unit_test(told_apart_from_the_group),
		cmocka_unit_test(who_is_not_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
