/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vigia upgrade` of a router: the engine's state goes to a new engine, which takes its place within a turn. For the laws
 * nothing has happened: every bound goes on.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/world.h"

/* The configuration in force, as the guard keeps it. */
static bool load_in_force(const struct conf_result *in_force, const char *name, struct conf_result *result)
{
	size_t length;
	char *text = conf_print_alloc(in_force->conf, CONF_SECRETS_SHOWN, &length);

	*result = (struct conf_result){0};
	if (text == NULL)
		return false;
	conf_load_text(text, length, name, NULL, result);
	free(text);
	return result->conf != NULL;
}

static bool succeed(struct router *router, const uint8_t *bytes, size_t size, mono_t now)
{
	const struct engine_options options = {.record = router->world->record, .trace_name = router->name};

	router->engine = engine_new(router->conf.conf, &router->port, &options, now);
	if (router->engine == NULL)
		return false;
	router->life++;
	for (size_t i = 0; i < router->nic_count; i++) {
		memset(router->nics[i]->joined, 0, sizeof(router->nics[i]->joined));
		memset(router->nics[i]->lost, 0, sizeof(router->nics[i]->lost));
		router->nics[i]->hears_arp = false;
		router->nics[i]->hears_neighbours = false;
	}
	guard_forget(router);
	kernel_dump(router);
	return engine_start_saved(router->engine, bytes, size, now) == NULL;
}

static void hand_over(struct router *router, const uint8_t *bytes, size_t size, mono_t now)
{
	struct engine *old_engine = router->engine;
	struct conf_result old_conf = router->conf;

	router->engine = NULL;
	if (!load_in_force(&old_conf, router->name, &router->conf) || !succeed(router, bytes, size, now)) {
		law_not_understood(router);
		engine_free(router->engine);
		conf_result_free(&router->conf);
		router->engine = old_engine;
		router->conf = old_conf;
		engine_resume(router->engine, now);
		return;
	}
	/* What the runner has said meanwhile waits in its socket. */
	router_report_objects(router);
	router_keep_views(router);
	router_after(router);
	engine_free(old_engine);
	conf_result_free(&old_conf);
}

void router_upgrade(struct router *router)
{
	const mono_t now = router_local(router, router->world->now);
	uint8_t *bytes = NULL;
	size_t size;

	router->upgrade_wanted = true;
	if (router->process != PROCESS_RUNS || router->stopped || engine_save(router->engine, &bytes, &size) != 0)
		return;
	router->upgrade_wanted = false;
	hand_over(router, bytes, size, now);
	free(bytes);
}
