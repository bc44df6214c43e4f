/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a scenario. What must hold: it is taken or refused with one line that names a line of it; what is taken can
 * be run, for a little while here.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "no_files.h"
#include "require.h"
#include "sim/scenario.h"

#define LENGTH_MAX (8 * DUR_S)
#define EVENTS_MAX 3000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(struct scenario *scenario)
{
	struct world *world = scenario->world;
	const mono_t end = mono_min(scenario->end, mono_add(WORLD_START, LENGTH_MAX));

	for (size_t i = 0; i < world->router_count; i++)
		router_start(world->routers[i]);
	for (mono_t next = world_next(world); mono_due(next, end) && world->events < EVENTS_MAX;
		next = world_next(world))
		world_run_until(world, next);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scenario scenario;
	char *text = malloc(size + 1);

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (scenario_read(&scenario, "fuzz", text, size, &no_files)) {
		REQUIRE(scenario.message[0] == '\0' && scenario.step_count > 0);
		run(&scenario);
	} else {
		REQUIRE(strncmp(scenario.message, "fuzz:", 5) == 0 && scenario.error_line > 0);
		REQUIRE(strchr(scenario.message, '\n') == scenario.message + strlen(scenario.message) - 1);
	}
	scenario_free(&scenario);
	free(text);
	return 0;
}
