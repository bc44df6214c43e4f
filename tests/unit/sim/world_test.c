/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The simulated world itself: the shipped engine lives in it as it does outside, and its laws notice when they are broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/world.h"

struct life {
	struct world *world;
	struct router *gw[3];
	struct host *client;
	struct stream *stream;
	char law[32]; /* the last one that was broken */
};

static void broken(void *user, const char *law, const char *text)
{
	struct life *life = user;

	snprintf(life->law, sizeof(life->law), "%s", law);
	print_message("%s: %s\n", law, text);
}

static void make_router(struct life *life, int number, struct segment *lan, unsigned priority)
{
	char name[SIM_NAME_SIZE], config[512], address[32];
	struct ip_prefix prefix;
	struct nic *nic;
	int length = snprintf(config, sizeof(config),
		"vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n version 3\n priority %u\n"
		" virtual_ipaddress {\n 192.168.1.254/24\n }\n}\n",
		priority);

	snprintf(name, sizeof(name), "gw%d", number + 1);
	life->gw[number] = router_new(life->world, name);
	assert_non_null(life->gw[number]);
	nic = nic_new(life->gw[number], "eth0", lan);
	assert_non_null(nic);
	snprintf(address, sizeof(address), "192.168.1.%d/24", number + 1);
	assert_true(ip_prefix_parse(address, strlen(address), &prefix));
	assert_int_equal(kernel_add_address(life->gw[number], nic->ifindex, &prefix, 0), 0);
	assert_true(router_configure(life->gw[number], config, (size_t)length));
	router_start(life->gw[number]);
}

static int set_up(void **state)
{
	static struct life life;
	const struct ip_addr none = {0};
	const struct ip_addr virtual_address = ip_v4(192, 168, 1, 254);
	struct segment *lan;

	life = (struct life){.world = world_new(1)};
	*state = &life;
	assert_non_null(life.world);
	life.world->watcher = (struct watcher){.user = &life, .violation = broken};
	lan = segment_new(life.world, "lan", false);
	for (int i = 0; i < 3; i++)
		make_router(&life, i, lan, 150 - 10 * (unsigned)i);
	life.client = host_new(life.world, "client", lan);
	life.client->address = (struct ip_prefix){ip_v4(192, 168, 1, 100), 24};
	life.stream = host_stream(life.client, &virtual_address, &none);
	return 0;
}

static int tear_down(void **state)
{
	struct life *life = *state;

	world_free(life->world);
	return 0;
}

static void run(struct life *life, dur_t length)
{
	world_run_until(life->world, mono_add(life->world->now, length));
}

static enum vr_state state_of(const struct router *router)
{
	const struct vr *vr = router_vr_by_name(router, "VI_1");

	assert_non_null(vr);
	return vr->state;
}

static void assert_lawful(const struct life *life)
{
	assert_string_equal(life->law, "");
	assert_int_equal(life->world->violations, 0);
}

/* Skew_Time of 150 is 0.414 s. */
static void test_the_best_one_becomes_master(void **state)
{
	struct life *life = *state;

	run(life, 3414 * DUR_MS);
	assert_int_equal(state_of(life->gw[0]), VR_BACKUP);
	assert_false(life->stream->works);
	run(life, 1 * DUR_MS);
	assert_int_equal(state_of(life->gw[0]), VR_MASTER);
	assert_int_equal(state_of(life->gw[1]), VR_BACKUP);
	assert_true(life->stream->works);
	assert_ptr_equal(life->stream->by, life->gw[0]);
	assert_lawful(life);
}

static void test_a_pulled_cable_costs_the_down_timer(void **state)
{
	struct life *life = *state;

	run(life, 10 * DUR_S);
	port_plug(life->gw[0]->nics[0]->port, false);
	run(life, 10 * DUR_S);
	assert_int_equal(state_of(life->gw[0]), VR_INITIALIZE);
	assert_int_equal(state_of(life->gw[1]), VR_MASTER);
	/* The last advert left at 9.414 s; 3 intervals and a skew of 0.453 s. */
	assert_in_range(life->stream->longest, 2860 * DUR_MS, 2870 * DUR_MS);
	port_plug(life->gw[0]->nics[0]->port, true);
	run(life, 10 * DUR_S);
	assert_int_equal(state_of(life->gw[0]), VR_MASTER);
	assert_int_equal(state_of(life->gw[1]), VR_BACKUP);
	assert_lawful(life);
}

static void test_a_stop_hands_over(void **state)
{
	struct life *life = *state;

	run(life, 10 * DUR_S);
	router_stop(life->gw[0], false);
	run(life, 5 * DUR_S);
	assert_int_equal(life->gw[0]->process, PROCESS_NONE);
	assert_int_equal(state_of(life->gw[1]), VR_MASTER);
	assert_true(life->stream->longest < 1 * DUR_MS);
	assert_false(kernel_has_address(life->gw[0], &life->stream->via));
	assert_lawful(life);
}

static void test_the_guard_speaks_for_a_dead_process(void **state)
{
	struct life *life = *state;

	run(life, 10 * DUR_S);
	router_crash(life->gw[0], false);
	run(life, 1 * DUR_S);
	assert_int_equal(state_of(life->gw[1]), VR_MASTER);
	assert_true(life->stream->longest < 1 * DUR_MS);
	assert_false(kernel_has_address(life->gw[0], &life->stream->via));
	run(life, 10 * DUR_S);
	assert_int_equal(state_of(life->gw[0]), VR_MASTER);
	assert_lawful(life);
}

