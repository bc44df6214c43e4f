/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * That the laws can be broken: the views of two routers are written by hand, as no engine would have them, and the watcher
 * must be told. Who hears whom by peer lists and keys, and what holds for the members of a sync group, is tried here.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sim/world.h"

#define LONG_AGO ((mono_t){WORLD_START.ns + 1})
#define MINUTE (60 * DUR_S)
#define SECRET "0123456789abcdef0123456789abcdef"

struct rig {
	struct world *world;
	struct router *gw1, *gw2; /* gw1 is the better one; both are Master, for a minute */
	struct vr_config better, lesser; /* of their virtual routers */
	struct vr_extra better_extra, lesser_extra; /* of these */
	struct unicast_peer peers[2];
	struct hmac_key keys[2];
	char law[32]; /* the last one that was broken */
};

static struct rig rig;

static void note(void *user, const char *law, const char *text)
{
	(void)text;
	snprintf(((struct rig *)user)->law, sizeof(rig.law), "%s", law);
}

static struct ip_addr address_of(unsigned number)
{
	return (struct ip_addr){.family = IP_V4, .bytes = {192, 168, 1, (uint8_t)number}};
}

static struct view *add_view(struct router *router, const struct vr_config *config, enum vr_state state)
{
	struct view *view = &router->views[router->view_count++];

	*view = (struct view){.used = true,
		.config = config,
		.ifindex = 1,
		.state = state,
		.hold = state == VR_MASTER ? VR_HOLD_ALL : VR_HOLD_NOTHING,
		.priority = config->priority,
		.primary = address_of(router->number + 1),
		.since = LONG_AGO,
		.changed = LONG_AGO,
		.heard = LONG_AGO,
		.patience = 3 * DUR_S,
		.interval = DUR_S,
		.sent = rig.world->now};
	rig.world->masters += state == VR_MASTER;
	return view;
}

static int set_up(void **unused)
{
	struct segment *lan;

	(void)unused;
	memset(&rig, 0, sizeof(rig));
	rig.world = world_new(1);
	assert_non_null(rig.world);
	rig.world->watcher = (struct watcher){.user = &rig, .violation = note};
	lan = segment_new(rig.world, "lan", false);
	rig.gw1 = router_new(rig.world, "gw1");
	rig.gw2 = router_new(rig.world, "gw2");
	assert_non_null(nic_new(rig.gw1, "eth0", lan));
	assert_non_null(nic_new(rig.gw2, "eth0", lan));
	rig.world->now = mono_add(WORLD_START, MINUTE);
	rig.gw1->process = rig.gw2->process = PROCESS_RUNS;
	rig.better = (struct vr_config){.name = "VI_1",
		.version = 3,
		.family = IP_V4,
		.vrid = 51,
		.priority = 200,
		.down_timer_adverts = 3,
		.advert_interval = DUR_S,
		.preempt = true};
	rig.lesser = rig.better;
	rig.better_extra = rig.lesser_extra = (struct vr_extra){0};
	rig.better.extra = &rig.better_extra;
	rig.lesser.extra = &rig.lesser_extra;
	rig.lesser.priority = 100;
	rig.peers[0] = (struct unicast_peer){.address = address_of(1), .max_ttl = 255};
	rig.peers[1] = (struct unicast_peer){.address = address_of(2), .max_ttl = 255};
	for (unsigned i = 0; i < 2; i++) {
		rig.keys[i] = (struct hmac_key){.id = 7, .length = sizeof(SECRET) - 1};
		memcpy(rig.keys[i].bytes, SECRET, sizeof(SECRET) - 1);
	}
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	rig.gw1->process = rig.gw2->process = PROCESS_NONE;
	world_free(rig.world);
	return 0;
}

/* Whether the law says that gw2 must not be Master beside gw1. */
static bool two_masters_are_wrong(void)
{
	rig.gw1->view_count = rig.gw2->view_count = 0;
	rig.world->masters = 0;
	rig.law[0] = '\0';
	add_view(rig.gw1, &rig.better, VR_MASTER);
	add_view(rig.gw2, &rig.lesser, VR_MASTER);
	laws_after_event(rig.world);
	assert_true(rig.law[0] == '\0' || strcmp(rig.law, "one-master") == 0);
	return rig.law[0] != '\0';
}

static void by_peer_lists(void **unused)
{
	(void)unused;
	assert_true(two_masters_are_wrong());
	rig.better_extra.unicast =
		(struct unicast_config){.enabled = true, .ttl = 255, .peers = &rig.peers[1], .peer_count = 1};
	assert_false(two_masters_are_wrong());
	rig.lesser_extra.unicast =
		(struct unicast_config){.enabled = true, .ttl = 255, .peers = &rig.peers[0], .peer_count = 1};
	assert_true(two_masters_are_wrong());
	rig.lesser_extra.unicast.peer_count = 0;
	assert_true(two_masters_are_wrong());
	rig.lesser_extra.unicast.check_source = true;
	assert_false(two_masters_are_wrong());
	rig.lesser_extra.unicast.peer_count = 1;
	rig.peers[0].max_ttl = 254;
	assert_false(two_masters_are_wrong());
	rig.peers[0].max_ttl = 255;
	rig.peers[1].address = address_of(3);
	assert_false(two_masters_are_wrong());
}

