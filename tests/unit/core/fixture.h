/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual router to try things on: 192.168.1.200 and a default route, interface eth0 with 192.168.1.10, eth1 tracked
 * without weight, eth2 with weight -20, priority 100, interval 1 s, preempting. A test changes the configuration
 * before it starts the router. Everything lives in the struct; time passes only when a test says so.
 */
#ifndef VIGIA_TESTS_UNIT_CORE_FIXTURE_H
#define VIGIA_TESTS_UNIT_CORE_FIXTURE_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/vr.h"

#define OUTCOME_SIZE 1024

struct fixture {
	struct vr_config config;
	struct vr_extra extra; /* of config, and of other_config while that has none of its own */
	struct vr_config other_config;
	struct virtual_address addresses[3];
	struct virtual_route routes[1];
	struct tracked_object tracked[2];
	struct track_value track_values[2];
	uint8_t advertised[3 * 4]; /* what peers advertise */
	struct vr vr;
	struct vr_rare rare; /* of vr */
	struct actions actions; /* of the last input */
	mono_t now;
	char outcome[OUTCOME_SIZE];
};

/* version 2 or 3. The router is in Initialize, as vr_init left it. */
void fixture_init(struct fixture *f, uint8_t version);
/* Copies of the configuration count only after this. */
void fixture_reinit(struct fixture *f);
/* eth0 is there, up, with its address. */
void fixture_interface(struct fixture *f);
/* Interface and Startup: Backup, or Master for an owner. */
void fixture_start(struct fixture *f);
/* Started, and time passed until the router was Master. */
void fixture_master(struct fixture *f);

void pass(struct fixture *f, dur_t length); /* moves the clock, nothing else */
void input(struct fixture *f, const struct vr_event *event);
void input_type(struct fixture *f, enum vr_event_type type);
void tick(struct fixture *f);
/* Ticks at the deadline of the router, as often as it takes until `until` is due. */
void run_until(struct fixture *f, mono_t until);
/* An advert of 192.168.1.`host` with the router's own address list. */
void hear(struct fixture *f, uint8_t host, uint8_t priority, dur_t interval);
void input_interface(struct fixture *f, bool exists, bool up, uint8_t host);
void input_track(struct fixture *f, size_t index, bool up);

/* The last actions as text: "install advert:100 announce:5 | down-timer announced". */
const char *actions_text(struct fixture *f);
/* State, timer from now on, hold, and the actions: "MASTER 1 all | install advert:100 announce:5 | down-timer announced". */
const char *outcome_text(struct fixture *f);
/* The record of this code among the last actions, or NULL. */
const struct vr_record *find_record(const struct fixture *f, enum vr_record_code code);

#define expect_actions(f, text) assert_string_equal(actions_text(f), text)
#define expect_outcome(f, text) assert_string_equal(outcome_text(f), text)

#endif
