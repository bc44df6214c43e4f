/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BFD sessions in the engine: two routers with a wire of their own for it, which can be cut without a sign. */
#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/bfd.h"
#include "world.h"

#define STEP (100 * DUR_US)
#define LATENCY (200 * DUR_US)
#define FLYING_MAX 64

/* One packet on the wire. */
struct flying {
	mono_t arrives;
	struct node *to;
	struct ip_addr source;
	bool multihop;
	uint8_t bytes[BFD_PACKET_SIZE];
};

static struct {
	struct flying flying[FLYING_MAX];
	size_t count;
	bool cut;
	int open_error;
	int send_error;
	int hops;
	int arrives_by; /* index of the interface */
	int by[2]; /* of the last packet of each */
	unsigned open; /* ends */
	unsigned opened;
	unsigned sent;
	struct bfd_packet last;
} wire;

static const char *const addresses[] = {"192.168.1.1", "192.168.1.2"};

static int wire_open(void *user, const struct bfd_config *config)
{
	(void)user;
	(void)config;
	wire.opened++;
	if (wire.open_error != 0)
		return wire.open_error;
	wire.open++;
	return 7;
}

static void wire_close(void *user, int number, const struct bfd_config *config)
{
	(void)user;
	(void)config;
	assert_int_equal(number, 7);
	wire.open--;
}

static int wire_send(
	void *user, int number, const struct bfd_config *config, int ifindex, const uint8_t *bytes, size_t length)
{
	struct node *from = user;
	size_t index = (size_t)(from - from->world->nodes);
	struct flying *flying = &wire.flying[wire.count];
	struct ip_addr there;

	assert_int_equal(number, 7);
	assert_int_equal(length, BFD_PACKET_SIZE);
	wire.sent++;
	wire.by[index] = ifindex;
	assert_int_equal(bfd_decode(bytes, length, &wire.last), BFD_DROP_NONE);
	assert_true(ip_parse(addresses[!index], strlen(addresses[!index]), &there));
	if (wire.send_error != 0 || wire.cut || !ip_equal(&there, &config->neighbor) ||
		(ifindex != 0 && ifindex != wire.arrives_by))
		return wire.send_error;
	assert_true(wire.count < FLYING_MAX);
	wire.count++;
	*flying = (struct flying){.arrives = mono_add(from->world->now, LATENCY),
		.to = &from->world->nodes[!index],
		.multihop = config->multihop};
	assert_true(ip_parse(addresses[index], strlen(addresses[index]), &flying->source));
	memcpy(flying->bytes, bytes, length);
	return 0;
}

static void give(struct node *node, const struct flying *flying)
{
	const struct engine_bfd_packet packet = {.source = flying->source,
		.ifindex = wire.arrives_by,
		.hops = wire.hops,
		.multihop = flying->multihop,
		.bytes = flying->bytes,
		.length = BFD_PACKET_SIZE};

	if (node->engine != NULL)
		engine_bfd(node->engine, &packet, node->world->now);
}

static void deliver(struct world *world)
{
	for (size_t i = 0; i < wire.count;) {
		struct flying flying = wire.flying[i];

		if (!mono_due(flying.arrives, world->now)) {
			i++;
			continue;
		}
		memmove(&wire.flying[i], &wire.flying[i + 1], (--wire.count - i) * sizeof(wire.flying[0]));
		give(flying.to, &flying);
	}
}

static void run(struct world *world, dur_t length)
{
	mono_t end = mono_add(world->now, length);

	while (mono_before(world->now, end)) {
		world_run(world, STEP);
		deliver(world);
	}
	world_settle(world);
}

static struct node *boot_one(
	struct world *world, size_t number, const char *config, const struct engine_options *options)
{
	struct node *node = &world->nodes[number];
	char prefix[32];

	node_boot_with(world, number, config, options);
	node->port.bfd_open = wire_open;
	node->port.bfd_close = wire_close;
	node->port.bfd_send = wire_send;
	snprintf(prefix, sizeof(prefix), "%s/24", addresses[number]);
	node_link(node, 2, "eth0", 1, prefix);
	node_start(node);
	return node;
}

