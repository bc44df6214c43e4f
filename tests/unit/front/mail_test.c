/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of mail about changes of state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "front/mail_text.h"

static struct conf_mailbox recipients[] = {{NULL, "root"}, {"Gateways, all", "gw@example.org"},
	{"J\xc3\xbcrgen", "j@example.org"}};
static const struct conf_mail mail = {.recipients = recipients, .recipient_count = 3, .from = {"Gateway", "from@example.org"}};

static char *compose(const char *name, bool is_group, enum mail_state state, const char *router_id)
{
	const struct mail_news news = {.name = name, .is_group = is_group, .state = state, .at = 1700000000};
	char *text = mail_compose(&news, &mail, "from@example.org", router_id);

	assert_non_null(text);
	return text;
}

static void test_whole(void **state)
{
	char *text = compose("VI_1", false, MAIL_MASTER, "gw1");

	(void)state;
	assert_string_equal(text,
		"Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
		"From: Gateway <from@example.org>\r\n"
		"Subject: [gw1] VRRP Instance VI_1 - Entering MASTER state\r\n"
		"X-Mailer: Vigia\r\n"
		"To: root, \"Gateways, all\" <gw@example.org>, =?UTF-8?B?SsO8cmdlbg==?= <j@example.org>\r\n"
		"\r\n"
		"=> VRRP Instance is now owning VRRP VIPs <=\r\n\r\n");
	free(text);
}

static void expect(char *text, const char *subject, const char *body)
{
	assert_non_null(strstr(text, subject));
	assert_non_null(strstr(text, body));
	free(text);
}

static void test_states(void **state)
{
	(void)state;
	expect(compose("A", false, MAIL_BACKUP, "r"), "[r] VRRP Instance A - Entering BACKUP state\r\n",
		"=> VRRP Instance is no longer owning VRRP VIPs <=");
	expect(compose("A", false, MAIL_FAULT, "r"), "[r] VRRP Instance A - Entering FAULT state\r\n",
		"=> VRRP Instance is no longer owning VRRP VIPs <=");
	expect(compose("G", true, MAIL_FAULT, "r"), "[r] VRRP Group G - Entering FAULT state\r\n",
		"=> All VRRP group instances are now in FAULT state <=");
}

/* Whatever stands in a name: no line more than there should be, no byte that is not ASCII, no line too long. */
static void test_names_that_harm(void **state)
{
	static const char *const names[] = {"a\r\nBcc: all@example.org", "a\nb", "\xff\xfe\r\n.\r\n", "\t",
		"\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e"
		"\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *text = compose(names[i], false, MAIL_MASTER, names[i]);
		const char *line = text;
		size_t headers = 0;

		for (const char *at = text; *at; at++)
			assert_true((*at >= ' ' && *at < 0x7f) || *at == '\r' || *at == '\n');
		for (const char *end; (end = strstr(line, "\r\n")) != line; line = end + 2) {
			assert_non_null(end);
			assert_true(memchr(line, '\n', (size_t)(end - line)) == NULL);
			assert_true(memchr(line, '\r', (size_t)(end - line)) == NULL);
			assert_true(end - line <= 998); /* RFC 5322 2.1.1; RFC 2047 2 for encoded words */
			assert_true(strncmp(line, "Subject: =?", 11) != 0 || end - line <= 76);
			headers += line[0] != ' ';
		}
		assert_int_equal(headers, 5);
		free(text);
	}
}

static void test_no_mail_of_other_states(void **state)
{
	enum mail_state of;

	(void)state;
	assert_true(mail_state_of("FAULT", &of));
	assert_int_equal(of, MAIL_FAULT);
	assert_string_equal(mail_state_word(of), "FAULT");
	assert_false(mail_state_of("INIT", &of));
	assert_false(mail_state_of("", &of));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_names_that_harm),
		cmocka_unit_test(test_no_mail_of_other_states),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
