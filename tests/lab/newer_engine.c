/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See newer_engine.h: a section more at the end of what an engine saves. */
#include <errno.h>
#include <stdlib.h>

#include "engine/engine.h"
#include "newer_sections.h"

#define SECTION_NEWER 99
#define ROOM 64

int newer_save(struct engine *engine, uint8_t **bytes, size_t *size);
const char *newer_start_saved(struct engine *engine, const uint8_t *bytes, size_t size, mono_t now);

int engine_save(struct engine *engine, uint8_t **bytes, size_t *size)
{
	int error = newer_save(engine, bytes, size);
	uint8_t *larger = error ? NULL : realloc(*bytes, *size + ROOM);
	struct archive_section section;
	struct archive archive;

	if (error)
		return error;
	if (larger == NULL)
		return -ENOMEM;
	archive = archive_to(larger + *size, ROOM);
	section = archive_begin(&archive, SECTION_NEWER);
	newer_member(&archive);
	archive_end(&archive, &section);
	*bytes = larger;
	*size += archive.at;
	return 0;
}

const char *engine_start_saved(struct engine *engine, const uint8_t *bytes, size_t size, mono_t now)
{
	return newer_start_saved(engine, bytes, size, now);
}
