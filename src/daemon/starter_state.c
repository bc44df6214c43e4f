/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See starter_state.h. */
#include "daemon/starter_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTION_STARTER 1

/* NULL stays NULL. */
static void text(struct archive *archive, const char **value)
{
	char copy[STARTER_PATH_SIZE] = "";
	bool given = *value != NULL;

	archive_bool(archive, &given);
	if (given)
		snprintf(copy, sizeof(copy), "%s", *value);
	archive_text(archive, copy, sizeof(copy));
	if (!archive->writing) {
		free((void *)(uintptr_t)*value);
		*value = given ? strdup(copy) : NULL;
		archive->failed = archive->failed || (given && !*value);
	}
}

void starter_state_archive(struct archive *archive, struct starter_state *state, struct daemon_options *options)
{
	struct archive_section section = archive_begin(archive, SECTION_STARTER);

	archive_int(archive, &state->guard);
	text(archive, &options->config);
	text(archive, &options->control);
	text(archive, &options->record);
	text(archive, &options->log_file);
	archive_text(archive, state->firewall_name, sizeof(state->firewall_name));
	service_users_archive(archive, &state->known.users);
	archive_end(archive, &section);
}
