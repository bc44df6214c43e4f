/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lives drawn at random: see random_life.h. */
#include "sim/random_life.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/random.h"
#include "base/time.h"
#include "sim/random_tracked.h"

#define ROUTERS_MAX 4
#define STEPS_MAX 60
#define ROUTER_NAME_SIZE 8
#define STOP_TAKES (5 * DUR_S)
#define PEACE_NEEDS (90 * DUR_S) /* a host's neighbour entry, preempt_delay, the longest timers */

enum drawn_signature {
	SIGNATURE_NONE,
	SIGNATURE_PASS,
	SIGNATURE_AH,
	SIGNATURE_HMAC,
};

struct drawn_router {
	dur_t interval;
	bool stranger; /* has another secret, or peers that do not know it */
	dur_t wall; /* so far its wall clock is off */
	bool off;
	bool unpowered;
	dur_t stalled_until;
	dur_t ends_at; /* its process has been told to stop, and is gone by then */
	struct drawn_objects objects; /* that it tracks, besides interfaces */
};

struct life {
	struct random random;
	struct text *text;
	unsigned routers;
	unsigned version;
	bool ipv6;
	bool tracked; /* eth1 on a second switch, tracked and on the way out */
	bool two_switches;
	bool grouped; /* VI_1 on eth0 and VI_2 on eth1 are a sync group */
	bool unicast;
	enum drawn_signature signature;
	bool monotonic; /* auth_hmac goes by the order alone */
	bool strangers; /* not all hear each other: nobody knows how many masters there will be */
	bool sessions; /* every two routers have a BFD session, and track it */
	bool mixed; /* each router has an interval of its own, and a reload may bring another */
	struct drawn_router drawn[ROUTERS_MAX];
	dur_t now;
};

static unsigned below(struct life *life, unsigned bound)
{
	return (unsigned)random_below(&life->random, bound);
}

static bool chance(struct life *life, unsigned in_hundred)
{
	return random_chance(&life->random, in_hundred, 100);
}

static void say(struct life *life, const char *words)
{
	text_str(life->text, words);
}

static void say_number(struct life *life, const char *before, uint64_t number, const char *after)
{
	text_str(life->text, before);
	text_u64(life->text, number);
	text_str(life->text, after);
}

static void say_time(struct life *life, const char *before, dur_t length, const char *after)
{
	text_str(life->text, before);
	text_seconds(life->text, length);
	text_str(life->text, after);
}

static dur_t draw_interval(struct life *life)
{
	static const dur_t fast[] = {10 * DUR_MS, 50 * DUR_MS, 100 * DUR_MS, 500 * DUR_MS, DUR_S, 2 * DUR_S};

	return life->version == 2 ? (1 + below(life, 3)) * DUR_S : fast[below(life, 6)];
}

static void write_tracked_interface(struct life *life)
{
	static const char *const words[] = {"", "", " weight -60", " weight 60", " weight 60 reverse"};

	say(life, "\ttrack_interface {\n\t\teth1");
	say(life, words[below(life, sizeof(words) / sizeof(words[0]))]);
	say(life, "\n\t}\n");
}

/* Settings that change how a router behaves, and none that make two of them deaf for each other: see draw_voices(). */
static void write_options(struct life *life)
{
	static const char *const rare[] = {"\tuse_vmac\n", "\tuse_vmac_rules\n", "\tlower_prio_no_advert\n",
		"\thigher_prio_send_advert off\n", "\tgarp_master_refresh 7\n", "\tdown_timer_adverts 5\n",
		"\tgarp_lower_prio_repeat 0\n"};

	if (chance(life, 25))
		say(life, "\tnopreempt\n");
	else if (chance(life, 15))
		say_number(life, "\tpreempt_delay ", 1 + below(life, 20), "\n");
	if (chance(life, 30))
		say(life, rare[below(life, sizeof(rare) / sizeof(rare[0]))]);
	/* Then the client can only send through the address, not to it. */
	if (life->tracked && chance(life, 15))
		say(life, "\tno_accept\n");
	if (life->tracked && chance(life, 25))
		say(life, "\tvirtual_routes {\n\t\tdefault via 10.0.0.100 dev eth1 no_track\n\t}\n");
	if (life->tracked && chance(life, 80))
		write_tracked_interface(life);
}