static const struct engine_options plain = {.trace_name = "test"};

static struct world *new_world(void **state)
{
	struct world *world = world_new();

	memset(&wire, 0, sizeof(wire));
	wire.hops = 255;
	wire.arrives_by = 2;
	*state = world;
	return world;
}

#define SESSION(name, neighbor, lines) "bfd_instance " name " {\n neighbor_ip " neighbor "\n " lines "\n}\n"
#define INSTANCE(lines)                                                                                      \
	"vrrp_instance V {\n interface eth0\n virtual_router_id 1\n priority 100\n version 3\n advert_int "  \
	"1\n " lines "\n virtual_ipaddress {\n 192.168.1.100\n }\n}\n"
#define ONE SESSION("peer", "192.168.1.2", "multiplier 3")
#define OTHER SESSION("peer", "192.168.1.1", "multiplier 3")
#define TRACKS "track_bfd {\n peer\n }"

static struct node *boot(void **state, const char *one, const char *other)
{
	struct world *world = new_world(state);

	boot_one(world, 0, one, &plain);
	if (other != NULL)
		boot_one(world, 1, other, &plain);
	return &world->nodes[0];
}

static struct bfd_peer *peer_of(const struct node *node)
{
	return node->engine->bfd->first;
}

static enum bfd_state state_of(const struct node *node)
{
	return peer_of(node)->session.state;
}

static void come_up(struct node *node)
{
	run(node->world, 3 * DUR_S);
	assert_int_equal(state_of(node), BFD_UP);
}

static size_t events(const struct node *node, const char *containing)
{
	return node_count_lines(node, ENGINE_TELL_EVENT, containing);
}

static void an_instance_waits_for_its_session(void **state)
{
	struct node *node = boot(state, ONE INSTANCE(TRACKS), NULL);

	run(node->world, 2 * DUR_S);
	assert_int_equal(peer_of(node)->told, TRACK_UNKNOWN);
	assert_int_equal(node_state(node, "V"), VR_INITIALIZE);
	run(node->world, 2 * DUR_S);
	assert_int_equal(peer_of(node)->told, TRACK_DOWN); /* no patience any more */
	assert_int_equal(node_state(node, "V"), VR_INITIALIZE);
	boot_one(node->world, 1, OTHER, &plain);
	run(node->world, 7 * DUR_S);
	assert_int_equal(peer_of(node)->told, TRACK_UP);
	assert_int_equal(node_state(node, "V"), VR_MASTER);
	assert_int_equal(events(node, "\"from\":\"Down\",\"to\":\"Init\""), 1);
	assert_int_equal(peer_of(node)->counters.ups, 1);
}

static void a_cut_is_seen_in_a_detection_time(void **state)
{
	struct node *node = boot(state, ONE INSTANCE(TRACKS), OTHER);
	mono_t cut;

	come_up(node);
	run(node->world, 5 * DUR_S);
	assert_int_equal(node_state(node, "V"), VR_MASTER);
	wire.cut = true;
	cut = node->world->now;
	while (node_state(node, "V") == VR_MASTER)
		run(node->world, STEP);
	assert_in_range(mono_sub(node->world->now, cut), 20 * DUR_MS, 31 * DUR_MS);
	assert_int_equal(peer_of(node)->session.diag, BFD_DIAG_DETECTION_EXPIRED);
	assert_non_null(
		node_last_line(node, ENGINE_TELL_EVENT, "\"cause\":\"detection-expired\",\"diag\":1"));
	assert_int_equal(peer_of(node)->counters.downs, 1);
	run(node->world, DUR_S);
	assert_int_equal(state_of(&node->world->nodes[1]), BFD_DOWN);
	wire.cut = false;
	run(node->world, 3 * DUR_S);
	assert_int_equal(state_of(node), BFD_UP);
}

