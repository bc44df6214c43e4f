/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the engine has in the kernel: failures, interference, leftovers, shared things, and reloads. */
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

static const char one[] = "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n"
			  " virtual_ipaddress {\n 192.168.1.200\n 192.168.1.201\n }\n"
			  " virtual_routes {\n default via 192.168.1.9\n }\n}\n";

static const char lesser[] = "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 50\n"
			     " virtual_ipaddress {\n 192.168.1.200\n 192.168.1.201\n }\n}\n";
static const char fast[] = "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n version 3\n advert_int 0.1\n"
			   " virtual_ipaddress {\n 192.168.1.200\n }\n"
			   " virtual_routes {\n default via 192.168.1.9\n }\n}\n";

static struct node *boot(void **state, const char *config, const struct engine_options *options)
{
	struct world *world = world_new();
	struct engine_options none = {0};

	*state = world;
	node_boot_with(world, 0, config, options != NULL ? options : &none);
	node_link(&world->nodes[0], ETH0, "eth0", LAN, "192.168.1.1/24");
	return &world->nodes[0];
}

static struct node *boot_master(void **state, const char *config)
{
	struct node *node = boot(state, config, NULL);

	node_start(node);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	return node;
}

static void a_failed_installation_is_tried_again(void **state)
{
	struct node *node = boot(state, one, NULL);
	const struct instance *instance;

	node->kernel_error = -EPERM;
	node_start(node);
	world_run(node->world, 5 * DUR_S);
	/* It serves as well as it can, and says so. */
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "install-failed"), 1);
	assert_int_equal(node->announcements, 0);
	instance = node_instance(node, "A");
	assert_int_equal(instance->claims[0].error, -EPERM);
	assert_int_equal(instance->claims[2].error, -EPERM);
	node->kernel_error = 0;
	world_run(node->world, 5 * DUR_S);
	assert_true(node_has_address(node, ETH0, "192.168.1.200/32"));
	assert_true(node_has_route(node, "0.0.0.0/0"));
	assert_true(node->announcements > 0);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "\"installed\""), 1);
	assert_true(instance->retry_at.ns == MONO_NEVER.ns);
}

static void what_others_remove_is_put_back(void **state)
{
	struct node *node = boot_master(state, one);

	node_address_gone(node, ETH0, "192.168.1.200/32");
	assert_false(node_has_address(node, ETH0, "192.168.1.200/32"));
	world_settle(node->world);
	assert_true(node_has_address(node, ETH0, "192.168.1.200/32"));
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "restored"), 1);
	/* Again: not before a second is over. */
	node_address_gone(node, ETH0, "192.168.1.200/32");
	world_run(node->world, 500 * DUR_MS);
	assert_false(node_has_address(node, ETH0, "192.168.1.200/32"));
	world_run(node->world, 600 * DUR_MS);
	assert_true(node_has_address(node, ETH0, "192.168.1.200/32"));
	assert_int_equal(node_state(node, "A"), VR_MASTER);
}

static void a_removed_route_is_put_back(void **state)
{
	struct node *node = boot_master(state, one);
	struct virtual_route route = {.destination = prefix_of("0.0.0.0/0"),
		.gateway = prefix_of("192.168.1.9").addr,
		.table = 254};

	node->route_count = 0;
	engine_route_gone(node->engine, &route, ETH0, node->world->now);
	world_settle(node->world);
	assert_true(node_has_route(node, "0.0.0.0/0"));
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "route to 0.0.0.0/0 was removed"), 1);
}

static void lose_route(struct node *node)
{
	struct virtual_route route = {.destination = prefix_of("0.0.0.0/0"),
		.gateway = prefix_of("192.168.1.9").addr,
		.table = 254};

	node->route_count = 0;
	engine_route_gone(node->engine, &route, ETH0, node->world->now);
}

static void a_route_that_cannot_be_put_back_is_a_fault(void **state)
{
	struct node *node = boot_master(state, one);

	node->kernel_error = -EPERM;
	lose_route(node);
	world_run(node->world, 500 * DUR_MS);
	/* Once may be bad luck. */
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	world_run(node->world, DUR_S);
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
	assert_int_equal(node_instance(node, "A")->vr.blockers, VR_BLOCKER_ROUTE);
	assert_int_equal(
		node_count_lines(node, ENGINE_TELL_EVENT, "the route to 0.0.0.0/0 cannot be put back: EPERM"), 1);
	/* It tries again after 10 s, and the fault comes back for 20 s. */
	world_run(node->world, 19 * DUR_S);
	assert_int_equal(node_instance(node, "A")->vr.blockers, VR_BLOCKER_ROUTE);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "0/0 cannot be put back"), 2);
	node->kernel_error = 0;
	world_run(node->world, 30 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_true(node_has_route(node, "0.0.0.0/0"));
	assert_int_equal(node_instance(node, "A")->rare->refused_wait, 0);
}

