/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Longer stories than one event: preempt_delay, the first wait, announcements, repeated rivals, what is learned. */
#include "fixture.h"

static void hear_form(struct fixture *f, uint8_t host, enum vrrp_checksum_form form)
{
	struct vrrp_advert advert = {
		.source = ip_v4(192, 168, 1, host),
		.version = 3,
		.priority = 200,
		.address_count = 1,
		.checksum_form = form,
		.interval = DUR_S,
		.addresses = f->advertised,
	};

	input(f, &(struct vr_event){.type = VR_EVENT_ADVERT, .advert = &advert});
}

static unsigned count_records(const struct fixture *f, enum vr_record_code code)
{
	unsigned count = 0;

	for (size_t i = 0; i < f->actions.count; i++)
		count +=
			f->actions.list[i].type == VR_ACTION_RECORD && f->actions.list[i].record.code == code;
	return count;
}

static void start_preempt_delay(struct fixture *f, uint8_t version)
{
	fixture_init(f, version);
	f->extra.preempt_delay = 5 * DUR_S;
	fixture_reinit(f);
	fixture_start(f);
}

/* The delay begins where the down timer would have ended; until then the lower master is followed. */
static void preempt_delay_is_kept(void **unused)
{
	struct fixture f;
	mono_t start, due;

	(void)unused;
	start_preempt_delay(&f, 2);
	start = f.now;
	due = mono_add(start, INT64_C(3609375000) + 5 * DUR_S);
	pass(&f, DUR_S / 2);
	hear(&f, 20, 50, DUR_S);
	expect_outcome(&f, "BACKUP 3.609375 nothing | new-master-heard preempt-wait");
	assert_int_equal(f.vr.preempt_at.ns, due.ns);
	while (mono_before(mono_add(f.now, DUR_S), due)) {
		pass(&f, DUR_S);
		tick(&f);
		hear(&f, 20, 50, DUR_S);
		expect_outcome(&f, "BACKUP 3.609375 nothing");
	}
	assert_int_equal(vr_deadline(&f.vr).ns, due.ns);
	f.now = due;
	tick(&f);
	expect_outcome(&f, "MASTER 1 all | install advert:100 announce:5 | preempt-delay announced");
	assert_int_equal(find_record(&f, VR_RECORD_PREEMPT_DELAY)->duration, 5 * DUR_S);
	assert_int_equal(find_record(&f, VR_RECORD_PREEMPT_DELAY)->peer_priority, 50);
}

static void preempt_delay_learns_interval(void **unused)
{
	struct fixture f;

	(void)unused;
	start_preempt_delay(&f, 3);
	hear(&f, 20, 50, 4 * DUR_S);
	assert_int_equal(f.vr.active_adver_interval, 4 * DUR_S);
	assert_int_equal(mono_sub(f.vr.timer, f.now), INT64_C(14437500000));
}

static void better_master_cancels_preempt_delay(void **unused)
{
	struct fixture f;

	(void)unused;
	start_preempt_delay(&f, 2);
	hear(&f, 20, 50, DUR_S);
	hear(&f, 30, 100, DUR_S);
	assert_int_equal(f.vr.preempt_at.ns, MONO_NEVER.ns);
}

static void priority_zero_cancels_preempt_delay(void **unused)
{
	struct fixture f;

	(void)unused;
	start_preempt_delay(&f, 2);
	hear(&f, 20, 50, DUR_S);
	hear(&f, 20, 0, DUR_S);
	assert_int_equal(f.vr.preempt_at.ns, MONO_NEVER.ns);
	assert_int_equal(mono_sub(f.vr.timer, f.now), INT64_C(609375000));
}

/* The lower master falls silent while the delay runs. */
static void silence_ends_preempt_delay(void **unused)
{
	struct fixture f;

	(void)unused;
	start_preempt_delay(&f, 2);
	hear(&f, 20, 50, DUR_S);
	run_until(&f, f.vr.timer);
	expect_outcome(&f, "MASTER 1 all | install advert:100 announce:5 | down-timer announced");
	assert_int_equal(vr_preempts_at(&f.vr).ns, MONO_NEVER.ns);
}

