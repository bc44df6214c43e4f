/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random lives of a virtual router, compared with the oracle after every event, and invariants that hold whatever
 * happens. Each life has a seed of its own; the one that fails is printed with the way to see it again:
 *
 *	test_property_vr --seed 1234 --runs 1 --verbose
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "core/vr.h"
#include "oracle.h"

#define ARCHIVE_MAX 1024
#define EVENTS_PER_LIFE 400
#define TRACKED_MAX 3
#define ADDRESSES_MAX 3

struct life {
	uint64_t seed;
	bool verbose;
	struct random random;
	int64_t now; /* of the last tick; adverts may have arrived a little earlier */
	struct vr_extra extras[2]; /* of these: */
	struct vr_config configs[2]; /* the present one and the next one */
	struct tracked_object tracked[2][TRACKED_MAX];
	struct track_value tracked_now[2][TRACKED_MAX];
	unsigned present;
	struct virtual_address addresses[ADDRESSES_MAX];
	struct virtual_route route;
	struct vr vr;
	struct vr_rare rare; /* of vr */
	struct vr before;
	struct actions actions;
	struct oracle oracle;
	bool kernel_addresses; /* what the actions made of the kernel */
	bool kernel_routes;
	char event[160]; /* the last one, for people */
};

struct totals {
	size_t most_actions;
	unsigned long events;
	unsigned long transitions;
	unsigned long in_state[3]; /* events after which the router was in this state */
	unsigned long records[VR_RECORD_CODE_COUNT];
};

static void fail(const struct life *l, const char *what)
{
	fprintf(stderr, "FAILED: %s\n  after: %s\n", what, l->event);
	fprintf(stderr,
		"  core:   state %d timer %lld hold %d until %lld preempt %lld repeats %u active %lld "
		"priority %u\n",
		(int)l->vr.state, (long long)l->vr.timer.ns, (int)l->vr.hold,
		(long long)vr_holds_until(&l->vr).ns, (long long)vr_preempts_at(&l->vr).ns, l->vr.stop_adverts_left,
		(long long)l->vr.active_adver_interval, l->vr.priority);
	fprintf(stderr,
		"  oracle: state %d timer %lld addresses %lld routes %lld preempt %lld repeats %d active "
		"%lld priority %d\n",
		(int)l->oracle.state, (long long)l->oracle.timer, (long long)l->oracle.addresses_go,
		(long long)l->oracle.routes_go, (long long)l->oracle.preempt_at, l->oracle.repeats,
		(long long)l->oracle.master_interval, oracle_priority(&l->oracle));
	fprintf(stderr, "  again: --seed %llu --runs 1 --verbose\n", (unsigned long long)l->seed);
	exit(1);
}

static void require(const struct life *l, bool holds, const char *what)
{
	if (!holds)
		fail(l, what);
}

static int64_t pick(struct life *l, const int64_t *values, size_t count)
{
	return values[random_below(&l->random, count)];
}

static uint8_t random_priority(struct life *l)
{
	static const int64_t favourites[] = {1, 50, 99, 100, 101, 200, 254, 255};

	if (random_chance(&l->random, 3, 4))
		return (uint8_t)pick(l, favourites, 8);
	return (uint8_t)(1 + random_below(&l->random, 255));
}

static int64_t random_interval(struct life *l, uint8_t version)
{
	static const int64_t v2[] = {1 * DUR_S, 1 * DUR_S, 2 * DUR_S, 255 * DUR_S};
	static const int64_t v3[] = {1 * DUR_CS, 10 * DUR_CS, 100 * DUR_CS, 400 * DUR_CS, 4095 * DUR_CS};

	if (version == 2)
		return pick(l, v2, 4);
	if (random_chance(&l->random, 1, 8))
		return (int64_t)(1 + random_below(&l->random, 4095)) * DUR_CS;
	return pick(l, v3, 5);
}

static bool likely(struct life *l)
{
	return random_chance(&l->random, 3, 4);
}

static struct track_value random_value(struct life *l, const struct tracked_object *tracked)
{
	static const int64_t numbers[] = {0, 0, 1, -1, 5, -20, 254, -254, INT32_MAX, INT32_MIN};
	struct track_value value = {.state = random_chance(&l->random, 1, 2) ? TRACK_UP : TRACK_DOWN};

	if (random_chance(&l->random, 1, 12))
		value.state = TRACK_UNKNOWN;
	if (tracked->kind == TRACK_FILE && value.state == TRACK_UP)
		value.value = (int32_t)pick(l, numbers, 10);
	return value;
}

