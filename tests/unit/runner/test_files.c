/* SPDX-License-Identifier: GPL-2.0-or-later */
/* track_file: whatever becomes of the file, and of the folders on the way, its number is known. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rig.h"

static struct rig rig;
static char folder[64];

static const char *in_folder(const char *name)
{
	static char paths[4][160];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void write_text(const char *name, const char *text)
{
	FILE *file = fopen(in_folder(name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void load(const char *name, const char *more, bool first)
{
	char definition[300];

	snprintf(definition, sizeof(definition), "track_file f {\n file %s\n %s\n}\n", in_folder(name), more);
	rig_load(&rig, definition, "track_file {\n f\n }", first);
}

static void expect(int32_t value)
{
	rig_expect(&rig, TRACK_FILE, "f", TRACK_UP, value);
}

static int open_rig(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/vigia-files-XXXXXX");
	assert_non_null(mkdtemp(folder));
	rig_open(&rig);
	return 0;
}

static int close_rig(void **state)
{
	char command[100];

	(void)state;
	rig_close(&rig);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static void written_in_place(void **state)
{
	(void)state;
	write_text("load", "5\n");
	load("load", "", true);
	expect(5);
	write_text("load", "-20");
	expect(-20);
	write_text("load", "  +7 \n\n");
	expect(7);
}

static void replaced_by_a_rename(void **state)
{
	(void)state;
	write_text("load", "1");
	load("load", "", true);
	expect(1);
	for (int32_t i = 2; i < 6; i++) {
		char text[12];

		snprintf(text, sizeof(text), "%d", i);
		write_text("new", text);
		assert_int_equal(rename(in_folder("new"), in_folder("load")), 0);
		expect(i);
	}
	write_text("load", "9");
	expect(9);
}

static void made_later_and_deleted(void **state)
{
	(void)state;
	load("load", "", true);
	expect(0);
	write_text("load", "3");
	expect(3);
	assert_int_equal(unlink(in_folder("load")), 0);
	expect(0);
	write_text("load", "4");
	expect(4);
}

static void its_folders_come_and_go(void **state)
{
	(void)state;
	load("a/b/load", "", true);
	expect(0);
	assert_int_equal(mkdir(in_folder("a"), 0755), 0);
	assert_int_equal(mkdir(in_folder("a/b"), 0755), 0);
	write_text("a/b/load", "3");
	expect(3);
	/* another folder in the place of one on the way */
	assert_int_equal(mkdir(in_folder("c"), 0755), 0);
	assert_int_equal(mkdir(in_folder("c/b"), 0755), 0);
	write_text("c/b/load", "8");
	assert_int_equal(rename(in_folder("a"), in_folder("old")), 0);
	expect(0);
	assert_int_equal(rename(in_folder("c"), in_folder("a")), 0);
	expect(8);
	write_text("a/b/load", "9");
	expect(9);
}

static void a_symbolic_link_is_followed(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in_folder("data"), 0755), 0);
	write_text("data/load", "3");
	assert_int_equal(symlink("data/load", in_folder("load")), 0);
	load("load", "", true);
	expect(3);
	write_text("data/load", "4");
	expect(4);
	write_text("other", "5");
	assert_int_equal(symlink("other", in_folder("next")), 0);
	assert_int_equal(rename(in_folder("next"), in_folder("load")), 0);
	expect(5);
}

static void what_is_no_number_changes_nothing(void **state)
{
	static const char *const wrong[] = {"x", "5x", "5 6", "2147483648", "99999999999999999999", "\n", "--5"};

	(void)state;
	write_text("load", "5");
	load("load", "", true);
	expect(5);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		write_text("load", wrong[i]);
	write_text("load", "-2147483648");
	rig_expect_nothing(&rig, 0);
	expect(INT32_MIN);
}

static void what_is_no_number_at_first_is_zero(void **state)
{
	(void)state;
	write_text("load", "nonsense");
	load("load", "", true);
	expect(0);
}

static void a_writer_that_does_not_close(void **state)
{
	int fd;

	(void)state;
	write_text("load", "5");
	load("load", "", true);
	expect(5);
	fd = open(in_folder("load"), O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "6", 1, 0), 1);
	expect(6);
	close(fd);
}

static void init_file_counts_at_the_start_alone(void **state)
{
	(void)state;
	load("load", "init_file 7", true);
	expect(7);
	write_text("load", "3");
	expect(3);
	rig_close(&rig);
	rig_open(&rig);
	load("load", "init_file 7", true);
	expect(3);
	load("other", "init_file 9 overwrite", false);
	expect(0);
	rig_close(&rig);
	rig_open(&rig);
	load("load", "init_file -9 overwrite", true);
	expect(-9);
}

static void a_reload_leaves_it_alone(void **state)
{
	(void)state;
	write_text("load", "5");
	load("load", "", true);
	expect(5);
	load("load", "weight 3", false);
	write_text("load", "6");
	expect(6);
	write_text("other", "9");
	load("other", "", false);
	expect(9);
	write_text("load", "1");
	write_text("other", "10");
	expect(10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(written_in_place),
		TEST(replaced_by_a_rename),
		TEST(made_later_and_deleted),
		TEST(its_folders_come_and_go),
		TEST(a_symbolic_link_is_followed),
		TEST(what_is_no_number_changes_nothing),
		TEST(what_is_no_number_at_first_is_zero),
		TEST(a_writer_that_does_not_close),
		TEST(init_file_counts_at_the_start_alone),
		TEST(a_reload_leaves_it_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