static void an_untracked_route_is_no_fault(void **state)
{
	struct node *node = boot_master(state,
		"vrrp_instance A {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n 192.168.1.200\n }\n"
		" virtual_routes {\n default via 192.168.1.9 no_track\n }\n}\n");

	node->kernel_error = -EPERM;
	lose_route(node);
	world_run(node->world, 20 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	node->kernel_error = 0;
	world_run(node->world, 6 * DUR_S);
	assert_true(node_has_route(node, "0.0.0.0/0"));
}

static void a_change_of_our_own_is_not_taken_for_interference(void **state)
{
	struct node *node = boot_master(state, one);

	world_host(node->world, LAN, "192.168.1.9");
	node_carrier(node, ETH0, false);
	node_carrier(node, ETH0, true);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "restored"), 0);
	assert_true(node_has_address(node, ETH0, "192.168.1.200/32"));
}

static void flap(struct node *node)
{
	node_carrier(node, ETH0, false);
	node_carrier(node, ETH0, true);
}

/* Master, after another router was, which is unplugged now. */
static struct node *boot_successor(void **state)
{
	struct node *node = boot(state, one, NULL);
	struct world *world = node->world;
	struct node *other = &world->nodes[1];

	node_boot_with(world, 1, lesser, &(struct engine_options){0});
	node_link(other, ETH0, "eth0", LAN, "192.168.1.2/24");
	node_start(other);
	world_run(world, 5 * DUR_S);
	assert_int_equal(node_state(other, "A"), VR_MASTER);
	node_start(node);
	world_run(world, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	node_carrier(other, ETH0, false);
	return node;
}

/* Another router spoke once, and nobody answers over the link that came back: silence is no reason to become master. */
static void a_mute_link_makes_no_master_at_once(void **state)
{
	struct node *node = boot_successor(state);

	flap(node);
	world_run(node->world, 9 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "\"unproven\""), 1);
	world_host(node->world, LAN, "192.168.1.9");
	world_run(node->world, 3 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
}

static void a_link_that_stays_mute_is_believed_in_the_end(void **state)
{
	struct node *node = boot_successor(state);

	flap(node);
	world_run(node->world, 10 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	world_run(node->world, 2 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
}

/* Alone beside a mute gateway: one advert later than without. */
static void alone_on_a_mute_link_the_doubt_is_short(void **state)
{
	struct node *node = boot_master(state, one);

	flap(node);
	world_run(node->world, 4700 * DUR_MS);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "\"unproven\""), 0);
}

static void fast_adverts_do_not_shorten_the_doubt(void **state)
{
	struct node *node = boot_master(state, fast);

	flap(node);
	world_run(node->world, 2900 * DUR_MS);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	world_run(node->world, 500 * DUR_MS);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
}

static void after_a_resync_what_is_missing_is_put_back(void **state)
{
	struct node *node = boot_master(state, one);
	struct engine_link link = {.ifindex = ETH0, .name = "eth0", .mtu = 1500, .up = true, .carrier = true};

	link.mac = node->links[0].mac;
	node->address_count = 0;
	node->route_count = 0;
	engine_resync_begin(node->engine, node->world->now);
	engine_link(node->engine, &link, node->world->now);
	node_address(node, ETH0, "192.168.1.1/24", 0);
	node_address(node, ETH0, "192.168.1.201/32", VIGIA_KERNEL_PROTOCOL);
	engine_resync_end(node->engine, node->world->now);
	world_settle(node->world);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_true(node_has_address(node, ETH0, "192.168.1.200/32"));
	assert_true(node_has_route(node, "0.0.0.0/0"));
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "restored"), 1);
	/* A picture without the link. */
	engine_resync_begin(node->engine, node->world->now);
	engine_resync_end(node->engine, node->world->now);
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
}

