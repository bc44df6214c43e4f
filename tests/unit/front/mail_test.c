/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of mail about changes of state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "front/front.h"
#include "front/mail.h"
#include "front/mail_text.h"

static struct conf_mailbox recipients[] = {
	{NULL, "root"}, {"Gateways, all", "gw@example.org"}, {"J\xc3\xbcrgen", "j@example.org"}};
static const struct conf_mail mail = {
	.recipients = recipients, .recipient_count = 3, .from = {"Gateway", "from@example.org"}};

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
		("\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e\xe2"
		 "\x98\x8e\xe2\x98\x8e"
		 "\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e\xe2\x98\x8e\xe2"
		 "\x98\x8e\xe2\x98\x8e")};

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

#define INSTANCES 300

static struct conf_result *many_instances(void)
{
	static struct conf_result result;
	size_t size, length;
	char *text;
	FILE *out = open_memstream(&text, &size);

	fputs("global_defs {\n notification_email {\n  root\n }\n smtp_server 127.0.0.1\n smtp_alert\n}\n",
		out);
	for (int i = 0; i < INSTANCES; i++)
		fprintf(out,
			"vrrp_instance V%d {\n interface e%d\n virtual_router_id %d\n virtual_ipaddress {\n "
			"10.%d.%d.1/24\n }\n}\n",
			i, i / 200, i % 200 + 1, i / 200, i % 200);
	length = (size_t)ftell(out);
	fclose(out);
	conf_load_text(text, length, "many.conf", &conf_files_system, &result);
	free(text);
	assert_non_null(result.conf);
	return &result;
}

static void tell(struct front *front, int instance, const char *from, const char *to)
{
	char line[128];
	int length = snprintf(
		line, sizeof(line), "{\"vr\":\"V%d\",\"from\":\"%s\",\"to\":\"%s\"}", instance, from, to);

	mail_event(front, line, (size_t)length);
}

/* Of too many the oldest go; what has to wait is told in its newest state alone. No mail is sent: the loop never runs. */
static void test_queue(void **state)
{
	static struct front front = {.mail.answers.fd = -1};
	struct mail_queue *queue = &front.mail;
	int memory = memfd_create("mail", MFD_CLOEXEC);

	(void)state;
	front.config = many_instances();
	assert_int_equal(loop_open(&front.loop), 0);
	assert_true(mail_open(&front, dup(memory)));
	tell(&front, 0, "INIT", "INIT");
	tell(&front, 0, "BACKUP", "BACKUP");
	tell(&front, INSTANCES, "INIT", "BACKUP");
	assert_int_equal(queue->kept->count, 0);
	tell(&front, 0, "INIT", "BACKUP");
	tell(&front, 0, "BACKUP", "MASTER");
	assert_int_equal(queue->kept->count, 2);
	for (int i = 1; i < INSTANCES; i++)
		tell(&front, i, "INIT", "BACKUP");
	assert_int_equal(queue->kept->count, MAIL_QUEUE_MAX);
	assert_int_equal(queue->lost, INSTANCES + 1 - MAIL_QUEUE_MAX);
	assert_string_equal(queue->kept->items[MAIL_QUEUE_MAX - 1].name, "V299");
	queue->wait = MAIL_FIRST_WAIT; /* as after a failure */
	tell(&front, 299, "BACKUP", "MASTER");
	assert_int_equal(queue->kept->count, MAIL_QUEUE_MAX);
	assert_int_equal(queue->replaced, 1);
	assert_int_equal(queue->kept->items[MAIL_QUEUE_MAX - 1].news.state, MAIL_MASTER);
	/* the next front */
	front.mail = (struct mail_queue){.answers.fd = -1};
	assert_true(mail_open(&front, dup(memory)));
	assert_int_equal(queue->kept->count, MAIL_QUEUE_MAX);
	assert_string_equal(queue->kept->items[MAIL_QUEUE_MAX - 1].name, "V299");
	mail_stop(&front);
	assert_int_equal(queue->kept->count, 0);
	/* what is damaged is not believed */
	queue->kept->count = MAIL_QUEUE_MAX + 1;
	assert_true(mail_open(&front, dup(memory)));
	assert_int_equal(queue->kept->count, 0);
	close(memory);
	conf_result_free(front.config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_names_that_harm),
		cmocka_unit_test(test_no_mail_of_other_states),
		cmocka_unit_test(test_queue),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
