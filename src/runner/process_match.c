/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "runner/process_match.h"

#include <string.h>

bool process_by_command_line(const struct conf_tracked_process *wanted)
{
	return wanted->full_command || wanted->parameter_count > 0 || wanted->param_match != PARAMETERS_AS_GIVEN ||
	       strchr(wanted->command, '/') != NULL;
}

bool process_matches_name(const struct conf_tracked_process *wanted, const char *name)
{
	return strncmp(wanted->command, name, PROCESS_NAME_MAX) == 0;
}

/* The next word; NULL: there is none. */
static const char *next_word(const char **at, const char *end)
{
	const char *word = *at;
	size_t left = (size_t)(end - word);
	size_t length = strnlen(word, left);

	if (left == 0 || length == left)
		return NULL;
	*at = word + length + 1;
	return word;
}

bool process_matches_command_line(const struct conf_tracked_process *wanted, const char *words, size_t length)
{
	const char *at = words, *end = words + length;
	const char *word = next_word(&at, end);

	if (!word || strcmp(word, wanted->command) != 0)
		return false;
	if (wanted->param_match == PARAMETERS_AS_GIVEN && wanted->parameter_count == 0)
		return true;
	for (size_t i = 0; i < wanted->parameter_count; i++) {
		const char *parameter = wanted->parameters[i];
		bool may_be_longer = wanted->param_match == PARAMETERS_INITIAL && i + 1 == wanted->parameter_count;

		word = next_word(&at, end);
		if (!word || (may_be_longer ? strncmp(word, parameter, strlen(parameter)) : strcmp(word, parameter)) != 0)
			return false;
	}
	return wanted->param_match == PARAMETERS_PARTIAL || next_word(&at, end) == NULL;
}
