/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two or three virtual routers on one LAN, in virtual time, with random planned events: stop, start, tracked objects that
 * fail and return. Each router is the shipped machine; the LAN delivers every advert within a millisecond. Required:
 *
 *	coverage	once somebody has the addresses, somebody always has them, as long as a Backup is there to take
 *			over: a planned change loses nothing
 *	agreement	two Masters at the same time have heard of each other within an interval and two deliveries
 *	election	left alone, exactly one is Master, and with preemption none in service has a higher priority
 *	belief		left alone, a host that believes whoever announced the addresses last believes the Master, even
 *			when the LAN had been cut in two for a while, and the host was on either side
 *
 * In lives with loss only the election is required, after the loss has ended. A failing seed is seen again with
 * --seed N --runs 1 --verbose.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "core/accept.h"
#include "core/vr.h"

#define ROUTERS_MAX 3
#define FLYING_MAX 256
#define LATENCY_MAX DUR_MS
#define EVENTS_PER_LIFE 60
#define LONG_AGO INT64_MIN
#define HOST ROUTERS_MAX /* its place in a cut */

struct router {
	struct vr_config config;
	struct vr vr;
	struct track_value track_values[2];
	bool addresses; /* in the kernel */
	bool routes;
	int64_t arrived[ROUTERS_MAX]; /* its last advert, at each of the others */
};

struct flying {
	struct vrrp_advert advert;
	unsigned to;
	int64_t arrives;
};

struct lan {
	uint64_t seed;
	bool verbose;
	bool lossy; /* this life has loss... */
	bool losing; /* ...at present */
	bool parted; /* in this life the LAN is cut in two now and then */
	unsigned cut; /* at present: who is on the one side, as bits; 0: it is whole */
	unsigned believed; /* who announced the addresses last, as the host heard it */
	struct random random;
	int64_t now;
	struct router routers[ROUTERS_MAX];
	unsigned count;
	struct flying flying[FLYING_MAX];
	unsigned flying_count;
	bool covered;
	int64_t last_master; /* when there was a Master for the last time */
	int64_t two_since; /* two Masters; LONG_AGO: not */
	unsigned long masters; /* became so; for the summary */
	unsigned long handovers;
	unsigned long cuts;
};

static struct virtual_address virtual_address;
static struct virtual_route virtual_route;
static const struct tracked_object tracked[2] = {{.name = "uplink"}, {.name = "weight", .weight = -60}};
#define EXTRA(...)                                                                                           \
	{                                                                                                    \
		.announce = {.repeat = 1, .rival_repeat = 1}, .routes = &virtual_route, .route_count = 1,    \
		.tracked = tracked, .tracked_count = 2, __VA_ARGS__                                          \
	}
static const struct vr_extra prompt = EXTRA(), hesitant = EXTRA(.preempt_delay = 2 * DUR_S);

static void require(const struct lan *lan, bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "FAILED: %s at %lld\n", what, (long long)lan->now);
	for (unsigned i = 0; i < lan->count; i++) {
		const struct router *r = &lan->routers[i];

		fprintf(stderr, "  .%u: %s priority %u, hold %d, addresses %d, since %lld, timer %lld\n",
			i + 1, vr_state_name(r->vr.state, r->vr.blockers), r->vr.priority, (int)r->vr.hold,
			r->addresses, (long long)r->vr.since.ns, (long long)r->vr.timer.ns);
	}
	fprintf(stderr, "  again: --seed %llu --runs 1 --verbose\n", (unsigned long long)lan->seed);
	exit(1);
}

static bool reach(const struct lan *lan, unsigned a, unsigned b)
{
	return ((lan->cut >> a ^ lan->cut >> b) & 1) == 0;
}

static void send_advert(struct lan *lan, unsigned from, uint8_t priority)
{
	const struct vr *vr = &lan->routers[from].vr;

	for (unsigned to = 0; to < lan->count; to++) {
		struct flying *flying = &lan->flying[lan->flying_count];
		int64_t arrives = lan->now + (int64_t)random_below(&lan->random, LATENCY_MAX);
		bool lost = lan->losing && random_chance(&lan->random, 1, 4);

		if (to == from || lost || !reach(lan, from, to))
			continue;
		require(lan, lan->flying_count < FLYING_MAX, "a storm of adverts");
		lan->flying_count++;
		/* A LAN keeps the order between two of its stations. */
		if (arrives <= lan->routers[from].arrived[to])
			arrives = lan->routers[from].arrived[to] + 1;
		lan->routers[from].arrived[to] = arrives;
		flying->to = to;
		flying->arrives = arrives;
		flying->advert = (struct vrrp_advert){
			.source = vr->primary,
			.destination = vrrp_group(IP_V4),
			.ttl = VRRP_TTL,
			.version = vr->config->version,
			.type = 1,
			.vrid = vr->config->vrid,
			.priority = priority,
			.address_count = 1,
			.checksum_form = vr->config->version == 3 ? vr_checksum_form(vr) : VRRP_CHECKSUM_NONE,
			.interval = vr->config->advert_interval,
			.addresses = virtual_address.prefix.addr.bytes,
		};
	}
}