/* Our own priority sank meanwhile: the peer is no longer a lower one. */
static void sunken_priority_does_not_preempt(void **unused)
{
	struct fixture f;

	(void)unused;
	start_preempt_delay(&f, 2);
	hear(&f, 20, 90, DUR_S);
	while (mono_before(mono_add(f.now, DUR_S), f.vr.preempt_at)) {
		pass(&f, DUR_S);
		hear(&f, 20, 90, DUR_S);
	}
	input_track(&f, 1, false);
	f.now = f.vr.preempt_at;
	tick(&f);
	assert_int_equal(f.vr.state, VR_BACKUP);
	assert_int_equal(f.actions.count, 0);
}

/* covers: V3-CFG-09 FSM-B16 */
static void owner_knows_no_preempt_delay(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	f.config.priority = VR_PRIORITY_OWNER;
	f.config.preempt = false;
	f.extra.preempt_delay = 5 * DUR_S;
	fixture_reinit(&f);
	fixture_start(&f);
	hear(&f, 20, VR_PRIORITY_OWNER, DUR_S);
	pass(&f, DUR_S);
	hear(&f, 5, 50, DUR_S);
	assert_int_equal(f.vr.preempt_at.ns, MONO_NEVER.ns);
	run_until(&f, f.vr.timer);
	assert_int_equal(f.vr.state, VR_MASTER); /* V3-CFG-09 */
	assert_non_null(find_record(&f, VR_RECORD_PREEMPTED_LOWER));
}

static void preempted_lower_names_the_peer(void **unused)
{
	struct fixture f;
	const struct vr_record *record;
	struct ip_addr peer = ip_v4(192, 168, 1, 20);

	(void)unused;
	fixture_init(&f, 2);
	fixture_start(&f);
	pass(&f, DUR_S);
	hear(&f, 20, 99, DUR_S);
	run_until(&f, f.vr.timer);
	record = find_record(&f, VR_RECORD_PREEMPTED_LOWER);
	assert_non_null(record);
	assert_true(ip_equal(&record->peer, &peer));
	assert_int_equal(record->peer_priority, 99);
	assert_int_equal(record->own_priority, 100);
	assert_int_equal(record->from, VR_BACKUP);
	assert_int_equal(record->to, VR_MASTER);
	assert_int_equal(record->duration, INT64_C(3609375000));
}

static void first_wait_is_short_once(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	f.config.start_as_master = true;
	fixture_reinit(&f);
	fixture_start(&f);
	expect_outcome(&f, "BACKUP 1.609375 nothing | started");
	run_until(&f, f.vr.timer);
	expect_outcome(&f, "MASTER 1 all | install advert:100 announce:5 | first-wait announced");
	/* A link that comes and goes does not make it hasty again. */
	input_track(&f, 0, false);
	input_track(&f, 0, true);
	expect_outcome(&f, "BACKUP 3.609375 until | started");
}

static void first_wait_yields_to_a_better_one(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	f.config.start_as_master = true;
	fixture_reinit(&f);
	fixture_start(&f);
	pass(&f, DUR_S);
	hear(&f, 20, 200, DUR_S);
	expect_outcome(&f, "BACKUP 3.609375 nothing | new-master-heard");
	run_until(&f, f.vr.timer);
	assert_non_null(find_record(&f, VR_RECORD_DOWN_TIMER));
}

/* Ticks on the way to `until`, counting announcements. */
static unsigned announcements_until(struct fixture *f, mono_t until)
{
	unsigned count = 0;

	while (mono_due(vr_deadline(&f->vr), until)) {
		f->now = vr_deadline(&f->vr);
		tick(f);
		for (size_t i = 0; i < f->actions.count; i++)
			if (f->actions.list[i].type == VR_ACTION_ANNOUNCE)
				count += f->actions.list[i].count;
	}
	f->now = until;
	return count;
}

/* covers: ARP-03 */
static void announce_schedule(void **unused)
{
	struct fixture f;
	mono_t became;

	(void)unused;
	fixture_init(&f, 2);
	fixture_master(&f);
	expect_actions(&f, "install advert:100 announce:5 | down-timer announced");
	became = f.vr.since = f.now; /* which fixture_master has put back */
	assert_int_equal(announcements_until(&f, mono_add(became, VR_ANNOUNCE_AGAIN - 1)), 0);
	assert_int_equal(announcements_until(&f, mono_add(became, VR_ANNOUNCE_AGAIN)), 1);
	assert_int_equal(announcements_until(&f, mono_add(became, 5 * DUR_S - 1)), 0);
	assert_int_equal(announcements_until(&f, mono_add(became, 5 * DUR_S)), 5);
	assert_int_equal(announcements_until(&f, mono_add(became, 100 * DUR_S)), 0);
}

