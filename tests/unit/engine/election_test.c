/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Engines on one LAN: elections, handing over, tracked uplinks, late interfaces. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "world.h"

#define LAN 1
#define UPLINK 2

static const char gw1_conf[] = "vrrp_instance VI_1 {\n"
			       " state MASTER\n interface eth0\n track_interface {\n eth0\n eth1\n }\n"
			       " virtual_router_id 51\n priority 100\n"
			       " virtual_ipaddress {\n 192.168.1.200\n }\n"
			       " virtual_routes {\n default gw 10.0.0.100\n }\n}\n";
static const char gw2_conf[] = "vrrp_instance VI_1 {\n"
			       " state BACKUP\n interface eth0\n track_interface {\n eth0\n eth1\n }\n"
			       " virtual_router_id 51\n priority 99\n"
			       " virtual_ipaddress {\n 192.168.1.200\n }\n"
			       " virtual_routes {\n default gw 10.0.0.100\n }\n}\n";

static struct node *gw1(struct world *world)
{
	return &world->nodes[0];
}

static struct node *gw2(struct world *world)
{
	return &world->nodes[1];
}

static void assert_masters(struct world *world, enum vr_state first, enum vr_state second)
{
	assert_int_equal(node_state(gw1(world), "VI_1"), first);
	assert_int_equal(node_state(gw2(world), "VI_1"), second);
	assert_int_equal(node_has_address(gw1(world), 2, "192.168.1.200/32"), first == VR_MASTER);
	assert_int_equal(node_has_address(gw2(world), 2, "192.168.1.200/32"), second == VR_MASTER);
	assert_int_equal(node_has_route(gw1(world), "0.0.0.0/0"), first == VR_MASTER);
	assert_int_equal(node_has_route(gw2(world), "0.0.0.0/0"), second == VR_MASTER);
}

static int make_course_lab(void **state)
{
	struct world *world = world_new();

	*state = world;
	world_host(world, UPLINK, "10.0.0.100");
	node_boot(world, 0, gw1_conf);
	node_boot(world, 1, gw2_conf);
	node_link(gw1(world), 2, "eth0", LAN, "192.168.1.1/24");
	node_link(gw1(world), 3, "eth1", UPLINK, "10.0.0.1/24");
	node_link(gw2(world), 2, "eth0", LAN, "192.168.1.2/24");
	node_link(gw2(world), 3, "eth1", UPLINK, "10.0.0.2/24");
	node_start(gw1(world));
	node_start(gw2(world));
	world_run(world, 10 * DUR_S);
	return 0;
}

static const char half_a_second_conf[] = "vrrp_instance VI_1 {\n state BACKUP\n interface eth0\n"
					 " virtual_router_id 51\n version 3\n advert_int 0.5\n priority 100\n"
					 " virtual_ipaddress {\n 192.168.1.200\n }\n}\n";

/* As if the file said so. */
static void speak_both_versions(const struct node *node)
{
	struct instance *instance = node->engine->instances[0];
	struct vr_config *config = (struct vr_config *)(uintptr_t)instance->config;

	config->version_2_too = true;
	assert_true(advert_prepare(instance, config));
}

static int make_router_of_both_versions(void **state)
{
	struct world *world = world_new();

	*state = world;
	node_boot(world, 0, half_a_second_conf);
	speak_both_versions(gw1(world));
	node_link(gw1(world), 2, "eth0", LAN, "192.168.1.1/24");
	node_start(gw1(world));
	world_run(world, 1810 * DUR_MS);
	return 0;
}