static void adopted_leftovers_stay(void **state)
{
	struct engine_options options = {.adopt = true};
	struct node *node = boot(state, one, &options);

	node_address(node, ETH0, "192.168.1.200/32", VIGIA_KERNEL_PROTOCOL);
	node_start(node);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	assert_true(node_has_address(node, ETH0, "192.168.1.200/32"));
	assert_true(node->wills[0].active);
	for (int i = 0; i < 50; i++) {
		world_run(node->world, 100 * DUR_MS);
		assert_true(node_has_address(node, ETH0, "192.168.1.200/32"));
	}
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	/* Nobody took it away, whatever the picture said at first. */
	node_resync(node);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "restored"), 0);
}

static void adopted_leftovers_go_when_a_successor_speaks(void **state)
{
	struct engine_options options = {.adopt = true};
	struct node *node = boot(state, one, &options);
	struct world *world = node->world;

	node_address(node, ETH0, "192.168.1.200/32", VIGIA_KERNEL_PROTOCOL);
	node_start(node);
	node_boot(world, 1, one);
	node_link(&world->nodes[1], ETH0, "eth0", LAN, "192.168.1.2/24");
	/* It became master while the first was dead. */
	node->links[0].segment = LAN + 1;
	node_start(&world->nodes[1]);
	world_run(world, 3500 * DUR_MS);
	node->links[0].segment = LAN;
	assert_true(node_has_address(node, ETH0, "192.168.1.200/32"));
	world_run(world, 500 * DUR_MS);
	assert_false(node_has_address(node, ETH0, "192.168.1.200/32"));
}

static void without_marks_only_a_successor_of_the_dead_takes_them_for_ours(void **state)
{
	struct engine_options options = {.adopt = true};
	struct node *node = boot(state, one, &options);

	node_address(node, ETH0, "192.168.1.200/32", 0);
	node_start(node);
	assert_true(node->wills[0].active);
	engine_stop(node->engine, true, node->world->now);
	assert_false(node_has_address(node, ETH0, "192.168.1.200/32"));
}

/* covers: V3-CFG-02 V3-CFG-05 AMB-12 */
static void an_address_of_somebody_else_is_warned_of(void **state)
{
	struct node *node = boot(state, one, NULL);

	node_address(node, ETH0, "192.168.1.200/32", 0);
	node_start(node);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "stands-already"), 1);
	assert_true(node_has_address(node, ETH0, "192.168.1.200/32"));
}

/* Route, addresses, advert, announcement; the testament before anything stands, and emptied when nothing does. */
/* covers: FSM-B7 FSM-A21 ARP-02 TX-06 */
static void the_order_loses_no_packet(void **state)
{
	struct node *node = boot(state, one, NULL);
	struct world *world = node->world;
	char expected[32] = {0};

	node_start(node);
	node->sequence_length = 0;
	world_run(world, 3700 * DUR_MS);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	/* Once more 50 ms later: five for each of two addresses, then one. */
	assert_string_equal(node->sequence, "wkkkaggggggggggwgg");
	node->sequence_length = 0;
	engine_stop(node->engine, false, world->now);
	world_run(world, 2 * DUR_S);
	for (unsigned i = 0; i < VR_STOP_ADVERTS; i++)
		expected[i > 0 ? i + 1 : 0] = '0';
	expected[1] = 'w';
	strcat(expected, "dddx");
	assert_string_equal(node->sequence, expected);
}

static void a_device_of_an_address_may_go_and_come(void **state)
{
	struct node *node = boot_master(state,
		"vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n"
		" virtual_ipaddress {\n 192.168.1.200\n 10.0.0.200/24 dev eth1 no_track\n }\n}\n");

	/* It waits for its device, and is there soon after it. */
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "install-failed"), 1);
	node_link(node, ETH1, "eth1", LAN + 1, "10.0.0.1/24");
	world_settle(node->world);
	assert_true(node_has_address(node, ETH1, "10.0.0.200/24"));
	node_link_gone(node, ETH1);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node_instance(node, "A")->claims[1].error, -ENODEV);
	node_link(node, 9, "eth1", LAN + 1, "10.0.0.1/24");
	world_settle(node->world);
	assert_true(node_has_address(node, 9, "10.0.0.200/24"));
	assert_int_equal(node_instance(node, "A")->counters.became_master, 1);
}

/* covers: TMR-10 */
static void a_stall_is_told(void **state)
{
	struct node *node = boot_master(state, one);
	struct world *world = node->world;

	world->now = mono_add(world->now, 3 * DUR_S);
	engine_tick(node->engine, world->now);
	world_run(world, 2 * DUR_S);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "\"late\""), 1);
}

