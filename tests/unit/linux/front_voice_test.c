/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine's voice: a slow or dead front costs lines, which are counted and confessed, and never time. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <unistd.h>

#include "daemon/front_voice.h"
#include "engine/engine.h"
#include "linux/channel.h"

static char body[MESSAGE_BODY_MAX + 1];

static enum message_type next(int socket)
{
	struct channel_message message;

	assert_int_equal(channel_receive(socket, &message, body), 1);
	return message.type;
}

static void every_stream_has_its_message(void **state)
{
	static const struct {
		enum engine_tell kind;
		enum message_type type;
	} streams[] = {{ENGINE_TELL_EVENT, MESSAGE_EVENT}, {ENGINE_TELL_TRACE, MESSAGE_TRACE},
		{ENGINE_TELL_STATUS, MESSAGE_STATUS_ROUTER}, {ENGINE_TELL_STATUS_END, MESSAGE_STATUS_END},
		{ENGINE_TELL_DROP, MESSAGE_DROP}};
	struct front_voice voice = {.socket = -1};
	int ends[2];

	(void)state;
	assert_int_equal(channel_pair(ends), 0);
	front_voice_connect(&voice, ends[0]);
	front_voice_tell(&voice, ENGINE_TELL_STOPPED, "{}", 2);
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		front_voice_tell(&voice, (uint16_t)streams[i].kind, "{\"a\":1}", 7);
		assert_int_equal(next(ends[1]), streams[i].type);
		assert_string_equal(body, "{\"a\":1}");
	}
	front_voice_log(&voice, "hello");
	assert_int_equal(next(ends[1]), MESSAGE_ENGINE_LOG);
	assert_string_equal(body, "hello");
	close(ends[0]);
	close(ends[1]);
}

static void lost_lines_are_counted_and_confessed(void **state)
{
	struct front_voice voice = {.socket = -1};
	char expected[128];
	unsigned sent = 0;
	int ends[2];

	(void)state;
	assert_int_equal(channel_pair(ends), 0);
	front_voice_connect(&voice, ends[0]);
	while (voice.lost_lines == 0 && sent < 100000) {
		front_voice_tell(&voice, ENGINE_TELL_EVENT, "{}", 2);
		sent++;
	}
	assert_int_equal(voice.lost_lines, 1);
	front_voice_tell(&voice, ENGINE_TELL_EVENT, "{}", 2);
	front_voice_tell(&voice, ENGINE_TELL_TRACE, "{}", 2);
	assert_int_equal(voice.lost_lines, 2);
	assert_int_equal(voice.lost_traces, 1);
	front_voice_say(&voice, MESSAGE_RELOADED);
	for (unsigned i = 0; i < sent - 1; i++)
		assert_int_equal(next(ends[1]), MESSAGE_EVENT);

	front_voice_retry(&voice);
	front_voice_retry(&voice);
	assert_int_equal(next(ends[1]), MESSAGE_RELOADED);
	front_voice_tell(&voice, ENGINE_TELL_EVENT, "{}", 2);
	assert_int_equal(next(ends[1]), MESSAGE_ENGINE_LOG);
	snprintf(expected, sizeof(expected), "2 lines of the engine were lost: nobody read in time");
	assert_string_equal(body, expected);
	assert_int_equal(next(ends[1]), MESSAGE_EVENT);
	front_voice_tell(&voice, ENGINE_TELL_TRACE, "{}", 2);
	assert_int_equal(next(ends[1]), MESSAGE_TRACE);
	assert_string_equal(body, "{\"dropped\":1}");
	assert_int_equal(next(ends[1]), MESSAGE_TRACE);
	assert_int_equal(voice.lost_lines + voice.lost_traces, 0);
	close(ends[0]);
	close(ends[1]);
}

static void a_new_front_hears_that_there_is_a_gap(void **state)
{
	struct front_voice voice = {.socket = -1};
	int first[2];
	int second[2];

	(void)state;
	assert_int_equal(channel_pair(first), 0);
	assert_int_equal(channel_pair(second), 0);
	front_voice_connect(&voice, first[0]);
	front_voice_tell(&voice, ENGINE_TELL_TRACE, "{}", 2);
	close(first[1]);
	front_voice_tell(&voice, ENGINE_TELL_EVENT, "{}", 2);
	front_voice_connect(&voice, -1);
	front_voice_tell(&voice, ENGINE_TELL_TRACE, "{}", 2);
	front_voice_connect(&voice, second[0]);
	front_voice_tell(&voice, ENGINE_TELL_TRACE, "{}", 2);
	assert_int_equal(next(second[1]), MESSAGE_TRACE);
	assert_string_equal(body, "{\"dropped\":2}");
	assert_int_equal(next(second[1]), MESSAGE_TRACE);
	front_voice_log(&voice, "hello");
	assert_int_equal(next(second[1]), MESSAGE_ENGINE_LOG);
	assert_string_equal(body, "1 line of the engine was lost: nobody read in time");
	close(first[0]);
	close(second[0]);
	close(second[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_stream_has_its_message),
		cmocka_unit_test(lost_lines_are_counted_and_confessed),
		cmocka_unit_test(a_new_front_hears_that_there_is_a_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