/* Two of each a second, half a second being a whole one in version 2, and priority 0 in both. */
/* covers: INT-03 INT-09 INT-11 INT-13 */
static void both_versions_are_sent(void **state)
{
	struct world *world = *state;
	struct vrrp_advert advert;

	assert_int_equal(node_state(gw1(world), "VI_1"), VR_MASTER);
	assert_int_equal(gw1(world)->adverts, 2);
	world_run(world, DUR_S);
	assert_int_equal(gw1(world)->adverts, 2 + 4);
	assert_int_equal(gw1(world)->kernel_ops, 1);
	assert_int_equal(
		vrrp_decode(gw1(world)->last_advert + 14, gw1(world)->last_advert_length - 14, &advert),
		DROP_NONE);
	assert_int_equal(advert.version, 2);
	assert_int_equal(advert.priority, 100);
	assert_int_equal(advert.interval, DUR_S);
	engine_stop(gw1(world)->engine, true, world->now);
	assert_int_equal(gw1(world)->adverts, 2 + 4 + 2);
	assert_int_equal(
		vrrp_decode(gw1(world)->last_advert + 14, gw1(world)->last_advert_length - 14, &advert),
		DROP_NONE);
	assert_int_equal(advert.version, 2);
	assert_int_equal(advert.priority, 0);
}

static const char two_networks_conf[] = "vrrp_instance VI_1 {\n state BACKUP\n interface eth0\n"
					" virtual_router_id 51\n priority 100\n"
					" virtual_ipaddress {\n 192.168.1.200\n 192.168.1.201\n"
					" 10.0.0.200 dev eth1 no_track\n }\n}\n";

static int make_router_of_two_networks(void **state)
{
	struct world *world = world_new();

	*state = world;
	node_boot(world, 0, two_networks_conf);
	node_link(gw1(world), 2, "eth0", LAN, "192.168.1.1/24");
	node_link(gw1(world), 3, "eth1", UPLINK, "10.0.0.1/24");
	return 0;
}

/* vrrp_garp_interval 0.1: the burst of 5 for each of two addresses takes a second; eth1 goes at its own pace. */
static void announcements_keep_their_distance(void **state)
{
	struct world *world = *state;

	gw1(world)->conf.conf->global.garp_interval = 100 * DUR_MS;
	node_start(gw1(world));
	world_run(world, 3609375 * DUR_US);
	assert_int_equal(node_state(gw1(world), "VI_1"), VR_MASTER);
	assert_int_equal(gw1(world)->announcements, 2);
	world_run(world, 100 * DUR_MS);
	assert_int_equal(gw1(world)->announcements, 4);
	world_run(world, 3 * DUR_S);
	/* The one announcement 50 ms after the burst found most of it still waiting. */
	assert_in_range(gw1(world)->announcements, 15, 18);
}

/* garp_group: one limit for both interfaces. */
static void announcements_of_a_group_share_a_limit(void **state)
{
	static const char *const names[] = {"eth0", "eth1"};
	static const struct announce_limit limit = {
		.interfaces = names, .interface_count = 2, .arp_interval = 100 * DUR_MS};
	struct world *world = *state;

	gw1(world)->conf.conf->announce_limits = &limit;
	gw1(world)->conf.conf->announce_limit_count = 1;
	node_start(gw1(world));
	world_run(world, 3609375 * DUR_US);
	assert_int_equal(gw1(world)->announcements, 1);
	world_run(world, 200 * DUR_MS);
	assert_int_equal(gw1(world)->announcements, 3);
	/* What waits is for nobody any more. */
	engine_stop(gw1(world)->engine, true, world->now);
	world_run(world, DUR_S);
	assert_int_equal(gw1(world)->announcements, 3);
	gw1(world)->conf.conf->announce_limit_count = 0;
}

/* garp_extra_if all 10: the address on eth1, for the switches of that network. */
static void addresses_elsewhere_are_announced_again(void **state)
{
	struct world *world = *state;
	struct vr_extra *extra = (struct vr_extra *)(uintptr_t)gw1(world)->engine->instances[0]->config->extra;
	uint64_t before;

	extra->announce.extra_period = 10 * DUR_S;
	extra->announce.extra_all = true;
	node_start(gw1(world));
	world_run(world, 3609375 * DUR_US + 6 * DUR_S);
	before = gw1(world)->announcements;
	world_run(world, 25 * DUR_S);
	assert_int_equal(gw1(world)->announcements, before + 3);
}

