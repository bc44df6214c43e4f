/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets in: each bad one raises exactly one counter, changes nothing, and is told at a bounded rate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

#define LAN 1
#define ETH0 2
#define IP_SIZE 20

static const char config_v2[] = "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n"
				" virtual_ipaddress {\n 192.168.1.200\n }\n}\n";
static const char config_v3[] =
	"vrrp_instance A {\n interface eth0\n version 3\n virtual_router_id 51\n priority 100\n"
	" virtual_ipaddress {\n 192.168.1.200\n }\n}\n";
static const char config_owner[] =
	"vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 255\n"
	" virtual_ipaddress {\n 192.168.1.200\n }\n}\n";

struct packet {
	uint8_t bytes[VRRP_FRAME_MAX];
	size_t length;
};

static struct packet advert(uint8_t version, uint8_t priority)
{
	uint8_t frame[VRRP_FRAME_MAX];
	struct ip_addr listed = ip_v4(192, 168, 1, 200);
	struct vrrp_encode_request request = {.source = ip_v4(192, 168, 1, 2),
		.version = version,
		.vrid = 51,
		.priority = priority,
		.interval = DUR_S,
		.checksum_form = VRRP_CHECKSUM_PSEUDO_HEADER,
		.addresses = &listed,
		.address_count = 1};
	struct packet packet;

	packet.length = vrrp_encode(&request, frame, sizeof(frame)) - 14;
	memcpy(packet.bytes, frame + 14, packet.length);
	return packet;
}

static void put_sum(uint8_t *at, uint16_t sum)
{
	at[0] = (uint8_t)(sum >> 8);
	at[1] = (uint8_t)sum;
}

/* Both sums right again, so that what was changed is what is wrong. */
static void sum_again(struct packet *packet)
{
	uint8_t *vrrp = packet->bytes + IP_SIZE;

	put_sum(packet->bytes + 10, 0);
	put_sum(packet->bytes + 10, checksum_finish(checksum_add(0, packet->bytes, IP_SIZE)));
	put_sum(vrrp + 6, 0);
	put_sum(vrrp + 6, checksum_finish(checksum_add(0, vrrp, packet->length - IP_SIZE)));
}

static struct node *boot(void **state, const char *config, dur_t run)
{
	struct world *world = world_new();

	*state = world;
	node_boot(world, 0, config);
	node_link(&world->nodes[0], ETH0, "eth0", LAN, "192.168.1.1/24");
	node_start(&world->nodes[0]);
	world_run(world, run);
	return &world->nodes[0];
}

static uint64_t all_drops(const struct node *node)
{
	uint64_t sum = 0;

	for (int reason = 0; reason < DROP_REASON_COUNT; reason++)
		sum += node->engine->drops[reason] + instance_drops(node_instance(node, "A"), (enum drop_reason)reason);
	return sum;
}

static void expect_drop(struct node *node, const struct packet *packet, enum drop_reason reason, bool known)
{
	const struct instance *instance = node_instance(node, "A");
	struct vr before = instance->vr;
	uint64_t sum = all_drops(node), of_instance = instance_drops(instance, reason),
		 of_none = node->engine->drops[reason];

	node_packet(node, ETH0, packet->bytes, packet->length);
	if (instance_drops(instance, reason) != of_instance + known || node->engine->drops[reason] != of_none + !known)
		fail_msg("not counted as %s", drop_reason_name(reason));
	assert_int_equal(all_drops(node), sum + 1);
	assert_int_equal(instance->counters.adverts_received, 0);
	assert_memory_equal(&before, &instance->vr, sizeof(before));
	assert_non_null(node_last_line(node, ENGINE_TELL_DROP, drop_reason_name(reason)));
}

static void expect_changed(struct node *node, size_t at, uint8_t value, enum drop_reason reason, bool known)
{
	struct packet packet = advert(2, 100);

	packet.bytes[at] = value;
	sum_again(&packet);
	expect_drop(node, &packet, reason, known);
}

