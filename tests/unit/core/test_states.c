/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every state with every event, for both versions: what becomes of the state, the timer (seconds from the event on), the
 * hold, and which actions and records come out. Written from RFC 9568 6.4 and RFC 3768 6.4 with the choices
 * AMB of doc/conformance.md, not from the code. "=" means: no action, and not one byte of the router changes.
 *
 * The event comes half a second after the state was entered. Own address .10, priority 100 (255 for the owner).
 */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

enum start {
	NEW, /* vr_init only */
	READY, /* interface there, not started */
	FAULT, /* started, eth1 down */
	HOLDING, /* was Master, Shutdown said */
	BACKUP,
	BACKUP_NO_PREEMPT,
	MASTER,
	OWNER_MASTER,
	OWNER_BACKUP, /* lost the tie against the owner .20 */
	START_COUNT,
};

enum happening {
	TICK_EARLY,
	TICK_DUE, /* when the state's timer fires, else at vr_deadline, or 10 s later when there is none */
	STARTUP,
	SHUTDOWN,
	SHUTDOWN_NOW,
	ZERO, /* from .20 */
	LOWER, /* 50 from .20 */
	EQUAL_LESSER, /* own priority from .5 */
	EQUAL_SAME, /* own priority from .10 */
	EQUAL_GREATER, /* own priority from .20 */
	HIGHER, /* 200 from .5 */
	HIGHER_SLOWER, /* 200 from .5, every 4 s (accept.c lets no such v2 advert through) */
	FROM_OWNER, /* 255 from .20 */
	LINK_SAME,
	LINK_GONE,
	LINK_OFF,
	LINK_NO_ADDRESS,
	LINK_RENUMBERED, /* .11 */
	TRACK_FAULT, /* eth1 down */
	TRACK_GOOD, /* eth1 up */
	TRACK_WEIGHT, /* eth2 down: priority 80 */
	TRACK_NOBODY, /* an index that does not exist */
	CONFIG_SAME,
	CONFIG_CHANGED, /* priority 150, every 2 s, one address more */
	INSTALL_OK,
	INSTALL_FAILED,
	HAPPENING_COUNT,
};

struct expected {
	const char *v2, *v3;
};

/* One row is one line. */
/* clang-format off */
#define BOTH(text) {text, text}
#define NOTHING BOTH("=")
#define ADVERTS(text)                                                                                                  \
	[ZERO] = text, [LOWER] = text, [EQUAL_LESSER] = text, [EQUAL_SAME] = text, [EQUAL_GREATER] = text,             \
	[HIGHER] = text, [HIGHER_SLOWER] = text, [FROM_OWNER] = text
#define LOST(text) [LINK_GONE] = BOTH(text), [LINK_OFF] = BOTH(text), [LINK_NO_ADDRESS] = BOTH(text)
#define LET_GO "remove-addresses remove-routes | "
#define RELEASED "released-addresses released-routes"

