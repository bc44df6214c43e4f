/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one reading of a configuration works with: two arenas, the messages collected so far, and the stack of open
 * files. The `keep` arena becomes the configuration's; `scratch` and the texts of the files go when the reading ends.
 *
 * Memory running out is remembered in one place and ends the reading with one message: every function that
 * allocates may return NULL or do nothing after it.
 */
#ifndef VIGIA_CONF_READER_H
#define VIGIA_CONF_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "conf/conf.h"

#define READER_LINE_MAX 4096 /* keepalived's own limit is 1023 */
#define READER_FILE_MAX (64u << 20)
#define READER_TOTAL_MAX (256u << 20) /* all files together: includes can multiply */
#define READER_FILES_MAX 65536
#define READER_DEPTH_MAX 16
#define READER_MADE_MAX 2000000 /* lines that definitions and loops stand for, all together */
#define READER_REPLACEMENTS_MAX 5000000
#define READER_WORDS_MAX 256
#define READER_MESSAGES_MAX 1000
#define READER_INSTANCES_MAX 100000
#define INTERFACE_NAME_MAX 15 /* IFNAMSIZ - 1 */

struct origin;

/* A place together with where its line begins in the text that was read, so that a message can show it. In a line that
 * was made from another one (line.h), the column is that of the made line. */
struct spot {
	struct conf_place place;
	const char *line; /* NULL: no line to show */
	const struct origin *origin; /* NULL: the file that the caller named */
};

enum origin_kind {
	ORIGIN_FILE, /* `at`: the line that includes it, if any */
	ORIGIN_DEFINITION, /* the lines of a definition; `at`: the line that uses it */
	ORIGIN_REPLACED, /* a line whose references were replaced; `at`: the line as it was written */
};

/* From column `made` on, what was written at `written`: byte for byte, or all of it for one reference. */
struct made_part {
	uint16_t made;
	uint16_t written;
	bool is_reference;
};

/* Where a text comes from. Kept to the end of the reading, for messages. */
struct origin {
	enum origin_kind kind;
	uint16_t part_count;
	const struct made_part *parts; /* of ORIGIN_REPLACED, by column */
	struct spot at;
};

/* One text that is being read: a file, or one of those of line.h. The innermost comes first. */
struct source {
	struct source *outer; /* below it on the stack: read when this one ends */
	struct source *next; /* in the list of all files, for freeing */
	struct source *file; /* the file that is being read: itself, or the innermost below */
	struct source *parent; /* of a file: the file that includes it */
	const struct origin *origin;
	const char *path; /* of the file that the text is written in */
	const char *directory; /* of a file: with its slash; "" for the working directory */
	char *owned; /* what read() returned */
	const char *at; /* next byte; never beyond stop */
	const char *stop; /* the end of what is to be read of the line */
	const char *line; /* its beginning */
	const char *next_line;
	const char *end;
	unsigned line_number; /* 0: before the first */
	unsigned depth; /* of a file: so many include it */
	bool has_marks; /* somewhere in it there is a '$', '~' or '@' */
	bool has_nul;
	bool continued; /* the text of a definition: a '\\' ends each line */
	bool is_replaced; /* one line, in which nothing is left to replace */
	bool unclosed; /* a missing '}' was reported for it */
	unsigned include_rules; /* of a file: what include_check says from here on */
	struct loop *loop; /* NULL: read once */
	struct definition *definition; /* whose lines it reads */
};

struct message_list {
	struct conf_message *items;
	size_t count;
	size_t capacity;
	size_t error_count;
	size_t left_out;
};

struct token {
	const char *text; /* NUL-terminated; lives as long as its statement */
	size_t length;
	struct spot spot;
	bool quoted;
};

enum statement_end {
	STATEMENT_LINE, /* the line ended */
	STATEMENT_OPEN, /* a '{' */
	STATEMENT_CLOSE, /* a '}' */
	STATEMENT_FILE, /* the file ended; the including one goes on */
};

/* The words of a line up to its end or a brace. */
struct statement {
	struct token words[READER_WORDS_MAX];
	size_t count;
	enum statement_end end;
	struct spot end_spot;
	struct source *source; /* the file it stands in */
	bool broken; /* something in it was reported already: only its braces count */
	char bytes[READER_LINE_MAX + READER_WORDS_MAX + 2]; /* of the words, each with its NUL */
	size_t used;
};

/* Kept statements, in order. */
struct kept_list {
	struct conf_kept *first, **end;
	struct conf_kept **by_row; /* those that may stand only once; NULL: none yet */
};

/* Something that is only kept names something else, or gives itself a name. */
enum reference {
	REFERENCE_IS_SERVER_GROUP, /* the name of a virtual_server_group */
	REFERENCE_TO_SERVER_GROUP,
	REFERENCE_TO_INSTANCE,
};

struct kept_reference {
	struct kept_reference *next;
	enum reference kind;
	const char *name;
	struct spot spot;
};

struct draft;
struct draft_statics;

/* What was kept last of some kind, to be shared by those that follow and have the same. */
#define RECENT_COUNT 8
struct recent {
	const void *things[RECENT_COUNT];
	size_t next;
};

