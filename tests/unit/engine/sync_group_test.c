/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sync groups in the engine: two gateways with a LAN and an uplink. The members of a group are looked at after every
 * millisecond and every event: they are in one state, whatever happens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "world.h"

#define LAN 1
#define UPLINK 2
#define ETH0 2
#define ETH1 3

#define INSIDE(priority)                                                                                     \
	"vrrp_instance INSIDE {\n interface eth0\n virtual_router_id 51\n priority " priority                \
	"\n virtual_ipaddress {\n 192.168.1.200\n }\n}\n"
#define OUTSIDE(priority)                                                                                    \
	"vrrp_instance OUTSIDE {\n interface eth1\n virtual_router_id 52\n priority " priority               \
	"\n virtual_ipaddress {\n 10.0.0.200\n }\n}\n"
#define THIRD                                                                                                \
	"vrrp_instance THIRD {\n interface eth0\n virtual_router_id 53\n priority 100\n"                     \
	" virtual_ipaddress {\n 192.168.1.203\n }\n}\n"
#define GROUP "vrrp_sync_group GATEWAY {\n group {\n INSIDE\n OUTSIDE\n }\n}\n"

static const char gw1_conf[] = GROUP INSIDE("100") OUTSIDE("100");
static const char gw2_conf[] = GROUP INSIDE("99") OUTSIDE("99");

static struct node *gw1(struct world *world)
{
	return &world->nodes[0];
}

static struct node *gw2(struct world *world)
{
	return &world->nodes[1];
}

static void check_groups(const struct world *world)
{
	for (size_t n = 0; n < 2; n++) {
		const struct engine *engine = world->nodes[n].engine;

		for (size_t i = 0; engine != NULL && i < engine->instance_count; i++)
			for (size_t k = 0; k < i; k++) {
				const struct instance *a = engine->instances[i], *b = engine->instances[k];

				if (a->rare->sync_group != NULL && a->rare->sync_group == b->rare->sync_group)
					assert_int_equal(a->vr.state, b->vr.state);
			}
	}
}

static void run(struct world *world, dur_t length)
{
	check_groups(world);
	for (dur_t done = 0; done < length; done += DUR_MS) {
		world_run(world, DUR_MS);
		check_groups(world);
	}
}

static void assert_masters(struct world *world, enum vr_state first, enum vr_state second)
{
	for (size_t n = 0; n < 2; n++) {
		struct node *node = &world->nodes[n];
		enum vr_state wanted = n == 0 ? first : second;

		assert_int_equal(node_state(node, "INSIDE"), wanted);
		assert_int_equal(node_state(node, "OUTSIDE"), wanted);
		assert_int_equal(node_has_address(node, ETH0, "192.168.1.200/32"), wanted == VR_MASTER);
		assert_int_equal(node_has_address(node, ETH1, "10.0.0.200/32"), wanted == VR_MASTER);
	}
}

static int make_gateways(void **state)
{
	struct world *world = world_new();

	*state = world;
	node_boot(world, 0, gw1_conf);
	node_boot(world, 1, gw2_conf);
	node_link(gw1(world), ETH0, "eth0", LAN, "192.168.1.1/24");
	node_link(gw1(world), ETH1, "eth1", UPLINK, "10.0.0.1/24");
	node_link(gw2(world), ETH0, "eth0", LAN, "192.168.1.2/24");
	node_link(gw2(world), ETH1, "eth1", UPLINK, "10.0.0.2/24");
	node_start(gw1(world));
	node_start(gw2(world));
	run(world, 10 * DUR_S);
	assert_masters(world, VR_MASTER, VR_BACKUP);
	return 0;
}

static void begin_sequence(struct node *node)
{
	node->sequence_length = 0;
	node->sequence[0] = '\0';
}

