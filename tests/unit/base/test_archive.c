/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Archives between versions: what is newer is passed over, what is older leaves things as they are, nonsense fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/archive.h"

#define KIND 7

struct thing {
	bool flag;
	uint8_t small;
	uint32_t number;
	mono_t at;
	struct ip_prefix prefix;
	char name[8];
	uint64_t newer; /* the next version has it */
};

static void archive_thing(struct archive *archive, struct thing *thing, bool newer)
{
	struct archive_section section = archive_begin(archive, KIND);

	archive_bool(archive, &thing->flag);
	archive_u8(archive, &thing->small);
	archive_u32(archive, &thing->number);
	archive_time(archive, &thing->at);
	archive_prefix(archive, &thing->prefix);
	archive_text(archive, thing->name, sizeof(thing->name));
	if (newer)
		archive_u64(archive, &thing->newer);
	archive_end(archive, &section);
}

static const struct thing sample = {.flag = true,
	.small = 200,
	.number = 0x12345678,
	.at = {-5},
	.prefix = {.addr = {.family = IP_V4, .bytes = {10, 1, 2, 3}}, .length = 24},
	.name = "gw1",
	.newer = 99};

/* Two of them, and a number behind. */
static size_t write_two(uint8_t bytes[256], bool newer)
{
	struct archive archive = archive_to(bytes, 256);
	struct thing thing = sample;
	uint16_t behind = 4711;

	archive_thing(&archive, &thing, newer);
	archive_thing(&archive, &thing, newer);
	archive_u16(&archive, &behind);
	assert_false(archive.failed);
	assert_true(archive.at <= 256);
	return archive.at;
}

static void read_two(const uint8_t *bytes, size_t size, bool newer, uint64_t expected)
{
	struct archive archive = archive_from(bytes, size);
	uint16_t behind = 0;

	for (int i = 0; i < 2; i++) {
		struct thing thing = {.newer = 5, .name = "other"};

		archive_thing(&archive, &thing, newer);
		assert_true(thing.flag);
		assert_int_equal(thing.small, 200);
		assert_int_equal(thing.number, 0x12345678);
		assert_int_equal(thing.at.ns, -5);
		assert_true(ip_prefix_equal(&thing.prefix, &sample.prefix));
		assert_string_equal(thing.name, "gw1");
		assert_int_equal(thing.newer, expected);
	}
	archive_u16(&archive, &behind);
	assert_false(archive.failed);
	assert_int_equal(behind, 4711);
	assert_false(archive_has_more(&archive));
}

static void what_is_written_is_read(void **state)
{
	uint8_t bytes[256];

	(void)state;
	read_two(bytes, write_two(bytes, true), true, 99);
}

static void a_newer_version_reads_an_older_one(void **state)
{
	uint8_t bytes[256];

	(void)state;
	read_two(bytes, write_two(bytes, false), true, 5);
}

static void an_older_version_reads_a_newer_one(void **state)
{
	uint8_t bytes[256];

	(void)state;
	read_two(bytes, write_two(bytes, true), false, 5);
}

static void counting_takes_no_room(void **state)
{
	struct archive archive = archive_to(NULL, 0);
	struct thing thing = sample;
	uint8_t bytes[256];
	uint16_t behind = 0;

	(void)state;
	archive_thing(&archive, &thing, true);
	archive_thing(&archive, &thing, true);
	archive_u16(&archive, &behind);
	assert_int_equal(archive.at, write_two(bytes, true));
}

/* Cut anywhere, it fails or leaves the rest as it was; it never reads beyond its end. */
static void a_cut_archive_harms_nobody(void **state)
{
	uint8_t bytes[256];
	size_t size = write_two(bytes, true);

	(void)state;
	for (size_t cut = 0; cut < size; cut++) {
		uint8_t *copy = test_malloc(cut + 1);
		struct archive archive;
		struct thing thing = {0};

		memcpy(copy, bytes, cut);
		archive = archive_from(copy, cut);
		archive_thing(&archive, &thing, true);
		archive_thing(&archive, &thing, true);
		assert_true(archive.failed || archive.at <= cut);
		test_free(copy);
	}
}

static void nonsense_fails(void **state)
{
	uint8_t bytes[256];
	size_t size = write_two(bytes, true);
	struct archive archive;
	struct thing thing = {0};

	(void)state;
	bytes[0] = KIND + 1; /* another section */
	archive = archive_from(bytes, size);
	archive_thing(&archive, &thing, true);
	assert_true(archive.failed);

	bytes[0] = KIND;
	bytes[6] = 2; /* a bool */
	archive = archive_from(bytes, size);
	archive_thing(&archive, &thing, true);
	assert_true(archive.failed);
}

static void an_unknown_choice_fails(void **state)
{
	uint8_t bytes[16];
	struct archive archive = archive_to(bytes, sizeof(bytes));
	enum ip_family family = IP_V6;

	(void)state;
	ARCHIVE_ENUM(&archive, family, IP_V6);
	archive = archive_from(bytes, archive.at);
	ARCHIVE_ENUM(&archive, family, IP_V4);
	assert_true(archive.failed);
	assert_int_equal(family, IP_V6);
}

/* Three numbers, read as two and as five, and what stands behind them. */
static void an_array_may_have_another_length(void **state)
{
	uint64_t written[3] = {1, 2, 3}, read[5] = {11, 12, 13, 14, 15};
	uint8_t bytes[64];
	uint16_t behind = 4711;
	struct archive archive = archive_to(bytes, sizeof(bytes));

	(void)state;
	archive_u64_array(&archive, written, 3);
	archive_u16(&archive, &behind);
	for (uint32_t count = 2; count <= 5; count += 3) {
		archive = archive_from(bytes, archive.at);
		behind = 0;
		archive_u64_array(&archive, read, count);
		archive_u16(&archive, &behind);
		assert_false(archive.failed);
		assert_int_equal(behind, 4711);
		assert_int_equal(read[1], 2);
		assert_int_equal(read[2], count == 2 ? 13 : 3);
		assert_int_equal(read[4], 15);
	}
	/* A length that cannot be true ends with the bytes. */
	memset(bytes, 0xff, 4);
	archive = archive_from(bytes, archive.at);
	archive_u64_array(&archive, read, 5);
	assert_true(archive.failed || !archive_has_more(&archive));
}

static void what_is_optional_may_make_no_sense(void **state)
{
	uint8_t bytes[64];
	struct archive archive = archive_to(bytes, sizeof(bytes));

	(void)state;
	for (uint32_t value = 3; value <= 5; value++) {
		struct archive_section section = archive_begin(&archive, KIND);

		archive_choice(&archive, value, 10);
		assert_true(archive_end_optional(&archive, &section));
	}
	archive = archive_from(bytes, archive.at);
	for (uint32_t value = 3; value <= 5; value++) {
		struct archive_section section = archive_begin(&archive, KIND);

		archive_choice(&archive, 0, value == 4 ? 4 : 10);
		assert_int_equal(archive_end_optional(&archive, &section), value != 4);
		assert_false(archive.failed);
	}
	assert_false(archive_has_more(&archive));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_newer_version_reads_an_older_one),
		cmocka_unit_test(an_older_version_reads_a_newer_one),
		cmocka_unit_test(counting_takes_no_room),
		cmocka_unit_test(a_cut_archive_harms_nobody),
		cmocka_unit_test(nonsense_fails),
		cmocka_unit_test(an_array_may_have_another_length),
		cmocka_unit_test(what_is_optional_may_make_no_sense),
		cmocka_unit_test(an_unknown_choice_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