struct reader {
	struct arena keep;
	struct arena bulk; /* of instances alone: conf_result_forget_instances */
	struct arena scratch;
	bool out_of_memory;
	const struct conf_files *files;
	const char *config_id; /* conf_options.config_id, or the host's name */
	bool keeps_places; /* conf_options.instance_places */
	struct source *sources; /* all files */
	struct source *top; /* the innermost open one */
	unsigned include_rules; /* of the first file: include.c */
	struct source *spare; /* those that are no files, to be used again */
	struct definitions *definitions; /* NULL: none yet */
	struct random *random; /* of ${_RANDOM}; NULL: not seeded yet */
	size_t made_lines; /* lines read that no file has; see READER_MADE_MAX */
	size_t replacements;
	size_t total_size;
	size_t file_count;
	bool include_missing; /* conf_result.include_missing */
	bool too_much; /* one of the limits was reported */
	bool stopped; /* nothing more is read, for it would not end */
	bool line_broken; /* the line just begun was reported: only its braces count */
	struct message_list messages;
	const char *code; /* of the next message; NULL: the usual one */
	struct statement statement; /* the current one */
	bool unread; /* reader_next gives the current one again */
	bool skipping; /* inside a block that was reported as a whole: nothing more is said about it */

	struct conf_global global;
	struct spot *global_set; /* by keyword of the global table: where it was given */
	struct spot *root_set; /* the same of the top level */
	struct kept_list kept; /* at the top level, and in global_defs: what this build does not act on */
	struct kept_list global_kept;
	struct spot first_kept; /* the first block of them */
	struct draft_tracks *referring; /* by kind: objects that what is only kept names; NULL: none */
	struct kept_reference *references;
	size_t reference_count;
	struct draft *drafts; /* the instances, in order */
	struct draft_statics *statics;
	struct draft **drafts_end;
	size_t draft_count;
	struct draft_limit *limits; /* the garp_groups, in order */
	struct draft_limit **limits_end;
	size_t limit_count;
	struct draft_link_delay *link_delays; /* the last one first */
	const struct conf_link_delay *sorted_link_delays;
	size_t link_delay_count;
	struct draft_polled_link *polled_links; /* the same of linkbeat_interfaces */
	const struct conf_polled_link *sorted_polled_links;
	size_t polled_link_count;
	struct draft_group *groups; /* the sync groups, in order */
	struct draft_group **groups_end;
	size_t group_count;
	struct draft_object *objects; /* what can be tracked, of all kinds, in order */
	struct draft_object **objects_end;
	size_t object_count;
	struct recent recent_extras; /* of instances */
	struct recent recent_instance_extras; /* struct conf_instance_extra */
	struct recent recent_options; /* of addresses */
	const char *recent_interface; /* the last name of one */
};

void *reader_scratch(struct reader *reader, size_t size);
void *reader_keep(struct reader *reader, size_t size);
void *reader_keep_bulk(struct reader *reader, size_t size);
const char *reader_keep_string(struct reader *reader, const char *bytes, size_t length);
const char *reader_keep_bulk_string(struct reader *reader, const char *bytes, size_t length);

/* message.c */
__attribute__((format(printf, 3, 4))) void reader_error(
	struct reader *reader, const struct spot *spot, const char *format, ...);
__attribute__((format(printf, 3, 4))) void reader_warning(
	struct reader *reader, const struct spot *spot, const char *format, ...);
/* The next message, which comes at once, has this code instead of the usual one. */
void reader_code(struct reader *reader, const char *code);
/* Further messages are only counted, so there is no use in looking for a good text. */
bool reader_is_full(const struct reader *reader);
void reader_sort_messages(struct reader *reader);

/* source.c */
/* Opens path as the innermost file; parent includes it, or is NULL. false: cannot be read, *error is the errno;
 * nothing is reported. */
bool source_open(struct reader *reader, const char *path, struct source *parent,
	const struct spot *included_at, int *error);
bool source_open_text(struct reader *reader, const char *name, const char *text, size_t length);
/* A text that is no file, on top of the innermost; NULL without memory. The caller sets what it is. */
struct source *source_push_text(
	struct reader *reader, const struct source *from, const char *text, const char *end);
void source_close(struct reader *reader); /* the innermost */
void source_free_all(struct reader *reader);

/* include.c */
bool include_is_keyword(const char *word);
/* Opens what the pattern stands for, so that the first file is read next. pattern NULL: it is missing. */
void include_files(struct reader *reader, const struct token *keyword, const struct token *pattern);
/* Why a file cannot be read, for ENOEXEC and the like too. */
const char *include_problem(int error);
/* The line of the keyword. */
bool include_check_line(struct reader *reader, void *owner, const struct statement *statement);
unsigned include_every_rule(void);
/* The files of a pattern with wildcards, or the one file it names; used for the first file too. */
bool include_has_wildcard(const char *pattern);

/* tokens.c */
/* The next statement into reader->statement; false when all is read. Includes are carried out on the way. */
bool reader_next(struct reader *reader);
void reader_unread(struct reader *reader);
/* Whether a '{' follows the statement just read, which ended with its line; takes it. */
bool reader_take_open(struct reader *reader);
/* The file ended inside a block: reports it, once for each file, and gives the end of the file again. */
void reader_unclosed(struct reader *reader, const struct spot *opened, const struct source *source);
/* Passes over a block whose '{' was read, to its '}'. */
void reader_skip_block(struct reader *reader, const struct spot *opened);

#endif
