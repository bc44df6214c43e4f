/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual routers of IPv6, beside those of IPv4 with the same VRID: sources, groups, announcements, next hops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

#define LAN 1
#define UPLINK 2

static const char conf_form[] =
	"vrrp_instance V4 {\n state BACKUP\n interface eth0\n version 3\n virtual_router_id 51\n"
	" priority %u\n virtual_ipaddress {\n 192.168.1.200\n }\n"
	" virtual_ipaddress_excluded {\n 2001:db8::4\n }\n}\n"
	"vrrp_instance V6 {\n state BACKUP\n interface eth0\n track_interface {\n eth1\n }\n"
	" version 3\n virtual_router_id 51\n priority %u\n"
	" virtual_ipaddress {\n 2001:db8::1/64\n fe80::51\n }\n"
	" virtual_routes {\n 2001:db8:f::/48 via 2001:db8:2::100\n }\n}\n";

static void boot(struct world *world, size_t number, unsigned priority)
{
	static const char *const lan[] = {"192.168.1.1/24", "192.168.1.2/24"};
	static const char *const own[] = {"fe80::1/64", "fe80::2/64"};
	static const char *const uplink[] = {"fe80::11/64", "fe80::12/64"};
	static const char *const global[] = {"2001:db8:2::1/64", "2001:db8:2::2/64"};
	struct node *node = &world->nodes[number];
	char config[sizeof(conf_form) + 16];

	snprintf(config, sizeof(config), conf_form, priority, priority);
	node_boot(world, number, config);
	node_link(node, 2, "eth0", LAN, lan[number]);
	node_link(node, 3, "eth1", UPLINK, uplink[number]);
	node_address(node, 3, global[number], 0);
	/* A global address is no source, first or not. */
	node_address(node, 2, "2001:db8::99/64", 0);
	node_address(node, 2, own[number], 0);
}

static int make(void **state)
{
	struct world *world = world_new();

	*state = world;
	world_host(world, UPLINK, "2001:db8:2::100");
	boot(world, 0, 200);
	boot(world, 1, 100);
	node_start(&world->nodes[0]);
	node_start(&world->nodes[1]);
	world_run(world, 10 * DUR_S);
	return 0;
}

static int end(void **state)
{
	world_free(*state);
	return 0;
}

static struct vrrp_advert last_advert(const struct node *node)
{
	struct vrrp_advert advert;

	assert_int_equal(
		vrrp_decode(node->last_advert + 14, node->last_advert_length - 14, &advert), DROP_NONE);
	return advert;
}

/* covers: V3-CFG-06 V3-PKT-16 V3-PKT-11 IPH-03 IPH-12 */
static void two_virtual_routers_of_one_vrid(void **state)
{
	struct world *world = *state;
	struct node *gw1 = &world->nodes[0], *gw2 = &world->nodes[1];
	struct ip_addr source = prefix_of("fe80::1").addr, first = prefix_of("fe80::51").addr, listed;
	struct vrrp_advert advert = last_advert(gw1);

	assert_int_equal(node_state(gw1, "V4"), VR_MASTER);
	assert_int_equal(node_state(gw1, "V6"), VR_MASTER);
	assert_int_equal(node_state(gw2, "V4"), VR_BACKUP);
	assert_int_equal(node_state(gw2, "V6"), VR_BACKUP);
	assert_true(node_has_address(gw1, 2, "fe80::51/128"));
	assert_true(node_has_address(gw1, 2, "2001:db8::1/64"));
	assert_true(node_has_address(gw1, 2, "2001:db8::4/128"));
	assert_true(node_has_route(gw1, "2001:db8:f::/48"));
	assert_false(node_has_address(gw2, 2, "fe80::51/128"));
	assert_true(gw1->links[0].joined[0] && gw1->links[0].joined[1]);
	assert_false(gw1->links[1].joined[1]);
	while (advert.source.family != IP_V6) {
		world_run(world, 10 * DUR_MS);
		advert = last_advert(gw1);
	}
	assert_true(ip_equal(&advert.source, &source));
	listed = vrrp_advert_address(&advert, 0);
	assert_true(ip_equal(&listed, &first));
	/* One of them alone yields. */
	node_carrier(gw1, 3, false);
	world_run(world, 2 * DUR_S);
	assert_int_equal(node_state(gw1, "V6"), VR_INITIALIZE);
	assert_int_equal(node_state(gw2, "V6"), VR_MASTER);
	assert_int_equal(node_state(gw1, "V4"), VR_MASTER);
	assert_false(node_has_route(gw1, "2001:db8:f::/48"));
}

