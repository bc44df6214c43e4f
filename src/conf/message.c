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
#define CHAIN_MAX 1024
#define SHOWN_WIDTH 100 /* of a source line, around the caret */

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static const char *copy_line(struct reader *reader, const char *line)
{
	size_t length = 0;
	if (!line)
		return NULL;
	while (length < READER_LINE_MAX && line[length] && line[length] != '\n')
		length++;
	if (length && line[length - 1] == '\r')
		length--;
	return reader_keep_string(reader, line, length);
}

/* The column in the line as it was written. */
static unsigned written_column(const struct origin *made, unsigned column)
{
	size_t i = made->part_count;
	while (i > 1 && made->parts[i - 1].made > column)
		i--;
	if (!i || !column)
		return column;
	const struct made_part *part = &made->parts[i - 1];
	return part->is_reference || column < part->made ? part->written
							 : part->written + column - part->made;
}

/* The place in the text of a file. */
static struct spot written_spot(const struct spot *spot)
{
	struct spot written = *spot;
	while (written.origin && written.origin->kind == ORIGIN_REPLACED) {
		const struct origin *made = written.origin;
		unsigned column = written_column(made, written.place.column);
		bool is_hidden = !written.line;
		written = made->at;
		written.place.column = column;
		if (is_hidden)
			written.line = NULL;
	}
	return written;
}

/* "a.conf:9, a.conf:7", from the inside out: the lines that use the definitions, or that include the files. */
static const char *describe_chain(struct reader *reader, const struct spot *spot, enum origin_kind kind)
{
	char chain[CHAIN_MAX];
	size_t used = 0;
	for (const struct origin *origin = spot->origin; origin; origin = origin->at.origin) {
		if (origin->kind != kind || !origin->at.place.file)
			continue;
		struct spot at = written_spot(&origin->at);
		int length = snprintf(chain + used, sizeof chain - used, "%s%s:%u", used ? ", " : "",
			at.place.file, at.place.line);
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
	const char *code = reader->code;
	reader->code = NULL;
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
	struct spot written = written_spot(spot);
	bool is_made = spot->origin && spot->origin->kind == ORIGIN_REPLACED;
	list->items[list->count++] = (struct conf_message){
		.severity = severity,
		.place = written.place,
		.code = code                     ? code
			: severity == CONF_ERROR ? "configuration-error"
						 : "configuration-warning",
		.text = kept,
		.source_line = copy_line(reader, written.line),
		.became = is_made ? copy_line(reader, spot->line) : NULL,
		.became_column = is_made ? spot->place.column : 0,
		.used_by = describe_chain(reader, spot, ORIGIN_DEFINITION),
		.included_by = describe_chain(reader, spot, ORIGIN_FILE),
	};
}

void reader_code(struct reader *reader, const char *code)
{
	reader->code = code;
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

static bool is_same_place(const struct conf_message *a, const struct conf_message *b)
{
	return a->severity == b->severity && a->place.line && a->place.line == b->place.line &&
	       a->place.column == b->place.column && strcmp(a->place.file, b->place.file) == 0;
}

/* What is written once and read often has its mistakes told once. */
static void fold_repeated(struct message_list *list)
{
	size_t kept = 0;
	for (size_t i = 0; i < list->count; i++) {
		struct conf_message *last = kept ? &list->items[kept - 1] : NULL;
		const struct conf_message *next = &list->items[i];
		if (last && (next->used_by || next->became) && is_same_place(last, next))
			last->repeated++;
		else
			list->items[kept++] = *next;
	}
	list->count = kept;
}

void reader_sort_messages(struct reader *reader)
{
	struct message_list *list = &reader->messages;
	if (list->count)
		qsort(list->items, list->count, sizeof *list->items, compare_messages);
	fold_repeated(list);
	if (!list->left_out || !make_room(reader))
		return;
	char text[80];
	int length = snprintf(text, sizeof text, "%zu more messages are not shown", list->left_out);
	const char *kept = reader_keep_string(reader, text, (size_t)length);
	if (!kept)
		return;
	list->items[list->count] = (struct conf_message){.severity = CONF_WARNING,
		.place = {list->items[list->count - 1].place.file, 0, 0},
		.code = "more-messages",
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

static void print_line(const char *line, unsigned column, struct text *out)
{
	size_t length = strlen(line);
	size_t caret = column ? column - 1 : 0;
	size_t start = window_start(line, length, caret);
	size_t end = length - start > SHOWN_WIDTH ? start + SHOWN_WIDTH : length;
	while (end < length && is_continuation_byte(line[end]))
		end++;
	text_str(out, "    ");
	for (size_t i = start; i < end; i++)
		text_char(out, is_control(line[i]) && line[i] != '\t' ? '?' : line[i]);
	text_char(out, '\n');
	if (!column || caret > end)
		return;
	text_str(out, "    ");
	for (size_t i = start; i < caret; i++)
		if (i >= length || !is_continuation_byte(line[i]))
			text_char(out, i < length && line[i] == '\t' ? '\t' : ' ');
	text_str(out, "^\n");
}

static void print_chain(const char *what, const char *chain, struct text *out)
{
	if (!chain)
		return;
	text_str(out, what);
	text_str(out, chain);
	text_char(out, '\n');
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
	if (message->repeated) {
		text_str(out, " (and ");
		text_u64(out, message->repeated);
		text_str(out, message->repeated == 1 ? " more time)" : " more times)");
	}
	text_char(out, '\n');
	if (message->source_line)
		print_line(message->source_line, message->place.column, out);
	if (message->became) {
		text_str(out, "  which became\n");
		print_line(message->became, message->became_column, out);
	}
	print_chain("    used by ", message->used_by, out);
	print_chain("    included by ", message->included_by, out);
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
