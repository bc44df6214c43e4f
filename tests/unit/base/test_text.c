/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"

static const char *duration(dur_t length)
{
	static char buffer[64];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	text_duration(&text, length);
	return buffer;
}

static const char *seconds(dur_t length)
{
	static char buffer[64];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	text_seconds(&text, length);
	return buffer;
}

static void durations(void **state)
{
	(void)state;
	assert_string_equal(duration(0), "0 ns");
	assert_string_equal(duration(999), "999 ns");
	assert_string_equal(duration(40 * DUR_US), "40 us");
	assert_string_equal(duration(999949), "999.9 us");
	assert_string_equal(duration(999950), "1 ms");
	assert_string_equal(duration(613300 * DUR_US), "613.3 ms");
	assert_string_equal(duration(609375 * DUR_US), "609.4 ms");
	assert_string_equal(duration(999949 * DUR_US), "999.9 ms");
	assert_string_equal(duration(999950 * DUR_US), "1 s");
	assert_string_equal(duration(3609375 * DUR_US), "3.61 s");
	assert_string_equal(duration(3 * DUR_S), "3 s");
	assert_string_equal(duration(-50 * DUR_MS), "-50 ms");
	assert_string_equal(duration(INT64_MIN), "-9223372036.85 s");
}

static void exact_seconds(void **state)
{
	(void)state;
	assert_string_equal(seconds(3609375 * DUR_US), "3.609375");
	assert_string_equal(seconds(100 * DUR_MS), "0.1");
	assert_string_equal(seconds(DUR_S), "1");
	assert_string_equal(seconds(100 * DUR_S), "100");
	assert_string_equal(seconds(0), "0");
	assert_string_equal(seconds(1), "0.000000001");
	assert_string_equal(seconds(-1500 * DUR_MS), "-1.5");
}

static void numbers(void **state)
{
	char buffer[128];
	struct text text;

	(void)state;
	text_init(&text, buffer, sizeof(buffer));
	text_u64(&text, UINT64_MAX);
	text_char(&text, ' ');
	text_i64(&text, INT64_MIN);
	text_char(&text, ' ');
	text_hex(&text, 0x1f, 4);
	text_char(&text, ' ');
	text_hex(&text, UINT64_MAX, 1);
	text_str(&text, NULL);
	text_bytes(&text, " abc", 3);
	assert_string_equal(buffer, "18446744073709551615 -9223372036854775808 001f ffffffffffffffff ab");
	assert_int_equal(text.length, strlen(buffer));
	assert_false(text.overflow);
}

static void cut_at_every_size(void **state)
{
	char buffer[32];

	(void)state;
	for (size_t size = 1; size < 16; size++) {
		struct text text;

		memset(buffer, 'x', sizeof(buffer));
		text_init(&text, buffer, size);
		text_str(&text, "1234");
		text_u64(&text, 567);
		text_char(&text, '8');
		assert_int_equal(strlen(buffer), size < 9 ? size - 1 : 8);
		assert_memory_equal(buffer, "12345678", strlen(buffer));
		assert_int_equal(text.overflow, size < 9);
		assert_int_equal(buffer[size], 'x');
	}
}

