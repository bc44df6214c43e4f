/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Status and events are JSON, as doc/control-protocol.md says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/random.h"
#include "world.h"

static const char lab[] =
	"vrrp_instance VI_1 {\n interface eth0\n track_interface {\n eth0\n eth1 weight -30\n }\n"
	" virtual_router_id 51\n priority 100\n"
	" virtual_ipaddress {\n 192.168.1.200\n }\n"
	" virtual_routes {\n default gw 10.0.0.100\n }\n}\n";

#define LONE                                                                                                 \
	"vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n priority 100\n"                      \
	" virtual_ipaddress {\n 192.168.1.200\n }\n}\n"

static json_t *parse(const char *line)
{
	json_error_t error;
	json_t *value;

	assert_non_null(line);
	value = json_loads(line, JSON_REJECT_DUPLICATES, &error);
	if (value == NULL)
		fail_msg("%s in %s", error.text, line);
	return value;
}

static struct node *boot(void **state, const char *config)
{
	struct world *world = world_new();
	struct node *node = &world->nodes[0];

	*state = world;
	world_host(world, 2, "10.0.0.100");
	node_boot(world, 0, config);
	node_link(node, 2, "eth0", 1, "192.168.1.1/24");
	node_link(node, 3, "eth1", 2, "10.0.0.1/24");
	node_start(node);
	world_run(world, 5 * DUR_S);
	return node;
}

static json_t *status_of(struct node *node)
{
	engine_status(node->engine, false, node->world->now);
	while (node->engine->status.running)
		engine_tick(node->engine, node->world->now);
	return parse(node_last_line(node, ENGINE_TELL_STATUS, ""));
}

static const char *text_at(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	if (!json_is_string(value))
		fail_msg("%s is not a string", key);
	return json_string_value(value);
}

static void expect_members(json_t *object, const char *const *keys)
{
	for (; *keys != NULL; keys++)
		if (json_object_get(object, *keys) == NULL)
			fail_msg("no member %s", *keys);
}

static void a_master_shows_everything(void **state)
{
	static const char *const members[] = {"name", "interface", "family", "vrid", "version", "state",
		"since", "blockers", "blockers_text", "cause", "priority", "primary", "advert_interval",
		"active_adver_interval", "preempt", "timers", "timer_formula", "authentication", "checksum", "peer",
		"rejected", "hold", "addresses",
		"routes", "counters", "drops", "history", NULL};
	static const char *const timers[] = {"advert", "master_down", "preempt", "announce", "hold", "hold_down",
		NULL};
	static const char *const counters[] = {"adverts_sent", "adverts_received", "priority_zero_sent",
		"priority_zero_received", "became_master", "announcements_sent", "send_errors", NULL};
	struct node *node = boot(state, lab);
	json_t *status = status_of(node);
	json_t *parts = json_object_get(json_object_get(status, "priority"), "parts");
	json_t *address = json_array_get(json_object_get(status, "addresses"), 0);

	expect_members(status, members);
	expect_members(json_object_get(status, "timers"), timers);
	expect_members(json_object_get(status, "counters"), counters);
	assert_string_equal(text_at(status, "state"), "MASTER");
	assert_string_equal(text_at(status, "hold"), "all");
	assert_string_equal(text_at(json_object_get(status, "cause"), "code"), "down-timer");
	assert_string_equal(text_at(status, "timer_formula"),
		"Master_Down_Interval 3.609375 s = 3 * 1 s + (256-100)/256 s");
	assert_int_equal(json_array_size(parts), 2);
	assert_string_equal(text_at(json_array_get(parts, 1), "object"), "eth1");
	assert_string_equal(text_at(address, "address"), "192.168.1.200/32");
	assert_true(json_is_true(json_object_get(address, "held")));
	assert_string_equal(text_at(json_array_get(json_object_get(status, "routes"), 0), "route"),
		"default via 10.0.0.100");
	assert_true(json_is_null(json_object_get(status, "peer")));
	assert_int_equal(json_object_size(json_object_get(status, "drops")), DROP_REASON_COUNT - 1);
	assert_true(json_array_size(json_object_get(status, "history")) >= 3);
	json_decref(status);
}

