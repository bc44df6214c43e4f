/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whatever happens in whatever order: the engine stays in step with the kernel and with its testament, and in the end
 * nothing of it is left. Random events from a seed; a failure prints the seed, and `engine-storm-test SEED` repeats it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "world.h"

#define STORMS 60
#define STEPS 150
#define ETH0 2
#define ETH1 3

static uint64_t first_seed = 1;
static unsigned storms = STORMS;
static uint64_t running_seed;

static const char first[] =
	"vrrp_instance A {\n interface eth0\n version 3\n advert_int 0.1\n virtual_router_id 51\n"
	" priority 100\n track_interface {\n eth1\n }\n"
	" virtual_ipaddress {\n 192.168.1.200\n 192.168.1.201\n }\n"
	" virtual_routes {\n default via 10.0.0.100\n }\n}\n";
static const char other_settings[] =
	"vrrp_instance A {\n interface eth0\n version 3\n advert_int 0.2\n virtual_router_id 51\n"
	" priority 120\n"
	" virtual_ipaddress {\n 192.168.1.201\n 192.168.1.202\n 10.0.0.200 dev eth1\n }\n"
	" virtual_routes {\n default via 10.0.0.100 metric 5\n 10.9.0.0/16 via 10.0.0.100 dev eth1\n }\n}\n";
static const char another_with_the_same_route[] =
	"vrrp_instance A {\n interface eth0\n version 3\n advert_int 0.1\n virtual_router_id 51\n"
	" priority 100\n virtual_ipaddress {\n 192.168.1.200\n }\n"
	" virtual_routes {\n default via 10.0.0.100\n }\n}\n"
	"vrrp_instance B {\n interface eth1\n version 3\n advert_int 0.1\n virtual_router_id 7\n"
	" priority 90\n track_interface {\n eth0 weight -20\n eth1\n }\n"
	" virtual_ipaddress {\n 10.0.0.201\n }\n virtual_routes {\n default via 10.0.0.100\n }\n}\n";
static const char other_identity[] =
	"vrrp_instance A {\n interface eth0\n virtual_router_id 52\n priority 255\n"
	" virtual_ipaddress {\n 192.168.1.200\n 192.168.1.201\n }\n}\n";
static const char nothing[] = "global_defs {\n router_id nothing\n}\n";
static const char *const configs[] = {
	first, other_settings, another_with_the_same_route, other_identity, nothing};

static const char *const virtual_addresses[] = {
	"192.168.1.200/32", "192.168.1.201/32", "192.168.1.202/32", "10.0.0.200/32", "10.0.0.201/32"};

struct storm {
	struct world *world;
	struct node *node;
	struct random random;
	int indexes[2]; /* of eth0 and eth1; 0: gone */
	int next_index;
};

static const char *const names[] = {"eth0", "eth1"};
static const char *const real_addresses[] = {"192.168.1.1/24", "10.0.0.1/24"};

static void come(struct storm *storm, size_t which)
{
	storm->indexes[which] = storm->next_index++;
	node_link(storm->node, storm->indexes[which], names[which], (int)which + 1, real_addresses[which]);
}

static void go_or_come(struct storm *storm, size_t which)
{
	int ifindex = storm->indexes[which];

	if (ifindex == 0) {
		come(storm, which);
		return;
	}
	storm->indexes[which] = 0;
	node_link_gone(storm->node, ifindex);
}

static void hear(struct storm *storm)
{
	static const uint8_t priorities[] = {0, 50, 100, 110, 255};
	uint8_t frame[VRRP_FRAME_MAX];
	struct ip_addr listed = ip_v4(192, 168, 1, 200);
	struct vrrp_encode_request request = {
		.source = ip_v4(192, 168, 1, (uint8_t)random_below(&storm->random, 3)),
		.version = 3,
		.vrid = 51,
		.priority = priorities[random_below(&storm->random, 5)],
		.interval = 100 * DUR_MS,
		.checksum_form = VRRP_CHECKSUM_PSEUDO_HEADER,
		.addresses = &listed,
		.address_count = 1};
	size_t length = vrrp_encode(&request, frame, sizeof(frame));

	if (length > 0 && storm->indexes[0] != 0)
		node_packet(storm->node, storm->indexes[0], frame + 14, length - 14);
}

static void interfere(struct storm *storm)
{
	struct node *node = storm->node;
	const char *address = virtual_addresses[random_below(&storm->random, 5)];

	for (size_t which = 0; which < 2; which++)
		if (storm->indexes[which] != 0 && node_has_address(node, storm->indexes[which], address))
			node_address_gone(node, storm->indexes[which], address);
	if (node->route_count > 0 && random_chance(&storm->random, 1, 2)) {
		struct virtual_route route = {.destination = node->routes[0].destination,
			.gateway = node->routes[0].gateway,
			.metric = node->routes[0].metric};

		node->routes[0] = node->routes[--node->route_count];
		engine_route_gone(node->engine, &route, 0, storm->world->now);
	}
}

static void rename_there_and_back(struct storm *storm, size_t which)
{
	if (storm->indexes[which] == 0)
		return;
	node_link(storm->node, storm->indexes[which], "other", (int)which + 1, NULL);
	if (random_chance(&storm->random, 1, 2))
		world_run(storm->world, 300 * DUR_MS);
	node_link(storm->node, storm->indexes[which], names[which], (int)which + 1, NULL);
}

