/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sync groups: what gateways do whose members are one group. Every input is followed by the check that they agree. */
#include "gateways.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"

#define A 0
#define B 1
#define C 2
#define LAN 0
#define UPLINK 1

static struct site site;
static uint64_t first_seed = 1, lives = 300;

static void make(size_t gateways, size_t lans)
{
	site_init(&site, gateways, lans);
}

static void make_running(size_t gateways, size_t lans)
{
	make(gateways, lans);
	site_start(&site);
	site_run(&site, 10 * DUR_S);
	assert_int_equal(gateway_state(&site, A), VR_MASTER);
	for (size_t g = B; g < gateways; g++)
		assert_int_equal(gateway_state(&site, g), VR_BACKUP);
}

#define expect_states(first, second)                                                                         \
	do {                                                                                                 \
		assert_int_equal(gateway_state(&site, A), first);                                            \
		assert_int_equal(gateway_state(&site, B), second);                                           \
	} while (0)

static const struct vr_record *cause(size_t gateway, size_t lan)
{
	return &site.gateways[gateway].members[lan].cause;
}

static struct vr_config *config(size_t gateway, size_t lan)
{
	return &site.gateways[gateway].members[lan].config;
}

static dur_t time_until(size_t gateway, enum vr_state state)
{
	mono_t begin = site.now;

	while (gateway_state(&site, gateway) != state) {
		site_run(&site, 1 * DUR_MS);
		assert_true(mono_sub(site.now, begin) < 100 * DUR_S);
	}
	return mono_sub(site.now, begin);
}

static void members_start_together(void **state)
{
	(void)state;
	make(2, 3);
	site.gateways[A].members[UPLINK].link = false;
	site_start(&site);
	assert_int_equal(gateway_state(&site, A), VR_INITIALIZE);
	assert_int_equal(site.gateways[A].members[LAN].vr.blockers, VR_BLOCKER_SYNC_GROUP);
	assert_string_equal(site.gateways[A].members[LAN].rare.sibling.name, "VI_2");
	assert_int_equal(site.gateways[A].members[LAN].rare.sibling.blockers, VR_BLOCKER_LINK_DOWN);
	site_run(&site, 10 * DUR_S);
	expect_states(VR_INITIALIZE, VR_MASTER);
	set_link(&site, A, UPLINK, true);
	expect_states(VR_BACKUP, VR_MASTER);
	assert_int_equal(cause(A, LAN)->code, VR_RECORD_STARTED);
	site_run(&site, 10 * DUR_S);
	expect_states(VR_MASTER, VR_BACKUP);
}

static void one_of_two_faults_ends_and_nothing_moves(void **state)
{
	uint64_t before;

	(void)state;
	make_running(2, 3);
	set_link(&site, A, 1, false);
	set_link(&site, A, 2, false);
	site_run(&site, 10 * DUR_S);
	before = site.transitions;
	set_link(&site, A, 1, true);
	assert_int_equal(site.transitions, before);
	assert_string_equal(site.gateways[A].members[1].rare.sibling.name, "VI_3");
	set_link(&site, A, 2, true);
	assert_int_equal(site.transitions, before + 3);
}

static void a_pulled_cable_hands_over_within_one_skew_time(void **state)
{
	dur_t skew = vr_skew_time(3, 90, DUR_S);

	(void)state;
	make_running(2, 2);
	site_run(&site, 300 * DUR_MS);
	set_link(&site, A, UPLINK, false);
	expect_states(VR_INITIALIZE, VR_BACKUP);
	assert_int_equal(cause(A, LAN)->code, VR_RECORD_BLOCKED);
	assert_string_equal(cause(A, LAN)->sibling.name, "VI_2");
	/* The LAN heard priority 0, twice; the uplink can hear nothing, and goes along. */
	assert_true(time_until(B, VR_MASTER) <= skew + 3 * DUR_MS);
	assert_int_equal(cause(B, LAN)->code, VR_RECORD_SKEW_TIMER);
	assert_int_equal(cause(B, UPLINK)->code, VR_RECORD_GROUP_GIVEN_UP);
	assert_string_equal(cause(B, UPLINK)->sibling.name, "VI_1");
	site_run(&site, 10 * DUR_S);
	assert_int_equal(site.gateways[A].members[LAN].vr.hold, VR_HOLD_NOTHING);
}