static void the_form_of_the_checksum_is_shown_where_there_are_two(void **state)
{
	static const struct {
		const char *lines;
		const char *form;
	} cases[] = {{"version 2", NULL}, {"version 3", "pseudo-header"},
		{"version 3\n v3_checksum_as_v2", "message-only"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char config[512];
		json_t *status;

		snprintf(config, sizeof(config),
			"vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n %s\n"
			" virtual_ipaddress {\n 192.168.1.200\n }\n}\n",
			cases[i].lines);
		status = status_of(boot(state, config));
		if (cases[i].form == NULL)
			assert_true(json_is_null(json_object_get(status, "checksum")));
		else
			assert_string_equal(text_at(status, "checksum"), cases[i].form);
		json_decref(status);
		if (i + 1 < sizeof(cases) / sizeof(cases[0]))
			world_teardown(state);
	}
}

static void the_end_shows_interfaces_and_drops(void **state)
{
	struct node *node = boot(state, lab);
	json_t *end, *interfaces, *proof = NULL;

	json_decref(status_of(node));
	end = parse(node_last_line(node, ENGINE_TELL_STATUS_END, ""));
	interfaces = json_object_get(end, "interfaces");
	assert_int_equal(json_array_size(interfaces), 2);
	for (size_t i = 0; i < 2; i++)
		if (strcmp(text_at(json_array_get(interfaces, i), "name"), "eth1") == 0)
			proof = json_object_get(json_array_get(interfaces, i), "proof");
	assert_string_equal(text_at(proof, "state"), "good");
	assert_string_equal(text_at(proof, "reason"), "answered");
	assert_string_equal(text_at(proof, "next_hop"), "10.0.0.100");
	assert_true(json_is_integer(json_object_get(json_object_get(end, "drops"), "ttl")));
	json_decref(end);
}

static void a_failed_track_lowers_the_priority(void **state)
{
	struct node *node = boot(state, lab);
	json_t *status, *priority, *part;

	node_carrier(node, 3, false);
	status = status_of(node);
	priority = json_object_get(status, "priority");
	part = json_array_get(json_object_get(priority, "parts"), 1);
	assert_int_equal(json_integer_value(json_object_get(priority, "effective")), 70);
	assert_int_equal(json_integer_value(json_object_get(part, "adds")), -30);
	assert_true(json_is_false(json_object_get(part, "up")));
	json_decref(status);
}

static void a_blocked_one_says_why(void **state)
{
	struct node *node = boot(state, lab);
	json_t *status;

	node_carrier(node, 2, false);
	status = status_of(node);
	assert_string_equal(text_at(status, "state"), "FAULT");
	assert_true(json_array_size(json_object_get(status, "blockers")) >= 1);
	assert_non_null(strstr(text_at(status, "blockers_text"), "eth0"));
	assert_string_equal(text_at(status, "hold"), "nothing");
	json_decref(status);
}

static void history_keeps_the_last_ones(void **state)
{
	struct node *node = boot(state, lab);
	json_t *status, *history;
	json_int_t last = 0;

	for (int i = 0; i < 60; i++) {
		node_carrier(node, 2, false);
		world_run(node->world, 10 * DUR_MS);
		node_carrier(node, 2, true);
		world_run(node->world, 10 * DUR_MS);
	}
	status = status_of(node);
	history = json_object_get(status, "history");
	assert_int_equal(json_array_size(history), HISTORY_SIZE);
	for (size_t i = 0; i < HISTORY_SIZE; i++) {
		json_int_t at = json_integer_value(json_object_get(json_array_get(history, i), "at"));

		assert_true(at >= last);
		last = at;
	}
	assert_true(last >= node->world->now.ns - 20 * DUR_MS);
	json_decref(status);
}

/* Remarks push everything out but the last transition, which the status goes on to name; a new one takes its place. */
static void history_keeps_the_last_transition(void **state)
{
	struct history history = {0};
	struct history_entry entry = {.record = {.code = VR_RECORD_DOWN_TIMER, .from = VR_BACKUP, .to = VR_MASTER}};
	struct vr_record cause;

	*state = NULL;
	entry.record.track_index = SIZE_MAX;
	entry.record.duration = 3 * DUR_S;
	assert_false(history_cause(&history, &cause));
	history_add(&history, &entry);
	for (unsigned i = 1; i <= 3 * HISTORY_SIZE; i++) {
		const struct history_entry late = {.at = {i}, .remark = REMARK_LATE, .record.duration = i};
		const unsigned kept = i < HISTORY_SIZE ? i : HISTORY_SIZE;

		history_add(&history, &late);
		assert_true(history_cause(&history, &cause));
		assert_int_equal(cause.code, VR_RECORD_DOWN_TIMER);
		assert_int_equal(cause.duration, 3 * DUR_S);
		assert_true(cause.track_index == SIZE_MAX);
		assert_int_equal(history.count, i < HISTORY_SIZE ? i + 1 : HISTORY_SIZE);
		assert_int_equal(history_at(&history, history.count - 1).at.ns, i);
		assert_int_equal(history_at(&history, history.count - kept).at.ns, i - kept + 1);
	}
	history_forget_tracks(&history);
	assert_true(history_cause(&history, &cause));
	entry.record = (struct vr_record){.code = VR_RECORD_HIGHER_PRIORITY, .from = VR_MASTER, .to = VR_BACKUP};
	history_add(&history, &entry);
	assert_true(history_cause(&history, &cause));
	assert_int_equal(cause.code, VR_RECORD_HIGHER_PRIORITY);
	assert_int_equal(history.count, HISTORY_SIZE);
	assert_int_equal(history_at(&history, 0).at.ns, 2 * HISTORY_SIZE + 2);
	history_free(&history);
}

/* Of all kinds of times and members, with zeroes anywhere. */
static void history_gives_back_what_it_was_given(void **state)
{
	struct history_entry given[3 * HISTORY_SIZE];
	struct history history = {0};
	struct random random;

	*state = NULL;
	random_seed(&random, 7);
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		uint8_t *const octets = (uint8_t *)memset(&given[i], 0, sizeof(given[i]));

		for (size_t k = sizeof(mono_t); k < sizeof(given[i]); k++)
			if (random_chance(&random, (uint32_t)(i % 9), 8))
				octets[k] = (uint8_t)(1 + random_below(&random, 255));
		given[i].at.ns = (int64_t)(random_u64(&random) >> random_below(&random, 64));
		given[i].remark = i % 5 == 0 ? REMARK_NONE : REMARK_LATE;
		given[i].record.from = i % 3 == 0 ? VR_BACKUP : VR_MASTER;
		given[i].record.to = VR_MASTER;
		history_add(&history, &given[i]);
		for (size_t k = 0; k < history.count; k++) {
			const struct history_entry got = history_at(&history, k);

			assert_memory_equal(&got, &given[i + 1 - history.count + k], sizeof(got));
		}
	}
	history_free(&history);
}