/* covers: AMB-12 */
static void an_owner_leaves_its_real_address_alone(void **state)
{
	struct node *node = boot(state,
		"vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 255\n"
		" virtual_ipaddress {\n 192.168.1.1/24\n }\n}\n",
		NULL);

	node_start(node);
	world_run(node->world, DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node->kernel_ops, 0);
	assert_true(node->announcements > 0);
	engine_stop(node->engine, true, node->world->now);
	assert_true(node_has_address(node, ETH0, "192.168.1.1/24"));
}

static void an_owners_address_that_is_taken_away_becomes_ours(void **state)
{
	struct node *node = boot(state,
		"vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 255\n"
		" virtual_ipaddress {\n 192.168.1.1\n }\n}\n",
		NULL);

	node_address(node, ETH0, "192.168.1.5/24", 0);
	node_start(node);
	world_run(node->world, DUR_S);
	assert_int_equal(node->kernel_ops, 0);
	node_address_gone(node, ETH0, "192.168.1.1/24");
	world_settle(node->world);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_true(node_has_address(node, ETH0, "192.168.1.1/32"));
	engine_stop(node->engine, true, node->world->now);
	assert_false(node_has_address(node, ETH0, "192.168.1.1/32"));
}

/* covers: IPH-01 */
static void a_virtual_address_is_never_a_source(void **state)
{
	/* No mark on it: an old kernel, or the administrator's. */
	struct ip_prefix real = prefix_of("192.168.1.1/24");
	struct world *world = world_new();
	struct node *node = &world->nodes[0];

	*state = world;
	node_boot(world, 0, one);
	node_link(node, ETH0, "eth0", LAN, "192.168.1.200/32");
	node_start(node);
	world_run(world, DUR_S);
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
	node_address(node, ETH0, "192.168.1.1/24", 0);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	assert_true(ip_equal(&node_instance(node, "A")->vr.primary, &real.addr));
}

static uint64_t memberships_restored(const struct node *node)
{
	return node_count_lines(node, ENGINE_TELL_EVENT, "membership-restored");
}

