/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * include and its stricter forms: a name or a pattern, relative to the folder of the file it stands in, with braces
 * ("{a,b}") and wildcards. keepalived's plain include is silent about a file that is missing; here that is a warning,
 * and a file that is there but cannot be read is an error in every form.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conf/reader.h"

#define ALTERNATIVES_MAX 1000
#define BRACES_MAX 16 /* they are expanded by recursion */

/* What must hold, by the word after include or by include_check. That a file can be read always must. */
enum include_rule {
	MUST_READ = 1, /* always so */
	MUST_EXIST = 2, /* a name without wildcards */
	MUST_MATCH = 4, /* a pattern with wildcards */
	MUST_ALL = 8, /* each alternative of braces */
	EVERY_RULE = 15,
};

static const struct include_form {
	const char *word;
	unsigned rules;
} forms[] = {
	{"include", 0},
	{"includer", MUST_READ},
	{"includem", MUST_EXIST},
	{"includew", MUST_EXIST | MUST_MATCH},
	{"includeb", MUST_EXIST | MUST_ALL},
	{"includea", EVERY_RULE},
};

static const struct include_form checks[] = {
	{"read", MUST_READ},
	{"readable", MUST_READ}, /* as the manual of keepalived calls it */
	{"match", MUST_EXIST},
	{"wildcard_match", MUST_MATCH},
	{"brace_match", MUST_ALL},
};

struct path_list {
	struct path_item *last; /* newest first: pushing them in this order reads them in the file's */
	size_t count;
};

struct path_item {
	struct path_item *before;
	const char *path;
	bool from_pattern;
};

struct including {
	struct reader *reader;
	const struct token *pattern;
	struct source *parent;
	unsigned rules;
	bool has_braces;
	struct path_list paths;
};

static const struct include_form *find_form(const char *word)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (strcmp(forms[i].word, word) == 0)
			return &forms[i];
	return NULL;
}

bool include_is_keyword(const char *word)
{
	return word[0] == 'i' && find_form(word);
}

bool include_has_wildcard(const char *pattern)
{
	return strpbrk(pattern, "*?[") != NULL;
}

static int add_path(struct including *including, const char *path, bool from_pattern)
{
	struct path_item *item = reader_scratch(including->reader, sizeof *item);
	if (!item)
		return -ENOMEM;
	item->path = arena_string(&including->reader->scratch, path, strlen(path));
	if (!item->path)
		return -ENOMEM;
	item->from_pattern = from_pattern;
	item->before = including->paths.last;
	including->paths.last = item;
	if (++including->paths.count > READER_FILES_MAX)
		return -E2BIG;
	return 0;
}

static int add_match(void *user, const char *path)
{
	return add_path(user, path, true);
}

/* One for which keepalived has an exit status of its own. */
__attribute__((format(printf, 2, 3))) static void include_error(
	struct including *including, const char *format, ...)
{
	char text[3 * READER_LINE_MAX];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	reader_error(including->reader, &including->pattern->spot, "%s", text);
	including->reader->include_missing = true;
}

static void missing(struct including *including, const char *path, bool is_error)
{
	static const char format[] = "'%.200s' does not exist%s";
	if (is_error)
		include_error(including, format, path, "; create it, or remove the line");
	else
		reader_warning(including->reader, &including->pattern->spot, format, path,
			", so nothing is read here");
}

/* One alternative of the pattern: its path, or the paths that match it. */
static void add_alternative(struct including *including, const char *pattern)
{
	struct reader *reader = including->reader;
	char path[2 * READER_LINE_MAX];
	snprintf(path, sizeof path, "%s%s", pattern[0] == '/' ? "" : including->parent->directory, pattern);
	if (!include_has_wildcard(pattern)) {
		add_path(including, path, false);
		return;
	}
	int found = reader->files->glob(reader->files->user, path, add_match, including);
	if (found == -ENOMEM)
		reader->out_of_memory = true;
	else if (found < 0)
		reader_error(reader, &including->pattern->spot, "cannot look for '%.200s': %s", path,
			strerror(-found));
	unsigned strict = MUST_MATCH | (including->has_braces ? MUST_ALL : 0u);
	if (found == 0 && (including->rules & strict))
		include_error(including, "no file matches '%.200s'", path);
}

/* The '}' that closes the '{' at open, and the commas between them; NULL when there is none. */
static const char *closing_brace(const char *open)
{
	unsigned depth = 0;
	for (const char *at = open; *at; at++) {
		if (*at == '{')
			depth++;
		if (*at == '}' && --depth == 0)
			return at;
	}
	return NULL;
}

/* "a{b,c{d,e}}f": the first pair of braces is replaced by each alternative, the rest by the same function again. */
static void expand_braces(struct including *including, const char *pattern, unsigned *left)
{
	const char *open = strchr(pattern, '{');
	const char *close = open ? closing_brace(open) : NULL;
	if (!close) {
		if (*left && (*left)--)
			add_alternative(including, pattern);
		return;
	}
	including->has_braces = true;
	unsigned depth = 0;
	const char *start = open + 1;
	for (const char *at = start; at <= close && *left; at++) {
		if (at < close && !(*at == ',' && depth == 0)) {
			depth += *at == '{';
			depth -= *at == '}';
			continue;
		}
		char one[READER_LINE_MAX + 1];
		snprintf(one, sizeof one, "%.*s%.*s%s", (int)(open - pattern), pattern, (int)(at - start),
			start, close + 1);
		expand_braces(including, one, left);
		start = at + 1;
	}
}

