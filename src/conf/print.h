/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the canonical print share. */
#ifndef VIGIA_CONF_PRINT_H
#define VIGIA_CONF_PRINT_H

#include "conf/conf.h"
#include "conf/keyword.h"

/* The rows that differ from their default, each on a line of its own. global may be NULL where no row inherits. */
void print_settings(const struct keyword_table *table, const void *object, const struct conf_global *global,
	const char *indent, struct text *out);

/* print_objects.c */
/* The definitions, each behind *between, which becomes an empty line. */
void print_objects(const struct conf *conf, const char **between, struct text *out);
/* The blocks of an instance's or a group's own trackers. */
void print_all_tracks(const struct tracked_object *tracks, size_t count, struct text *out);

/* link_delay.c: the same of interface_up_down_delays. */
void print_link_delays(const struct conf *conf, const char **between, struct text *out);
/* linkbeat.c: the same of linkbeat_interfaces. */
void print_polled_links(const struct conf *conf, const char **between, struct text *out);

#endif
