/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keywords of vrrp_script. */
#include "conf/keyword_rows.h"

#define COMMAND_MAX 1023 /* as long as a line of keepalived's */
#define INTERVAL_MAX (4294 * DUR_S) /* keepalived's */

static const struct keyword script_rows[SCRIPT_KEYWORD_COUNT] = {
	[SCRIPT_SCRIPT] = {.word = "script",
		.kind = KEYWORD_STRING,
		.traits = KEYWORD_REQUIRED,
		SCRIPT(command),
		.maximum = COMMAND_MAX,
		.argument = "COMMAND",
		MEANING("What is run; in quotes when it has arguments. Exit status 0 is success."),
		.differs = "One whose program is missing, or may not be run, fails: without a weight what tracks it goes to FAULT. "
			   "keepalived disables such a script, and goes on as if nothing tracked it."},
	[SCRIPT_INTERVAL] = {.word = "interval",
		.kind = KEYWORD_TIMER,
		SCRIPT(interval),
		RANGE(DUR_MS, INTERVAL_MAX),
		.fallback = DUR_S,
		.argument = "SECONDS",
		MEANING("From the start of one run to that of the next.")},
	[SCRIPT_TIMEOUT] = {.word = "timeout",
		.kind = KEYWORD_TIMER,
		SCRIPT(timeout),
		RANGE(0, INTERVAL_MAX),
		.argument = "SECONDS",
		MEANING("A run that takes longer is ended, and has failed; 0: as long as interval.")},
	[SCRIPT_WEIGHT] = {.word = "weight",
		.kind = KEYWORD_WORDS,
		.line = object_weight_line,
		.line_table = &script_weight_keywords,
		.argument = "NUMBER [reverse]",
		MEANING("For those who track it without a weight of their own; -253 to 253. Without it 0: "
			"failure takes the instance out.")},
	[SCRIPT_RISE] = {.word = "rise",
		.kind = KEYWORD_NUMBER,
		SCRIPT(rise),
		RANGE(1, INT32_MAX),
		.fallback = 1,
		.argument = "NUMBER",
		MEANING("So many successes in a row after a failure count as success.")},
	[SCRIPT_FALL] = {.word = "fall",
		.kind = KEYWORD_NUMBER,
		SCRIPT(fall),
		RANGE(1, INT32_MAX),
		.fallback = 1,
		.argument = "NUMBER",
		MEANING("So many failures in a row after a success count as failure.")},
	[SCRIPT_USER] = {.word = "user",
		.kind = KEYWORD_WORDS,
		.line = script_user_line,
		.argument = "USER [GROUP]",
		MEANING("Who runs it; without GROUP with the group of the user.")},
	[SCRIPT_INIT_FAIL] = {.word = "init_fail",
		.kind = KEYWORD_FLAG,
		SCRIPT(init_fail),
		.on = true,
		MEANING("Counts as failed until it succeeds for the first time.")},
};

const struct keyword_table script_keywords = {
	.context = "vrrp_script", .title = "vrrp_script", TABLE(script_rows)};
