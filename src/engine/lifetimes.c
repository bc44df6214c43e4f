/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses that do not outlive the daemon for long: see lifetimes.h. */
#include "engine/lifetimes.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error_name.h"
#include "engine/firewall_watch.h"
#include "engine/state.h"

#define RENEW_BATCH 8 /* an IPv6 address takes the kernel up to 0.25 ms */
#define COST_V6 5 /* of a renewal, in those of IPv4; with thousands it is more */
#define ROUNDS 3 /* in a lifetime */
#define SILENCE 2 /* lifetimes: longer than any address stands */
/* With silence, and without. */
#define LENGTH_USUAL (60 * DUR_S)
#define RENEWALS_A_SECOND 50
#define LENGTH_MARGIN (2 * DUR_S)
#define RENEWALS_A_SECOND_ALONE 500

/* What others have put there is theirs, and stays if we go. */
static void find_foreign(struct engine *engine)
{
	virtual_addresses_clear(engine, VIRTUAL_ADDRESS_FOREIGN);
	for (const struct link *link = engine->links; link; link = link->next)
		for (size_t i = 0; i < link->address_count; i++) {
			uint8_t *flags = virtual_address_flags(engine, &link->addresses[i].prefix.addr);

			if (flags != NULL && link->addresses[i].protocol != VIGIA_KERNEL_PROTOCOL)
				*flags |= VIRTUAL_ADDRESS_FOREIGN;
		}
}

static int make_mortal(struct engine *engine, bool none)
{
	const struct port *port = engine->port;
	struct lifetimes *lifetimes = &engine->lifetimes;
	struct ip_addr *list = malloc((virtual_addresses_count(engine) + 1) * sizeof(*list));
	size_t count;
	int error;

	lifetimes->mortal_count = 0;
	if (list == NULL)
		return -ENOMEM;
	find_foreign(engine);
	count = none ? 0 : virtual_addresses_plain(engine, list);
	error = port->mortal(port->user, list, count, SILENCE * lifetimes->length);
	lifetimes->mortal_count = error == 0 ? count : 0;
	free(list);
	return error;
}

/* A Backup must have taken over before the address goes. */
static dur_t shortest(const struct engine *engine)
{
	dur_t longest = 0;

	for (size_t i = 0; i < engine->instance_count; i++)
		if (engine->instances[i]->config->advert_interval > longest)
			longest = engine->instances[i]->config->advert_interval;
	return 4 * longest + LENGTH_MARGIN;
}

static size_t cost(const struct engine *engine)
{
	size_t sum = 0;

	for (size_t i = 0; i < engine->instance_count; i++) {
		const struct vr_config *config = engine->instances[i]->config;

		for (size_t k = 0; k < config->address_count; k++)
			sum += config->addresses[k].prefix.addr.family == IP_V6 ? COST_V6 : 1;
	}
	return sum;
}

static dur_t wanted_length(const struct engine *engine, size_t sum)
{
	const bool alone = engine->lifetimes.error != 0;
	const dur_t least = alone ? shortest(engine) : LENGTH_USUAL;
	const dur_t slow = (dur_t)(sum * ROUNDS) * DUR_S / (alone ? RENEWALS_A_SECOND_ALONE : RENEWALS_A_SECOND);

	return (((slow > least ? slow : least) + DUR_S - 1) / DUR_S) * DUR_S;
}

static void tell(struct engine *engine, mono_t now)
{
	char sentence[256];
	struct text line;

	text_init(&line, sentence, sizeof(sentence));
	text_str(&line, "if all processes of vigiad die at once, virtual addresses are answered for until they expire, ");
	text_duration(&line, engine->lifetimes.length);
	text_str(&line, " later: nftables cannot silence them: ");
	text_str(&line, error_name(engine->lifetimes.error));
	tell_of_all(engine, "not-silent-after-death", sentence, now);
}

static void next_few(struct engine *engine, mono_t now)
{
	struct lifetimes *lifetimes = &engine->lifetimes;
	const size_t steps = (lifetimes->count + RENEW_BATCH - 1) / RENEW_BATCH;

	lifetimes->renew_at =
		steps > 0 && lifetimes->length > 0 ? mono_add(now, lifetimes->round / (dur_t)steps) : MONO_NEVER;
}

