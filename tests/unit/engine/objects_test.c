/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scripts, files and the like: what the engine makes of reports, before, during and after reloads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

#define SCRIPT(name, lines) "vrrp_script " name " {\n script /bin/true\n " lines "\n}\n"
#define INSTANCE(name, vrid, lines)                                                                          \
	"vrrp_instance " name " {\n interface eth0\n virtual_router_id " vrid "\n priority 100\n " lines     \
	"\n virtual_ipaddress {\n 192.168.1.2" vrid "\n }\n}\n"
#define TRACKS(lines) "track_script {\n " lines "\n }"

static struct node *boot_with(void **state, const char *config, const struct engine_options *options)
{
	struct world *world = world_new();
	struct node *node = &world->nodes[0];

	*state = world;
	node_boot_with(world, 0, config, options);
	node_link(node, 2, "eth0", 1, "192.168.1.1/24");
	node_start(node);
	world_run(world, 5 * DUR_S);
	return node;
}

static struct node *boot(void **state, const char *config)
{
	return boot_with(state, config, &(struct engine_options){.record = true});
}

static void report(struct node *node, enum track_kind kind, const char *name, enum track_state object_state, int32_t value)
{
	engine_object(node->engine, kind, name, object_state, value, node->world->now);
	world_settle(node->world);
}

static void script(struct node *node, const char *name, enum track_state object_state)
{
	report(node, TRACK_SCRIPT, name, object_state, 0);
}

static uint32_t blockers(const struct node *node, const char *name)
{
	return node_instance(node, name)->vr.blockers;
}

static uint8_t priority(const struct node *node, const char *name)
{
	return node_instance(node, name)->vr.priority;
}

static void a_script_without_result_keeps_out(void **state)
{
	struct node *node = boot(state, SCRIPT("chk", "") INSTANCE("A", "1", TRACKS("chk")));

	assert_int_equal(blockers(node, "A"), VR_BLOCKER_TRACK);
	script(node, "chk", TRACK_UNKNOWN); /* no news */
	script(node, "other", TRACK_UP); /* nobody's */
	assert_int_equal(blockers(node, "A"), VR_BLOCKER_TRACK);
	assert_non_null(node_last_line(node, ENGINE_TELL_EVENT, "script chk has no result yet"));
	script(node, "chk", TRACK_DOWN);
	assert_non_null(node_last_line(node, ENGINE_TELL_EVENT, "script chk fails"));
	script(node, "chk", TRACK_UP);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	script(node, "chk", TRACK_DOWN);
	assert_int_equal(blockers(node, "A"), VR_BLOCKER_TRACK);
	assert_non_null(node_last_line(node, ENGINE_TELL_EVENT, "\"track_kind\":\"script\""));
}

static void several_track_one_script(void **state)
{
	struct node *node = boot(state,
		SCRIPT("chk", "weight -20") SCRIPT("chk2", "") INSTANCE("A", "1", TRACKS("chk"))
			INSTANCE("B", "2", TRACKS("chk weight -5")) INSTANCE("C", "3", ""));

	script(node, "chk", TRACK_DOWN);
	assert_int_equal(priority(node, "A"), 80);
	assert_int_equal(priority(node, "B"), 95);
	assert_int_equal(priority(node, "C"), 100);
	assert_non_null(
		node_last_line(node, ENGINE_TELL_EVENT, "effective priority 100 -> 80: script chk fails"));
	script(node, "chk", TRACK_UP);
	assert_int_equal(priority(node, "A"), 100);
}

static void files_and_scripts_of_one_name_differ(void **state)
{
	struct node *node = boot(state, SCRIPT("x", "weight -20") INSTANCE("A", "1", TRACKS("x")));

	report(node, TRACK_FILE, "x", TRACK_DOWN, 0);
	report(node, TRACK_PROCESS, "x", TRACK_DOWN, 0);
	assert_int_equal(priority(node, "A"), 100);
}

static void init_fail_is_down_from_the_start(void **state)
{
	struct node *node = boot(state, SCRIPT("chk", "init_fail\nweight -20") INSTANCE("A", "1", TRACKS("chk")));

	assert_int_equal(priority(node, "A"), 80);
	script(node, "chk", TRACK_UP);
	assert_int_equal(priority(node, "A"), 100);
	/* the last state is not forgotten */
	node_reload(node, SCRIPT("chk", "init_fail\ninterval 5\nweight -20") INSTANCE("A", "1", TRACKS("chk")));
	assert_int_equal(priority(node, "A"), 100);
}

static void a_reload_keeps_the_last_state(void **state)
{
	struct node *node = boot(state, SCRIPT("chk", "") INSTANCE("A", "1", TRACKS("chk")));
	size_t transitions;

	script(node, "chk", TRACK_UP);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	transitions = node_count_lines(node, ENGINE_TELL_EVENT, "\"from\"");
	node_reload(node, SCRIPT("chk", "interval 9") INSTANCE("A", "1", "advert_int 2\n" TRACKS("chk")));
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "\"from\""), transitions);
	script(node, "chk", TRACK_DOWN);
	assert_int_equal(blockers(node, "A"), VR_BLOCKER_TRACK);
	node_reload(node, SCRIPT("chk", "") INSTANCE("A", "1", TRACKS("chk")));
	assert_int_equal(blockers(node, "A"), VR_BLOCKER_TRACK);
	node_reload(node, INSTANCE("A", "1", ""));
	assert_int_equal(blockers(node, "A"), 0);
}