static void send_every_bad_packet(struct node *node)
{
	struct packet packet = advert(2, 100);

	expect_changed(node, 0, 0x55, DROP_IP_HEADER, false);
	expect_changed(node, 6, 0x20, DROP_FRAGMENT, false);
	expect_changed(node, 9, 17, DROP_PROTOCOL, false);
	expect_changed(node, 12, 0xe0, DROP_SOURCE, false);
	expect_changed(node, 16, 10, DROP_DESTINATION, true);
	expect_changed(node, IP_SIZE, 0x51, DROP_VERSION, true);
	expect_changed(node, IP_SIZE + 1, 52, DROP_VRID, false);
	expect_changed(node, IP_SIZE + 5, 9, DROP_INTERVAL, true);
	expect_changed(node, IP_SIZE + 4, 9, DROP_AUTH_TYPE, true);
	expect_changed(node, IP_SIZE + 11, 9, DROP_ADDRESS_LIST, true);
	packet.bytes[IP_SIZE + 6] ^= 1;
	expect_drop(node, &packet, DROP_CHECKSUM, true);
	packet = advert(3, 100);
	expect_drop(node, &packet, DROP_VERSION, true);
}

/* covers: RX-02 RX-07 RX-13 RX-16 RX-18 RX-19 RX-24 RX-25 RX-26 RX-27 RX-28 CKS-08 FSM-A20 */
static void each_bad_packet_is_counted_once(void **state)
{
	struct node *node = boot(state, config_v2, DUR_S);

	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	send_every_bad_packet(node);
}

/* covers: FSM-A20 */
static void a_master_takes_no_bad_packet_either(void **state)
{
	struct node *node = boot(state, config_v2, 5 * DUR_S);

	assert_int_equal(node_state(node, "A"), VR_MASTER);
	send_every_bad_packet(node);
}

/* covers: RX-01 RX-24 */
static void a_bad_ttl_is_counted_once(void **state)
{
	struct node *node = boot(state, config_v2, DUR_S);
	struct packet packet = advert(2, 100);
	uint64_t before = all_drops(node);

	packet.bytes[8] = 254;
	sum_again(&packet);
	node_packet(node, ETH0, packet.bytes, packet.length);
	assert_int_equal(all_drops(node), before + 1);
	assert_int_equal(node->engine->drops[DROP_TTL] + instance_drops(node_instance(node, "A"), DROP_TTL), 1);
}

/* covers: RX-09 RX-11 RX-25 AMB-13 */
static void version_three_has_its_own_reasons(void **state)
{
	struct node *node = boot(state, config_v3, DUR_S);
	struct packet packet = advert(3, 100);

	packet.bytes[IP_SIZE + 4] = 0;
	packet.bytes[IP_SIZE + 5] = 0;
	sum_again(&packet);
	expect_drop(node, &packet, DROP_INTERVAL, true);
	packet = advert(3, 100);
	packet.length -= 4;
	packet.bytes[3] = (uint8_t)packet.length;
	packet.bytes[IP_SIZE + 3] = 0;
	sum_again(&packet);
	expect_drop(node, &packet, DROP_ADDRESS_LIST, true);
	packet = advert(2, 100);
	expect_drop(node, &packet, DROP_VERSION, true);
}

/* covers: V2-PKT-04 */
static void the_old_authentication_data_is_ignored(void **state)
{
	struct node *node = boot(state, config_v2, DUR_S);
	struct packet packet = advert(2, 100);

	memcpy(packet.bytes + packet.length - VRRP_AUTH_SIZE, "anything", VRRP_AUTH_SIZE);
	sum_again(&packet);
	node_packet(node, ETH0, packet.bytes, packet.length);
	assert_int_equal(all_drops(node), 0);
	assert_int_equal(node_instance(node, "A")->counters.adverts_received, 1);
}

/* covers: RX-30 */
static void an_owner_drops_others_in_version_two(void **state)
{
	struct node *node = boot(state, config_owner, DUR_S);
	struct packet packet = advert(2, 100);

	expect_drop(node, &packet, DROP_OWNER, true);
}

