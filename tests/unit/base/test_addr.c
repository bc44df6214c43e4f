/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/random.h"

static struct ip_addr addr(const char *text)
{
	struct ip_addr out;

	if (!ip_parse(text, strlen(text), &out))
		fail_msg("not an address: %s", text);
	return out;
}

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix out;

	if (!ip_prefix_parse(text, strlen(text), &out))
		fail_msg("not a prefix: %s", text);
	return out;
}

static void text_of_addresses(void **state)
{
	/* Input, and RFC 5952's way to write it. */
	static const char *const table[][2] = {
		{"0.0.0.0", "0.0.0.0"},
		{"192.168.1.255", "192.168.1.255"},
		{"::", "::"},
		{"::1", "::1"},
		{"1::", "1::"},
		{"FE80::0001", "fe80::1"},
		{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
		{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
		{"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
		{"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
		{"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
		{"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
		{"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
		{"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
		{"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct ip_addr parsed = addr(table[i][0]);
		char buffer[IP_ADDR_TEXT_SIZE];

		assert_string_equal(ip_format(&parsed, buffer), table[i][1]);
	}
}

static void refused_addresses(void **state)
{
	static const char *const table[] = {"", ".", "1", "1.2.3", "1.2.3.", "1.2.3.4.", "1.2.3.4.5",
		"1.2.3.256", "01.2.3.4", "1.2.3.04", "1.2.3.4 ", " 1.2.3.4", "1..3.4", "1.2.3.-4",
		"1.2.3.0x4", "1.2.3.1000", "a.b.c.d", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1::2::3", "12345::", "g::", "::1.2.3",
		"::1.2.3.4:5", "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4", ":1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:", "fe80::1%eth0", "::1/64", "1:", ":1"};
	struct ip_addr out = ip_v4(9, 9, 9, 9);

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (ip_parse(table[i], strlen(table[i]), &out))
			fail_msg("taken for an address: %s", table[i]);
	}
	assert_false(ip_parse(NULL, 0, &out));
	assert_int_equal(out.bytes[0], 9);
}

/* Our reading must be that of the C library, but for the leading zeros that some versions of it allow. */
static void agrees_with_the_c_library(void **state)
{
	static const char alphabet[] = "0123456789abcf::::..";
	struct random random;
	unsigned taken = 0;

	(void)state;
	random_seed(&random, 20240811);
	for (unsigned round = 0; round < 200000; round++) {
		char text[24], mine_text[IP_ADDR_TEXT_SIZE], other_text[INET6_ADDRSTRLEN];
		size_t length = random_below(&random, sizeof(text) - 1);
		struct ip_addr mine;
		uint8_t other[16];
		int family;
		bool other_ok;

		for (size_t i = 0; i < length; i++)
			text[i] = alphabet[random_below(&random, sizeof(alphabet) - 1)];
		text[length] = '\0';
		family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
		other_ok = inet_pton(family, text, other) == 1;
		if (other_ok != ip_parse(text, length, &mine))
			fail_msg("round %u: the C library and ip_parse differ on \"%s\"", round, text);
		if (!other_ok)
			continue;
		taken++;
		assert_memory_equal(mine.bytes, other, family == AF_INET6 ? 16 : 4);
		/* The C library writes IPv4-compatible addresses (::/96) in mixed form, RFC 5952 does not ask for it. */
		inet_ntop(family, other, other_text, sizeof(other_text));
		if (strncmp(other_text, "::", 2) != 0)
			assert_string_equal(ip_format(&mine, mine_text), other_text);
		ip_format(&mine, mine_text);
		assert_true(ip_parse(mine_text, strlen(mine_text), &mine));
		assert_memory_equal(mine.bytes, other, family == AF_INET6 ? 16 : 4);
	}
	assert_true(taken > 50);
}

static void prefixes(void **state)
{
	struct ip_prefix lan = prefix("192.168.5.77/22"), host = prefix("10.0.0.1"),
			 all = prefix("0.0.0.0/0");
	struct ip_prefix lan6 = prefix("2001:db8::5/33");
	struct ip_addr inside = addr("192.168.7.255"), outside = addr("192.168.8.0"),
		       v6 = addr("2001:db8:7fff::");
	struct ip_addr v6_outside = addr("2001:db8:8000::"), none = {0};
	struct ip_prefix network = ip_network(&lan);
	char buffer[IP_PREFIX_TEXT_SIZE];

	(void)state;
	assert_string_equal(ip_prefix_format(&lan, buffer), "192.168.5.77/22");
	assert_string_equal(ip_prefix_format(&network, buffer), "192.168.4.0/22");
	assert_string_equal(ip_prefix_format(&host, buffer), "10.0.0.1/32");
	assert_true(ip_in_prefix(&inside, &lan));
	assert_true(ip_in_prefix(&inside, &all));
	assert_false(ip_in_prefix(&outside, &lan));
	assert_false(ip_in_prefix(&v6, &all));
	assert_true(ip_in_prefix(&v6, &lan6));
	assert_false(ip_in_prefix(&v6_outside, &lan6));
	assert_false(ip_in_prefix(&none, &all));
	assert_false(ip_prefix_equal(&lan, &network));
	network = ip_network(&all);
	assert_true(ip_prefix_equal(&all, &network));
}

static void refused_prefixes(void **state)
{
	static const char *const table[] = {"", "/", "/24", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/-1",
		"1.2.3.4/024", "1.2.3.4/2 ", "1.2.3.4/2/3", "::/129", "::/1000", "1.2.3/8"};
	struct ip_prefix out;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (ip_prefix_parse(table[i], strlen(table[i]), &out))
			fail_msg("taken for a prefix: %s", table[i]);
	}
}

static void order_is_unsigned(void **state)
{
	struct ip_addr low = addr("10.0.0.1"), high = addr("200.0.0.1"), v6 = addr("::"), none = {0};

	(void)state;
	assert_true(ip_compare(&low, &high) < 0);
	assert_true(ip_compare(&high, &low) > 0);
	assert_true(ip_compare(&high, &v6) < 0);
	assert_true(ip_compare(&none, &low) < 0);
	assert_true(ip_equal(&none, &none));
	assert_false(ip_is_set(&none));
	assert_int_equal(ip_size(&none), 0);
	assert_int_equal(ip_max_length(&v6), 128);
}

static void classes(void **state)
{
	static const struct {
		const char *text;
		bool multicast, unspecified, link_local, loopback;
	} table[] = {
		{"224.0.0.18", true, false, false, false},
		{"239.255.255.255", true, false, false, false},
		{"240.0.0.0", false, false, false, false},
		{"0.0.0.0", false, true, false, false},
		{"169.254.3.4", false, false, true, false},
		{"169.253.3.4", false, false, false, false},
		{"127.9.9.9", false, false, false, true},
		{"ff02::12", true, false, false, false},
		{"::", false, true, false, false},
		{"febf::1", false, false, true, false},
		{"fec0::1", false, false, false, false},
		{"::1", false, false, false, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct ip_addr a = addr(table[i].text);

		assert_int_equal(ip_is_multicast(&a), table[i].multicast);
		assert_int_equal(ip_is_unspecified(&a), table[i].unspecified);
		assert_int_equal(ip_is_link_local(&a), table[i].link_local);
		assert_int_equal(ip_is_loopback(&a), table[i].loopback);
	}
}

static void no_address(void **state)
{
	struct ip_addr none = {0};
	struct ip_prefix none_prefix = {0};
	char buffer[IP_PREFIX_TEXT_SIZE];

	(void)state;
	assert_string_equal(ip_format(&none, buffer), "none");
	assert_string_equal(ip_prefix_format(&none_prefix, buffer), "none");
	assert_false(ip_is_unspecified(&none));
}

static void ethernet_addresses(void **state)
{
	static const char *const bad[] = {"", "00:00:5e:00:01", "00:00:5e:00:01:3", "00:00:5e:00:01:333",
		"00-00-5e-00-01-33", "0g:00:5e:00:01:33", "00:00:5e:00:01:33:44"};
	struct mac_addr mac;
	char buffer[MAC_ADDR_TEXT_SIZE];

	(void)state;
	assert_true(mac_parse("00:00:5E:00:01:fF", 17, &mac));
	assert_string_equal(mac_format(&mac, buffer), "00:00:5e:00:01:ff");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(mac_parse(bad[i], strlen(bad[i]), &mac));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_of_addresses),
		cmocka_unit_test(refused_addresses),
		cmocka_unit_test(agrees_with_the_c_library),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(refused_prefixes),
		cmocka_unit_test(order_is_unsigned),
		cmocka_unit_test(classes),
		cmocka_unit_test(no_address),
		cmocka_unit_test(ethernet_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
