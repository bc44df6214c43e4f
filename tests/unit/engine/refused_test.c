/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel refuses, and who goes out of service for it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

#define LAN 1
#define ETH0 2
#define ETH1 3

#define INSTANCE(name, vrid, more)                                                                                   \
	"vrrp_instance " name " {\n interface eth0\n virtual_router_id " vrid "\n version 3\n advert_int 0.1\n" more \
	"}\n"
#define ADDRESS(address) " virtual_ipaddress {\n " address "\n }\n"
#define ROUTE " virtual_routes {\n default via 10.9.0.9\n }\n"
#define STATICS                                                                                  \
	"track_group G {\n group {\n A\n }\n}\n"                                                 \
	"static_routes {\n 10.6.0.0/16 via 10.9.0.9 track_group G\n}\n"                          \
	"static_rules {\n from 10.6.0.0/16 table 100 preference 700 track_group G\n}\n"

static const char grouped[] = STATICS INSTANCE("A", "51", ADDRESS("192.168.1.200"))
	INSTANCE("B", "52", ADDRESS("192.168.1.201"));
static const char synced[] = STATICS INSTANCE("A", "51", ADDRESS("192.168.1.200"))
	INSTANCE("B", "52", ADDRESS("192.168.1.201")) "vrrp_sync_group S {\n group {\n A\n B\n }\n}\n";
static const char with_all[] = INSTANCE("A", "51",
	ADDRESS("192.168.1.200") ROUTE " virtual_rules {\n from 10.6.0.0/16 table 100 preference 700\n }\n");

static const char sharing[] =
	INSTANCE("A", "51", ADDRESS("192.168.1.200") ROUTE) INSTANCE("B", "52", ADDRESS("192.168.1.201") ROUTE);

static struct node *boot(void **state, const char *config)
{
	struct world *world = world_new();
	struct node *node = &world->nodes[0];

	*state = world;
	node_boot_with(world, 0, config, &(struct engine_options){0});
	node_link(node, ETH0, "eth0", LAN, "192.168.1.1/24");
	node_link(node, ETH1, "eth1", LAN + 1, "10.9.0.1/24");
	return node;
}

static struct node *boot_master(void **state, const char *config)
{
	struct node *node = boot(state, config);

	node_start(node);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	return node;
}

static void lose_route(struct node *node, const char *destination)
{
	struct virtual_route route = {
		.destination = prefix_of(destination), .gateway = prefix_of("10.9.0.9").addr, .table = 254};

	node->route_count = 0;
	engine_route_gone(node->engine, &route, ETH1, node->world->now);
}

static void lose_rule(struct node *node)
{
	struct virtual_rule rule = {.action = RULE_TABLE,
		.family = IP_V4,
		.from = prefix_of("10.6.0.0/16"),
		.table = 100,
		.preference = 700,
		.preference_set = true,
		.protocol = VIGIA_KERNEL_PROTOCOL};

	node->policy_count = 0;
	engine_rule_gone(node->engine, &rule, node->world->now);
}

static uint64_t statics_restored(const struct node *node)
{
	uint64_t count = 0;

	for (size_t i = 0; i < node->engine->statics.count; i++)
		count += node->engine->statics.items[i].restored;
	return count;
}

static bool is_out(const struct node *node, const char *name)
{
	return node_state(node, name) == VR_INITIALIZE &&
	       (node_instance(node, name)->vr.blockers & VR_BLOCKER_ROUTE) != 0;
}

static void what_is_static_and_cannot_be_had_at_the_start_keeps_its_group_out(void **state)
{
	struct node *node = boot(state, grouped);

	node->kernel_error = -ENETUNREACH;
	node_start(node);
	assert_true(is_out(node, "A"));
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT,
				 "the static route to 10.6.0.0/16 cannot be had: ENETUNREACH"),
		1);
	/* It has not been Backup for a moment. */
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "\"to\":\"BACKUP\""), 1);
	node->kernel_error = 0;
	world_run(node->world, 15 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node_state(node, "B"), VR_MASTER);
	assert_true(node_has_route(node, "10.6.0.0/16"));
}

