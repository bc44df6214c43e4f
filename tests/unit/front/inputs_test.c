/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a configuration would be read as it was: each kind of change is noticed, and no change is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "front/inputs.h"

static char directory[] = "/tmp/vigia-inputs-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void load(struct inputs *inputs, bool good)
{
	struct conf_files files = inputs_files(inputs);
	struct conf_result result;

	conf_load(path_of("main.conf"), &files, &result);
	assert_int_equal(result.conf != NULL, good);
	conf_result_free(&result);
}

static void expect_change(void (*change)(void))
{
	struct inputs inputs = {0};

	load(&inputs, true);
	assert_true(inputs_unchanged(&inputs));
	assert_true(inputs_unchanged(&inputs));
	change();
	assert_false(inputs_unchanged(&inputs));
	inputs_free(&inputs);
	assert_false(inputs_unchanged(&inputs));
}

#define INSTANCE                                                                                                    \
	"vrrp_instance %s {\n interface eth0\n virtual_router_id %d\n virtual_ipaddress {\n  10.0.0.%d\n }\n}\n"

static void write_instance(const char *name, const char *instance, int number)
{
	char text[256];

	snprintf(text, sizeof(text), INSTANCE, instance, number, number);
	write_file(name, text);
}

static void change_main(void)
{
	char text[256];

	snprintf(text, sizeof(text), "include %s/part-*.conf\n\n", directory);
	write_file("main.conf", text);
}

static void change_part(void)
{
	write_instance("part-1.conf", "A", 2);
}

static void add_part(void)
{
	write_instance("part-2.conf", "B", 3);
}

static void remove_part(void)
{
	unlink(path_of("part-2.conf"));
}

static void make_program(void)
{
	chmod(path_of("part-2.conf"), 0755);
}

static void remove_main(void)
{
	unlink(path_of("main.conf"));
}

static void every_change_is_noticed(void **state)
{
	char text[256];

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(text, sizeof(text), "include %s/part-*.conf\n", directory);
	write_file("main.conf", text);
	write_instance("part-1.conf", "A", 1);
	expect_change(change_part);
	expect_change(change_main);
	expect_change(add_part);
	expect_change(make_program);
	chmod(path_of("part-2.conf"), 0644);
	expect_change(remove_part);
	expect_change(remove_main);
	unlink(path_of("part-1.conf"));
	rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_change_is_noticed)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