void lifetimes_plan(struct engine *engine, mono_t now)
{
	struct lifetimes *lifetimes = &engine->lifetimes;
	const dur_t round = lifetimes->round;
	const int error = lifetimes->error;
	const size_t sum = cost(engine);
	size_t count = 0;

	lifetimes->renew_at = lifetimes->length > 0 ? lifetimes->renew_at : MONO_NEVER;
	if (engine->options.keep)
		return;
	for (size_t i = 0; i < engine->instance_count; i++)
		count += engine->instances[i]->config->address_count;
	lifetimes->count = count;
	lifetimes->error = 0;
	lifetimes->length = wanted_length(engine, sum);
	lifetimes->error = make_mortal(engine, false);
	/* What cannot be had must not be in the way of other rules. */
	if (lifetimes->error != 0)
		make_mortal(engine, true);
	lifetimes->length = wanted_length(engine, sum);
	lifetimes->round = lifetimes->length / ROUNDS;
	if (lifetimes->error != 0 && lifetimes->error != error)
		tell(engine, now);
	/* What a kernel has not it will not have; all else may pass. */
	if (lifetimes->error != 0 && lifetimes->error != -EOPNOTSUPP)
		firewall_try_silence(engine, now);
	/* Those that stand already expire as they were told to. */
	if (round > 0 && round < lifetimes->round)
		lifetimes->round = round;
	if (round == 0 || lifetimes->renew_at.ns == MONO_NEVER.ns)
		next_few(engine, now);
}

uint32_t lifetime_of(const struct engine *engine, const struct virtual_address *address)
{
	const struct address_options *options = address_options(address);

	/* A preferred lifetime counts once, from the beginning. */
	if (options->preferred_set && options->preferred != 0 && options->preferred != UINT32_MAX)
		return 0;
	return (uint32_t)(engine->lifetimes.length / DUR_S);
}

/* false: there is nothing to renew. */
static bool renewal(const struct engine *engine, const struct instance *instance, size_t index, struct kernel_op *op)
{
	const struct holding *holding = instance->claims[index].holding;

	if (holding == NULL || holding->foreign || holding->missing)
		return false;
	*op = claim_op(engine, instance, index, true);
	op->ifindex = holding->ifindex;
	return op->lifetime > 0;
}

/* To the next address; false: that was the last one. */
static bool go_on(const struct engine *engine, struct lifetimes *lifetimes)
{
	lifetimes->address++;
	while (lifetimes->instance < engine->instance_count &&
		lifetimes->address >= engine->instances[lifetimes->instance]->config->address_count) {
		lifetimes->instance++;
		lifetimes->address = 0;
	}
	return lifetimes->instance < engine->instance_count;
}

static void end_round(struct engine *engine, mono_t now)
{
	struct lifetimes *lifetimes = &engine->lifetimes;
	struct port_task task = {
		.type = TASK_SILENCE, .count = lifetimes->mortal_count, .length = SILENCE * lifetimes->length};

	lifetimes->instance = lifetimes->address = 0;
	lifetimes->round = lifetimes->length / ROUNDS;
	if (lifetimes->mortal_count > 0 && !task_give(engine, &task))
		firewall_answered(engine, task.result, now);
}

void lifetimes_tick(struct engine *engine, mono_t now)
{
	struct lifetimes *lifetimes = &engine->lifetimes;
	struct kernel_op ops[RENEW_BATCH];
	struct op_owner owners[RENEW_BATCH];
	size_t count = 0;
	bool more = true;

	if (!mono_due(lifetimes->renew_at, now))
		return;
	for (size_t i = 0; i < RENEW_BATCH && more; i++) {
		struct instance *instance =
			lifetimes->instance < engine->instance_count ? engine->instances[lifetimes->instance] : NULL;

		/* What is on its way has its full time before it; and its first advert would wait for this, too. */
		if (instance != NULL && !instance->install_waits && lifetimes->address < instance->config->address_count &&
			renewal(engine, instance, lifetimes->address, &ops[count]))
			owners[count++] = (struct op_owner){.instance = instance, .renewal = true};
		more = go_on(engine, lifetimes);
	}
	/* What fails is gone, and its event is on the way. */
	if (count > 0)
		ops_renew(engine, ops, owners, count);
	if (!more)
		end_round(engine, now);
	next_few(engine, now);
}

void lifetimes_end(struct engine *engine)
{
	if (engine->lifetimes.mortal_count > 0)
		make_mortal(engine, true);
	engine->lifetimes.renew_at = MONO_NEVER;
}

void lifetimes_write(struct json_out *json, const struct engine *engine)
{
	const struct lifetimes *lifetimes = &engine->lifetimes;

	json_out_object(json, "after_death");
	json_out_bool(json, "silent", lifetimes->length > 0 && lifetimes->error == 0);
	json_out_string(json, "error", lifetimes->error != 0 ? error_name(lifetimes->error) : NULL);
	if (lifetimes->length > 0)
		json_out_seconds(json, "lifetime", lifetimes->length);
	else
		json_out_null(json, "lifetime");
	json_out_end(json);
}