static void an_owner_that_stops_hears_its_successor(void **state)
{
	struct node *node = boot(state, config_owner, DUR_S);
	struct packet packet = advert(2, 100);

	assert_int_equal(node_state(node, "A"), VR_MASTER);
	engine_stop(node->engine, false, node->world->now);
	assert_true(node_has_address(node, ETH0, "192.168.1.200/32"));
	node_packet(node, ETH0, packet.bytes, packet.length);
	assert_false(node_has_address(node, ETH0, "192.168.1.200/32"));
	assert_non_null(node_last_line(node, ENGINE_TELL_EVENT, "successor-heard"));
}

/* covers: FSM-I4 */
static void in_initialize_nothing_is_taken(void **state)
{
	struct node *node = boot(state, config_v2, DUR_S);
	struct packet packet = advert(2, 100);

	node_carrier(node, ETH0, false);
	expect_drop(node, &packet, DROP_NOT_RUNNING, true);
}

/* covers: RX-23 */
static void a_good_one_is_taken_with_its_own_time(void **state)
{
	struct node *node = boot(state, config_v2, DUR_S);
	struct world *world = node->world;
	struct packet packet = advert(2, 120);
	struct engine_packet in = {
		.ifindex = ETH0, .bytes = packet.bytes, .length = packet.length, .received = world->now};

	world->now = mono_add(world->now, 300 * DUR_MS);
	engine_packets(node->engine, &in, 1, world->now);
	assert_int_equal(all_drops(node), 0);
	assert_int_equal(node_instance(node, "A")->counters.adverts_received, 1);
	/* The timer counts from the moment of arrival, not from when it was read. */
	assert_int_equal(mono_sub(node_instance(node, "A")->vr.timer, in.received), 3609375 * DUR_US);
}

/* covers: TMR-12 */
static void an_advert_that_came_in_time_beats_the_timer(void **state)
{
	struct node *node = boot(state, config_v2, DUR_S);
	struct world *world = node->world;
	struct packet packet = advert(2, 120);
	struct engine_packet in = {.ifindex = ETH0, .bytes = packet.bytes, .length = packet.length};

	/* Stalled past the timer, with an advert waiting that arrived before it. */
	in.received = mono_add(world->now, 2 * DUR_S);
	world->now = mono_add(world->now, 4 * DUR_S);
	engine_packets(node->engine, &in, 1, world->now);
	engine_tick(node->engine, world->now);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
}

/* covers: RX-23 */
static void priority_zero_is_counted_apart(void **state)
{
	struct node *node = boot(state, config_v2, DUR_S);
	struct packet packet = advert(2, 0);

	node_packet(node, ETH0, packet.bytes, packet.length);
	assert_int_equal(node_instance(node, "A")->counters.adverts_received, 1);
	assert_int_equal(node_instance(node, "A")->counters.priority_zero_received, 1);
}

/* covers: RX-13 RX-29 */
static void a_flood_is_told_rarely(void **state)
{
	struct node *node = boot(state, config_v2, DUR_S);
	struct packet packet = advert(2, 100);

	packet.bytes[IP_SIZE + 1] = 9;
	sum_again(&packet);
	for (int i = 0; i < 20000; i++) {
		node_packet(node, ETH0, packet.bytes, packet.length);
		world_run(node->world, DUR_MS);
	}
	assert_int_equal(node->engine->drops[DROP_VRID], 20000);
	assert_in_range(node_count_lines(node, ENGINE_TELL_DROP, "\"vrid\""), 2, 3);
	/* Forged senders do not get round it. */
	for (int i = 0; i < 20000; i++) {
		packet.bytes[13] = (uint8_t)(i >> 8);
		packet.bytes[14] = (uint8_t)i;
		sum_again(&packet);
		node_packet(node, ETH0, packet.bytes, packet.length);
	}
	assert_in_range(node_count_lines(node, ENGINE_TELL_DROP, ""), 2, DROP_LINES_SIZE + 3);
	assert_int_equal(node->engine->drops[DROP_VRID], 40000);
}

