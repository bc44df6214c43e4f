/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a turn leaves for later, so that thousands of virtual routers that have something to do at one moment delay no advert:
 *
 *	due		virtual routers whose time has come and that are no Masters: they may have much to install. So many
 *			in a turn; the others keep their places, and so do those whose advert may be among packets that
 *			wait unread
 *	bursts		second and further announcements of many addresses: whoever needs them has heard the first
 *	tellings	records for people: where they stand in the history of a virtual router
 *
 * What little there is is done in the turn itself, as if nothing of this existed. The rest goes when nothing more urgent
 * is due, a little in each turn.
 */
#include <stdlib.h>

#include "engine/state.h"

#define INSTALL_BUDGET                                                                                       \
	128 /* kernel operations of one turn, roughly: about a millisecond of the kernel's work */
#define BURST_FRAMES 128 /* of one turn: less than half a millisecond */
#define TELLINGS_PER_TURN 128
#define QUEUE_FIRST 64
#define QUEUE_MOST 65536
#define QUEUE_KEPT 1024

static const struct ring_kind items = {sizeof(struct backlog_item), QUEUE_FIRST, QUEUE_MOST, malloc, free};

void backlog_free(struct engine *engine)
{
	ring_free(&engine->backlog.bursts, &items);
	ring_free(&engine->backlog.tellings, &items);
}

/* false: there is no room. */
static bool push(struct ring *ring, struct backlog_item item)
{
	if (!ring_reserve(ring, &items, 1))
		return false;
	*(struct backlog_item *)ring_push(ring, &items) = item;
	return true;
}

static struct backlog_item take(struct ring *ring)
{
	return *(struct backlog_item *)ring_take(ring, &items);
}

/* What thousands needed at one moment is not kept for the next time. */
static void ring_rest(struct ring *ring)
{
	if (ring->count > 0 || ring->capacity <= QUEUE_KEPT)
		return;
	ring_free(ring, &items);
}

static void ring_forget(struct ring *ring, const struct instance *instance)
{
	for (size_t left = ring->count; left > 0; left--) {
		struct backlog_item item = take(ring);

		if (item.instance != instance)
			push(ring, item);
	}
}

/* Behind those that wait already. */
void backlog_due(struct engine *engine, struct waiter *waiter)
{
	struct backlog *backlog = &engine->backlog;

	if (waiter->waits)
		return;
	waiter->waits = true;
	waiter->next_due = NULL;
	*(backlog->due ? &backlog->due_last->next_due : &backlog->due) = waiter;
	backlog->due_last = waiter;
}

/* It is about to believe that nobody speaks. */
static bool ends_its_wait(const struct instance *instance, mono_t now)
{
	return instance->vr.state == VR_BACKUP && mono_due(instance->vr.timer, now);
}

/* What was lost may have been the advert that it waits for. Once in a turn the kernel is asked whether more was. */
static void tell_losses(struct engine *engine, struct instance *instance, bool *asked, mono_t now)
{
	struct vr_event event = {.type = VR_EVENT_LOSS};
	const struct vr *vr = &instance->vr;
	const dur_t longer = vr->active_adver_interval > instance->config->advert_interval
				     ? vr->active_adver_interval
				     : instance->config->advert_interval;

	if (!*asked)
		overruns_look(&engine->overruns, engine->port, now);
	*asked = true;
	event.until = engine->overruns.packets_at;
	/* An interval and Skew_Time is never longer than this. */
	if (event.until.ns != 0 && mono_before(now, mono_add(event.until, 2 * longer)))
		instance_input(engine, instance, &event, now);
}

void backlog_run_due(struct engine *engine, mono_t now)
{
	struct backlog *backlog = &engine->backlog;
	struct waiter *kept = NULL, *last = NULL;
	size_t operations = 0;
	bool asked = false;

	while (backlog->due != NULL && operations < INSTALL_BUDGET && !ops_are_many(engine)) {
		struct waiter *waiter = backlog->due;
		struct instance *instance = waiter_instance(waiter);

		backlog->due = waiter->next_due;
		/* The packet that would change its mind may be among those that have not been read. */
		if (ends_its_wait(instance, now) && mono_before(engine->unheard_after, instance->vr.timer)) {
			*(kept != NULL ? &last->next_due : &kept) = waiter;
			last = waiter;
			continue;
		}
		waiter->waits = false;
		if (ends_its_wait(instance, now))
			tell_losses(engine, instance, &asked, now);
		instance_tick(engine, instance, now);
		if (instance->install_wanted || instance->remove_addresses_wanted ||
			instance->remove_routes_wanted)
			operations += claim_count(instance->config);
	}
	if (kept == NULL)
		return;
	last->next_due = backlog->due;
	if (backlog->due == NULL)
		backlog->due_last = last;
	backlog->due = kept;
}

