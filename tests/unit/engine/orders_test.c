/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Orders of an administrator: whom they concern, and what is answered when. Two gateways, each with a sync group and a third
 * virtual router. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "world.h"

#define ETH0 2
#define ETH1 3

#define ROUTER(name, interface, vrid, priority, address)                                                     \
	"vrrp_instance " name " {\n interface " interface "\n virtual_router_id " vrid                      \
	"\n version 3\n advert_int 0.5\n priority " priority "\n virtual_ipaddress {\n " address "\n }\n}\n"
#define CONF(priority, third)                                                                                \
	ROUTER("ALONE", "eth0", "50", third, "192.168.1.199")                                               \
	"vrrp_sync_group GATEWAY {\n group {\n INSIDE\n OUTSIDE\n }\n}\n"                                   \
	ROUTER("INSIDE", "eth0", "51", priority, "192.168.1.200")                                           \
	ROUTER("OUTSIDE", "eth1", "52", priority, "10.0.0.200")

static struct node *gw1(struct world *world)
{
	return &world->nodes[0];
}

static struct node *gw2(struct world *world)
{
	return &world->nodes[1];
}

static int make_gateways(void **state)
{
	struct world *world = world_new();

	*state = world;
	node_boot(world, 0, CONF("100", "100"));
	node_boot(world, 1, CONF("99", "99"));
	for (size_t i = 0; i < 2; i++) {
		struct node *node = &world->nodes[i];

		node_link(node, ETH0, "eth0", 1, i == 0 ? "192.168.1.1/24" : "192.168.1.2/24");
		node_link(node, ETH1, "eth1", 2, i == 0 ? "10.0.0.1/24" : "10.0.0.2/24");
		node_start(node);
	}
	world_run(world, 5 * DUR_S);
	assert_int_equal(node_state(gw1(world), "INSIDE"), VR_MASTER);
	return 0;
}

static void order(struct world *world, struct node *node, enum engine_order kind, const char *name, dur_t timeout)
{
	static uint32_t number;

	engine_order(node->engine,
		&(struct engine_request){.kind = kind, .number = ++number, .name = name, .timeout = timeout}, world->now);
	world_settle(world);
}

/* The one that came last; to be freed. */
static json_t *answer_of(struct node *node)
{
	json_t *answer = json_loads(node_last_line(node, ENGINE_TELL_ANSWER, ""), 0, NULL);

	assert_non_null(answer);
	return answer;
}

static const char *member(const json_t *answer, size_t index, const char *key)
{
	return json_string_value(json_object_get(json_array_get(json_object_get(answer, "instances"), index), key));
}

static void expect_answer(struct node *node, bool ok, const char *names, const char *outcome)
{
	json_t *answer = answer_of(node);
	char found[200] = "";

	for (size_t i = 0; i < json_array_size(json_object_get(answer, "instances")); i++) {
		strcat(strcat(found, i > 0 ? " " : ""), member(answer, i, "name"));
		assert_string_equal(member(answer, i, "outcome"), outcome);
	}
	assert_string_equal(found, names);
	assert_int_equal(json_is_true(json_object_get(answer, "ok")), ok);
	json_decref(answer);
}

static void expect_text(struct node *node, const char *text)
{
	if (node_last_line(node, ENGINE_TELL_ANSWER, text) == NULL)
		fail_msg("no answer has: %s", text);
}

static size_t answers(const struct node *node)
{
	return node_count_lines(node, ENGINE_TELL_ANSWER, "");
}

static void a_group_goes_as_a_whole(void **state)
{
	struct world *world = *state;

	order(world, gw1(world), ENGINE_DRAIN, "OUTSIDE", 0);
	assert_int_equal(answers(gw1(world)), 0);
	assert_int_equal(node_state(gw1(world), "INSIDE"), VR_INITIALIZE);
	assert_true(node_has_address(gw1(world), ETH0, "192.168.1.200/32"));
	world_run(world, DUR_S);
	expect_answer(gw1(world), true, "INSIDE OUTSIDE", "handed-over");
	expect_text(gw1(world), "10.0.0.2 took over after 3");
	assert_int_equal(node_state(gw1(world), "ALONE"), VR_MASTER);
	assert_int_equal(node_state(gw2(world), "OUTSIDE"), VR_MASTER);
	assert_non_null(node_last_line(gw1(world), ENGINE_TELL_EVENT, "\"group\":\"GATEWAY\""));
	assert_non_null(node_last_line(gw1(world), ENGINE_TELL_EVENT, "\"to\":\"DRAINED\",\"text\":\"INSIDE: drained"));
	order(world, gw1(world), ENGINE_DRAIN, "GATEWAY", 0);
	expect_answer(gw1(world), true, "INSIDE OUTSIDE", "already");
	order(world, gw1(world), ENGINE_RESUME, "INSIDE", 0);
	expect_answer(gw1(world), true, "INSIDE OUTSIDE", "resumed");
	world_run(world, 3 * DUR_S);
	assert_int_equal(node_state(gw1(world), "OUTSIDE"), VR_MASTER);
}