static void announce_refresh(void **unused)
{
	struct fixture f;
	mono_t became;

	(void)unused;
	fixture_init(&f, 2);
	f.extra.announce = (struct announce_config){.repeat = 2, .refresh = 10 * DUR_S, .refresh_repeat = 3};
	fixture_reinit(&f);
	fixture_master(&f);
	expect_actions(&f, "install advert:100 announce:2 | down-timer announced");
	became = f.now;
	assert_int_equal(announcements_until(&f, mono_add(became, 9 * DUR_S)), 1);
	assert_int_equal(announcements_until(&f, mono_add(became, 10 * DUR_S)), 3);
	assert_int_equal(announcements_until(&f, mono_add(became, 35 * DUR_S)), 6);
}

static void nothing_to_announce(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	f.extra.announce.repeat = 0;
	fixture_reinit(&f);
	fixture_master(&f);
	expect_actions(&f, "install advert:100 | down-timer");
	assert_int_equal(announcements_until(&f, mono_add(f.now, 10 * DUR_S)), 0);

	fixture_init(&f, 2);
	f.config.address_count = f.config.advertised_count = 0;
	fixture_reinit(&f);
	fixture_master(&f);
	expect_actions(&f, "install advert:100 | down-timer");
	assert_int_equal(announcements_until(&f, mono_add(f.now, 10 * DUR_S)), 0);
}

static void backup_announces_nothing(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 2);
	f.extra.announce.refresh = DUR_S;
	fixture_reinit(&f);
	fixture_master(&f);
	hear(&f, 20, 200, DUR_S);
	assert_int_equal(announcements_until(&f, mono_add(f.now, 3 * DUR_S)), 0);
}

/* One answer for each advert, one remark for each rival. */
/* covers: FSM-A15 FSM-A19 */
static void lower_rival_in_v3(void **unused)
{
	struct fixture f;
	mono_t timer;

	(void)unused;
	fixture_init(&f, 3);
	fixture_master(&f);
	run_until(&f, mono_add(f.now, 60 * DUR_MS));
	timer = f.vr.timer;
	hear(&f, 20, 50, DUR_S);
	expect_actions(&f, "advert:100 announce:1 | lower-heard");
	for (int i = 0; i < 10; i++) {
		pass(&f, 10 * DUR_MS);
		hear(&f, 20, 50, DUR_S);
		expect_actions(&f, "advert:100");
	}
	pass(&f, VR_ANSWER_SPACING);
	hear(&f, 20, 60, DUR_S);
	expect_actions(&f, "advert:100 | lower-heard");
	assert_int_equal(f.vr.timer.ns, timer.ns);
	run_until(&f, mono_add(f.now, 10 * DUR_S)); /* a rival that was silent for long is news again */
	hear(&f, 20, 60, DUR_S);
	expect_actions(&f, "advert:100 announce:1 | lower-heard");
}

/* Whatever asks for one. */
/* covers: AMB-22 SEC-10 FSM-A11 */
static void one_answer_in_a_millisecond(void **unused)
{
	struct fixture f;
	mono_t answered;

	(void)unused;
	fixture_init(&f, 3);
	fixture_master(&f);
	run_until(&f, mono_add(f.now, 60 * DUR_MS));
	hear(&f, 20, 50, DUR_S);
	expect_actions(&f, "advert:100 announce:1 | lower-heard");
	answered = f.now;
	pass(&f, VR_ANSWER_SPACING - 1);
	hear(&f, 20, 50, DUR_S);
	expect_actions(&f, "");
	/* Who heard that one, too, waits for an advert: it comes as soon as it may. */
	hear(&f, 20, 0, DUR_S);
	expect_actions(&f, "");
	assert_int_equal(f.vr.timer.ns, mono_add(answered, VR_ANSWER_SPACING).ns);
	pass(&f, 1);
	tick(&f);
	expect_actions(&f, "advert:100");
	assert_int_equal(f.vr.timer.ns, mono_add(f.now, DUR_S).ns);
	/* Which was the answer of this millisecond. */
	hear(&f, 20, 0, DUR_S);
	expect_actions(&f, "");
	assert_int_equal(f.vr.timer.ns, mono_add(f.now, VR_ANSWER_SPACING).ns);
	hear(&f, 20, 50, DUR_S);
	expect_actions(&f, "| lower-heard");
	pass(&f, VR_ANSWER_SPACING);
	tick(&f);
	expect_actions(&f, "advert:100");
}