static void the_other_side_too(void **state)
{
	(void)state;
	make_running(2, 2);
	set_track(&site, A, LAN, false);
	expect_states(VR_INITIALIZE, VR_BACKUP);
	assert_true(time_until(B, VR_MASTER) <= vr_skew_time(3, 90, DUR_S) + 3 * DUR_MS);
	set_track(&site, A, LAN, true);
	site_run(&site, 10 * DUR_S);
	expect_states(VR_MASTER, VR_BACKUP);
	assert_int_equal(times_master(&site, B), 1);
}

static void a_stopped_gateway_is_followed_by_all(void **state)
{
	(void)state;
	make_running(2, 4);
	/* The members' waits are not the same. */
	config(B, UPLINK)->priority = 80;
	gateway_stop(&site, A);
	assert_true(time_until(B, VR_MASTER) <= vr_skew_time(3, 90, DUR_S) + 3 * DUR_MS);
}

static void a_dead_gateway_is_replaced_when_all_have_waited(void **state)
{
	dur_t waited;

	(void)state;
	make(2, 2);
	config(A, UPLINK)->advert_interval = config(B, UPLINK)->advert_interval = 100 * DUR_MS;
	site_start(&site);
	site_run(&site, 10 * DUR_S);
	gateway_dies(&site, A);
	waited = time_until(B, VR_MASTER);
	assert_true(waited > 2500 * DUR_MS && waited <= vr_down_interval(3, 90, DUR_S, 3) + DUR_MS);
	assert_int_equal(cause(B, LAN)->code, VR_RECORD_DOWN_TIMER);
	assert_int_equal(cause(B, UPLINK)->code, VR_RECORD_DOWN_TIMER);
}

/* Adverts are lost on one LAN only, carrier is everywhere: nothing moves, however long that lasts. */
static void a_partial_cut_moves_nothing(void **state)
{
	uint64_t before;

	(void)state;
	make_running(2, 2);
	before = site.transitions;
	cut(&site, LAN, A, B, true);
	site_run(&site, 3600 * DUR_S);
	assert_int_equal(site.transitions, before);
	assert_true(site.gateways[B].members[LAN].vr.agrees);
	cut(&site, LAN, A, B, false);
	site_run(&site, 10 * DUR_S);
	assert_int_equal(site.transitions, before);
	/* Now the Master dies; the other takes over as ever. */
	gateway_dies(&site, A);
	assert_true(time_until(B, VR_MASTER) <= vr_down_interval(3, 90, DUR_S, 3) + DUR_MS);
}

/* One way only is enough of a cut. */
static void a_one_way_cut_moves_nothing(void **state)
{
	uint64_t before;

	(void)state;
	make_running(2, 2);
	before = site.transitions;
	site.deaf[A][B][UPLINK] = true;
	site_run(&site, 600 * DUR_S);
	assert_int_equal(site.transitions, before);
}

static void all_lans_cut_then_healed_one_by_one(void **state)
{
	(void)state;
	make_running(2, 2);
	cut(&site, LAN, A, B, true);
	cut(&site, UPLINK, A, B, true);
	site_run(&site, 10 * DUR_S);
	expect_states(VR_MASTER, VR_MASTER);
	cut(&site, UPLINK, A, B, false);
	site_run(&site, 2 * DUR_S);
	expect_states(VR_MASTER, VR_BACKUP);
	assert_int_equal(cause(B, UPLINK)->code, VR_RECORD_HIGHER_PRIORITY);
	assert_int_equal(cause(B, LAN)->code, VR_RECORD_GROUP_YIELDED);
	assert_int_equal(cause(B, LAN)->peer_priority, 100);
	site_run(&site, 600 * DUR_S);
	expect_states(VR_MASTER, VR_BACKUP);
	assert_int_equal(times_master(&site, B), 1);
	assert_int_equal(site.gateways[B].members[LAN].vr.hold, VR_HOLD_NOTHING);
}

