/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages: collected while reading, sorted at the end, printed with the line and a caret.
 *
 * A message is one printable line whatever stands in the file. The source line is copied when the message is made,
 * because the text of the file does not outlive the reading.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/reader.h"

#define MESSAGE_TEXT_MAX 1024
#define INCLUDED_BY_MAX 1024
#define SHOWN_WIDTH 100 /* of a source line, around the caret */

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static const char *copy_source_line(struct reader *reader, const struct spot *spot)
{
	if (!spot->line)
		return NULL;
	size_t length = 0;
	while (length < READER_LINE_MAX && spot->line[length] && spot->line[length] != '\n')
		length++;
	if (length && spot->line[length - 1] == '\r')
		length--;
	return reader_keep_string(reader, spot->line, length);
}

/* From the inside out. The names of files are told apart by their pointers: every source keeps its own. */
static const char *describe_includes(struct reader *reader, const struct spot *spot)
{
	const struct source *source = reader->sources;
	char chain[INCLUDED_BY_MAX];
	size_t used = 0;

	while (source && source->path != spot->place.file)
		source = source->next;
	for (; source && source->parent; source = source->parent) {
		const struct conf_place *place = &source->included_at.place;
		int length = snprintf(chain + used, sizeof chain - used, "%s%s:%u", used ? ", " : "",
			place->file, place->line);
		if ((size_t)length >= sizeof chain - used)
			break;
		used += (size_t)length;
	}
	return used ? reader_keep_string(reader, chain, used) : NULL;
}

static bool make_room(struct reader *reader)
{
	struct message_list *list = &reader->messages;
	if (list->count < list->capacity)
		return true;
	size_t capacity = list->capacity ? list->capacity * 2 : 16;
	struct conf_message *items = reader_keep(reader, capacity * sizeof *items);
	if (!items)
		return false;
	if (list->count)
		memcpy(items, list->items, list->count * sizeof *items);
	list->items = items;
	list->capacity = capacity;
	return true;
}

bool reader_is_full(const struct reader *reader)
{
	return reader->messages.count >= READER_MESSAGES_MAX;
}

__attribute__((format(printf, 4, 0))) static void report(struct reader *reader, enum conf_severity severity,
	const struct spot *spot, const char *format, va_list arguments)
{
	struct message_list *list = &reader->messages;
	if (severity == CONF_ERROR)
		list->error_count++;
	if (reader_is_full(reader)) {
		list->left_out++;
		return;
	}
	if (!make_room(reader))
		return;
	char text[MESSAGE_TEXT_MAX];
	vsnprintf(text, sizeof text, format, arguments);
	for (char *c = text; *c; c++)
		if (is_control(*c))
			*c = '?';
	const char *kept = reader_keep_string(reader, text, strlen(text));
	if (!kept)
		return;
	list->items[list->count++] = (struct conf_message){
		.severity = severity,
		.place = spot->place,
		.text = kept,
		.source_line = copy_source_line(reader, spot),
		.included_by = describe_includes(reader, spot),
	};
}

void reader_error(struct reader *reader, const struct spot *spot, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	report(reader, CONF_ERROR, spot, format, arguments);
	va_end(arguments);
}

void reader_warning(struct reader *reader, const struct spot *spot, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	report(reader, CONF_WARNING, spot, format, arguments);
	va_end(arguments);
}

static int compare_messages(const void *left, const void *right)
{
	const struct conf_message *a = left;
	const struct conf_message *b = right;
	int by_file = strcmp(a->place.file, b->place.file);
	if (by_file)
		return by_file;
	if (a->place.line != b->place.line)
		return a->place.line < b->place.line ? -1 : 1;
	if (a->place.column != b->place.column)
		return a->place.column < b->place.column ? -1 : 1;
	int by_severity = (int)a->severity - (int)b->severity;
	return by_severity ? by_severity : strcmp(a->text, b->text);
}

void reader_sort_messages(struct reader *reader)
{
	struct message_list *list = &reader->messages;
	if (list->count)
		qsort(list->items, list->count, sizeof *list->items, compare_messages);
	if (!list->left_out || !make_room(reader))
		return;
	char text[80];
	int length = snprintf(text, sizeof text, "%zu more messages are not shown", list->left_out);
	const char *kept = reader_keep_string(reader, text, (size_t)length);
	if (!kept)
		return;
	list->items[list->count] = (struct conf_message){.severity = CONF_WARNING,
		.place = {list->items[list->count - 1].place.file, 0, 0},
		.text = kept};
	list->count++;
}

static bool is_continuation_byte(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* The part of a long line that is shown: starts before the caret, never inside a UTF-8 character. */
static size_t window_start(const char *line, size_t length, size_t caret)
{
	if (length <= SHOWN_WIDTH || caret < SHOWN_WIDTH * 3 / 4)
		return 0;
	size_t start = caret - SHOWN_WIDTH / 2;
	while (start < length && is_continuation_byte(line[start]))
		start++;
	return start;
}

static void print_source_line(const struct conf_message *message, struct text *out)
{
	const char *line = message->source_line;
	size_t length = strlen(line);
	size_t caret = message->place.column ? message->place.column - 1 : 0;
	size_t start = window_start(line, length, caret);
	size_t end = length - start > SHOWN_WIDTH ? start + SHOWN_WIDTH : length;
	while (end < length && is_continuation_byte(line[end]))
		end++;
	text_str(out, "    ");
	for (size_t i = start; i < end; i++)
		text_char(out, is_control(line[i]) && line[i] != '\t' ? '?' : line[i]);
	text_char(out, '\n');
	if (!message->place.column || caret > end)
		return;
	text_str(out, "    ");
	for (size_t i = start; i < caret; i++)
		if (i >= length || !is_continuation_byte(line[i]))
			text_char(out, i < length && line[i] == '\t' ? '\t' : ' ');
	text_str(out, "^\n");
}

void conf_message_print(const struct conf_message *message, struct text *out)
{
	text_str(out, message->place.file);
	if (message->place.line) {
		text_char(out, ':');
		text_u64(out, message->place.line);
	}
	if (message->place.line && message->place.column) {
		text_char(out, ':');
		text_u64(out, message->place.column);
	}
	text_str(out, message->severity == CONF_ERROR ? ": error: " : ": warning: ");
	text_str(out, message->text);
	text_char(out, '\n');
	if (message->source_line)
		print_source_line(message, out);
	if (!message->included_by)
		return;
	text_str(out, "    included by ");
	text_str(out, message->included_by);
	text_char(out, '\n');
}

#define MESSAGE_SIZE 4096

void conf_messages_print(const struct conf_result *result, FILE *out)
{
	for (size_t i = 0; i < result->message_count; i++) {
		char buffer[MESSAGE_SIZE];
		struct text text;

		text_init(&text, buffer, sizeof buffer);
		conf_message_print(&result->messages[i], &text);
		fputs(buffer, out);
		if (!text.length || buffer[text.length - 1] != '\n')
			fputc('\n', out);
	}
}