/* covers: IPH-12 */
static void a_lost_membership_is_joined_again(void **state)
{
	struct node *node = boot(state, one, NULL);
	struct engine_link other_mtu = {
		.ifindex = ETH0, .name = "eth0", .mac = node->links[0].mac, .mtu = 9000, .up = true, .carrier = true};

	node_start(node);
	node->links[0].lost[0] = true;
	/* Before it believes that nobody is there. */
	world_run(node->world, 3 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	assert_int_equal(memberships_restored(node), 1);
	assert_non_null(node_last_line(node, ENGINE_TELL_EVENT,
		"the membership in the group 224.0.0.18 was lost, it was joined again on eth0"));
	world_run(node->world, 3 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(memberships_restored(node), 1);
	node->links[0].lost[0] = true;
	engine_link(node->engine, &other_mtu, node->world->now);
	assert_int_equal(memberships_restored(node), 2);
	node->links[0].up = false;
	node_link_changed(node, ETH0);
	node->links[0].lost[0] = true;
	node->links[0].up = true;
	node_link_changed(node, ETH0);
	assert_int_equal(memberships_restored(node), 3);
	assert_int_equal(node->links[0].joined[0], 1);
	/* Those of a link that is gone are not there, until its name is there again; under another name it is left. */
	node_link_gone(node, ETH0);
	assert_int_equal(memberships_restored(node), 3);
	node_link(node, ETH0 + 10, "eth0", LAN, "192.168.1.1/24");
	assert_int_equal(memberships_restored(node), 4);
	assert_int_equal(node_instance(node, "A")->counters.restored, 4);
	node_link(node, ETH0 + 10, "other", LAN, NULL);
	node_link(node, ETH0 + 10, "eth0", LAN, NULL);
	assert_int_equal(memberships_restored(node), 4);
}

static const char from_another[] = "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n"
				   " mcast_src_ip 192.168.1.8\n track_src_ip\n virtual_ipaddress {\n 192.168.1.200\n }\n}\n";

/* covers: IPH-01 */
static void a_configured_source_is_waited_for(void **state)
{
	struct node *node = boot(state, from_another, NULL);
	struct ip_prefix source = prefix_of("192.168.1.8/24");

	node_start(node);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_instance(node, "A")->vr.blockers, VR_BLOCKER_NO_ADDRESS);
	assert_int_equal(node->adverts, 0);
	assert_non_null(node_last_line(
		node, ENGINE_TELL_EVENT, "the source address 192.168.1.8 is not (yet) on eth0"));
	node_address(node, ETH0, "192.168.1.8/24", 0);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_memory_equal(node->last_advert + 14 + 12, source.addr.bytes, 4);
	node_address_gone(node, ETH0, "192.168.1.8/24");
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
}

static const char two_sharing[] =
	"vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n"
	" virtual_ipaddress {\n 192.168.1.200\n }\n virtual_routes {\n default via 192.168.1.9\n }\n}\n"
	"vrrp_instance B {\n interface eth1\n virtual_router_id 52\n priority 100\n"
	" virtual_ipaddress {\n 10.0.0.200\n }\n virtual_routes {\n default via 192.168.1.9\n }\n}\n";

static void a_shared_route_goes_with_its_last_user(void **state)
{
	struct node *node = boot(state, two_sharing, NULL);

	node_link(node, ETH1, "eth1", LAN + 1, "10.0.0.1/24");
	node_start(node);
	world_run(node->world, 5 * DUR_S);
	node_carrier(node, ETH1, false);
	world_run(node->world, DUR_S);
	assert_int_equal(node_state(node, "B"), VR_INITIALIZE);
	assert_true(node_has_route(node, "0.0.0.0/0"));
	node_carrier(node, ETH0, false);
	world_run(node->world, DUR_S);
	assert_false(node_has_route(node, "0.0.0.0/0"));
}

static void reload_of_the_same_touches_nothing(void **state)
{
	struct node *node = boot_master(state, one);
	struct vr before = node_instance(node, "A")->vr;
	uint64_t ops = node->kernel_ops, adverts = node->adverts;

	node_reload(node, one);
	/* That is in the new one now. */
	before.config = node_instance(node, "A")->config;
	assert_memory_equal(&before, &node_instance(node, "A")->vr, sizeof(before));
	assert_int_equal(node->kernel_ops, ops);
	assert_int_equal(node->adverts, adverts);
	world_run(node->world, 3 * DUR_S);
	assert_int_equal(node->adverts, adverts + 3);
}

/* covers: V3-CFG-12 ARP-04 */
static void reload_changes_only_what_changed(void **state)
{
	static const char changed[] =
		"vrrp_instance A2 {\n interface eth0\n virtual_router_id 51\n priority 101\n"
		" virtual_ipaddress {\n 192.168.1.201\n 192.168.1.202\n }\n"
		" virtual_routes {\n default via 192.168.1.9 metric 5\n }\n}\n";
	struct node *node = boot_master(state, one);
	uint64_t announced = node->announcements;

	node_reload(node, changed);
	assert_null(node_instance(node, "A"));
	assert_int_equal(node_state(node, "A2"), VR_MASTER);
	assert_false(node_has_address(node, ETH0, "192.168.1.200/32"));
	assert_true(node_has_address(node, ETH0, "192.168.1.201/32"));
	assert_true(node_has_address(node, ETH0, "192.168.1.202/32"));
	assert_int_equal(node->route_count, 1);
	assert_int_equal(node->routes[0].metric, 5);
	assert_true(node->announcements > announced);
	assert_int_equal(node->wills[0].removal_count, 3);
	world_run(node->world, 2 * DUR_S);
	/* Ethernet 14, IP 20; priority, count, first address. */
	assert_int_equal(node->last_advert[34 + 2], 101);
	assert_int_equal(node->last_advert[34 + 3], 2);
	assert_int_equal(node->last_advert[34 + 11], 201);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "restored"), 0);
}

#define WITH_ADDRESSES(list, more)                                                                           \
	"vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n" more                      \
	" virtual_ipaddress {\n 192.168.1.200\n " list " }\n}\n"

