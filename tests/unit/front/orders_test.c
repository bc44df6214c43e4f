/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Orders of an administrator on their way to the engine, and the answers to whoever gave them. */
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

static struct rig rig;

static int setup(void **state)
{
	(void)state;
	rig_init(&rig);
	rig_write_config(&rig, "vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n"
			       "    virtual_ipaddress {\n        192.168.1.200\n    }\n}\n");
	rig_start_ready(&rig, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_free(&rig);
	return 0;
}

/* The next order that the engine gets. */
static struct message_order next_order(void)
{
	struct message_order order;

	rig_expect(&rig, rig.engine, MESSAGE_ORDER);
	memcpy(&order, rig.body, sizeof(order));
	return order;
}

static void say_answer(uint32_t number, const char *rest)
{
	char text[300];

	snprintf(text, sizeof(text), "{\"number\":%u,%s}", number, rest);
	rig_say(rig.engine, MESSAGE_ANSWER, text);
}

static void each_client_gets_its_own_answer(void **state)
{
	int drains = rig_connect(&rig), resumes = rig_connect(&rig);
	struct message_order drain, resume;
	json_t *answer;

	(void)state;
	rig_attach_engine(&rig);
	rig_send(drains, "{\"command\":\"drain\",\"name\":\"VI_1\",\"timeout\":1.5,\"force\":true}\n");
	drain = next_order();
	assert_int_equal(drain.kind, ENGINE_DRAIN);
	assert_string_equal(drain.name, "VI_1");
	assert_true(drain.timeout == 1500000000 && drain.force && !drain.all);
	rig_send(resumes, "{\"command\":\"resume\"}\n");
	resume = next_order();
	assert_int_equal(resume.kind, ENGINE_RESUME);
	assert_true(resume.all && !resume.force && resume.timeout == 0);
	say_answer(resume.number, "\"ok\":true,\"instances\":[]");
	answer = rig_answer(resumes);
	assert_true(json_is_true(json_object_get(answer, "ok")));
	assert_null(json_object_get(answer, "number"));
	json_decref(answer);
	say_answer(drain.number, "\"ok\":false,\"error\":\"nobody\"");
	rig_expect_error(drains, "nobody");
	close(drains);
	close(resumes);
}

static void an_engine_that_ends_answers_nobody(void **state)
{
	int client = rig_connect(&rig);

	(void)state;
	rig_send(client, "{\"command\":\"takeover\"}\n");
	rig_expect_error(client, "the engine has not started yet");
	rig_attach_engine(&rig);
	rig_send(client, "{\"command\":\"takeover\"}\n");
	next_order();
	rig_close(&rig.engine);
	rig_expect_error(client, "the engine ended before it was done");
	close(client);
}

static void what_makes_no_sense_is_refused(void **state)
{
	int client = rig_connect(&rig);

	(void)state;
	rig_attach_engine(&rig);
	rig_send(client, "{\"command\":\"drain\",\"name\":7}\n");
	rig_expect_error(client, "\"name\" must be a text");
	rig_send(client, "{\"command\":\"drain\",\"timeout\":0}\n");
	rig_expect_error(client, "\"timeout\" must be a number of seconds");
	rig_send(client, "{\"command\":\"drain\",\"force\":1}\n");
	rig_expect_error(client, "\"force\" must be true or false");
	rig_send(client, "{\"command\":\"resume\",\"timeout\":5}\n");
	rig_expect_error(client, "for drain alone");
	assert_false(rig_has_message(rig.engine));
	close(client);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_client_gets_its_own_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(an_engine_that_ends_answers_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(what_makes_no_sense_is_refused, setup, teardown),
	};

	if (argc < 2)
		return 2;
	rig_program = argv[1];
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("front/orders", tests, NULL, NULL);
}
