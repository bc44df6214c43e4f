/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Included before engine/saved_state.c: a newer version of it, for tests of upgrades and downgrades. It has a member more in each
 * section and array, a section more at the end, a word more of records and of remarks; and in the history of each virtual router an
 * entry that only it understands.
 */
#ifndef VIGIA_TESTS_LAB_NEWER_ENGINE_H
#define VIGIA_TESTS_LAB_NEWER_ENGINE_H

#include "core/accept.h"
#include "engine/bfd.h"
#include "engine/state.h"
#include "engine/trace.h"
#include "newer_sections.h"

#define NEWER_ARRAY_MAX 256

/* Of numbers that count something. */
static inline void newer_array(struct archive *archive, uint64_t *values, uint32_t count)
{
	uint64_t longer[NEWER_ARRAY_MAX] = {0};

	for (uint32_t i = 0; i < count; i++)
		longer[i] = values[i];
	longer[count] = 99;
	archive_u64_array(archive, longer, count + 1);
	for (uint32_t i = 0; i < count; i++)
		values[i] = longer[i];
}

static inline struct history_entry newer_history_at(const struct history *history, size_t index)
{
	struct history_entry entry = history_at(history, index);

	if (index == 0)
		entry.remark = (enum remark)(REMARK_LAST + 1);
	return entry;
}

int newer_save(struct engine *engine, uint8_t **bytes, size_t *size);
const char *newer_start_saved(struct engine *engine, const uint8_t *bytes, size_t size, mono_t now);

static const enum remark newer_last_remark = (enum remark)(REMARK_LAST + 1);

#undef REMARK_LAST
#define REMARK_LAST newer_last_remark
#define VR_RECORD_CODE_COUNT (VR_RECORD_CODE_COUNT + 1)
#define archive_u64_array newer_array
#define history_at newer_history_at
/* Those of the present names are in newer_engine.c. */
#define engine_save newer_save
#define engine_start_saved newer_start_saved

#endif