static void a_weight_moves_the_priority(void **state)
{
	struct node *node = boot(state, ONE INSTANCE("track_bfd {\n peer weight -30\n }"), OTHER);

	come_up(node);
	assert_int_equal(node_instance(node, "V")->vr.priority, 100);
	wire.cut = true;
	run(node->world, 100 * DUR_MS);
	assert_int_equal(node_instance(node, "V")->vr.priority, 70);
}

/* covers: BFD-13 */
static void an_end_on_purpose_is_no_failure(void **state)
{
	struct node *node = boot(state, ONE INSTANCE(TRACKS), OTHER);
	struct node *other = &node->world->nodes[1];

	come_up(node);
	run(node->world, 5 * DUR_S);
	engine_stop(other->engine, false, node->world->now);
	assert_int_equal(wire.last.state, BFD_ADMIN_DOWN);
	run(node->world, 5 * DUR_S);
	assert_int_equal(state_of(node), BFD_DOWN);
	assert_int_equal(peer_of(node)->session.diag, BFD_DIAG_NEIGHBOR_DOWN);
	assert_int_equal(node_state(node, "V"), VR_MASTER);
	/* It comes back, and goes without a word. */
	bfd_start(other->engine, node->world->now);
	run(node->world, 3 * DUR_S);
	assert_int_equal(state_of(node), BFD_UP);
	assert_int_equal(node_state(node, "V"), VR_MASTER);
	wire.cut = true;
	run(node->world, 100 * DUR_MS);
	assert_int_equal(node_state(node, "V"), VR_INITIALIZE);
}

/* Back from AdminDown, but lost before it is Up: that is a failure. */
static void lost_on_its_way_back(void **state)
{
	struct node *node = boot(state, ONE INSTANCE(TRACKS), OTHER);
	struct node *other = &node->world->nodes[1];

	come_up(node);
	run(node->world, 5 * DUR_S);
	engine_stop(other->engine, false, node->world->now);
	run(node->world, DUR_S);
	bfd_start(other->engine, node->world->now);
	while (state_of(node) == BFD_DOWN)
		run(node->world, STEP);
	wire.cut = true;
	assert_int_equal(state_of(node), BFD_INIT);
	assert_int_equal(node_state(node, "V"), VR_MASTER);
	run(node->world, 4 * DUR_S);
	assert_int_equal(node_state(node, "V"), VR_INITIALIZE);
}

static void a_reload_that_changes_nothing_touches_nothing(void **state)
{
	struct node *node = boot(state, ONE INSTANCE(TRACKS), OTHER);
	struct bfd_peer before;

	come_up(node);
	before = *peer_of(node);
	node_reload(node, ONE INSTANCE(TRACKS "\npriority 90"));
	assert_memory_equal(&peer_of(node)->session, &before.session, sizeof(before.session));
	assert_memory_equal(&peer_of(node)->counters, &before.counters, sizeof(before.counters));
	assert_int_equal(wire.opened, 2);
}

static void a_reload_of_values_polls(void **state)
{
	struct node *node = boot(state, ONE INSTANCE(TRACKS), OTHER);

	come_up(node);
	assert_int_equal(bfd_session_interval(&peer_of(node)->session), 10 * DUR_MS);
	node_reload(node, SESSION("peer", "192.168.1.2", "multiplier 3\n min_tx 40") INSTANCE(TRACKS));
	assert_true(wire.last.poll);
	assert_int_equal(wire.last.desired_min_tx, 40000);
	run(node->world, DUR_S);
	assert_int_equal(bfd_session_interval(&peer_of(node)->session), 40 * DUR_MS);
	assert_int_equal(peer_of(node)->counters.downs, 0);
	assert_int_equal(events(node, "bfd-state"), 3); /* start, Init or Up, Up */
	/* Another TTL needs another socket, and nothing else. */
	node_reload(
		node, SESSION("peer", "192.168.1.2", "multiplier 3\n min_tx 40\n ttl 254") INSTANCE(TRACKS));
	assert_int_equal(wire.opened, 3);
	assert_int_equal(wire.open, 2);
	run(node->world, DUR_S);
	assert_int_equal(peer_of(node)->counters.downs, 0);
}

