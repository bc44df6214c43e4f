/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/config_read.h"

#define MESSAGE_SIZE 4096

bool config_messages_print(const struct conf_result *result, FILE *out)
{
	for (size_t i = 0; i < result->message_count; i++) {
		char buffer[MESSAGE_SIZE];
		struct text text;

		text_init(&text, buffer, sizeof(buffer));
		conf_message_print(&result->messages[i], &text);
		fputs(buffer, out);
		if (text.length == 0 || buffer[text.length - 1] != '\n')
			fputc('\n', out);
	}
	return result->conf != NULL;
}