static void a_pulled_cable_moves_both_addresses_in_one_go(void **state)
{
	struct world *world = *state;
	unsigned waited = 0;

	begin_sequence(gw2(world));
	node_carrier(gw1(world), ETH1, false);
	check_groups(world);
	assert_int_equal(node_state(gw1(world), "INSIDE"), VR_INITIALIZE);
	while (node_state(gw2(world), "INSIDE") != VR_MASTER) {
		run(world, DUR_MS);
		assert_true(++waited < 620);
	}
	/* Both testaments, both addresses, both adverts, and only then announcements. */
	assert_memory_equal(gw2(world)->sequence, "wwkkaag", 7);
	run(world, 200 * DUR_MS);
	assert_masters(world, VR_INITIALIZE, VR_MASTER);
	assert_non_null(node_last_line(gw1(world), ENGINE_TELL_EVENT,
		"\"group\":\"GATEWAY\",\"at\":"));
	assert_non_null(node_last_line(gw1(world), ENGINE_TELL_EVENT,
		"\"from\":\"MASTER\",\"to\":\"FAULT\",\"text\":\"OUTSIDE: eth1 is down or without carrier\""));
	assert_non_null(node_last_line(gw2(world), ENGINE_TELL_EVENT,
		"\"code\":\"group-state\",\"from\":\"BACKUP\",\"to\":\"MASTER\",\"text\":\"INSIDE: "));
	node_carrier(gw1(world), ETH1, true);
	run(world, 10 * DUR_S);
	assert_masters(world, VR_MASTER, VR_BACKUP);
	assert_int_equal(node_count_lines(gw2(world), ENGINE_TELL_EVENT, "\"code\":\"group-state\""), 3);
}

static void a_stop_says_priority_zero_for_all(void **state)
{
	struct world *world = *state;

	begin_sequence(gw1(world));
	engine_stop(gw1(world)->engine, false, world->now);
	assert_memory_equal(gw1(world)->sequence, "00", 2);
	run(world, 620 * DUR_MS);
	assert_int_equal(node_state(gw2(world), "OUTSIDE"), VR_MASTER);
	run(world, 200 * DUR_MS);
	assert_true(gw1(world)->stopped);
	assert_masters(world, VR_INITIALIZE, VR_MASTER);
}

static void a_better_router_on_one_side_takes_all(void **state)
{
	struct world *world = *state;

	node_reload(gw2(world), GROUP INSIDE("110") OUTSIDE("99"));
	run(world, 10 * DUR_S);
	/* It may not preempt on the uplink, so it does not at all. */
	assert_masters(world, VR_MASTER, VR_BACKUP);
	node_reload(gw2(world), GROUP INSIDE("110") OUTSIDE("110"));
	run(world, 10 * DUR_S);
	assert_masters(world, VR_BACKUP, VR_MASTER);
}

static void partial_silence_moves_nothing(void **state)
{
	struct world *world = *state;

	/* Another network by the same name: what gw1 says on the LAN goes nowhere. */
	gw1(world)->links[0].segment = 9;
	run(world, 60 * DUR_S);
	assert_masters(world, VR_MASTER, VR_BACKUP);
	assert_int_equal(node_instance(gw2(world), "INSIDE")->counters.became_master, 0);
	engine_status(gw2(world)->engine, false, world->now);
	world_run(world, DUR_MS);
	assert_non_null(node_last_line(gw2(world), ENGINE_TELL_STATUS_END,
		"; INSIDE could be master, but OUTSIDE hears 10.0.0.1\""));
	gw1(world)->links[0].segment = LAN;
	run(world, 10 * DUR_S);
	assert_masters(world, VR_MASTER, VR_BACKUP);
}

static void a_reload_adds_a_member_without_a_gap(void **state)
{
	struct world *world = *state;

	node_reload(gw1(world), "vrrp_sync_group GATEWAY {\n group {\n INSIDE\n OUTSIDE\n THIRD\n }\n}\n" INSIDE(
					"100") OUTSIDE("100") THIRD);
	check_groups(world);
	assert_int_equal(node_state(gw1(world), "THIRD"), VR_MASTER);
	assert_non_null(node_last_line(gw1(world), ENGINE_TELL_EVENT, "group-joined"));
	run(world, 5 * DUR_S);
	assert_masters(world, VR_MASTER, VR_BACKUP);
	assert_int_equal(node_instance(gw1(world), "INSIDE")->counters.became_master, 1);
	assert_int_equal(node_count_lines(gw1(world), ENGINE_TELL_EVENT, "\"code\":\"group-state\""), 2);
	/* And takes it out again. */
	node_reload(gw1(world), gw1_conf);
	run(world, 5 * DUR_S);
	assert_masters(world, VR_MASTER, VR_BACKUP);
	assert_int_equal(node_instance(gw1(world), "INSIDE")->counters.became_master, 1);
}

static void a_new_member_that_cannot_serve_takes_all_out(void **state)
{
	struct world *world = *state;

	node_reload(gw1(world), "vrrp_sync_group GATEWAY {\n group {\n INSIDE\n OUTSIDE\n THIRD\n }\n}\n" INSIDE(
					"100") OUTSIDE("100") "vrrp_instance THIRD {\n interface eth7\n"
							      " virtual_router_id 53\n virtual_ipaddress {\n"
							      " 192.168.1.203\n }\n}\n");
	run(world, 1 * DUR_S);
	assert_masters(world, VR_INITIALIZE, VR_MASTER);
	assert_string_equal(node_instance(gw1(world), "INSIDE")->vr.rare->sibling.name, "THIRD");
	node_reload(gw1(world), gw1_conf);
	run(world, 10 * DUR_S);
	assert_masters(world, VR_MASTER, VR_BACKUP);
}