static const char *network_of(const struct life *life, unsigned side)
{
	return life->ipv6 ? "fe80::" : side == 0 ? "192.168.1." : "10.0.0.";
}

static void write_peers(struct life *life, unsigned number, unsigned side)
{
	if (chance(life, 30)) {
		say(life, "\tunicast_src_ip ");
		say_number(life, network_of(life, side), number + 1, "\n");
	}
	if (chance(life, 30))
		say(life, "\tcheck_unicast_src\n");
	say(life, "\tunicast_peer {\n");
	for (unsigned i = 0; i < life->routers; i++) {
		if (i == number || (life->drawn[i].stranger && life->signature == SIGNATURE_NONE))
			continue;
		say(life, "\t\t");
		say_number(life, network_of(life, side), i + 1, "\n");
	}
	say(life, "\t}\n");
}

static void write_signature(struct life *life, unsigned number)
{
	const bool stranger = life->drawn[number].stranger;

	switch (life->signature) {
	case SIGNATURE_NONE:
		break;
	case SIGNATURE_PASS:
	case SIGNATURE_AH:
		say(life, "\tauthentication {\n\t\tauth_type ");
		say(life, life->signature == SIGNATURE_AH ? "AH" : "PASS");
		say(life, stranger ? "\n\t\tauth_pass other\n\t}\n" : "\n\t\tauth_pass secret\n\t}\n");
		break;
	case SIGNATURE_HMAC:
		say(life, "\tauth_hmac {\n\t\tkey 1 \"the first key, which has at least 32 letters\"\n\t\tkey 2 ");
		say(life, stranger ? "\"a key that nobody else has, however long it is\"\n"
				   : "\"the second key, which all others have as well\"\n");
		say_number(life, "\t\tactive_key ", stranger ? 2 : 1 + below(life, 2), "\n");
		say(life, life->monotonic ? "\t\tanti_replay monotonic\n\t}\n" : "\t}\n");
		break;
	}
}

static void write_virtual_router(struct life *life, unsigned number, unsigned side, unsigned priority)
{
	say_number(life, "\tversion ", life->version, "\n");
	say_time(life, "\tadvert_int ", life->drawn[number].interval, "\n");
	say_number(life, "\tpriority ", priority, "\n");
	if (life->unicast)
		write_peers(life, number, side);
	write_signature(life, number);
}

static void write_addresses(struct life *life)
{
	say(life, life->ipv6 ? "\tvirtual_ipaddress {\n\t\tfe80::254\n\t\t2001:db8::254\n\t}\n"
			     : "\tvirtual_ipaddress {\n\t\t192.168.1.254/24\n\t}\n");
}

static unsigned draw_priority(struct life *life, bool owners)
{
	return life->version == 3 && owners && chance(life, 3) ? 255 : 1 + below(life, 254);
}

/* With each of the other ones, on its first side. */
static void define_sessions(struct life *life, unsigned number)
{
	for (unsigned i = 0; life->sessions && i < life->routers; i++) {
		if (i == number)
			continue;
		say_number(life, "\tbfd_instance gw", i + 1, " {\n\t\tneighbor_ip ");
		say_number(life, network_of(life, 0), i + 1, "\n\t\tmin_tx 400\n\t\tmin_rx 400\n\t}\n");
	}
}

static void track_sessions(struct life *life, unsigned number)
{
	if (!life->sessions)
		return;
	say(life, "\ttrack_bfd {\n");
	for (unsigned i = 0; i < life->routers; i++)
		if (i != number)
			say_number(life, "\t\tgw", i + 1, chance(life, 50) ? " weight 10\n" : "\n");
	say(life, "\t}\n");
}

