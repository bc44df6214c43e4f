/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/archive.h"

#include <string.h>

#define HEADER_SIZE 6 /* kind, length */

struct archive archive_to(void *bytes, size_t size)
{
	return (struct archive){.writing = true, .out = bytes, .size = size};
}

struct archive archive_from(const void *bytes, size_t size)
{
	return (struct archive){.in = bytes, .size = size};
}

bool archive_has_more(const struct archive *archive)
{
	return !archive->failed && archive->at < archive->size;
}

/* What an older version did not write stays as it is. */
void archive_bytes(struct archive *archive, void *bytes, size_t length)
{
	const size_t at = archive->at;

	if (archive->failed)
		return;
	if (archive->writing) {
		archive->at += length;
		if (archive->out != NULL && archive->at <= archive->size)
			memcpy(archive->out + at, bytes, length);
	} else if (at == archive->size) {
		return;
	} else if (length > archive->size - at) {
		archive->failed = true;
	} else {
		memcpy(bytes, archive->in + at, length);
		archive->at += length;
	}
}

static void number(struct archive *archive, uint64_t *value, size_t length)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(*value >> (8 * i));
	archive_bytes(archive, bytes, length);
	*value = 0;
	for (size_t i = 0; i < length; i++)
		*value |= (uint64_t)bytes[i] << (8 * i);
}

struct archive_section archive_begin(struct archive *archive, uint16_t kind)
{
	uint64_t found = kind, length = 0;
	struct archive_section section = {.outer_end = archive->size};

	number(archive, &found, 2);
	number(archive, &length, 4);
	section.start = archive->at;
	if (archive->writing)
		return section;
	if (found != kind || length > archive->size - archive->at)
		archive->failed = true;
	else
		archive->size = archive->at + length;
	return section;
}

void archive_end(struct archive *archive, const struct archive_section *section)
{
	uint64_t length = archive->at - section->start;
	size_t end = archive->at;

	if (!archive->writing) {
		archive->at = archive->size;
		archive->size = section->outer_end;
		return;
	}
	archive->failed = archive->failed || length > UINT32_MAX;
	archive->at = section->start - HEADER_SIZE + 2;
	number(archive, &length, 4);
	archive->at = end;
}

bool archive_end_optional(struct archive *archive, const struct archive_section *section)
{
	const bool failed = archive->failed;

	if (!archive->writing)
		archive->failed = false;
	archive_end(archive, section);
	return !failed;
}

void archive_bool(struct archive *archive, bool *value)
{
	*value = archive_choice(archive, *value, 2) != 0;
}

bool archived_bool(struct archive *archive, bool value)
{
	archive_bool(archive, &value);
	return value;
}

void archive_u8(struct archive *archive, uint8_t *value)
{
	archive_bytes(archive, value, 1);
}

void archive_u16(struct archive *archive, uint16_t *value)
{
	uint64_t wide = *value;

	number(archive, &wide, 2);
	*value = (uint16_t)wide;
}

void archive_u32(struct archive *archive, uint32_t *value)
{
	uint64_t wide = *value;

	number(archive, &wide, 4);
	*value = (uint32_t)wide;
}

void archive_u64(struct archive *archive, uint64_t *value)
{
	number(archive, value, 8);
}

void archive_u64_array(struct archive *archive, uint64_t *values, uint32_t count)
{
	uint32_t written = count;
	uint64_t more;

	archive_u32(archive, &written);
	for (uint32_t i = 0; i < written && !archive->failed && (i < count || archive_has_more(archive)); i++)
		archive_u64(archive, i < count ? &values[i] : &more);
}

void archive_int(struct archive *archive, int *value)
{
	uint64_t wide = (uint32_t)*value;

	number(archive, &wide, 4);
	*value = (int)(uint32_t)wide;
}

void archive_size(struct archive *archive, size_t *value)
{
	uint64_t wide = *value;

	number(archive, &wide, 8);
	*value = (size_t)wide;
}

void archive_duration(struct archive *archive, dur_t *value)
{
	uint64_t wide = (uint64_t)*value;

	number(archive, &wide, 8);
	*value = (dur_t)wide;
}

void archive_time(struct archive *archive, mono_t *value)
{
	archive_duration(archive, &value->ns);
}

void archive_ip(struct archive *archive, struct ip_addr *value)
{
	archive_u8(archive, &value->family);
	archive_bytes(archive, value->bytes, sizeof(value->bytes));
	if (value->family != IP_NONE && value->family != IP_V4 && value->family != IP_V6)
		archive->failed = true;
}

void archive_prefix(struct archive *archive, struct ip_prefix *value)
{
	archive_ip(archive, &value->addr);
	archive_u8(archive, &value->length);
	if (value->length > ip_max_length(&value->addr))
		archive->failed = true;
}

void archive_text(struct archive *archive, char *text, size_t size)
{
	uint16_t length = (uint16_t)strlen(text);

	archive_u16(archive, &length);
	if (length >= size) {
		archive->failed = true;
		return;
	}
	archive_bytes(archive, text, length);
	if (!archive->failed)
		text[length] = '\0';
}

uint32_t archive_choice(struct archive *archive, uint32_t value, uint32_t limit)
{
	uint32_t found = value;

	archive_u32(archive, &found);
	if (found < limit)
		return found;
	archive->failed = true;
	return value;
}