static int start_held_down(void **state)
{
	struct world *world = world_new();

	*state = world;
	node_boot_with(world, 0, gw1_conf, &(struct engine_options){.booted = {world->now.ns - 15 * DUR_S}});
	node_link(gw1(world), 2, "eth0", LAN, "192.168.1.1/24");
	node_link(gw1(world), 3, "eth1", UPLINK, "10.0.0.1/24");
	return 0;
}

/* The later end of the two counts, and the record says why nothing happens. */
static void start_up_and_boot_delay(void **state)
{
	struct world *world = *state;
	struct conf_global *global = &gw1(world)->conf.conf->global;

	global->startup_delay = 2 * DUR_S;
	global->delay_after_boot = 20 * DUR_S;
	node_start(gw1(world));
	world_run(world, 2 * DUR_S);
	assert_non_null(node_last_line(gw1(world), ENGINE_TELL_EVENT, "held-down"));
	world_run(world, 3 * DUR_S + 500 * DUR_MS);
	assert_int_equal(node_state(gw1(world), "VI_1"), VR_BACKUP);
	world_run(world, DUR_S + 610 * DUR_MS);
	assert_int_equal(node_state(gw1(world), "VI_1"), VR_MASTER);
}

/* covers: IPH-12 */
static void higher_priority_becomes_master(void **state)
{
	struct world *world = *state;

	assert_masters(world, VR_MASTER, VR_BACKUP);
	assert_true(gw1(world)->announcements >= 5);
	assert_int_equal(gw2(world)->announcements, 0);
	assert_true(gw1(world)->links[0].joined[0]);
	assert_false(gw1(world)->links[1].joined[0]);
	assert_true(gw1(world)->wills[0].active);
	assert_true(gw1(world)->wills[0].stop_frame_length > 0);
	assert_int_equal(gw1(world)->wills[0].removal_count, 2);
	assert_false(gw2(world)->wills[0].active);
}

/* covers: TMR-13 FSM-B7 */
static void silence_makes_the_backup_master(void **state)
{
	struct world *world = *state;
	uint64_t announced;

	gw1(world)->silent = true;
	/* 3 s and (256 - 99) / 256 s after the last advert, which was at most 1 s ago. */
	world_run(world, 3613 * DUR_MS + WORLD_DELAY);
	assert_int_equal(node_state(gw2(world), "VI_1"), VR_MASTER);
	assert_non_null(node_last_line(gw2(world), ENGINE_TELL_EVENT, "down-timer"));
	/* Healed: the better one hears nothing better and stays, the other yields. Clients that believed it are put right. */
	gw1(world)->silent = false;
	announced = gw1(world)->announcements;
	world_run(world, 2200 * DUR_MS);
	assert_masters(world, VR_MASTER, VR_BACKUP);
	assert_true(gw1(world)->announcements >= announced + 1 + 5);
	assert_int_equal(node_count_lines(gw1(world), ENGINE_TELL_EVENT, "rival-gone"), 1);
}

static void the_better_master_of_a_healed_network_learns_of_the_other(void **state)
{
	struct world *world = *state;
	uint64_t announced;

	gw1(world)->silent = gw2(world)->silent = true;
	world_run(world, 5 * DUR_S);
	assert_masters(world, VR_MASTER, VR_MASTER);
	for (uint64_t said = gw2(world)->adverts; gw2(world)->adverts == said;)
		world_run(world, 1 * DUR_MS);
	announced = gw1(world)->announcements;
	/* gw2 has just spoken, so gw1 is the first to be heard, and gw2 has no other reason to say anything. */
	gw1(world)->silent = gw2(world)->silent = false;
	world_run(world, 2500 * DUR_MS);
	assert_masters(world, VR_MASTER, VR_BACKUP);
	assert_true(gw1(world)->announcements >= announced + 1 + 5);
}

static const char slow[] = "vrrp_instance A {\n interface eth0\n version 3\n virtual_router_id 7\n"
			   " priority 200\n advert_int 10\n virtual_ipaddress {\n 10.1.1.1\n }\n}\n";
static const char fast[] = "vrrp_instance A {\n interface eth0\n version 3\n virtual_router_id 7\n"
			   " priority 100\n advert_int 0.1\n virtual_ipaddress {\n 10.1.1.1\n }\n}\n";

