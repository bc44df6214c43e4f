/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_test.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *memory_read(void *user, const char *path, size_t *length)
{
	const struct memory_files *files = user;
	for (size_t i = 0; i < files->count; i++) {
		const struct memory_file *file = &files->files[i];
		if (strcmp(file->path, path) != 0)
			continue;
		errno = file->error;
		if (!file->text)
			return NULL;
		*length = strlen(file->text);
		return strdup(file->text);
	}
	errno = ENOENT;
	return NULL;
}

static int memory_glob(
	void *user, const char *pattern, int (*each)(void *each_user, const char *path), void *each_user)
{
	const struct memory_files *files = user;
	int count = 0;
	for (size_t i = 0; i < files->count; i++) {
		if (fnmatch(pattern, files->files[i].path, FNM_PATHNAME) != 0)
			continue;
		int error = each(each_user, files->files[i].path);
		if (error < 0)
			return error;
		count++;
	}
	return count;
}

struct conf_files memory_files_over(struct memory_files *files)
{
	return (struct conf_files){memory_read, memory_glob, files};
}

static struct memory_files none;
const struct conf_files no_files = {memory_read, memory_glob, &none};

void read_text(const char *text, struct conf_result *result)
{
	conf_load_text(text, strlen(text), "test.conf", &no_files, result);
}

void read_instance_text(const char *body, struct conf_result *result)
{
	char text[4096];
	int length = snprintf(text, sizeof text,
		"vrrp_instance V {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 10.0.0.1 "
		"}\n%s\n}\n",
		body);
	assert_in_range(length, 0, sizeof text - 1);
	read_text(text, result);
}

static void show(const struct conf_result *result)
{
	for (size_t i = 0; i < result->message_count; i++) {
		char buffer[8192];
		struct text text;
		text_init(&text, buffer, sizeof buffer);
		conf_message_print(&result->messages[i], &text);
		print_message("%s", buffer);
	}
}

void assert_clean(const struct conf_result *result)
{
	if (result->message_count)
		show(result);
	assert_int_equal(result->message_count, 0);
	assert_int_equal(result->error_count, 0);
	assert_non_null(result->conf);
}

static bool matches(const struct conf_message *message, enum conf_severity severity, unsigned line,
	unsigned column, const char *words)
{
	return message->severity == severity && (!line || message->place.line == line) &&
	       (!column || message->place.column == column) && strstr(message->text, words);
}

void assert_message(const struct conf_result *result, enum conf_severity severity, unsigned line,
	unsigned column, const char *words)
{
	for (size_t i = 0; i < result->message_count; i++)
		if (matches(&result->messages[i], severity, line, column, words))
			return;
	show(result);
	fail_msg("no message at %u:%u with \"%s\"", line, column, words);
}

static void assert_single(const struct conf_result *result)
{
	if (result->message_count != 1)
		show(result);
	assert_int_equal(result->message_count, 1);
}

void assert_one_error(const char *text, unsigned line, unsigned column, const char *words)
{
	struct conf_result result;
	read_text(text, &result);
	assert_single(&result);
	assert_message(&result, CONF_ERROR, line, column, words);
	assert_int_equal(result.error_count, 1);
	assert_null(result.conf);
	conf_result_free(&result);
}

void assert_one_warning(
	const char *text, unsigned line, unsigned column, const char *words, struct conf_result *result)
{
	read_text(text, result);
	assert_single(result);
	assert_message(result, CONF_WARNING, line, column, words);
	assert_int_equal(result->error_count, 0);
	assert_non_null(result->conf);
}

void assert_fixed_point(const struct conf *conf)
{
	size_t length;
	char *first = conf_print_alloc(conf, CONF_SECRETS_SHOWN, &length);
	assert_non_null(first);
	assert_int_equal(length, strlen(first));
	struct conf_result again;
	conf_load_text(first, length, "printed.conf", &no_files, &again);
	if (again.error_count)
		show(&again);
	assert_non_null(again.conf);
	char *second = conf_print_alloc(again.conf, CONF_SECRETS_SHOWN, NULL);
	assert_non_null(second);
	assert_string_equal(first, second);
	free(first);
	free(second);
	conf_result_free(&again);
}

void read_clean(const char *text, struct conf_result *result)
{
	read_text(text, result);
	assert_clean(result);
	assert_fixed_point(result->conf);
}

void read_warned(const char *text, unsigned line, const char *words, struct conf_result *result)
{
	assert_one_warning(text, line, 0, words, result);
	assert_fixed_point(result->conf);
}

const struct vr_config *instance_of(const struct conf_result *result, size_t number)
{
	assert_non_null(result->conf);
	return &result->conf->instances[number].vr;
}
