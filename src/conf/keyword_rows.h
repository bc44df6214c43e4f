/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the rows of the keyword tables are written. */
#ifndef VIGIA_CONF_KEYWORD_ROWS_H
#define VIGIA_CONF_KEYWORD_ROWS_H

#include "conf/draft.h"
#include "conf/keyword.h"

#define FIELD(type, member)                                                                                  \
	{                                                                                                    \
		offsetof(type, member), sizeof(((type *)0)->member)                                          \
	}
/* What a row means. The manual alone says it, so only that is built with it: the memory of the engine is locked. */
#ifdef VIGIA_KEYWORD_MEANINGS
#define MEANING(words) .meaning = words
#else
#define MEANING(words) .meaning = NULL
#endif
#define VR(member) .stored = FIELD(struct vr_config, member)
/* Of the draft, behind struct vr_config: struct vr_whole. */
#define EXTRA(member) .stored = FIELD(struct vr_whole, extra.member)
#define GLOBAL(member) .stored = FIELD(struct conf_global, member)
#define INHERITS(member, ...)                                                                                \
	.traits = KEYWORD_INHERITS __VA_OPT__(| __VA_ARGS__), .inherited = FIELD(struct conf_global, member)
#define ADDRESS(member) .stored = FIELD(struct address_options, member)
#define ROUTE(member) .stored = FIELD(struct virtual_route, member)
#define TRACK(member) .stored = FIELD(struct tracked_object, member)
/* Of what is up or down; what follows is its counterpart for weight 0. */
#define REVERSE_MEANING                                                                                      \
	"After weight: what would be added to the priority is taken from it, and the other way round; with weight 0 "
#define SCRIPT(member) .stored = FIELD(struct conf_script, member)
#define TRACKED_FILE(member) .stored = FIELD(struct conf_tracked_file, member)
#define TRACKED_PROCESS(member) .stored = FIELD(struct conf_tracked_process, member)
#define BFD(member) .stored = FIELD(struct bfd_config, member)
#define PEER(member) .stored = FIELD(struct unicast_peer, member)
#define GROUP(member) .stored = FIELD(struct sync_group_config, member)
#define LIMIT(member) .stored = FIELD(struct announce_limit, member)
#define NAME_FOLDER_MAX 200
#define RANGE(low, high) .minimum = (low), .maximum = (high)
#define TABLE(array) .rows = array, .count = sizeof array / sizeof *array

/* The name of a device is this, a point, and up to three digits. */
#define VMAC_PREFIX_MAX (INTERFACE_NAME_MAX - 4)

#define CHILD_WAIT_MAX (3600 * DUR_S)
#define PROCESS_NAME_MAX 15 /* the kernel's limit */
#define DUMP_PATH_MAX 255

#define RUN_TIMEOUT_MAX (1000 * DUR_S)

/* A burst of more announcements would be a flood; the longest delays are days. */
#define ANNOUNCE_REPEAT_MAX 1000
#define ANNOUNCE_DELAY_MAX (1000000 * DUR_S)
#define ANNOUNCE_INTERVAL_MAX (1000 * DUR_S)

#endif
