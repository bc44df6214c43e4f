/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two thousand virtual routers: counted in steps, not in time, so that the machine's load does not matter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "world.h"

#define LINKS 8
#define PER_LINK 250
#define ROUTERS (LINKS * PER_LINK)

static char *make_config(void)
{
	size_t size = 1 << 20;
	char *config = malloc(size);
	struct text text;

	assert_non_null(config);
	text_init(&text, config, size);
	for (unsigned link = 0; link < LINKS; link++)
		for (unsigned vrid = 1; vrid <= PER_LINK; vrid++) {
			text_str(&text, "vrrp_instance L");
			text_u64(&text, link);
			text_str(&text, "_");
			text_u64(&text, vrid);
			text_str(&text, " {\n interface eth");
			text_u64(&text, link);
			text_str(&text, "\n version 3\n advert_int 0.1\n virtual_router_id ");
			text_u64(&text, vrid);
			text_str(&text, "\n virtual_ipaddress {\n 10.");
			text_u64(&text, link);
			text_str(&text, ".1.");
			text_u64(&text, vrid);
			text_str(&text, "\n }\n}\n");
		}
	assert_false(text.overflow);
	return config;
}

static void boot_with(struct world *world, size_t number, const char *config, const struct engine_options *options)
{
	struct node *node = &world->nodes[number];

	node_boot_with(world, number, config, options);
	for (int link = 0; link < LINKS; link++) {
		char name[8], address[32];
		struct text text;

		text_init(&text, name, sizeof(name));
		text_str(&text, "eth");
		text_u64(&text, (uint64_t)link);
		text_init(&text, address, sizeof(address));
		text_str(&text, "10.");
		text_u64(&text, (uint64_t)link);
		text_str(&text, ".0.");
		text_u64(&text, number + 1);
		text_str(&text, "/16");
		node_link(node, link + 2, name, link, address);
	}
	node_start(node);
}

static void boot(struct world *world, size_t number, const char *config)
{
	boot_with(world, number, config, &(struct engine_options){.trace_name = "test"});
}

static size_t count_masters(const struct node *node)
{
	size_t count = 0;

	for (size_t i = 0; i < node->engine->instance_count; i++)
		count += instance_is_master(node->engine->instances[i]);
	return count;
}

/* Ticks that were needed until nothing is due any more. */
static unsigned ticks_until_quiet(struct node *node)
{
	unsigned ticks = 0;

	while (mono_due(engine_deadline(node->engine), node->world->now)) {
		engine_tick(node->engine, node->world->now);
		assert_true(++ticks < 1000);
	}
	return ticks;
}

static unsigned ticks_until_masters(struct node *node)
{
	unsigned ticks = 0;

	while (count_masters(node) < ROUTERS) {
		engine_tick(node->engine, node->world->now);
		assert_true(++ticks < 1000);
	}
	return ticks;
}

static uint64_t count_announcements(const struct node *node)
{
	uint64_t count = 0;

	for (size_t i = 0; i < node->engine->instance_count; i++)
		count += node->engine->instances[i]->counters.announcements_sent;
	return count;
}

