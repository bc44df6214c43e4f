/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the rows are written of what this build does not act on (kept.c), and who reads their lines (kept_lines.c). */
#ifndef VIGIA_CONF_KEYWORD_KEPT_H
#define VIGIA_CONF_KEYWORD_KEPT_H

#include "conf/keyword_rows.h"

#define KEPT_FLAG(name, text, ...)                                                                           \
	{                                                                                                    \
		.word = name, .kind = KEYWORD_FLAG, MEANING(text), __VA_ARGS__                               \
	}
#define KEPT_BOOL(name, text, ...)                                                                           \
	{                                                                                                    \
		.word = name, .kind = KEYWORD_BOOL, .on = true, .argument = "[BOOL]", MEANING(text),         \
		__VA_ARGS__                                                                                  \
	}
#define KEPT_NUMBER(name, low, high, text, ...)                                                              \
	{                                                                                                    \
		.word = name, .kind = KEYWORD_NUMBER, RANGE(low, high), .argument = "NUMBER",                \
		MEANING(text), __VA_ARGS__                                                                   \
	}
#define KEPT_TIMER(name, low, high, text)                                                                    \
	{                                                                                                    \
		.word = name, .kind = KEYWORD_TIMER, RANGE(low, high), .argument = "SECONDS",                \
		MEANING(text)                                                                                \
	}
#define KEPT_STRING(name, what, text, ...)                                                                   \
	{                                                                                                    \
		.word = name, .kind = KEYWORD_STRING, .maximum = KEPT_STRING_MAX, .argument = what,          \
		MEANING(text), __VA_ARGS__                                                                   \
	}
#define KEPT_ADDRESS(name, text)                                                                             \
	{                                                                                                    \
		.word = name, .kind = KEYWORD_ADDRESS, .argument = "ADDRESS", MEANING(text)                  \
	}
#define KEPT_INTERFACE(name, text, ...)                                                                      \
	{                                                                                                    \
		.word = name, .kind = KEYWORD_INTERFACE, .argument = "NAME", MEANING(text), __VA_ARGS__      \
	}
#define KEPT_WORDS(name, what, reader_of, text, ...)                                                         \
	{                                                                                                    \
		.word = name, .kind = KEYWORD_WORDS, .argument = what, .line = reader_of, MEANING(text),     \
		__VA_ARGS__                                                                                  \
	}
#define KEPT_BLOCK(name, what, table, text, ...)                                                             \
	{                                                                                                    \
		.word = name, .kind = KEYWORD_BLOCK, .argument = what, .block = table, MEANING(text),        \
		__VA_ARGS__                                                                                  \
	}

#define KEPT_STRING_MAX 1023 /* as long as a line of keepalived's */
#define KEPT_TIMER_MAX (UINT32_MAX * INT64_C(1000)) /* keepalived's: 32 bits of microseconds */
#define KEPT_LOOP_MAX (UINT32_MAX * DUR_S)
#define KEPT_TIMER_LEAST 1000 /* a microsecond */

/* The words after the keyword. */
bool kept_server_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_real_server_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_server_group_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_sorry_server_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_protocol_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_scheduler_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_method_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_granularity_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_command_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_script_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_text_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_user_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_name_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_status_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_digest_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_regex_options_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_stack_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_payload_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_pattern_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_record_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_file_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_file_weight_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_session_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_timeouts_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_sync_daemon_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_flush_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_cpus_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_changes_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_names_line(struct reader *reader, void *owner, const struct statement *statement);
/* A line of virtual_server_group that is not fwmark; the line of fwmark. */
bool kept_range_line(struct reader *reader, void *owner, const struct statement *statement);
bool kept_mark_line(struct reader *reader, void *owner, const struct statement *statement);

/* When the block is complete. */
void kept_check_server(struct reader *reader, const struct kept_block *block);
void kept_check_url(struct reader *reader, const struct kept_block *block);
void kept_check_udp(struct reader *reader, const struct kept_block *block);

#endif