/* Until a Backup has heard the first advert of the slow one, it cannot know how slow it is: RFC 9568 5.2.7. */
/* covers: OPS-10 */
static void a_slow_master_settles_among_fast_backups(void **state)
{
	struct world *world = world_new();
	uint64_t became;

	*state = world;
	for (size_t i = 0; i < 3; i++) {
		static const char *const addresses[] = {"10.1.1.11/24", "10.1.1.12/24", "10.1.1.13/24"};

		node_boot(world, i, i == 0 ? slow : fast);
		node_link(&world->nodes[i], 2, "eth0", LAN, addresses[i]);
		node_start(&world->nodes[i]);
	}
	world_run(world, 60 * DUR_S);
	assert_int_equal(node_state(&world->nodes[0], "A"), VR_MASTER);
	became = node_instance(&world->nodes[1], "A")->counters.became_master +
		 node_instance(&world->nodes[2], "A")->counters.became_master;
	world_run(world, 600 * DUR_S);
	assert_int_equal(node_state(&world->nodes[0], "A"), VR_MASTER);
	assert_int_equal(node_instance(&world->nodes[0], "A")->counters.became_master, 1);
	assert_int_equal(node_instance(&world->nodes[1], "A")->counters.became_master +
				 node_instance(&world->nodes[2], "A")->counters.became_master,
		became);
}

static void uplink_loss_hands_over_and_return_is_proven(void **state)
{
	struct world *world = *state;

	node_carrier(gw1(world), 3, false);
	world_run(world, 613 * DUR_MS);
	assert_int_equal(node_state(gw1(world), "VI_1"), VR_INITIALIZE);
	assert_int_equal(node_state(gw2(world), "VI_1"), VR_BACKUP);
	/* Nothing is let go before the successor has spoken. */
	assert_true(node_has_address(gw1(world), 2, "192.168.1.200/32"));
	/* The last of the adverts with priority 0 counts, and comes a little after the first. */
	world_run(world, 3 * DUR_MS);
	assert_int_equal(node_state(gw2(world), "VI_1"), VR_MASTER);
	assert_false(node_has_address(gw1(world), 2, "192.168.1.200/32"));
	assert_true(node_has_route(gw1(world), "0.0.0.0/0"));
	world_run(world, 110 * DUR_MS);
	assert_masters(world, VR_INITIALIZE, VR_MASTER);
	assert_false(gw1(world)->wills[0].active);

	/* Carrier alone is not believed. */
	world->hosts[0].mute = true;
	node_carrier(gw1(world), 3, true);
	world_run(world, 5 * DUR_S);
	assert_int_equal(node_state(gw1(world), "VI_1"), VR_INITIALIZE);
	assert_int_equal(gw1(world)->links[1].hearing, IP_V4);
	assert_non_null(node_last_line(
		gw1(world), ENGINE_TELL_EVENT, "waiting: eth1 (tracked) has carrier, but is not believed yet"));
	world->hosts[0].mute = false;
	world_run(world, 6 * DUR_S);
	assert_masters(world, VR_MASTER, VR_BACKUP);
	assert_int_equal(gw1(world)->links[1].hearing, IP_NONE);
	assert_non_null(node_last_line(gw1(world), ENGINE_TELL_EVENT, "next hop 10.0.0.100 answered"));
}

static void lan_carrier_loss_ends_service(void **state)
{
	struct world *world = *state;

	node_carrier(gw1(world), 2, false);
	world_run(world, 4 * DUR_S);
	assert_masters(world, VR_INITIALIZE, VR_MASTER);
	node_carrier(gw1(world), 2, true);
	world_run(world, 5 * DUR_S);
	assert_masters(world, VR_MASTER, VR_BACKUP);
}