/* A Master for long, with nothing left to announce on its own. */
static void settled_master(struct fixture *f, uint8_t version, dur_t interval)
{
	fixture_init(f, version);
	f->extra.announce.delay = 0;
	f->config.advert_interval = interval;
	fixture_reinit(f);
	fixture_master(f);
	run_until(f, mono_add(f->now, 10 * DUR_S + interval / 3));
}

/* The rival had told the hosts that the addresses are its own. */
static void hosts_are_reclaimed_from_a_rival(void **unused)
{
	struct ip_addr rival = ip_v4(192, 168, 1, 20);
	struct fixture f;
	mono_t heard;

	(void)unused;
	for (uint8_t version = 2; version <= 3; version++) {
		settled_master(&f, version, DUR_S);
		hear(&f, 20, 50, DUR_S);
		expect_actions(&f,
			version == 2 ? "announce:1 | lower-heard" : "advert:100 announce:1 | lower-heard");
		assert_int_equal(announcements_until(&f, mono_add(f.now, DUR_S - 1)), 0);
		hear(&f, 20, 50, DUR_S);
		expect_actions(&f, version == 2 ? "" : "advert:100"); /* once in an interval */
		pass(&f, VR_ANSWER_SPACING);
		hear(&f, 20, 50, DUR_S);
		expect_actions(&f, version == 2 ? "announce:1" : "advert:100 announce:1");
		heard = f.now;
		assert_int_equal(announcements_until(&f, mono_add(heard, DUR_S + VR_RIVAL_MARGIN - 1)), 0);
		assert_int_equal(vr_deadline(&f.vr).ns, mono_add(heard, DUR_S + VR_RIVAL_MARGIN).ns);
		f.now = vr_deadline(&f.vr);
		tick(&f);
		expect_actions(&f, "announce:5 | rival-gone");
		assert_true(ip_equal(&find_record(&f, VR_RECORD_RIVAL_GONE)->peer, &rival));
		assert_int_equal(find_record(&f, VR_RECORD_RIVAL_GONE)->peer_priority, 50);
		assert_int_equal(announcements_until(&f, mono_add(f.now, 10 * DUR_S)), 0);
	}
}

static void rival_of_a_lost_tie(void **unused)
{
	struct fixture f;

	(void)unused;
	settled_master(&f, 2, DUR_S);
	hear(&f, 5, 100, DUR_S);
	expect_actions(&f, "announce:1 | tie-held");
	assert_int_equal(announcements_until(&f, mono_add(f.now, DUR_S + VR_RIVAL_MARGIN)), 5);
	/* Our own address is nobody's, and priority 0 no claim. */
	hear(&f, 10, 100, DUR_S);
	hear(&f, 20, 0, DUR_S);
	assert_int_equal(f.vr.rival.gone_at.ns, MONO_NEVER.ns);
	assert_int_equal(announcements_until(&f, mono_add(f.now, 10 * DUR_S)), 0);
}

/* Right after a takeover it is only the predecessor that says its last words. */
static void predecessor_is_no_rival_to_tell_of(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	f.extra.announce.delay = 0;
	fixture_reinit(&f);
	fixture_master(&f);
	run_until(&f, mono_add(f.now, 60 * DUR_MS));
	hear(&f, 20, 50, DUR_S);
	f.now = f.vr.timer;
	tick(&f);
	f.now = f.vr.rival.gone_at;
	tick(&f);
	expect_actions(&f, "announce:5");
}