/* With which it does not take the router out. */
static struct track_value harmless(const struct tracked_object *tracked)
{
	if (tracked->kind == TRACK_FILE)
		return (struct track_value){
			.state = TRACK_UP, .value = tracked->weight == 0 && tracked->reverse};
	return track_up(!tracked->reverse);
}

static void random_tracking(struct life *l, unsigned which)
{
	static const int64_t weights[] = {0, 0, -30, 20, 253, -253};
	static const int64_t kinds[] = {TRACK_INTERFACE, TRACK_SCRIPT, TRACK_FILE, TRACK_FILE};
	static const char *const names[TRACKED_MAX] = {"t0", "t1", "t2"};

	for (unsigned i = 0; i < TRACKED_MAX; i++) {
		struct tracked_object *tracked = &l->tracked[which][i];

		tracked->name = names[i];
		tracked->weight = (int16_t)pick(l, weights, 6);
		tracked->reverse = random_chance(&l->random, 1, 6);
		tracked->kind = (enum track_kind)pick(l, kinds, 4);
		l->tracked_now[which][i] = random_chance(&l->random, 9, 10) ? harmless(tracked) : random_value(l, tracked);
	}
	l->extras[which].tracked = l->tracked[which];
	l->extras[which].tracked_count = random_below(&l->random, TRACKED_MAX + 1);
}

static void random_announce(struct life *l, struct announce_config *announce)
{
	static const int64_t refreshes[] = {0, 0, 3 * DUR_S};

	announce->delay = likely(l) ? 5 * DUR_S : 0;
	announce->repeat = (uint16_t)random_below(&l->random, 6);
	announce->refresh = pick(l, refreshes, 3);
	announce->refresh_repeat = 1;
	announce->rival_delay = likely(l) ? 0 : 2 * DUR_S;
	announce->rival_repeat = (uint16_t)random_below(&l->random, 4);
}

/* One statement for each throw: compilers throw in an initializer in whatever order they like. */
static void random_config(struct life *l, unsigned which)
{
	static const int64_t delays[] = {0, 0, 0, 1 * DUR_S, 5 * DUR_S};
	struct vr_config *c = &l->configs[which];

	l->extras[which] = (struct vr_extra){.routes = &l->route};
	*c = (struct vr_config){
		.extra = &l->extras[which],
		.name = "V",
		.interface = "eth0",
		.family = IP_V4,
		.vrid = 7,
		.down_timer_adverts = 3,
		.addresses = l->addresses,
	};
	c->version = (uint8_t)(2 + random_below(&l->random, 2));
	c->version_2_too = c->version == 3 && random_chance(&l->random, 1, 4);
	c->priority = random_priority(l);
	c->start_as_master = !likely(l);
	c->preempt = likely(l);
	c->strict = random_chance(&l->random, 1, 8);
	l->extras[which].unicast.enabled = random_chance(&l->random, 1, 8);
	c->skip_address_check = !likely(l);
	c->yield_silent = random_chance(&l->random, 1, 8);
	c->lower_priority_silent = random_chance(&l->random, 1, 8);
	c->checksum_form = likely(l) ? V3_CHECKSUM_AUTOMATIC : V3_CHECKSUM_PSEUDO_HEADER;
	if (random_chance(&l->random, 1, 8))
		c->down_timer_adverts = (uint8_t)(1 + random_below(&l->random, 9));
	c->advert_interval = random_interval(l, c->version);
	l->extras[which].preempt_delay = pick(l, delays, 5);
	l->extras[which].link_up_delay = pick(l, delays, 5);
	if (random_chance(&l->random, 1, 4))
		c->stalled_steps_down = (uint8_t)(1 + random_below(&l->random, 254));
	random_announce(l, &l->extras[which].announce);
	c->address_count = (uint32_t)random_below(&l->random, ADDRESSES_MAX + 1);
	c->advertised_count = (uint32_t)random_below(&l->random, c->address_count + 1);
	l->extras[which].route_count = random_below(&l->random, 2);
	random_tracking(l, which);
}

static struct ip_addr host(uint32_t number)
{
	return ip_v4(192, 168, 1, (uint8_t)number);
}

static uint32_t number_of(uint32_t host_number)
{
	return host_number == 0 ? 0 : 0xc0a80100u + host_number;
}

static bool yields(const struct life *l)
{
	return l->before.state == VR_MASTER && l->vr.state == VR_BACKUP && !l->vr.config->strict &&
	       !l->vr.config->yield_silent;
}

