/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the configuration file vouches for: what it says, and has said while the runner lives; and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/vouched.h"

static char path[] = "/tmp/vigia-vouched-XXXXXX";

/* A script that nobody tracks is not run. */
static void write_file(const char *text, const char *scripts, const char *more)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fprintf(file, "%s\nvrrp_instance V {\n interface eth0\n virtual_router_id 1\n track_script {\n%s\n }\n%s"
		      " virtual_ipaddress {\n 10.0.0.1\n }\n}\n", text, scripts, more);
	fclose(file);
}

static bool read_file(struct vouched *vouched)
{
	struct conf_result result;
	const bool fine = vouched_read(vouched, &result) != NULL;

	conf_result_free(&result);
	return fine;
}

static void vouches_for_what_it_says(void **state)
{
	struct vouched vouched = {.file = path};
	const struct conf_fifo fifo = {.path = "/run/states", .user = "root"}, other = {.path = "/etc/passwd", .user = "root"};
	const struct conf_tracked_file file = {.path = "/run/number", .create = true, .initial = 7};
	const struct conf_tracked_file larger = {.path = "/run/number", .create = true, .initial = 8};

	(void)state;
	write_file("global_defs {\n script_user nobody\n notify_fifo /run/states root\n}\n"
		   "track_file f {\n file /run/number\n init_file 7\n}\n"
		   "vrrp_script a {\n script \"/bin/check one\"\n}\nvrrp_script b {\n script /bin/check\n user root\n}\n", "a\nb", "track_file {\n f\n }\n");
	assert_true(read_file(&vouched));
	assert_true(vouched_command(&vouched, "/bin/check one", "nobody", NULL));
	assert_true(vouched_command(&vouched, "/bin/check", "root", NULL));
	/* Another account, another word, another program. */
	assert_false(vouched_command(&vouched, "/bin/check one", "root", NULL));
	assert_false(vouched_command(&vouched, "/bin/check one", NULL, NULL));
	assert_false(vouched_command(&vouched, "/bin/check two", "nobody", NULL));
	assert_false(vouched_command(&vouched, "/bin/sh", "root", NULL));
	assert_false(vouched_command(&vouched, "/bin/check\nroot", "", NULL));
	assert_true(vouched_fifo(&vouched, &fifo));
	assert_false(vouched_fifo(&vouched, &other));
	assert_true(vouched_file(&vouched, &file));
	assert_false(vouched_file(&vouched, &larger));
	vouched_free(&vouched);
}

static void remembers_what_it_said(void **state)
{
	struct vouched vouched = {.file = path};

	(void)state;
	write_file("vrrp_script a {\n script /bin/old\n}\n", "a", "");
	assert_true(read_file(&vouched));
	write_file("vrrp_script a {\n script /bin/new\n}\n", "a", "");
	assert_false(vouched_command(&vouched, "/bin/new", NULL, NULL));
	assert_true(read_file(&vouched));
	assert_true(read_file(&vouched));
	assert_int_equal(vouched.count, 2);
	write_file("vrrp_script a {\n", "a", "");
	assert_false(read_file(&vouched));
	assert_true(vouched_command(&vouched, "/bin/old", NULL, NULL));
	assert_true(vouched_command(&vouched, "/bin/new", NULL, NULL));
	unlink(path);
	assert_false(read_file(&vouched));
	assert_true(vouched_command(&vouched, "/bin/new", NULL, NULL));
	assert_false(vouched_command(&vouched, "/bin/sh", NULL, NULL));
	vouched_free(&vouched);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vouches_for_what_it_says),
		cmocka_unit_test(remembers_what_it_said),
	};
	int fd = mkstemp(path);
	int failures = fd < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);

	unlink(path);
	return failures;
}
