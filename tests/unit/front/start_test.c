/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the front starts, refuses to, logs, records and ends. */
#include "rig.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static const char good_config[] = "vrrp_instance VI_1 {\n"
				  "    interface eth0\n"
				  "    virtual_router_id 51\n"
				  "    priority 100\n"
				  "    virtual_ipaddress {\n        192.168.1.200\n    }\n"
				  "}\n";
static const char bad_config[] = "vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n"
				 "    priority 300\n    wrong\n}\n";

static struct rig rig;

static int setup(void **state)
{
	(void)state;
	rig_init(&rig);
	rig_write_config(&rig, good_config);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_free(&rig);
	return 0;
}

static void assert_contains(char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in: %s", part, text);
	free(text);
}

static void hands_over_the_configuration_sealed(void **state)
{
	int fd;
	char *text;

	(void)state;
	rig_start(&rig, NULL);
	fd = rig_expect(&rig, rig.guard, MESSAGE_CONFIG);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GET_SEALS), F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	text = rig_read_fd(fd);
	assert_non_null(strstr(text, "vrrp_instance VI_1 {"));
	assert_contains(text, "192.168.1.200");
	close(fd);
	rig_expect(&rig, rig.guard, MESSAGE_FRONT_READY);
}

static void makes_the_socket_and_takes_it_away(void **state)
{
	struct stat status;

	(void)state;
	rig_start_ready(&rig, NULL);
	assert_int_equal(stat(rig.control, &status), 0);
	assert_true(S_ISSOCK(status.st_mode));
	assert_int_equal(status.st_mode & 0777, 0660);
	rig_say(rig.guard, MESSAGE_QUIT, NULL);
	assert_int_equal(rig_wait(&rig), 0);
	assert_int_equal(stat(rig.control, &status), -1);
}

static void has_no_privileges_left(void **state)
{
	char path[64];
	char *text;

	(void)state;
	rig_start_ready(&rig, NULL);
	snprintf(path, sizeof(path), "/proc/%d/status", (int)rig.pid);
	text = rig_read_file(path);
	assert_non_null(strstr(text, "CapEff:\t0000000000000000"));
	assert_non_null(strstr(text, "CapPrm:\t0000000000000000"));
	assert_contains(text, "NoNewPrivs:\t1");
}

static void ends_with_its_guard_only(void **state)
{
	(void)state;
	rig_start_ready(&rig, NULL);
	kill(rig.pid, SIGTERM);
	kill(rig.pid, SIGINT);
	kill(rig.pid, SIGHUP);
	rig_close(&rig.guard);
	assert_int_equal(rig_wait(&rig), 0);
}

static void refuses_a_bad_configuration_with_all_errors(void **state)
{
	char *errors;

	(void)state;
	rig_write_config(&rig, bad_config);
	rig_start(&rig, NULL);
	errors = rig_errors(&rig, NULL);
	assert_non_null(strstr(errors, "keepalived.conf:4:"));
	assert_contains(errors, "keepalived.conf:5:");
	assert_int_equal(rig_wait(&rig), 5);
	rig_expect_end(rig.guard);
}

static void refuses_a_missing_configuration(void **state)
{
	(void)state;
	unlink(rig.config);
	rig_start(&rig, NULL);
	assert_contains(rig_errors(&rig, NULL), "keepalived.conf");
	assert_int_equal(rig_wait(&rig), 6);
}

static void tests_a_configuration(void **state)
{
	char option[128];
	char messages[96];

	(void)state;
	rig_start(&rig, (const char *const[]){"--test", NULL});
	assert_int_equal(rig_wait(&rig), 0);
	rig_close(&rig.guard);
	rig_close(&rig.errors);

	rig_write_config(&rig, bad_config);
	snprintf(messages, sizeof(messages), "%s/messages", rig.folder);
	snprintf(option, sizeof(option), "--test=%s", messages);
	rig_start(&rig, (const char *const[]){option, NULL});
	assert_int_equal(rig_wait(&rig), 5);
	assert_contains(rig_read_file(messages), "keepalived.conf:4:");
	rig_close(&rig.guard);
	rig_close(&rig.errors);

	rig_start(&rig, (const char *const[]){"--test=/nowhere/at/all", NULL});
	assert_int_equal(rig_wait(&rig), 4);
}