/* What the actions say: adverts in order, and what they make of the kernel. */
/* covers: TX-06 V3-CFG-08 FSM-A12 FSM-A15 FSM-A16 */
static void follow_actions(struct life *l, struct totals *totals)
{
	int sent = 0;
	bool telling = false;
	enum vr_state state = l->before.state;
	unsigned transitions = 0;
	unsigned installs = 0;
	unsigned told = 0;

	totals->events++;
	totals->in_state[l->vr.state]++;
	if (l->actions.count > totals->most_actions)
		totals->most_actions = l->actions.count;
	require(l, l->actions.count < VR_ACTIONS_MAX, "an input fills the list of actions");
	for (size_t i = 0; i < l->actions.count; i++) {
		const struct vr_action *action = &l->actions.list[i];
		const struct vr_record *record = &action->record;

		require(l, !telling || action->type == VR_ACTION_RECORD, "an action comes after a record");
		switch (action->type) {
		case VR_ACTION_SEND_ADVERT:
			require(l, l->vr.state == VR_MASTER || action->priority == 0 || yields(l),
				"advert of a router that is not Master");
			require(l, l->vr.state != VR_BACKUP || yields(l), "advert of a Backup");
			require(l, sent < l->oracle.sent_count && l->oracle.sent[sent] == action->priority,
				"the oracle sends another advert");
			sent++;
			break;
		case VR_ACTION_INSTALL:
			l->kernel_addresses = l->kernel_routes = true;
			require(l, l->vr.state == VR_MASTER, "install, but not Master");
			require(l, installs++ == 0, "installs twice");
			break;
		case VR_ACTION_REMOVE_ADDRESSES:
			require(l, l->kernel_addresses, "removes addresses that are not there");
			l->kernel_addresses = false;
			break;
		case VR_ACTION_REMOVE_ROUTES:
			require(l, l->kernel_routes, "removes routes that are not there");
			l->kernel_routes = false;
			break;
		case VR_ACTION_ANNOUNCE:
			require(l, l->vr.state == VR_MASTER, "announces, but is not Master");
			require(l, action->count > 0 && l->vr.config->address_count > 0, "announces nothing");
			break;
		case VR_ACTION_RECORD:
			telling = true;
			totals->records[record->code]++;
			told += record->code == VR_RECORD_RIVAL_GONE;
			require(l, (record->from != record->to) == (record->code <= VR_RECORD_SHUTDOWN),
				"a remark that is a transition, or the other way round");
			if (record->from != record->to) {
				transitions++;
				require(l, record->from == state, "the record tells another transition");
				state = record->to;
			}
			break;
		}
	}
	require(l, sent == l->oracle.sent_count, "the oracle sends more adverts");
	require(l, told == l->oracle.told, "the oracle tells otherwise of a rival");
	require(l, state == l->vr.state, "a transition without a record");
	/* Only after a stall, a Master is Backup before what happens happens to it. */
	require(l, transitions < 2 || (transitions == 2 && l->before.state == VR_MASTER),
		"more transitions than one");
	totals->transitions += transitions;
}

static bool set(mono_t at)
{
	return at.ns != MONO_NEVER.ns;
}

static void check_hold(const struct life *l)
{
	const struct vr *vr = &l->vr;
	bool addresses = l->oracle.addresses_go != 0;
	bool routes = l->oracle.routes_go != 0;

	require(l, (vr->hold == VR_HOLD_ALL) == (vr->state == VR_MASTER),
		"hold ALL is for the Master, and for it alone");
	require(l, addresses == (vr->hold == VR_HOLD_ALL || vr->hold == VR_HOLD_UNTIL_SUCCESSOR),
		"the oracle thinks otherwise about the addresses");
	require(l, routes == (vr->hold != VR_HOLD_NOTHING), "the oracle thinks otherwise about the routes");
	require(l, addresses == l->kernel_addresses && routes == l->kernel_routes, "hold and kernel differ");
	require(l,
		set(vr_holds_until(vr)) == (vr->hold == VR_HOLD_UNTIL_SUCCESSOR || vr->hold == VR_HOLD_ROUTES),
		"a hold without an end");
	if (set(vr_holds_until(vr)))
		require(l, vr_holds_until(vr).ns == (addresses ? l->oracle.addresses_go : l->oracle.routes_go),
			"the oracle lets go at another time");
	require(l, vr->stop_adverts_left == 0 || vr->hold == VR_HOLD_UNTIL_SUCCESSOR,
		"priority 0 is repeated with nothing to hand over");
	require(l, !vr->stopping || vr->hold != VR_HOLD_NOTHING, "still stopping with nothing left");
	require(l, !vr->stopping || (vr->blockers & VR_BLOCKER_NOT_STARTED) != 0, "stopping, but started");
}

