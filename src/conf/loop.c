/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loops: ~SEQ(VAR, [START, [STEP,]] END), ~SEQx in hexadecimal, ~LST(VAR, VALUE...) and ~LST({A,B}, {1,2}...). The rest of
 * the line is a source that is read again for each value, so a loop takes no memory; several on a line are nested.
 */
#include <stdio.h>
#include <string.h>

#include "conf/line.h"

#define LOOP_MAX 1000000 /* times */
#define NUMBER_MAX INT64_C(1000000000000)
#define NUMBER_SIZE 24

struct slice {
	const char *at;
	const char *stop;
};

struct variable {
	struct definition *definition;
	struct definition before; /* what it was */
};

struct loop {
	struct slice rest; /* of the line */
	struct variable *variables;
	size_t variable_count;
	size_t done;
	size_t times;
	const struct slice *values; /* of ~LST: variable_count for each time; NULL: numbers */
	int64_t start;
	int64_t step;
	bool is_hexadecimal;
	char number[NUMBER_SIZE];
};

struct words {
	struct slice *items;
	size_t count;
};

static struct slice trim(const char *at, const char *stop)
{
	at = skip_blank(at, stop);
	return (struct slice){at, trim_blank(at, stop)};
}

/* Parts them at the commas that are in no braces. */
static bool split(struct reader *reader, struct source *source, struct slice whole, struct words *words)
{
	size_t commas = 0;
	for (const char *at = whole.at; at < whole.stop; at++)
		commas += *at == ',';
	*words = (struct words){reader_scratch(reader, (commas + 1) * sizeof *words->items), 0};
	if (!words->items)
		return false;
	int depth = 0;
	const char *start = whole.at;
	for (const char *at = whole.at; at <= whole.stop; at++) {
		if (at < whole.stop)
			depth += (*at == '{') - (*at == '}');
		if (at < whole.stop && !(*at == ',' && depth == 0))
			continue;
		words->items[words->count++] = trim(start, at);
		start = at + 1;
	}
	if (depth)
		line_error(reader, source, source->at, "the braces of the loop do not match");
	return depth == 0;
}

/* "{a,b}" or "a": its words. */
static bool split_group(struct reader *reader, struct source *source, struct slice group, struct words *words)
{
	if (group.stop - group.at >= 2 && *group.at == '{' && group.stop[-1] == '}')
		return split(reader, source, (struct slice){group.at + 1, group.stop - 1}, words);
	*words = (struct words){reader_scratch(reader, sizeof *words->items), 1};
	if (words->items)
		words->items[0] = group;
	return words->items != NULL;
}

static bool is_name(struct slice name)
{
	bool good = name.at < name.stop && !(*name.at >= '0' && *name.at <= '9');
	for (const char *c = name.at; c < name.stop && good; c++)
		good = is_name_character(*c);
	return good && !builtin_is(name.at, (size_t)(name.stop - name.at));
}

static bool set_variables(
	struct reader *reader, struct source *source, const struct words *names, struct loop *loop)
{
	loop->variables = reader_scratch(reader, names->count * sizeof *loop->variables);
	loop->variable_count = names->count;
	for (size_t i = 0; i < names->count && loop->variables; i++) {
		struct slice name = names->items[i];
		int length = (int)(name.stop - name.at);
		if (!is_name(name)) {
			line_error(reader, source, source->at,
				"'%.*s' cannot be the variable of a loop: a name has letters, digits and '_'",
				length < 60 ? length : 60, name.at);
			return false;
		}
		struct definition *definition = definition_get(reader, source, name.at, (size_t)length);
		if (!definition)
			return false;
		if (definition->in_use) {
			line_error(reader, source, source->at, "'$%.*s' has this loop among its own lines",
				length, name.at);
			return false;
		}
		loop->variables[i] = (struct variable){definition, *definition};
	}
	return loop->variables != NULL;
}

static bool read_number(struct slice text, int64_t *out)
{
	const char *at = text.at;
	bool negative = at < text.stop && *at == '-';
	at += negative || (at < text.stop && *at == '+');
	bool hexadecimal = text.stop - at > 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X');
	int64_t base = hexadecimal ? 16 : 10;
	at += hexadecimal ? 2 : 0;
	int64_t value = 0;
	if (at == text.stop)
		return false;
	for (; at < text.stop; at++) {
		static const char digits[] = "0123456789abcdef";
		char c = *at >= 'A' && *at <= 'F' ? (char)(*at - 'A' + 'a') : *at;
		const char *digit = c ? strchr(digits, c) : NULL;
		if (!digit || digit - digits >= base)
			return false;
		value = value * base + (digit - digits);
		if (value > NUMBER_MAX)
			return false;
	}
	*out = negative ? -value : value;
	return true;
}

static bool read_numbers(
	struct reader *reader, struct source *source, const struct words *words, int64_t *numbers)
{
	for (size_t i = 1; i < words->count; i++) {
		int length = (int)(words->items[i].stop - words->items[i].at);
		if (read_number(words->items[i], &numbers[i - 1]))
			continue;
		line_error(reader, source, source->at, "'%.*s' is not a number for a loop",
			length < 60 ? length : 60, words->items[i].at);
		return false;
	}
	return true;
}

