/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keywords of track_file and vrrp_track_process: what can be tracked, besides scripts. */
#include "conf/keyword_rows.h"

#define DELAY_MAX (3600 * DUR_S)

static const struct keyword file_rows[FILE_KEYWORD_COUNT] = {
	[FILE_FILE] = {.word = "file",
		.kind = KEYWORD_STRING,
		.traits = KEYWORD_REQUIRED,
		TRACKED_FILE(path),
		.maximum = 4095,
		.argument = "PATH",
		MEANING("What is read, whenever it changes: one number, before which and behind which there may be "
			"blanks."),
		.differs = "Its directory may come, go and be replaced. What is no number, or too large, leaves the "
			   "last number in force; a file that is not there counts as 0."},
	[FILE_WEIGHT] = {.word = "weight",
		.kind = KEYWORD_WORDS,
		.line = object_weight_line,
		.line_table = &file_weight_keywords,
		.argument = "NUMBER [reverse]",
		MEANING("By which the number is multiplied before it is added to the priority, where a tracker says "
			"nothing else; -254 to 254. Without it 1. 0: any number but 0 takes the instance out.")},
	[FILE_INIT_FILE] = {.word = "init_file",
		.kind = KEYWORD_WORDS,
		.traits = KEYWORD_OPTIONAL,
		.line = init_file_line,
		.argument = "[NUMBER] [overwrite]",
		MEANING("When vigiad starts, the file is made if it is not there, with this number, or 0; with "
			"overwrite it is written in any case. Not at a reload.")},
};

static const struct keyword_choice param_matches[] = {{"exact", PARAMETERS_EXACT}, {"initial", PARAMETERS_INITIAL},
	{"partial", PARAMETERS_PARTIAL}, {NULL, 0}};

static const struct keyword process_rows[PROCESS_KEYWORD_COUNT] = {
	[PROCESS_PROCESS] = {.word = "process",
		.kind = KEYWORD_WORDS,
		.traits = KEYWORD_REQUIRED,
		.line = process_line,
		.argument = "COMMAND [PARAMETER ...]",
		MEANING("Which processes count. COMMAND alone is the name that the kernel shows (/proc/PID/comm, 15 "
			"octets); with parameters, a '/' or full_command it is the first word of the command line."),
		.differs = "A COMMAND with a '/' is looked for in the command line; keepalived would never find it."},
	[PROCESS_PARAM_MATCH] = {.word = "param_match",
		.kind = KEYWORD_CHOICE,
		.traits = KEYWORD_OPTIONAL,
		TRACKED_PROCESS(param_match),
		.fallback = PARAMETERS_AS_GIVEN,
		.on = PARAMETERS_EXACT,
		.choices = param_matches,
		.argument = "[initial|partial|exact]",
		MEANING("How parameters are compared: all of them; initial: the last one may be longer; partial: more "
			"may follow. Where none is given to process: there may be none.")},
	[PROCESS_WEIGHT] = {.word = "weight",
		.kind = KEYWORD_WORDS,
		.line = object_weight_line,
		.line_table = &file_weight_keywords,
		.argument = "NUMBER [reverse]",
		MEANING("For those who track it without a weight of their own; -254 to 254. Without it 0: when too few "
			"or too many run, the instance is out.")},
	[PROCESS_QUORUM] = {.word = "quorum",
		.kind = KEYWORD_NUMBER,
		TRACKED_PROCESS(quorum),
		RANGE(1, 65535),
		.fallback = 1,
		.argument = "NUMBER",
		MEANING("So many must run.")},
	[PROCESS_QUORUM_MAX] = {.word = "quorum_max",
		.kind = KEYWORD_NUMBER,
		TRACKED_PROCESS(quorum_max),
		RANGE(0, 65535),
		.fallback = PROCESS_QUORUM_UNLIMITED,
		.argument = "NUMBER",
		MEANING("No more than so many may run; 0: none at all. Without it, any number.")},
	[PROCESS_FORK_DELAY] = {.word = "fork_delay",
		.kind = KEYWORD_TIMER,
		TRACKED_PROCESS(fork_delay),
		RANGE(0, DELAY_MAX),
		.argument = "SECONDS",
		MEANING("When a process has begun, and the number is right or wrong by that: how long before it counts.")},
	[PROCESS_TERMINATE_DELAY] = {.word = "terminate_delay",
		.kind = KEYWORD_TIMER,
		TRACKED_PROCESS(terminate_delay),
		RANGE(0, DELAY_MAX),
		.argument = "SECONDS",
		MEANING("The same when one has ended.")},
	[PROCESS_DELAY] = {.word = "delay",
		.kind = KEYWORD_WORDS,
		.traits = KEYWORD_BY_HAND,
		.line = process_delay_line,
		.argument = "SECONDS",
		MEANING("Both of these delays.")},
	[PROCESS_FULL_COMMAND] = {.word = "full_command",
		.kind = KEYWORD_FLAG,
		TRACKED_PROCESS(full_command),
		.on = true,
		MEANING("COMMAND is the first word of the command line, whatever parameters follow.")},
};

const struct keyword_table file_keywords = {.context = "track_file", .title = "track_file", TABLE(file_rows)};
const struct keyword_table old_file_keywords = {
	.context = "vrrp_track_file", .title = "vrrp_track_file", TABLE(file_rows)};
const struct keyword_table process_keywords = {
	.context = "vrrp_track_process", .title = "vrrp_track_process", TABLE(process_rows)};