static void forget_due(struct engine *engine, const struct instance *instance)
{
	struct backlog *backlog = &engine->backlog;
	struct waiter *last = NULL;

	for (struct waiter **at = &backlog->due; *at != NULL;)
		if (*at == &instance->waiter) {
			*at = (*at)->next_due;
		} else {
			last = *at;
			at = &(*at)->next_due;
		}
	backlog->due_last = last;
}

void backlog_forget(struct engine *engine, const struct instance *instance)
{
	if (instance->waiter.waits)
		forget_due(engine, instance);
	ring_forget(&engine->backlog.bursts, instance);
	ring_forget(&engine->backlog.tellings, instance);
}

bool backlog_burst(struct engine *engine, struct instance *instance, uint16_t rounds)
{
	return push(&engine->backlog.bursts, (struct backlog_item){.instance = instance, .number = rounds});
}

static void run_bursts(struct engine *engine)
{
	struct ring *bursts = &engine->backlog.bursts;

	for (size_t frames = 0; bursts->count > 0 && frames < BURST_FRAMES;) {
		struct backlog_item item = take(bursts);

		if (!instance_is_master(item.instance))
			continue;
		announce_round(engine, item.instance);
		frames += item.instance->config->address_count;
		if (item.number > 1)
			backlog_burst(engine, item.instance, (uint16_t)(item.number - 1));
	}
	small_frames_flush(engine);
}

void backlog_tell(struct engine *engine, struct instance *instance)
{
	struct ring *tellings = &engine->backlog.tellings;

	/* Without room the oldest is told now, whatever else waits. */
	if (!ring_reserve(tellings, &items, 1))
		backlog_run_tellings(engine, 1);
	if (push(tellings, (struct backlog_item){.instance = instance, .number = instance->history.total}))
		engine->backlog.fresh_tellings++;
}

static void tell(struct engine *engine, const struct backlog_item *item)
{
	struct history_entry entry;
	struct text line;
	struct json_out json;

	if (!history_numbered(&item->instance->history, item->number, &entry))
		return;
	text_init(&line, engine->line, sizeof(engine->line));
	json_out_begin(&json, &line);
	json_out_object(&json, NULL);
	json_out_string(&json, "vr", item->instance->config->name);
	history_write_json(&json, &entry, item->instance->config);
	json_out_end(&json);
	tell_front(engine, ENGINE_TELL_EVENT, &line);
}

void backlog_run_tellings(struct engine *engine, size_t most)
{
	struct ring *tellings = &engine->backlog.tellings;

	for (size_t i = 0; i < most && tellings->count > 0; i++) {
		struct backlog_item item = take(tellings);

		if (!engine->options.mute)
			tell(engine, &item);
	}
	if (engine->backlog.fresh_tellings > tellings->count)
		engine->backlog.fresh_tellings = tellings->count;
}

void backlog_end_of_batch(struct engine *engine)
{
	if (engine->backlog.due == NULL && engine->backlog.bursts.count == 0)
		backlog_run_tellings(engine, TELLINGS_PER_TURN);
}

void backlog_run(struct engine *engine)
{
	if (engine->backlog.due == NULL)
		run_bursts(engine);
	backlog_end_of_batch(engine);
	ring_rest(&engine->backlog.bursts);
	ring_rest(&engine->backlog.tellings);
}

void backlog_finish(struct engine *engine)
{
	while (engine->backlog.bursts.count > 0)
		run_bursts(engine);
	backlog_run_tellings(engine, SIZE_MAX);
}

bool backlog_waits(const struct engine *engine)
{
	const struct backlog *backlog = &engine->backlog;

	return (backlog->due != NULL && !ops_are_many(engine)) || backlog->bursts.count > 0 || backlog->tellings.count > 0;
}

void backlog_notify_fresh(struct engine *engine)
{
	struct ring *tellings = &engine->backlog.tellings;

	for (size_t i = tellings->count - engine->backlog.fresh_tellings; i < tellings->count; i++)
		notify_instance(engine, ((struct backlog_item *)ring_at(tellings, &items, i))->instance);
	engine->backlog.fresh_tellings = 0;
}