/* covers: TMR-15 */
static void check_timers(const struct life *l)
{
	const struct vr *vr = &l->vr;
	const int64_t announce = vr_announces_at(vr).ns;

	require(l, set(vr->timer) == (vr->state != VR_INITIALIZE),
		"one timer in Backup and Master, none in Initialize");
	require(l, !set(vr_preempts_at(vr)) || vr->state == VR_BACKUP, "preempt_delay runs outside of Backup");
	require(l, set(vr_stops_again_at(vr)) == (vr->stop_adverts_left > 0),
		"repeats of priority 0 and their time");
	require(l, announce == NEVER || vr->state == VR_MASTER, "announcements are due outside of Master");
	require(l,
		vr_deadline(vr).ns ==
			(oracle_deadline(&l->oracle) < announce ? oracle_deadline(&l->oracle) : announce),
		"the oracle wakes up at another time");
}

static void check_blockers(const struct life *l)
{
	const struct vr *vr = &l->vr;
	const struct tracked_object *tracked = vr->config->extra->tracked;
	size_t count = vr->config->extra->tracked_count;
	size_t first = 0;

	while (first < count && !track_fails(&tracked[first], vr->track_values[first]))
		first++;
	require(l, (first < count) == ((vr->blockers & VR_BLOCKER_TRACK) != 0), "the tracked fault");
	require(l, first == count || vr->blocking_track == first, "another tracked object is to blame");
	require(l, l->oracle.lacks_route == ((vr->blockers & VR_BLOCKER_ROUTE) != 0), "the route that is refused");
	require(l, (vr->state == VR_INITIALIZE) == (vr->blockers != 0),
		"Initialize without a blocker, or service with one");
}

/* covers: FSM-I8 FSM-A17 V3-CFG-11 TMR-06 */
static void check(const struct life *l)
{
	const struct vr *vr = &l->vr;
	struct ip_addr source = host(l->oracle.source & 0xff);

	require(l, (int)vr->state == (int)l->oracle.state, "the oracle is in another state");
	require(l, vr->timer.ns == l->oracle.timer, "the oracle's timer ends at another time");
	require(l, vr_preempts_at(vr).ns == l->oracle.preempt_at, "the oracle preempts at another time");
	require(l, vr_checks_at(vr).ns == l->oracle.awake_at, "the oracle looks at the clock at another time");
	require(l, (vr->state == VR_MASTER ? vr->rival.gone_at.ns : NEVER) == l->oracle.rival_gone,
		"the oracle waits longer for a rival");
	require(l, vr->active_adver_interval == l->oracle.master_interval,
		"the oracle learned another interval");
	require(l, vr->priority == oracle_priority(&l->oracle), "the oracle has another priority");
	require(l, (vr->priority == VR_PRIORITY_OWNER) == (vr->config->priority == VR_PRIORITY_OWNER),
		"tracking made or unmade an owner");
	require(l, l->oracle.source == 0 || ip_equal(&vr->primary, &source),
		"the oracle sends from elsewhere");
	require(l, vr->since.ns >= l->before.since.ns, "since went backwards");
	require(l, vr->config->version == 3 || vr->active_adver_interval == vr->config->advert_interval,
		"version 2 learned an interval");
	check_blockers(l);
	check_hold(l);
	check_timers(l);
}

static void check_sentences(const struct life *l)
{
	char buffer[512];
	struct text text;

	for (size_t i = 0; i < l->actions.count; i++) {
		if (l->actions.list[i].type != VR_ACTION_RECORD)
			continue;
		text_init(&text, buffer, sizeof(buffer));
		vr_record_text(&text, &l->actions.list[i].record, l->vr.config);
		require(l, text.length > 0 && !text.overflow, "a record without a sentence");
		if (l->verbose)
			printf("\t%s: %s\n", vr_record_name(l->actions.list[i].record.code), buffer);
	}
}

