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
	[SYNC_GROUP_TRACKING_WEIGHT] = {.word = "sync_group_tracking_weight",
		.kind = KEYWORD_FLAG,
		GROUP(tracking_weight),
		.on = true,
		.meaning =
			"Weights count in this group. Without it a weight is set aside, and the loss of the "
			"interface takes the group out."},
	[SYNC_GROUP_GLOBAL_TRACKING] = {.word = "global_tracking",
		.kind = KEYWORD_FLAG,
		.traits = KEYWORD_ALIAS,
		GROUP(tracking_weight),
		.on = true,
		.meaning = "The old word for sync_group_tracking_weight."},
};

const struct keyword_table sync_group_keywords = {
	.context = "vrrp_sync_group", .title = "vrrp_sync_group", TABLE(sync_group_rows)};
