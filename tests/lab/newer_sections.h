/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Included before a source that writes archives: a version of it with a member more at the end of each section. */
#ifndef VIGIA_TESTS_LAB_NEWER_SECTIONS_H
#define VIGIA_TESTS_LAB_NEWER_SECTIONS_H

#include "base/archive.h"

static inline void newer_member(struct archive *archive)
{
	uint64_t newer = UINT64_MAX;

	archive_u64(archive, &newer);
}

static inline void newer_end(struct archive *archive, const struct archive_section *section)
{
	newer_member(archive);
	archive_end(archive, section);
}

static inline bool newer_end_optional(struct archive *archive, const struct archive_section *section)
{
	newer_member(archive);
	return archive_end_optional(archive, section);
}

#define archive_end newer_end
#define archive_end_optional newer_end_optional

#endif