static void tell(const struct lan *lan, unsigned from, const struct vr_record *record)
{
	char buffer[512];
	struct text text;

	if (!lan->verbose)
		return;
	text_init(&text, buffer, sizeof(buffer));
	vr_record_text(&text, record, lan->routers[from].vr.config);
	printf("%lld .%u %s -> %s: %s\n", (long long)lan->now, from + 1,
		vr_state_name(record->from, record->blockers), vr_state_name(record->to, record->blockers),
		buffer);
}

static void act(struct lan *lan, unsigned from, const struct actions *actions)
{
	struct router *r = &lan->routers[from];

	for (size_t i = 0; i < actions->count; i++) {
		const struct vr_action *action = &actions->list[i];

		switch (action->type) {
		case VR_ACTION_SEND_ADVERT:
			send_advert(lan, from, action->priority);
			break;
		case VR_ACTION_INSTALL:
			r->addresses = r->routes = true;
			lan->masters++;
			break;
		case VR_ACTION_REMOVE_ADDRESSES:
			r->addresses = false;
			break;
		case VR_ACTION_REMOVE_ROUTES:
			r->routes = false;
			break;
		case VR_ACTION_ANNOUNCE:
			require(lan, r->vr.state == VR_MASTER, "announced without being Master");
			if (reach(lan, from, HOST))
				lan->believed = from;
			break;
		case VR_ACTION_RECORD:
			tell(lan, from, &action->record);
			/* Who is back before anyone took over keeps everything until then. */
			require(lan,
				action->record.code != VR_RECORD_NO_SUCCESSOR || r->vr.state == VR_INITIALIZE,
				"a Backup lets go before it could be Master");
			lan->handovers += action->record.code == VR_RECORD_SUCCESSOR_HEARD;
			break;
		}
	}
}

static bool masters_agree_by(const struct lan *lan)
{
	return lan->two_since == LONG_AGO || lan->cut != 0 ||
	       lan->now <= lan->two_since + lan->routers[0].config.advert_interval + 2 * LATENCY_MAX;
}

/* Somebody who was Backup when the last Master left has heard of it, and is going to take over. */
static bool a_backup_waits(const struct lan *lan)
{
	for (unsigned i = 0; i < lan->count; i++) {
		const struct vr *vr = &lan->routers[i].vr;

		if (vr->state == VR_BACKUP && vr->since.ns < lan->last_master)
			return true;
	}
	return false;
}

static void look(struct lan *lan)
{
	unsigned masters = 0;
	bool covered = false;

	for (unsigned i = 0; i < lan->count; i++) {
		masters += lan->routers[i].vr.state == VR_MASTER;
		covered = covered || (lan->routers[i].addresses && lan->routers[i].routes);
	}
	if (lan->covered && !covered && !lan->lossy)
		require(lan, !a_backup_waits(lan), "nobody has the addresses, though a Backup is there");
	lan->covered = covered;
	if (masters > 0)
		lan->last_master = lan->now;
	if (masters < 2)
		lan->two_since = LONG_AGO;
	else if (lan->two_since == LONG_AGO)
		lan->two_since = lan->now;
	if (!lan->lossy)
		require(lan, masters_agree_by(lan), "two Masters do not notice each other");
}

static void input(struct lan *lan, unsigned to, const struct vr_event *event)
{
	struct actions actions;

	vr_input(&lan->routers[to].vr, event, (mono_t){lan->now}, &actions);
	act(lan, to, &actions);
	look(lan);
}

static void deliver(struct lan *lan, unsigned index)
{
	struct flying flying = lan->flying[index];
	const struct vr *vr = &lan->routers[flying.to].vr;

	lan->flying[index] = lan->flying[--lan->flying_count];
	if (advert_check(vr->config, vr->hold == VR_HOLD_UNTIL_SUCCESSOR, &flying.advert) != DROP_NONE ||
		(vr->state == VR_INITIALIZE && vr->hold == VR_HOLD_NOTHING))
		return;
	input(lan, flying.to, &(struct vr_event){.type = VR_EVENT_ADVERT, .advert = &flying.advert});
}

