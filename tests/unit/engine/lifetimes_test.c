/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What would become of the addresses if everybody died: silence, and lifetimes that are renewed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

#define INSTANCE(name, vrid, lines)                                                                          \
	"vrrp_instance " name " {\n interface eth0\n virtual_router_id " vrid                                  \
	"\n version 3\n advert_int 1\n " lines "\n}\n"
#define ONE INSTANCE("V", "1", "priority 100\n virtual_ipaddress {\n 192.168.1.100\n }")

static const struct engine_options plain = {.trace_name = "test"};

static struct node *boot(void **state, const char *config, const struct engine_options *options)
{
	struct world *world = world_new();
	struct node *node = &world->nodes[0];

	*state = world;
	node_boot_with(world, 0, config, options);
	node_link(node, 2, "eth0", 1, "192.168.1.1/24");
	return node;
}

static const struct node_address *find(const struct node *node, const char *address)
{
	struct ip_addr wanted = prefix_of(address).addr;

	for (size_t i = 0; i < node->address_count; i++)
		if (ip_equal(&node->addresses[i].prefix.addr, &wanted))
			return &node->addresses[i];
	fail_msg("%s is not there", address);
	return NULL;
}

/* An address that nobody renews would be gone. */
static void run_without_loss(struct node *node, dur_t length)
{
	const mono_t end = mono_add(node->world->now, length);

	while (mono_before(node->world->now, end)) {
		world_run(node->world, 500 * DUR_MS);
		for (size_t i = 0; i < node->address_count; i++)
			assert_true(mono_before(node->world->now, node->addresses[i].expires));
	}
}

static void silence_is_for_all_but_the_machines_own(void **state)
{
	struct node *node = boot(state,
		INSTANCE("A", "1", "priority 100\n virtual_ipaddress {\n 192.168.1.100\n 192.168.1.101\n }\n"
				   "virtual_ipaddress_excluded {\n 2001:db8::100\n }")
			INSTANCE("OWNER", "2", "priority 255\n virtual_ipaddress {\n 192.168.1.1\n }"),
		&plain);

	node_address(node, 2, "192.168.1.101/24", 0); /* by hand */
	node_start(node);
	/* Before anybody is master, so that nothing is left to do then. */
	assert_int_not_equal(node_state(node, "A"), VR_MASTER);
	assert_true(node_is_mortal(node, "192.168.1.100"));
	assert_true(node_is_mortal(node, "2001:db8::100"));
	assert_int_equal(node->mortal_count, 2);
	assert_int_equal(node->mortal_length, 120 * DUR_S);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node->mortal_calls, 1);
	/* A reload that changes nothing of it. */
	node_reload(node, INSTANCE("A", "1", "priority 90\n virtual_ipaddress {\n 192.168.1.100\n }"));
	assert_int_equal(node->mortal_count, 1);
	engine_stop(node->engine, true, node->world->now);
	world_run(node->world, 5 * DUR_S);
	assert_true(node->stopped);
	assert_int_equal(node->mortal_count, 0);
}

static void an_address_is_renewed_three_times_in_its_life(void **state)
{
	struct node *node = boot(state, ONE, &plain);
	uint64_t before;
	unsigned calls;

	node_start(node);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_state(node, "V"), VR_MASTER);
	assert_int_equal(find(node, "192.168.1.100")->lifetime, 60);
	before = node->kernel_ops;
	calls = node->mortal_calls;
	run_without_loss(node, 600 * DUR_S);
	assert_in_range(node->kernel_ops - before, 29, 31);
	assert_in_range(node->mortal_calls - calls, 29, 31);
	/* It is the machine's own that stands for ever. */
	assert_int_equal(find(node, "192.168.1.1")->lifetime, 0);
	/* What is not there any more is not renewed: it would come back. */
	node_carrier(node, 2, false);
	world_run(node->world, 10 * DUR_S);
	assert_false(node_has_address(node, 2, "192.168.1.100/32"));
	before = node->kernel_ops;
	world_run(node->world, 100 * DUR_S);
	assert_int_equal(node->kernel_ops, before);
}

static char *many(unsigned count)
{
	char *text = malloc(4096 + count * 32u), *at = text;

	if (text == NULL)
		abort();
	at += sprintf(at, INSTANCE("V", "1", "priority 100\n virtual_ipaddress {\n 192.168.1.100\n }\n"
					     "virtual_ipaddress_excluded {\n"));
	at -= 2; /* the end of the block */
	for (unsigned i = 0; i < count; i++)
		at += sprintf(at, " 10.1.%u.%u\n", i / 250, i % 250 + 1);
	strcpy(at, " }\n}\n");
	return text;
}

/* The more there are, the longer they live: so many renewals in a second, and not more. */
static void many_addresses_live_longer(void **state)
{
	char *few = many(50), *lots = many(3999);
	struct node *node = boot(state, few, &plain);
	uint64_t before;

	node_start(node);
	run_without_loss(node, 100 * DUR_S);
	node_reload(node, lots);
	run_without_loss(node, 400 * DUR_S);
	assert_int_equal(find(node, "10.1.15.1")->lifetime, 240);
	assert_int_equal(find(node, "10.1.0.1")->lifetime, 240);
	assert_int_equal(node->mortal_count, 4000);
	assert_int_equal(node->mortal_length, 480 * DUR_S);
	before = node->kernel_ops;
	run_without_loss(node, 100 * DUR_S);
	assert_in_range(node->kernel_ops - before, 4800, 5200);
	node_reload(node, few);
	run_without_loss(node, 400 * DUR_S);
	assert_int_equal(find(node, "10.1.0.1")->lifetime, 60);
	free(few);
	free(lots);
}