static const struct expected table[START_COUNT][HAPPENING_COUNT] = {
	[NEW] = {
		[TICK_EARLY] = NOTHING,
		[TICK_DUE] = NOTHING,
		[STARTUP] = BOTH("FAULT - nothing | blockers-changed"),
		[SHUTDOWN] = BOTH("FAULT - nothing | stopped"),
		[SHUTDOWN_NOW] = BOTH("FAULT - nothing | stopped"),
		ADVERTS(NOTHING), /* FSM-I4 */
		[LINK_SAME] = BOTH("INIT - nothing"),
		[LINK_GONE] = NOTHING,
		[LINK_OFF] = BOTH("FAULT - nothing"),
		[LINK_NO_ADDRESS] = BOTH("FAULT - nothing"),
		[LINK_RENUMBERED] = BOTH("INIT - nothing"),
		[TRACK_FAULT] = BOTH("FAULT - nothing"),
		[TRACK_GOOD] = NOTHING,
		[TRACK_WEIGHT] = BOTH("FAULT - nothing"),
		[TRACK_NOBODY] = NOTHING,
		[CONFIG_SAME] = BOTH("FAULT - nothing"),
		[CONFIG_CHANGED] = BOTH("FAULT - nothing"),
		[INSTALL_OK] = BOTH("FAULT - nothing | installed"),
		[INSTALL_FAILED] = BOTH("FAULT - nothing | install-failed"),
	},
	[READY] = {
		[TICK_EARLY] = NOTHING,
		[TICK_DUE] = NOTHING,
		[STARTUP] = BOTH("BACKUP 3.609375 nothing | started"), /* FSM-I2 */
		[SHUTDOWN] = BOTH("INIT - nothing | stopped"),
		[SHUTDOWN_NOW] = BOTH("INIT - nothing | stopped"),
		ADVERTS(NOTHING),
		[LINK_SAME] = NOTHING,
		LOST("FAULT - nothing"),
		[LINK_RENUMBERED] = BOTH("INIT - nothing"),
		[TRACK_FAULT] = BOTH("FAULT - nothing"),
		[TRACK_GOOD] = NOTHING,
		[TRACK_WEIGHT] = BOTH("INIT - nothing"),
		[TRACK_NOBODY] = NOTHING,
		[CONFIG_SAME] = BOTH("INIT - nothing"),
		[CONFIG_CHANGED] = BOTH("INIT - nothing"),
		[INSTALL_OK] = BOTH("INIT - nothing | installed"),
		[INSTALL_FAILED] = BOTH("INIT - nothing | install-failed"),
	},
	[FAULT] = {
		[TICK_EARLY] = NOTHING,
		[TICK_DUE] = NOTHING,
		[STARTUP] = NOTHING,
		[SHUTDOWN] = BOTH("FAULT - nothing | stopped"),
		[SHUTDOWN_NOW] = BOTH("FAULT - nothing | stopped"),
		ADVERTS(NOTHING),
		[LINK_SAME] = NOTHING,
		LOST("FAULT - nothing | blockers-changed"),
		[LINK_RENUMBERED] = BOTH("FAULT - nothing"),
		[TRACK_FAULT] = NOTHING,
		[TRACK_GOOD] = BOTH("BACKUP 3.609375 nothing | started"),
		[TRACK_WEIGHT] = BOTH("FAULT - nothing | priority-changed"),
		[TRACK_NOBODY] = NOTHING,
		[CONFIG_SAME] = BOTH("FAULT - nothing"),
		[CONFIG_CHANGED] = BOTH("FAULT - nothing | priority-changed"),
		[INSTALL_OK] = BOTH("FAULT - nothing | installed"),
		[INSTALL_FAILED] = BOTH("FAULT - nothing | install-failed"),
	},
	[HOLDING] = {
		[TICK_EARLY] = NOTHING,
		[TICK_DUE] = BOTH("INIT - nothing | " LET_GO "no-successor " RELEASED " stopped"),
		[STARTUP] = BOTH("BACKUP 3.609375 until | started"),
		[SHUTDOWN] = NOTHING,
		[SHUTDOWN_NOW] = BOTH("INIT - nothing | " LET_GO RELEASED " stopped"),
		[ZERO] = BOTH("INIT - until"),
		[LOWER] = BOTH("INIT - routes | remove-addresses | successor-heard released-addresses"),
		[EQUAL_LESSER] = BOTH("INIT - routes | remove-addresses | successor-heard released-addresses"),
		[EQUAL_SAME] = BOTH("INIT - until"),
		[EQUAL_GREATER] = BOTH("INIT - routes | remove-addresses | successor-heard released-addresses"),
		[HIGHER] = BOTH("INIT - routes | remove-addresses | successor-heard released-addresses"),
		[HIGHER_SLOWER] =
			BOTH("INIT - routes | remove-addresses | interval-differs successor-heard released-addresses"),
		[FROM_OWNER] = BOTH("INIT - routes | remove-addresses | successor-heard released-addresses"),
		[LINK_SAME] = NOTHING,
		LOST("FAULT - nothing | " LET_GO RELEASED " stopped"),
		[LINK_RENUMBERED] = BOTH("INIT - until"),
		[TRACK_FAULT] = BOTH("FAULT - until"),
		[TRACK_GOOD] = NOTHING,
		[TRACK_WEIGHT] = BOTH("INIT - until"),
		[TRACK_NOBODY] = NOTHING,
		[CONFIG_SAME] = BOTH("INIT - until"),
		[CONFIG_CHANGED] = BOTH("INIT - until"),
		[INSTALL_OK] = BOTH("INIT - until | installed"),
		[INSTALL_FAILED] = BOTH("INIT - until | install-failed"),
	},
	[BACKUP] = {
		[TICK_EARLY] = NOTHING,
		[TICK_DUE] = BOTH("MASTER 1 all | install advert:100 announce:5 | down-timer announced"), /* FSM-B7 */
		[STARTUP] = NOTHING,
		[SHUTDOWN] = BOTH("INIT - nothing | shutdown stopped"), /* FSM-B6 */
		[SHUTDOWN_NOW] = BOTH("INIT - nothing | shutdown stopped"),
		[ZERO] = BOTH("BACKUP 0.609375 nothing | priority-zero-heard"), /* FSM-B9 */
		[LOWER] = BOTH("BACKUP 3.109375 nothing | new-master-heard"), /* FSM-B12 */
		[EQUAL_LESSER] = BOTH("BACKUP 3.609375 nothing | new-master-heard"), /* FSM-B10, B13 */
		[EQUAL_SAME] = BOTH("BACKUP 3.609375 nothing | new-master-heard"), /* AMB-19 */
		[EQUAL_GREATER] = BOTH("BACKUP 3.609375 nothing | new-master-heard"),
		[HIGHER] = BOTH("BACKUP 3.609375 nothing | new-master-heard"),
		[HIGHER_SLOWER] = {"BACKUP 3.609375 nothing | interval-differs new-master-heard", /* TMR-06 */
			"BACKUP 14.4375 nothing | interval-differs new-master-heard interval-learned"}, /* TMR-05 */
		[FROM_OWNER] = BOTH("BACKUP 3.609375 nothing | new-master-heard"),
		[LINK_SAME] = NOTHING,
		LOST("FAULT - nothing | blocked"),
		[LINK_RENUMBERED] = BOTH("BACKUP 3.109375 nothing"),
		[TRACK_FAULT] = BOTH("FAULT - nothing | blocked"),
		[TRACK_GOOD] = NOTHING,
		[TRACK_WEIGHT] = BOTH("BACKUP 3.109375 nothing | priority-changed"), /* TMR-14 */
		[TRACK_NOBODY] = NOTHING,
		[CONFIG_SAME] = BOTH("BACKUP 3.109375 nothing"),
		[CONFIG_CHANGED] = BOTH("BACKUP 3.109375 nothing | priority-changed"), /* TMR-14 */
		[INSTALL_OK] = BOTH("BACKUP 3.109375 nothing | installed"),
		[INSTALL_FAILED] = BOTH("BACKUP 3.109375 nothing | install-failed"),
	},
	[BACKUP_NO_PREEMPT] = {
		[TICK_EARLY] = NOTHING,
		[TICK_DUE] = BOTH("MASTER 1 all | install advert:100 announce:5 | down-timer announced"),
		[STARTUP] = NOTHING,
		[SHUTDOWN] = BOTH("INIT - nothing | shutdown stopped"),
		[SHUTDOWN_NOW] = BOTH("INIT - nothing | shutdown stopped"),
		[ZERO] = BOTH("BACKUP 0.609375 nothing | priority-zero-heard"),
		[LOWER] = BOTH("BACKUP 3.609375 nothing | new-master-heard"), /* FSM-B11 */
		[EQUAL_LESSER] = BOTH("BACKUP 3.609375 nothing | new-master-heard"),
		[EQUAL_SAME] = BOTH("BACKUP 3.609375 nothing | new-master-heard"),
		[EQUAL_GREATER] = BOTH("BACKUP 3.609375 nothing | new-master-heard"),
		[HIGHER] = BOTH("BACKUP 3.609375 nothing | new-master-heard"),
		[HIGHER_SLOWER] = {"BACKUP 3.609375 nothing | interval-differs new-master-heard",
			"BACKUP 14.4375 nothing | interval-differs new-master-heard interval-learned"},
		[FROM_OWNER] = BOTH("BACKUP 3.609375 nothing | new-master-heard"),
		[LINK_SAME] = NOTHING,
		LOST("FAULT - nothing | blocked"),
		[LINK_RENUMBERED] = BOTH("BACKUP 3.109375 nothing"),
		[TRACK_FAULT] = BOTH("FAULT - nothing | blocked"),
		[TRACK_GOOD] = NOTHING,
		[TRACK_WEIGHT] = BOTH("BACKUP 3.109375 nothing | priority-changed"),
		[TRACK_NOBODY] = NOTHING,
		[CONFIG_SAME] = BOTH("BACKUP 3.109375 nothing"),
		[CONFIG_CHANGED] = BOTH("BACKUP 3.109375 nothing | priority-changed"),
		[INSTALL_OK] = BOTH("BACKUP 3.109375 nothing | installed"),
		[INSTALL_FAILED] = BOTH("BACKUP 3.109375 nothing | install-failed"),
	},
	[MASTER] = {
		[TICK_EARLY] = NOTHING,
		[TICK_DUE] = BOTH("MASTER 1 all | advert:100"), /* FSM-A10 */
		[STARTUP] = NOTHING,
		[SHUTDOWN] = BOTH("INIT - until | advert:0 | shutdown priority-zero-sent"), /* FSM-A9 */
		[SHUTDOWN_NOW] =
			BOTH("INIT - nothing | advert:0 " LET_GO "shutdown priority-zero-sent " RELEASED " stopped"),
		[ZERO] = BOTH("MASTER 1 all | advert:100"), /* FSM-A11 */
		[LOWER] = {"MASTER 0.5 all | announce:1 | lower-heard", /* FSM-A16 */
			"MASTER 0.5 all | advert:100 announce:1 | lower-heard"}, /* FSM-A15 */
		[EQUAL_LESSER] = {"MASTER 0.5 all | announce:1 | tie-held", "MASTER 0.5 all | advert:100 announce:1 | tie-held"},
		[EQUAL_SAME] = {"MASTER 0.5 all | tie-held", "MASTER 0.5 all | advert:100 | tie-held"}, /* AMB-06 */
		[EQUAL_GREATER] = BOTH("BACKUP 3.609375 routes | advert:100 remove-addresses | tie-lost released-addresses"), /* A13 */
		[HIGHER] = BOTH("BACKUP 3.609375 routes | advert:100 remove-addresses | higher-priority released-addresses"), /* A12 */
		[HIGHER_SLOWER] = {"BACKUP 3.609375 routes | advert:100 remove-addresses | "
				   "interval-differs higher-priority released-addresses",
			"BACKUP 14.4375 routes | advert:100/4 remove-addresses | "
			"interval-differs higher-priority released-addresses interval-learned"},
		[FROM_OWNER] = BOTH("BACKUP 3.609375 routes | advert:100 remove-addresses | higher-priority released-addresses"),
		[LINK_SAME] = NOTHING,
		LOST("FAULT - nothing | advert:0 " LET_GO "blocked " RELEASED), /* AMB-21 */
		[LINK_RENUMBERED] = BOTH("MASTER 0.5 all"), /* FSM-I5 */
		[TRACK_FAULT] = BOTH("FAULT - until | advert:0 | blocked priority-zero-sent"),
		[TRACK_GOOD] = NOTHING,
		[TRACK_WEIGHT] = BOTH("MASTER 0.5 all | priority-changed"),
		[TRACK_NOBODY] = NOTHING,
		[CONFIG_SAME] = BOTH("MASTER 0.5 all"),
		[CONFIG_CHANGED] = BOTH("MASTER 0.5 all | install announce:5 | priority-changed announced"), /* CFG-12 */
		[INSTALL_OK] = BOTH("MASTER 0.5 all | installed"),
		[INSTALL_FAILED] = BOTH("MASTER 0.5 all | install-failed"),
	},
	[OWNER_MASTER] = {
		[TICK_EARLY] = NOTHING,
		[TICK_DUE] = BOTH("MASTER 1 all | advert:255"),
		[STARTUP] = NOTHING,
		[SHUTDOWN] = BOTH("INIT - until | advert:0 | shutdown priority-zero-sent"),
		[SHUTDOWN_NOW] =
			BOTH("INIT - nothing | advert:0 " LET_GO "shutdown priority-zero-sent " RELEASED " stopped"),
		[ZERO] = BOTH("MASTER 1 all | advert:255"),
		[LOWER] = {"MASTER 0.5 all | announce:1 | lower-heard", "MASTER 0.5 all | advert:255 announce:1 | lower-heard"},
		[EQUAL_LESSER] = {"MASTER 0.5 all | announce:1 | owner-conflict tie-held",
			"MASTER 0.5 all | advert:255 announce:1 | owner-conflict tie-held"}, /* OPS-04 */
		[EQUAL_SAME] = {"MASTER 0.5 all | owner-conflict tie-held",
			"MASTER 0.5 all | advert:255 | owner-conflict tie-held"},
		[EQUAL_GREATER] = BOTH("BACKUP 3.00390625 routes | advert:255 remove-addresses | "
				       "owner-conflict tie-lost released-addresses"), /* FSM-B16 */
		[HIGHER] = {"MASTER 0.5 all | announce:1 | lower-heard", "MASTER 0.5 all | advert:255 announce:1 | lower-heard"},
		[HIGHER_SLOWER] = {"MASTER 0.5 all | announce:1 | interval-differs lower-heard",
			"MASTER 0.5 all | advert:255 announce:1 | interval-differs lower-heard"},
		[FROM_OWNER] = BOTH("BACKUP 3.00390625 routes | advert:255 remove-addresses | "
				    "owner-conflict tie-lost released-addresses"),
		[LINK_SAME] = NOTHING,
		LOST("FAULT - nothing | advert:0 " LET_GO "blocked " RELEASED),
		[LINK_RENUMBERED] = BOTH("MASTER 0.5 all"),
		[TRACK_FAULT] = BOTH("FAULT - until | advert:0 | blocked priority-zero-sent"),
		[TRACK_GOOD] = NOTHING,
		[TRACK_WEIGHT] = NOTHING, /* V3-CFG-11 */
		[TRACK_NOBODY] = NOTHING,
		[CONFIG_SAME] = BOTH("MASTER 0.5 all"),
		[CONFIG_CHANGED] = BOTH("MASTER 0.5 all | install announce:5 | priority-changed announced"),
		[INSTALL_OK] = BOTH("MASTER 0.5 all | installed"),
		[INSTALL_FAILED] = BOTH("MASTER 0.5 all | install-failed"),
	},
	[OWNER_BACKUP] = {
		[TICK_EARLY] = NOTHING,
		[TICK_DUE] = BOTH("MASTER 1 all | install advert:255 announce:5 | down-timer announced"),
		[STARTUP] = NOTHING,
		[SHUTDOWN] = BOTH("INIT - nothing | shutdown stopped"),
		[SHUTDOWN_NOW] = BOTH("INIT - nothing | shutdown stopped"),
		[ZERO] = BOTH("BACKUP 0.00390625 nothing | priority-zero-heard"),
		[LOWER] = BOTH("BACKUP 2.50390625 nothing"),
		[EQUAL_LESSER] = BOTH("BACKUP 3.00390625 nothing | new-master-heard owner-conflict"),
		[EQUAL_SAME] = BOTH("BACKUP 3.00390625 nothing | new-master-heard owner-conflict"),
		[EQUAL_GREATER] = BOTH("BACKUP 3.00390625 nothing"),
		[HIGHER] = BOTH("BACKUP 2.50390625 nothing | new-master-heard"),
		[HIGHER_SLOWER] = BOTH("BACKUP 2.50390625 nothing | interval-differs new-master-heard"),
		[FROM_OWNER] = BOTH("BACKUP 3.00390625 nothing"),
		[LINK_SAME] = NOTHING,
		LOST("FAULT - nothing | blocked"),
		[LINK_RENUMBERED] = BOTH("BACKUP 2.50390625 nothing"),
		[TRACK_FAULT] = BOTH("FAULT - nothing | blocked"),
		[TRACK_GOOD] = NOTHING,
		[TRACK_WEIGHT] = NOTHING,
		[TRACK_NOBODY] = NOTHING,
		[CONFIG_SAME] = BOTH("BACKUP 2.50390625 nothing"),
		[CONFIG_CHANGED] = BOTH("BACKUP 2.50390625 nothing | priority-changed"),
		[INSTALL_OK] = BOTH("BACKUP 2.50390625 nothing | installed"),
		[INSTALL_FAILED] = BOTH("BACKUP 2.50390625 nothing | install-failed"),
	},
};
/* clang-format on */

