/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the text and the words: which lines are read, and what stands in them. As in keepalived there are
 *
 *	@ID line, @^ID line	a line for one machine, or for all but one
 *	$NAME=value, $NAME= \	a definition, of one line or of several
 *	$NAME, ${NAME}		a reference to one, or to something built in
 *	~SEQ(...), ~LST(...)	the rest of the line, once for each value
 *
 * Nothing is copied but lines with references: the lines of a definition and the rest of a loop are read where they
 * stand, as one more source on the stack. What all of them may stand for together is bounded (READER_MADE_MAX), so that
 * a few bytes cannot keep the reader busy.
 */
#ifndef VIGIA_CONF_LINE_H
#define VIGIA_CONF_LINE_H

#include "conf/reader.h"

static inline bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f' || c == '\0';
}

static inline bool is_name_character(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline const char *skip_blank(const char *at, const char *stop)
{
	while (at < stop && is_blank(*at))
		at++;
	return at;
}

static inline const char *trim_blank(const char *at, const char *stop)
{
	while (stop > at && is_blank(stop[-1]))
		stop--;
	return stop;
}

struct spot spot_at(const struct source *source, const char *at);

/* line.c */
/* Goes to the next line with something to read, leaving texts that have ended, but not the file. false: it has ended.
 * A line that cannot be read sets reader->line_broken; it has been reported. */
bool line_advance(struct reader *reader);
/* Where the comment begins, or stop. */
const char *line_content_end(const char *at, const char *stop);
/* What makes the '\\' before a quotation mark an escape, and not the last byte of a word such as "DOMAIN\\". */
bool line_quote_follows(const char *at, const char *stop, char quote);
/* Reports that nothing of the line can be used, unless it is passed over anyway. Only its braces will count. */
__attribute__((format(printf, 4, 5))) void line_error(
	struct reader *reader, struct source *source, const char *at, const char *format, ...);

/* definition.c */
struct definition {
	struct definition *next;
	const char *name; /* not NUL-terminated, nor is value */
	size_t name_length;
	const char *value;
	size_t length;
	bool is_set; /* false: a variable of a loop that is over */
	bool has_lines; /* a definition of several: the rest says where they are written */
	bool in_use; /* its lines are being read */
	const char *path;
	unsigned line_number;
};

/* NULL: there is none. */
struct definition *definition_find(const struct reader *reader, const char *name, size_t length);
/* The same, made when there is none; NULL when there are too many, or no memory: reported. */
struct definition *definition_get(
	struct reader *reader, struct source *source, const char *name, size_t length);
/* The defined name that is nearest, or NULL. */
const struct definition *definition_suggest(const struct reader *reader, const char *name, size_t length);
bool definition_any(const struct reader *reader);
/* "$NAME=..." at source->at; false: it is none. Its lines are passed over. */
bool definition_read(struct reader *reader, struct source *source);

/* replace.c */
/* Pushes what the rest of the line becomes when its references are replaced, if there are any. */
void replace_line(struct reader *reader, struct source *source);
/* The same for a part of it, which becomes one line. false: reported. */
bool replace_part(struct reader *reader, struct source *source, const char **at, const char **stop);
/* Whether a reference that needs no definition begins here, in a word in quotes that ends at stop. */
bool replace_is_builtin(const char *at, const char *stop);

/* builtin.c */
enum builtin_result {
	BUILTIN_NONE, /* no such name */
	BUILTIN_DONE,
	BUILTIN_WRONG, /* reported */
};
struct name_reference {
	const char *at; /* its '$' */
	const char *name;
	size_t name_length;
	const char *arguments; /* behind the name: up to `arguments_end` */
	const char *arguments_end;
	const char *after;
	bool is_braced;
};
bool builtin_is(const char *name, size_t length);
/* Writes its value; place: where in the line to report. */
enum builtin_result builtin_write(struct reader *reader, struct source *source, const char *place,
	const struct name_reference *reference, bool is_quoted, char *out, size_t size);

/* The line of the keyword random_seed. */
bool random_seed_line(struct reader *reader, void *owner, const struct statement *statement);

/* loop.c */
/* "~SEQ(...)" at source->at; false: it is none. Pushes the rest of the line. */
bool loop_read(struct reader *reader, struct source *source);
/* The next value; false: there is none left, and the variables are again what they were. */
bool loop_next(struct source *source);

#endif