/* All of what it tracks besides interfaces, inside of who tracks it. */
static void track_objects(struct life *life, unsigned number)
{
	random_tracked_track(&life->drawn[number].objects, life->text);
	track_sessions(life, number);
}

static void define_objects(struct life *life, unsigned number)
{
	random_tracked_define(
		&life->drawn[number].objects, life->ipv6 ? "2001:db8::100" : "192.168.1.100", life->text);
	define_sessions(life, number);
}

/* The whole keepalived.conf of a router whose two sides are a sync group. */
static void write_group(struct life *life, unsigned number)
{
	bool nopreempt = chance(life, 25), together = chance(life, 50);
	unsigned priority = draw_priority(life, false);

	say(life, "\tconf {\n");
	define_objects(life, number);
	say(life, "\tvrrp_sync_group G {\n\tgroup {\n\tVI_1\n\tVI_2\n\t}\n");
	if (chance(life, 50))
		say(life, "\tsync_group_tracking_weight\n");
	if (together)
		track_objects(life, number);
	say(life, "\t}\n");
	for (unsigned i = 0; i < 2; i++) {
		say_number(life, "\tvrrp_instance VI_", i + 1, " {\n");
		say_number(life, "\tinterface eth", i, "\n");
		say_number(life, "\tvirtual_router_id ", 51 + i, "\n");
		write_virtual_router(life, number, i, priority);
		say(life, nopreempt ? "\tnopreempt\n" : "");
		if (!together && i == 0)
			track_objects(life, number);
		say(life, i == 0 ? "\tvirtual_ipaddress {\n\t\t192.168.1.254/24\n\t}\n\t}\n"
				 : "\tvirtual_ipaddress {\n\t\t10.0.0.254/24\n\t}\n\t}\n");
		/* Mostly the same on both sides, as people would have it. */
		if (chance(life, 20))
			priority = draw_priority(life, false);
	}
	say(life, "\t}\n");
}

/* The whole keepalived.conf of a router that is in no group; options: with all of them. */
static void write_single(struct life *life, unsigned number, bool options)
{
	say(life, "\tconf {\n");
	define_objects(life, number);
	say(life, "\tvrrp_instance VI_1 {\n\tinterface eth0\n\tvirtual_router_id 51\n");
	write_virtual_router(life, number, 0, draw_priority(life, options));
	if (options && chance(life, 20))
		say(life, "\tstate MASTER\n");
	if (options)
		write_options(life);
	track_objects(life, number);
	write_addresses(life);
	say(life, "\t}\n\t}\n");
}

static void write_configuration(struct life *life, unsigned number, bool options)
{
	if (life->grouped)
		write_group(life, number);
	else
		write_single(life, number, options);
}

static void write_router(struct life *life, unsigned number)
{
	say_number(life, "router gw", number + 1, " {\n");
	say_number(life,
		life->two_switches && number % 2 == 1 ? "\tnic eth0 lan2 192.168.1."
						      : "\tnic eth0 lan 192.168.1.",
		number + 1, "/24");
	say_number(life, " fe80::", number + 1, "/64\n");
	if (life->tracked)
		say_number(life, "\tnic eth1 up 10.0.0.", number + 1, "/24\n");
	if (chance(life, 20))
		say_number(life, "\tclock +", below(life, 200), "ppm\n");
	if (chance(life, 10))
		say_number(life, "\tnetlink ", 1 + below(life, 200), "ms\n");
	write_configuration(life, number, true);
	say(life, "}\n");
}

static void write_network(struct life *life)
{
	say(life, chance(life, 70) ? "switch lan\n" : "hub lan\n");
	if (life->two_switches)
		say(life, "switch lan2\ncable lan lan2\n");
	if (life->tracked)
		say(life, "switch up\n");
	for (unsigned i = 0; i < life->routers; i++)
		write_router(life, i);
	say(life, life->ipv6      ? "host client lan 2001:db8::100/64 to fe80::254\n"
		  : life->tracked ? "host client lan 192.168.1.100/24 to 10.0.0.100 through 192.168.1.254\n"
				  : "host client lan 192.168.1.100/24 to 192.168.1.254\n");
	if (life->tracked)
		say(life, "host next up 10.0.0.100/24\n");
}

