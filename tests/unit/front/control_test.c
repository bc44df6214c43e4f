/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control socket: what clients may say, and what status says while the engine is well, silent or dead. */
#include "rig.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/random.h"

#define ASK_STATUS "{\"command\":\"status\"}\n"
#define ROUTER_MASTER "{\"name\":\"VI_1\",\"state\":\"MASTER\",\"timers\":{\"advert\":0.412}}"
#define ROUTER_BACKUP "{\"name\":\"VI_1\",\"state\":\"BACKUP\"}"
#define ENGINE_WIDE "{\"interfaces\":[{\"name\":\"eth0\"}],\"drops\":{\"vrid\":4}}"

static struct rig rig;

static int setup(void **state)
{
	(void)state;
	rig_init(&rig);
	rig_write_config(&rig,
		"global_defs {\n    router_id gw1\n}\n"
		"vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    priority 100\n"
		"    virtual_ipaddress {\n        192.168.1.200\n    }\n}\n"
		"vrrp_instance VI_2 {\n    interface eth1\n    virtual_router_id 52\n    priority 90\n"
		"    virtual_ipaddress {\n        192.168.2.200\n    }\n}\n");
	rig_start_ready(&rig, NULL);
	return 0;
}

/* The engine's first question. */
static void ask_first(int client)
{
	rig_attach_engine(&rig);
	rig_send(client, ASK_STATUS);
	rig_expect(&rig, rig.engine, MESSAGE_STATUS_REQUEST);
}

/* A status of one virtual router, whole. */
static void engine_answers(const char *router)
{
	rig_say(rig.engine, MESSAGE_STATUS_ROUTER, router);
	rig_say(rig.engine, MESSAGE_STATUS_END, ENGINE_WIDE);
}

static int teardown(void **state)
{
	(void)state;
	rig_free(&rig);
	return 0;
}

static json_t *status_of(const json_t *answer)
{
	json_t *status = json_object_get(answer, "status");

	assert_true(json_is_true(json_object_get(answer, "ok")));
	assert_non_null(status);
	return status;
}

static const char *engine_of(const json_t *answer)
{
	return json_string_value(json_object_get(json_object_get(status_of(answer), "daemon"), "engine"));
}

/* No instance is shown as anything but unknown, and all of them are there. */
static void expect_unknown(int client, const char *engine)
{
	json_t *answer = rig_answer(client);
	json_t *instances = json_object_get(status_of(answer), "instances");

	assert_string_equal(engine_of(answer), engine);
	assert_int_equal(json_array_size(instances), 2);
	for (size_t i = 0; i < 2; i++)
		assert_string_equal(
			json_string_value(json_object_get(json_array_get(instances, i), "state")), "UNKNOWN");
	assert_string_equal(json_string_value(json_object_get(json_array_get(instances, 1), "name")), "VI_2");
	json_decref(answer);
}

/* VI_1 has that state; VI_2, about which the engine said nothing, is there and unknown. */
static void expect_state(int client, const char *state)
{
	json_t *answer = rig_answer(client);
	json_t *instances = json_object_get(status_of(answer), "instances");

	assert_string_equal(engine_of(answer), "running");
	assert_int_equal(json_array_size(instances), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(instances, 0), "state")), state);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(instances, 1), "state")), "UNKNOWN");
	json_decref(answer);
}

static void answers_nonsense_clearly(void **state)
{
	int client = rig_connect(&rig);

	(void)state;
	rig_send(client, "status\n");
	rig_expect_error(client, "no JSON");
	rig_send(client, "{\"command\":\"stats\"}\n");
	rig_expect_error(client,
		"there is no command \"stats\"; there are status, reload, upgrade, drain, resume and takeover");
	rig_send(client, "{\"command\":7}\n{}\n[]\n\n");
	rig_expect_error(client, "no \"command\"");
	rig_expect_error(client, "no \"command\"");
	rig_expect_error(client, "no \"command\"");
	rig_expect_error(client, "no JSON");
	rig_send(client, "{\"command\":\"sta");
	rig_send(client, "tus\"}\n");
	expect_unknown(client, "starting");
	close(client);
}

