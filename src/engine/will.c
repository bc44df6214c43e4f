/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The testament of each virtual router: what the guard says and undoes if the engine dies. It is written whenever it
 * would say something else, and before an installation as if that had succeeded.
 */
#include <stdlib.h>

#include "engine/state.h"

#define RELEASE_MARGIN VR_HOLD_MARGIN

struct stop_frame {
	size_t length; /* 0: there is none */
	uint8_t bytes[FRAME_MAX];
};

/* Deletes of everything that is held, or is about to be. */
static size_t list_removals(const struct engine *engine, const struct instance *instance,
	bool about_to_install, struct kernel_op *removals)
{
	size_t count = 0;

	for (size_t i = 0; i < claim_count(instance->config); i++) {
		const struct holding *holding = instance->claims[i].holding;
		struct kernel_op op = claim_op(engine, instance, i, false);

		if (holding != NULL)
			op.ifindex = holding->ifindex;
		if ((holding == NULL && !about_to_install) || op.ifindex < 0 ||
			(holding != NULL && holding->foreign))
			continue;
		removals[count++] = op;
	}
	return count + devices_list_removals(instance, removals + count);
}

/* The advert that goes with it is the one of that time: another one has been built, or it would have to be. */
static bool advert_is_the_same(const struct instance *instance)
{
	return instance->will_has_advert && instance_is_master(instance) && advert_is_current(instance);
}

/* Should another one have the same, in one of four thousand million changes, the testament would say the old one. */
static uint32_t hash_of(const struct stop_frame *frame)
{
	const uint64_t hash = frame->length > 0 ? hash_bytes(HASH_START, frame->bytes, frame->length) : 0;

	return (uint32_t)(hash ^ hash >> 32);
}

static void remember(struct instance *instance, uint32_t stop, bool active)
{
	instance->will_active = active;
	instance->will_is_old = false;
	instance->will_stop = stop;
	instance->will_has_advert = stop != 0 && advert_is_current(instance);
}

static void write_entry(struct engine *engine, struct instance *instance, const struct stop_frame *frame,
	bool about_to_install, mono_t now)
{
	const struct vr_config *config = instance->config;
	struct testament_entry entry = {.active = true,
		.ifindex = instance->interface->link != NULL ? instance->interface->link->ifindex : 0,
		.release_after = vr_skew_time(config->version, 1, config->advert_interval) + RELEASE_MARGIN};
	struct kernel_op *removals = calloc(claim_count(config) + 2 * (config->address_count + 1), sizeof(*removals));
	struct port_datagram *last_words = NULL;

	if (frame->length > 0 && config->extra->unicast.enabled) {
		last_words = unicast_last_words(engine, instance, &entry.stop_datagram_count, now);
		entry.stop_datagrams = last_words;
	} else if (frame->length > 0) {
		entry.stop_frame = frame->bytes;
		entry.stop_frame_length = frame->length;
	}
	if (removals != NULL) {
		entry.removals = removals;
		entry.removal_count = list_removals(engine, instance, about_to_install, removals);
	}
	engine->port->testament(engine->port->user, instance->slot, &entry);
	free(last_words);
	free(removals);
}

void will_write(struct engine *engine, struct instance *instance, bool about_to_install, mono_t now)
{
	bool active = instance->vr.hold != VR_HOLD_NOTHING || instance_is_master(instance) ||
		      instance_has_device(instance);
	struct stop_frame frame;
	uint32_t stop;

	/* It shall say of what stays that it does. */
	if (engine->options.keep && engine->stopping)
		return;
	if (!about_to_install && active && instance->will_active && !instance->will_is_old && advert_is_the_same(instance))
		return;
	frame.length = 0;
	if (instance_is_master(instance))
		frame.length = advert_build_stop(engine, instance, frame.bytes, now);
	stop = hash_of(&frame);
	if (!about_to_install && active == instance->will_active &&
		(!active || (!instance->will_is_old && instance->will_stop == stop))) {
		remember(instance, stop, active);
		return;
	}
	if (active)
		write_entry(engine, instance, &frame, about_to_install, now);
	else
		engine->port->testament(
			engine->port->user, instance->slot, &(struct testament_entry){.active = false});
	remember(instance, stop, active);
	/* What was written for the time after an installation is compared with nothing. */
	if (about_to_install)
		instance->will_is_old = true;
}