/* A socket that was bound and that nobody listens on any more, as a dead daemon leaves it. */
static int bind_control(bool listening)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char folder[96];

	snprintf(folder, sizeof(folder), "%s/run", rig.folder);
	assert_int_equal(mkdir(folder, 0755), 0);
	memcpy(address.sun_path, rig.control, strlen(rig.control));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	if (listening)
		assert_int_equal(listen(fd, 5), 0);
	return fd;
}

static void replaces_the_socket_of_a_dead_daemon(void **state)
{
	int client;

	(void)state;
	close(bind_control(false));
	rig_start_ready(&rig, NULL);
	client = rig_connect(&rig);
	close(client);
}

static void leaves_the_socket_of_a_living_daemon(void **state)
{
	int other = bind_control(true);
	char *errors;

	(void)state;
	rig_start(&rig, NULL);
	errors = rig_errors(&rig, NULL);
	assert_non_null(strstr(errors, rig.control));
	assert_contains(errors, "another vigiad");
	assert_int_equal(rig_wait(&rig), 1);
	rig_expect_end(rig.guard); /* no configuration: no engine was started beside the other daemon */
	close(rig_connect(&rig));
	close(other);
}

static void does_not_remove_what_is_no_socket(void **state)
{
	FILE *file;
	char folder[96];

	(void)state;
	snprintf(folder, sizeof(folder), "%s/run", rig.folder);
	assert_int_equal(mkdir(folder, 0755), 0);
	file = fopen(rig.control, "w");
	fclose(file);
	rig_start(&rig, NULL);
	assert_contains(rig_errors(&rig, NULL), "is no socket");
	assert_int_equal(rig_wait(&rig), 1);
}

static void logs_events_and_drops(void **state)
{
	static const char transition[] =
		"{\"at\":1,\"vr\":\"VI_1\",\"code\":\"down-timer\",\"from\":\"BACKUP\",\"to\":"
		"\"MASTER\",\"text\":\"nothing heard\"}";
	static const char detail[] =
		"{\"at\":1,\"vr\":\"VI_1\",\"code\":\"announced\",\"from\":\"MASTER\",\"to\":"
		"\"MASTER\",\"text\":\"announced\"}";
	char *errors;

	(void)state;
	rig_start_ready(&rig, NULL);
	rig_attach_engine(&rig);
	rig_say(rig.engine, MESSAGE_EVENT, detail);
	rig_say(rig.engine, MESSAGE_DROP,
		"{\"interface\":\"eth0\",\"vr\":null,\"text\":\"TTL\",\"count\":2}");
	rig_say(rig.engine, MESSAGE_ENGINE_LOG, "one\ntwo");
	rig_say(rig.engine, MESSAGE_EVENT, transition);
	errors = rig_errors(&rig, "VI_1: BACKUP -> MASTER: nothing heard\n");
	assert_null(strstr(errors, "announced"));
	assert_non_null(strstr(errors, "warning: eth0: 2 packets dropped: TTL\n"));
	assert_contains(errors, "one\n");
	rig_say(rig.guard, MESSAGE_LOG, "from the guard");
	free(rig_errors(&rig, "from the guard"));
	rig_say(rig.guard, MESSAGE_ENGINE_DEAD, "killed by signal 9");
	free(rig_errors(&rig, "error: the engine died: killed by signal 9"));
}

static void logs_details_when_asked(void **state)
{
	(void)state;
	rig_start_ready(&rig, (const char *const[]){"--log-detail", NULL});
	rig_attach_engine(&rig);
	rig_say(rig.engine, MESSAGE_EVENT,
		"{\"vr\":\"VI_1\",\"code\":\"announced\",\"from\":\"MASTER\",\"to\":\"MASTER\",\"text\":"
		"\"said so\"}");
	free(rig_errors(&rig, "VI_1: said so"));
}

static void shows_the_configuration_when_asked(void **state)
{
	(void)state;
	rig_start_ready(&rig, (const char *const[]){"--dump", NULL});
	free(rig_errors(&rig, "192.168.1.200"));
}