/* A slower one is not gone while it goes on; a fast one does not make us flood the network. */
static void slow_and_fast_rivals(void **unused)
{
	struct fixture f;
	unsigned made = 0;

	(void)unused;
	settled_master(&f, 3, DUR_S);
	for (int i = 0; i < 5; i++) {
		hear(&f, 20, 50, 4 * DUR_S);
		assert_int_equal(announcements_until(&f, mono_add(f.now, 4 * DUR_S)), 0);
	}
	assert_int_equal(announcements_until(&f, mono_add(f.now, VR_RIVAL_MARGIN)), 5);

	settled_master(&f, 3, 10 * DUR_MS);
	for (int i = 0; i < 100; i++) {
		hear(&f, 20, 50, 10 * DUR_MS);
		for (size_t k = 0; k < f.actions.count; k++)
			made += f.actions.list[k].type == VR_ACTION_ANNOUNCE;
		assert_int_equal(announcements_until(&f, mono_add(f.now, 10 * DUR_MS)), 0);
	}
	assert_int_equal(made, 10);
}

/* covers: FSM-A12 */
/* Backups learn it from the last advert of who yields, as from any: faster than the successor's, it would let them take over. */
static void the_last_advert_says_the_interval_of_the_successor(void **unused)
{
	struct fixture f;

	(void)unused;
	settled_master(&f, 3, DUR_S);
	hear(&f, 30, 200, 4 * DUR_S);
	expect_actions(&f, "advert:100/4 remove-addresses | interval-differs higher-priority released-addresses interval-learned");
	settled_master(&f, 3, DUR_S);
	hear(&f, 30, 200, DUR_S / 2);
	expect_actions(&f,
		"advert:100/0.5 remove-addresses | interval-differs higher-priority released-addresses interval-learned");
	settled_master(&f, 3, DUR_S);
	hear(&f, 30, 0, 4 * DUR_S);
	expect_actions(&f, "advert:100 | interval-differs");
}

/* covers: FSM-A12 */
static void rival_is_forgotten_by_who_yields(void **unused)
{
	struct fixture f;

	(void)unused;
	settled_master(&f, 3, DUR_S);
	hear(&f, 20, 50, DUR_S);
	hear(&f, 30, 200, DUR_S);
	expect_actions(&f, "advert:100 remove-addresses | higher-priority released-addresses");
	run_until(&f, f.vr.timer);
	assert_int_equal(f.vr.state, VR_MASTER);
	hear(&f, 20, 50, DUR_S);
	expect_actions(&f, "advert:100 announce:1 | lower-heard");
}

/* A rival changes nothing but announcements, and vrrp_strict allows neither them nor the last advert. */
static void strict_knows_no_rivals(void **unused)
{
	struct fixture f;

	(void)unused;
	settled_master(&f, 3, DUR_S);
	f.config.strict = true;
	hear(&f, 20, 50, DUR_S);
	expect_actions(&f, "advert:100 | lower-heard");
	hear(&f, 30, 200, DUR_S);
	expect_actions(&f, "remove-addresses | higher-priority released-addresses");
}

/* A reload takes announcements away while the rival is waited for. */
static void rival_with_nothing_to_announce(void **unused)
{
	struct fixture f;

	(void)unused;
	settled_master(&f, 2, DUR_S);
	hear(&f, 20, 50, DUR_S);
	f.extra.announce.rival_repeat = 0;
	assert_int_equal(announcements_until(&f, mono_add(f.now, 5 * DUR_S)), 0);
	assert_int_equal(f.vr.rival.gone_at.ns, MONO_NEVER.ns);
	hear(&f, 20, 50, DUR_S);
	expect_actions(&f, "| lower-heard");
}

/* covers: FSM-A18 */
static void own_address_is_answered_once_a_second(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	fixture_master(&f);
	hear(&f, 10, 100, DUR_S);
	expect_actions(&f, "advert:100 | tie-held");
	pass(&f, DUR_S - 1);
	hear(&f, 10, 100, DUR_S);
	expect_actions(&f, "");
	pass(&f, 1);
	hear(&f, 10, 100, DUR_S);
	expect_actions(&f, "advert:100");
	/* Only the tie with the own address is limited so. */
	pass(&f, VR_ANSWER_SPACING);
	hear(&f, 10, 99, DUR_S);
	expect_actions(&f, "advert:100 | lower-heard");
}