static void all_are_all(void **state)
{
	struct world *world = *state;

	order(world, gw1(world), ENGINE_DRAIN, NULL, 0);
	world_run(world, DUR_S);
	expect_answer(gw1(world), true, "ALONE INSIDE OUTSIDE", "handed-over");
	order(world, gw2(world), ENGINE_DRAIN, NULL, 200 * DUR_MS);
	world_run(world, 199 * DUR_MS);
	assert_int_equal(answers(gw2(world)), 0);
	world_run(world, DUR_MS);
	expect_answer(gw2(world), false, "ALONE INSIDE OUTSIDE", "nobody");
	for (size_t i = 0; i < gw2(world)->engine->instance_count; i++)
		assert_int_equal(gw2(world)->engine->instances[i]->vr.state, VR_MASTER);
}

/* What the guard is told, and the next engine takes. */
static void who_is_drained_is_known_to_the_guard(void **state)
{
	struct world *world = *state;
	const char *line;

	order(world, gw1(world), ENGINE_DRAIN, "GATEWAY", 0);
	/* It still serves: if it dies now, the next engine serves, too. */
	assert_null(node_last_line(gw1(world), ENGINE_TELL_DRAINED, "INSIDE"));
	world_run(world, DUR_S);
	line = node_last_line(gw1(world), ENGINE_TELL_DRAINED, "=");
	assert_string_equal(line, "=INSIDE\nOUTSIDE\n");
	order(world, gw1(world), ENGINE_RESUME, NULL, 0);
	assert_string_equal(node_last_line(gw1(world), ENGINE_TELL_DRAINED, "="), "=");
}

static void an_order_is_told_when_another_one_comes(void **state)
{
	struct world *world = *state;

	order(world, gw1(world), ENGINE_DRAIN, "ALONE", 5 * DUR_S);
	order(world, gw1(world), ENGINE_DRAIN, "ALONE", 5 * DUR_S);
	expect_answer(gw1(world), false, "ALONE", "refused");
	expect_text(gw1(world), "is being handed over already");
	order(world, gw1(world), ENGINE_RESUME, "ALONE", 0);
	assert_int_equal(answers(gw1(world)), 3);
	expect_text(gw1(world), "told otherwise meanwhile");
	assert_int_equal(node_state(gw1(world), "ALONE"), VR_MASTER);
}

/* One of those that wait is taken out of the configuration. */
static void a_reload_may_take_it_away(void **state)
{
	struct world *world = *state;

	order(world, gw1(world), ENGINE_DRAIN, "ALONE", 60 * DUR_S);
	node_reload(gw1(world), ROUTER("INSIDE", "eth0", "51", "100", "192.168.1.200"));
	world_run(world, 5 * DUR_S);
	assert_int_equal(answers(gw1(world)), 1);
	assert_null(node_instance(gw1(world), "ALONE"));
}

static void a_takeover_of_a_group(void **state)
{
	struct world *world = *state;

	order(world, gw2(world), ENGINE_TAKEOVER, "OUTSIDE", 0);
	assert_int_equal(node_state(gw2(world), "INSIDE"), VR_MASTER);
	world_run(world, DUR_S);
	expect_answer(gw2(world), true, "INSIDE OUTSIDE", "master");
	world_run(world, 10 * DUR_S);
	assert_int_equal(node_state(gw2(world), "INSIDE"), VR_MASTER);
	assert_int_equal(node_state(gw1(world), "OUTSIDE"), VR_BACKUP);
	order(world, gw2(world), ENGINE_TAKEOVER, "INSIDE", 0);
	expect_answer(gw2(world), true, "INSIDE OUTSIDE", "already");
}

/* Its link has failed on one side: nothing is done on either. */
static void a_group_is_refused_as_a_whole(void **state)
{
	struct world *world = *state;

	node_carrier(gw2(world), ETH1, false);
	order(world, gw2(world), ENGINE_TAKEOVER, "INSIDE", 0);
	expect_answer(gw2(world), false, "INSIDE OUTSIDE", "refused");
	expect_text(gw2(world), "cannot serve: OUTSIDE of the same sync group");
	assert_int_equal(node_state(gw2(world), "INSIDE"), VR_INITIALIZE);
}

static void names_that_are_not_there(void **state)
{
	struct world *world = *state;

	order(world, gw1(world), ENGINE_DRAIN, "NOBODY", 0);
	expect_text(gw1(world), "there is no virtual router or sync group \\\"NOBODY\\\"");
	engine_stop(gw1(world)->engine, false, world->now);
	order(world, gw1(world), ENGINE_DRAIN, "ALONE", 0);
	expect_text(gw1(world), "vigiad is stopping");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_group_goes_as_a_whole, make_gateways, world_teardown),
		cmocka_unit_test_setup_teardown(all_are_all, make_gateways, world_teardown),
		cmocka_unit_test_setup_teardown(who_is_drained_is_known_to_the_guard, make_gateways, world_teardown),
		cmocka_unit_test_setup_teardown(an_order_is_told_when_another_one_comes, make_gateways, world_teardown),
		cmocka_unit_test_setup_teardown(a_reload_may_take_it_away, make_gateways, world_teardown),
		cmocka_unit_test_setup_teardown(a_takeover_of_a_group, make_gateways, world_teardown),
		cmocka_unit_test_setup_teardown(a_group_is_refused_as_a_whole, make_gateways, world_teardown),
		cmocka_unit_test_setup_teardown(names_that_are_not_there, make_gateways, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
