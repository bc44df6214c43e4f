/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reload, asked for by a client and by the guard: all or nothing. */
#include "rig.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ASK_RELOAD "{\"command\":\"reload\"}\n"

#define INSTANCE(priority)                                                                                   \
	"vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    priority " priority "\n"    \
	"    virtual_ipaddress {\n        192.168.1.200\n    }\n}\n"

static struct rig rig;

static int setup(void **state)
{
	(void)state;
	rig_init(&rig);
	rig_write_config(&rig, INSTANCE("100"));
	rig_start_ready(&rig, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_free(&rig);
	return 0;
}

static void expect_ok(int client)
{
	json_t *answer = rig_answer(client);

	assert_true(json_is_true(json_object_get(answer, "ok")));
	json_decref(answer);
}

/* The message with the configuration in which `part` stands. */
static void expect_config(int fd, enum message_type type, const char *part)
{
	int config = rig_expect(&rig, fd, type);
	char *text;

	assert_true(config >= 0);
	text = rig_read_fd(config);
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in: %s", part, text);
	free(text);
	close(config);
}

/* What the guard is to do: with the configuration that was offered, or with the one in force. */
static void expect_word(enum message_type type, bool offered)
{
	assert_int_equal(rig_expect(&rig, rig.guard, type), -1);
	assert_int_equal(rig.body[0], offered);
}

/* A configuration goes to the engine, through the guard. */
static void expect_handed_over(const char *part)
{
	expect_config(rig.guard, MESSAGE_OFFER, part);
	expect_word(MESSAGE_HAND_OVER, true);
}

/* last_reload_error of the status, "" for none; malloc'd. */
static char *last_error(void)
{
	int client = rig_connect(&rig);
	json_t *answer;
	json_t *daemon;
	const char *error;
	char *copy;

	rig_send(client, "{\"command\":\"status\"}\n");
	if (rig.engine >= 0) {
		rig_expect(&rig, rig.engine, MESSAGE_STATUS_REQUEST);
		rig_say(rig.engine, MESSAGE_STATUS_END, "{}");
	}
	answer = rig_answer(client);
	daemon = json_object_get(json_object_get(answer, "status"), "daemon");
	error = json_string_value(json_object_get(daemon, "last_reload_error"));
	copy = strdup(error ? error : "");
	json_decref(answer);
	close(client);
	return copy;
}

static void expect_last_error(const char *part)
{
	char *error = last_error();

	if (*part ? !strstr(error, part) : *error)
		fail_msg("\"%s\" is not: %s", part, error);
	free(error);
}

static void a_good_file_reaches_engine_and_guard(void **state)
{
	int client = rig_connect(&rig);

	(void)state;
	rig_attach_engine(&rig);
	rig_write_config(&rig, INSTANCE("120"));
	rig_send(client, ASK_RELOAD);
	expect_handed_over("priority 120");
	assert_false(rig_has_message(rig.guard)); /* not before the engine has taken it */
	rig_say(rig.engine, MESSAGE_RELOADED, NULL);
	expect_word(MESSAGE_IN_FORCE, true);
	expect_ok(client);
	expect_last_error("");
	close(client);
}

static void a_bad_file_changes_nothing(void **state)
{
	int client = rig_connect(&rig);

	(void)state;
	rig_attach_engine(&rig);
	rig_write_config(&rig, INSTANCE("300") "vrrp_instance X {\n    colour red\n}\n");
	rig_send(client, ASK_RELOAD);
	rig_expect_error(client, "keepalived.conf:4:");
	rig_send(client, ASK_RELOAD);
	rig_expect_error(client, "colour");
	expect_last_error("keepalived.conf:4:");
	assert_false(rig_has_message(rig.engine));
	assert_false(rig_has_message(rig.guard));

	unlink(rig.config);
	rig_send(client, ASK_RELOAD);
	rig_expect_error(client, "keepalived.conf");
	/* What it was made of is as it was: that is a reload, and nothing for the engine. */
	rig_write_config(&rig, INSTANCE("100"));
	rig_send(client, ASK_RELOAD);
	expect_ok(client);
	expect_word(MESSAGE_IN_FORCE, false);
	expect_last_error("");
	assert_false(rig_has_message(rig.engine));
	rig_write_config(&rig, INSTANCE("101"));
	rig_send(client, ASK_RELOAD);
	expect_handed_over("priority 101");
	rig_say(rig.engine, MESSAGE_RELOADED, NULL);
	expect_ok(client);
	close(client);
}

static void bytes_that_are_no_text_can_be_shown(void **state)
{
	int client = rig_connect(&rig);

	(void)state;
	rig_write_config(&rig, INSTANCE("100") "vrrp_instance Jo\xe3o {\n    colour red # caf\xe9\n}\n");
	rig_send(client, ASK_RELOAD);
	rig_expect_error(client, "colour red # caf\xef\xbf\xbd");
	expect_last_error("colour red # caf\xef\xbf\xbd");
	close(client);
}

static void the_guard_may_ask_too(void **state)
{
	(void)state;
	rig_attach_engine(&rig);
	rig_write_config(&rig, INSTANCE("120"));
	rig_say(rig.guard, MESSAGE_RELOAD, NULL);
	expect_handed_over("priority 120");
	rig_say(rig.engine, MESSAGE_RELOADED, NULL);
	expect_word(MESSAGE_IN_FORCE, true);
	free(rig_errors(&rig, "reloaded"));

	rig_write_config(&rig, INSTANCE("0"));
	rig_say(rig.guard, MESSAGE_RELOAD, NULL);
	rig_expect(&rig, rig.guard, MESSAGE_RELOAD_FAILED);
	free(rig_errors(&rig, "nothing was changed"));
	free(rig_errors(&rig, "keepalived.conf:4:"));
	expect_last_error("keepalived.conf:4:");
}

static void an_engine_that_dies_of_it_gets_the_old_one(void **state)
{
	int client = rig_connect(&rig);

	(void)state;
	rig_attach_engine(&rig);
	rig_write_config(&rig, INSTANCE("120"));
	rig_send(client, ASK_RELOAD);
	expect_handed_over("priority 120");
	rig_close(&rig.engine);
	rig_expect_error(client, "the engine died");
	rig_say(rig.guard, MESSAGE_LOG, "still here");
	free(rig_errors(&rig, "still here"));
	assert_false(rig_has_message(rig.guard)); /* the guard keeps what was in force */
	close(client);
}

static void without_an_engine_the_next_one_gets_it(void **state)
{
	int client = rig_connect(&rig);

	(void)state;
	rig_write_config(&rig, INSTANCE("120"));
	rig_send(client, ASK_RELOAD);
	expect_config(rig.guard, MESSAGE_OFFER, "priority 120");
	expect_word(MESSAGE_IN_FORCE, true);
	expect_ok(client);
	close(client);
}

/* The guard had started the engine before the new configuration reached it. */
static void an_engine_started_with_an_old_one_gets_it(void **state)
{
	int client = rig_connect(&rig);

	(void)state;
	rig_write_config(&rig, INSTANCE("120"));
	rig_send(client, ASK_RELOAD);
	expect_ok(client);
	rig_attach_engine(&rig);
	expect_config(rig.guard, MESSAGE_OFFER, "priority 120");
	expect_word(MESSAGE_IN_FORCE, true);
	expect_word(MESSAGE_HAND_OVER, false);

	rig_write_config(&rig, INSTANCE("130"));
	rig_send(client, ASK_RELOAD);
	expect_handed_over("priority 130");
	rig_say(rig.engine, MESSAGE_RELOADED, NULL); /* of the first */
	rig_say(rig.engine, MESSAGE_ENGINE_LOG, "one taken");
	free(rig_errors(&rig, "one taken"));
	assert_false(rig_has_message(rig.guard));
	rig_say(rig.engine, MESSAGE_RELOADED, NULL);
	expect_word(MESSAGE_IN_FORCE, true);
	expect_ok(client);
	close(client);
}

static void reloads_run_one_after_the_other(void **state)
{
	int first = rig_connect(&rig);
	int second = rig_connect(&rig);

	(void)state;
	rig_attach_engine(&rig);
	rig_write_config(&rig, INSTANCE("120"));
	rig_send(first, ASK_RELOAD);
	expect_handed_over("priority 120");
	rig_write_config(&rig, INSTANCE("130"));
	rig_send(second, ASK_RELOAD);
	rig_say(rig.engine, MESSAGE_RELOADED, NULL);
	expect_word(MESSAGE_IN_FORCE, true);
	expect_ok(first);
	expect_handed_over("priority 130");
	rig_say(rig.engine, MESSAGE_RELOADED, NULL);
	expect_word(MESSAGE_IN_FORCE, true);
	expect_ok(second);
	close(first);
	close(second);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_good_file_reaches_engine_and_guard, setup, teardown),
		cmocka_unit_test_setup_teardown(a_bad_file_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(bytes_that_are_no_text_can_be_shown, setup, teardown),
		cmocka_unit_test_setup_teardown(the_guard_may_ask_too, setup, teardown),
		cmocka_unit_test_setup_teardown(an_engine_that_dies_of_it_gets_the_old_one, setup, teardown),
		cmocka_unit_test_setup_teardown(without_an_engine_the_next_one_gets_it, setup, teardown),
		cmocka_unit_test_setup_teardown(an_engine_started_with_an_old_one_gets_it, setup, teardown),
		cmocka_unit_test_setup_teardown(reloads_run_one_after_the_other, setup, teardown),
	};

	if (argc < 2)
		return 2;
	rig_program = argv[1];
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("front/reload", tests, NULL, NULL);
}