static void by_keys(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		struct vr_extra *extra = i == 0 ? &rig.better_extra : &rig.lesser_extra;

		extra->hmac = (struct hmac_config){.enabled = true,
			.active_key = 7,
			.time_window = 5 * DUR_S,
			.keys = &rig.keys[i],
			.key_count = 1};
	}
	assert_true(two_masters_are_wrong());
	rig.keys[1].bytes[0] ^= 1;
	assert_false(two_masters_are_wrong());
	rig.keys[1].bytes[0] ^= 1;
	rig.better_extra.hmac.mode = HMAC_RECEIVE_ONLY;
	assert_false(two_masters_are_wrong());
	rig.lesser_extra.hmac.mode = HMAC_PERMISSIVE;
	assert_true(two_masters_are_wrong());
	rig.better_extra.hmac.mode = HMAC_ENFORCE;
	rig.lesser_extra.hmac.enabled = false;
	assert_false(two_masters_are_wrong());
}

static void by_wall_clocks(void **unused)
{
	(void)unused;
	by_keys(NULL);
	rig.lesser_extra.hmac.enabled = true;
	router_set_wall(rig.gw2, 6 * DUR_S);
	rig.world->now = mono_add(rig.world->now, MINUTE);
	assert_false(two_masters_are_wrong());
	router_set_wall(rig.gw2, -3 * DUR_S);
	assert_false(two_masters_are_wrong());
	rig.world->now = mono_add(rig.world->now, MINUTE);
	assert_true(two_masters_are_wrong());
}

static void by_passwords(void **unused)
{
	(void)unused;
	rig.better.version = rig.lesser.version = 2;
	rig.better_extra.authentication = AUTHENTICATION_PASS;
	assert_false(two_masters_are_wrong());
	rig.lesser_extra.authentication = AUTHENTICATION_PASS;
	assert_true(two_masters_are_wrong());
	rig.lesser_extra.authentication_data[7] = 'x';
	assert_false(two_masters_are_wrong());
	rig.better_extra.authentication_data[7] = 'x';
	rig.better_extra.authentication = rig.lesser_extra.authentication = AUTHENTICATION_AH;
	assert_true(two_masters_are_wrong());
	/* Whose numbers it does not hear, it cannot go beyond. */
	network_lost(rig.world, rig.gw2, 2, rig.gw1, rig.world->now);
	assert_true(two_masters_are_wrong());
	network_lost(rig.world, rig.gw2, 1, rig.gw1, rig.world->now);
	assert_false(two_masters_are_wrong());
}

static void a_group_waits_for_its_last_member(void **unused)
{
	struct view *first, *second;

	(void)unused;
	rig.better_extra.sync_group = rig.lesser_extra.sync_group = "G";
	first = add_view(rig.gw1, &rig.better, VR_BACKUP);
	second = add_view(rig.gw1, &rig.lesser, VR_BACKUP);
	second->heard = mono_add(rig.world->now, -2 * DUR_S);
	laws_after_event(rig.world);
	assert_string_equal(rig.law, "");
	second->heard = mono_add(rig.world->now, -4 * DUR_S);
	laws_after_event(rig.world);
	assert_string_equal(rig.law, "no-black-hole");
	rig.law[0] = '\0';
	first->patience = MINUTE;
	laws_after_event(rig.world);
	assert_string_equal(rig.law, "");
	/* What leaves after a reload is in no group. */
	first->state = VR_INITIALIZE;
	first->leaving = true;
	laws_after_event(rig.world);
	assert_string_equal(rig.law, "no-black-hole");
}

#define TRACKING(weight)                                                                                        \
	"vrrp_script chk {\n script /bin/true\n}\nvrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n"  \
	" version 3\n track_script {\n chk" weight "\n }\n virtual_ipaddress {\n 192.168.1.254\n }\n}\n"

/* The script fails, and the engine is not told. */
static void what_is_tracked_counts(void **unused)
{
	static const char *const configurations[] = {TRACKING(""), TRACKING(" weight -20"), TRACKING(" weight 20"),
		TRACKING(" weight -20 reverse")};

	(void)unused;
	for (size_t i = 0; i < sizeof(configurations) / sizeof(configurations[0]); i++) {
		set_up(NULL);
		rig.gw1->process = PROCESS_NONE;
		assert_true(kernel_add_address(rig.gw1, 1, &(struct ip_prefix){address_of(1), 24}, 0) == 0);
		assert_true(router_configure(rig.gw1, configurations[i], strlen(configurations[i])));
		router_start(rig.gw1);
		world_run_until(rig.world, mono_add(rig.world->now, 5 * DUR_S));
		assert_string_equal(rig.law, "");
		assert_int_equal(rig.gw1->views[0].state, VR_MASTER);
		rig.gw1->outside[0].value.state = TRACK_DOWN;
		laws_after_event(rig.world);
		assert_string_equal(rig.law, "tracking");
		rig.gw1->outside[0].value.state = TRACK_UP;
		router_stop(rig.gw1, true);
		tear_down(NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(by_peer_lists, set_up, tear_down),
		cmocka_unit_test_setup_teardown(by_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(by_wall_clocks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(by_passwords, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_group_waits_for_its_last_member, set_up, tear_down),
		cmocka_unit_test(what_is_tracked_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