/* Those of a new Master and the refresh are core's alone; against a rival, the oracle knows when. */
static void check_announcements(const struct life *l, const struct vr_event *event, int64_t at)
{
	const struct announce_config *announce = &l->vr.config->extra->announce;
	unsigned made = 0, expected = (unsigned)l->oracle.announced;

	if (l->before.state != VR_MASTER || (event->type != VR_EVENT_ADVERT && event->type != VR_EVENT_TICK))
		return;
	for (size_t i = 0; i < l->actions.count; i++)
		if (l->actions.list[i].type == VR_ACTION_ANNOUNCE)
			made += l->actions.list[i].count;
	if (event->type == VR_EVENT_TICK && l->vr.config->address_count > 0 && l->vr.state == VR_MASTER) {
		expected += l->before.announces_again && l->before.since.ns + VR_ANNOUNCE_AGAIN <= at;
		expected += l->before.announce_delayed.ns <= at ? announce->repeat : 0;
		expected += l->before.announce_refresh.ns <= at ? announce->refresh_repeat : 0;
	}
	require(l, made == expected, "the oracle announces at other times");
}

/* Another process goes on with it: what it does not know, the oracle will miss. */
static void move(struct life *l)
{
	uint8_t bytes[2][ARCHIVE_MAX];
	struct archive archive = archive_to(bytes[0], ARCHIVE_MAX);
	struct vr moved;

	vr_archive(&archive, &l->vr);
	require(l, !archive.failed && archive.at <= ARCHIVE_MAX, "the state can be written");
	vr_init(&moved, l->vr.config, l->vr.track_values, (mono_t){l->now});
	l->rare = (struct vr_rare){0};
	vr_lend(&moved, &l->rare);
	archive = archive_from(bytes[0], archive.at);
	vr_archive(&archive, &moved);
	require(l, !archive.failed && !archive_has_more(&archive), "the state can be read");
	archive = archive_to(bytes[1], ARCHIVE_MAX);
	vr_archive(&archive, &moved);
	require(l, memcmp(bytes[0], bytes[1], archive.at) == 0, "what is read is what was written");
	l->vr = moved;
}

static void feed(struct life *l, const struct vr_event *event, int64_t at, struct totals *totals)
{
	l->before = l->vr;
	if (random_chance(&l->random, 1, 16))
		move(l);
	vr_input(&l->vr, event, (mono_t){at}, &l->actions);
	if (l->verbose)
		printf("%lld %s\n", (long long)at, l->event);
	follow_actions(l, totals);
	check_announcements(l, event, at);
	check(l);
	check_sentences(l);
}

/* A tick before the deadline does nothing at all. */
static void early_tick(struct life *l)
{
	int64_t at = l->now;
	mono_t deadline = vr_deadline(&l->vr);

	if (deadline.ns <= at)
		return;
	if (random_chance(&l->random, 1, 2) && set(deadline))
		at = deadline.ns - 1;
	memcpy(&l->before, &l->vr, sizeof(l->vr));
	vr_input(&l->vr, &(struct vr_event){.type = VR_EVENT_TICK}, (mono_t){at}, &l->actions);
	snprintf(l->event, sizeof(l->event), "early tick at %lld", (long long)at);
	require(l, memcmp(&l->before, &l->vr, sizeof(l->vr)) == 0 && l->actions.count == 0,
		"an early tick did something");
}

/* Noticed just before a silence is believed, or at another moment. */
static void lose(struct life *l, struct totals *totals)
{
	int64_t at = l->now - (int64_t)random_below(&l->random, (uint64_t)(2 * l->vr.config->advert_interval));

	snprintf(l->event, sizeof(l->event), "loss at %lld", (long long)at);
	oracle_loss(&l->oracle, at, l->now);
	feed(l, &(struct vr_event){.type = VR_EVENT_LOSS, .until = {at}}, l->now, totals);
}

static void do_tick(struct life *l, struct totals *totals)
{
	static const int64_t stalls[] = {DUR_US, DUR_MS, 20 * DUR_MS, DUR_S, 100 * DUR_S};
	int64_t deadline = vr_deadline(&l->vr).ns;

	if (deadline == NEVER)
		l->now += (int64_t)random_below(&l->random, 10 * DUR_S);
	else if (deadline > l->now)
		l->now = deadline;
	if (random_chance(&l->random, 1, 6))
		l->now += pick(l, stalls, 5);
	if (random_chance(&l->random, 1, 8))
		lose(l, totals);
	snprintf(l->event, sizeof(l->event), "tick");
	oracle_tick(&l->oracle, l->now);
	feed(l, &(struct vr_event){.type = VR_EVENT_TICK}, l->now, totals);
	require(l, vr_deadline(&l->vr).ns > l->now, "a deadline in the past after a tick");
}