static void events_are_objects_with_a_name_and_a_sentence(void **state)
{
	static const char *const members[] = {"at", "vr", "code", "from", "to", "text", NULL};
	struct node *node = boot(state, lab);
	size_t count = 0;

	engine_stop(node->engine, false, node->world->now);
	world_run(node->world, 2 * DUR_S);
	for (size_t i = 0; i < node->line_count; i++)
		if (node->kinds[i] == ENGINE_TELL_EVENT) {
			json_t *event = parse(node->lines[i]);

			expect_members(event, members);
			assert_true(strlen(text_at(event, "text")) > 5);
			json_decref(event);
			count++;
		}
	assert_true(count > 5);
}

/* 1,500 addresses do not fit into one line; what is left out is said, and the advert takes the first 255. */
/* covers: AMB-15 V3-PKT-05 */
static void many_addresses_are_cut_in_time(void **state)
{
	size_t size = 100000;
	char *config = malloc(size);
	struct text text;
	struct node *node;
	json_t *status;

	text_init(&text, config, size);
	text_str(&text, "vrrp_instance A {\n interface eth0\n virtual_router_id 5\n virtual_ipaddress {\n");
	for (unsigned i = 0; i < 1500; i++) {
		text_str(&text, "172.16.");
		text_u64(&text, i / 250);
		text_str(&text, ".");
		text_u64(&text, i % 250 + 1);
		text_str(&text, "\n");
	}
	text_str(&text, "}\n}\n");
	assert_false(text.overflow);
	node = boot(state, config);
	free(config);
	status = status_of(node);
	assert_string_equal(text_at(status, "state"), "MASTER");
	assert_int_equal(json_array_size(json_object_get(status, "addresses")) +
				 (size_t)json_integer_value(json_object_get(status, "addresses_omitted")),
		1500);
	json_decref(status);
	assert_int_equal(node->address_count, 1502);
	assert_int_equal(node->last_advert[34 + 3], 255);
	assert_int_equal(node->last_advert_length, 14 + 20 + 8 + 4 * 255 + 8);
}

