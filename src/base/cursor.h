/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bounds-checked reading and writing of packets. A cursor that has once failed stays failed, so a decoder or builder
 * may do all its steps and ask once at the end. Numbers are big-endian on the wire.
 */
#ifndef VIGIA_BASE_CURSOR_H
#define VIGIA_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
	const uint8_t *at;
	size_t left;
	bool failed;
};

struct writer {
	uint8_t *start;
	size_t size;
	size_t length; /* written so far */
	bool failed;
};

static inline struct reader reader_over(const void *bytes, size_t length)
{
	return (struct reader){.at = bytes, .left = length};
}

/* The next length bytes in place, or NULL. */
static inline const uint8_t *read_bytes(struct reader *reader, size_t length)
{
	const uint8_t *bytes = reader->at;

	if (reader->failed || length > reader->left) {
		reader->failed = true;
		return NULL;
	}
	/* Zero bytes over no memory at all: NULL + 0 is undefined. */
	if (length > 0)
		reader->at += length;
	reader->left -= length;
	return bytes;
}

static inline void read_skip(struct reader *reader, size_t length)
{
	read_bytes(reader, length);
}

/* 0 after failure, as the others. */
static inline uint8_t read_u8(struct reader *reader)
{
	const uint8_t *bytes = read_bytes(reader, 1);

	return bytes != NULL ? bytes[0] : 0;
}

static inline uint16_t read_u16(struct reader *reader)
{
	const uint8_t *bytes = read_bytes(reader, 2);

	return bytes != NULL ? (uint16_t)((unsigned)bytes[0] << 8 | bytes[1]) : 0;
}

uint32_t read_u32(struct reader *reader);

struct writer writer_over(void *bytes, size_t size);
void write_u8(struct writer *writer, uint8_t value);
void write_u16(struct writer *writer, uint16_t value);
void write_u32(struct writer *writer, uint32_t value);
void write_bytes(struct writer *writer, const void *bytes, size_t length);
void write_zeros(struct writer *writer, size_t length);
/* Overwrites two bytes already written at offset (checksums, lengths). */
void write_u16_at(struct writer *writer, size_t offset, uint16_t value);

#endif