/* Each is better on one side: whoever is Master first stays it. */
static void crossed_priorities_settle(void **state)
{
	uint64_t before;

	(void)state;
	make(2, 2);
	config(A, UPLINK)->priority = 80;
	site_start(&site);
	site_run(&site, 10 * DUR_S);
	expect_states(VR_BACKUP, VR_MASTER);
	before = site.transitions;
	site_run(&site, 600 * DUR_S);
	assert_int_equal(site.transitions, before);
	/* Both Masters meet. One wait later one of them is, and that is the end of it. */
	cut(&site, LAN, A, B, true);
	cut(&site, UPLINK, A, B, true);
	site_run(&site, 10 * DUR_S);
	expect_states(VR_MASTER, VR_MASTER);
	cut(&site, LAN, A, B, false);
	cut(&site, UPLINK, A, B, false);
	site_run(&site, 10 * DUR_S);
	before = site.transitions;
	assert_true((gateway_state(&site, A) == VR_MASTER) != (gateway_state(&site, B) == VR_MASTER));
	site_run(&site, 600 * DUR_S);
	assert_int_equal(site.transitions, before);
	assert_true(times_master(&site, A) + times_master(&site, B) <= 4);
}

static void preemption_needs_every_member(void **state)
{
	(void)state;
	make(2, 2);
	config(A, UPLINK)->preempt = false;
	gateway_start(&site, B);
	site_run(&site, 10 * DUR_S);
	gateway_start(&site, A);
	site_run(&site, 60 * DUR_S);
	expect_states(VR_BACKUP, VR_MASTER);
	config(A, UPLINK)->preempt = true;
	site_run(&site, 10 * DUR_S);
	expect_states(VR_MASTER, VR_BACKUP);
	/* In one turn, so the other hears both at once. */
	assert_int_equal(times_master(&site, B), 1);
}

static void the_longest_preempt_delay_counts(void **state)
{
	dur_t waited;

	(void)state;
	make(2, 2);
	site.gateways[A].members[UPLINK].extra.preempt_delay = 20 * DUR_S;
	gateway_start(&site, B);
	site_run(&site, 10 * DUR_S);
	gateway_start(&site, A);
	waited = time_until(A, VR_MASTER);
	assert_true(waited >= 23 * DUR_S && waited <= 25 * DUR_S);
	assert_int_equal(cause(A, UPLINK)->code, VR_RECORD_PREEMPT_DELAY);
	assert_int_equal(cause(A, LAN)->code, VR_RECORD_PREEMPTED_LOWER);
}

static void an_owner_waits_for_its_group(void **state)
{
	(void)state;
	make(2, 2);
	config(A, LAN)->priority = VR_PRIORITY_OWNER;
	gateway_start(&site, A);
	assert_int_equal(gateway_state(&site, A), VR_BACKUP);
	assert_true(site.gateways[A].members[LAN].vr.agrees);
	assert_true(time_until(A, VR_MASTER) <= vr_down_interval(3, 100, DUR_S, 3) + DUR_MS);
	assert_int_equal(cause(A, LAN)->code, VR_RECORD_OWNER_STARTED);
	/* A better one for the other member keeps the owner away, and nobody flaps. */
	config(B, UPLINK)->priority = 200;
	gateway_start(&site, B);
	site_run(&site, 20 * DUR_S);
	assert_int_equal(times_master(&site, A) + times_master(&site, B), 1);
}

static void owners_of_everything_start_as_master(void **state)
{
	(void)state;
	make(2, 2);
	config(A, LAN)->priority = config(A, UPLINK)->priority = VR_PRIORITY_OWNER;
	gateway_start(&site, B);
	site_run(&site, 10 * DUR_S);
	gateway_start(&site, A);
	expect_states(VR_MASTER, VR_BACKUP);
	assert_int_equal(cause(A, UPLINK)->code, VR_RECORD_OWNER_STARTED);
}

/* Priority 0 on one side speaks for both, but not when the other side has heard its master since. */
static void priority_zero_of_one_member(void **state)
{
	struct vr_event event = {.type = VR_EVENT_ADVERT};
	struct vrrp_advert advert = {.source = ip_v4(10, 0, 0, 9),
		.ttl = 255,
		.version = 3,
		.type = 1,
		.vrid = 51,
		.interval = DUR_S,
		.checksum_form = VRRP_CHECKSUM_PSEUDO_HEADER};

	(void)state;
	make_running(2, 2);
	cut(&site, LAN, A, B, true);
	event.advert = &advert;
	for (unsigned i = 0; i < 20; i++) {
		/* Somebody who gives up, again and again, is no reason to leave A, which speaks on the uplink. */
		site_run(&site, 350 * DUR_MS);
		member_input(&site, B, LAN, &event);
	}
	site_run(&site, 20 * DUR_S);
	expect_states(VR_MASTER, VR_BACKUP);
	assert_true(times_master(&site, B) <= 1);
}

