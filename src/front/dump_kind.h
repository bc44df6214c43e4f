/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be dumped into a file: front/dump.h. */
#ifndef VIGIA_FRONT_DUMP_KIND_H
#define VIGIA_FRONT_DUMP_KIND_H

/* Bits. */
enum dump_kind {
	DUMP_DATA = 1,
	DUMP_STATS = 2,
	DUMP_JSON = 4,
	DUMP_BEFORE = 8, /* of the data, around a reload: saved.h */
	DUMP_AFTER = 16,
};

#endif