static void what_is_static_and_cannot_be_put_back_takes_its_group_out(void **state)
{
	for (unsigned rule = 0; rule < 2; rule++) {
		struct node *node = boot_master(state, grouped);

		node->kernel_error = -EPERM;
		if (rule)
			lose_rule(node);
		else
			lose_route(node, "10.6.0.0/16");
		world_run(node->world, 500 * DUR_MS);
		/* Once may be bad luck. */
		assert_int_equal(node_state(node, "A"), VR_MASTER);
		world_run(node->world, DUR_S);
		assert_true(is_out(node, "A"));
		assert_int_equal(node_state(node, "B"), VR_MASTER);
		assert_int_equal(statics_restored(node), 0);
		/* It comes back by itself, and nobody waits longer than for that. */
		node->kernel_error = 0;
		world_run(node->world, 6 * DUR_S);
		assert_int_equal(node_state(node, "A"), VR_MASTER);
		assert_int_equal(statics_restored(node), 1);
		/* Gone by a reload while it is refused, it is nobody's trouble. */
		node->kernel_error = -EPERM;
		if (rule)
			lose_rule(node);
		else
			lose_route(node, "10.6.0.0/16");
		world_run(node->world, 2 * DUR_S);
		assert_true(is_out(node, "A"));
		node->kernel_error = 0;
		node_reload(node, grouped + sizeof(STATICS) - 1);
		world_run(node->world, 2 * DUR_S);
		assert_int_equal(node_state(node, "A"), VR_MASTER);
		if (!rule)
			world_teardown(state);
	}
}

static void what_went_with_its_interface_takes_its_group_out(void **state)
{
	static const char on_eth1[] = "track_group G {\n group {\n A\n }\n}\n"
				      "static_ipaddress {\n 10.9.0.77/24 dev eth1 track_group G\n}\n" INSTANCE(
					      "A", "51", ADDRESS("192.168.1.200") " track_interface {\n eth1 weight 10\n }\n");
	struct node *node = boot_master(state, on_eth1);

	assert_true(node_has_address(node, ETH1, "10.9.0.77/24"));
	node_link_gone(node, ETH1);
	world_settle(node->world);
	/* By a weight alone the interface would not matter. */
	assert_true(is_out(node, "A"));
	node_link(node, ETH1, "eth1", LAN + 1, "10.9.0.1/24");
	world_run(node->world, 3 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_true(node_has_address(node, ETH1, "10.9.0.77/24"));
}

static void a_sync_group_goes_out_with_its_member(void **state)
{
	struct node *node = boot_master(state, synced);

	assert_int_equal(node_state(node, "B"), VR_MASTER);
	node->kernel_error = -EPERM;
	lose_rule(node);
	world_run(node->world, 1500 * DUR_MS);
	assert_true(is_out(node, "A"));
	assert_int_equal(node_state(node, "B"), VR_INITIALIZE);
	assert_int_equal(node_instance(node, "B")->vr.blockers, VR_BLOCKER_SYNC_GROUP);
	assert_true(node_count_lines(node, ENGINE_TELL_EVENT, "has an address, route or rule that cannot be had") > 0);
	node->kernel_error = 0;
	world_run(node->world, 8 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node_state(node, "B"), VR_MASTER);
}

/* Of its own. */
static void a_rule_or_address_that_cannot_be_put_back_is_a_fault(void **state)
{
	struct node *node = boot_master(state, with_all);

	lose_rule(node);
	node_address_gone(node, ETH0, "192.168.1.200/32");
	lose_route(node, "0.0.0.0/0");
	world_settle(node->world);
	assert_int_equal(node_instance(node, "A")->counters.restored, 3);
	engine_clear_counters(node->engine);
	world_run(node->world, 2 * DUR_S);
	for (unsigned i = 0; i < 2; i++) {
		node->kernel_error = -EPERM;
		if (i == 0)
			lose_rule(node);
		else
			node_address_gone(node, ETH0, "192.168.1.200/32");
		world_run(node->world, 1500 * DUR_MS);
		assert_true(is_out(node, "A"));
		assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT,
					 i == 0 ? "the rule with preference 700 cannot be put back: EPERM"
						: "the address 192.168.1.200/32 cannot be put back: EPERM"),
			1);
		node->kernel_error = 0;
		world_run(node->world, 15 * DUR_S);
		assert_int_equal(node_state(node, "A"), VR_MASTER);
	}
	assert_int_equal(node_instance(node, "A")->counters.restored, 0);
}