/* However many they are: in an hour no more lines than so many patient ones would make. */
/* covers: RX-13 RX-29 */
static void ever_new_senders_are_told_of_less_and_less(void **state)
{
	struct node *node = boot(state, config_v2, DUR_S);
	struct packet packet = advert(2, 100);

	packet.bytes[IP_SIZE + 1] = 9;
	for (int i = 0; i < 36000; i++) {
		packet.bytes[13] = (uint8_t)(i >> 8);
		packet.bytes[14] = (uint8_t)i;
		sum_again(&packet);
		node_packet(node, ETH0, packet.bytes, packet.length);
		if (i % 10 == 0)
			world_run(node->world, DUR_S);
	}
	assert_in_range(node_count_lines(node, ENGINE_TELL_DROP, ""), DROP_LINES_SIZE, 12 * DROP_LINES_SIZE);
}

/* Adverts that are taken, each of another router. */
/* covers: SEC-10 */
static void what_forged_senders_make_is_told_in_part(void **state)
{
	struct node *node = boot(state, config_v3, 15 * DUR_S);
	struct packet packet = advert(3, 50);
	const struct instance *instance = node_instance(node, "A");
	uint64_t adverts = node->adverts;

	assert_int_equal(node_state(node, "A"), VR_MASTER);
	for (int i = 0; i < 10000; i++) {
		packet.bytes[14] = (uint8_t)(i >> 8);
		packet.bytes[15] = (uint8_t)(i & 127) + 100;
		sum_again(&packet);
		packet.bytes[IP_SIZE + 6] = packet.bytes[IP_SIZE + 7] = 0;
		put_sum(packet.bytes + IP_SIZE + 6,
			checksum_finish(checksum_add(0, packet.bytes + IP_SIZE, packet.length - IP_SIZE)));
		node_packet(node, ETH0, packet.bytes, packet.length);
		world_run(node->world, 10 * DUR_US);
	}
	assert_int_equal(instance->counters.adverts_received, 10000);
	assert_int_equal(instance->counters.transitions, 2);
	assert_in_range(node_count_lines(node, ENGINE_TELL_EVENT, ""), 50, 100);
	assert_in_range(node_count_lines(node, ENGINE_TELL_EVENT, "\"left-out\""), 1, 1);
	assert_non_null(node_last_line(node, ENGINE_TELL_EVENT, "more happens than is told"));
	assert_in_range(node->adverts - adverts, 90, 102);
}

/* Of very many packets not all are read in one turn. */
/* covers: TMR-12 */
static void a_silence_counts_when_all_before_its_end_is_read(void **state)
{
	struct node *node = boot(state, config_v3, 15 * DUR_S);
	struct packet packet = advert(3, 200);
	mono_t timer;

	node_packet(node, ETH0, packet.bytes, packet.length);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	timer = node_instance(node, "A")->vr.timer;
	world_run(node->world, mono_sub(timer, node->world->now) - DUR_MS);
	engine_unheard(node->engine, mono_add(timer, -1));
	engine_tick(node->engine, mono_add(timer, DUR_MS));
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	assert_int_equal(engine_deadline(node->engine).ns, 0);
	engine_tick(node->engine, mono_add(timer, 2 * DUR_MS));
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	engine_unheard(node->engine, timer);
	engine_tick(node->engine, mono_add(timer, 3 * DUR_MS));
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	/* A Master's adverts wait for nothing. */
	engine_unheard(node->engine, timer);
	engine_tick(node->engine, mono_add(timer, 2 * DUR_S));
	assert_int_equal(node_instance(node, "A")->counters.adverts_sent, 2 + 12 + 1);
}

static uint64_t one_was_lost(void *user)
{
	(void)user;
	return 1;
}

