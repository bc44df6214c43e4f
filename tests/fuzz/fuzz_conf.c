/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a configuration. What must hold: a configuration exists exactly when there is no error; every message
 * stands in the file and can be printed; a configuration printed, read and printed again is the same, and a reload
 * from the one to the other changes nothing.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "no_files.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_messages(const struct conf_result *result)
{
	size_t errors = 0;
	for (size_t i = 0; i < result->message_count; i++) {
		char buffer[8192];
		struct text out;
		text_init(&out, buffer, sizeof buffer);
		conf_message_print(&result->messages[i], &out);
		REQUIRE(!out.overflow);
		errors += result->messages[i].severity == CONF_ERROR;
		REQUIRE(!strpbrk(result->messages[i].text, "\n\r\x1b"));
	}
	REQUIRE(errors <= result->error_count);
	REQUIRE((result->conf != NULL) == (result->error_count == 0));
}

static void require_same(void *user, const struct conf_difference *difference)
{
	(void)user;
	REQUIRE(difference->change == CONF_SAME);
}

static void check_fixed_point(const struct conf *conf)
{
	struct conf_result again;
	size_t length;
	char *printed = conf_print_alloc(conf, CONF_SECRETS_SHOWN, &length);
	REQUIRE(printed);
	conf_load_text(printed, length, "printed", &no_files, &again);
	REQUIRE(again.conf);
	char *reprinted = conf_print_alloc(again.conf, CONF_SECRETS_SHOWN, NULL);
	REQUIRE(reprinted && strcmp(printed, reprinted) == 0);
	conf_diff(conf, again.conf, require_same, NULL);
	conf_result_free(&again);
	free(printed);
	free(reprinted);
}

static void check_reading(const char *text, size_t length)
{
	struct conf_result result;
	conf_load_with(
		"fuzz", text, length, &no_files, &(struct conf_options){.config_id = "fuzz"}, &result);
	check_messages(&result);
	if (result.conf)
		check_fixed_point(result.conf);
	conf_result_free(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* data may be NULL when there is none, which would mean a file */
	const char *text = size ? (const char *)data : "";
	check_reading(text, size);
	return 0;
}