/* One thing that is due up to `until`: a delivery before a tick of the same moment. false: nothing is. */
static bool step(struct lan *lan, int64_t until)
{
	int64_t at = until;
	int who = -1, what = -1;

	for (unsigned i = 0; i < lan->count; i++) {
		int64_t deadline = vr_deadline(&lan->routers[i].vr).ns;

		if (deadline <= at) {
			at = deadline;
			who = (int)i;
		}
	}
	for (unsigned i = 0; i < lan->flying_count; i++)
		if (lan->flying[i].arrives <= at) {
			at = lan->flying[i].arrives;
			what = (int)i;
		}
	if (at > lan->now)
		lan->now = at;
	if (what >= 0)
		deliver(lan, (unsigned)what);
	else if (who >= 0)
		input(lan, (unsigned)who, &(struct vr_event){.type = VR_EVENT_TICK});
	return what >= 0 || who >= 0;
}

static void run(struct lan *lan, dur_t length)
{
	int64_t until = lan->now + length;

	while (step(lan, until))
		;
	lan->now = until;
}

static void make_router(struct lan *lan, unsigned index, const struct vr_config *common)
{
	static const uint8_t priorities[] = {100, 100, 50, 99, 200, 254, 255};
	struct router *r = &lan->routers[index];
	struct vr_event event = {.type = VR_EVENT_INTERFACE, .interface = {.exists = true, .up = true}};

	r->config = *common;
	r->config.priority = priorities[random_below(&lan->random, 7)];
	/* There is one owner at most. */
	if (index > 0 && r->config.priority == VR_PRIORITY_OWNER)
		r->config.priority = 150;
	r->config.extra = random_chance(&lan->random, 1, 4) ? &hesitant : &prompt;
	r->config.start_as_master = random_chance(&lan->random, 1, 4);
	r->track_values[0] = r->track_values[1] = track_up(true);
	vr_init(&r->vr, &r->config, r->track_values, (mono_t){lan->now});
	event.interface.primary = ip_v4(10, 0, 0, (uint8_t)(index + 1));
	input(lan, index, &event);
}

static void make_lan(struct lan *lan)
{
	static const dur_t intervals[] = {DUR_CS, 10 * DUR_CS, DUR_S};
	struct vr_config common = {
		.name = "V",
		.interface = "eth0",
		.family = IP_V4,
		.vrid = 7,
		.down_timer_adverts = 3,
		.addresses = &virtual_address,
		.address_count = 1,
		.advertised_count = 1,
	};

	common.version = (uint8_t)(2 + random_below(&lan->random, 2));
	common.advert_interval = common.version == 2 ? DUR_S : intervals[random_below(&lan->random, 3)];
	common.preempt = random_chance(&lan->random, 3, 4);
	lan->lossy = lan->losing = random_chance(&lan->random, 1, 5);
	lan->parted = !lan->lossy && random_chance(&lan->random, 1, 4);
	common.strict = random_chance(&lan->random, 1, 8);
	lan->last_master = LONG_AGO;
	lan->two_since = LONG_AGO;
	lan->count = 2 + (unsigned)random_below(&lan->random, ROUTERS_MAX - 1);
	for (unsigned i = 0; i < lan->count; i++)
		make_router(lan, i, &common);
}

/*
 * Two races of less than a delivery's time belong to the protocol, and the timers mend them; they are not provoked here.
 * A priority that sinks while an advert still carries the old one may make two Masters yield to each other. A rival
 * that has not yet heard of a Master that leaves in this moment looks like its successor.
 */
static bool is_unambiguous(const struct lan *lan, unsigned who, bool priority_changes)
{
	if (priority_changes)
		return lan->flying_count == 0;
	if (lan->routers[who].vr.state != VR_MASTER)
		return true;
	return lan->flying_count == 0 && lan->two_since == LONG_AGO;
}

static void something_happens(struct lan *lan)
{
	unsigned who = (unsigned)random_below(&lan->random, lan->count);
	struct vr *vr = &lan->routers[who].vr;
	bool started = (vr->blockers & VR_BLOCKER_NOT_STARTED) == 0;
	struct vr_event event = {.type = started ? VR_EVENT_SHUTDOWN : VR_EVENT_STARTUP};

	if (started && random_chance(&lan->random, 2, 3)) {
		event.type = VR_EVENT_TRACK;
		event.track_index = random_below(&lan->random, 2);
		event.track_value = track_up(vr->track_values[event.track_index].state != TRACK_UP);
	}
	while (!is_unambiguous(lan, who, event.type == VR_EVENT_TRACK && event.track_index == 1))
		run(lan, LATENCY_MAX / 4);
	if (lan->verbose)
		printf("%lld .%u event %d\n", (long long)lan->now, who + 1, (int)event.type);
	if (lan->two_since != LONG_AGO) /* who of the two is to yield may have changed */
		lan->two_since = lan->now;
	input(lan, who, &event);
}

