/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How late the engine is, by what it counts, shows and leaves to a successor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "engine/lateness.h"
#include "world.h"

#define START ((mono_t){1000 * DUR_S})

static dur_t late_by(struct lateness *lateness, dur_t late)
{
	lateness->due = START;
	return lateness_measure(lateness, mono_add(START, late));
}

static json_t *shown(const struct lateness *lateness)
{
	char buffer[4000];
	struct text text;
	struct json_out json;
	json_t *line, *member;

	text_init(&text, buffer, sizeof(buffer));
	json_out_begin(&json, &text);
	json_out_object(&json, NULL);
	lateness_write(&json, lateness);
	json_out_end(&json);
	assert_false(text.overflow);
	line = json_loads(buffer, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(line);
	member = json_incref(json_object_get(line, "lateness"));
	json_decref(line);
	return member;
}

static double number_at(const json_t *object, const char *key)
{
	assert_true(json_is_number(json_object_get(object, key)));
	return json_number_value(json_object_get(object, key));
}

static void expect_turns(const json_t *member, double at_most, json_int_t turns)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(member, "histogram"), i, entry)
	{
		const json_t *bound = json_object_get(entry, "at_most");

		if (at_most < 0 ? json_is_null(bound) : json_is_number(bound) && json_number_value(bound) == at_most) {
			assert_int_equal(json_integer_value(json_object_get(entry, "turns")), turns);
			return;
		}
	}
	fail_msg("no entry for %g", at_most);
}

static void turns_count_by_their_lateness(void **state)
{
	struct lateness lateness = {0};
	json_t *member;

	(void)state;
	assert_int_equal(late_by(&lateness, 100 * DUR_US), 100 * DUR_US);
	late_by(&lateness, 100 * DUR_US + 1);
	late_by(&lateness, 3 * DUR_MS);
	late_by(&lateness, 100 * DUR_MS - 1);
	late_by(&lateness, 100 * DUR_MS);
	late_by(&lateness, 200 * DUR_MS);
	late_by(&lateness, 20 * DUR_S);
	late_by(&lateness, 0);
	member = shown(&lateness);
	expect_turns(member, 0.0001, 2);
	expect_turns(member, 0.0005, 3);
	expect_turns(member, 0.002, 3);
	expect_turns(member, 0.005, 4);
	expect_turns(member, 0.1, 6);
	expect_turns(member, 10, 7);
	expect_turns(member, -1, 8);
	assert_float_equal(number_at(member, "longest"), 20, 1e-9);
	assert_float_equal(number_at(member, "last"), 0, 1e-9);
	assert_float_equal(number_at(member, "sum"), 20.4032, 1e-6);
	assert_int_equal(number_at(member, "stalls"), 2);
	assert_float_equal(number_at(json_object_get(member, "last_stall"), "late"), 20, 1e-9);
	assert_int_equal(number_at(json_object_get(member, "last_stall"), "at"), 1020 * DUR_S);
	json_decref(member);
}

static void what_has_no_deadline_is_not_late(void **state)
{
	struct lateness lateness = {.due = MONO_NEVER};

	(void)state;
	assert_int_equal(lateness_measure(&lateness, START), 0);
	lateness.due = mono_add(START, 1);
	assert_int_equal(lateness_measure(&lateness, START), 0);
	/* Once for each deadline. */
	assert_int_equal(late_by(&lateness, DUR_MS), DUR_MS);
	assert_int_equal(lateness_measure(&lateness, mono_add(START, DUR_S)), 0);
	assert_int_equal(lateness.sum, DUR_MS);
	lateness_clear(&lateness);
	assert_int_equal(lateness.sum, 0);
	assert_int_equal(lateness.longest, 0);
}

static size_t saved(struct lateness *lateness, uint8_t *bytes, size_t size)
{
	struct archive archive = archive_to(bytes, size);
	struct archive_section section = archive_begin(&archive, 7);

	lateness_archive(&archive, lateness);
	archive_end(&archive, &section);
	assert_true(archive.at <= size);
	return archive.at;
}

static bool restored(struct lateness *lateness, const uint8_t *bytes, size_t size)
{
	struct archive archive = archive_from(bytes, size);
	struct archive_section section = archive_begin(&archive, 7);

	lateness_archive(&archive, lateness);
	archive_end(&archive, &section);
	return !archive.failed;
}

static void a_successor_goes_on_counting(void **state)
{
	struct lateness before = {0}, after = {.due = MONO_NEVER}, other = {0};
	uint8_t bytes[1000], empty[1000];
	size_t size;
	struct archive none = archive_to(empty, sizeof(empty));
	struct archive_section section;

	(void)state;
	late_by(&before, 3 * DUR_MS);
	late_by(&before, 300 * DUR_MS);
	size = saved(&before, bytes, sizeof(bytes));
	assert_true(restored(&after, bytes, size));
	assert_memory_equal(after.counts, before.counts, sizeof(before.counts));
	assert_int_equal(after.sum, 303 * DUR_MS);
	assert_int_equal(after.stalls, 1);
	assert_int_equal(after.longest_at.ns, before.longest_at.ns);
	assert_int_equal(after.due.ns, MONO_NEVER.ns);

	/* One with other bounds, which stand first in the section: the histogram begins anew, the rest goes on. */
	bytes[12] ^= 1;
	assert_true(restored(&other, bytes, size));
	assert_int_equal(other.sum, 0);
	assert_int_equal(other.longest, 300 * DUR_MS);

	/* An older version that counted nothing. */
	section = archive_begin(&none, 7);
	archive_end(&none, &section);
	assert_true(restored(&other, empty, none.at));
	assert_int_equal(other.longest, 300 * DUR_MS);
}

static void an_engine_measures_against_the_deadline_that_it_gave(void **state)
{
	struct world *world = world_new();
	struct node *node = &world->nodes[0];
	json_t *end;
	mono_t due;

	*state = world;
	node_boot(world, 0,
		"vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n priority 100\n"
		" virtual_ipaddress {\n 192.168.1.200\n }\n}\n");
	node_link(node, 2, "eth0", 1, "192.168.1.1/24");
	assert_int_equal(engine_lateness(node->engine, mono_add(world->now, DUR_S)), 0);
	node_start(node);
	world_run(world, 5 * DUR_S);
	due = engine_deadline(node->engine);
	assert_true(mono_before(world->now, due));
	assert_int_equal(engine_lateness(node->engine, mono_add(due, 250 * DUR_MS)), 250 * DUR_MS);

	/* What is to be done at once, but has no time, makes nobody late. */
	engine_status(node->engine, false, world->now);
	assert_int_equal(engine_deadline(node->engine).ns, 0);
	assert_int_equal(engine_lateness(node->engine, world->now), 0);
	while (engine_deadline(node->engine).ns == 0)
		engine_tick(node->engine, world->now);
	end = json_loads(node_last_line(node, ENGINE_TELL_STATUS_END, ""), 0, NULL);
	assert_float_equal(number_at(json_object_get(end, "lateness"), "longest"), 0.25, 1e-9);
	json_decref(end);
	engine_clear_counters(node->engine);
	assert_int_equal(node->engine->lateness.longest, 0);
}

static int teardown(void **state)
{
	return *state != NULL ? world_teardown(state) : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(turns_count_by_their_lateness),
		cmocka_unit_test(what_has_no_deadline_is_not_late),
		cmocka_unit_test(a_successor_goes_on_counting),
		cmocka_unit_test_teardown(an_engine_measures_against_the_deadline_that_it_gave, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