static void many_tracked_interfaces_are_cut_in_time(void **state)
{
	size_t size = 100000;
	char *config = malloc(size);
	struct text text;
	struct node *node;
	json_t *status, *priority;

	text_init(&text, config, size);
	text_str(&text, "vrrp_instance A {\n interface eth0\n virtual_router_id 5\n virtual_ipaddress {\n"
			" 192.168.1.200\n }\n track_interface {\n");
	for (unsigned i = 0; i < 2000; i++) {
		text_str(&text, "port");
		text_u64(&text, i);
		text_str(&text, " weight -1\n");
	}
	text_str(&text, "}\n}\n");
	assert_false(text.overflow);
	node = boot(state, config);
	free(config);
	status = status_of(node);
	assert_string_equal(text_at(status, "state"), "MASTER");
	priority = json_object_get(status, "priority");
	assert_int_equal(json_array_size(json_object_get(priority, "parts")) +
				 (size_t)json_integer_value(json_object_get(priority, "parts_omitted")),
		2000);
	assert_int_equal(json_array_size(json_object_get(status, "addresses")), 1);
	json_decref(status);
}

/* AMB-15: never a fragment. */
/* covers: AMB-15 */
static void a_small_mtu_shortens_the_list(void **state)
{
	struct node *node =
		boot(state, "vrrp_instance A {\n interface eth0\n virtual_router_id 5\n"
			    " virtual_ipaddress {\n 192.168.1.3\n 192.168.1.4\n 192.168.1.5\n }\n}\n");
	struct engine_link link = {.ifindex = 2, .name = "eth0", .mtu = 44, .up = true, .carrier = true};

	link.mac = node->links[0].mac;
	assert_int_equal(node->last_advert[34 + 3], 3);
	engine_link(node->engine, &link, node->world->now);
	world_run(node->world, 2 * DUR_S);
	assert_int_equal(node->last_advert[34 + 3], 2);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "addresses-omitted"), 1);
}

static void two_questions_get_two_answers(void **state)
{
	struct node *node = boot(state, lab);

	engine_status(node->engine, false, node->world->now);
	engine_status(node->engine, false, node->world->now);
	world_settle(node->world);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_STATUS, ""), 2);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_STATUS_END, ""), 2);
}

/* A front that stands still gets its answer when it goes on; for one that does so for long, nobody wakes up any more. */
static void a_slow_front_is_waited_for_by_the_answer_alone(void **state)
{
	struct node *node = boot(state, lab);
	const mono_t asked = node->world->now;

	node->deaf = true;
	engine_status(node->engine, false, asked);
	engine_tick(node->engine, asked);
	assert_int_equal(mono_sub(engine_deadline(node->engine), asked), DUR_MS);
	world_run(node->world, 500 * DUR_MS);
	node->deaf = false;
	world_run(node->world, 2 * DUR_MS);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_STATUS, ""), 1);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_STATUS_END, ""), 1);

	node->deaf = true;
	engine_status(node->engine, true, node->world->now);
	world_run(node->world, 1100 * DUR_MS);
	assert_false(node->engine->status.running);
	node->deaf = false;
	world_run(node->world, DUR_S);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_STATUS, ""), 1);
}

static void a_brief_answer_has_states_and_counters(void **state)
{
	static const char *const members[] = {"name", "interface", "family", "vrid", "version", "sync_group", "state", "since",
		"priority", "counters", "drops", NULL};
	struct node *node = boot(state, lab);
	json_t *status;

	engine_status(node->engine, true, node->world->now);
	world_settle(node->world);
	status = parse(node_last_line(node, ENGINE_TELL_STATUS, ""));
	expect_members(status, members);
	assert_int_equal(json_object_size(status), 11);
	assert_string_equal(text_at(status, "state"), "MASTER");
	assert_int_equal(json_object_size(json_object_get(status, "drops")), 0);
	/* INIT, BACKUP, MASTER. */
	assert_int_equal(json_integer_value(json_object_get(json_object_get(status, "counters"), "transitions")), 2);
	json_decref(status);
}

/* Half an answer is about instances that are gone: whoever asked asks again. */
static void a_reload_ends_an_answer(void **state)
{
	struct node *node = boot(state, lab);

	node->deaf = true;
	engine_status(node->engine, false, node->world->now);
	engine_tick(node->engine, node->world->now);
	node->deaf = false;
	node_reload(node, lab);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_STATUS, ""), 0);
	assert_string_equal(node_last_line(node, ENGINE_TELL_STATUS_END, ""), "null");
	assert_false(node->engine->status.running);
}

#define DELAYS(line) "interface_up_down_delays {\n eth0 " line "\n}\n"

static enum vr_state state_with_carrier(struct node *node, bool carrier, dur_t length)
{
	node_carrier(node, 2, carrier);
	world_run(node->world, length);
	return node_state(node, "VI_1");
}

