/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cursor.h"

#include <string.h>

uint32_t read_u32(struct reader *reader)
{
	const uint8_t *bytes = read_bytes(reader, 4);

	if (bytes == NULL)
		return 0;
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

struct writer writer_over(void *bytes, size_t size)
{
	return (struct writer){.start = bytes, .size = size};
}

/* Where the next length bytes go, or NULL. */
static uint8_t *claim(struct writer *writer, size_t length)
{
	uint8_t *at;

	if (writer->failed || length > writer->size - writer->length) {
		writer->failed = true;
		return NULL;
	}
	at = writer->start + writer->length;
	writer->length += length;
	return at;
}

void write_u8(struct writer *writer, uint8_t value)
{
	write_bytes(writer, &value, 1);
}

void write_u16(struct writer *writer, uint16_t value)
{
	const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};

	write_bytes(writer, bytes, sizeof(bytes));
}

void write_u32(struct writer *writer, uint32_t value)
{
	const uint8_t bytes[] = {
		(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};

	write_bytes(writer, bytes, sizeof(bytes));
}

void write_bytes(struct writer *writer, const void *bytes, size_t length)
{
	uint8_t *at;

	if (length == 0)
		return;
	at = claim(writer, length);
	if (at != NULL)
		memcpy(at, bytes, length);
}

void write_zeros(struct writer *writer, size_t length)
{
	uint8_t *at;

	if (length == 0)
		return;
	at = claim(writer, length);
	if (at != NULL)
		memset(at, 0, length);
}

void write_u16_at(struct writer *writer, size_t offset, uint16_t value)
{
	if (writer->failed || writer->length < 2 || offset > writer->length - 2) {
		writer->failed = true;
		return;
	}
	writer->start[offset] = (uint8_t)(value >> 8);
	writer->start[offset + 1] = (uint8_t)value;
}
