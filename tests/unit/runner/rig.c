/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rig.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "linux/channel.h"
#include "linux/turn_clock.h"

#define PATIENCE (60 * DUR_S)

static void nothing(struct run_timer *timer)
{
	(void)timer;
}

void rig_open(struct rig *rig)
{
	int ends[2];

	memset(rig, 0, sizeof(*rig));
	rig->runner.report.socket = -1;
	rig->runner.options.process_events_fd = -1;
	rig->runner.front.fd = -1;
	assert_int_equal(run_loop_open(&rig->runner.loop), 0);
	assert_int_equal(channel_pair(ends), 0);
	rig->runner.engine.fd = ends[0];
	rig->engine = ends[1];
}

void rig_close(struct rig *rig)
{
	files_free(&rig->runner);
	processes_free(&rig->runner);
	objects_free(&rig->runner);
	run_loop_close(&rig->runner.loop);
	conf_result_free(&rig->conf);
	close(rig->runner.engine.fd);
	close(rig->engine);
}

void rig_load(struct rig *rig, const char *definitions, const char *trackers, bool first)
{
	struct conf_result result;
	char text[4096];
	int length = snprintf(text, sizeof(text),
		"%s\nvrrp_instance V {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.1\n }\n"
		" %s\n}\n",
		definitions, trackers);

	assert_in_range(length, 1, sizeof(text) - 1);
	conf_load_text(text, (size_t)length, "test.conf", NULL, &result);
	if (!result.conf)
		conf_messages_print(&result, stderr);
	assert_non_null(result.conf);
	assert_true(files_load(&rig->runner, result.conf, first));
	assert_true(processes_load(&rig->runner, result.conf));
	conf_result_free(&rig->conf);
	rig->conf = result;
}

/* A message that waits; false: none does. */
static bool take(struct rig *rig, struct message_object *object)
{
	struct channel_message message;

	if (channel_receive(rig->engine, &message, rig->body) <= 0)
		return false;
	assert_int_equal(message.type, MESSAGE_OBJECT);
	memcpy(object, rig->body, sizeof(*object));
	return true;
}

/* One turn, that ends when something is there, or at the deadline. */
static void turn_until(struct rig *rig, mono_t deadline)
{
	struct run_timer end;

	assert_true(run_timer_init(&rig->runner.loop, &end, nothing));
	run_timer_set(&rig->runner.loop, &end, deadline);
	assert_int_equal(run_loop_turn(&rig->runner.loop), 0);
	run_timer_drop(&rig->runner.loop, &end);
}

void rig_expect(struct rig *rig, enum track_kind kind, const char *name, enum track_state state, int32_t value)
{
	mono_t deadline = mono_add(mono_now(), PATIENCE);
	struct message_object last = {.kind = UINT8_MAX};
	struct message_object object;

	while (!mono_due(deadline, mono_now())) {
		while (take(rig, &object)) {
			last = object;
			if (object.kind == kind && strcmp(object.name, name) == 0 && object.state == state &&
				object.value == value)
				return;
		}
		turn_until(rig, deadline);
	}
	fail_msg("%s is not told to be %d with %d; last: %d %s %d %d", name, (int)state, (int)value, last.kind,
		last.name, last.state, (int)last.value);
}

void rig_expect_nothing(struct rig *rig, dur_t length)
{
	mono_t deadline = mono_add(mono_now(), length);
	struct message_object object;

	while (!mono_due(deadline, mono_now())) {
		turn_until(rig, deadline);
		if (take(rig, &object))
			fail_msg("%s is told to be %d with %d", object.name, object.state, (int)object.value);
	}
}