/* "c.conf, included by b.conf:3, included by a.conf:1" */
static void describe_chain(const struct source *source, char *out, size_t size)
{
	int used = snprintf(out, size, "%.200s", source->path);
	for (unsigned shown = 0; source->parent; source = source->parent, shown++) {
		size_t left = size - (size_t)used;
		const struct conf_place *place = &source->origin->at.place;
		int length = shown < 4 ? snprintf(out + used, left, ", included by %s:%u", place->file,
						 place->line)
				       : snprintf(out + used, left, ", ...");
		if (shown == 4 || (size_t)length >= left)
			return;
		used += length;
	}
}

/* false: opening it would not end; reported. */
static bool check_depth(struct including *including, const char *path)
{
	const struct source *same = including->parent;
	while (same && strcmp(same->path, path))
		same = same->parent;
	if (!same && including->parent->depth + 1 < READER_DEPTH_MAX)
		return true;
	char chain[500];
	describe_chain(including->parent, chain, sizeof chain);
	if (same)
		reader_error(including->reader, &including->pattern->spot,
			"'%.200s' would include itself: we are in %s; remove one of these lines", path,
			chain);
	else
		reader_error(including->reader, &including->pattern->spot,
			"includes are nested more than %d deep: we are in %s", READER_DEPTH_MAX, chain);
	return false;
}

static bool check_limits(struct including *including)
{
	struct reader *reader = including->reader;
	if (reader->file_count < READER_FILES_MAX && reader->total_size <= READER_TOTAL_MAX)
		return true;
	if (!reader->too_much)
		reader_error(reader, &including->pattern->spot,
			"the included files are too many (limit %d) or too large in sum (limit %u MiB)",
			READER_FILES_MAX, READER_TOTAL_MAX >> 20);
	reader->too_much = true;
	return false;
}

const char *include_problem(int error)
{
	switch (error) {
	case EFBIG:
		return "it is larger than 64 MiB";
	case ENOEXEC:
		return "it may be executed, which no configuration needs; chmod a-x it if it is one";
	case ENODEV:
		return "it is not a regular file";
	default:
		return strerror(error);
	}
}

/* What keeps it from being included, beside reading it. */
static int check_file(const struct reader *reader, const char *path)
{
	return reader->files->check ? reader->files->check(reader->files->user, path) : 0;
}

static void open_path(struct including *including, const struct path_item *item)
{
	struct reader *reader = including->reader;
	const struct spot *spot = &including->pattern->spot;
	int error;
	if (!check_depth(including, item->path) || !check_limits(including))
		return;
	error = check_file(reader, item->path);
	if (error == 0 && source_open(reader, item->path, including->parent, spot, &error))
		return;
	unsigned strict = MUST_EXIST | (including->has_braces ? MUST_ALL : 0u);
	if (error == ENOMEM)
		reader->out_of_memory = true;
	else if (error == ENOENT)
		missing(including, item->path, including->rules & strict);
	else if (error == EISDIR && item->from_pattern)
		reader_warning(
			reader, spot, "'%.200s' is a directory, so nothing is read from it", item->path);
	else
		reader_error(reader, spot, "cannot read '%.200s': %s", item->path, include_problem(error));
}

/* What cannot be a pattern; NULL: it can be one. */
static const char *pattern_problem(const struct token *pattern)
{
	size_t braces = 0;
	for (const char *c = pattern->text; *c; c++) {
		braces += *c == '{';
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return "there is a control character in the name";
	}
	return braces > BRACES_MAX ? "there are too many braces in the pattern (limit 16)" : NULL;
}

void include_files(struct reader *reader, const struct token *keyword, const struct token *pattern)
{
	if (!pattern || pattern->length == 0) {
		reader_error(
			reader, &keyword->spot, "'%s' needs the name of a file, or a pattern", keyword->text);
		return;
	}
	const char *problem = pattern_problem(pattern);
	if (problem) {
		reader_error(reader, &pattern->spot, "%s", problem);
		return;
	}
	struct including including = {.reader = reader,
		.pattern = pattern,
		.parent = reader->top->file,
		.rules = find_form(keyword->text)->rules | reader->top->file->include_rules};
	unsigned left = ALTERNATIVES_MAX;
	expand_braces(&including, pattern->text, &left);
	if (!left)
		reader_error(
			reader, &pattern->spot, "the braces stand for more than %d names", ALTERNATIVES_MAX);
	for (const struct path_item *item = including.paths.last; item; item = item->before)
		open_path(&including, item);
}

/* "include_check [[+|-]CHECK...]": without a sign the list is all there is. */
bool include_check_line(struct reader *reader, void *owner, const struct statement *statement)
{
	unsigned rules = 0;
	(void)owner;
	for (size_t i = 1; i < statement->count; i++) {
		const struct token *token = &statement->words[i];
		bool has_sign = *token->text == '+' || *token->text == '-';
		const struct include_form *check = NULL;
		for (size_t j = 0; j < sizeof checks / sizeof *checks; j++)
			if (strcmp(checks[j].word, token->text + has_sign) == 0)
				check = &checks[j];
		if (!check) {
			reader_error(reader, &token->spot,
				"'%.60s': include_check takes read, match, wildcard_match and brace_match, "
				"each "
				"with a '+' or '-' before it if it is to be added or left out",
				token->text);
			return false;
		}
		if (i == 1 && has_sign)
			rules = statement->source->include_rules;
		rules = *token->text == '-' ? rules & ~check->rules : rules | check->rules;
	}
	statement->source->include_rules = statement->count > 1 ? rules : EVERY_RULE;
	return true;
}

unsigned include_every_rule(void)
{
	return EVERY_RULE;
}