/* covers: ND-01 ND-02 */
static void announcements_come_from_the_virtual_link_local_address(void **state)
{
	struct world *world = *state;
	struct ip_addr virtual = prefix_of("fe80::51").addr;

	/* That of IPv4, whose excluded address has no such source, stays where it is. */
	node_carrier(&world->nodes[0], 3, false);
	world_run(world, 2 * DUR_S);
	assert_true(ip_equal(&world->nodes[1].last_announcement.source, &virtual));
	assert_true(world->nodes[1].last_announcement.router && world->nodes[1].last_announcement.override);
	assert_false(world->nodes[1].last_announcement.solicited);
}

/* covers: TX-09 */
static void detection_of_duplicates_is_waited_for(void **state)
{
	struct world *world = *state;
	struct node *gw1 = &world->nodes[0];

	node_tentative_address(gw1, 2, "fe80::1/64", false);
	world_settle(world);
	assert_int_equal(node_instance(gw1, "V6")->vr.blockers, VR_BLOCKER_TENTATIVE);
	assert_int_equal(node_state(gw1, "V4"), VR_MASTER);
	node_tentative_address(gw1, 2, "fe80::1/64", true);
	assert_int_equal(node_instance(gw1, "V6")->vr.blockers, VR_BLOCKER_DUPLICATE);
	node_address_gone(gw1, 2, "fe80::1/64");
	assert_int_equal(node_instance(gw1, "V6")->vr.blockers, VR_BLOCKER_NO_ADDRESS);
	/* Neither a virtual address nor one of a virtual MAC will do. */
	node_address(gw1, 2, "fe80::51/64", 0);
	node_address(gw1, 2, "fe80::200:5eff:fe00:233/64", 0);
	assert_int_equal(node_instance(gw1, "V6")->vr.blockers, VR_BLOCKER_NO_ADDRESS);
	node_address(gw1, 2, "fe80::7/64", 0);
	assert_int_equal(node_instance(gw1, "V6")->vr.blockers, 0);
	world_run(world, 5 * DUR_S);
	assert_int_equal(node_state(gw1, "V6"), VR_MASTER);
}

/* covers: IPH-03 */
static void the_source_stays_while_it_can(void **state)
{
	struct world *world = *state;
	struct node *gw1 = &world->nodes[0];
	struct ip_addr own = prefix_of("fe80::1").addr, other = prefix_of("fe80::9").addr;

	node_address(gw1, 2, "fe80::9/64", 0);
	assert_true(ip_equal(&node_instance(gw1, "V6")->vr.primary, &own));
	node_address_gone(gw1, 2, "fe80::1/64");
	assert_true(ip_equal(&node_instance(gw1, "V6")->vr.primary, &other));
	assert_int_equal(node_state(gw1, "V6"), VR_MASTER);
}

static void a_returned_link_is_proven_by_neighbour_discovery(void **state)
{
	struct world *world = *state;
	struct node *gw1 = &world->nodes[0];

	world->hosts[0].mute = true;
	node_carrier(gw1, 3, false);
	world_run(world, 2 * DUR_S);
	node_carrier(gw1, 3, true);
	world_run(world, 2 * DUR_S);
	assert_true(gw1->probes > 50);
	assert_int_equal(gw1->links[1].hearing, IP_V6);
	assert_int_equal(node_state(gw1, "V6"), VR_INITIALIZE);
	assert_non_null(node_last_line(gw1, ENGINE_TELL_EVENT, "2001:db8:2::100"));
	world->hosts[0].mute = false;
	world_run(world, 5 * DUR_S);
	assert_int_equal(gw1->links[1].hearing, IP_NONE);
	assert_int_equal(node_state(gw1, "V6"), VR_MASTER);
}

/* The kernel says 1024 of a route that was given no metric. */
static void a_route_without_metric_is_put_back(void **state)
{
	struct world *world = *state;
	struct node *gw1 = &world->nodes[0];
	struct virtual_route route = {.destination = prefix_of("2001:db8:f::/48"),
		.gateway = prefix_of("2001:db8:2::100").addr,
		.metric = VIGIA_KERNEL_METRIC_V6};

	engine_route_gone(gw1->engine, &route, 3, world->now);
	world_run(world, 100 * DUR_MS);
	assert_int_equal(node_count_lines(gw1, ENGINE_TELL_EVENT, "restored"), 1);
}

/* covers: RX-26 */
static void a_global_source_is_told_and_taken(void **state)
{
	struct world *world = *state;
	struct node *gw2 = &world->nodes[1];
	struct ip_addr listed[] = {prefix_of("fe80::51").addr, prefix_of("2001:db8::1").addr};
	struct vrrp_encode_request request = {.source = prefix_of("2001:db8::77").addr,
		.version = 3,
		.vrid = 51,
		.priority = 150,
		.interval = DUR_S,
		.addresses = listed,
		.address_count = 2};
	uint8_t frame[VRRP_FRAME_MAX];
	size_t length = vrrp_encode(&request, frame, sizeof(frame));

	node_packet(gw2, 2, frame + 14, length - 14);
	assert_true(ip_equal(&node_instance(gw2, "V6")->vr.peer.address, &request.source));
	assert_non_null(node_last_line(gw2, ENGINE_TELL_DROP, "\"reason\":\"source\""));
	assert_non_null(node_last_line(gw2, ENGINE_TELL_DROP, "\"kept\":true"));
	assert_int_equal(instance_drops(node_instance(gw2, "V6"), DROP_SOURCE), 0);
}