/* covers: FSM-A14 */
static void greater_address_is_compared_unsigned(void **unused)
{
	struct fixture f;
	struct vr_event event = {.type = VR_EVENT_INTERFACE, .interface = {true, true, {0}}};

	(void)unused;
	fixture_init(&f, 3);
	fixture_master(&f);
	event.interface.primary = ip_v4(100, 0, 0, 1);
	input(&f, &event);
	hear(&f, 10, 100, DUR_S); /* 192.168.1.10: FSM-A14 */
	assert_int_equal(f.vr.state, VR_BACKUP);
	assert_non_null(find_record(&f, VR_RECORD_TIE_LOST));
}

/* covers: RX-15 RX-17 */
static void differences_are_told_once(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	fixture_start(&f);
	f.advertised[3] = 99;
	hear(&f, 20, 200, 2 * DUR_S);
	assert_int_equal(count_records(&f, VR_RECORD_INTERVAL_DIFFERS), 1);
	assert_int_equal(count_records(&f, VR_RECORD_ADDRESSES_DIFFER), 1);
	assert_true(f.vr.peer.addresses_differ);
	hear(&f, 20, 200, 2 * DUR_S);
	expect_actions(&f, "");
	hear(&f, 20, 200, 3 * DUR_S);
	expect_actions(&f, "| interval-differs interval-learned");
	f.advertised[3] = 200;
	hear(&f, 20, 200, DUR_S);
	expect_actions(&f, "| interval-learned");
	f.advertised[3] = 99;
	hear(&f, 20, 200, DUR_S);
	expect_actions(&f, "| addresses-differ");
}

static void skipped_address_check_tells_nothing(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	f.config.skip_address_check = true;
	fixture_reinit(&f);
	fixture_start(&f);
	f.advertised[3] = 99;
	hear(&f, 20, 200, DUR_S);
	expect_actions(&f, "| new-master-heard");
}

/* covers: CKS-02 CKS-05 */
static void checksum_form_is_learned(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	fixture_start(&f);
	assert_int_equal(vr_checksum_form(&f.vr), VRRP_CHECKSUM_PSEUDO_HEADER);
	hear_form(&f, 20, VRRP_CHECKSUM_BOTH);
	assert_int_equal(vr_checksum_form(&f.vr), VRRP_CHECKSUM_PSEUDO_HEADER);
	hear_form(&f, 20, VRRP_CHECKSUM_MESSAGE_ONLY);
	expect_actions(&f, "| checksum-learned");
	assert_int_equal(vr_checksum_form(&f.vr), VRRP_CHECKSUM_MESSAGE_ONLY);
	hear_form(&f, 20, VRRP_CHECKSUM_MESSAGE_ONLY);
	expect_actions(&f, "");
	hear_form(&f, 20, VRRP_CHECKSUM_PSEUDO_HEADER);
	expect_actions(&f, "| checksum-mixed");
	assert_int_equal(vr_checksum_form(&f.vr), VRRP_CHECKSUM_PSEUDO_HEADER);
	hear_form(&f, 20, VRRP_CHECKSUM_MESSAGE_ONLY);
	expect_actions(&f, "");
	assert_int_equal(vr_checksum_form(&f.vr), VRRP_CHECKSUM_PSEUDO_HEADER);
}

/* covers: CKS-05 */
static void configured_checksum_form(void **unused)
{
	struct fixture f;

	(void)unused;
	fixture_init(&f, 3);
	f.config.checksum_form = V3_CHECKSUM_PSEUDO_HEADER;
	fixture_reinit(&f);
	fixture_start(&f);
	hear_form(&f, 20, VRRP_CHECKSUM_MESSAGE_ONLY);
	assert_int_equal(vr_checksum_form(&f.vr), VRRP_CHECKSUM_PSEUDO_HEADER);
	f.config.checksum_form = V3_CHECKSUM_MESSAGE_ONLY;
	assert_int_equal(vr_checksum_form(&f.vr), VRRP_CHECKSUM_MESSAGE_ONLY);
}

