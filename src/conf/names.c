/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of routing tables, scopes and types of service that the administrator gave in iproute2's files: lines
 * "NUMBER NAME" with '#' comments. A file is read when a name is met that is not one of the built-in ones.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "conf/draft.h"
#include "conf/keyword_rows.h"

static const char *next_word(const char **at, const char *end, size_t *length)
{
	const char *start = *at;
	while (start < end && (*start == ' ' || *start == '\t' || *start == '\r'))
		start++;
	const char *stop = start;
	while (stop < end && !strchr(" \t\r\n#", *stop))
		stop++;
	*at = stop;
	*length = (size_t)(stop - start);
	return start;
}

static bool line_has_name(const char *line, const char *end, const char *name, uint32_t *number)
{
	size_t number_length, name_length;
	const char *number_text = next_word(&line, end, &number_length);
	const char *name_text = next_word(&line, end, &name_length);
	if (name_length != strlen(name) || memcmp(name_text, name, name_length) != 0)
		return false;
	char *rest;
	unsigned long value = strtoul(number_text, &rest, 0);
	if (rest != number_text + number_length || number_length == 0 || value > UINT32_MAX)
		return false;
	*number = (uint32_t)value;
	return true;
}

static bool file_has_name(struct reader *reader, const char *path, const char *name, uint32_t *number)
{
	size_t length = 0;
	char *text = reader->files->read(reader->files->user, path, &length);
	if (!text)
		return false;
	bool found = false;
	const char *end = text + length;
	for (const char *line = text; line < end && !found;) {
		const char *line_end = memchr(line, '\n', (size_t)(end - line));
		if (!line_end)
			line_end = end;
		found = line_has_name(line, line_end, name, number);
		line = line_end + (line_end < end);
	}
	free(text);
	return found;
}

static bool folder_has_name(
	struct reader *reader, const char *folder, const char *file, const char *name, uint32_t *number)
{
	char path[NAME_FOLDER_MAX + 32];
	struct text text;
	text_init(&text, path, sizeof path);
	text_str(&text, folder);
	text_char(&text, '/');
	text_str(&text, file);
	return file_has_name(reader, path, name, number);
}

bool name_to_number(struct reader *reader, const char *file, const char *name, uint32_t *number)
{
	static const char *const usual[] = {"/usr/share/iproute2", "/usr/lib/iproute2"};
	const struct conf_global *global = &reader->global;
	if (folder_has_name(reader, global->iproute_etc_dir ? global->iproute_etc_dir : "/etc/iproute2", file, name, number))
		return true;
	if (global->iproute_usr_dir)
		return folder_has_name(reader, global->iproute_usr_dir, file, name, number);
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		if (folder_has_name(reader, usual[i], file, name, number))
			return true;
	return false;
}