/* covers: OPS-11 */
static void check_election(const struct lan *lan)
{
	const struct vr *master = NULL;
	bool somebody = false;

	for (unsigned i = 0; i < lan->count; i++) {
		const struct vr *vr = &lan->routers[i].vr;

		somebody = somebody || vr->state != VR_INITIALIZE;
		if (vr->state != VR_MASTER)
			continue;
		require(lan, master == NULL, "two Masters, and nothing happens");
		master = vr;
	}
	require(lan, somebody == (master != NULL), "no Master, though somebody could be");
	for (unsigned i = 0; i < lan->count && master != NULL; i++) {
		const struct vr *vr = &lan->routers[i].vr;

		require(lan,
			vr->state == VR_INITIALIZE || vr->priority <= master->priority ||
				(!vr->config->preempt && vr->priority != VR_PRIORITY_OWNER),
			"a router of higher priority is not Master");
		require(lan, (vr->hold == VR_HOLD_NOTHING) == (vr != master),
			"held by somebody else than the Master");
	}
}

/* In version 2 an owner is deaf, and vrrp_strict makes nobody announce again. */
static void check_belief(const struct lan *lan)
{
	for (unsigned i = 0; i < lan->count; i++) {
		const struct vr *vr = &lan->routers[i].vr;
		bool deaf = vr->config->version == 2 && vr->priority == VR_PRIORITY_OWNER;

		if (vr->state == VR_MASTER && !deaf && !vr->config->strict)
			require(lan, lan->believed == i, "the host believes somebody who is not Master");
	}
}

static void settle(struct lan *lan)
{
	run(lan, 2 * (4 * lan->routers[0].config.advert_interval + 2 * DUR_S) + DUR_S);
}

/* Long enough for a second Master, or not. */
static void cut_in_two(struct lan *lan)
{
	uint64_t longest = 8 * (uint64_t)lan->routers[0].config.advert_interval;

	settle(lan);
	lan->cut = 1 + (unsigned)random_below(&lan->random, (2 << HOST) - 1);
	lan->cuts++;
	if (lan->verbose)
		printf("%lld cut %x\n", (long long)lan->now, lan->cut);
	run(lan, (dur_t)random_below(&lan->random, longest));
	lan->cut = 0;
	if (lan->two_since != LONG_AGO)
		lan->two_since = lan->now;
	settle(lan);
	check_election(lan);
	check_belief(lan);
}

static void live(struct lan *lan)
{
	dur_t interval;

	random_seed(&lan->random, lan->seed);
	lan->now = DUR_S;
	make_lan(lan);
	interval = lan->routers[0].config.advert_interval;
	for (int i = 0; i < EVENTS_PER_LIFE; i++) {
		if (lan->parted && random_chance(&lan->random, 1, 20))
			cut_in_two(lan);
		something_happens(lan);
		/* Mostly in the middle of what the last event began. */
		if (random_chance(&lan->random, 1, 3))
			run(lan, (dur_t)random_below(&lan->random, (uint64_t)(8 * interval)));
		else
			run(lan, (dur_t)random_below(&lan->random, (uint64_t)interval));
	}
	lan->losing = false;
	settle(lan);
	check_election(lan);
	if (!lan->lossy)
		check_belief(lan);
}

int main(int argc, char **argv)
{
	uint64_t seed = 9568;
	unsigned long runs = 1000, masters = 0, handovers = 0, cuts = 0;
	bool verbose = false;

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
	virtual_address.prefix = (struct ip_prefix){.addr = ip_v4(10, 0, 0, 100), .length = 24};
	virtual_route.destination.addr = ip_v4(0, 0, 0, 0);
	virtual_route.gateway = ip_v4(10, 1, 0, 1);
	for (unsigned long i = 0; i < runs; i++) {
		static struct lan lan;

		memset(&lan, 0, sizeof(lan));
		lan.seed = seed + i;
		lan.verbose = verbose;
		live(&lan);
		masters += lan.masters;
		handovers += lan.handovers;
		cuts += lan.cuts;
	}
	printf("%lu lives, %lu times somebody became Master, %lu handovers, %lu cuts\n", runs, masters,
		handovers, cuts);
	return 0;
}