static void a_third_gateway_follows(void **state)
{
	(void)state;
	make_running(3, 2);
	set_link(&site, A, LAN, false);
	assert_true(time_until(B, VR_MASTER) <= vr_skew_time(3, 90, DUR_S) + 3 * DUR_MS);
	site_run(&site, 10 * DUR_S);
	assert_int_equal(gateway_state(&site, C), VR_BACKUP);
	assert_int_equal(times_master(&site, C), 0);
	gateway_dies(&site, B);
	time_until(C, VR_MASTER);
}

static void a_new_member_joins_its_masters(void **state)
{
	struct vr_event startup = {.type = VR_EVENT_STARTUP};
	struct vr_event interface = {.type = VR_EVENT_INTERFACE,
		.interface = {.exists = true, .up = true, .primary = ip_v4(10, 2, 0, 1)}};
	struct actions actions;
	struct member *new;

	(void)state;
	make(1, 3);
	site.lan_count = 2;
	site_start(&site);
	site_run(&site, 10 * DUR_S);
	site.lan_count = 3;
	new = &site.gateways[A].members[2];
	vr_init(&new->vr, &new->config, &new->track_values, site.now);
	new->rare = (struct vr_rare){0};
	vr_lend(&new->vr, &new->rare);
	vr_input(&new->vr, &interface, site.now, &actions);
	/* The check after the input shows that all are Master. */
	member_input(&site, A, 2, &startup);
	assert_int_equal(new->vr.state, VR_MASTER);
	assert_int_equal(new->cause.code, VR_RECORD_GROUP_JOINED);
	assert_int_equal(times_master(&site, A), 1);
}

static void a_member_leaves_its_group(void **state)
{
	struct vr_config alone;
	struct vr_extra extra;
	struct vr_event event = {.type = VR_EVENT_CONFIG};
	struct member *member;
	struct actions actions;

	(void)state;
	make_running(2, 2);
	cut(&site, LAN, A, B, true);
	site_run(&site, 10 * DUR_S);
	member = &site.gateways[B].members[LAN];
	assert_true(member->vr.agrees);
	alone = member->config;
	extra = member->extra;
	extra.sync_group = NULL;
	alone.extra = &extra;
	event.config = &alone;
	event.track_values = &member->track_values;
	vr_input(&member->vr, &event, site.now, &actions);
	assert_true(mono_due(vr_deadline(&member->vr), site.now));
	vr_input(&member->vr, &(struct vr_event){.type = VR_EVENT_TICK}, site.now, &actions);
	assert_int_equal(member->vr.state, VR_MASTER);
}

static void one_that_was_kept_out_leaves_and_starts(void **state)
{
	struct vr_config alone;
	struct vr_extra extra;
	struct vr_event event = {.type = VR_EVENT_CONFIG};
	struct member *member;
	struct actions actions;

	(void)state;
	make_running(2, 2);
	set_link(&site, A, UPLINK, false);
	member = &site.gateways[A].members[LAN];
	alone = member->config;
	extra = member->extra;
	extra.sync_group = NULL;
	alone.extra = &extra;
	event.config = &alone;
	event.track_values = &member->track_values;
	vr_input(&member->vr, &event, site.now, &actions);
	assert_int_equal(member->vr.state, VR_BACKUP);
}

/* What a dead engine left is held until the slowest member would be Master. */
static void adopted_addresses_wait_for_the_slowest(void **state)
{
	struct vr_event startup = {.type = VR_EVENT_STARTUP, .adopt = true};

	(void)state;
	make(1, 2);
	config(A, UPLINK)->advert_interval = 5 * DUR_S;
	site.gateways[A].present = true;
	for (size_t lan = 0; lan < 2; lan++) {
		struct member *member = &site.gateways[A].members[lan];
		struct vr_event interface = {.type = VR_EVENT_INTERFACE,
			.interface = {.exists = true, .up = true, .primary = ip_v4(10, (uint8_t)lan, 0, 1)}};
		struct actions actions;

		vr_init(&member->vr, &member->config, &member->track_values, site.now);
		member->rare = (struct vr_rare){0};
		vr_lend(&member->vr, &member->rare);
		vr_input(&member->vr, &interface, site.now, &actions);
	}
	for (size_t lan = 0; lan < 2; lan++) {
		struct actions actions;

		vr_input(&site.gateways[A].members[lan].vr, &startup, site.now, &actions);
	}
	member_input(&site, A, LAN, &(struct vr_event){.type = VR_EVENT_TICK});
	site_run(&site, 18 * DUR_S);
	assert_int_equal(gateway_state(&site, A), VR_BACKUP);
	assert_int_equal(site.gateways[A].members[LAN].vr.hold, VR_HOLD_UNTIL_SUCCESSOR);
	site_run(&site, 3 * DUR_S);
	assert_int_equal(gateway_state(&site, A), VR_MASTER);
}

