/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages with and without descriptors, and what is refused. */
#include "linux/channel.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static char body[MESSAGE_BODY_MAX + 1];

static int setup(void **state)
{
	static int ends[2];

	*state = ends;
	return channel_pair(ends);
}

static int teardown(void **state)
{
	int *ends = *state;

	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void carries_body_and_type(void **state)
{
	int *ends = *state;
	struct channel_message message;

	assert_int_equal(channel_receive(ends[1], &message, body), -EAGAIN);
	assert_int_equal(channel_send(ends[0], MESSAGE_LOG, "one line", 8, -1), 0);
	assert_int_equal(channel_send(ends[0], MESSAGE_STOP, NULL, 0, -1), 0);
	assert_int_equal(channel_receive(ends[1], &message, body), 1);
	assert_int_equal(message.type, MESSAGE_LOG);
	assert_int_equal(message.length, 8);
	assert_int_equal(message.fd, -1);
	assert_string_equal(body, "one line");
	assert_int_equal(channel_receive(ends[1], &message, body), 1);
	assert_int_equal(message.type, MESSAGE_STOP);
	assert_int_equal(message.length, 0);
	assert_string_equal(body, "");
}

static void carries_a_descriptor(void **state)
{
	int *ends = *state;
	struct channel_message message;
	int pipe_ends[2];
	char letter = 0;

	assert_int_equal(pipe(pipe_ends), 0);
	assert_int_equal(channel_send(ends[0], MESSAGE_FRONT, NULL, 0, pipe_ends[1]), 0);
	close(pipe_ends[1]);
	assert_int_equal(channel_receive(ends[1], &message, body), 1);
	assert_true(message.fd >= 0);
	assert_int_equal(write(message.fd, "x", 1), 1);
	assert_int_equal(read(pipe_ends[0], &letter, 1), 1);
	assert_int_equal(letter, 'x');
	close(message.fd);
	close(pipe_ends[0]);
}

static void tells_the_sender_when_asked(void **state)
{
	int *ends = *state;
	int on = 1;
	struct channel_message message;

	assert_int_equal(channel_send(ends[0], MESSAGE_LOG, "a", 1, -1), 0);
	assert_int_equal(channel_receive(ends[1], &message, body), 1);
	assert_int_equal(message.sender, 0);
	assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
	assert_int_equal(channel_send(ends[0], MESSAGE_LOG, "a", 1, ends[0]), 0);
	assert_int_equal(channel_receive(ends[1], &message, body), 1);
	assert_int_equal(message.sender, getpid());
	assert_true(message.fd >= 0);
	close(message.fd);
}

static void carries_the_longest_body(void **state)
{
	int *ends = *state;
	struct channel_message message;
	static char longest[MESSAGE_BODY_MAX + 1];

	memset(longest, 'a', sizeof(longest));
	assert_int_equal(channel_send(ends[0], MESSAGE_LOG, longest, sizeof(longest), -1), -EMSGSIZE);
	assert_int_equal(channel_send(ends[0], MESSAGE_LOG, longest, MESSAGE_BODY_MAX, -1), 0);
	assert_int_equal(channel_receive(ends[1], &message, body), 1);
	assert_int_equal(message.length, MESSAGE_BODY_MAX);
	assert_int_equal(strlen(body), MESSAGE_BODY_MAX);
}

static void tells_a_full_and_a_closed_socket_apart(void **state)
{
	int *ends = *state;
	struct channel_message message;
	int error;

	do
		error = channel_send(ends[0], MESSAGE_LOG, body, 4096, -1);
	while (error == 0);
	assert_int_equal(error, -EAGAIN);
	while (channel_receive(ends[1], &message, body) == 1)
		;
	assert_int_equal(shutdown(ends[1], SHUT_RDWR), 0);
	assert_int_equal(channel_send(ends[0], MESSAGE_LOG, body, 1, -1), -EPIPE);
	assert_int_equal(channel_receive(ends[0], &message, body), 0);
}

static void refuses_what_is_no_message(void **state)
{
	int *ends = *state;
	struct channel_message message;
	struct message other_version = {.version = MESSAGE_VERSION + 1, .type = MESSAGE_STOP};
	struct message wrong_length = {.version = MESSAGE_VERSION, .type = MESSAGE_STOP, .length = 1};

	assert_int_equal(send(ends[0], "abc", 3, 0), 3);
	assert_int_equal(channel_receive(ends[1], &message, body), -EPROTO);
	assert_true(send(ends[0], &other_version, sizeof(other_version), 0) > 0);
	assert_int_equal(channel_receive(ends[1], &message, body), -EPROTO);
	assert_true(send(ends[0], &wrong_length, sizeof(wrong_length), 0) > 0);
	assert_int_equal(channel_receive(ends[1], &message, body), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(carries_body_and_type, setup, teardown),
	        cmocka_unit_test_setup_teardown(carries_a_descriptor, setup, teardown),
	        cmocka_unit_test_setup_teardown(tells_the_sender_when_asked, setup, teardown),
	        cmocka_unit_test_setup_teardown(carries_the_longest_body, setup, teardown),
	        cmocka_unit_test_setup_teardown(tells_a_full_and_a_closed_socket_apart, setup, teardown),
	        cmocka_unit_test_setup_teardown(refuses_what_is_no_message, setup, teardown),
	};

	return cmocka_run_group_tests_name("linux/channel", tests, NULL, NULL);
}
