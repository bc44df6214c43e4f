/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of ours that others change: see firewall_watch.h. */
#include "engine/firewall_watch.h"

#include "base/error_name.h"
#include "engine/state.h"

void firewall_watch_init(struct firewall_watch *watch)
{
	*watch = (struct firewall_watch){.again_at = MONO_NEVER, .restored_at = MONO_LONG_AGO};
}

void engine_firewall_touched(struct engine *engine, mono_t now)
{
	struct firewall_watch *watch = &engine->firewall_watch;

	watch->again_at = mono_min(
		watch->again_at, mono_max(mono_add(now, FIREWALL_PATIENCE), mono_add(watch->restored_at, RESTORE_SPACING)));
}

void firewall_answered(struct engine *engine, int error, mono_t now)
{
	if (error != 0)
		engine_firewall_touched(engine, now);
}

void firewall_doubt(struct engine *engine, mono_t now)
{
	struct port_task task = {.type = TASK_RULES};

	if (!task_give(engine, &task))
		firewall_answered(engine, task.result, now);
}

/* A virtual router without its virtual MAC is none (firewall_see). */
static void tell_instance(struct engine *engine, struct instance *instance, int before, mono_t now)
{
	const int error = engine->firewall_watch.error;
	struct instance_firewall *firewall = instance->rare->firewall;

	if (firewall == NULL)
		return;
	if (error != 0 ? firewall->now.count > 0 : firewall->error == before)
		firewall_tell(engine, instance, error, now);
	if (instance->config->extra->vmac.mode != VMAC_RULES || (error != 0) == (firewall->rules_error != 0))
		return;
	if (error != 0)
		firewall->rules_error = error;
	interface_tell(engine, instance->interface, now);
}

static void tell(struct engine *engine, int error, mono_t now)
{
	char sentence[192];
	struct text line;

	text_init(&line, sentence, sizeof(sentence));
	text_str(&line, "rules of nftables that somebody else removed, changed or kept from us ");
	text_str(&line, error != 0 ? "cannot be had: " : "are in force");
	text_str(&line, error != 0 ? error_name(error) : "");
	tell_of_all(engine, error != 0 ? "rules-lost" : "rules-restored", sentence, now);
}

/* All of them; or else all but those for the time after our death, which others may have taken the place of. */
static int put_back(struct engine *engine, mono_t now)
{
	const struct port *port = engine->port;
	struct firewall_watch *watch = &engine->firewall_watch;
	int error = port->firewall(port->user, NULL, 0);

	if (error == 0 && !watch->silence_lost)
		return 0;
	if (engine->lifetimes.mortal_count > 0 || watch->silence_lost) {
		lifetimes_plan(engine, now);
		watch->silence_lost = engine->lifetimes.error != 0;
		error = port->firewall(port->user, NULL, 0);
	}
	return error;
}

void firewall_try_silence(struct engine *engine, mono_t now)
{
	struct firewall_watch *watch = &engine->firewall_watch;

	watch->silence_lost = true;
	watch->again_at = mono_min(watch->again_at, mono_add(now, FIREWALL_RETRY));
}

void firewall_restore(struct engine *engine, mono_t now)
{
	struct firewall_watch *watch = &engine->firewall_watch;
	const int before = watch->error;

	if (!mono_due(watch->again_at, now))
		return;
	watch->again_at = MONO_NEVER;
	watch->restored_at = now;
	watch->error = put_back(engine, now);
	if (watch->error != 0 || watch->silence_lost)
		watch->again_at = mono_add(now, FIREWALL_RETRY);
	if (watch->error == 0 && !watch->silence_lost) {
		watch->restored++;
		tell(engine, 0, now);
	}
	if (watch->error != 0 && watch->error != before)
		tell(engine, watch->error, now);
	if (watch->error != 0 || before != 0)
		for (size_t i = 0; i < engine->instance_count; i++)
			tell_instance(engine, engine->instances[i], before, now);
}

void firewall_watch_write(struct json_out *json, const struct firewall_watch *watch)
{
	json_out_object(json, "rules");
	json_out_u64(json, "restored", watch->restored);
	json_out_string(json, "error", watch->error != 0 ? error_name(watch->error) : NULL);
	json_out_end(json);
}
