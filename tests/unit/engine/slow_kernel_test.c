/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel that takes long over what it is asked, for others hold its lock. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

#define LAN 1
#define ETH0 2
#define ADVERT_INT (100 * DUR_MS)

static const char lone[] = "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n version 3\n advert_int 0.1\n"
			   " priority 100\n virtual_ipaddress {\n 192.168.1.200\n }\n}\n";
static const char other_address[] =
	"vrrp_instance A {\n interface eth0\n virtual_router_id 51\n version 3\n advert_int 0.1\n"
	" priority 100\n virtual_ipaddress {\n 192.168.1.201\n }\n}\n";

/* About to be Master, with a kernel that takes so long. */
static struct node *boot(void **state, dur_t delay)
{
	struct world *world = world_new();
	struct node *node = &world->nodes[0];

	*state = world;
	node_boot(world, 0, lone);
	node_link(node, ETH0, "eth0", LAN, "192.168.1.1/24");
	node_start(node);
	node->kernel_delay = delay;
	for (unsigned i = 0; node_state(node, "A") != VR_MASTER; i++) {
		assert_true(i < 1000);
		world_run(world, DUR_MS);
	}
	return node;
}

static bool stands(const struct node *node)
{
	return node_has_address(node, ETH0, "192.168.1.200/32");
}

static void the_first_advert_waits_for_the_address(void **state)
{
	struct node *node = boot(state, 30 * DUR_MS);

	world_run(node->world, 20 * DUR_MS);
	assert_false(stands(node));
	assert_int_equal(node->adverts + node->announcements, 0);
	world_run(node->world, 15 * DUR_MS);
	assert_true(stands(node));
	assert_int_equal(node->adverts, 1);
	assert_true(node->announcements > 0);
	assert_non_null(strstr(node->sequence, "kag"));
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "\"installed\""), 1);
}

static void the_second_advert_does_not(void **state)
{
	struct node *node = boot(state, 5 * ADVERT_INT);

	world_run(node->world, 4 * ADVERT_INT);
	assert_false(stands(node));
	assert_true(node->adverts >= 3);
	assert_int_equal(node->announcements, 0);
	world_run(node->world, 2 * ADVERT_INT);
	assert_true(stands(node));
	assert_true(node->announcements > 0);
}

static void what_fails_late_is_told_and_tried_again(void **state)
{
	struct node *node = boot(state, 30 * DUR_MS);

	node->kernel_error = -EPERM;
	world_run(node->world, ADVERT_INT);
	assert_false(stands(node));
	assert_int_equal(node_instance(node, "A")->claims[0].error, -EPERM);
	assert_null(node_instance(node, "A")->claims[0].holding);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "install-failed"), 1);
	assert_int_equal(node->announcements, 0);
	node->kernel_error = 0;
	world_run(node->world, 5 * DUR_S);
	assert_true(stands(node));
	assert_int_equal(node_instance(node, "A")->claims[0].error, 0);
	assert_true(node->announcements > 0);
}

static void hear_a_better_one(struct node *node)
{
	struct ip_addr listed = ip_v4(192, 168, 1, 200);
	uint8_t frame[VRRP_FRAME_MAX];
	struct vrrp_encode_request request = {.source = ip_v4(192, 168, 1, 2),
		.version = 3,
		.vrid = 51,
		.priority = 200,
		.interval = ADVERT_INT,
		.checksum_form = VRRP_CHECKSUM_PSEUDO_HEADER,
		.addresses = &listed,
		.address_count = 1};
	const size_t length = vrrp_encode(&request, frame, sizeof(frame));

	node_packet(node, ETH0, frame + 14, length - 14);
}

static void who_yields_meanwhile_announces_nothing_and_leaves_nothing(void **state)
{
	struct node *node = boot(state, 30 * DUR_MS);

	hear_a_better_one(node);
	world_settle(node->world);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	world_run(node->world, 200 * DUR_MS);
	assert_int_equal(node->announcements, 0);
	assert_false(stands(node));
	assert_int_equal(node->engine->holdings.count, 0);
}

static void a_stop_waits_for_the_kernel(void **state)
{
	struct node *node = boot(state, 300 * DUR_MS);

	engine_stop(node->engine, true, node->world->now);
	world_run(node->world, 200 * DUR_MS);
	assert_false(node->stopped);
	world_run(node->world, 500 * DUR_MS);
	assert_true(node->stopped);
	assert_false(stands(node));
}

/* Its operations point into the old configuration. */
static void a_reload_waits_for_the_kernel(void **state)
{
	struct node *node = boot(state, 300 * DUR_MS);

	assert_int_equal(node->engine->in_flight.count, 1);
	node_reload(node, other_address);
	world_settle(node->world);
	assert_int_equal(node->engine->in_flight.count, 0);
	assert_false(stands(node));
	assert_true(node_has_address(node, ETH0, "192.168.1.201/32"));
}

static void what_is_put_back_is_told_when_it_stands(void **state)
{
	struct node *node = boot(state, 0);

	world_run(node->world, DUR_S);
	node->kernel_delay = 30 * DUR_MS;
	node_address_gone(node, ETH0, "192.168.1.200/32");
	world_run(node->world, 20 * DUR_MS);
	assert_false(stands(node));
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "restored"), 0);
	world_run(node->world, 20 * DUR_MS);
	assert_true(stands(node));
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "restored"), 1);
}

static void use_vmac(struct vr_config *config)
{
	struct vr_extra *extra = (struct vr_extra *)(uintptr_t)config->extra;

	extra->vmac.mode = VMAC_MACVLAN;
	extra->vmac.name = "vrrp.51";
}