/* The one is tried again while the other waits: that must not put off for ever what is found at the second try. */
static void what_is_lost_one_after_the_other_is_a_fault(void **state)
{
	struct node *node = boot_master(state, with_all);

	node->kernel_error = -EPERM;
	lose_rule(node);
	world_run(node->world, 5 * DUR_MS);
	node_address_gone(node, ETH0, "192.168.1.200/32");
	world_run(node->world, 300 * DUR_MS);
	lose_route(node, "0.0.0.0/0");
	world_run(node->world, 1200 * DUR_MS);
	assert_true(is_out(node, "A"));
}

/* The first who cannot put it back lets go of it, and the others hear of it, too. */
static void what_two_share_is_a_fault_of_both(void **state)
{
	struct node *node = boot_master(state, sharing);

	assert_int_equal(node_state(node, "B"), VR_MASTER);
	node->kernel_error = -EPERM;
	lose_route(node, "0.0.0.0/0");
	world_run(node->world, 4 * DUR_S);
	assert_true(is_out(node, "A"));
	assert_true(is_out(node, "B"));
}

/* The kernel tells nobody that the routes of IPv4 are gone with it. */
static void a_route_whose_way_is_set_down_is_a_fault(void **state)
{
	struct node *node = boot_master(state, with_all);

	node->kernel_error = -ENETUNREACH;
	node->route_count = 0;
	node_link_by_name(node, "eth1")->up = false;
	node_link_changed(node, ETH1);
	world_run(node->world, 1500 * DUR_MS);
	assert_true(is_out(node, "A"));
	/* Up, but without an address yet; at once when that comes, too. */
	node_link_by_name(node, "eth1")->up = true;
	node_link_changed(node, ETH1);
	world_run(node->world, 3 * DUR_S);
	assert_true(is_out(node, "A"));
	node->kernel_error = 0;
	node_address(node, ETH1, "10.9.0.2/24", 0);
	world_run(node->world, 2 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_true(node_has_route(node, "0.0.0.0/0"));
	/* When another interface leads there, all is well. */
	node_link_by_name(node, "eth1")->up = false;
	node_link_changed(node, ETH1);
	world_run(node->world, 3 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "restored"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(what_is_static_and_cannot_be_had_at_the_start_keeps_its_group_out, world_teardown),
		cmocka_unit_test_teardown(what_is_static_and_cannot_be_put_back_takes_its_group_out, world_teardown),
		cmocka_unit_test_teardown(what_went_with_its_interface_takes_its_group_out, world_teardown),
		cmocka_unit_test_teardown(a_sync_group_goes_out_with_its_member, world_teardown),
		cmocka_unit_test_teardown(a_rule_or_address_that_cannot_be_put_back_is_a_fault, world_teardown),
		cmocka_unit_test_teardown(what_is_lost_one_after_the_other_is_a_fault, world_teardown),
		cmocka_unit_test_teardown(what_two_share_is_a_fault_of_both, world_teardown),
		cmocka_unit_test_teardown(a_route_whose_way_is_set_down_is_a_fault, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
