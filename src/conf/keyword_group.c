/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keywords of vrrp_sync_group and garp_group. */
#include "conf/keyword_rows.h"

static const struct keyword sync_group_rows[SYNC_GROUP_KEYWORD_COUNT] = {
	[SYNC_GROUP_GROUP] = {.word = "group",
		.kind = KEYWORD_LINES,
		.traits = KEYWORD_NAMES,
		.line = member_line,
		.argument = "{ NAME ... }",
		.meaning = "The instances, by name, in one line or several. They may be defined before or "
			   "after the group."},
	[SYNC_GROUP_TRACK_INTERFACE] = {.word = "track_interface",
		.kind = KEYWORD_LINES,
		.traits = KEYWORD_NAMES,
		.line = group_track_line,
		.line_table = &track_keywords,
		.argument = "{ NAME [weight NUMBER] [reverse] ... }",
		.meaning = "Interfaces that each member depends on."},
	[SYNC_GROUP_TRACK_SCRIPT] = {.word = "track_script",
		.kind = KEYWORD_LINES,
		.traits = KEYWORD_NAMES,
		.line = group_track_script_line,
		.line_table = &track_script_keywords,
		.argument = "{ NAME [weight NUMBER] [reverse|noreverse] ... }",
		.meaning = "Scripts that each member depends on."},
	[SYNC_GROUP_TRACK_FILE] = {.word = "track_file",
		.kind = KEYWORD_LINES,
		.traits = KEYWORD_NAMES,
		.line = group_track_file_line,
		.line_table = &track_file_keywords,
		.argument = "{ NAME [weight NUMBER] [reverse|noreverse] ... }",
		.meaning = "Files that count for each member."},
	[SYNC_GROUP_TRACK_PROCESS] = {.word = "track_process",
		.kind = KEYWORD_LINES,
		.traits = KEYWORD_NAMES,
		.line = group_track_process_line,
		.line_table = &track_process_keywords,
		.argument = "{ NAME [weight NUMBER] [reverse|noreverse] ... }",
		.meaning = "Processes that each member depends on."},
	[SYNC_GROUP_TRACK_BFD] = {.word = "track_bfd",
		.kind = KEYWORD_LINES,
		.traits = KEYWORD_NAMES,
		.line = group_track_bfd_line,
		.line_table = &track_bfd_keywords,
		.argument = "{ NAME [weight NUMBER] [reverse|noreverse] ... }",
		.meaning = "BFD sessions that each member depends on."},
	[SYNC_GROUP_TRACKING_WEIGHT] = {.word = "sync_group_tracking_weight",
		.kind = KEYWORD_FLAG,
		GROUP(tracking_weight),
		.on = true,
		.meaning =
			"Weights count in this group. Without it a weight is set aside, and the failure of what is "
			"tracked takes the group out."},
	[SYNC_GROUP_GLOBAL_TRACKING] = {.word = "global_tracking",
		.kind = KEYWORD_FLAG,
		.traits = KEYWORD_ALIAS | KEYWORD_DEPRECATED,
		GROUP(tracking_weight),
		.on = true,
		.meaning = "The old word for sync_group_tracking_weight."},
};

static const struct keyword garp_group_rows[GARP_GROUP_KEYWORD_COUNT] = {
	[GARP_GROUP_GARP_INTERVAL] = {.word = "garp_interval",
		.kind = KEYWORD_TIMER,
		LIMIT(arp_interval),
		RANGE(0, ANNOUNCE_INTERVAL_MAX),
		.argument = "SECONDS",
		.meaning = "The least time between two gratuitous ARPs on all these interfaces together; 0: "
			   "none."},
	[GARP_GROUP_GNA_INTERVAL] = {.word = "gna_interval",
		.kind = KEYWORD_TIMER,
		LIMIT(na_interval),
		RANGE(0, ANNOUNCE_INTERVAL_MAX),
		.argument = "SECONDS",
		.meaning = "The same for unsolicited neighbour advertisements."},
	[GARP_GROUP_INTERFACE] = {.word = "interface",
		.kind = KEYWORD_WORDS,
		.traits = KEYWORD_ADDS,
		.line = limited_interface_line,
		.argument = "NAME",
		.meaning = "One interface."},
	[GARP_GROUP_INTERFACES] = {.word = "interfaces",
		.kind = KEYWORD_LINES,
		.traits = KEYWORD_NAMES,
		.line = limited_interfaces_line,
		.argument = "{ NAME ... }",
		.meaning = "Several of them."},
};

const struct keyword_table sync_group_keywords = {
	.context = "vrrp_sync_group", .title = "vrrp_sync_group", TABLE(sync_group_rows)};
const struct keyword_table garp_group_keywords = {
	.context = "garp_group", .title = "garp_group", TABLE(garp_group_rows)};