static void records_the_trace(void **state)
{
	char *trace;

	(void)state;
	rig_start_ready(&rig, (const char *const[]){"--record", rig.record, NULL});
	rig_attach_engine(&rig);
	rig_say(rig.engine, MESSAGE_TRACE, "{\"trace\":1}");
	rig_say(rig.engine, MESSAGE_TRACE, "{\"t\":1}");
	rig_say(rig.guard, MESSAGE_QUIT, NULL);
	assert_int_equal(rig_wait(&rig), 0);
	trace = rig_read_file(rig.record);
	assert_string_equal(trace, "{\"trace\":1}\n{\"t\":1}\n");
	free(trace);
}

static void says_once_that_the_trace_cannot_be_written(void **state)
{
	char *errors;

	(void)state;
	rig_start_ready(&rig, (const char *const[]){"--record", "/dev/full", NULL});
	rig_attach_engine(&rig);
	rig_say(rig.engine, MESSAGE_TRACE, "{\"t\":1}");
	free(rig_errors(&rig, "recording to /dev/full ended"));
	rig_say(rig.engine, MESSAGE_TRACE, "{\"t\":2}");
	rig_say(rig.engine, MESSAGE_ENGINE_LOG, "later");
	errors = rig_errors(&rig, "later");
	assert_null(strstr(errors, "recording"));
	free(errors);
	rig_close(&rig.guard);
	assert_int_equal(rig_wait(&rig), 0);
}

static void goes_on_with_the_configuration_in_force(void **state)
{
	char number[16];
	int config;
	int client;
	json_t *answer;
	FILE *torn;
	char *trace;

	(void)state;
	rig_start(&rig, NULL);
	config = rig_expect(&rig, rig.guard, MESSAGE_CONFIG);
	rig_expect(&rig, rig.guard, MESSAGE_FRONT_READY);
	rig_close(&rig.guard);
	assert_int_equal(rig_wait(&rig), 0);
	rig_close(&rig.errors);

	rig_write_config(&rig, bad_config);
	assert_int_equal(fcntl(config, F_SETFD, 0), 0);
	snprintf(number, sizeof(number), "%d", config);
	torn = fopen(rig.record, "w");
	assert_non_null(torn);
	fputs("{\"whole\":1}\n{\"ha", torn);
	fclose(torn);
	rig_start(&rig, (const char *const[]){"--in-force-fd", number, "--record", rig.record, NULL});
	rig_expect(&rig, rig.guard, MESSAGE_FRONT_READY);
	close(config);
	client = rig_connect(&rig);
	rig_send(client, "{\"command\":\"status\"}\n");
	answer = rig_answer(client);
	assert_int_equal(json_array_size(json_object_get(json_object_get(answer, "status"), "instances")), 1);
	json_decref(answer);
	close(client);
	trace = rig_read_file(rig.record);
	assert_string_equal(trace, "{\"whole\":1}\n");
	free(trace);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hands_over_the_configuration_sealed, setup, teardown),
		cmocka_unit_test_setup_teardown(makes_the_socket_and_takes_it_away, setup, teardown),
		cmocka_unit_test_setup_teardown(has_no_privileges_left, setup, teardown),
		cmocka_unit_test_setup_teardown(ends_with_its_guard_only, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_a_bad_configuration_with_all_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_a_missing_configuration, setup, teardown),
		cmocka_unit_test_setup_teardown(tests_a_configuration, setup, teardown),
		cmocka_unit_test_setup_teardown(replaces_the_socket_of_a_dead_daemon, setup, teardown),
		cmocka_unit_test_setup_teardown(leaves_the_socket_of_a_living_daemon, setup, teardown),
		cmocka_unit_test_setup_teardown(does_not_remove_what_is_no_socket, setup, teardown),
		cmocka_unit_test_setup_teardown(logs_events_and_drops, setup, teardown),
		cmocka_unit_test_setup_teardown(logs_details_when_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(shows_the_configuration_when_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(records_the_trace, setup, teardown),
		cmocka_unit_test_setup_teardown(says_once_that_the_trace_cannot_be_written, setup, teardown),
		cmocka_unit_test_setup_teardown(goes_on_with_the_configuration_in_force, setup, teardown),
	};

	if (argc < 2)
		return 2;
	rig_program = argv[1];
	return cmocka_run_group_tests_name("front/start", tests, NULL, NULL);
}