static void a_reload_renames_adds_and_removes(void **state)
{
	struct node *node = boot(state, ONE INSTANCE(TRACKS), OTHER);

	come_up(node);
	run(node->world, 5 * DUR_S);
	node_reload(node, SESSION("uplink", "192.168.1.2", "multiplier 3")
				  INSTANCE("track_bfd {\n uplink\n }") SESSION("third", "192.168.1.3", ""));
	run(node->world, DUR_S);
	assert_int_equal(state_of(node), BFD_UP);
	assert_int_equal(peer_of(node)->counters.downs, 0);
	assert_int_equal(node_state(node, "V"), VR_MASTER);
	assert_int_equal(node->engine->bfd->count, 2);
	wire.cut = true;
	run(node->world, 100 * DUR_MS);
	assert_int_equal(node_state(node, "V"), VR_INITIALIZE);
	wire.cut = false;
	run(node->world, 10 * DUR_S);
	assert_int_equal(node_state(node, "V"), VR_MASTER);
	node_reload(node, INSTANCE(""));
	assert_int_equal(wire.last.state, BFD_ADMIN_DOWN);
	assert_int_equal(node->engine->bfd->count, 0);
	assert_int_equal(wire.open, 1); /* the neighbor's */
	assert_int_equal(node_state(node, "V"), VR_MASTER);
	run(node->world, DUR_S);
	assert_int_equal(state_of(&node->world->nodes[1]), BFD_DOWN);
}

/* To begin to track a session that is known to be down is to fall. */
static void a_reload_tracks_what_was_there(void **state)
{
	struct node *node = boot(state, ONE INSTANCE(""), NULL);

	run(node->world, 6 * DUR_S);
	assert_int_equal(node_state(node, "V"), VR_MASTER);
	node_reload(node, ONE INSTANCE(TRACKS));
	run(node->world, DUR_S);
	assert_int_equal(node_state(node, "V"), VR_INITIALIZE);
}

/* What a dead engine held stays while the sessions come up again. */
static void adopted_instances_wait(void **state)
{
	struct world *world = new_world(state);
	const struct engine_options adopt = {.trace_name = "test", .adopt = true};
	struct node *node = &world->nodes[0];

	boot_one(world, 1, OTHER, &plain);
	node_boot_with(world, 0, ONE INSTANCE(TRACKS), &adopt);
	node->port.bfd_open = wire_open;
	node->port.bfd_close = wire_close;
	node->port.bfd_send = wire_send;
	node_link(node, 2, "eth0", 1, "192.168.1.1/24");
	node_address(node, 2, "192.168.1.100/32", VIGIA_KERNEL_PROTOCOL);
	node_start(node);
	assert_int_not_equal(node_state(node, "V"), VR_INITIALIZE);
	run(world, 2500 * DUR_MS);
	assert_int_equal(state_of(node), BFD_UP);
	assert_int_not_equal(node_state(node, "V"), VR_INITIALIZE);
	assert_true(node_has_address(node, 2, "192.168.1.100/32"));
}