static void json_document(void **state)
{
	struct ip_addr addr = ip_v4(10, 0, 0, 1), none = {0};
	struct ip_prefix prefix = {addr, 24};
	char buffer[512];
	struct json_out json;
	struct text text;

	(void)state;
	text_init(&text, buffer, sizeof(buffer));
	json_out_begin(&json, &text);
	json_out_object(&json, NULL);
	json_out_string(&json, "name", "a\"b\\c\n\t\x01\xc3\xa9");
	json_out_array(&json, "list");
	json_out_u64(&json, NULL, 1);
	json_out_i64(&json, NULL, -2);
	json_out_object(&json, NULL);
	json_out_end(&json);
	json_out_array(&json, NULL);
	json_out_end(&json);
	json_out_end(&json);
	json_out_bool(&json, "yes", true);
	json_out_null(&json, "nothing");
	json_out_string(&json, "no_text", NULL);
	json_out_ip(&json, "ip", &addr);
	json_out_ip(&json, "no_ip", &none);
	json_out_ip_prefix(&json, "prefix", &prefix);
	json_out_seconds(&json, "interval", 3609375 * DUR_US);
	json_out_mono(&json, "at", (mono_t){5});
	json_out_mono(&json, "never", MONO_NEVER);
	json_out_raw(&json, "raw", "[1]", 3);
	json_out_end(&json);
	assert_string_equal(buffer, "{\"name\":\"a\\\"b\\\\c\\n\\t\\u0001\xc3\xa9\",\"list\":[1,-2,{},[]],"
				    "\"yes\":true,\"nothing\":null,"
				    "\"no_text\":null,\"ip\":\"10.0.0.1\",\"no_ip\":null,\"prefix\":\"10.0.0."
				    "1/24\",\"interval\":3.609375,"
				    "\"at\":5,\"never\":null,\"raw\":[1]}");
	assert_false(text.overflow);
}

static void json_nesting(void **state)
{
	char buffer[256];
	struct json_out json;
	struct text text;

	(void)state;
	text_init(&text, buffer, sizeof(buffer));
	json_out_begin(&json, &text);
	for (unsigned i = 0; i < 32; i++)
		json_out_array(&json, NULL);
	json_out_u64(&json, NULL, 1);
	json_out_u64(&json, NULL, 2);
	for (unsigned i = 0; i < 32; i++)
		json_out_end(&json);
	json_out_end(&json);
	assert_false(text.overflow);
	assert_string_equal(buffer, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1,2]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");

	json_out_begin(&json, &text);
	for (unsigned i = 0; i < 33; i++)
		json_out_array(&json, NULL);
	assert_true(text.overflow);
}

static void bad_utf8(void **state)
{
	static const char *const table[][2] = {
		{"\xff", "\xef\xbf\xbd"},
		{"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* a surrogate */
		{"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"}, /* cut short by the end */
		{"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xf0\x9f\x92\xa9", "\xf0\x9f\x92\xa9"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char buffer[64];
		struct json_out json;
		struct text text;
		json_t *parsed;

		text_init(&text, buffer, sizeof(buffer));
		json_out_begin(&json, &text);
		json_out_string(&json, NULL, table[i][0]);
		parsed = json_loads(buffer, JSON_DECODE_ANY, NULL);
		assert_non_null(parsed);
		assert_string_equal(json_string_value(parsed), table[i][1]);
		json_decref(parsed);
	}
}

/* Whatever bytes a name holds, the document stays valid. */
static void any_bytes_make_valid_json(void **state)
{
	struct random random;

	(void)state;
	random_seed(&random, 7);
	for (unsigned round = 0; round < 20000; round++) {
		char value[12], buffer[256];
		struct json_out json;
		struct text text;
		json_t *parsed;

		for (size_t i = 0; i < sizeof(value); i++) {
			value[i] = (char)random_u64(&random);
			if (random_chance(&random, 1, 2))
				value[i] = (char)(value[i] | 0x80);
		}
		value[sizeof(value) - 1] = '\0';
		text_init(&text, buffer, sizeof(buffer));
		json_out_begin(&json, &text);
		json_out_object(&json, NULL);
		json_out_string(&json, value, value);
		json_out_end(&json);
		parsed = json_loads(buffer, 0, NULL);
		if (parsed == NULL)
			fail_msg("round %u: not JSON: %s", round, buffer);
		json_decref(parsed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations),
		cmocka_unit_test(exact_seconds),
		cmocka_unit_test(numbers),
		cmocka_unit_test(cut_at_every_size),
		cmocka_unit_test(json_document),
		cmocka_unit_test(json_nesting),
		cmocka_unit_test(bad_utf8),
		cmocka_unit_test(any_bytes_make_valid_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