/* covers: TMR-16 */
static void a_silence_in_which_packets_were_lost_is_none(void **state)
{
	struct node *node = boot(state, config_v3, 15 * DUR_S);
	struct packet packet = advert(3, 200);
	const dur_t again = DUR_S + 609375 * DUR_US; /* an interval and Skew_Time of priority 100 */

	node_packet(node, ETH0, packet.bytes, packet.length);
	node->port.lost = one_was_lost;
	world_run(node->world, 4 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "\"packets-lost\""), 1);
	/* Three times, however many are lost. */
	world_run(node->world, 3 * again);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "\"packets-lost\""), 3);
	assert_true(node->engine->overruns.packets > 3);
}

/* covers: RX-26 AMB-19 */
static void our_own_address_is_told_but_processed(void **state)
{
	struct node *node = boot(state, config_v2, DUR_S);
	struct packet packet = advert(2, 100);

	packet.bytes[15] = 1;
	sum_again(&packet);
	node_packet(node, ETH0, packet.bytes, packet.length);
	assert_int_equal(all_drops(node), 0);
	assert_int_equal(node_instance(node, "A")->counters.adverts_received, 1);
	assert_non_null(node_last_line(node, ENGINE_TELL_DROP, "\"kept\":true"));
}

static void a_packet_of_an_unknown_interface_is_told_of_with_its_number(void **state)
{
	struct node *node = boot(state, config_v2, DUR_S);
	struct packet packet = advert(2, 100);

	node_packet(node, 77, packet.bytes, packet.length);
	assert_non_null(node_last_line(node, ENGINE_TELL_DROP, "\"interface\":\"interface 77\""));
	node_packet(node, ETH0, packet.bytes, packet.length - 1);
	assert_non_null(node_last_line(node, ENGINE_TELL_DROP, "\"interface\":\"eth0\""));
}

/* covers: TX-10 */
static void send_errors_are_counted_and_change_nothing(void **state)
{
	/* Its announcements are over. */
	struct node *node = boot(state, config_v2, 15 * DUR_S);

	assert_int_equal(node_state(node, "A"), VR_MASTER);
	node->send_error = -105;
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node_instance(node, "A")->counters.send_errors, 5);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "send-failed"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(each_bad_packet_is_counted_once, world_teardown),
		cmocka_unit_test_teardown(a_master_takes_no_bad_packet_either, world_teardown),
		cmocka_unit_test_teardown(a_bad_ttl_is_counted_once, world_teardown),
		cmocka_unit_test_teardown(version_three_has_its_own_reasons, world_teardown),
		cmocka_unit_test_teardown(the_old_authentication_data_is_ignored, world_teardown),
		cmocka_unit_test_teardown(an_owner_drops_others_in_version_two, world_teardown),
		cmocka_unit_test_teardown(an_owner_that_stops_hears_its_successor, world_teardown),
		cmocka_unit_test_teardown(in_initialize_nothing_is_taken, world_teardown),
		cmocka_unit_test_teardown(a_good_one_is_taken_with_its_own_time, world_teardown),
		cmocka_unit_test_teardown(an_advert_that_came_in_time_beats_the_timer, world_teardown),
		cmocka_unit_test_teardown(priority_zero_is_counted_apart, world_teardown),
		cmocka_unit_test_teardown(a_flood_is_told_rarely, world_teardown),
		cmocka_unit_test_teardown(ever_new_senders_are_told_of_less_and_less, world_teardown),
		cmocka_unit_test_teardown(what_forged_senders_make_is_told_in_part, world_teardown),
		cmocka_unit_test_teardown(a_silence_counts_when_all_before_its_end_is_read, world_teardown),
		cmocka_unit_test_teardown(a_silence_in_which_packets_were_lost_is_none, world_teardown),
		cmocka_unit_test_teardown(our_own_address_is_told_but_processed, world_teardown),
		cmocka_unit_test_teardown(a_packet_of_an_unknown_interface_is_told_of_with_its_number, world_teardown),
		cmocka_unit_test_teardown(send_errors_are_counted_and_change_nothing, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