/* A line of random bytes that are likely to make half of a JSON object; no newline, ended by NUL. */
static void random_line(struct random *random, char line[64])
{
	static const char letters[] = "{}[]\":,\\u01eE.-+ \tcomandst\x01\xff\xc3\x28";
	static const char *const begins[] = {"", "{\"command\":", "{\"command\":\"status", "[[[[[["};
	size_t length;

	strcpy(line, begins[random_below(random, 4)]);
	length = strlen(line);
	for (size_t wanted = length + random_below(random, 30); length < wanted; length++)
		line[length] = letters[random_below(random, sizeof(letters) - 1)];
	line[length] = '\0';
}

static void every_line_has_one_answer(void **state)
{
	int client = rig_connect(&rig);
	uint64_t seed = (uint64_t)getpid();
	struct random random;
	char line[64];

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	random_seed(&random, seed);
	for (size_t i = 0; i < 1000; i++) {
		json_t *answer;

		random_line(&random, line);
		rig_send(client, line);
		rig_send(client, "\n");
		answer = rig_answer(client);
		if (!json_is_boolean(json_object_get(answer, "ok")))
			fail_msg("no answer to: %s", line);
		json_decref(answer);
	}
	close(client);
}

static void a_line_that_is_too_long_ends_the_connection(void **state)
{
	int client = rig_connect(&rig);
	static char line[70000];

	(void)state;
	memset(line, ' ', sizeof(line) - 1);
	rig_send(client, line);
	rig_expect_error(client, "longer than 64 KiB");
	assert_null(rig_answer(client));
	close(client);
}

static void answers_after_the_client_has_said_all(void **state)
{
	int client = rig_connect(&rig);

	(void)state;
	rig_send(client, "{\"command\":\"status\"}"); /* without newline */
	shutdown(client, SHUT_WR);
	expect_unknown(client, "starting");
	assert_null(rig_answer(client));
	close(client);
}

static void passes_on_what_the_engine_says(void **state)
{
	int client = rig_connect(&rig);
	json_t *answer;
	json_t *status;
	json_t *daemon;

	(void)state;
	ask_first(client);
	rig_say(rig.engine, MESSAGE_STATUS_ROUTER, ROUTER_MASTER);
	engine_answers("{\"name\":\"VI_2\",\"state\":\"BACKUP\"}");
	answer = rig_answer(client);
	status = status_of(answer);
	daemon = json_object_get(status, "daemon");
	assert_string_equal(engine_of(answer), "running");
	assert_string_equal(json_string_value(json_object_get(daemon, "router_id")), "gw1");
	assert_string_equal(json_string_value(json_object_get(daemon, "config")), rig.config);
	assert_int_equal(json_integer_value(json_object_get(daemon, "pid")), getpid());
	assert_int_equal(json_integer_value(json_object_get(daemon, "engine_pid")), getpid());
	assert_true(json_is_null(json_object_get(daemon, "last_reload_error")));
	assert_true(json_integer_value(json_object_get(daemon, "now")) >=
		    json_integer_value(json_object_get(daemon, "started")));
	assert_int_equal(json_array_size(json_object_get(status, "instances")), 2);
	assert_int_equal(json_array_size(json_object_get(status, "interfaces")), 1);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(status, "drops"), "vrid")), 4);
	json_decref(answer);
	close(client);
}

static void serves_several_clients_at_once(void **state)
{
	int clients[5];

	(void)state;
	rig_attach_engine(&rig);
	for (size_t i = 0; i < 5; i++)
		clients[i] = rig_connect(&rig);
	rig_send(clients[0], ASK_STATUS);
	rig_expect(&rig, rig.engine, MESSAGE_STATUS_REQUEST);
	rig_say(rig.engine, MESSAGE_STATUS_ROUTER, ROUTER_MASTER);
	/* Who asks now must not get lines from before the question. */
	for (size_t i = 1; i < 5; i++)
		rig_send(clients[i], ASK_STATUS);
	rig_send(clients[4], "nonsense\n");
	for (size_t i = 1; i < 5; i++)
		rig_wait_read(clients[i]);
	rig_say(rig.engine, MESSAGE_STATUS_END, ENGINE_WIDE);
	expect_state(clients[0], "MASTER");
	rig_expect(&rig, rig.engine, MESSAGE_STATUS_REQUEST);
	engine_answers(ROUTER_BACKUP);
	for (size_t i = 1; i < 5; i++)
		expect_state(clients[i], "BACKUP");
	rig_expect_error(clients[4], "no JSON");
	for (size_t i = 0; i < 5; i++)
		close(clients[i]);
}