static void renaming_and_dissolving_move_nothing(void **state)
{
	struct world *world = *state;

	node_reload(gw1(world), "vrrp_sync_group OTHER {\n group {\n INSIDE\n OUTSIDE\n }\n}\n" INSIDE(
					"100") OUTSIDE("100"));
	run(world, 5 * DUR_S);
	assert_masters(world, VR_MASTER, VR_BACKUP);
	assert_non_null(node_last_line(gw1(world), ENGINE_TELL_EVENT, "\"group\":\"OTHER\""));
	node_reload(gw1(world), INSIDE("100") OUTSIDE("100"));
	node_reload(gw2(world), INSIDE("99") OUTSIDE("99"));
	run(world, 5 * DUR_S);
	assert_masters(world, VR_MASTER, VR_BACKUP);
	/* Each for itself now. */
	node_carrier(gw1(world), ETH1, false);
	run(world, 5 * DUR_S);
	assert_int_equal(node_state(gw1(world), "INSIDE"), VR_MASTER);
	assert_int_equal(node_state(gw2(world), "OUTSIDE"), VR_MASTER);
	/* Grouped in this state, gw1 is out as a whole; gw2 gets both. */
	node_reload(gw1(world), gw1_conf);
	check_groups(world);
	node_reload(gw2(world), gw2_conf);
	check_groups(world);
	run(world, 5 * DUR_S);
	assert_masters(world, VR_INITIALIZE, VR_MASTER);
}

static void a_crashed_engine_goes_on_with_what_stood(void **state)
{
	struct world *world = *state;
	struct engine_options options = {.adopt = true};

	engine_free(gw1(world)->engine);
	gw1(world)->engine = NULL;
	conf_result_free(&gw1(world)->conf);
	world_run(world, 500 * DUR_MS);
	node_boot_with(world, 0, gw1_conf, &options);
	node_link(gw1(world), ETH0, "eth0", LAN, "192.168.1.1/24");
	node_link(gw1(world), ETH1, "eth1", UPLINK, "10.0.0.1/24");
	node_address(gw1(world), ETH0, "192.168.1.200/32", VIGIA_KERNEL_PROTOCOL);
	node_address(gw1(world), ETH1, "10.0.0.200/32", VIGIA_KERNEL_PROTOCOL);
	gw2(world)->silent = true;
	node_start(gw1(world));
	run(world, 3 * DUR_S);
	assert_true(node_has_address(gw1(world), ETH0, "192.168.1.200/32"));
	assert_true(node_has_address(gw1(world), ETH1, "10.0.0.200/32"));
	gw2(world)->silent = false;
	run(world, 10 * DUR_S);
	assert_masters(world, VR_MASTER, VR_BACKUP);
}

/* By its priority INSIDE alone would not have been replaced yet. What OUTSIDE knows counts for both, in the same turn. */
static void after_a_stall_no_member_speaks_before_all_have_listened(void **state)
{
	struct world *world = world_new();
	struct node *node = &world->nodes[0];

	*state = world;
	node_boot(world, 0, GROUP INSIDE("50") OUTSIDE("250"));
	node_link(node, ETH0, "eth0", LAN, "192.168.1.1/24");
	node_link(node, ETH1, "eth1", UPLINK, "10.0.0.1/24");
	node_start(node);
	world_run(world, 10 * DUR_S);
	assert_int_equal(node_state(node, "INSIDE"), VR_MASTER);
	begin_sequence(node);
	/* 3.3 s after the last advert: more than Master_Down_Interval of 250, and less than that of 50. */
	world->now = mono_add(node_instance(node, "OUTSIDE")->vr.timer, 2300 * DUR_MS);
	engine_tick(node->engine, world->now);
	world_settle(world);
	assert_int_equal(node_state(node, "INSIDE"), VR_BACKUP);
	assert_int_equal(node_state(node, "OUTSIDE"), VR_BACKUP);
	assert_null(strchr(node->sequence, 'a'));
	assert_null(strchr(node->sequence, 'g'));
	assert_true(node_has_address(node, ETH0, "192.168.1.200/32"));
	world_run(world, 2 * DUR_S);
	assert_int_equal(node_state(node, "INSIDE"), VR_MASTER);
	assert_int_equal(node_state(node, "OUTSIDE"), VR_MASTER);
}

