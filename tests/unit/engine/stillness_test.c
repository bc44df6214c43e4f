/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long an engine may stand still before somebody misses it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/state.h"
#include "world.h"

#define ETH0 2

#define CONF(priority, more)                                                                                 \
	"vrrp_instance A {\n interface eth0\n virtual_router_id 51\n version 3\n advert_int 0.1\n priority " priority "\n" more \
	" virtual_ipaddress {\n 192.168.1.200\n }\n}\n"
#define SLOW_MASTER                                                                                          \
	"vrrp_instance B {\n interface eth0\n virtual_router_id 52\n version 3\n advert_int 10\n priority 255\n"     \
	" virtual_ipaddress {\n 192.168.1.1\n }\n}\n"

static struct node *boot(void **state, size_t number, const char *conf)
{
	struct world *world = *state;

	node_boot(world, number, conf);
	node_link(&world->nodes[number], ETH0, "eth0", 1, number == 0 ? "192.168.1.1/24" : "192.168.1.2/24");
	node_start(&world->nodes[number]);
	return &world->nodes[number];
}

static dur_t allowed(struct world *world, const struct node *node)
{
	return mono_sub(engine_still_until(node->engine, world->now), world->now);
}

/* Nobody would miss it before 300 ms and a Skew_Time after its last advert. */
static void a_master_two_adverts(void **state)
{
	struct node *node;

	*state = world_new();
	node = boot(state, 0, CONF("100", "") SLOW_MASTER);
	world_run(*state, 2 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	for (int i = 0; i < 20; i++) {
		const mono_t due = node_instance(node, "A")->vr.timer;

		assert_int_equal(engine_still_until(node->engine, ((struct world *)*state)->now).ns, due.ns + 100 * DUR_MS);
		assert_in_range(allowed(*state, node), 100 * DUR_MS, 200 * DUR_MS);
		world_run(*state, 7 * DUR_MS);
	}
}

static void a_backup_as_much_of_its_masters(void **state)
{
	struct node *backup;

	*state = world_new();
	boot(state, 0, CONF("100", ""));
	backup = boot(state, 1, CONF("90", ""));
	world_run(*state, 2 * DUR_S);
	assert_int_equal(node_state(backup, "A"), VR_BACKUP);
	assert_int_equal(allowed(*state, backup), 200 * DUR_MS);
}

static void who_waits_for_a_shorter_time_gets_less(void **state)
{
	struct node *node;

	*state = world_new();
	node = boot(state, 0, CONF("100", "down_timer_adverts 2\n"));
	world_run(*state, 2 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_in_range(allowed(*state, node), 33 * DUR_MS, 134 * DUR_MS);
}

static void who_says_nothing_any_time(void **state)
{
	struct node *node;

	*state = world_new();
	node = boot(state, 0, CONF("100", ""));
	node_carrier(node, ETH0, false);
	world_run(*state, DUR_S);
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
	assert_int_equal(engine_still_until(node->engine, ((struct world *)*state)->now).ns, MONO_NEVER.ns);
}

static int teardown(void **state)
{
	world_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_master_two_adverts, teardown),
		cmocka_unit_test_teardown(a_backup_as_much_of_its_masters, teardown),
		cmocka_unit_test_teardown(who_waits_for_a_shorter_time_gets_less, teardown),
		cmocka_unit_test_teardown(who_says_nothing_any_time, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