/* Drained now and then, but not for ever. */
static void give_order(struct storm *storm)
{
	struct engine_request request = {.kind = (enum engine_order)random_below(&storm->random, ENGINE_ORDER_COUNT),
		.force = random_chance(&storm->random, 1, 4)};

	if (request.kind == ENGINE_DRAIN)
		request.timeout = (dur_t)random_below(&storm->random, 3 * DUR_S);
	engine_order(storm->node->engine, &request, storm->world->now);
}

static void step(struct storm *storm)
{
	struct node *node = storm->node;
	size_t which = random_below(&storm->random, 2);
	switch (random_below(&storm->random, 13)) {
	case 0:
	case 1:
		if (storm->indexes[which] != 0)
			node_carrier(node, storm->indexes[which], random_chance(&storm->random, 2, 3));
		break;
	case 2:
		go_or_come(storm, which);
		break;
	case 3:
		node_reload(
			node, configs[random_below(&storm->random, sizeof(configs) / sizeof(configs[0]))]);
		break;
	case 4:
	case 5:
		hear(storm);
		break;
	case 6:
		interfere(storm);
		break;
	case 7:
		rename_there_and_back(storm, which);
		break;
	case 8:
		node_resync(storm->node);
		break;
	case 9:
		node->kernel_error = random_chance(&storm->random, 1, 4) ? -EPERM : 0;
		node->send_error = random_chance(&storm->random, 1, 4) ? -ENOBUFS : 0;
		storm->world->hosts[0].mute = random_chance(&storm->random, 1, 4);
		node->kernel_delay = random_chance(&storm->random, 1, 2) ? (dur_t)random_below(&storm->random, 400 * DUR_MS) : 0;
		break;
	case 10:
		engine_status(node->engine, false, storm->world->now);
		break;
	case 12:
		give_order(storm);
		break;
	case 11:
		world_run(storm->world, (dur_t)random_below(&storm->random, 5 * DUR_S));
		break;
	}
	world_run(storm->world, (dur_t)random_below(&storm->random, 200 * DUR_MS));
}

static bool somebody_holds(const struct node *node, int ifindex, const struct ip_prefix *prefix)
{
	const struct holding *holding = holding_find_address(node->engine, ifindex, prefix);

	return holding != NULL && holding->claims > 0;
}

static void check_instance(const struct node *node, const struct instance *instance)
{
	bool holds = instance->vr.hold != VR_HOLD_NOTHING;

	assert_int_equal(node->wills[instance->slot].active, holds);
	assert_int_equal(node->wills[instance->slot].stop_frame_length > 0,
		instance_is_master(instance) && instance->interface->link != NULL);
	for (size_t i = 0; i < claim_count(instance->config); i++) {
		const struct holding *holding = instance->claims[i].holding;

		if (!holds)
			assert_null(holding);
		if (holding == NULL || holding->missing || holding->kind != HELD_ADDRESS)
			continue;
		char text[IP_PREFIX_TEXT_SIZE];

		assert_true(
			node_has_address(node, holding->ifindex, ip_prefix_format(&holding->prefix, text)));
	}
}

static void check(const struct storm *storm)
{
	const struct node *node = storm->node;

	for (size_t i = 0; i < node->engine->instance_count; i++)
		check_instance(node, node->engine->instances[i]);
	for (size_t i = 0; i < node->address_count; i++)
		if (node->addresses[i].prefix.length == 32)
			assert_true(
				somebody_holds(node, node->addresses[i].ifindex, &node->addresses[i].prefix));
	/* A route that others took away may be put back a second later. */
	if (node->engine->holdings.count == 0)
		assert_int_equal(node->route_count, 0);
}

static void run_storm(struct storm *storm)
{
	struct node *node = storm->node;

	for (unsigned i = 0; i < STEPS; i++) {
		step(storm);
		/* What the kernel has not done is not there yet. */
		if (random_chance(&storm->random, 1, 2))
			engine_kernel_settle(node->engine, storm->world->now);
		world_settle(storm->world);
		if (node->engine->in_flight.count == 0)
			check(storm);
	}
	engine_stop(node->engine, random_chance(&storm->random, 1, 2), storm->world->now);
	world_run(storm->world, 2 * DUR_S);
	assert_true(node->stopped);
	assert_int_equal(node->engine->holdings.count, 0);
	check(storm);
}

static void nothing_is_left_after_a_storm(void **state)
{
	(void)state;
	for (uint64_t seed = first_seed; seed < first_seed + storms; seed++) {
		struct engine_options options = {.record = true, .trace_name = "storm"};
		struct storm storm = {.world = world_new(), .next_index = ETH0};

		random_seed(&storm.random, seed);
		storm.node = &storm.world->nodes[0];
		world_host(storm.world, 2, "10.0.0.100");
		node_boot_with(storm.world, 0, configs[0], &options);
		come(&storm, 0);
		come(&storm, 1);
		node_start(storm.node);
		running_seed = seed;
		run_storm(&storm);
		world_free(storm.world);
	}
	running_seed = 0;
}

static int tell_seed(void **state)
{
	(void)state;
	if (running_seed != 0)
		print_message("seed %llu\n", (unsigned long long)running_seed);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(nothing_is_left_after_a_storm, tell_seed)};

	if (argc > 1) {
		first_seed = strtoull(argv[1], NULL, 10);
		storms = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