/* VAR, [START, [STEP,]] END */
static bool read_sequence(
	struct reader *reader, struct source *source, const struct words *words, struct loop *loop)
{
	int64_t numbers[3];
	if (words->count < 2 || words->count > 4) {
		line_error(reader, source, source->at, "this is ~SEQ(VAR, [START, [STEP,]] END)");
		return false;
	}
	if (!read_numbers(reader, source, words, numbers) ||
		!set_variables(reader, source, &(struct words){words->items, 1}, loop))
		return false;
	int64_t end = numbers[words->count - 2];
	loop->start = words->count > 2 ? numbers[0] : end < 0 ? -1 : 1;
	loop->step = words->count > 3 ? numbers[1] : end < loop->start ? -1 : 1;
	if (loop->step == 0 || (loop->step > 0 ? end < loop->start : end > loop->start)) {
		line_error(reader, source, source->at,
			"the loop does not get from %lld to %lld in steps of %lld", (long long)loop->start,
			(long long)end, (long long)loop->step);
		return false;
	}
	if (loop->is_hexadecimal && (loop->start < 0 || end < 0)) {
		line_error(reader, source, source->at, "~SEQx has no negative numbers");
		return false;
	}
	uint64_t times = (uint64_t)((end - loop->start) / loop->step) + 1;
	if (times > LOOP_MAX) {
		line_error(reader, source, source->at, "the loop stands for %llu lines; at most %d are read",
			(unsigned long long)times, LOOP_MAX);
		return false;
	}
	loop->times = (size_t)times;
	return true;
}

/* VAR, VALUE... or {VAR, VAR}, {VALUE, VALUE}... */
static bool read_list(
	struct reader *reader, struct source *source, const struct words *words, struct loop *loop)
{
	struct words names;
	if (words->count < 2) {
		line_error(reader, source, source->at,
			"this is ~LST(VAR, VALUE, ...) or ~LST({VAR, ...}, {VALUE, ...}, ...)");
		return false;
	}
	if (!split_group(reader, source, words->items[0], &names) ||
		!set_variables(reader, source, &names, loop))
		return false;
	struct slice *values = reader_scratch(reader, (words->count - 1) * names.count * sizeof *values);
	if (!values)
		return false;
	for (size_t i = 1; i < words->count; i++) {
		struct words group;
		if (!split_group(reader, source, words->items[i], &group))
			return false;
		if (group.count > names.count) {
			int length = (int)(words->items[i].stop - words->items[i].at);
			line_error(reader, source, source->at,
				"'%.*s' has more values than there are variables (%zu)",
				length < 60 ? length : 60, words->items[i].at, names.count);
			return false;
		}
		memcpy(values + (i - 1) * names.count, group.items, group.count * sizeof *values);
	}
	loop->values = values;
	loop->times = words->count - 1;
	return true;
}

static bool begins_with(const struct source *source, const char *word)
{
	size_t length = strlen(word);
	return (size_t)(source->stop - source->at) > length && memcmp(source->at, word, length) == 0;
}

static struct loop *read_loop(struct reader *reader, struct source *source, struct slice arguments,
	bool is_list, bool is_hexadecimal)
{
	struct loop *loop = reader_scratch(reader, sizeof *loop);
	struct words words;
	if (!loop || !replace_part(reader, source, &arguments.at, &arguments.stop) ||
		!split(reader, source, arguments, &words))
		return NULL;
	loop->is_hexadecimal = is_hexadecimal;
	bool good = is_list ? read_list(reader, source, &words, loop)
			    : read_sequence(reader, source, &words, loop);
	return good ? loop : NULL;
}

bool loop_read(struct reader *reader, struct source *source)
{
	bool is_list = begins_with(source, "~LST(");
	bool is_hexadecimal = begins_with(source, "~SEQx(");
	if (!is_list && !is_hexadecimal && !begins_with(source, "~SEQ("))
		return false;
	const char *start = source->at + (is_hexadecimal ? 6 : 5);
	const char *close = memchr(start, ')', (size_t)(source->stop - start));
	if (!close) {
		line_error(reader, source, source->at, "the ')' of the loop is missing");
		return true;
	}
	struct loop *loop = read_loop(reader, source, (struct slice){start, close}, is_list, is_hexadecimal);
	source->at = close + 1;
	if (!loop)
		return true;
	const char *stop = trim_blank(close + 1, line_content_end(close + 1, source->stop));
	loop->rest = (struct slice){skip_blank(close + 1, stop), stop};
	struct source *pushed = source_push_text(reader, source, source->line, stop);
	source->at = source->stop;
	if (pushed)
		pushed->loop = loop;
	return true;
}

static void restore(struct loop *loop)
{
	for (size_t i = loop->variable_count; i-- > 0;) {
		struct definition *next = loop->variables[i].definition->next;
		*loop->variables[i].definition = loop->variables[i].before;
		loop->variables[i].definition->next = next;
	}
}

bool loop_next(struct source *source)
{
	struct loop *loop = source->loop;
	if (loop->done == loop->times) {
		restore(loop);
		return false;
	}
	for (size_t i = 0; i < loop->variable_count; i++) {
		struct definition *variable = loop->variables[i].definition;
		struct slice value = {NULL, NULL};
		if (loop->values) {
			value = loop->values[loop->done * loop->variable_count + i];
		} else {
			int length = snprintf(loop->number, sizeof loop->number,
				loop->is_hexadecimal ? "%llx" : "%lld",
				(long long)(loop->start + (int64_t)loop->done * loop->step));
			value = (struct slice){loop->number, loop->number + length};
		}
		variable->is_set = true;
		variable->has_lines = false;
		variable->value = value.at ? value.at : "";
		variable->length = (size_t)(value.stop - value.at);
	}
	loop->done++;
	source->at = loop->rest.at;
	source->stop = loop->rest.stop;
	return true;
}