/* There is room for two addresses beside the instance; for more than that it is made, and for AH none is kept. */
static void adverts_get_longer_and_shorter(void **state)
{
	static const struct {
		const char *config;
		uint8_t count;
	} steps[] = {
		{WITH_ADDRESSES("192.168.1.201\n 192.168.1.202\n", ""), 3},
		{WITH_ADDRESSES("192.168.1.201\n", ""), 2},
		{WITH_ADDRESSES("", ""), 1},
		{WITH_ADDRESSES("", " authentication {\n auth_type AH\n auth_pass secret\n }\n"), 0},
		{WITH_ADDRESSES("192.168.1.201\n", ""), 2},
		{WITH_ADDRESSES("", " authentication {\n auth_type AH\n auth_pass secret\n }\n"), 0},
		{WITH_ADDRESSES("", ""), 1},
	};
	struct node *node = boot_master(state, one);
	const size_t length = node->last_advert_length;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const uint64_t adverts = node->adverts;

		node_reload(node, steps[i].config);
		world_run(node->world, 3 * DUR_S);
		assert_int_equal(node_state(node, "A"), VR_MASTER);
		assert_true(node->adverts >= adverts + 2);
		if (steps[i].count == 0)
			continue;
		assert_int_equal(node->last_advert_length + 4u * 2u, length + 4u * steps[i].count);
		assert_int_equal(node->last_advert[34 + 3], steps[i].count);
		assert_int_equal(node->last_advert[34 + 11], 200);
	}
}

static void reload_adds_and_removes(void **state)
{
	static const char other[] =
		"vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n"
		" virtual_ipaddress {\n 192.168.1.200\n 192.168.1.201\n }\n"
		" virtual_routes {\n default via 192.168.1.9\n }\n}\n"
		"vrrp_instance C {\n interface eth1\n virtual_router_id 9\n priority 100\n"
		" virtual_ipaddress {\n 10.0.0.200\n }\n}\n";
	struct node *node = boot_master(state, one);

	node_link(node, ETH1, "eth1", LAN + 1, "10.0.0.1/24");
	node_reload(node, other);
	assert_int_equal(node_state(node, "C"), VR_BACKUP);
	assert_true(node->links[1].joined[0]);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_state(node, "C"), VR_MASTER);
	assert_int_equal(node_instance(node, "A")->counters.became_master, 1);
	node_reload(node, one);
	/* It hands over: nobody is there, so Skew_Time of priority 1 and a margin. */
	assert_non_null(node_instance(node, "C"));
	assert_true(node_has_address(node, ETH1, "10.0.0.200/32"));
	world_run(node->world, 2 * DUR_S);
	assert_null(node_instance(node, "C"));
	assert_false(node_has_address(node, ETH1, "10.0.0.200/32"));
	assert_false(node->wills[1].active);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node_instance(node, "A")->counters.became_master, 1);
	assert_false(node->links[1].joined[0]);
}

static void another_vrid_is_another_virtual_router(void **state)
{
	static const char other[] =
		"vrrp_instance A {\n interface eth0\n virtual_router_id 52\n priority 255\n"
		" virtual_ipaddress {\n 192.168.1.200\n 192.168.1.201\n }\n}\n";
	struct node *node = boot_master(state, one);

	/* The new one holds the same addresses before the old one has let go. */
	node_reload(node, other);
	assert_int_equal(node->engine->instance_count, 2);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node->engine->instance_count, 1);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_true(node_has_address(node, ETH0, "192.168.1.200/32"));
	assert_true(node_has_address(node, ETH0, "192.168.1.201/32"));
	assert_false(node_has_route(node, "0.0.0.0/0"));
}

static void one_that_comes_back_while_leaving_starts_anew(void **state)
{
	static const char none[] = "global_defs {\n router_id x\n}\n";
	struct node *node = boot_master(state, one);

	node_reload(node, none);
	world_run(node->world, 100 * DUR_MS);
	assert_true(node_has_address(node, ETH0, "192.168.1.200/32"));
	node_reload(node, one);
	assert_int_equal(node->engine->instance_count, 1);
	assert_false(node_has_address(node, ETH0, "192.168.1.200/32"));
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	world_run(node->world, 5 * DUR_S);
	assert_true(node_has_address(node, ETH0, "192.168.1.200/32"));
}

static void a_newly_tracked_link_that_is_up_is_no_fault(void **state)
{
	static const char tracking[] =
		"vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n"
		" track_interface {\n eth1\n }\n"
		" virtual_ipaddress {\n 192.168.1.200\n 192.168.1.201\n }\n"
		" virtual_routes {\n default via 192.168.1.9\n }\n}\n";
	struct node *node = boot_master(state, one);

	node_link(node, ETH1, "eth1", LAN + 1, "10.0.0.1/24");
	node_reload(node, tracking);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_instance(node, "A")->counters.became_master, 1);
	node_carrier(node, ETH1, false);
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
	node_reload(node, one);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
}