/* Often many things at once, for that is when they meet; seldom a quiet minute. */
static void let_time_pass(struct life *life)
{
	static const dur_t longest[] = {5 * DUR_MS, 50 * DUR_MS, DUR_S, 10 * DUR_S, 120 * DUR_S};
	dur_t most = longest[below(life, 5)];

	if (chance(life, 15))
		return;
	/* In microseconds, as a person would write it. */
	life->now += (dur_t)random_below(&life->random, (uint64_t)(most / DUR_US)) * DUR_US;
}

static void begin_step(struct life *life)
{
	say_time(life, "at ", life->now, "s ");
}

static void write_router_step(struct life *life, unsigned number)
{
	struct drawn_router *router = &life->drawn[number];
	bool stalled = life->now <= router->stalled_until;
	dur_t length;

	if (router->unpowered) {
		say_number(life, "power gw", number + 1, " on\n");
		router->unpowered = router->off = false;
		return;
	}
	if (router->off && life->now < router->ends_at) {
		say(life, "heal\n");
		return;
	}
	if (router->off) {
		say_number(life, "start gw", number + 1, "\n");
		router->off = false;
		return;
	}
	switch (below(life, stalled && router->stalled_until > 0 ? 4 : 6)) {
	case 0:
		say_number(life, "stop gw", number + 1, chance(life, 20) ? " now\n" : "\n");
		router->off = true;
		router->ends_at = (stalled ? router->stalled_until : life->now) + STOP_TAKES;
		break;
	case 1:
		say_number(life, "power gw", number + 1, " off\n");
		router->unpowered = true;
		break;
	case 2:
		router->off = chance(life, 30);
		if (router->off && chance(life, 50))
			say_number(life, "kill gw", number + 1, "\n");
		else
			say_number(life, "crash gw", number + 1, router->off ? " for good\n" : "\n");
		break;
	case 3:
		say_number(life, "upgrade gw", number + 1, "\n");
		break;
	default:
		length = router->interval / 4 * (1 + below(life, 40));
		say_number(life, "stall gw", number + 1, "");
		say_time(life, " for ", length, "s\n");
		router->stalled_until = life->now + length;
		break;
	}
}

static void write_cable_step(struct life *life, unsigned number)
{
	static const char *const ways[] = {"\n", " in\n", " out\n"};
	const char *nic = life->tracked && chance(life, 40) ? ":eth1" : ":eth0";

	switch (below(life, 9)) {
	case 0:
		say_number(life, "cut gw", number + 1, nic);
		say(life, "\n");
		break;
	case 1:
		say_number(life, "silence gw", number + 1, ways[below(life, 3)]);
		break;
	case 2:
		say_number(life, "loss gw", number + 1, "");
		say_number(life, " ", 1 + below(life, 80), "%");
		say(life, ways[below(life, 3)]);
		break;
	case 3:
		say_number(life, "delay gw", number + 1, "");
		say_number(life, " ", 1 + below(life, 400), "ms");
		say(life, ways[below(life, 3)]);
		break;
	case 4:
		say_number(life, "jitter gw", number + 1, "");
		say_number(life, " ", 1 + below(life, 100), "ms\n");
		break;
	case 5:
		say_number(life, chance(life, 50) ? "duplicate gw" : "reorder gw", number + 1, " 30%\n");
		break;
	default:
		say_number(life, "heal gw", number + 1, "\n");
		break;
	}
}

/* Somebody sets its wall clock: a little, or so far that nobody believes it. */
static void write_wall_step(struct life *life, unsigned number)
{
	static const dur_t far[] = {DUR_S, 3 * DUR_S, 60 * DUR_S, 3600 * DUR_S};
	dur_t length = far[below(life, 4)];

	if (chance(life, 50) && life->drawn[number].wall != 0)
		length = life->drawn[number].wall < 0 ? -life->drawn[number].wall : life->drawn[number].wall;
	say_number(life, "wall gw", number + 1, life->drawn[number].wall > 0 ? " -" : " +");
	say_time(life, "", length, "s\n");
	life->drawn[number].wall += life->drawn[number].wall > 0 ? -length : length;
}

