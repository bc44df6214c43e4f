/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are large, deep, damaged or made to hurt; memory that is refused; the real file system. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/load.h"
#include "conf/memory.h"
#include "conf_test.h"

/* text, count times, between head and tail. */
static char *repeat(const char *head, const char *text, size_t count, const char *tail, size_t *length)
{
	size_t head_length = strlen(head);
	size_t text_length = strlen(text);
	size_t tail_length = strlen(tail);
	*length = head_length + text_length * count + tail_length;
	char *all = malloc(*length + 1);
	assert_non_null(all);
	memcpy(all, head, head_length);
	for (size_t i = 0; i < count; i++)
		memcpy(all + head_length + i * text_length, text, text_length);
	memcpy(all + head_length + count * text_length, tail, tail_length + 1);
	return all;
}

static void test_repetitions(void **state)
{
	(void)state;
	static const struct {
		const char *head;
		const char *text;
		size_t count;
		const char *tail;
	} cases[] = {
		{"", "x", 10000000, ""},
		{"", "x\n", 300000, ""},
		{"", "{\n", 300000, ""},
		{"", "}\n", 300000, ""},
		{"", "vrrp_instance a {\n", 50000, ""},
		{"", "vrrp_instance a {}\n", 50000, ""},
		{"", "vrrp_instance a\n", 50000, ""},
		{"vrrp_instance a {\nx ", "{ x\n", 100000, ""},
		{"vrrp_instance a {\nvirtual_ipaddress {\n", "10.0.0.1\n", 100000, "}\n}\n"},
		{"vrrp_instance a {\ntrack_interface {\n", "eth0\n", 100000, "}\n}\n"},
		{"vrrp_instance a {\nvirtual_routes {\n", "default via 10.0.0.1\n", 100000, "}\n}\n"},
		{"vrrp_instance a {\n", "priority 5\n", 100000, "}\n"},
		{"", "\"\n", 100000, ""},
		{"", "\\", 3000, ""},
		{"", "@a b {\n", 100000, ""},
		{"", "$a=\\\n", 100000, ""},
		{"", "include x\n", 100000, ""},
		{"", "\r", 100000, "\n"},
		{"#", "\xff", 100000, "\n"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t length;
		char *text = repeat(cases[i].head, cases[i].text, cases[i].count, cases[i].tail, &length);
		struct conf_result result;
		conf_load_text(text, length, "test.conf", &no_files, &result);
		assert_in_range(result.message_count, 0, 1002);
		assert_true((result.conf != NULL) == (result.error_count == 0));
		for (size_t j = 0; j < result.message_count; j++) {
			char buffer[8192];
			struct text out;
			text_init(&out, buffer, sizeof buffer);
			conf_message_print(&result.messages[j], &out);
			assert_false(out.overflow);
		}
		conf_result_free(&result);
		free(text);
	}
}

static void test_ten_thousand_instances(void **state)
{
	(void)state;
	size_t used = 0;
	char *text = malloc(10000 * 200);
	assert_non_null(text);
	for (int i = 0; i < 10000; i++)
		used += (size_t)sprintf(text + used,
			"vrrp_instance V%d {\ninterface eth%d\nvirtual_router_id %d\nvirtual_ipaddress { "
			"10.%d.%d.1 }\n}\n",
			i, i / 250, i % 250 + 1, i / 250, i % 250);
	struct conf_result result;
	conf_load_text(text, used, "test.conf", &no_files, &result);
	assert_clean(&result);
	assert_int_equal(result.conf->instance_count, 10000);
	assert_fixed_point(result.conf);
	conf_result_free(&result);
	free(text);
}

/* A page function that refuses from the n-th page on, and counts what is not given back. */
struct pages {
	size_t left;
	size_t held;
};

static void *page_get(void *user, size_t size)
{
	struct pages *pages = user;
	if (!pages->left)
		return NULL;
	pages->left--;
	pages->held++;
	return malloc(size);
}

static void page_put(void *user, void *page, size_t size)
{
	struct pages *pages = user;
	(void)size;
	pages->held--;
	free(page);
}

/* Long enough for many pages, and with every kind of thing that allocates. */
static char *rich_text(bool with_errors)
{
	size_t used = 0;
	char *text = malloc(400 * 600);
	assert_non_null(text);
	for (int i = 0; i < 200; i++)
		used += (size_t)sprintf(text + used,
			"vrrp_script c%d {\nscript /bin/true\nuser a b\n}\n"
			"vrrp_instance \"V %d\" {\ninterface eth%d\nvirtual_router_id %d\ntrack_interface "
			"{\neth1\neth2 weight 2\n}\ntrack_script { c%d }\n"
			"virtual_ipaddress {\n10.0.%d.1/24 dev eth1 label x%d\n10.0.%d.2\n}\nvirtual_routes "
			"{\n"
			"default via 10.0.0.9 dev eth9\n}\ninclude none/x%d\n%s}\n",
			i, i, i, i + 1, i, i, i, i, i, with_errors ? "priorty 5\nadvert_int x\n" : "");
	return text;
}

static void refuse_at_every_page(const char *text)
{
	struct pages pages = {0, 0};
	struct conf_pages functions = {page_get, page_put, &pages};
	const struct conf_options options = {.pages = &functions, .instance_places = true};
	bool enough = false;
	for (size_t limit = 0; !enough; limit++) {
		struct conf_result result;
		pages.left = limit;
		conf_load_with("test.conf", text, strlen(text), &no_files, &options, &result);
		enough = pages.left > 0;
		if (!enough && !result.conf && strstr(result.messages[0].text, "not enough memory")) {
			assert_int_equal(result.message_count, 1);
			assert_int_equal(result.error_count, 1);
		}
		conf_result_free(&result);
		assert_int_equal(pages.held, 0);
	}
}

static void test_refused_memory(void **state)
{
	(void)state;
	char *text = rich_text(false);
	refuse_at_every_page(text);
	free(text);
	text = rich_text(true);
	refuse_at_every_page(text);
	free(text);
}

/* Every prefix of a good file, and every file with one byte changed, is read without harm. */
static void test_too_many_instances(void **state)
{
	(void)state;
	size_t length;
	char *text = repeat("", "vrrp_instance a { b }\n", 100005, "", &length);
	struct conf_result result;
	conf_load_text(text, length, "test.conf", &no_files, &result);
	assert_null(result.conf);
	/* each of the others has two errors of its own and one for its name */
	assert_in_range(result.error_count, 100001, 500000);
	conf_result_free(&result);
	free(text);
}

static void test_cut_and_flipped(void **state)
{
	(void)state;
	static const char good[] =
		"\xef\xbb\xbfglobal_defs {\nrouter_id \"a \\x41\" # c\n}\ninclude {a,b}*\n"
		"vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nadvert_int 1\n"
		"virtual_ipaddress { 10.0.0.1/24 brd + }\nvirtual_routes {\ndefault gw 10.0.0.9\n}\n}\n";
	static const char flips[] = {0, '{', '}', '"', '\\', '\n', '$', '#', '@', (char)0xff, '9', ' '};
	char text[sizeof good];
	struct conf_result result;
	for (size_t i = 0; i < sizeof good; i++) {
		conf_load_text(good, i, "test.conf", &no_files, &result);
		assert_true((result.conf != NULL) == (result.error_count == 0));
		conf_result_free(&result);
		for (size_t j = 0; j < sizeof flips; j++) {
			memcpy(text, good, sizeof good);
			text[i] = flips[j];
			conf_load_text(text, sizeof good - 1, "test.conf", &no_files, &result);
			assert_true((result.conf != NULL) == (result.error_count == 0));
			if (result.conf)
				assert_fixed_point(result.conf);
			conf_result_free(&result);
		}
	}
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* A pipe has no size beforehand. */
static void test_pipe(void **state)
{
	(void)state;
	static const char text[] = "global_defs { router_id piped }\n";
	int ends[2];
	char path[32];
	char comment[40000];
	assert_int_equal(pipe(ends), 0);
	memset(comment, '#', sizeof comment);
	for (size_t i = 100; i < sizeof comment; i += 100)
		comment[i] = '\n';
	comment[sizeof comment - 1] = '\n';
	assert_int_equal(write(ends[1], comment, sizeof comment), sizeof comment);
	assert_int_equal(write(ends[1], text, strlen(text)), strlen(text));
	close(ends[1]);
	snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
	struct conf_result result;
	conf_load(path, &conf_files_system, &result);
	assert_clean(&result);
	assert_string_equal(result.conf->global.router_id, "piped");
	conf_result_free(&result);
	close(ends[0]);
}

/* What cannot be read to its end is no configuration, not even the half of it. */
static void test_memory_that_cannot_be_read(void **state)
{
	(void)state;
	struct conf_result result = {.error_count = 77};
	int folder = open("/", O_RDONLY | O_CLOEXEC);
	assert_true(folder >= 0);
	assert_int_equal(conf_load_memory(folder, "memory", &result), -EISDIR);
	assert_int_equal(conf_load_memory(-1, "memory", &result), -EBADF);
	assert_int_equal(result.error_count, 77);
	assert_null(result.memory);
	close(folder);
}

static void test_real_files(void **state)
{
	(void)state;
	char folder[] = "/tmp/vigia-conf-XXXXXX";
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(mkdir("conf.d", 0755), 0);
	write_file("main.conf", "include conf.d/*.conf\ninclude conf.d\n");
	write_file("conf.d/b.conf", "global_defs { router_id b }\n");
	write_file("conf.d/a.conf", "global_defs { router_id a }\n");
	struct conf_result result;
	conf_load("main.conf", &conf_files_system, &result);
	assert_int_equal(result.error_count, 1);
	assert_message(&result, CONF_ERROR, 2, 9, "Is a directory");
	assert_message(&result, CONF_WARNING, 1, 0, "given before"); /* b.conf is read after a.conf */
	assert_string_equal(result.messages[0].place.file, "conf.d/b.conf");
	conf_result_free(&result);

	assert_int_equal(mkfifo("fifo", 0600), 0);
	conf_load("fifo", &conf_files_system, &result); /* nobody writes: must not wait */
	assert_non_null(result.conf);
	conf_result_free(&result);
	conf_load(folder, &conf_files_system, &result);
	assert_true(result.file_missing);
	conf_result_free(&result);
	int fd = open("large", O_CREAT | O_WRONLY, 0600);
	assert_int_equal(ftruncate(fd, 65 << 20), 0);
	close(fd);
	conf_load("large", &conf_files_system, &result);
	assert_message(&result, CONF_ERROR, 0, 0, "larger than 64 MiB");
	conf_result_free(&result);

	static const char *const names[] = {"main.conf", "conf.d/a.conf", "conf.d/b.conf", "fifo", "large"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlink(names[i]);
	rmdir("conf.d");
	assert_int_equal(chdir("/"), 0);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_repetitions),
		cmocka_unit_test(test_ten_thousand_instances),
		cmocka_unit_test(test_refused_memory),
		cmocka_unit_test(test_too_many_instances),
		cmocka_unit_test(test_cut_and_flipped),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_memory_that_cannot_be_read),
		cmocka_unit_test(test_real_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