/* They take the kernel longer. */
static void ipv6_addresses_live_longer_still(void **state)
{
	char *text = malloc(64000), *at = text;
	struct node *node;

	if (text == NULL)
		abort();
	at += sprintf(at, INSTANCE("V", "1", "priority 100\n virtual_ipaddress {\n 192.168.1.100\n }\n"
					     "virtual_ipaddress_excluded {\n"));
	at -= 2;
	for (unsigned i = 0; i < 999; i++)
		at += sprintf(at, " 2001:db8::%x\n", i + 1);
	strcpy(at, " }\n}\n");
	node = boot(state, text, &plain);
	node_start(node);
	run_without_loss(node, 400 * DUR_S);
	assert_int_equal(find(node, "2001:db8::1")->lifetime, 300);
	free(text);
}

static void without_nftables_lifetimes_are_short(void **state)
{
	struct node *node = boot(state, ONE, &plain);
	const char *line;

	node->firewall_error = -EOPNOTSUPP;
	node_start(node);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_state(node, "V"), VR_MASTER);
	assert_int_equal(find(node, "192.168.1.100")->lifetime, 6);
	run_without_loss(node, 60 * DUR_S);
	line = node_last_line(node, ENGINE_TELL_EVENT, "not-silent-after-death");
	assert_non_null(line);
	assert_non_null(strstr(line, "6 s later"));
	engine_status(node->engine, false, node->world->now);
	world_settle(node->world);
	assert_non_null(node_last_line(node, ENGINE_TELL_STATUS_END, "\"after_death\":{\"silent\":false,\"error\":\""));
	/* Told once. */
	node_reload(node, ONE);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "not-silent-after-death"), 1);
}

/* Such as a table of that name, which is somebody else's. */
static void what_is_in_the_way_may_go(void **state)
{
	struct node *node = boot(state, ONE, &plain);

	node->mortal_error = -EPERM;
	node_start(node);
	run_without_loss(node, 20 * DUR_S);
	assert_int_equal(node->mortal_count, 0);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "not-silent-after-death"), 1);
	node->mortal_error = 0;
	run_without_loss(node, 2 * DUR_S);
	assert_int_equal(node->mortal_count, 1);
	run_without_loss(node, 60 * DUR_S);
	assert_int_equal(find(node, "192.168.1.100")->lifetime, 60);
	engine_status(node->engine, false, node->world->now);
	world_settle(node->world);
	assert_non_null(node_last_line(node, ENGINE_TELL_STATUS_END, "\"after_death\":{\"silent\":true,\"error\":null"));
}

/* The kernel takes its time, and says only then that there is nothing to prolong any more. */
static void a_silence_that_is_lost_is_put_back(void **state)
{
	struct node *node = boot(state, ONE, &plain);

	node_start(node);
	world_run(node->world, 5 * DUR_S);
	node->kernel_delay = 30 * DUR_MS;
	run_without_loss(node, 60 * DUR_S);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "rules-restored"), 0);
	node->mortal_error = -ENOENT;
	run_without_loss(node, 25 * DUR_S);
	node->mortal_error = 0;
	run_without_loss(node, 60 * DUR_S);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "rules-restored"), 1);
	assert_int_equal(node->mortal_count, 1);
}

static void what_is_to_stay_stays(void **state)
{
	const struct engine_options keep = {.trace_name = "test", .keep = true};
	struct node *node = boot(state, ONE, &keep);

	node_start(node);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(find(node, "192.168.1.100")->lifetime, 0);
	assert_int_equal(node->mortal_calls, 0);
	world_run(node->world, 100 * DUR_S);
	assert_int_equal(node->mortal_calls, 0);
}

static void a_preferred_lifetime_counts_once(void **state)
{
	struct node *node = boot(state,
		INSTANCE("V", "1", "priority 100\n virtual_ipaddress {\n 192.168.1.100 preferred_lft 30\n"
				   " 192.168.1.101 preferred_lft 0\n 192.168.1.102 preferred_lft forever\n }"),
		&plain);

	node_start(node);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(find(node, "192.168.1.100")->lifetime, 0);
	assert_int_equal(find(node, "192.168.1.101")->lifetime, 60);
	assert_int_equal(find(node, "192.168.1.102")->lifetime, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(silence_is_for_all_but_the_machines_own, world_teardown),
		cmocka_unit_test_teardown(an_address_is_renewed_three_times_in_its_life, world_teardown),
		cmocka_unit_test_teardown(many_addresses_live_longer, world_teardown),
		cmocka_unit_test_teardown(ipv6_addresses_live_longer_still, world_teardown),
		cmocka_unit_test_teardown(without_nftables_lifetimes_are_short, world_teardown),
		cmocka_unit_test_teardown(what_is_in_the_way_may_go, world_teardown),
		cmocka_unit_test_teardown(a_silence_that_is_lost_is_put_back, world_teardown),
		cmocka_unit_test_teardown(what_is_to_stay_stays, world_teardown),
		cmocka_unit_test_teardown(a_preferred_lifetime_counts_once, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