/* covers: BFD-03 */
static void an_interface_is_kept_to(void **state)
{
	struct node *node = boot(state, SESSION("peer", "192.168.1.2%eth0", "multiplier 3") INSTANCE(TRACKS), OTHER);
	uint64_t ups = 1;

	come_up(node);
	assert_int_equal(wire.by[0], 2);
	assert_int_equal(wire.by[1], 0);
	run(node->world, 5 * DUR_S);
	assert_int_equal(node_state(node, "V"), VR_MASTER);
	/* What comes by another one is not heard, though the discriminator is right. */
	wire.arrives_by = 3;
	run(node->world, DUR_S);
	assert_int_equal(state_of(node), BFD_DOWN);
	assert_true(peer_of(node)->counters.drops[BFD_DROP_SOURCE] > 0);
	wire.arrives_by = 2;
	come_up(node);
	assert_int_equal(peer_of(node)->counters.ups, ++ups);
	/* It goes, and another one of its name comes. */
	node_link_gone(node, 2);
	run(node->world, 2 * DUR_S);
	assert_int_equal(peer_of(node)->send_error, -ENODEV);
	assert_int_equal(state_of(node), BFD_DOWN);
	node_link(node, 4, "eth0", 1, "192.168.1.1/24");
	wire.arrives_by = 4;
	come_up(node);
	assert_int_equal(peer_of(node)->counters.ups, ++ups);
	assert_int_equal(peer_of(node)->send_error, 0);
	assert_int_equal(wire.by[0], 4);
	/* With another interface it is another session, and nothing is left of the old one's. */
	node_reload(node, SESSION("peer", "192.168.1.2%eth1", "multiplier 3"));
	assert_int_equal(peer_of(node)->counters.ups, 0);
	assert_int_equal(node->engine->bfd->count, 1);
	node_link(node, 5, "eth1", 2, "192.168.9.1/24");
	node_reload(node, "bfd_instance two {\n neighbor_ip 192.168.1.2%eth1\n}\n"
			  "bfd_instance peer {\n neighbor_ip 192.168.1.2%eth0\n}\n");
	assert_int_equal(node->engine->bfd->count, 2);
	wire.arrives_by = 4;
	run(node->world, 4 * DUR_S);
	assert_int_equal(state_of(node), BFD_DOWN);
	assert_int_equal(peer_of(node)->next->session.state, BFD_UP);
}

static void a_port_that_is_taken_is_tried_again(void **state)
{
	struct world *world = new_world(state);
	struct node *node;

	wire.open_error = -EADDRINUSE;
	node = boot_one(world, 0, ONE, &plain);
	run(world, 5 * DUR_S);
	assert_int_equal(events(node, "bfd-open-failed"), 1);
	assert_non_null(node_last_line(node, ENGINE_TELL_EVENT, "another program"));
	assert_in_range(wire.opened, 4, 7);
	assert_int_equal(wire.sent, 0);
	assert_int_equal(peer_of(node)->told, TRACK_UNKNOWN); /* nothing is known of the neighbor */
	wire.open_error = 0;
	boot_one(world, 1, OTHER, &plain);
	run(world, 4 * DUR_S);
	assert_int_equal(state_of(node), BFD_UP);
}

static void what_cannot_be_sent_is_told_once(void **state)
{
	struct node *node = boot(state, ONE, NULL);

	wire.send_error = -ENETUNREACH;
	run(node->world, 5 * DUR_S);
	assert_int_equal(events(node, "bfd-send-failed"), 1);
	assert_in_range(peer_of(node)->counters.send_errors, 4, 8);
	wire.send_error = 0;
	run(node->world, 2 * DUR_S);
	wire.send_error = -ENETUNREACH;
	run(node->world, 2 * DUR_S);
	assert_int_equal(events(node, "bfd-send-failed"), 2);
}

/* covers: BFD-02 BFD-05 BFD-15 */
static void drops_are_counted(void **state)
{
	struct node *node = boot(state, ONE, NULL);
	struct bfd_packet packet = {
		.state = BFD_DOWN, .multiplier = 3, .my_discriminator = 5, .desired_min_tx = 1000000};
	struct flying flying = {.to = node};
	const struct bfd_peer *peer = peer_of(node);

	assert_true(ip_parse("192.168.1.2", 11, &flying.source));
	give(node, &flying); /* zeroes */
	assert_int_equal(node->engine->bfd->drops[BFD_DROP_VERSION], 1);
	bfd_encode(&packet, flying.bytes);
	wire.hops = 254;
	give(node, &flying);
	assert_int_equal(peer->counters.drops[BFD_DROP_HOPS], 1);
	wire.hops = 255;
	flying.multihop = true; /* the other port is for other sessions */
	give(node, &flying);
	assert_int_equal(node->engine->bfd->drops[BFD_DROP_SESSION], 1);
	flying.multihop = false;
	packet.your_discriminator = peer->session.local_discriminator + 1;
	bfd_encode(&packet, flying.bytes);
	give(node, &flying);
	assert_int_equal(node->engine->bfd->drops[BFD_DROP_SESSION], 2);
	packet.your_discriminator = peer->session.local_discriminator;
	bfd_encode(&packet, flying.bytes);
	assert_true(ip_parse("192.168.1.9", 11, &flying.source));
	give(node, &flying);
	assert_int_equal(peer->counters.drops[BFD_DROP_SOURCE], 1);
	packet.your_discriminator = 0;
	bfd_encode(&packet, flying.bytes);
	give(node, &flying);
	assert_int_equal(node->engine->bfd->drops[BFD_DROP_SESSION], 3);
	assert_int_equal(events(node, "bfd-dropped"), 1); /* the first, and no more for a while */
	assert_int_equal(peer->counters.received, 0);
	assert_int_equal(peer->session.state, BFD_DOWN);
}