static void two_thousand_become_master_in_short_turns(void **state)
{
	struct world *world = world_new();
	struct node *node = &world->nodes[0];
	char *config = make_config();

	*state = world;
	boot(world, 0, config);
	ticks_until_quiet(node); /* people are told of the start */
	/* Backups look at the clock when an advert is overdue: nothing to do, so all of them in one turn. */
	for (int i = 0; i < 3; i++) {
		world->now = mono_add(world->now, (i == 0 ? 125 : 100) * DUR_MS);
		assert_in_range(ticks_until_quiet(node), 1, 2);
	}
	world->now = mono_add(world->now, 60 * DUR_MS);
	/* About 128 operations a turn, so that adverts are never far behind. */
	assert_in_range(ticks_until_masters(node), ROUTERS / 160, ROUTERS / 100);
	assert_int_equal(node->kernel_ops, ROUTERS);
	assert_true(node->kernel_calls <= ROUTERS / 32);
	/* Every address has been announced once before any is a second time, and all but nobody has been told of. */
	assert_in_range(count_announcements(node), ROUTERS, ROUTERS + ROUTERS / 10);
	assert_true(node_count_lines(node, ENGINE_TELL_EVENT, "\"to\":\"MASTER\"") < ROUTERS / 4);
	/* All adverts of a moment leave in one turn, in large batches, whatever else waits. */
	node->largest_send = 0;
	node->adverts = 0;
	world->now = mono_add(world->now, 100 * DUR_MS);
	engine_tick(node->engine, world->now);
	assert_true(node->adverts >= ROUTERS);
	assert_true(node->largest_send > BATCH_SIZE / 2);
	ticks_until_quiet(node);
	/* A burst of five, and the one that follows every handover. */
	assert_int_equal(count_announcements(node), (5 + 1) * ROUTERS);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "\"down-timer\""), ROUTERS);
	/* Status comes in small portions, with the adverts going on between them. */
	engine_status(node->engine, false, world->now);
	assert_in_range(ticks_until_quiet(node), ROUTERS / 8, ROUTERS / 2);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_STATUS, "\"MASTER\""), ROUTERS);
	/* A reload of the same does nothing to any of them. */
	node->kernel_ops = 0;
	node->adverts = 0;
	node_reload(node, config);
	assert_int_equal(node->kernel_ops + node->adverts, 0);
	free(config);
	engine_stop(node->engine, true, world->now);
	assert_true(node->stopped);
	assert_int_equal(node->kernel_ops, ROUTERS);
}

/* Where no log is in detail, what follows from each transition is not told; status knows of it all the same. */
static void a_brief_engine_tells_what_is_news(void **state)
{
	struct world *world = world_new();
	struct node *node = &world->nodes[0];
	char *config = make_config();

	*state = world;
	boot_with(world, 0, config, &(struct engine_options){.trace_name = "test", .brief = true});
	free(config);
	world_run(world, 2 * DUR_S);
	ticks_until_quiet(node);
	assert_int_equal(count_masters(node), ROUTERS);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "\"down-timer\""), ROUTERS);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "\"installed\""), 0);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "\"announced\""), 0);
	engine_status(node->engine, false, world->now);
	ticks_until_quiet(node);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_STATUS, "\"installed\""), ROUTERS);
}

/* covers: V3-CFG-07 RX-07 */
static void packets_find_their_virtual_router(void **state)
{
	struct world *world = world_new();
	struct node *node = &world->nodes[0];
	char *config = make_config();

	*state = world;
	boot(world, 0, config);
	free(config);
	for (unsigned link = 0; link < LINKS; link++)
		for (unsigned vrid = 1; vrid <= PER_LINK; vrid++) {
			uint8_t frame[VRRP_FRAME_MAX];
			struct ip_addr listed = ip_v4(10, (uint8_t)link, 1, (uint8_t)vrid);
			struct vrrp_encode_request request = {.source = ip_v4(10, (uint8_t)link, 0, 9),
				.version = 3,
				.vrid = (uint8_t)vrid,
				.priority = 200,
				.interval = 100 * DUR_MS,
				.checksum_form = VRRP_CHECKSUM_PSEUDO_HEADER,
				.addresses = &listed,
				.address_count = 1};
			size_t length = vrrp_encode(&request, frame, sizeof(frame));

			node_packet(node, (int)link + 2, frame + 14, length - 14);
		}
	for (size_t i = 0; i < node->engine->instance_count; i++)
		assert_int_equal(node->engine->instances[i]->counters.adverts_received, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(two_thousand_become_master_in_short_turns, world_teardown),
		cmocka_unit_test_teardown(a_brief_engine_tells_what_is_news, world_teardown),
		cmocka_unit_test_teardown(packets_find_their_virtual_router, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