/* Time passes, but not beyond the next deadline: nobody looked at the clock. */
static void pass_some_time(struct life *l)
{
	int64_t deadline = vr_deadline(&l->vr).ns;
	int64_t most = deadline == NEVER || deadline - l->now > 10 * DUR_S ? 10 * DUR_S : deadline - l->now;

	if (most > 0)
		l->now += (int64_t)random_below(&l->random, (uint64_t)most);
}

static void advert_at(struct life *l, int64_t at, struct totals *totals)
{
	static const int64_t hosts[] = {5, 9, 10, 11, 20};
	static const enum vrrp_checksum_form forms[] = {VRRP_CHECKSUM_PSEUDO_HEADER,
		VRRP_CHECKSUM_PSEUDO_HEADER, VRRP_CHECKSUM_PSEUDO_HEADER, VRRP_CHECKSUM_MESSAGE_ONLY,
		VRRP_CHECKSUM_BOTH};
	const struct vr_config *config = l->vr.config;
	uint8_t list[ADDRESSES_MAX * 4];
	uint32_t from = (uint32_t)pick(l, hosts, 5);
	struct vrrp_advert advert = {
		.source = host(from),
		.version = config->version_2_too && random_chance(&l->random, 1, 2) ? 2 : config->version,
		.type = 1,
		.vrid = 7,
		.interval = config->advert_interval,
		.addresses = list,
	};

	for (unsigned i = 0; i < ADDRESSES_MAX; i++)
		memcpy(list + (size_t)4 * i, l->addresses[i].prefix.addr.bytes, 4);
	advert.address_count = (uint8_t)random_below(&l->random, ADDRESSES_MAX + 1);
	if (advert.version == 3)
		advert.checksum_form = forms[random_below(&l->random, 5)];
	if (random_chance(&l->random, 7, 8)) /* else priority 0 */
		advert.priority = likely(l) ? random_priority(l) : l->vr.priority;
	if (random_chance(&l->random, 1, 5))
		advert.interval = random_interval(l, advert.version);
	snprintf(l->event, sizeof(l->event), "advert of .%u version %u priority %u interval %lld", from,
		advert.version, advert.priority, (long long)advert.interval);
	oracle_advert(&l->oracle, number_of(from), advert.version, advert.priority, advert.interval, at);
	feed(l, &(struct vr_event){.type = VR_EVENT_ADVERT, .advert = &advert}, at, totals);
}

static void do_advert(struct life *l, struct totals *totals)
{
	int64_t at = l->now;

	if (random_chance(&l->random, 1, 8)) /* it arrived before the last tick */
		at -= (int64_t)random_below(&l->random, DUR_MS);
	advert_at(l, at, totals);
}

static void set_tracked(struct life *l, unsigned index, struct track_value value, struct totals *totals);

/* The process stands still for a while. What arrived meanwhile, with the times of its arrival, comes before anything else. */
static void do_stall(struct life *l, struct totals *totals)
{
	int64_t left = (int64_t)random_below(&l->random, (uint64_t)(6 * l->vr.config->advert_interval));
	int64_t end = l->now + left + DUR_MS;

	for (uint64_t waiting = random_below(&l->random, 4); waiting > 0; waiting--) {
		l->now += (int64_t)random_below(&l->random, (uint64_t)(end - l->now));
		advert_at(l, l->now, totals);
	}
	l->now = end;
	if (random_chance(&l->random, 1, 4))
		set_tracked(l, 0, random_value(l, &l->tracked[l->present][0]), totals);
	snprintf(l->event, sizeof(l->event), "tick after a stall");
	oracle_tick(&l->oracle, l->now);
	feed(l, &(struct vr_event){.type = VR_EVENT_TICK}, l->now, totals);
}

static void startup(struct life *l, struct totals *totals)
{
	bool adopt = random_chance(&l->random, 1, 2);
	int64_t quiet = random_chance(&l->random, 1, 4) ? l->now + 4 * DUR_S : 0;

	snprintf(l->event, sizeof(l->event), "startup%s%s", adopt ? ", adopt" : "",
		quiet > 0 ? ", hold-down" : "");
	if (adopt && !l->oracle.started && l->vr.config->address_count > 0 && l->vr.hold == VR_HOLD_NOTHING)
		l->kernel_addresses = l->kernel_routes = true;
	oracle_startup(&l->oracle, adopt, quiet, l->now);
	feed(l, &(struct vr_event){.type = VR_EVENT_STARTUP, .adopt = adopt, .quiet_until = {quiet}}, l->now,
		totals);
}