static void a_planned_stop_hands_over(void **state)
{
	struct world *world = *state;

	engine_stop(gw1(world)->engine, false, world->now);
	world_run(world, 612 * DUR_MS);
	assert_false(gw1(world)->stopped);
	assert_true(node_has_address(gw1(world), 2, "192.168.1.200/32"));
	world_run(world, 200 * DUR_MS);
	assert_true(gw1(world)->stopped);
	assert_int_equal(node_count_lines(gw1(world), ENGINE_TELL_STOPPED, ""), 1);
	assert_masters(world, VR_INITIALIZE, VR_MASTER);
	assert_false(gw1(world)->wills[0].active);
}

static void a_second_stop_ends_at_once(void **state)
{
	struct world *world = *state;

	engine_stop(gw1(world)->engine, false, world->now);
	assert_false(gw1(world)->stopped);
	engine_stop(gw1(world)->engine, true, world->now);
	assert_true(gw1(world)->stopped);
	assert_false(node_has_address(gw1(world), 2, "192.168.1.200/32"));
	assert_false(node_has_route(gw1(world), "0.0.0.0/0"));
}

/* covers: FSM-I5 IPH-12 */
static void an_interface_may_come_late_and_come_back_new(void **state)
{
	struct world *world = world_new();
	struct node *node = &world->nodes[0];

	*state = world;
	node_boot(world, 0,
		"vrrp_instance A { interface eth9\n virtual_router_id 7\n virtual_ipaddress { 10.1.1.1/24 } "
		"}");
	node_start(node);
	world_run(world, DUR_S);
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
	node_link(node, 5, "wrong", LAN, "10.1.1.2/24");
	world_run(world, DUR_S);
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
	/* Renamed: the addresses were told under the old name. */
	node_link(node, 5, "eth9", LAN, NULL);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	assert_true(node->links[0].joined[0]);
	world_run(world, 4 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	node_link_gone(node, 5);
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
	assert_false(node->wills[0].active);
	/* The new one is told before the address has come. */
	node_link(node, 8, "eth9", LAN, NULL);
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
	node_address(node, 8, "10.1.1.2/24", 0);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	world_run(world, 4 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_true(node_has_address(node, 8, "10.1.1.1/24"));
}

static void links_that_are_tracked_are_asked_for(void **state)
{
	struct world *world = *state;
	uint64_t before = gw1(world)->queries;

	world_run(world, 10 * DUR_S);
	/* Two tracked links, once per advert interval. */
	assert_in_range(gw1(world)->queries - before, 18, 22);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			announcements_keep_their_distance, make_router_of_two_networks, world_teardown),
		cmocka_unit_test_setup_teardown(
			announcements_of_a_group_share_a_limit, make_router_of_two_networks, world_teardown),
		cmocka_unit_test_setup_teardown(
			addresses_elsewhere_are_announced_again, make_router_of_two_networks, world_teardown),
		cmocka_unit_test_setup_teardown(
			both_versions_are_sent, make_router_of_both_versions, world_teardown),
		cmocka_unit_test_setup_teardown(start_up_and_boot_delay, start_held_down, world_teardown),
		cmocka_unit_test_setup_teardown(higher_priority_becomes_master, make_course_lab, world_teardown),
		cmocka_unit_test_setup_teardown(silence_makes_the_backup_master, make_course_lab, world_teardown),
		cmocka_unit_test_setup_teardown(the_better_master_of_a_healed_network_learns_of_the_other,
			make_course_lab, world_teardown),
		cmocka_unit_test_teardown(a_slow_master_settles_among_fast_backups, world_teardown),
		cmocka_unit_test_setup_teardown(
			uplink_loss_hands_over_and_return_is_proven, make_course_lab, world_teardown),
		cmocka_unit_test_setup_teardown(lan_carrier_loss_ends_service, make_course_lab, world_teardown),
		cmocka_unit_test_setup_teardown(a_planned_stop_hands_over, make_course_lab, world_teardown),
		cmocka_unit_test_setup_teardown(a_second_stop_ends_at_once, make_course_lab, world_teardown),
		cmocka_unit_test_teardown(an_interface_may_come_late_and_come_back_new, world_teardown),
		cmocka_unit_test_setup_teardown(
			links_that_are_tracked_are_asked_for, make_course_lab, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