static void enter(struct fixture *f, enum start start, uint8_t version)
{
	fixture_init(f, version);
	if (start == OWNER_MASTER || start == OWNER_BACKUP)
		f->config.priority = VR_PRIORITY_OWNER;
	if (start == BACKUP_NO_PREEMPT)
		f->config.preempt = false;
	if (start == FAULT)
		f->track_values[0] = track_up(false);
	fixture_reinit(f);
	switch (start) {
	case NEW:
	case START_COUNT:
		break;
	case READY:
		fixture_interface(f);
		break;
	case BACKUP_NO_PREEMPT:
		fixture_interface(f);
		f->vr.path_proven = true; /* else it waits longer: test_stall.c */
		input_type(f, VR_EVENT_STARTUP);
		break;
	case FAULT:
	case BACKUP:
		fixture_start(f);
		break;
	case MASTER:
	case OWNER_MASTER:
		fixture_master(f);
		break;
	case OWNER_BACKUP:
		fixture_master(f);
		hear(f, 20, VR_PRIORITY_OWNER, DUR_S);
		break;
	case HOLDING:
		fixture_master(f);
		input_type(f, VR_EVENT_SHUTDOWN);
		break;
	}
	run_until(f, mono_add(f->now, DUR_S / 2));
}

static void change_config(struct fixture *f, bool really)
{
	f->other_config = f->config;
	if (really) {
		f->other_config.priority = 150;
		f->other_config.advert_interval = 2 * DUR_S;
		f->other_config.address_count = f->other_config.advertised_count = 2;
	}
	input(f, &(struct vr_event){
			 .type = VR_EVENT_CONFIG, .config = &f->other_config, .track_values = f->track_values});
}