/* The fast member has listened long before the slow one. */
static void a_stalled_group_goes_on_when_all_have_listened(void **state)
{
	const struct vr *fast = &site.gateways[A].members[UPLINK].vr;

	(void)state;
	make(1, 2);
	config(A, UPLINK)->advert_interval = 100 * DUR_MS;
	site_start(&site);
	site_run(&site, 10 * DUR_S);
	assert_int_equal(gateway_state(&site, A), VR_MASTER);
	site.now = mono_add(site.now, 20 * DUR_S);
	site_run(&site, 800 * DUR_MS);
	assert_int_equal(gateway_state(&site, A), VR_BACKUP);
	assert_true(fast->agrees);
	assert_int_equal(fast->hold, VR_HOLD_UNTIL_SUCCESSOR);
	site_run(&site, 300 * DUR_MS);
	assert_int_equal(gateway_state(&site, A), VR_MASTER);
	assert_int_equal(cause(A, UPLINK)->code, VR_RECORD_STALL_OVER);
}

/* A stall too short for the slow member takes it along, and nobody gives up what is held. */
static void one_stalled_member_makes_all_listen(void **state)
{
	(void)state;
	make(1, 2);
	config(A, UPLINK)->advert_interval = 100 * DUR_MS;
	site_start(&site);
	site_run(&site, 10 * DUR_S);
	site.now = mono_add(site.now, 600 * DUR_MS);
	site_run(&site, 10 * DUR_MS);
	assert_int_equal(gateway_state(&site, A), VR_BACKUP);
	assert_int_equal(cause(A, LAN)->code, VR_RECORD_GROUP_YIELDED);
	assert_int_equal(site.gateways[A].members[LAN].vr.hold, VR_HOLD_UNTIL_SUCCESSOR);
	assert_int_equal(site.gateways[A].members[UPLINK].vr.hold, VR_HOLD_UNTIL_SUCCESSOR);
	site_run(&site, 1100 * DUR_MS);
	assert_int_equal(gateway_state(&site, A), VR_MASTER);
	assert_int_equal(times_master(&site, A), 2);
}

static void long_names_are_cut(void **state)
{
	char name[100];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	make(1, 2);
	config(A, UPLINK)->name = name;
	site_start(&site);
	set_link(&site, A, UPLINK, false);
	assert_int_equal(strlen(site.gateways[A].members[LAN].rare.sibling.name), VR_NAME_SIZE - 1);
}

static void sentences(void **state)
{
	char buffer[256];
	struct text text;

	(void)state;
	make_running(2, 2);
	set_link(&site, A, UPLINK, false);
	text_init(&text, buffer, sizeof(buffer));
	vr_record_text(&text, cause(A, LAN), config(A, LAN));
	assert_string_equal(buffer, "VI_2 of the same sync group has its interface down or without carrier");
	time_until(B, VR_MASTER);
	text_init(&text, buffer, sizeof(buffer));
	vr_record_text(&text, cause(B, UPLINK), config(B, UPLINK));
	assert_string_equal(buffer, "10.0.0.1 gave up with priority 0 at VI_1 of the same sync group, and no "
				    "master spoke here since");
}