static void expect_belief(struct node *node, bool counts_as_up, double changes_in)
{
	json_t *end, *interface, *left;
	size_t i;

	json_decref(status_of(node));
	end = parse(node_last_line(node, ENGINE_TELL_STATUS_END, ""));
	json_array_foreach(json_object_get(end, "interfaces"), i, interface) {
		if (strcmp(text_at(interface, "name"), "eth0") != 0)
			continue;
		left = json_object_get(interface, "changes_in");
		assert_int_equal(json_is_true(json_object_get(interface, "counts_as_up")), counts_as_up);
		assert_true(changes_in < 0 ? json_is_null(left) : json_number_value(left) == changes_in);
	}
	json_decref(end);
}

static void a_change_of_the_link_is_believed_when_it_has_stood(void **state)
{
	static const char delayed[] = DELAYS("2 3") LONE;
	struct node *node = boot(state, delayed);

	assert_int_equal(node_state(node, "VI_1"), VR_MASTER);
	expect_belief(node, true, -1);
	assert_int_equal(state_with_carrier(node, false, 1900 * DUR_MS), VR_MASTER);
	assert_int_equal(state_with_carrier(node, true, 5 * DUR_S), VR_MASTER);
	assert_int_equal(state_with_carrier(node, false, 1500 * DUR_MS), VR_MASTER);
	expect_belief(node, true, 0.5);
	world_run(node->world, 510 * DUR_MS);
	assert_int_equal(node_state(node, "VI_1"), VR_INITIALIZE);
	expect_belief(node, false, -1);
	assert_int_equal(state_with_carrier(node, true, 2900 * DUR_MS), VR_INITIALIZE);
	assert_int_equal(state_with_carrier(node, false, 100 * DUR_MS), VR_INITIALIZE);
	assert_int_equal(state_with_carrier(node, true, 2900 * DUR_MS), VR_INITIALIZE);
	expect_belief(node, false, 0.1);
	world_run(node->world, 110 * DUR_MS);
	assert_int_equal(node_state(node, "VI_1"), VR_BACKUP);
}

static void a_reload_changes_a_delay_that_runs(void **state)
{
	struct node *node = boot(state, DELAYS("10") LONE);

	assert_int_equal(state_with_carrier(node, false, 3 * DUR_S), VR_MASTER);
	node_reload(node, DELAYS("5 1") LONE);
	expect_belief(node, true, 2);
	world_run(node->world, 1900 * DUR_MS);
	assert_int_equal(node_state(node, "VI_1"), VR_MASTER);
	node_reload(node, LONE);
	assert_int_equal(node_state(node, "VI_1"), VR_INITIALIZE);
	node_reload(node, DELAYS("0 200") LONE);
	assert_int_equal(state_with_carrier(node, true, 199 * DUR_S), VR_INITIALIZE);
	node_link_gone(node, 2);
	expect_belief(node, false, -1);
	node_link(node, 2, "eth0", 1, "192.168.1.1/24");
	world_run(node->world, 199 * DUR_S);
	assert_int_equal(node_state(node, "VI_1"), VR_INITIALIZE);
	world_run(node->world, 2 * DUR_S);
	assert_int_equal(node_state(node, "VI_1"), VR_BACKUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_master_shows_everything, world_teardown),
		cmocka_unit_test_teardown(the_form_of_the_checksum_is_shown_where_there_are_two, world_teardown),
		cmocka_unit_test_teardown(the_end_shows_interfaces_and_drops, world_teardown),
		cmocka_unit_test_teardown(a_change_of_the_link_is_believed_when_it_has_stood, world_teardown),
		cmocka_unit_test_teardown(a_reload_changes_a_delay_that_runs, world_teardown),
		cmocka_unit_test_teardown(a_failed_track_lowers_the_priority, world_teardown),
		cmocka_unit_test_teardown(a_blocked_one_says_why, world_teardown),
		cmocka_unit_test_teardown(history_keeps_the_last_ones, world_teardown),
		cmocka_unit_test(history_keeps_the_last_transition),
		cmocka_unit_test(history_gives_back_what_it_was_given),
		cmocka_unit_test_teardown(events_are_objects_with_a_name_and_a_sentence, world_teardown),
		cmocka_unit_test_teardown(many_addresses_are_cut_in_time, world_teardown),
		cmocka_unit_test_teardown(many_tracked_interfaces_are_cut_in_time, world_teardown),
		cmocka_unit_test_teardown(a_small_mtu_shortens_the_list, world_teardown),
		cmocka_unit_test_teardown(two_questions_get_two_answers, world_teardown),
		cmocka_unit_test_teardown(a_slow_front_is_waited_for_by_the_answer_alone, world_teardown),
		cmocka_unit_test_teardown(a_brief_answer_has_states_and_counters, world_teardown),
		cmocka_unit_test_teardown(a_reload_ends_an_answer, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