static void tracked_interfaces_of_the_group_count_for_all(void **state)
{
	struct world *world = *state;

	node_link(gw1(world), 4, "eth2", 5, NULL);
	node_reload(gw1(world), "vrrp_sync_group GATEWAY {\n group {\n INSIDE\n OUTSIDE\n }\n"
				" track_interface {\n eth2\n }\n}\n" INSIDE("100") OUTSIDE("100"));
	run(world, 2 * DUR_S);
	assert_masters(world, VR_MASTER, VR_BACKUP);
	node_carrier(gw1(world), 4, false);
	run(world, 1 * DUR_S);
	assert_masters(world, VR_INITIALIZE, VR_MASTER);
	assert_int_equal(node_instance(gw1(world), "INSIDE")->vr.blockers & VR_BLOCKER_TRACK, VR_BLOCKER_TRACK);
	assert_int_equal(node_instance(gw1(world), "OUTSIDE")->vr.blockers & VR_BLOCKER_TRACK, VR_BLOCKER_TRACK);
}

static void status_shows_groups(void **state)
{
	struct world *world = *state;
	const char *line;

	engine_status(gw1(world)->engine, false, world->now);
	world_run(world, DUR_MS);
	line = node_last_line(gw1(world), ENGINE_TELL_STATUS_END, "\"sync_groups\":[{\"name\":\"GATEWAY\","
								 "\"state\":\"MASTER\",\"since\":");
	assert_non_null(line);
	assert_non_null(strstr(line, "\"members\":[\"INSIDE\",\"OUTSIDE\"],\"because\":"));
	assert_non_null(node_last_line(gw1(world), ENGINE_TELL_STATUS, "\"sync_group\":\"GATEWAY\""));
}

static void random_event(struct world *world, struct random *random)
{
	static const char *const configs[] = {gw1_conf, gw2_conf,
		"vrrp_sync_group GATEWAY {\n group {\n THIRD\n OUTSIDE\n }\n}\n" INSIDE("100") OUTSIDE("100") THIRD,
		"vrrp_sync_group OTHER {\n group {\n THIRD\n INSIDE\n OUTSIDE\n }\n}\n" INSIDE("10") OUTSIDE(
			"200") THIRD,
		INSIDE("100") OUTSIDE("100")};
	struct node *node = &world->nodes[random_below(random, 2)];
	int ifindex = random_chance(random, 1, 2) ? ETH0 : ETH1;

	switch (random_below(random, 6)) {
	case 0:
	case 1:
		node_carrier(node, ifindex, random_chance(random, 2, 3));
		break;
	case 2:
		node_reload(node, configs[random_below(random, sizeof(configs) / sizeof(configs[0]))]);
		break;
	case 3:
		node->silent = random_chance(random, 1, 3);
		break;
	case 4:
		node->links[ifindex - ETH0].segment = random_chance(random, 1, 3) ? 9 : ifindex - ETH0 + 1;
		break;
	case 5:
		node->kernel_error = random_chance(random, 1, 4) ? -1 : 0;
		break;
	}
	check_groups(world);
}

static void no_group_ever_disagrees_with_itself(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 30; seed++) {
		void *made;
		struct random random;

		make_gateways(&made);
		random_seed(&random, seed);
		for (unsigned i = 0; i < 60; i++) {
			random_event(made, &random);
			run(made, (dur_t)random_below(&random, 1500) * DUR_MS);
		}
		world_teardown(&made);
	}
}

#define with_gateways(name) cmocka_unit_test_setup_teardown(name, make_gateways, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_gateways(a_pulled_cable_moves_both_addresses_in_one_go),
		with_gateways(a_stop_says_priority_zero_for_all),
		with_gateways(a_better_router_on_one_side_takes_all),
		with_gateways(partial_silence_moves_nothing),
		with_gateways(a_reload_adds_a_member_without_a_gap),
		with_gateways(a_new_member_that_cannot_serve_takes_all_out),
		with_gateways(renaming_and_dissolving_move_nothing),
		with_gateways(a_crashed_engine_goes_on_with_what_stood),
		with_gateways(tracked_interfaces_of_the_group_count_for_all),
		cmocka_unit_test_teardown(after_a_stall_no_member_speaks_before_all_have_listened, world_teardown),
		with_gateways(status_shows_groups),
		cmocka_unit_test(no_group_ever_disagrees_with_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