/* Random lives. The check after every input is the invariant; at the end, whole and left alone, there is one Master. */
static void random_step(struct random *random)
{
	size_t a = random_below(random, (uint32_t)site.gateway_count);
	size_t b = random_below(random, (uint32_t)site.gateway_count);
	size_t lan = random_below(random, (uint32_t)site.lan_count);

	switch (random_below(random, 8)) {
	case 0:
	case 1:
		if (site.gateways[a].present)
			set_link(&site, a, lan, random_chance(random, 2, 3));
		break;
	case 2:
		if (site.gateways[a].present)
			set_track(&site, a, lan, random_chance(random, 2, 3));
		break;
	case 3:
	case 4:
		site.deaf[a][b][lan] = random_chance(random, 1, 2);
		break;
	case 5:
		if (site.gateways[a].present)
			gateway_dies(&site, a);
		else
			gateway_start(&site, a);
		break;
	default:
		break;
	}
	site_run(&site, (dur_t)random_below(random, 4 * DUR_S));
}

static void mend_everything(void)
{
	memset(site.deaf, 0, sizeof(site.deaf));
	for (size_t g = 0; g < site.gateway_count; g++) {
		if (!site.gateways[g].present)
			gateway_start(&site, g);
		for (size_t lan = 0; lan < site.lan_count; lan++) {
			set_link(&site, g, lan, true);
			set_track(&site, g, lan, true);
		}
	}
}

static void live(uint64_t seed)
{
	struct random random;
	size_t masters = 0;
	uint64_t before;

	random_seed(&random, seed);
	make(2 + random_below(&random, 2), 2 + random_below(&random, 3));
	for (size_t g = 0; g < site.gateway_count; g++)
		for (size_t lan = 0; lan < site.lan_count; lan++) {
			config(g, lan)->priority = (uint8_t)(1 + random_below(&random, 254));
			config(g, lan)->preempt = random_chance(&random, 3, 4);
			config(g, lan)->advert_interval =
				g == 0 ? (dur_t)(1 + random_below(&random, 20)) * 100 * DUR_MS
				       : config(0, lan)->advert_interval;
			if (random_chance(&random, 1, 20))
				config(g, lan)->priority = VR_PRIORITY_OWNER;
		}
	site_start(&site);
	for (unsigned i = 0; i < 60; i++)
		random_step(&random);
	mend_everything();
	site_run(&site, 60 * DUR_S);
	before = site.transitions;
	site_run(&site, 120 * DUR_S);
	for (size_t g = 0; g < site.gateway_count; g++)
		masters += gateway_state(&site, g) == VR_MASTER;
	if (masters != 1 || site.transitions != before)
		print_message("seed %llu: %zu masters, %llu transitions\n", (unsigned long long)seed, masters,
			(unsigned long long)(site.transitions - before));
	assert_int_equal(masters, 1);
	assert_int_equal(site.transitions, before);
}

static void a_group_never_disagrees_with_itself(void **state)
{
	(void)state;
	for (uint64_t seed = first_seed; seed < first_seed + lives; seed++)
		live(seed);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_start_together),
		cmocka_unit_test(one_of_two_faults_ends_and_nothing_moves),
		cmocka_unit_test(a_pulled_cable_hands_over_within_one_skew_time),
		cmocka_unit_test(the_other_side_too),
		cmocka_unit_test(a_stopped_gateway_is_followed_by_all),
		cmocka_unit_test(a_dead_gateway_is_replaced_when_all_have_waited),
		cmocka_unit_test(a_partial_cut_moves_nothing),
		cmocka_unit_test(a_one_way_cut_moves_nothing),
		cmocka_unit_test(all_lans_cut_then_healed_one_by_one),
		cmocka_unit_test(crossed_priorities_settle),
		cmocka_unit_test(preemption_needs_every_member),
		cmocka_unit_test(the_longest_preempt_delay_counts),
		cmocka_unit_test(an_owner_waits_for_its_group),
		cmocka_unit_test(owners_of_everything_start_as_master),
		cmocka_unit_test(priority_zero_of_one_member),
		cmocka_unit_test(a_third_gateway_follows),
		cmocka_unit_test(a_new_member_joins_its_masters),
		cmocka_unit_test(a_member_leaves_its_group),
		cmocka_unit_test(one_that_was_kept_out_leaves_and_starts),
		cmocka_unit_test(adopted_addresses_wait_for_the_slowest),
		cmocka_unit_test(a_stalled_group_goes_on_when_all_have_listened),
		cmocka_unit_test(one_stalled_member_makes_all_listen),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(sentences),
		cmocka_unit_test(a_group_never_disagrees_with_itself),
	};

	if (argc > 1) {
		first_seed = strtoull(argv[1], NULL, 10);
		lives = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
