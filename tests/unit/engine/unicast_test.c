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

/* In spacings of 250, 500, 1000... ms, so five times before it is Master, and not again. */
#define QUESTIONS_OF_A_LONE_ONE 5
#define QUESTIONS_AT_MOST 6

static void peers_on_the_link_are_asked(void **state)
{
	static const struct one lone = {
		"A", "unicast_src_ip 10.0.0.21\nunicast_peer {\n10.0.0.12\n10.9.9.9\n}", "10.0.0.1"};
	const struct ip_addr source = ip_v4(10, 0, 0, 21);
	struct world *world = world_new();
	struct node *node = &world->nodes[0];

	(void)state;
	boot(world, 0, &lone, 1);
	node_address(node, 2, "10.0.0.21/24", 0);
	start_all(world, 10 * DUR_MS);
	assert_int_equal(node->probes, 1);
	assert_true(ip_equal(&node->last_prober, &source));
	world_run(world, 30 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node->probes, QUESTIONS_OF_A_LONE_ONE);
	world_free(world);
}

static void many_ask_as_one(void **state)
{
	char config[8192] = "";
	struct world *world = world_new();

	(void)state;
	for (int vrid = 1; vrid <= 20; vrid++)
		snprintf(config + strlen(config), sizeof(config) - strlen(config),
			"vrrp_instance V%d {\ninterface eth0\nvirtual_router_id %d\nversion 3\nunicast_peer {\n10.0.0.12\n}\n"
			"virtual_ipaddress {\n10.0.0.%d\n}\n}\n",
			vrid, vrid, 100 + vrid);
	node_boot(world, 0, config);
	node_link(&world->nodes[0], 2, "eth0", LAN, "10.0.0.11/24");
	start_all(world, 30 * DUR_S);
	assert_int_equal(node_state(&world->nodes[0], "V20"), VR_MASTER);
	assert_int_equal(world->nodes[0].probes, QUESTIONS_OF_A_LONE_ONE);
	world_free(world);
}

/* A member that its group keeps a Backup never hears anybody. */
static void nobody_asks_for_ever(void **state)
{
	static const char text[] =
		"vrrp_sync_group G {\ngroup {\nA\nU\n}\n}\n"
		"vrrp_instance A {\ninterface eth0\nvirtual_router_id 7\nversion 3\nvirtual_ipaddress {\n10.0.0.1\n}\n}\n"
		"vrrp_instance U {\ninterface eth0\nvirtual_router_id 8\nversion 3\nunicast_peer {\n10.0.0.14\n}\n"
		"virtual_ipaddress {\n10.0.0.2\n}\n}\n";
	static const struct one better = {"A", "priority 200", "10.0.0.1"};
	struct world *world = world_new();

	(void)state;
	boot(world, 1, &better, 1);
	start_all(world, 10 * DUR_S);
	node_boot(world, 0, text);
	node_link(&world->nodes[0], 2, "eth0", LAN, "10.0.0.11/24");
	node_start(&world->nodes[0]);
	world_run(world, 60 * DUR_S);
	assert_int_equal(node_state(&world->nodes[0], "U"), VR_BACKUP);
	assert_int_equal(world->nodes[0].probes, QUESTIONS_AT_MOST);
	world_free(world);
}

/* Until somebody is heard; and again when the link has another hardware address, also of one without an interface. */
static void a_backup_with_another_mac_asks_again(void **state)
{
	static const char *const places[] = {"interface eth0\n", ""};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		static const struct one better = {"A", "priority 200\nunicast_peer {\n10.0.0.11\n}", "10.0.0.1"};
		char text[512];
		struct world *world = world_new();
		struct node *node = &world->nodes[0];
		uint64_t asked;

		boot(world, 1, &better, 1);
		start_all(world, 10 * DUR_S);
		snprintf(text, sizeof(text),
			"vrrp_instance A {\n%svirtual_router_id 7\nversion 3\nunicast_src_ip 10.0.0.11\nunicast_peer {\n10.0.0.12\n}\n"
			"virtual_ipaddress {\n10.0.0.1 dev eth0\n}\n}\n",
			places[i]);
		node_boot(world, 0, text);
		node_link(node, 2, "eth0", LAN, "10.0.0.11/24");
		node_start(node);
		world_run(world, 5 * DUR_S);
		assert_int_equal(node_state(node, "A"), VR_BACKUP);
		asked = node->probes;
		assert_in_range(asked, 1, 4);
		world_run(world, 10 * DUR_S);
		assert_int_equal(node->probes, asked);
		node->links[0].mac.bytes[5] ^= 0x55;
		node_link_changed(node, 2);
		assert_int_equal(node->probes, asked + 1);
		world->nodes[1].silent = true;
		world_run(world, 1500 * DUR_MS);
		assert_in_range(node->probes, asked + 2, asked + 3);
		world->nodes[1].silent = false;
		world_run(world, 2 * DUR_S);
		asked = node->probes;
		world_run(world, 20 * DUR_S);
		assert_int_equal(node->probes, asked);
		assert_int_equal(node_state(node, "A"), VR_BACKUP);
		world_free(world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_apart_by_peers),
		cmocka_unit_test(told_apart_by_source),
		cmocka_unit_test(told_apart_from_the_group),
		cmocka_unit_test(who_is_not_listed),
		cmocka_unit_test(peers_on_the_link_are_asked),
		cmocka_unit_test(many_ask_as_one),
		cmocka_unit_test(nobody_asks_for_ever),
		cmocka_unit_test(a_backup_with_another_mac_asks_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