/* Asked for with a body. Neither kind gets the answer of the other. */
static void a_brief_status_is_another_question(void **state)
{
	int brief = rig_connect(&rig), full = rig_connect(&rig);

	(void)state;
	rig_attach_engine(&rig);
	rig_send(full, ASK_STATUS);
	rig_expect(&rig, rig.engine, MESSAGE_STATUS_REQUEST);
	rig_send(brief, "{\"command\":\"status\",\"brief\":true}\n");
	rig_wait_read(brief);
	engine_answers(ROUTER_MASTER);
	expect_state(full, "MASTER");
	rig_expect(&rig, rig.engine, MESSAGE_STATUS_REQUEST);
	assert_string_equal(rig.body, ((const char[]){MESSAGE_STATUS_BRIEF, '\0'}));
	engine_answers(ROUTER_BACKUP);
	expect_state(brief, "BACKUP");
	close(full);
	close(brief);
}

static void what_was_said_of_an_old_configuration_is_asked_again(void **state)
{
	int client = rig_connect(&rig);

	(void)state;
	ask_first(client);
	rig_say(rig.engine, MESSAGE_STATUS_ROUTER, ROUTER_MASTER);
	rig_say(rig.engine, MESSAGE_STATUS_END, "null");
	rig_expect(&rig, rig.engine, MESSAGE_STATUS_REQUEST);
	engine_answers(ROUTER_BACKUP);
	expect_state(client, "BACKUP");
	close(client);
}

static void an_engine_that_is_silent_is_not_a_master(void **state)
{
	int client = rig_connect(&rig);

	(void)state;
	ask_first(client);
	rig_say(rig.engine, MESSAGE_STATUS_ROUTER, ROUTER_MASTER);
	expect_unknown(client, "not answering");

	/* The old answer comes at last, after the next question: it is thrown away and the question asked
	 * again. */
	rig_send(client, ASK_STATUS);
	rig_wait_read(client);
	engine_answers(ROUTER_MASTER);
	rig_expect(&rig, rig.engine, MESSAGE_STATUS_REQUEST);
	engine_answers(ROUTER_BACKUP);
	expect_state(client, "BACKUP");
	close(client);
}

static void an_answer_without_an_end_is_not_waited_for_twice(void **state)
{
	int client = rig_connect(&rig);

	(void)state;
	ask_first(client);
	expect_unknown(client, "not answering");
	rig_send(client, ASK_STATUS);
	expect_unknown(client, "not answering");
	rig_send(client, ASK_STATUS);
	rig_expect(&rig, rig.engine, MESSAGE_STATUS_REQUEST);
	engine_answers(ROUTER_MASTER);
	expect_state(client, "MASTER");
	close(client);
}

static void a_dead_engine_is_not_a_master(void **state)
{
	int client = rig_connect(&rig);
	json_t *answer;
	json_t *daemon;

	(void)state;
	ask_first(client);
	rig_say(rig.engine, MESSAGE_STATUS_ROUTER, ROUTER_MASTER);
	rig_close(&rig.engine); /* in the middle of the answer */
	expect_unknown(client, "dead");
	rig_say(rig.guard, MESSAGE_ENGINE_DEAD, "killed by signal 9");
	ask_first(client);
	rig_say(rig.engine, MESSAGE_STATUS_END, "{}");
	answer = rig_answer(client);
	daemon = json_object_get(status_of(answer), "daemon");
	assert_string_equal(engine_of(answer), "running");
	assert_int_equal(json_integer_value(json_object_get(daemon, "engine_restarts")), 1);
	assert_string_equal(json_string_value(json_object_get(daemon, "engine_death")), "killed by signal 9");
	json_decref(answer);
	close(client);
}