static void do_start_or_stop(struct life *l, struct totals *totals)
{
	bool at_once = random_chance(&l->random, 1, 3);

	if (random_chance(&l->random, 1, 3)) {
		startup(l, totals);
		return;
	}
	snprintf(l->event, sizeof(l->event), "shutdown%s", at_once ? " now" : "");
	oracle_shutdown(&l->oracle, at_once, l->now);
	feed(l, &(struct vr_event){.type = at_once ? VR_EVENT_SHUTDOWN_NOW : VR_EVENT_SHUTDOWN}, l->now,
		totals);
}

static void set_interface(struct life *l, bool exists, bool up, uint32_t address, struct totals *totals)
{
	struct vr_event event = {.type = VR_EVENT_INTERFACE, .interface = {.exists = exists, .up = up}};

	if (address != 0)
		event.interface.primary = host(address);
	event.interface.unproven = exists && up && random_chance(&l->random, 1, 4);
	snprintf(l->event, sizeof(l->event), "interface%s%s%s .%u", exists ? " exists" : "", up ? " up" : "",
		event.interface.unproven ? " unproven" : "", address);
	oracle_interface(
		&l->oracle, exists, up, event.interface.unproven, number_of(address), l->now);
	feed(l, &event, l->now, totals);
}

static void do_interface(struct life *l, struct totals *totals)
{
	static const int64_t hosts[] = {10, 10, 10, 11, 0};
	bool exists = random_chance(&l->random, 5, 6);
	bool up = random_chance(&l->random, 5, 6);
	uint32_t address = (uint32_t)pick(l, hosts, 5);

	set_interface(l, exists, up, address, totals);
}

static void set_tracked(struct life *l, unsigned index, struct track_value value, struct totals *totals)
{
	snprintf(l->event, sizeof(l->event), "tracked %u is %s, holds %d", index,
		track_state_name(value.state), value.value);
	oracle_track(&l->oracle, index, value, l->now);
	feed(l, &(struct vr_event){.type = VR_EVENT_TRACK, .track_index = index, .track_value = value}, l->now,
		totals);
}

static void do_track(struct life *l, struct totals *totals)
{
	unsigned index = (unsigned)random_below(&l->random, TRACKED_MAX + 1);

	set_tracked(l, index,
		random_value(l, index < TRACKED_MAX ? &l->tracked[l->present][index] : &(struct tracked_object){0}),
		totals);
}

static void set_route(struct life *l, bool refused, struct totals *totals)
{
	snprintf(l->event, sizeof(l->event), "a route is %s", refused ? "refused" : "tried again");
	oracle_route(&l->oracle, refused, l->now);
	feed(l, &(struct vr_event){.type = VR_EVENT_ROUTE, .refused = refused}, l->now, totals);
}

/* Takes one blocker away, so that lives are not spent in Initialize. */
static void heal(struct life *l, struct totals *totals)
{
	uint32_t blockers = l->vr.blockers;

	if (blockers & VR_BLOCKER_NOT_STARTED)
		startup(l, totals);
	else if (blockers & VR_BLOCKER_TRACK)
		set_tracked(l, (unsigned)l->vr.blocking_track,
			harmless(&l->vr.config->extra->tracked[l->vr.blocking_track]), totals);
	else if (blockers & VR_BLOCKER_ROUTE)
		set_route(l, false, totals);
	else
		set_interface(l, true, true, 10, totals);
}

static void do_config(struct life *l, struct totals *totals)
{
	unsigned next = 1 - l->present;

	random_config(l, next);
	if (random_chance(&l->random, 1, 2)) { /* most reloads change little */
		l->configs[next] = l->configs[l->present];
		l->configs[next].priority = random_priority(l);
		memcpy(l->tracked[next], l->tracked[l->present], sizeof(l->tracked[next]));
		memcpy(l->tracked_now[next], l->tracked_now[l->present], sizeof(l->tracked_now[next]));
		l->configs[next].extra = &l->extras[next];
		l->extras[next] = l->extras[l->present];
		l->extras[next].tracked = l->tracked[next];
	}
	l->present = next;
	snprintf(l->event, sizeof(l->event), "new configuration");
	oracle_configure(&l->oracle, &l->configs[next], l->tracked_now[next], l->now);
	feed(l,
		&(struct vr_event){.type = VR_EVENT_CONFIG,
			.config = &l->configs[next],
			.track_values = l->tracked_now[next]},
		l->now, totals);
}

