/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Included before engine/saved_state.c: a version of it that says of virtual routers something else, under another kind. */
#ifndef VIGIA_TESTS_LAB_INCOMPATIBLE_ENGINE_H
#define VIGIA_TESTS_LAB_INCOMPATIBLE_ENGINE_H

#include "engine/state.h"

#define KIND_OF_INSTANCES 16
#define ANOTHER_KIND 98

static inline struct archive_section incompatible_begin(struct archive *archive, uint16_t kind)
{
	return archive_begin(archive, kind == KIND_OF_INSTANCES ? ANOTHER_KIND : kind);
}

#define archive_begin incompatible_begin

#endif
