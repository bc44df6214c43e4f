/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State that one process leaves to the next one. The same function writes a struct and reads it back, member by member, so
 * the two cannot differ; numbers are little-endian, and structs are never copied as a whole.
 *
 * Both processes may be of different versions. All stands in sections, which carry their length: of a section that an older
 * version wrote, the members that came later keep the value that they have; what a newer version wrote behind those that are known is passed
 * over. So a new member goes to the end of its section, and none is ever taken out or moved. What makes no sense, such as
 * an enum that is not known, makes the whole archive fail: whoever asks at the end must then not use any of it.
 */
#ifndef VIGIA_BASE_ARCHIVE_H
#define VIGIA_BASE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/time.h"

struct archive {
	bool writing;
	bool failed;
	uint8_t *out; /* writing: NULL only counts */
	const uint8_t *in; /* reading */
	size_t size; /* reading: where the present section ends */
	size_t at; /* writing: may go beyond size, when there was no room */
};

struct archive_section {
	size_t start; /* of what is in it */
	size_t outer_end;
};

/* bytes: NULL with size 0 finds out how much room it takes: archive.at. */
struct archive archive_to(void *bytes, size_t size);
struct archive archive_from(const void *bytes, size_t size);

/* Sections may stand in others. The reader must ask for the same kinds in the same order; another one fails. */
struct archive_section archive_begin(struct archive *archive, uint16_t kind);
void archive_end(struct archive *archive, const struct archive_section *section);
/* The end of one that may be left out. false: what is in it makes no sense to this version, and the rest may all the same. */
bool archive_end_optional(struct archive *archive, const struct archive_section *section);
/* Whether there is more to read in the present section. */
bool archive_has_more(const struct archive *archive);

void archive_bytes(struct archive *archive, void *bytes, size_t length);
void archive_bool(struct archive *archive, bool *value);
/* The same of a bit-field, which has no address: the caller stores what is returned. */
bool archived_bool(struct archive *archive, bool value);
void archive_u8(struct archive *archive, uint8_t *value);
void archive_u16(struct archive *archive, uint16_t *value);
void archive_u32(struct archive *archive, uint32_t *value);
void archive_u64(struct archive *archive, uint64_t *value);
/* An array that is longer in a newer version, which is passed over, and shorter in an older one. */
void archive_u64_array(struct archive *archive, uint64_t *values, uint32_t count);
void archive_int(struct archive *archive, int *value);
void archive_size(struct archive *archive, size_t *value);
void archive_duration(struct archive *archive, dur_t *value);
void archive_time(struct archive *archive, mono_t *value);
void archive_ip(struct archive *archive, struct ip_addr *value);
void archive_prefix(struct archive *archive, struct ip_prefix *value);
/* Text with a NUL within `size` bytes. */
void archive_text(struct archive *archive, char *text, size_t size);
/* A number below `limit`. */
uint32_t archive_choice(struct archive *archive, uint32_t value, uint32_t limit);
/* An enum whose greatest value is `last`. */
#define ARCHIVE_ENUM(archive, field, last)                                                                   \
	((field) = (__typeof__(field))archive_choice(archive, (uint32_t)(field), (uint32_t)(last) + 1))

#endif
