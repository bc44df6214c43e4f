/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log: where lines go, that none of them can flood it, and that nobody has to wait for a dead syslog. */
#include "front/log.h"
#include "front/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/vigia-log-XXXXXX";
static char path[64];
static char text[1 << 20];
static int console[2];

static int setup(void **state)
{
	(void)state;
	return pipe2(console, O_CLOEXEC | O_NONBLOCK);
}

static int teardown(void **state)
{
	(void)state;
	log_close();
	close(console[0]);
	close(console[1]);
	unlink(path);
	return 0;
}

static void open_log(int fd, bool detail, const char *syslog)
{
	const struct log_options options = {
		.console = fd, .detail = detail, .syslog_path = syslog, .facility = LOG_DAEMON};

	assert_int_equal(log_open(&options), 0);
}

static int listen_as_syslog(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, path, strlen(path));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* What waits in fd, up to the size of one read. */
static const char *take(int fd)
{
	ssize_t length = read(fd, text, sizeof(text) - 1);

	text[length > 0 ? length : 0] = '\0';
	return text;
}

static size_t count_lines(const char *lines)
{
	size_t count = 0;

	for (; *lines; lines++)
		count += *lines == '\n';
	return count;
}

static void lines_have_time_and_level(void **state)
{
	unsigned part[7];
	char rest[64];

	(void)state;
	open_log(console[1], false, NULL);
	log_line(LOG_LEVEL_WARNING, "%s is %d", "it", 5);
	assert_int_equal(sscanf(take(console[0]), "%4u-%2u-%2u %2u:%2u:%2u.%3u %63[^\n]", &part[0], &part[1],
				 &part[2], &part[3], &part[4], &part[5], &part[6], rest),
		8);
	assert_string_equal(rest, "warning: it is 5");
	assert_true(part[0] >= 2024 && part[1] >= 1 && part[1] <= 12 && part[6] < 1000);
	log_line(LOG_LEVEL_NOTICE, "plain");
	assert_string_equal(take(console[0]) + strlen("2026-11-23 07:00:00.000 "), "plain\n");
}

static void details_are_for_those_who_ask(void **state)
{
	(void)state;
	open_log(console[1], false, NULL);
	log_line(LOG_LEVEL_DETAIL, "detail");
	assert_string_equal(take(console[0]), "");
	open_log(console[1], true, NULL);
	log_line(LOG_LEVEL_DETAIL, "detail");
	assert_non_null(strstr(take(console[0]), "detail\n"));
}

static void a_text_becomes_lines(void **state)
{
	(void)state;
	open_log(console[1], false, NULL);
	log_text(LOG_LEVEL_NOTICE, "one\ntwo\n\nthree");
	assert_int_equal(count_lines(take(console[0])), 4);
	assert_non_null(strstr(text, "three\n"));
}

static void a_line_has_an_end(void **state)
{
	static char longest[5000];

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	open_log(console[1], false, NULL);
	log_line(LOG_LEVEL_NOTICE, "%s", longest);
	assert_int_equal(count_lines(take(console[0])), 1);
	assert_true(strlen(text) < 2200);
	log_text(LOG_LEVEL_NOTICE, longest);
	assert_int_equal(count_lines(take(console[0])), 1);
}

static void syslog_gets_them_too(void **state)
{
	char wanted[64];
	int other = listen_as_syslog();

	(void)state;
	open_log(-1, false, path);
	log_line(LOG_LEVEL_ERROR, "bad");
	snprintf(wanted, sizeof(wanted), " vigiad[%d]: bad", (int)getpid());
	assert_non_null(strstr(take(other), wanted));
	assert_memory_equal(text, "<27>", 4); /* daemon, error */

	/* A restarted syslog daemon leaves a dead socket; the next line finds the new one. */
	close(other);
	unlink(path);
	other = listen_as_syslog();
	log_line(LOG_LEVEL_NOTICE, "again");
	assert_non_null(strstr(take(other), "again"));
	close(other);
}

