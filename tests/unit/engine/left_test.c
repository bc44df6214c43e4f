/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What engines and daemons that died left in the kernel, and what their successor makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

#define LAN 1
#define ETH0 2

static const char one[] = "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n"
			  " virtual_ipaddress {\n 192.168.1.200\n 192.168.1.201\n }\n"
			  " virtual_routes {\n default via 192.168.1.9\n }\n}\n";

static struct node *boot(void **state, const char *config, const struct engine_options *options)
{
	struct world *world = world_new();

	*state = world;
	node_boot_with(world, 0, config, options);
	node_link(&world->nodes[0], ETH0, "eth0", LAN, "192.168.1.1/24");
	return &world->nodes[0];
}

static void leftovers_go_before_the_first_election(void **state)
{
	struct node *node = boot(state, one, &(struct engine_options){0});

	node_address(node, ETH0, "192.168.1.200/32", VIGIA_KERNEL_PROTOCOL);
	node_address(node, ETH0, "192.168.1.77/32", VIGIA_KERNEL_PROTOCOL);
	node_start(node);
	assert_false(node_has_address(node, ETH0, "192.168.1.200/32"));
	/* Not in our configuration: not ours to judge. */
	assert_true(node_has_address(node, ETH0, "192.168.1.77/32"));
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
}

static void orphans_of_a_dead_daemon_go(void **state)
{
	struct engine_options options = {.bury = true, .by_marks = true};
	struct node *node = boot(state, one, &options);

	node_address(node, ETH0, "192.168.1.200/32", VIGIA_KERNEL_PROTOCOL);
	node_address(node, ETH0, "192.168.1.77/32", VIGIA_KERNEL_PROTOCOL);
	node_address(node, ETH0, "192.168.1.78/32", 0);
	node_start(node);
	assert_false(node_has_address(node, ETH0, "192.168.1.200/32"));
	assert_false(node_has_address(node, ETH0, "192.168.1.77/32"));
	assert_true(node_has_address(node, ETH0, "192.168.1.78/32"));
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "192.168.1.77/32 on eth0 was left"), 1);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "was left"), 1);
}

static bool left_77(void *user, const struct kernel_op *removal)
{
	char text[IP_PREFIX_TEXT_SIZE];

	(void)user;
	return removal->type == KERNEL_DELETE_ADDRESS && removal->ifindex == ETH0 &&
	       strcmp(ip_prefix_format(&removal->address->prefix, text), "192.168.1.77/32") == 0;
}

static struct node *left_node; /* whose routes these are; what was said of them */
static size_t left_wanted;
static bool left_before_installing;

static void left_routes(void *user, const struct kernel_op *keep, size_t count)
{
	(void)user;
	for (size_t i = 0; i < count; i++)
		assert_true(keep[i].type == KERNEL_DELETE_ROUTE || keep[i].type == KERNEL_DELETE_RULE);
	left_wanted = count;
	left_before_installing = !node_has_route(left_node, "10.6.0.0/16");
}

/* Where testaments tell it, a mark alone tells nothing. */
static void only_what_the_dead_had_goes(void **state)
{
	static const char statics[] = "static_routes {\n 10.6.0.0/16 via 192.168.1.9 dev eth0\n}\n"
				      "static_rules {\n from 10.6.0.0/16 table 100\n}\n%s";
	struct engine_options options = {.bury = true};
	char text[4096];
	struct node *node;

	snprintf(text, sizeof(text), statics, one);
	node = boot(state, text, &options);
	left_node = node;
	node->port.was_left = left_77;
	node->port.remove_left = left_routes;
	node_address(node, ETH0, "192.168.1.77/32", VIGIA_KERNEL_PROTOCOL);
	node_address(node, ETH0, "192.168.1.78/32", VIGIA_KERNEL_PROTOCOL);
	node_start(node);
	assert_false(node_has_address(node, ETH0, "192.168.1.77/32"));
	assert_true(node_has_address(node, ETH0, "192.168.1.78/32"));
	/* What is static stays, and stands before the new daemon does anything else. */
	assert_int_equal(left_wanted, 2);
	assert_true(left_before_installing);
	assert_true(node_has_route(node, "10.6.0.0/16"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(leftovers_go_before_the_first_election, world_teardown),
		cmocka_unit_test_teardown(orphans_of_a_dead_daemon_go, world_teardown),
		cmocka_unit_test_teardown(only_what_the_dead_had_goes, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
