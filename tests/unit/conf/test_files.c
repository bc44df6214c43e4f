/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real file system of conf_load: a file that somebody is writing is read when it is whole. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf_test.h"

#define FIRST "vrrp_instance A {\n"
#define REST "interface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 10.0.0.1 }\n}\n"

/* Empties the file, tells of it, and takes its time: more than a reader needs that waits for nobody. */
static void write_slowly(const char *path, int told)
{
	const int fd = open(path, O_WRONLY | O_TRUNC);
	bool fine = fd >= 0 && write(told, "", 1) == 1;

	poll(NULL, 0, 20);
	fine = fine && write(fd, FIRST, strlen(FIRST)) > 0;
	poll(NULL, 0, 20);
	fine = fine && write(fd, REST, strlen(REST)) > 0;
	_exit(fine ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void test_a_file_that_is_being_written(void **state)
{
	char path[] = "/tmp/vigia-files-XXXXXX";
	const int fd = mkstemp(path);
	int told[2], status;
	size_t length = 0;
	char *text, byte;
	pid_t writer;

	(void)state;
	assert_true(fd >= 0);
	assert_true(write(fd, "old", 3) == 3);
	close(fd);
	assert_return_code(pipe(told), errno);
	writer = fork();
	if (writer == 0)
		write_slowly(path, told[1]);
	assert_true(writer > 0);
	assert_int_equal(read(told[0], &byte, 1), 1);
	text = conf_files_system.read(NULL, path, &length);
	unlink(path);
	assert_non_null(text);
	assert_string_equal(text, FIRST REST);
	assert_int_equal(length, strlen(FIRST REST));
	free(text);
	assert_int_equal(waitpid(writer, &status, 0), writer);
	assert_int_equal(status, 0);
	close(told[0]);
	close(told[1]);
}

/* Of whom the kernel tells nothing. */
static void test_a_pipe(void **state)
{
	char path[32];
	int ends[2];
	size_t length = 0;
	char *text;

	(void)state;
	assert_return_code(pipe(ends), errno);
	assert_true(write(ends[1], FIRST, strlen(FIRST)) > 0);
	close(ends[1]);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	text = conf_files_system.read(NULL, path, &length);
	close(ends[0]);
	assert_non_null(text);
	assert_string_equal(text, FIRST);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_file_that_is_being_written),
		cmocka_unit_test(test_a_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