static void a_link_that_comes_up_gets_its_routes_back(void **state)
{
	struct node *node = boot_master(state, two_sharing);
	struct engine_link link = {.ifindex = ETH1, .name = "eth1", .mtu = 1500};

	/* The kernel says nothing of routes that went with a link. */
	node->route_count = 0;
	engine_link(node->engine, &link, node->world->now);
	link.up = true;
	engine_link(node->engine, &link, node->world->now);
	world_settle(node->world);
	assert_true(node_has_route(node, "0.0.0.0/0"));
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "restored"), 0);
}

static void a_new_hardware_address_is_announced(void **state)
{
	struct node *node = boot_master(state, one);
	uint64_t before = node->announcements;
	struct engine_link link = {.ifindex = ETH0, .name = "eth0", .mtu = 1500, .up = true, .carrier = true};

	world_run(node->world, 10 * DUR_S);
	before = node->announcements;
	link.mac.bytes[0] = 2;
	link.mac.bytes[5] = 99;
	engine_link(node->engine, &link, node->world->now);
	assert_int_equal(node->announcements - before, 2 * 5);
	world_run(node->world, 2 * DUR_S);
	assert_int_equal(node->last_advert[6 + 5], 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_failed_installation_is_tried_again, world_teardown),
		cmocka_unit_test_teardown(what_others_remove_is_put_back, world_teardown),
		cmocka_unit_test_teardown(a_removed_route_is_put_back, world_teardown),
		cmocka_unit_test_teardown(a_route_that_cannot_be_put_back_is_a_fault, world_teardown),
		cmocka_unit_test_teardown(an_untracked_route_is_no_fault, world_teardown),
		cmocka_unit_test_teardown(a_mute_link_makes_no_master_at_once, world_teardown),
		cmocka_unit_test_teardown(a_link_that_stays_mute_is_believed_in_the_end, world_teardown),
		cmocka_unit_test_teardown(alone_on_a_mute_link_the_doubt_is_short, world_teardown),
		cmocka_unit_test_teardown(fast_adverts_do_not_shorten_the_doubt, world_teardown),
		cmocka_unit_test_teardown(a_change_of_our_own_is_not_taken_for_interference, world_teardown),
		cmocka_unit_test_teardown(after_a_resync_what_is_missing_is_put_back, world_teardown),
		cmocka_unit_test_teardown(adopted_leftovers_stay, world_teardown),
		cmocka_unit_test_teardown(adopted_leftovers_go_when_a_successor_speaks, world_teardown),
		cmocka_unit_test_teardown(
			without_marks_only_a_successor_of_the_dead_takes_them_for_ours, world_teardown),
		cmocka_unit_test_teardown(an_address_of_somebody_else_is_warned_of, world_teardown),
		cmocka_unit_test_teardown(the_order_loses_no_packet, world_teardown),
		cmocka_unit_test_teardown(a_device_of_an_address_may_go_and_come, world_teardown),
		cmocka_unit_test_teardown(a_stall_is_told, world_teardown),
		cmocka_unit_test_teardown(an_owner_leaves_its_real_address_alone, world_teardown),
		cmocka_unit_test_teardown(an_owners_address_that_is_taken_away_becomes_ours, world_teardown),
		cmocka_unit_test_teardown(a_virtual_address_is_never_a_source, world_teardown),
		cmocka_unit_test_teardown(a_lost_membership_is_joined_again, world_teardown),
		cmocka_unit_test_teardown(a_configured_source_is_waited_for, world_teardown),
		cmocka_unit_test_teardown(a_shared_route_goes_with_its_last_user, world_teardown),
		cmocka_unit_test_teardown(reload_of_the_same_touches_nothing, world_teardown),
		cmocka_unit_test_teardown(reload_changes_only_what_changed, world_teardown),
		cmocka_unit_test_teardown(adverts_get_longer_and_shorter, world_teardown),
		cmocka_unit_test_teardown(reload_adds_and_removes, world_teardown),
		cmocka_unit_test_teardown(another_vrid_is_another_virtual_router, world_teardown),
		cmocka_unit_test_teardown(one_that_comes_back_while_leaving_starts_anew, world_teardown),
		cmocka_unit_test_teardown(a_newly_tracked_link_that_is_up_is_no_fault, world_teardown),
		cmocka_unit_test_teardown(a_link_that_comes_up_gets_its_routes_back, world_teardown),
		cmocka_unit_test_teardown(a_new_hardware_address_is_announced, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