/* Planned maintenance, also on several at once, and undone in the midst of it. */
static void write_order_step(struct life *life, unsigned number)
{
	switch (below(life, 5)) {
	case 0:
		say_number(life, "takeover gw", number + 1, "\n");
		break;
	case 1:
		say_number(life, "drain gw", number + 1, "");
		say_number(life, " timeout ", 1 + below(life, 5000), chance(life, 30) ? "ms force\n" : "ms\n");
		break;
	case 2:
	case 3:
		say_number(life, "undrain gw", number + 1, "\n");
		break;
	default:
		say_number(life, "drain gw", number + 1, "\n");
		break;
	}
}

/* Others hold its lock: now and then for longer than an advert interval. */
static void write_slowness_step(struct life *life, unsigned number)
{
	static const unsigned longest[] = {5, 50, 500, 3000}; /* ms */
	const unsigned most = 1 + below(life, longest[below(life, 4)]);

	say_number(life, "kernel gw", number + 1, " takes ");
	say_number(life, "", below(life, most + 1), "ms to ");
	say_number(life, "", most, "ms\n");
}

static void write_kernel_step(struct life *life, unsigned number)
{
	if (chance(life, 12)) {
		write_slowness_step(life, number);
		return;
	}
	if (life->signature == SIGNATURE_HMAC && !life->monotonic && chance(life, 10)) {
		write_wall_step(life, number);
		return;
	}
	switch (below(life, 6)) {
	case 4:
	case 5:
		write_order_step(life, number);
		break;
	case 0:
		say_number(life, "down gw", number + 1, ":eth0\n");
		break;
	case 1:
		say_number(life, "up gw", number + 1, ":eth0\n");
		break;
	case 2:
		say_number(life, "delete gw", number + 1, "");
		say(life, life->ipv6 ? ":eth0 2001:db8::254/128\n" : ":eth0 192.168.1.254/24\n");
		break;
	default:
		say_number(life, "reload gw", number + 1, " {\n");
		if (life->mixed && chance(life, 30))
			life->drawn[number].interval = draw_interval(life);
		if (chance(life, 30))
			random_tracked_draw_weights(&life->drawn[number].objects, &life->random);
		write_configuration(life, number, false);
		say(life, "}\n");
		break;
	}
}

/* "gw1" */
static void router_name(unsigned number, char name[ROUTER_NAME_SIZE])
{
	struct text text;

	text_init(&text, name, ROUTER_NAME_SIZE);
	text_str(&text, "gw");
	text_u64(&text, number + 1);
}

static void write_object_step(struct life *life, unsigned number)
{
	char name[ROUTER_NAME_SIZE];

	router_name(number, name);
	random_tracked_change(&life->drawn[number].objects, name, &life->random, life->text);
}

static void mend_objects(struct life *life, unsigned number)
{
	const struct drawn_objects *objects = &life->drawn[number].objects;
	char name[ROUTER_NAME_SIZE];

	router_name(number, name);
	for (unsigned i = 0; i < objects->count; i++) {
		begin_step(life);
		random_tracked_mend(objects, i, name, life->text);
	}
}

static void write_step(struct life *life)
{
	unsigned number = below(life, life->routers), kind = below(life, 10);
	struct drawn_router *router = &life->drawn[number];

	let_time_pass(life);
	begin_step(life);
	if (router->objects.count > 0 && chance(life, 30)) {
		write_object_step(life, number);
	} else if (kind == 0) {
		say(life, "heal\n");
	} else if (kind == 1 && life->routers > 1) {
		say_number(life, life->two_switches && number % 2 == 1 ? "part lan2 gw" : "part lan gw",
			number + 1, "");
		say(life, life->two_switches && number % 2 == 1 ? " | lan\n" : " | client\n");
	} else if (kind <= 4) {
		write_cable_step(life, number);
	} else if (kind <= 6 && !router->off && !router->unpowered) {
		write_kernel_step(life, number);
	} else {
		write_router_step(life, number);
	}
}

