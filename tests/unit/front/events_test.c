/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine's lines as lines of the log. */
#include "front/events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char text[EVENT_TEXT_SIZE];
static bool repeats;

static enum log_level event(const char *line)
{
	return event_text(line, strlen(line), text, &repeats);
}

static void a_transition_is_one_clear_line(void **state)
{
	(void)state;
	assert_int_equal(event("{\"at\":5,\"vr\":\"VI_1\",\"code\":\"down-timer\",\"from\":\"BACKUP\",\"to\":"
			       "\"MASTER\","
			       "\"text\":\"nothing heard from 192.168.1.1\"}"),
		LOG_LEVEL_NOTICE);
	assert_string_equal(text, "VI_1: BACKUP -> MASTER: nothing heard from 192.168.1.1");
	assert_false(repeats);
}

static void a_bfd_session_is_called_one(void **state)
{
	(void)state;
	assert_int_equal(event("{\"bfd\":\"UPLINK\",\"code\":\"bfd-state\",\"from\":\"Up\",\"to\":\"Down\","
			       "\"text\":\"x\"}"),
		LOG_LEVEL_NOTICE);
	assert_string_equal(text, "BFD session UPLINK: Up -> Down: x");
	assert_int_equal(
		event("{\"bfd\":\"UPLINK\",\"code\":\"bfd-open-failed\",\"text\":\"x\"}"), LOG_LEVEL_ERROR);
	assert_string_equal(text, "BFD session UPLINK: x");
	assert_int_equal(event("{\"bfd\":\"\",\"code\":\"bfd-dropped\",\"text\":\"x\"}"), LOG_LEVEL_WARNING);
	assert_string_equal(text, "x");
	assert_true(repeats);
}

static void remarks_have_the_level_they_deserve(void **state)
{
	(void)state;
	assert_int_equal(event("{\"vr\":\"VI_1\",\"code\":\"announced\",\"from\":\"MASTER\",\"to\":"
			       "\"MASTER\",\"text\":"
			       "\"announced the virtual addresses\"}"),
		LOG_LEVEL_DETAIL);
	assert_string_equal(text, "VI_1: announced the virtual addresses");
	assert_false(repeats);
	assert_int_equal(
		event("{\"vr\":\"VI_1\",\"code\":\"install-failed\",\"from\":\"MASTER\",\"to\":\"MASTER\","
		      "\"text\":\"the kernel refused\"}"),
		LOG_LEVEL_ERROR);
	assert_int_equal(
		event("{\"vr\":\"VI_1\",\"code\":\"owner-conflict\",\"from\":\"MASTER\",\"to\":\"MASTER\","
		      "\"text\":\"a\"}"),
		LOG_LEVEL_WARNING);
	assert_true(repeats);
}

static void what_is_no_json_is_still_shown(void **state)
{
	char longest[3000];

	(void)state;
	event("what");
	assert_string_equal(text, "the engine said: what");
	event("[1]");
	assert_string_equal(text, "the engine said: [1]");
	event("{}");
	assert_string_equal(text, "");
	event("{\"vr\":null,\"code\":\"orphan-removed\",\"text\":\"gone\"}");
	assert_string_equal(text, "gone");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	event(longest);
	assert_int_equal(strlen(text), strlen("the engine said: ") + 512);
	drop_text(longest, strlen(longest), text);
	assert_int_equal(strlen(text), strlen("packets dropped: ") + 512);
}

static void drops_say_where_and_how_many(void **state)
{
	static const char one[] = "{\"interface\":\"eth0\",\"vr\":null,\"reason\":\"ttl\",\"text\":\"TTL is "
				  "not 255\",\"count\":1}";
	static const char many[] = "{\"interface\":\"eth0\",\"vr\":\"VI_1\",\"reason\":\"ttl\",\"text\":"
				   "\"TTL is not 255\",\"source\":\"10.0.0.7\",\"count\":12}";

	static const char idle[] =
		"{\"interface\":\"eth0\",\"vr\":\"VI_1\",\"reason\":\"not-running\",\"text\":"
		"\"the virtual router is not running\",\"count\":1}";

	(void)state;
	assert_int_equal(drop_text(one, strlen(one), text), LOG_LEVEL_WARNING);
	assert_string_equal(text, "eth0: a packet dropped: TTL is not 255");
	drop_text(many, strlen(many), text);
	assert_string_equal(text, "eth0, VI_1: 12 packets from 10.0.0.7 dropped: TTL is not 255");
	assert_int_equal(drop_text(idle, strlen(idle), text), LOG_LEVEL_DETAIL);
}

static void repeated_remarks_are_counted(void **state)
{
	unsigned left_out = 9;
	mono_t now = {5 * DUR_S};

	(void)state;
	assert_true(remark_is_due("VI_1: a", now, &left_out));
	assert_int_equal(left_out, 0);
	assert_false(remark_is_due("VI_1: a", now, &left_out));
	assert_true(remark_is_due("VI_1: b", now, &left_out));
	assert_false(remark_is_due("VI_1: a", mono_add(now, 59 * DUR_S), &left_out));
	assert_true(remark_is_due("VI_1: a", mono_add(now, 60 * DUR_S), &left_out));
	assert_int_equal(left_out, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_transition_is_one_clear_line),
		cmocka_unit_test(a_bfd_session_is_called_one),
		cmocka_unit_test(remarks_have_the_level_they_deserve),
		cmocka_unit_test(what_is_no_json_is_still_shown),
		cmocka_unit_test(drops_say_where_and_how_many),
		cmocka_unit_test(repeated_remarks_are_counted),
	};

	return cmocka_run_group_tests_name("front/events", tests, NULL, NULL);
}