static void test_the_guard_undoes_what_nobody_comes_for(void **state)
{
	struct life *life = *state;

	run(life, 10 * DUR_S);
	router_crash(life->gw[0], true);
	run(life, 5 * DUR_S);
	assert_int_equal(life->gw[0]->process, PROCESS_NONE);
	assert_false(kernel_has_address(life->gw[0], &life->stream->via));
	assert_lawful(life);
}

static void test_a_stalled_master_yields_when_it_wakes(void **state)
{
	struct life *life = *state;

	run(life, 10 * DUR_S);
	router_stall(life->gw[0]);
	run(life, 8 * DUR_S);
	assert_int_equal(state_of(life->gw[1]), VR_MASTER);
	router_resume(life->gw[0]);
	run(life, 5 * DUR_S);
	assert_int_equal(state_of(life->gw[0]), VR_MASTER);
	assert_int_equal(state_of(life->gw[1]), VR_BACKUP);
	assert_lawful(life);
}

static void test_a_machine_without_power_comes_back(void **state)
{
	struct life *life = *state;

	run(life, 10 * DUR_S);
	router_power(life->gw[0], false);
	run(life, 5 * DUR_S);
	assert_int_equal(state_of(life->gw[1]), VR_MASTER);
	router_power(life->gw[0], true);
	run(life, 5 * DUR_S);
	assert_int_equal(state_of(life->gw[0]), VR_MASTER);
	assert_lawful(life);
}

static void test_a_bad_network_breaks_no_law(void **state)
{
	struct life *life = *state;

	router_set_rate(life->gw[1], 200000);
	router_set_rate(life->gw[2], -200000);
	for (struct port_end *port = life->world->segments->ports; port; port = port->next) {
		port->out.loss = 300000;
		port->out.jitter = 900 * DUR_MS;
		port->out.reorder = 300000;
		port->out.duplicate = 300000;
	}
	run(life, 5000 * DUR_S);
	assert_true(life->stream->outages > 0);
	for (struct port_end *port = life->world->segments->ports; port; port = port->next)
		port->out.loss = 0;
	run(life, 20 * DUR_S);
	assert_int_equal(state_of(life->gw[0]), VR_MASTER);
	assert_lawful(life);
}

static void test_the_same_seed_gives_the_same_life(void **state)
{
	struct life *first = *state, second = *first;
	void *other;

	first->world->segments->ports->out.loss = 500000;
	run(first, 1000 * DUR_S);
	second = *first;
	set_up(&other);
	first = other;
	first->world->segments->ports->out.loss = 500000;
	run(first, 1000 * DUR_S);
	assert_int_equal(first->world->events, second.world->events);
	assert_int_equal(first->stream->total, second.stream->total);
	world_free(second.world);
}

/* A clock that is 1 % fast is fast at everything. */
static void test_routers_have_clocks_of_their_own(void **state)
{
	struct life *life = *state;
	const mono_t at = mono_add(life->world->now, 77 * DUR_S);

	router_set_rate(life->gw[0], 10000000);
	assert_int_equal(mono_sub(router_local(life->gw[0], at), life->world->now), 77770 * DUR_MS);
	assert_true(mono_due(at, router_true(life->gw[0], router_local(life->gw[0], at))));
	run(life, 3381 * DUR_MS);
	assert_int_equal(state_of(life->gw[0]), VR_MASTER);
}

static void test_a_lost_timer_is_noticed(void **state)
{
	struct life *life = *state;

	run(life, 10 * DUR_S);
	heap_remove(&life->world->timers, &life->gw[0]->timer);
	run(life, 2 * DUR_S);
	assert_string_equal(life->law, "no-silence");
	heap_remove(&life->world->timers, &life->gw[1]->timer);
	heap_remove(&life->world->timers, &life->gw[2]->timer);
	run(life, 10 * DUR_S);
	assert_string_equal(life->law, "no-black-hole");
}

static void test_a_missing_address_is_noticed(void **state)
{
	struct life *life = *state;
	const struct ip_prefix prefix = {life->stream->via, 24};

	run(life, 10 * DUR_S);
	/* Nobody tells the engine. */
	life->gw[0]->netlink_delay = 100 * DUR_S;
	assert_true(kernel_delete_address(life->gw[0], 1, &prefix));
	run(life, 2 * DUR_S);
	assert_string_equal(life->law, "addresses");
}

int main(void)
{
#define LIFE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		LIFE(test_the_best_one_becomes_master),
		LIFE(test_a_pulled_cable_costs_the_down_timer),
		LIFE(test_a_stop_hands_over),
		LIFE(test_the_guard_speaks_for_a_dead_process),
		LIFE(test_the_guard_undoes_what_nobody_comes_for),
		LIFE(test_a_stalled_master_yields_when_it_wakes),
		LIFE(test_a_machine_without_power_comes_back),
		LIFE(test_a_bad_network_breaks_no_law),
		LIFE(test_the_same_seed_gives_the_same_life),
		LIFE(test_routers_have_clocks_of_their_own),
		LIFE(test_a_lost_timer_is_noticed),
		LIFE(test_a_missing_address_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