/* covers: BFD-07 */
static void discriminators_are_random_and_differ(void **state)
{
	struct node *node = boot(state, ONE SESSION("second", "192.168.1.3", ""), NULL);
	const struct bfd_peer *first = peer_of(node), *second = first->next;

	assert_int_not_equal(first->session.local_discriminator, 0);
	assert_int_not_equal(first->session.local_discriminator, second->session.local_discriminator);
	/* A start at another time gives others. */
	run(node->world, DUR_MS);
	boot_one(node->world, 1, OTHER, &plain);
	assert_int_not_equal(first->session.local_discriminator,
		peer_of(&node->world->nodes[1])->session.local_discriminator);
}

static void status_shows_it(void **state)
{
	struct node *node = boot(state, ONE INSTANCE(TRACKS), OTHER);
	json_t *end, *bfd;
	const char *line;

	come_up(node);
	engine_status(node->engine, false, node->world->now);
	world_settle(node->world);
	line = node_last_line(node, ENGINE_TELL_STATUS_END, "\"bfd\":");
	assert_non_null(line);
	end = json_loads(line, 0, NULL);
	assert_non_null(end);
	bfd = json_array_get(json_object_get(end, "bfd"), 0);
	assert_string_equal(json_string_value(json_object_get(bfd, "name")), "peer");
	assert_string_equal(json_string_value(json_object_get(bfd, "neighbor")), "192.168.1.2");
	assert_string_equal(json_string_value(json_object_get(bfd, "state")), "Up");
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(bfd, "remote"), "state")), "Up");
	assert_string_equal(json_string_value(json_object_get(bfd, "tracked_as")), "up");
	assert_true(json_is_null(json_object_get(bfd, "error")));
	assert_true(json_number_value(json_object_get(bfd, "detection_time")) == 0.03);
	assert_true(json_integer_value(json_object_get(bfd, "received")) > 100);
	json_decref(end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(an_instance_waits_for_its_session, world_teardown),
		cmocka_unit_test_teardown(a_cut_is_seen_in_a_detection_time, world_teardown),
		cmocka_unit_test_teardown(a_weight_moves_the_priority, world_teardown),
		cmocka_unit_test_teardown(an_end_on_purpose_is_no_failure, world_teardown),
		cmocka_unit_test_teardown(lost_on_its_way_back, world_teardown),
		cmocka_unit_test_teardown(a_reload_that_changes_nothing_touches_nothing, world_teardown),
		cmocka_unit_test_teardown(a_reload_of_values_polls, world_teardown),
		cmocka_unit_test_teardown(a_reload_renames_adds_and_removes, world_teardown),
		cmocka_unit_test_teardown(a_reload_tracks_what_was_there, world_teardown),
		cmocka_unit_test_teardown(adopted_instances_wait, world_teardown),
		cmocka_unit_test_teardown(an_interface_is_kept_to, world_teardown),
		cmocka_unit_test_teardown(a_port_that_is_taken_is_tried_again, world_teardown),
		cmocka_unit_test_teardown(what_cannot_be_sent_is_told_once, world_teardown),
		cmocka_unit_test_teardown(drops_are_counted, world_teardown),
		cmocka_unit_test_teardown(discriminators_are_random_and_differ, world_teardown),
		cmocka_unit_test_teardown(status_shows_it, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