static void to_begin_to_track_takes_nobody_out(void **state)
{
	struct node *node = boot(state, INSTANCE("A", "1", ""));

	assert_int_equal(node_state(node, "A"), VR_MASTER);
	node_reload(node, SCRIPT("chk", "") INSTANCE("A", "1", TRACKS("chk")));
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	/* nor does a second reload before the first result */
	node_reload(node, SCRIPT("chk", "") INSTANCE("A", "1", "advert_int 2\n" TRACKS("chk")));
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	script(node, "chk", TRACK_DOWN);
	assert_int_equal(blockers(node, "A"), VR_BLOCKER_TRACK);
}

/* The runner has read the new configuration before the engine. */
static void a_report_may_come_before_the_reload(void **state)
{
	struct node *node = boot(state, INSTANCE("A", "1", ""));

	script(node, "chk", TRACK_DOWN);
	node_reload(node, SCRIPT("chk", "weight -20") INSTANCE("A", "1", TRACKS("chk")));
	assert_int_equal(priority(node, "A"), 80);
	node_reload(node, INSTANCE("A", "1", ""));
	/* forgotten with its tracker */
	node_reload(node, SCRIPT("chk", "weight -20") INSTANCE("A", "1", TRACKS("chk")));
	assert_int_equal(priority(node, "A"), 100);
}

static void an_adopted_master_waits_for_no_result(void **state)
{
	struct world *world = world_new();
	struct node *node = &world->nodes[0];

	*state = world;
	node_boot_with(world, 0, SCRIPT("chk", "") INSTANCE("A", "1", TRACKS("chk")),
		&(struct engine_options){.adopt = true});
	node_link(node, 2, "eth0", 1, "192.168.1.1/24");
	node_address(node, 2, "192.168.1.21/32", VIGIA_KERNEL_PROTOCOL);
	node_start(node);
	world_settle(world);
	assert_int_equal(blockers(node, "A"), 0);
	script(node, "chk", TRACK_DOWN);
	assert_int_equal(blockers(node, "A"), VR_BLOCKER_TRACK);
}

static void a_group_shares_its_scripts(void **state)
{
	struct node *node = boot(state,
		SCRIPT("chk", "") "vrrp_sync_group G {\n group {\n A\n B\n }\n track_script {\n chk\n }\n}\n"
			INSTANCE("A", "1", "") INSTANCE("B", "2", ""));

	assert_true(blockers(node, "A") & VR_BLOCKER_TRACK);
	script(node, "chk", TRACK_UP);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node_state(node, "B"), VR_MASTER);
	script(node, "chk", TRACK_DOWN);
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
	assert_int_equal(node_state(node, "B"), VR_INITIALIZE);
}

static void link_report(struct node *node, bool link)
{
	report(node, TRACK_INTERFACE, "eth0", link ? TRACK_UP : TRACK_DOWN, 0);
}

#define POLLED "linkbeat_interfaces {\n eth0\n}\n"

static void the_answer_of_a_driver_counts(void **state)
{
	struct node *node = boot(state, POLLED INSTANCE("A", "1", ""));

	/* Nobody has been asked yet: netlink counts. */
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	link_report(node, false);
	assert_int_equal(blockers(node, "A"), VR_BLOCKER_LINK_DOWN);
	node_carrier(node, 2, false);
	link_report(node, true);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	node_carrier(node, 2, true);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	link_report(node, false);
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
}

static void polling_comes_and_goes_by_reloads(void **state)
{
	struct node *node = boot(state, INSTANCE("A", "1", ""));

	/* The runner may be quicker than the engine; but until then it means nothing. */
	link_report(node, false);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	node_reload(node, "linkbeat_use_polling\n" INSTANCE("A", "1", ""));
	assert_int_equal(blockers(node, "A"), VR_BLOCKER_LINK_DOWN);
	node_reload(node, POLLED INSTANCE("A", "1", "advert_int 2"));
	assert_int_equal(blockers(node, "A"), VR_BLOCKER_LINK_DOWN);
	node_reload(node, INSTANCE("A", "1", ""));
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	/* What was said of it then is forgotten. */
	node_reload(node, POLLED INSTANCE("A", "1", ""));
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_script_without_result_keeps_out, world_teardown),
		cmocka_unit_test_teardown(several_track_one_script, world_teardown),
		cmocka_unit_test_teardown(files_and_scripts_of_one_name_differ, world_teardown),
		cmocka_unit_test_teardown(init_fail_is_down_from_the_start, world_teardown),
		cmocka_unit_test_teardown(a_reload_keeps_the_last_state, world_teardown),
		cmocka_unit_test_teardown(to_begin_to_track_takes_nobody_out, world_teardown),
		cmocka_unit_test_teardown(a_report_may_come_before_the_reload, world_teardown),
		cmocka_unit_test_teardown(an_adopted_master_waits_for_no_result, world_teardown),
		cmocka_unit_test_teardown(a_group_shares_its_scripts, world_teardown),
		cmocka_unit_test_teardown(the_answer_of_a_driver_counts, world_teardown),
		cmocka_unit_test_teardown(polling_comes_and_goes_by_reloads, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