/* A Master with a device; the kernel takes so long from now on. */
static struct node *boot_with_device(void **state, dur_t delay)
{
	struct world *world = world_new();
	struct node *node = &world->nodes[0];

	*state = world;
	node->adjust = use_vmac;
	node_boot(world, 0, lone);
	node_link(node, ETH0, "eth0", LAN, "192.168.1.1/24");
	node_start(node);
	world_run(world, 2 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	node->kernel_delay = delay;
	return node;
}

static int device_index(struct node *node)
{
	const struct node_link *link = node_link_by_name(node, "vrrp.51");

	return link != NULL ? link->ifindex : 0;
}

static bool stands_on_its_device(struct node *node)
{
	return device_index(node) != 0 && node_has_address(node, device_index(node), "192.168.1.200/32");
}

static void adverts_do_not_wait_for_a_device(void **state)
{
	struct node *node = boot_with_device(state, 450 * DUR_MS);
	const int before = device_index(node);
	const uint64_t adverts = node->adverts;

	node_link_gone(node, before);
	world_run(node->world, 4 * ADVERT_INT);
	assert_int_equal(device_index(node), 0);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_true(node->adverts >= adverts + 3);
	assert_false(engine_kernel_is_settled(node->engine));
	world_run(node->world, 20 * ADVERT_INT);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_true(device_index(node) > before);
	assert_true(stands_on_its_device(node));
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "device-restored"), 1);
	assert_true(engine_kernel_is_settled(node->engine));
}

static void a_device_that_stays_away_is_missed(void **state)
{
	struct node *node = boot_with_device(state, 3 * DUR_S);

	node_link_gone(node, device_index(node));
	world_run(node->world, 900 * DUR_MS);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	world_run(node->world, 200 * DUR_MS);
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
	assert_int_equal(node_instance(node, "A")->vr.blockers, VR_BLOCKER_NO_DEVICE);
	world_run(node->world, 12 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_true(stands_on_its_device(node));
}

static void a_device_whose_parent_went_meanwhile_is_not_kept(void **state)
{
	struct node *node = boot_with_device(state, 300 * DUR_MS);

	node_link_gone(node, device_index(node));
	world_run(node->world, 100 * DUR_MS);
	node_link_gone(node, ETH0);
	world_run(node->world, DUR_S);
	assert_int_equal(device_index(node), 0);
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
	assert_true(engine_kernel_is_settled(node->engine));
	node_link(node, 7, "eth0", LAN, "192.168.1.1/24");
	world_run(node->world, 3 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_true(stands_on_its_device(node));
}

/* It is made, deleted again, and only then the answer is read. */
static void a_device_that_is_deleted_before_the_answer_is_made_again(void **state)
{
	struct node *node = boot_with_device(state, 300 * DUR_MS);

	node_link_by_name(node, "vrrp.51")->up = false;
	node_link_changed(node, device_index(node));
	assert_false(engine_kernel_is_settled(node->engine));
	node_link_gone(node, device_index(node));
	world_run(node->world, 4 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_true(stands_on_its_device(node));
}

static const char with_static[] =
	"static_ipaddress {\n 10.9.9.9/32 dev eth0\n}\n"
	"vrrp_instance A {\n interface eth0\n virtual_router_id 51\n version 3\n advert_int 0.1\n"
	" priority 100\n virtual_ipaddress {\n 192.168.1.200\n }\n}\n";

static void what_is_static_waits_for_nobody(void **state)
{
	struct node *node = boot(state, 0);

	node_reload(node, with_static);
	world_run(node->world, DUR_S);
	assert_true(node_has_address(node, ETH0, "10.9.9.9/32"));
	node->kernel_delay = 30 * DUR_MS;
	node_address_gone(node, ETH0, "10.9.9.9/32");
	world_run(node->world, 20 * DUR_MS);
	assert_false(node_has_address(node, ETH0, "10.9.9.9/32"));
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "static-restored"), 0);
	world_run(node->world, 20 * DUR_MS);
	assert_true(node_has_address(node, ETH0, "10.9.9.9/32"));
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "static-restored"), 1);
	world_run(node->world, 2 * DUR_S);
	/* Refused, and then not any more. */
	node->kernel_error = -EPERM;
	node_address_gone(node, ETH0, "10.9.9.9/32");
	world_run(node->world, DUR_S);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "static-failed"), 1);
	node->kernel_error = 0;
	world_run(node->world, 10 * DUR_S);
	assert_true(node_has_address(node, ETH0, "10.9.9.9/32"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_first_advert_waits_for_the_address, world_teardown),
		cmocka_unit_test_teardown(the_second_advert_does_not, world_teardown),
		cmocka_unit_test_teardown(what_fails_late_is_told_and_tried_again, world_teardown),
		cmocka_unit_test_teardown(who_yields_meanwhile_announces_nothing_and_leaves_nothing, world_teardown),
		cmocka_unit_test_teardown(a_stop_waits_for_the_kernel, world_teardown),
		cmocka_unit_test_teardown(a_reload_waits_for_the_kernel, world_teardown),
		cmocka_unit_test_teardown(what_is_put_back_is_told_when_it_stands, world_teardown),
		cmocka_unit_test_teardown(adverts_do_not_wait_for_a_device, world_teardown),
		cmocka_unit_test_teardown(a_device_that_stays_away_is_missed, world_teardown),
		cmocka_unit_test_teardown(a_device_whose_parent_went_meanwhile_is_not_kept, world_teardown),
		cmocka_unit_test_teardown(a_device_that_is_deleted_before_the_answer_is_made_again, world_teardown),
		cmocka_unit_test_teardown(what_is_static_waits_for_nobody, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