static const char group_conf[] = "vrrp_instance V6 {\n state BACKUP\n interface eth0\n virtual_router_id 51\n"
				 " mcast_dst_ip %s\n virtual_ipaddress {\n fe80::51\n }\n}\n";

/* mcast_dst_ip: sent to, heard on, joined; and changed by a reload. */
/* covers: IPH-12 RX-27 */
static void a_group_of_its_own(void **state)
{
	struct world *world = world_new();
	struct node *node = &world->nodes[0];
	struct ip_addr group = prefix_of("ff02::77").addr, other = prefix_of("ff02::78").addr;
	char config[sizeof(group_conf) + 16];

	*state = world;
	snprintf(config, sizeof(config), group_conf, "ff02::77");
	node_boot(world, 0, config);
	node_link(node, 2, "eth0", LAN, "fe80::1/64");
	node_start(node);
	world_run(world, 10 * DUR_S);
	assert_int_equal(node->links[0].joined[1], 1);
	assert_true(ip_equal(&node->links[0].last_joined, &group));
	assert_memory_equal(node->last_advert + 14 + 24, group.bytes, 16);
	snprintf(config, sizeof(config), group_conf, "ff02::78");
	node_reload(node, config);
	world_run(world, 2 * DUR_S);
	assert_int_equal(node->links[0].joined[1], 1);
	assert_true(ip_equal(&node->links[0].last_joined, &other));
	assert_memory_equal(node->last_advert + 14 + 24, other.bytes, 16);
	/* What goes to the old one is no longer for us. */
	node_packet(node, 2, node->last_advert + 14, node->last_advert_length - 14);
	assert_int_equal(instance_drops(node_instance(node, "V6"), DROP_DESTINATION), 0);
	memcpy(node->last_advert + 14 + 24, group.bytes, 16);
	/* The checksum knows the destination. */
	node->last_advert[14 + 40 + 7] = (uint8_t)(node->last_advert[14 + 40 + 7] + 1);
	node_packet(node, 2, node->last_advert + 14, node->last_advert_length - 14);
	assert_int_equal(instance_drops(node_instance(node, "V6"), DROP_DESTINATION), 1);
	node_reload(node, "vrrp_instance V7 {\n state BACKUP\n interface eth1\n virtual_router_id 51\n"
			  " virtual_ipaddress {\n fe80::51\n }\n}\n");
	world_run(world, 2 * DUR_S);
	assert_int_equal(node->links[0].joined[1], 0);
}

static int make_many(void **state)
{
	struct world *world = world_new();
	static char config[16384];
	size_t length = (size_t)snprintf(config, sizeof(config),
		"vrrp_instance V6 {\n state BACKUP\n interface eth0\n virtual_router_id 51\n"
		" virtual_ipaddress {\n fe80::51\n");

	for (unsigned i = 1; i <= 90; i++)
		length += (size_t)snprintf(config + length, sizeof(config) - length, " 2001:db8::%x\n", i);
	snprintf(config + length, sizeof(config) - length, " }\n}\n");
	*state = world;
	node_boot(world, 0, config);
	node_link(&world->nodes[0], 2, "eth0", LAN, "fe80::1/64");
	node_start(&world->nodes[0]);
	world_run(world, 10 * DUR_S);
	return 0;
}

/* covers: V3-CFG-13 AMB-15 */
static void more_addresses_than_fit_are_all_held(void **state)
{
	struct world *world = *state;
	struct node *node = &world->nodes[0];

	assert_int_equal(last_advert(node).address_count, 90);
	assert_int_equal(node->last_advert_length, 14 + 40 + 8 + 90 * 16);
	assert_true(node_has_address(node, 2, "2001:db8::5a/128"));
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "omitted"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_virtual_routers_of_one_vrid, make, end),
		cmocka_unit_test_setup_teardown(
			announcements_come_from_the_virtual_link_local_address, make, end),
		cmocka_unit_test_setup_teardown(detection_of_duplicates_is_waited_for, make, end),
		cmocka_unit_test_setup_teardown(the_source_stays_while_it_can, make, end),
		cmocka_unit_test_setup_teardown(a_returned_link_is_proven_by_neighbour_discovery, make, end),
		cmocka_unit_test_setup_teardown(a_route_without_metric_is_put_back, make, end),
		cmocka_unit_test_setup_teardown(a_global_source_is_told_and_taken, make, end),
		cmocka_unit_test_teardown(a_group_of_its_own, end),
		cmocka_unit_test_setup_teardown(more_addresses_than_fit_are_all_held, make_many, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
