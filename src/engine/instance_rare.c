/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What few virtual routers have: made when the first of it is wanted, and kept then. All others point to the same one, in which there
 * is nothing, so whoever reads need not ask.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/state.h"

static const struct instance_rare nothing = {
	.extra_at = MONO_NEVER,
	.ask_peers_at = MONO_NEVER,
	.asking_since = MONO_NEVER,
	.refused_until = MONO_NEVER,
	.send_error_told = MONO_LONG_AGO,
	.late_told = MONO_LONG_AGO,
};

void instance_rare_init(struct instance *instance)
{
	instance->rare = &nothing;
}

struct instance_rare *instance_rare(struct instance *instance)
{
	if (instance->rare == &nothing) {
		struct instance_rare *own = malloc(sizeof(*own));

		if (own == NULL)
			return NULL;
		*own = nothing;
		instance->rare = own;
	}
	return (struct instance_rare *)(uintptr_t)instance->rare;
}

void instance_rare_free(struct instance *instance)
{
	if (instance->rare != &nothing)
		free((void *)(uintptr_t)instance->rare);
	instance->rare = &nothing;
}

void instance_rare_tidy(struct instance *instance)
{
	if (memcmp(instance->rare, &nothing, sizeof(nothing)) == 0)
		instance_rare_free(instance);
}