static void happen(struct fixture *f, enum happening happening)
{
	uint8_t own = f->vr.priority;

	switch (happening) {
	case TICK_DUE:
		if (f->vr.state == VR_BACKUP) {
			run_until(f, f->vr.timer);
			break;
		}
		if (vr_deadline(&f->vr).ns == MONO_NEVER.ns)
			pass(f, 10 * DUR_S);
		else
			f->now = vr_deadline(&f->vr);
		tick(f);
		break;
	case TICK_EARLY:
		tick(f);
		break;
	case STARTUP:
		input_type(f, VR_EVENT_STARTUP);
		break;
	case SHUTDOWN:
		input_type(f, VR_EVENT_SHUTDOWN);
		break;
	case SHUTDOWN_NOW:
		input_type(f, VR_EVENT_SHUTDOWN_NOW);
		break;
	case ZERO:
		hear(f, 20, 0, DUR_S);
		break;
	case LOWER:
		hear(f, 20, 50, DUR_S);
		break;
	case EQUAL_LESSER:
		hear(f, 5, own, DUR_S);
		break;
	case EQUAL_SAME:
		hear(f, 10, own, DUR_S);
		break;
	case EQUAL_GREATER:
		hear(f, 20, own, DUR_S);
		break;
	case HIGHER:
		hear(f, 5, 200, DUR_S);
		break;
	case HIGHER_SLOWER:
		hear(f, 5, 200, 4 * DUR_S);
		break;
	case FROM_OWNER:
		hear(f, 20, VR_PRIORITY_OWNER, DUR_S);
		break;
	case LINK_SAME:
		input_interface(f, true, true, 10);
		break;
	case LINK_GONE:
		input_interface(f, false, false, 0);
		break;
	case LINK_OFF:
		input_interface(f, true, false, 10);
		break;
	case LINK_NO_ADDRESS:
		input_interface(f, true, true, 0);
		break;
	case LINK_RENUMBERED:
		input_interface(f, true, true, 11);
		break;
	case TRACK_FAULT:
		input_track(f, 0, false);
		break;
	case TRACK_GOOD:
		input_track(f, 0, true);
		break;
	case TRACK_WEIGHT:
		input_track(f, 1, false);
		break;
	case TRACK_NOBODY:
		input_track(f, 2, false);
		break;
	case CONFIG_SAME:
		change_config(f, false);
		break;
	case CONFIG_CHANGED:
		change_config(f, true);
		break;
	case INSTALL_OK:
		input(f, &(struct vr_event){.type = VR_EVENT_INSTALL_RESULT});
		break;
	case INSTALL_FAILED:
		input(f, &(struct vr_event){.type = VR_EVENT_INSTALL_RESULT, .error = -13});
		break;
	case HAPPENING_COUNT:
		break;
	}
}