/* V3-CFG-12: the next advert carries the new values; a learned interval stays. */
/* covers: V3-CFG-12 */
static void reload(void **unused)
{
	struct fixture f;
	struct vr_extra extra;

	(void)unused;
	fixture_init(&f, 3);
	fixture_master(&f);
	f.other_config = f.config;
	f.other_config.priority = 120;
	f.other_config.advert_interval = 2 * DUR_S;
	extra = f.extra;
	extra.announce.refresh = 60 * DUR_S;
	f.other_config.extra = &extra;
	input(&f, &(struct vr_event){
			  .type = VR_EVENT_CONFIG, .config = &f.other_config, .track_values = f.track_values});
	expect_outcome(&f, "MASTER 1 all | priority-changed");
	assert_int_equal(mono_sub(f.vr.announce_refresh, f.now), 60 * DUR_S);
	run_until(&f, f.vr.timer);
	expect_outcome(&f, "MASTER 2 all | advert:120");

	fixture_init(&f, 3);
	fixture_start(&f);
	hear(&f, 20, 200, 4 * DUR_S);
	f.other_config = f.config;
	f.other_config.advert_interval = 2 * DUR_S;
	input(&f, &(struct vr_event){
			  .type = VR_EVENT_CONFIG, .config = &f.other_config, .track_values = f.track_values});
	assert_int_equal(f.vr.active_adver_interval, 4 * DUR_S);
}

static void reload_with_other_tracking(void **unused)
{
	static const struct tracked_object one = {.name = "eth3"};
	struct fixture f;
	struct track_value value = track_up(false);
	struct vr_extra extra;

	(void)unused;
	fixture_init(&f, 2);
	fixture_master(&f);
	f.other_config = f.config;
	extra = f.extra;
	extra.tracked = &one;
	extra.tracked_count = 1;
	f.other_config.extra = &extra;
	input(&f,
		&(struct vr_event){.type = VR_EVENT_CONFIG, .config = &f.other_config, .track_values = &value});
	expect_outcome(&f, "FAULT - until | advert:0 | blocked priority-zero-sent");
	input_track(&f, 0, true);
	assert_int_equal(value.state, TRACK_UP);
	assert_int_equal(f.vr.state, VR_BACKUP);
}

static void reload_that_ends_preempt_delay(void **unused)
{
	struct fixture f;

	(void)unused;
	start_preempt_delay(&f, 2);
	hear(&f, 20, 50, DUR_S);
	f.other_config = f.config;
	f.other_config.preempt = false;
	input(&f, &(struct vr_event){
			  .type = VR_EVENT_CONFIG, .config = &f.other_config, .track_values = f.track_values});
	assert_int_equal(f.vr.preempt_at.ns, MONO_NEVER.ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(preempt_delay_is_kept),
		cmocka_unit_test(preempt_delay_learns_interval),
		cmocka_unit_test(better_master_cancels_preempt_delay),
		cmocka_unit_test(priority_zero_cancels_preempt_delay),
		cmocka_unit_test(silence_ends_preempt_delay),
		cmocka_unit_test(sunken_priority_does_not_preempt),
		cmocka_unit_test(owner_knows_no_preempt_delay),
		cmocka_unit_test(preempted_lower_names_the_peer),
		cmocka_unit_test(first_wait_is_short_once),
		cmocka_unit_test(first_wait_yields_to_a_better_one),
		cmocka_unit_test(announce_schedule),
		cmocka_unit_test(announce_refresh),
		cmocka_unit_test(nothing_to_announce),
		cmocka_unit_test(backup_announces_nothing),
		cmocka_unit_test(lower_rival_in_v3),
		cmocka_unit_test(one_answer_in_a_millisecond),
		cmocka_unit_test(hosts_are_reclaimed_from_a_rival),
		cmocka_unit_test(rival_of_a_lost_tie),
		cmocka_unit_test(predecessor_is_no_rival_to_tell_of),
		cmocka_unit_test(slow_and_fast_rivals),
		cmocka_unit_test(the_last_advert_says_the_interval_of_the_successor),
		cmocka_unit_test(rival_is_forgotten_by_who_yields),
		cmocka_unit_test(strict_knows_no_rivals),
		cmocka_unit_test(rival_with_nothing_to_announce),
		cmocka_unit_test(own_address_is_answered_once_a_second),
		cmocka_unit_test(greater_address_is_compared_unsigned),
		cmocka_unit_test(differences_are_told_once),
		cmocka_unit_test(skipped_address_check_tells_nothing),
		cmocka_unit_test(checksum_form_is_learned),
		cmocka_unit_test(configured_checksum_form),
		cmocka_unit_test(reload),
		cmocka_unit_test(reload_with_other_tracking),
		cmocka_unit_test(reload_that_ends_preempt_delay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
