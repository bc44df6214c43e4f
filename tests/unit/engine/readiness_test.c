/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked before a living master is preempted: the next hops of virtual routes, and whether the kernel forwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/readiness.h"
#include "world.h"

#define ETH0 2
#define ETH1 3
#define NEXT_HOP "10.0.0.100"

#define CONF(priority, more)                                                                                 \
	"vrrp_instance A {\n interface eth0\n virtual_router_id 51\n version 3\n advert_int 0.1\n priority " priority "\n" more \
	" virtual_ipaddress {\n 192.168.1.200\n }\n virtual_routes {\n default via " NEXT_HOP " dev eth1 no_track\n }\n}\n"

static struct node *boot(struct world *world, size_t number, const char *conf)
{
	struct node *node = &world->nodes[number];

	node_boot(world, number, conf);
	node_link(node, ETH0, "eth0", 1, number == 0 ? "192.168.1.1/24" : "192.168.1.2/24");
	node_link(node, ETH1, "eth1", number == 0 ? 2 : 3, number == 0 ? "10.0.0.1/24" : "10.0.0.2/24");
	return node;
}

/* The lower one is master; the better one is about to start. */
static struct node *about_to_start(void **state, const char *conf)
{
	struct world *world = world_new();
	struct node *better;

	*state = world;
	world_host(world, 2, NEXT_HOP);
	node_start(boot(world, 1, CONF("90", "")));
	world_run(world, 2 * DUR_S);
	assert_int_equal(node_state(&world->nodes[1], "A"), VR_MASTER);
	better = boot(world, 0, conf);
	return better;
}

/* Master_Down_Interval is 360.9 ms. */
static void expect_wait(struct world *world, struct node *node, const char *remark)
{
	world_run(world, 900 * DUR_MS);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "\"not-ready\""), 1);
	world_run(world, 250 * DUR_MS);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, remark), 1);
	assert_int_equal(node->links[1].hearing, IP_NONE);
}

static void a_next_hop_that_answers_costs_no_time(void **state)
{
	struct node *node = about_to_start(state, CONF("110", ""));

	node_start(node);
	world_run(*state, 300 * DUR_MS);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	assert_int_equal(node->probes, 1);
	world_run(*state, 200 * DUR_MS);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
}

static void a_mute_one_costs_a_second(void **state)
{
	struct node *node = about_to_start(state, CONF("110", ""));
	struct world *world = *state;

	world->hosts[0].mute = true;
	node_start(node);
	expect_wait(world, node, "the next hop " NEXT_HOP " of a virtual route was asked for a second");
	assert_true(node->probes > 50);
}

static void so_does_a_kernel_that_does_not_forward(void **state)
{
	struct node *node = about_to_start(state, CONF("110", ""));

	node->links[0].forwards_nothing = true;
	node_link_changed(node, ETH0);
	node_start(node);
	expect_wait(*state, node, "eth0 forwards nothing (net.ipv4.conf.eth0.forwarding is 0): taking over");
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "eth0 forwards nothing (net.ipv4.conf.eth0.forwarding is 0): waiting"), 1);
}

/* Of a link that is tracked, and that no route names. */
static struct node *about_to_start_without_routes(void **state, const char *more)
{
	struct node *node;
	char conf[512];

	snprintf(conf, sizeof(conf), "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n version 3\n advert_int 0.1\n priority 110\n"
		 " %s virtual_ipaddress {\n 192.168.1.200\n }\n}\n", more);
	node = about_to_start(state, conf);
	for (size_t i = 0; i < 2; i++)
		node->links[i].forwards_nothing = true;
	return node;
}

static void so_does_a_tracked_link_that_does_not_forward(void **state)
{
	struct node *node = about_to_start_without_routes(state, "track_interface {\n eth1\n }\n");

	node->links[0].forwards_nothing = false;
	node_link_changed(node, ETH0);
	node_link_changed(node, ETH1);
	node_start(node);
	world_run(*state, 1500 * DUR_MS); /* of the first second its carrier is not believed */
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "eth1 forwards nothing (net.ipv4.conf.eth1.forwarding is 0): waiting"), 1);
	world_run(*state, DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "is 0): taking over all the same"), 1);
}

static void who_is_no_gateway_need_not_forward(void **state)
{
	struct node *node = about_to_start_without_routes(state, "track_interface {\n eth1 weight -5\n }\n");

	node_link_changed(node, ETH0);
	node_link_changed(node, ETH1);
	node_start(node);
	world_run(*state, 1500 * DUR_MS);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "forwards nothing"), 0);
}

static void one_that_begins_to_forward_is_seen(void **state)
{
	struct node *node = about_to_start(state, CONF("110", ""));

	node->links[1].forwards_nothing = true;
	node_link_changed(node, ETH1);
	node_start(node);
	world_run(*state, 600 * DUR_MS);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	node->links[1].forwards_nothing = false;
	node_link_changed(node, ETH1);
	world_run(*state, 20 * DUR_MS);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
}

/* RFC 9568 knows no such wait. */
static void strict_mode_asks_nobody(void **state)
{
	struct node *node = about_to_start(state, CONF("110", " strict_mode on\n"));
	struct world *world = *state;

	world->hosts[0].mute = true;
	node_start(node);
	world_run(world, 500 * DUR_MS);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
}

static void a_reload_ends_the_asking(void **state)
{
	struct node *node = about_to_start(state, CONF("110", ""));
	struct world *world = *state;

	world->hosts[0].mute = true;
	node_start(node);
	world_run(world, 500 * DUR_MS);
	assert_non_null(node->engine->readiness);
	node_reload(node, CONF("120", ""));
	world_run(world, 20 * DUR_MS);
	assert_null(node->engine->readiness);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_next_hop_that_answers_costs_no_time, world_teardown),
		cmocka_unit_test_teardown(a_mute_one_costs_a_second, world_teardown),
		cmocka_unit_test_teardown(so_does_a_kernel_that_does_not_forward, world_teardown),
		cmocka_unit_test_teardown(so_does_a_tracked_link_that_does_not_forward, world_teardown),
		cmocka_unit_test_teardown(who_is_no_gateway_need_not_forward, world_teardown),
		cmocka_unit_test_teardown(one_that_begins_to_forward_is_seen, world_teardown),
		cmocka_unit_test_teardown(strict_mode_asks_nobody, world_teardown),
		cmocka_unit_test_teardown(a_reload_ends_the_asking, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