static void a_client_that_does_not_read_harms_nobody(void **state)
{
	static char long_name[60001];
	char *router = malloc(70000);
	int slow = rig_connect(&rig);
	int client;

	(void)state;
	assert_non_null(router);
	memset(long_name, 'n', sizeof(long_name) - 1);
	snprintf(router, 70000, "{\"name\":\"%s\",\"state\":\"MASTER\"}", long_name);
	rig_attach_engine(&rig);
	rig_send(slow, ASK_STATUS ASK_STATUS ASK_STATUS);
	rig_expect(&rig, rig.engine, MESSAGE_STATUS_REQUEST);
	for (size_t i = 0; i < 64; i++) {
		/* The front reads between: its socket holds only a few of these. */
		while (channel_send(rig.engine, MESSAGE_STATUS_ROUTER, router, strlen(router), -1) != 0)
			;
	}
	while (channel_send(rig.engine, MESSAGE_STATUS_END, "{}", 2, -1) != 0)
		;
	free(router);

	client = rig_connect(&rig);
	rig_send(client, ASK_STATUS);
	rig_expect(&rig, rig.engine, MESSAGE_STATUS_REQUEST);
	rig_say(rig.engine, MESSAGE_STATUS_ROUTER, ROUTER_MASTER);
	rig_say(rig.engine, MESSAGE_STATUS_END, "{}");
	expect_state(client, "MASTER");
	/* The slow one's second question was not even read while its first answer waits. */
	assert_false(rig_has_message(rig.engine));
	close(client);
	close(slow);
}

static void the_most_silent_client_makes_room(void **state)
{
	int clients[33];

	(void)state;
	for (size_t i = 0; i < 33; i++) {
		clients[i] = rig_connect(&rig);
		rig_send(clients[i], ASK_STATUS);
		expect_unknown(clients[i], "starting");
	}
	assert_null(rig_answer(clients[0]));
	rig_send(clients[1], ASK_STATUS);
	expect_unknown(clients[1], "starting");
	for (size_t i = 0; i < 33; i++)
		close(clients[i]);
}

/* They have had no time yet to say what they want. */
static void fresh_clients_make_no_room(void **state)
{
	int clients[32], one_more = rig_connect(&rig);

	(void)state;
	rig_send(one_more, ASK_STATUS);
	expect_unknown(one_more, "starting");
	close(one_more);
	for (size_t i = 0; i < 32; i++)
		clients[i] = rig_connect(&rig);
	one_more = rig_connect(&rig);
	rig_expect_error(one_more, "too many clients");
	close(one_more);
	for (size_t i = 0; i < 32; i++) {
		rig_send(clients[i], ASK_STATUS);
		expect_unknown(clients[i], "starting");
	}
	one_more = rig_connect(&rig);
	rig_send(one_more, ASK_STATUS);
	expect_unknown(one_more, "starting");
	close(one_more);
	for (size_t i = 0; i < 32; i++)
		close(clients[i]);
}

static void survives_clients_that_go_away(void **state)
{
	int client;

	(void)state;
	rig_attach_engine(&rig);
	for (size_t i = 0; i < 40; i++) {
		client = rig_connect(&rig);
		rig_send(client, ASK_STATUS);
		close(client);
	}
	client = rig_connect(&rig);
	rig_send(client, ASK_STATUS);
	rig_close(&rig.engine);
	expect_unknown(client, "dead");
	close(client);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers_nonsense_clearly, setup, teardown),
		cmocka_unit_test_setup_teardown(every_line_has_one_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(a_line_that_is_too_long_ends_the_connection, setup, teardown),
		cmocka_unit_test_setup_teardown(answers_after_the_client_has_said_all, setup, teardown),
		cmocka_unit_test_setup_teardown(passes_on_what_the_engine_says, setup, teardown),
		cmocka_unit_test_setup_teardown(serves_several_clients_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(a_brief_status_is_another_question, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_said_of_an_old_configuration_is_asked_again, setup, teardown),
		cmocka_unit_test_setup_teardown(an_engine_that_is_silent_is_not_a_master, setup, teardown),
		cmocka_unit_test_setup_teardown(
			an_answer_without_an_end_is_not_waited_for_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(a_dead_engine_is_not_a_master, setup, teardown),
		cmocka_unit_test_setup_teardown(a_client_that_does_not_read_harms_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(the_most_silent_client_makes_room, setup, teardown),
		cmocka_unit_test_setup_teardown(fresh_clients_make_no_room, setup, teardown),
		cmocka_unit_test_setup_teardown(survives_clients_that_go_away, setup, teardown),
	};

	if (argc < 2)
		return 2;
	rig_program = argv[1];
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("front/control", tests, NULL, NULL);
}