/* Everything that was broken is mended, and everybody is there. */
static void write_peace(struct life *life)
{
	say(life, RANDOM_LIFE_PEACE "\n");
	for (unsigned i = 0; i < life->routers; i++) {
		if (life->now < life->drawn[i].stalled_until)
			life->now = life->drawn[i].stalled_until;
		if (life->now < life->drawn[i].ends_at)
			life->now = life->drawn[i].ends_at;
	}
	begin_step(life);
	say(life, "heal\n");
	for (unsigned i = 0; i < life->routers; i++) {
		const struct drawn_router *router = &life->drawn[i];

		if (router->unpowered || router->off) {
			begin_step(life);
			say_number(life, router->unpowered ? "power gw" : "start gw", i + 1,
				router->unpowered ? " on\n" : "\n");
		}
		begin_step(life);
		say_number(life, "up gw", i + 1, ":eth0\n");
		begin_step(life);
		say_number(life, "kernel gw", i + 1, " takes 0ms\n");
		if (router->wall != 0) {
			begin_step(life);
			say_number(life, "wall gw", i + 1, router->wall > 0 ? " -" : " +");
			say_time(life, "", router->wall > 0 ? router->wall : -router->wall, "s\n");
		}
		mend_objects(life, i);
	}
	/* Nobody can be told anything while an engine is started again. */
	life->now += DUR_S;
	for (unsigned i = 0; i < life->routers; i++) {
		begin_step(life);
		say_number(life, "undrain gw", i + 1, "\n");
	}
	life->now += PEACE_NEEDS;
	if (!life->strangers) {
		begin_step(life);
		say(life, life->grouped ? "expect one master vrid 51\n" : "expect one master\n");
	}
	if (life->grouped && !life->strangers) {
		begin_step(life);
		say(life, "expect one master vrid 52\n");
	}
	begin_step(life);
	say(life, "expect client works\n");
}

/* How they speak to each other. */
static void draw_voices(struct life *life)
{
	life->unicast = life->routers > 1 && chance(life, 25);
	if (chance(life, 30))
		life->signature = life->version == 3 ? SIGNATURE_HMAC
				  : chance(life, 50) ? SIGNATURE_AH
						     : SIGNATURE_PASS;
	life->monotonic = chance(life, 20);
	life->strangers = (life->unicast || life->signature != SIGNATURE_NONE) && chance(life, 15);
	for (unsigned i = 0; i < life->routers; i++)
		life->drawn[i].stranger = life->strangers && life->routers > 2 && chance(life, 40);
}

void random_life_write(struct text *text, uint64_t seed)
{
	struct life life = {.text = text};
	unsigned steps;

	random_seed(&life.random, seed);
	life.routers = 1 + below(&life, ROUTERS_MAX);
	life.version = 2 + below(&life, 2);
	life.ipv6 = life.version == 3 && chance(&life, 30);
	life.tracked = !life.ipv6 && chance(&life, 40);
	life.two_switches = chance(&life, 20);
	life.grouped = life.tracked && chance(&life, 30);
	life.mixed = life.version == 3 && chance(&life, 30);
	life.sessions = !life.ipv6 && life.routers > 1 && chance(&life, 8);
	draw_voices(&life);
	for (unsigned i = 0; i < life.routers; i++)
		if (chance(&life, 40))
			random_tracked_draw(&life.drawn[i].objects, &life.random);
	for (unsigned i = 0; i < life.routers; i++)
		life.drawn[i].interval =
			i == 0 || life.mixed ? draw_interval(&life) : life.drawn[0].interval;
	say_number(&life, "title a life drawn from seed ", seed, "\n");
	say_number(&life, "seed ", seed, "\n");
	write_network(&life);
	steps = 1 + below(&life, STEPS_MAX);
	for (unsigned i = 0; i < steps; i++)
		write_step(&life);
	write_peace(&life);
}