static bool try_one(struct fixture *f, enum start start, enum happening happening, uint8_t version)
{
	const char *expected = version == 2 ? table[start][happening].v2 : table[start][happening].v3;
	const char *found;
	struct vr before;

	enter(f, start, version);
	before = f->vr;
	happen(f, happening);
	found = outcome_text(f);
	if (f->actions.count == 0 && memcmp(&before, &f->vr, sizeof(before)) == 0)
		found = "=";
	if (expected != NULL && strcmp(found, expected) == 0)
		return true;
	print_error("v%u, start %d, event %d:\n  expected %s\n  found    %s\n", version, start, happening,
		expected == NULL ? "(no row)" : expected, found);
	return false;
}

/* covers: FSM-I2 FSM-I4 FSM-I5 FSM-B6 FSM-B7 FSM-B9 FSM-B10 FSM-B11 FSM-B12 FSM-B13 FSM-B16 FSM-A9
 * FSM-A10 FSM-A11 FSM-A12 FSM-A13 FSM-A15 FSM-A16 FSM-A21 TMR-05 TMR-06 TMR-14 TX-06 TX-07 V3-CFG-12
 * OPS-04 OPS-05 OPS-09 SEC-06 AMB-19 AMB-21 */
static void every_state_and_event(void **unused)
{
	struct fixture f;
	unsigned failures = 0;

	(void)unused;
	for (uint8_t version = 2; version <= 3; version++)
		for (int start = 0; start < START_COUNT; start++)
			for (int happening = 0; happening < HAPPENING_COUNT; happening++)
				if (!try_one(&f, (enum start)start, (enum happening)happening, version))
					failures++;
	assert_int_equal(failures, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_state_and_event)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
