/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files under names that others know, in folders where others may put some. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "linux/own_file.h"

#define NOBODY 65534

static char folder[] = "/tmp/own-file-test.XXXXXX";
static char file[64], victim[64];

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static off_t size_of(const char *path)
{
	struct stat about;

	return stat(path, &about) == 0 ? about.st_size : -1;
}

/* Opened and closed again: 0 or -errno. */
static int try_open(int flags)
{
	const int fd = own_file_open(file, flags, 0640);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int begin(void **state)
{
	(void)state;
	snprintf(file, sizeof(file), "%s/file", folder);
	snprintf(victim, sizeof(victim), "%s/victim", folder);
	put(victim, "precious");
	return chmod(folder, 01777);
}

static int end(void **state)
{
	(void)state;
	unlink(file);
	return unlink(victim);
}

static void its_own_is_opened_and_goes_on(void **state)
{
	(void)state;
	assert_int_equal(try_open(O_WRONLY | O_APPEND), 0);
	assert_int_equal(size_of(file), 0);
	unlink(file);
	put(file, "old");
	assert_int_equal(try_open(O_WRONLY | O_APPEND), 0);
	assert_int_equal(size_of(file), 3);
	assert_int_equal(try_open(O_WRONLY | O_TRUNC), 0);
	assert_int_equal(size_of(file), 0);
}

static void what_may_be_another_file_is_left_alone(void **state)
{
	(void)state;
	assert_int_equal(symlink(victim, file), 0);
	assert_int_equal(try_open(O_WRONLY | O_TRUNC), -ELOOP);
	unlink(file);
	assert_int_equal(link(victim, file), 0);
	assert_int_equal(try_open(O_WRONLY | O_TRUNC), -EPERM);
	unlink(file);
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_int_equal(try_open(O_RDWR), -EPERM);
	assert_int_equal(size_of(victim), strlen("precious"));
}

static void what_somebody_else_has_made_is_not_written_to(void **state)
{
	int error;

	(void)state;
	if (geteuid() != 0)
		skip();
	put(file, "mine");
	assert_int_equal(chown(file, NOBODY, NOBODY), 0);
	/* Where fs.protected_regular is on, the kernel has refused it. */
	error = try_open(O_WRONLY | O_TRUNC);
	assert_true(error == -EPERM || error == -EACCES);
	assert_int_equal(size_of(file), strlen("mine"));
}

static void where_nobody_else_writes_all_is_as_usual(void **state)
{
	(void)state;
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(symlink(victim, file), 0);
	assert_int_equal(try_open(O_WRONLY | O_NOFOLLOW), -ELOOP);
	assert_int_equal(try_open(O_WRONLY | O_TRUNC), 0);
	assert_int_equal(size_of(victim), 0);
	assert_int_equal(own_file_open("/nowhere/file", O_WRONLY, 0600), -ENOENT);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(its_own_is_opened_and_goes_on, begin, end),
		cmocka_unit_test_setup_teardown(what_may_be_another_file_is_left_alone, begin, end),
		cmocka_unit_test_setup_teardown(what_somebody_else_has_made_is_not_written_to, begin, end),
		cmocka_unit_test_setup_teardown(where_nobody_else_writes_all_is_as_usual, begin, end),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