static void do_install_result(struct life *l, struct totals *totals)
{
	snprintf(l->event, sizeof(l->event), "install result");
	oracle_other(&l->oracle, l->now);
	feed(l,
		&(struct vr_event){
			.type = VR_EVENT_INSTALL_RESULT, .error = random_chance(&l->random, 1, 2) ? 0 : -13},
		l->now, totals);
}

static void one_event(struct life *l, struct totals *totals)
{
	uint64_t choice = random_below(&l->random, 100);

	early_tick(l);
	if (choice < 37) {
		do_tick(l, totals);
		return;
	}
	if (choice < 40) {
		do_stall(l, totals);
		return;
	}
	pass_some_time(l);
	if (l->vr.state == VR_INITIALIZE && random_chance(&l->random, 1, 2))
		heal(l, totals);
	else if (choice < 80)
		do_advert(l, totals);
	else if (choice < 83)
		do_start_or_stop(l, totals);
	else if (choice < 88)
		do_interface(l, totals);
	else if (choice < 94)
		do_track(l, totals);
	else if (choice < 97)
		do_config(l, totals);
	else if (choice < 98)
		set_route(l, random_chance(&l->random, 1, 2), totals);
	else
		do_install_result(l, totals);
}

static void live(uint64_t seed, bool verbose, struct totals *totals)
{
	struct life *l = calloc(1, sizeof(*l));

	if (l == NULL)
		abort();
	l->seed = seed;
	l->verbose = verbose;
	random_seed(&l->random, seed);
	l->now = (int64_t)random_below(&l->random, 1000000 * DUR_S);
	for (unsigned i = 0; i < ADDRESSES_MAX; i++)
		l->addresses[i].prefix = (struct ip_prefix){.addr = host(200 + i), .length = 24};
	random_config(l, 0);
	vr_init(&l->vr, &l->configs[0], l->tracked_now[0], (mono_t){l->now});
	vr_lend(&l->vr, &l->rare);
	oracle_init(&l->oracle, &l->configs[0], l->tracked_now[0]);
	l->before = l->vr;
	check(l);
	for (int i = 0; i < EVENTS_PER_LIFE; i++)
		one_event(l, totals);
	free(l);
}

/* tests/unit/core/test_sync_group.c and test_drain.c are about these. */
static bool is_shown_elsewhere(unsigned code)
{
	return code == VR_RECORD_GROUP_GIVEN_UP || code == VR_RECORD_GROUP_JOINED ||
	       code == VR_RECORD_GROUP_YIELDED || code == VR_RECORD_GROUP_READY || code == VR_RECORD_NOT_HANDED_OVER ||
	       code == VR_RECORD_TAKEN_OVER || code == VR_RECORD_PRIORITY_RAISED || code == VR_RECORD_NOT_READY;
}

/* A test that never sees a cause proves nothing about it. */
static int unseen_records(const struct totals *totals)
{
	int unseen = 0;

	for (unsigned code = 0; code < VR_RECORD_CODE_COUNT; code++) {
		if (totals->records[code] > 0 || is_shown_elsewhere(code))
			continue;
		fprintf(stderr, "never seen: %s\n", vr_record_name((enum vr_record_code)code));
		unseen++;
	}
	return unseen;
}

int main(int argc, char **argv)
{
	uint64_t seed = 9568;
	unsigned long runs = 2000;
	bool verbose = false;
	struct totals totals = {0};

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 0);
		else if (strcmp(argv[i], "--runs") == 0 && i + 1 < argc)
			runs = strtoul(argv[++i], NULL, 0);
		else if (strcmp(argv[i], "--verbose") == 0)
			verbose = true;
		else {
			fprintf(stderr, "usage: %s [--seed N] [--runs N] [--verbose]\n", argv[0]);
			return 2;
		}
	}
	printf("--seed %llu --runs %lu\n", (unsigned long long)seed, runs);
	fflush(stdout);
	for (unsigned long run = 0; run < runs; run++)
		live(seed + run, verbose, &totals);
	printf("%lu lives, %lu events (%lu in Initialize, %lu in Backup, %lu in Master), %lu transitions, "
	       "at most %zu actions for one event\n",
		runs, totals.events, totals.in_state[VR_INITIALIZE], totals.in_state[VR_BACKUP],
		totals.in_state[VR_MASTER], totals.transitions, totals.most_actions);
	return runs >= 1000 && unseen_records(&totals) > 0 ? 1 : 0;
}