static void nobody_waits_long_for_syslog(void **state)
{
	int other = listen_as_syslog();

	(void)state;
	open_log(console[1], false, path);
	/* Nobody reads: its queue fills, and after one short wait it is left alone. */
	for (size_t i = 0; i < 1500; i++) {
		log_line(LOG_LEVEL_NOTICE, "line %zu", i);
		take(console[0]);
	}
	assert_non_null(strstr(text, "line 1499"));
	close(other);
}

static void a_flood_is_counted(void **state)
{
	size_t taken = 0;

	(void)state;
	open_log(console[1], true, NULL);
	for (size_t i = 0; i < 3000; i++) {
		log_line(LOG_LEVEL_DETAIL, "line");
		taken += count_lines(take(console[0]));
	}
	assert_true(taken >= 500 && taken < 3000);
	/* Details do not use up the room of what matters. */
	log_line(LOG_LEVEL_NOTICE, "BACKUP -> MASTER");
	assert_non_null(strstr(take(console[0]), "BACKUP -> MASTER"));
	assert_int_equal(log_lost(), 3000 - taken);
	log_report_left_out();
	assert_non_null(strstr(take(console[0]), "lines were left out of this log"));
	log_report_left_out();
	assert_string_equal(take(console[0]), "");
}

static void a_console_that_nobody_reads_is_left_alone(void **state)
{
	(void)state;
	assert_true(fcntl(console[1], F_SETFL, 0) == 0); /* as a terminal is: writing blocks */
	open_log(console[1], false, NULL);
	for (size_t i = 0; i < 1900; i++)
		log_line(LOG_LEVEL_NOTICE, "%0100d", 0);
	assert_true(count_lines(take(console[0])) > 100);
	/* Once it reads again, it is told what it has missed. */
	for (size_t i = 0; i < 1000 && !strstr(take(console[0]), "lines were lost here: nobody read them"); i++) {
		log_line(LOG_LEVEL_NOTICE, "still there");
		usleep(10000);
	}
	assert_non_null(strstr(text, "lines were lost here"));
	log_line(LOG_LEVEL_NOTICE, "goes on");
	assert_non_null(strstr(take(console[0]), "goes on"));
	assert_null(strstr(text, "lost"));
}

static void open_file_log(const char *file)
{
	const struct log_options options = {.console = -1, .file = file};

	assert_int_equal(log_open(&options), 0);
	log_start_thread(NULL, NULL);
}

static const char *read_file(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	take(fd);
	close(fd);
	return text;
}

static void a_thread_writes_the_file(void **state)
{
	char file[64], old[80], wanted[32];
	const char *at;

	(void)state;
	snprintf(file, sizeof(file), "%s/file", folder);
	snprintf(old, sizeof(old), "%s.1", file);
	open_file_log(file);
	for (size_t i = 0; i < 500; i++)
		log_line(LOG_LEVEL_NOTICE, "line %zu of many", i);
	log_close();
	at = read_file(file);
	for (size_t i = 0; i < 500; i++) {
		snprintf(wanted, sizeof(wanted), " line %zu of many\n", i);
		at = strstr(at, wanted);
		assert_non_null(at);
	}

	/* What was said before a rotation stands in the old file. */
	open_file_log(file);
	log_line(LOG_LEVEL_NOTICE, "before");
	log_close();
	open_file_log(file);
	assert_int_equal(rename(file, old), 0);
	log_rotate();
	while (access(file, F_OK) < 0)
		usleep(1000);
	log_line(LOG_LEVEL_NOTICE, "after");
	log_close();
	assert_non_null(strstr(read_file(old), " before\n"));
	assert_null(strstr(text, " after\n"));
	assert_non_null(strstr(read_file(file), " after\n"));
	unlink(file);
	unlink(old);
}

struct opener {
	const char *path;
	int opened[2]; /* an octet for each opening... */
	int gate[2]; /* ...and for each that may go on */
};

static int open_when_told(void *user)
{
	const struct opener *opener = user;
	const int fd = log_file_open_path(opener->path);
	char octet = 0;

	return write(opener->opened[1], &octet, 1) == 1 && read(opener->gate[0], &octet, 1) == 1 ? fd : -EIO;
}

