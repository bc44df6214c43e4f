/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/cursor.h"

static void numbers_are_big_endian(void **state)
{
	static const uint8_t bytes[] = {0x01, 0x02, 0x03, 0x84, 0x05, 0x06, 0x07, 0xff, 0x09};
	struct reader reader = reader_over(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(read_u8(&reader), 0x01);
	assert_int_equal(read_u16(&reader), 0x0203);
	assert_int_equal(read_u32(&reader), 0x84050607);
	read_skip(&reader, 1);
	assert_ptr_equal(read_bytes(&reader, 1), bytes + 8);
	assert_false(reader.failed);
	assert_int_equal(reader.left, 0);
}

static void failure_stays(void **state)
{
	static const uint8_t bytes[] = {1, 2, 3};
	struct reader reader = reader_over(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(read_u32(&reader), 0);
	assert_true(reader.failed);
	assert_int_equal(read_u8(&reader), 0);
	assert_int_equal(read_u16(&reader), 0);
	assert_null(read_bytes(&reader, 0));
	assert_int_equal(reader.left, 3);
}

static void nothing_to_read(void **state)
{
	struct reader reader = reader_over(NULL, 0);

	(void)state;
	read_skip(&reader, 0);
	assert_false(reader.failed);
	read_skip(&reader, SIZE_MAX);
	assert_true(reader.failed);
}

static void writing(void **state)
{
	static const uint8_t expected[] = {0xab, 0x12, 0x34, 0xde, 0xad, 0xbe, 0xef, 0, 0, 'h', 'i'};
	uint8_t bytes[sizeof(expected)];
	struct writer writer = writer_over(bytes, sizeof(bytes));

	(void)state;
	write_u8(&writer, 0xab);
	write_u16(&writer, 0);
	write_u32(&writer, 0xdeadbeef);
	write_zeros(&writer, 2);
	write_bytes(&writer, "hi", 2);
	write_bytes(&writer, NULL, 0);
	write_zeros(&writer, 0);
	write_u16_at(&writer, 1, 0x1234);
	assert_false(writer.failed);
	assert_int_equal(writer.length, sizeof(expected));
	assert_memory_equal(bytes, expected, sizeof(expected));
}

static void writing_stays_inside(void **state)
{
	uint8_t bytes[8];

	(void)state;
	for (size_t size = 0; size < 7; size++) {
		struct writer writer = writer_over(bytes, size);

		memset(bytes, 0x55, sizeof(bytes));
		write_u32(&writer, 1);
		write_u16(&writer, 2);
		write_u8(&writer, 3);
		assert_true(writer.failed);
		for (size_t i = size; i < sizeof(bytes); i++)
			assert_int_equal(bytes[i], 0x55);
	}
}

static void overwriting_needs_written_bytes(void **state)
{
	uint8_t bytes[8];
	struct writer writer = writer_over(bytes, sizeof(bytes));

	(void)state;
	write_u16(&writer, 7);
	write_u16_at(&writer, 0, 8);
	assert_false(writer.failed);
	write_u16_at(&writer, 1, 9);
	assert_true(writer.failed);
	writer = writer_over(bytes, sizeof(bytes));
	write_u16_at(&writer, 0, 9);
	assert_true(writer.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_big_endian),
		cmocka_unit_test(failure_stays),
		cmocka_unit_test(nothing_to_read),
		cmocka_unit_test(writing),
		cmocka_unit_test(writing_stays_inside),
		cmocka_unit_test(overwriting_needs_written_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
