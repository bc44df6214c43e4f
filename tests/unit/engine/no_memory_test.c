/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each allocation of the engine fails once: it is not made, or goes on with what it has, and never breaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

#define ALLOCATIONS_MAX 2000

/* Counts down while it is positive; the allocation that reaches 0 fails. */
static unsigned fail_after;
static bool failed;

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *string);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *string);

static bool shall_fail(void)
{
	if (fail_after == 0 || --fail_after > 0)
		return false;
	failed = true;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return shall_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return shall_fail() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return shall_fail() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *string)
{
	return shall_fail() ? NULL : __real_strdup(string);
}

static const char before[] = "vrrp_sync_group G {\n group {\n A\n }\n}\n"
			     "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n"
			     " track_interface {\n eth1\n }\n"
			     " virtual_ipaddress {\n 192.168.1.200\n 10.0.0.200 dev eth1\n }\n"
			     " virtual_routes {\n default via 10.0.0.100\n }\n}\n";
static const char after[] = "vrrp_sync_group H {\n group {\n A\n B\n }\n}\n"
			    "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 120\n"
			    " track_interface {\n eth1\n eth2 weight 5\n }\n"
			    " virtual_ipaddress {\n 192.168.1.201\n 10.0.0.201 dev eth2\n }\n"
			    " virtual_routes {\n default via 10.0.0.100 metric 3\n }\n}\n"
			    "vrrp_instance B {\n interface eth1\n virtual_router_id 52\n priority 100\n"
			    " virtual_ipaddress {\n 10.0.0.202\n }\n}\n";

static void load(struct conf_result *result, const char *config)
{
	conf_load_text(config, strlen(config), "test.conf", NULL, result);
	assert_non_null(result->conf);
}

static void an_engine_is_made_whole_or_not_at_all(void **state)
{
	struct world *world = world_new();
	struct engine_options options = {0};
	struct engine *engine = NULL;
	struct conf_result conf;
	unsigned after_this_many;

	(void)state;
	/* For its port. */
	node_boot(world, 0, before);
	load(&conf, after);
	for (after_this_many = 1; engine == NULL; after_this_many++) {
		fail_after = after_this_many;
		failed = false;
		engine = engine_new(conf.conf, &world->nodes[0].port, &options, world->now);
		fail_after = 0;
		assert_int_equal(engine == NULL, failed);
		assert_true(after_this_many < ALLOCATIONS_MAX);
	}
	assert_true(after_this_many > 20);
	engine_free(engine);
	conf_result_free(&conf);
	world_free(world);
}

/* A life with a reload in it, in which one allocation fails. Returns whether one did. */
static bool live(unsigned after_this_many)
{
	struct world *world = world_new();
	struct node *node = &world->nodes[0];
	struct conf_result fresh;

	world_host(world, 2, "10.0.0.100");
	node_boot(world, 0, before);
	load(&fresh, after);
	node_link(node, 2, "eth0", 1, "192.168.1.1/24");
	node_link(node, 3, "eth1", 2, "10.0.0.1/24");
	node_start(node);
	world_run(world, 5 * DUR_S);
	failed = false;
	fail_after = after_this_many;
	engine_reload(node->engine, fresh.conf, world->now);
	fail_after = 0;
	conf_result_free(&node->conf);
	node->conf = fresh;
	node_link(node, 4, "eth2", 3, NULL);
	world_run(world, 5 * DUR_S);
	node_carrier(node, 3, false);
	world_run(world, 5 * DUR_S);
	engine_stop(node->engine, false, world->now);
	world_run(world, 3 * DUR_S);
	assert_true(node->stopped);
	world_free(world);
	return failed;
}

static void a_reload_survives(void **state)
{
	unsigned after_this_many = 1;

	(void)state;
	while (live(after_this_many))
		assert_true(++after_this_many < ALLOCATIONS_MAX);
	assert_true(after_this_many > 20);
}

/* Links and addresses that cannot be remembered are as if they were not there. */
static void kernel_events_survive(void **state)
{
	(void)state;
	for (unsigned after_this_many = 1; after_this_many < 12; after_this_many++) {
		struct world *world = world_new();
		struct node *node = &world->nodes[0];
		struct engine_link link = {
			.ifindex = 7, .name = "eth7", .mtu = 1500, .up = true, .carrier = true};
		struct engine_address address = {.ifindex = 7};

		node_boot(world, 0, before);
		node_start(node);
		fail_after = after_this_many;
		for (unsigned i = 1; i < 9; i++) {
			address.prefix =
				(struct ip_prefix){.addr = ip_v4(10, 0, 7, (uint8_t)i), .length = 24};
			engine_link(node->engine, &link, world->now);
			engine_address(node->engine, &address, world->now);
		}
		fail_after = 0;
		engine_link_gone(node->engine, 7, world->now);
		world_free(world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_engine_is_made_whole_or_not_at_all),
		cmocka_unit_test(a_reload_survives),
		cmocka_unit_test(kernel_events_survive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