static void what_is_said_after_a_rotation_is_in_the_new_file(void **state)
{
	char name[64], old[80], octet;
	struct opener opener = {.path = name};
	struct log_file file;

	(void)state;
	snprintf(name, sizeof(name), "%s/file", folder);
	snprintf(old, sizeof(old), "%s.1", name);
	assert_int_equal(pipe(opener.gate), 0);
	assert_int_equal(pipe(opener.opened), 0);
	assert_int_equal(log_file_open(&file, name, false), 0);
	log_file_start_thread(&file, open_when_told, &opener);
	/* While the thread is kept in an opening that changes nothing, all the rest is said. */
	log_file_rotate(&file);
	assert_int_equal(read(opener.opened[0], &octet, 1), 1);
	log_file_write(&file, "before\n", 7);
	assert_int_equal(rename(name, old), 0);
	log_file_rotate(&file);
	log_file_write(&file, "after\n", 6);
	assert_int_equal(write(opener.gate[1], "12", 2), 2);
	log_file_close(&file, INT64_C(10000000000));
	assert_string_equal(read_file(old), "before\n");
	assert_string_equal(read_file(name), "after\n");
	for (size_t i = 0; i < 2; i++) {
		close(opener.gate[i]);
		close(opener.opened[i]);
	}
	unlink(name);
	unlink(old);
}

/* A name that somebody has put there could be that of any file. */
static void where_everybody_writes_only_its_own_file_is_written(void **state)
{
	char file[64], other[80];
	const struct log_options options = {.console = -1, .file = file};

	(void)state;
	snprintf(file, sizeof(file), "%s/file", folder);
	snprintf(other, sizeof(other), "%s.other", file);
	assert_int_equal(log_open(&options), 0);
	assert_int_equal(link(file, other), 0);
	assert_int_equal(log_open(&options), 0);
	assert_int_equal(chmod(folder, 01777), 0);
	assert_int_equal(log_open(&options), -EPERM);
	unlink(other);
	assert_int_equal(log_open(&options), 0);
	log_close();
	assert_int_equal(chmod(folder, 0700), 0);
	unlink(file);
}

/* A pipe takes what there is room for: the rest is lost, and told to those who listen. */
static void what_a_file_does_not_take_is_counted(void **state)
{
	char file[64];
	int reader;
	struct log_options options = {.console = console[1], .file = file};

	(void)state;
	snprintf(file, sizeof(file), "%s/fifo", folder);
	assert_int_equal(mkfifo(file, 0600), 0);
	reader = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	assert_true(reader >= 0);
	assert_int_equal(log_open(&options), 0);
	log_start_thread(NULL, NULL);
	for (size_t i = 0; i < 1000; i++) {
		log_line(LOG_LEVEL_NOTICE, "%0100d", 0);
		take(console[0]);
	}
	for (size_t i = 0; i < 1000 && !strstr(take(console[0]), "lines were lost"); i++) {
		usleep(10000);
		log_report_left_out();
	}
	assert_non_null(strstr(text, "fifo did not take them"));
	log_close();
	close(reader);
	unlink(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(where_everybody_writes_only_its_own_file_is_written, setup, teardown),
		cmocka_unit_test_setup_teardown(lines_have_time_and_level, setup, teardown),
		cmocka_unit_test_setup_teardown(details_are_for_those_who_ask, setup, teardown),
		cmocka_unit_test_setup_teardown(a_text_becomes_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(a_line_has_an_end, setup, teardown),
		cmocka_unit_test_setup_teardown(syslog_gets_them_too, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_waits_long_for_syslog, setup, teardown),
		cmocka_unit_test_setup_teardown(a_flood_is_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(a_console_that_nobody_reads_is_left_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(a_thread_writes_the_file, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_said_after_a_rotation_is_in_the_new_file, setup, teardown),
		cmocka_unit_test_setup_teardown(what_a_file_does_not_take_is_counted, setup, teardown),
	};

	if (!mkdtemp(folder))
		return 2;
	snprintf(path, sizeof(path), "%s/log", folder);

	int failed = cmocka_run_group_tests_name("front/log", tests, NULL, NULL);

	rmdir(folder);
	return failed;
}
