/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/orders.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_SIZE 400
#define ANSWER_ROOM 2000 /* for one more entry */
#define DRAIN_MARGIN (1 * DUR_S) /* the one who takes over may be busy */
#define CONTEST_INTERVALS 3 /* a master that goes on for so long does not give way */

enum outcome {
	OUTCOME_WAITS,
	OUTCOME_HANDED_OVER, /* to peer, in duration */
	OUTCOME_STOOD_ASIDE, /* it was not master */
	OUTCOME_ALREADY, /* drained, or master, or in service, before */
	OUTCOME_NOBODY, /* took over within duration: still master */
	OUTCOME_LET_GO, /* nobody took over within duration, and it let go all the same */
	OUTCOME_RESUMED,
	OUTCOME_MASTER, /* took over from peer */
	OUTCOME_REFUSED, /* text */
	OUTCOME_CONTESTED, /* peer goes on as master */
	OUTCOME_LOST, /* is not master any more: text */
	OUTCOME_CANCELLED, /* by another order */
	OUTCOME_GONE, /* a reload took it away */
};

struct order_part {
	struct order *order;
	struct instance *instance; /* NULL: it is gone */
	char *name;
	size_t unit;
	enum outcome outcome;
	struct ip_addr peer;
	uint8_t peer_priority;
	dur_t duration;
	char *text; /* NULL: the outcome says all */
};

struct order {
	struct order *next;
	enum engine_order kind;
	uint32_t number;
	bool force;
	mono_t began;
	mono_t deadline; /* what waits is decided then */
	struct order_part *parts; /* those of a unit stand together */
	size_t count;
	size_t waiting;
};

static void free_order(struct order *order)
{
	for (size_t i = 0; i < order->count; i++) {
		struct order_part *part = &order->parts[i];

		if (part->instance != NULL && part->instance->rare->part == part)
			instance_rare(part->instance)->part = NULL;
		if (part->instance != NULL)
			instance_rare_tidy(part->instance);
		free(part->name);
		free(part->text);
	}
	free(order->parts);
	free(order);
}

void orders_free(struct engine *engine)
{
	while (engine->orders != NULL) {
		struct order *order = engine->orders;

		engine->orders = order->next;
		free_order(order);
	}
}

static void settle(struct order_part *part, enum outcome outcome)
{
	if (part->outcome == OUTCOME_WAITS)
		part->order->waiting--;
	part->outcome = outcome;
	if (part->instance != NULL && part->instance->rare->part == part)
		instance_rare(part->instance)->part = NULL;
}

static void settle_with_text(struct order_part *part, enum outcome outcome, const char *text)
{
	free(part->text);
	part->text = strdup(text);
	settle(part, outcome);
}

/* Whoever waits for what this one was told before learns that it is no longer so. */
static void cancel(struct instance *instance)
{
	if (instance->rare->part != NULL)
		settle(instance->rare->part, OUTCOME_CANCELLED);
}

void orders_forget(struct engine *engine, const struct instance *instance)
{
	if (instance->rare->part != NULL)
		settle(instance->rare->part, OUTCOME_GONE);
	/* Other parts of an order may take longer than this one, which knows its outcome. */
	for (struct order *order = engine->orders; order; order = order->next)
		for (size_t i = 0; i < order->count; i++)
			if (order->parts[i].instance == instance)
				order->parts[i].instance = NULL;
}

static bool is_drained(const struct instance *instance)
{
	return (instance->vr.blockers & VR_BLOCKER_DRAINED) != 0;
}

static bool is_handing_over(const struct instance *instance)
{
	return instance->vr.hold == VR_HOLD_UNTIL_SUCCESSOR;
}

static void input(struct engine *engine, struct instance *instance, const struct vr_event *event, mono_t now)
{
	if (instance->started && !instance->gone)
		instance_input(engine, instance, event, now);
}

static void input_resume(struct engine *engine, struct instance *instance, mono_t now)
{
	input(engine, instance, &(struct vr_event){.type = VR_EVENT_RESUME}, now);
}

/* Finding whom it concerns */

static bool add_part(struct order *order, struct instance *instance, size_t unit)
{
	struct order_part *part = &order->parts[order->count];

	*part = (struct order_part){.order = order, .instance = instance, .unit = unit};
	part->name = strdup(instance->config->name);
	if (part->name == NULL)
		return false;
	order->count++;
	order->waiting++;
	return true;
}

/* With all that move with it. */
static bool add_unit(struct order *order, struct instance *instance, size_t unit)
{
	struct instance *const *members = &instance;
	size_t count = 1;

	if (instance->rare->sync_group != NULL)
		members = sync_group_members(instance->rare->sync_group, &count);
	for (size_t i = 0; i < count; i++)
		if (!add_part(order, members[i], unit))
			return false;
	return true;
}

static bool is_named(const struct instance *instance, const char *name)
{
	return name == NULL || strcmp(instance->config->name, name) == 0 ||
	       string_equal(instance->config->extra->sync_group, name);
}

static bool is_first_of_its_unit(const struct instance *instance)
{
	size_t count;

	return instance->rare->sync_group == NULL || sync_group_members(instance->rare->sync_group, &count)[0] == instance;
}

static bool add_parts(const struct engine *engine, struct order *order, const char *name)
{
	order->parts = calloc(engine->instance_count + 1, sizeof(*order->parts));
	if (order->parts == NULL)
		return false;
	for (size_t i = 0; i < engine->instance_count; i++) {
		struct instance *instance = engine->instances[i];

		if (instance->leaving || !is_named(instance, name) || (name == NULL && !is_first_of_its_unit(instance)))
			continue;
		if (!add_unit(order, instance, i))
			return false;
		if (name != NULL)
			return true;
	}
	return true;
}

/* Drain */

/* A backup that hears no priority 0 at all still takes over within that. */
static dur_t usual_patience(const struct instance *instance)
{
	const struct vr_config *config = instance->config;

	return vr_down_interval(config->version, 1, config->advert_interval, config->down_timer_adverts) + DRAIN_MARGIN;
}

static void begin_drain(struct engine *engine, struct order *order, dur_t timeout, mono_t now)
{
	struct vr_event event = {.type = VR_EVENT_DRAIN};
	dur_t patience = timeout;

	for (size_t i = 0; i < order->count && timeout == 0; i++)
		if (usual_patience(order->parts[i].instance) > patience)
			patience = usual_patience(order->parts[i].instance);
	order->deadline = mono_add(now, patience);
	event.until = order->deadline;
	for (size_t i = 0; i < order->count; i++) {
		struct order_part *part = &order->parts[i];
		struct instance *instance = part->instance;
		const bool was_drained = is_drained(instance), was_master = instance_is_master(instance);

		if (was_drained && is_handing_over(instance)) {
			settle_with_text(part, OUTCOME_REFUSED, "is being handed over already");
			continue;
		}
		cancel(instance);
		if (was_master && instance_rare(instance) == NULL) {
			settle_with_text(part, OUTCOME_REFUSED, "is not drained: no memory");
			continue;
		}
		input(engine, instance, &event, now);
		if (was_master && is_handing_over(instance))
			instance_rare(instance)->part = part;
		else
			settle(part, was_drained ? OUTCOME_ALREADY : OUTCOME_STOOD_ASIDE);
	}
}

/* Nobody has spoken in time. Where another member of the group found a successor, there is no way back. */
static void end_drain_of_unit(struct engine *engine, struct order_part *first, size_t count, mono_t now)
{
	bool handed_over = false;

	for (size_t i = 0; i < count; i++)
		handed_over = handed_over || first[i].outcome == OUTCOME_HANDED_OVER;
	for (size_t i = 0; i < count; i++) {
		struct order_part *part = &first[i];

		if (part->outcome != OUTCOME_WAITS)
			continue;
		part->duration = mono_sub(now, part->order->began);
		if (handed_over || part->order->force || !is_handing_over(part->instance)) {
			settle(part, OUTCOME_LET_GO);
			continue;
		}
		input_resume(engine, part->instance, now);
		settle(part, OUTCOME_NOBODY);
	}
}

/* Takeover */

/* Why it cannot take over; false: it can. */
static bool refuses_takeover(const struct instance *instance, struct text *text)
{
	const struct vr *vr = &instance->vr;

	if (is_drained(instance)) {
		text_str(text, "is drained: `vigia resume` comes first");
	} else if (vr->state == VR_INITIALIZE) {
		text_str(text, "cannot serve: ");
		vr_blockers_text(text, vr->blockers, vr->blocking_track, vr_track_value(vr, vr->blocking_track),
			vr_blocking_sibling(vr), instance->config);
	} else if (vr->unproven) {
		text_str(text, "its link is back and has passed no packet yet");
	} else if (!ip_is_set(&vr->peer.address) || mono_before(vr->peer.heard, vr->since)) {
		text_str(text, "has heard no master yet; if there is none, it is master soon by itself");
	} else if (vr->peer.priority == VR_PRIORITY_OWNER) {
		text_ip(text, &vr->peer.address);
		text_str(text, " owns the addresses (priority 255), and no router may outdo it: drain it there");
	} else if (vr_takeover_priority(vr) == 0) {
		text_ip(text, &vr->peer.address);
		text_str(text, " has priority 254, the highest that there is, and the greater address: drain it there");
	} else {
		return false;
	}
	return true;
}

static bool refuse_unit(struct order_part *first, size_t count)
{
	char buffer[TEXT_SIZE];
	struct text text;

	for (size_t i = 0; i < count; i++) {
		if (instance_is_master(first[i].instance))
			continue;
		text_init(&text, buffer, sizeof(buffer));
		if (instance_rare(first[i].instance) == NULL)
			text_str(&text, "is not made master: no memory");
		else if (!refuses_takeover(first[i].instance, &text))
			continue;
		settle_with_text(&first[i], OUTCOME_REFUSED, buffer);
		text_init(&text, buffer, sizeof(buffer));
		text_str(&text, first[i].name);
		text_str(&text, " of its sync group cannot");
		for (size_t k = 0; k < count; k++)
			if (k != i)
				settle_with_text(&first[k], OUTCOME_REFUSED, buffer);
		return true;
	}
	return false;
}

/* How long after our first advert a master that gives way may still be heard: its own next one may cross ours. */
static mono_t contest_until(const struct order *order, unsigned intervals)
{
	dur_t slowest = 0;

	for (size_t i = 0; i < order->count; i++) {
		const struct instance *instance = order->parts[i].instance;
		dur_t interval = instance != NULL ? instance->config->advert_interval : 0;

		if (instance != NULL && instance->vr.active_adver_interval > interval)
			interval = instance->vr.active_adver_interval;
		if (interval > slowest)
			slowest = interval;
	}
	return mono_add(order->began, intervals * slowest + VR_RIVAL_MARGIN);
}

static void begin_takeover_of_unit(struct engine *engine, struct order_part *first, size_t count, mono_t now)
{
	if (refuse_unit(first, count))
		return;
	for (size_t i = 0; i < count; i++) {
		struct instance *instance = first[i].instance;

		cancel(instance);
		if (instance_is_master(instance)) {
			settle(&first[i], OUTCOME_ALREADY);
			continue;
		}
		first[i].peer = instance->vr.peer.address;
		first[i].peer_priority = instance->vr.peer.priority;
		instance_rare(instance)->part = &first[i];
		input(engine, instance, &(struct vr_event){.type = VR_EVENT_TAKEOVER}, now);
	}
}

/* Whether the old master has spoken after it must have heard the new one. */
static bool is_contested(const struct order_part *part)
{
	const struct vr *vr = &part->instance->vr;

	return mono_before(mono_add(part->order->began, VR_CROSSING), vr->peer.heard) && ip_is_set(&vr->peer.address) &&
	       vr->peer.priority != VR_PRIORITY_STOP;
}

static void say_cause(struct order_part *part)
{
	struct vr_record cause;
	char buffer[TEXT_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	text_str(&text, "is not master: ");
	if (history_cause(&part->instance->history, &cause))
		vr_record_text(&text, &cause, part->instance->config);
	settle_with_text(part, OUTCOME_LOST, buffer);
}

static void look_at_takeover(struct engine *engine, struct order_part *part, mono_t now)
{
	const struct vr *vr = &part->instance->vr;
	const dur_t quiet = mono_sub(contest_until(part->order, 1), part->order->began);

	if (vr->state != VR_MASTER) {
		input_resume(engine, part->instance, now);
		say_cause(part);
	} else if (!is_contested(part) || !mono_before(now, mono_add(vr->peer.heard, quiet))) {
		settle(part, OUTCOME_MASTER);
	} else if (mono_due(contest_until(part->order, CONTEST_INTERVALS), now)) {
		input_resume(engine, part->instance, now);
		settle(part, OUTCOME_CONTESTED);
	}
}

static void end_takeover(struct engine *engine, struct order *order, mono_t now)
{
	for (size_t i = 0; i < order->count; i++)
		if (order->parts[i].outcome == OUTCOME_WAITS)
			look_at_takeover(engine, &order->parts[i], now);
	for (unsigned intervals = 2; order->waiting > 0 && mono_due(order->deadline, now) && intervals <= CONTEST_INTERVALS;
		intervals++)
		order->deadline = contest_until(order, intervals);
}

/* Resume */

static const char *say_back(const struct instance *instance, char buffer[TEXT_SIZE])
{
	struct text text;

	text_init(&text, buffer, TEXT_SIZE);
	text_str(&text, "priority ");
	text_u64(&text, track_evaluate(instance->config, instance->vr.track_values).priority);
	text_str(&text, " again: the takeover is over");
	return buffer;
}

static void begin_resume(struct engine *engine, struct order *order, mono_t now)
{
	char buffer[TEXT_SIZE];

	for (size_t i = 0; i < order->count; i++) {
		struct order_part *part = &order->parts[i];
		struct instance *instance = part->instance;
		const bool changes = is_drained(instance) || instance->vr.bonus != 0;

		cancel(instance);
		if (is_drained(instance))
			settle(part, OUTCOME_RESUMED);
		else if (instance->vr.bonus != 0)
			settle_with_text(part, OUTCOME_RESUMED, say_back(instance, buffer));
		else
			settle(part, OUTCOME_ALREADY);
		if (changes)
			input_resume(engine, instance, now);
	}
}

/* The whole */

static void each_unit(struct engine *engine, struct order *order,
	void (*act)(struct engine *engine, struct order_part *first, size_t count, mono_t now), mono_t now)
{
	size_t first = 0;

	while (first < order->count) {
		size_t count = 1;

		while (first + count < order->count && order->parts[first + count].unit == order->parts[first].unit)
			count++;
		act(engine, &order->parts[first], count, now);
		first += count;
	}
}

static void begin(struct engine *engine, struct order *order, dur_t timeout, mono_t now)
{
	switch (order->kind) {
	case ENGINE_DRAIN:
		begin_drain(engine, order, timeout, now);
		break;
	case ENGINE_RESUME:
		begin_resume(engine, order, now);
		break;
	case ENGINE_TAKEOVER:
		order->deadline = contest_until(order, 1);
		each_unit(engine, order, begin_takeover_of_unit, now);
		break;
	}
}

static void end(struct engine *engine, struct order *order, mono_t now)
{
	switch (order->kind) {
	case ENGINE_DRAIN:
		each_unit(engine, order, end_drain_of_unit, now);
		break;
	case ENGINE_RESUME:
		break;
	case ENGINE_TAKEOVER:
		end_takeover(engine, order, now);
		break;
	}
}

void orders_tick(struct engine *engine, mono_t now)
{
	for (struct order *order = engine->orders; order; order = order->next)
		if (order->waiting > 0 && mono_due(order->deadline, now))
			end(engine, order, now);
}

mono_t orders_deadline(const struct engine *engine)
{
	mono_t deadline = MONO_NEVER;

	for (const struct order *order = engine->orders; order; order = order->next)
		deadline = mono_min(deadline, order->deadline);
	return deadline;
}

void orders_record(struct instance *instance, const struct vr_record *record, mono_t now)
{
	struct order_part *part = instance->rare->part;

	if (part == NULL || part->order->kind != ENGINE_DRAIN || record->code != VR_RECORD_SUCCESSOR_HEARD)
		return;
	part->peer = record->peer;
	part->peer_priority = record->peer_priority;
	part->duration = mono_sub(mono_max(now, part->order->began), part->order->began);
	settle(part, OUTCOME_HANDED_OVER);
}

/* Answers */

static const struct {
	const char *name;
	bool good;
} outcomes[] = {
	[OUTCOME_WAITS] = {"waits", false},
	[OUTCOME_HANDED_OVER] = {"handed-over", true},
	[OUTCOME_STOOD_ASIDE] = {"stood-aside", true},
	[OUTCOME_ALREADY] = {"already", true},
	[OUTCOME_NOBODY] = {"nobody", false},
	[OUTCOME_LET_GO] = {"let-go", true},
	[OUTCOME_RESUMED] = {"resumed", true},
	[OUTCOME_MASTER] = {"master", true},
	[OUTCOME_REFUSED] = {"refused", false},
	[OUTCOME_CONTESTED] = {"contested", false},
	[OUTCOME_LOST] = {"lost", false},
	[OUTCOME_CANCELLED] = {"cancelled", false},
	[OUTCOME_GONE] = {"gone", false},
};

static void put_peer(struct text *text, const struct order_part *part, const char *before, const char *after)
{
	text_str(text, before);
	text_ip(text, &part->peer);
	text_str(text, after);
}

static void put_nobody(struct text *text, const struct order_part *part, const char *after)
{
	text_str(text, "no other router took over in ");
	text_duration(text, part->duration);
	text_str(text, after);
}

static void put_already(struct text *text, const struct order_part *part)
{
	switch (part->order->kind) {
	case ENGINE_DRAIN:
		text_str(text, "was drained already");
		break;
	case ENGINE_RESUME:
		text_str(text, "was in service");
		break;
	case ENGINE_TAKEOVER:
		text_str(text, "was master already");
		break;
	}
}

/* Nobody takes them off the interface; another router answers for them as well. */
static void put_owned(struct text *text, const struct order_part *part)
{
	const struct instance *instance = part->instance;

	if (instance == NULL || instance->config->priority != VR_PRIORITY_OWNER || !is_drained(instance) ||
		is_handing_over(instance))
		return;
	text_str(text, firewall_is_in_force(instance, FIREWALL_MUTE)
			       ? "; the addresses are its own and stay, but answer nobody until `vigia resume`"
			       : "; the addresses are its own, stay and answer, too, for there are no rules of nftables to mute them");
}

static void put_outcome(struct text *text, const struct order_part *part)
{
	switch (part->outcome) {
	case OUTCOME_WAITS:
	case OUTCOME_REFUSED:
	case OUTCOME_LOST:
		text_str(text, part->text);
		break;
	case OUTCOME_HANDED_OVER:
		put_peer(text, part, "", " took over after ");
		text_duration(text, part->duration);
		break;
	case OUTCOME_STOOD_ASIDE:
		text_str(text, "was not master; out of service");
		break;
	case OUTCOME_ALREADY:
		put_already(text, part);
		break;
	case OUTCOME_NOBODY:
		put_nobody(text, part, ": still master");
		break;
	case OUTCOME_LET_GO:
		put_nobody(text, part, part->order->force ? ": let go all the same" : ": let go, as its sync group or its link demands");
		break;
	case OUTCOME_RESUMED:
		text_str(text, part->text != NULL ? part->text : "in service again");
		break;
	case OUTCOME_MASTER:
		put_peer(text, part, "master; ", " gave way");
		break;
	case OUTCOME_CONTESTED:
		put_peer(text, part, "", " goes on as master: it does not hear this router, or believes it as little as a "
					 "stranger; left to it");
		break;
	case OUTCOME_CANCELLED:
		text_str(text, "told otherwise meanwhile");
		break;
	case OUTCOME_GONE:
		text_str(text, "a reload took it out of the configuration");
		break;
	}
}

static void write_part(struct json_out *json, const struct order_part *part)
{
	char buffer[TEXT_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	put_outcome(&text, part);
	if (part->order->kind == ENGINE_DRAIN && part->outcome != OUTCOME_REFUSED)
		put_owned(&text, part);
	json_out_object(json, NULL);
	json_out_string(json, "name", part->name);
	json_out_string(json, "state",
		part->instance != NULL ? vr_state_name(part->instance->vr.state, part->instance->vr.blockers) : NULL);
	json_out_string(json, "outcome", outcomes[part->outcome].name);
	json_out_bool(json, "ok", outcomes[part->outcome].good);
	json_out_ip(json, "peer", &part->peer);
	if (part->outcome == OUTCOME_HANDED_OVER || part->outcome == OUTCOME_NOBODY || part->outcome == OUTCOME_LET_GO)
		json_out_seconds(json, "duration", part->duration);
	else
		json_out_null(json, "duration");
	json_out_string(json, "text", buffer);
	json_out_end(json);
}

static void tell_answer(struct engine *engine, const struct order *order)
{
	struct text line;
	struct json_out json;
	bool good = true;
	size_t i;

	for (i = 0; i < order->count; i++)
		good = good && outcomes[order->parts[i].outcome].good;
	text_init(&line, engine->line, sizeof(engine->line));
	json_out_begin(&json, &line);
	json_out_object(&json, NULL);
	json_out_u64(&json, "number", order->number);
	json_out_bool(&json, "ok", good);
	json_out_array(&json, "instances");
	for (i = 0; i < order->count && line.size - line.length > ANSWER_ROOM; i++)
		write_part(&json, &order->parts[i]);
	json_out_end(&json);
	if (i < order->count)
		json_out_u64(&json, "instances_omitted", order->count - i);
	json_out_end(&json);
	tell_front(engine, ENGINE_TELL_ANSWER, &line);
}

static void tell_error(struct engine *engine, uint32_t number, const char *before, const char *name, const char *after)
{
	char buffer[TEXT_SIZE];
	struct text line, text;
	struct json_out json;

	text_init(&text, buffer, sizeof(buffer));
	text_str(&text, before);
	text_str(&text, name);
	text_str(&text, after);
	text_init(&line, engine->line, sizeof(engine->line));
	json_out_begin(&json, &line);
	json_out_object(&json, NULL);
	json_out_u64(&json, "number", number);
	json_out_bool(&json, "ok", false);
	json_out_string(&json, "error", buffer);
	json_out_end(&json);
	tell_front(engine, ENGINE_TELL_ANSWER, &line);
}

/* "+" or, for the first of some lines, "=", and the names of those that stay drained if this engine dies; each ends in a newline. */
static void tell_drained(struct engine *engine)
{
	struct text line;

	text_init(&line, engine->line, sizeof(engine->line));
	text_char(&line, '=');
	for (size_t i = 0; i < engine->instance_count; i++) {
		const struct instance *instance = engine->instances[i];

		if (!is_drained(instance) || is_handing_over(instance) || instance->leaving)
			continue;
		if (line.size - line.length < strlen(instance->config->name) + 2) {
			tell_front(engine, ENGINE_TELL_DRAINED, &line);
			text_init(&line, engine->line, sizeof(engine->line));
			text_char(&line, '+');
		}
		text_str(&line, instance->config->name);
		text_char(&line, '\n');
	}
	tell_front(engine, ENGINE_TELL_DRAINED, &line);
}

void orders_tell(struct engine *engine, mono_t now)
{
	struct order **at = &engine->orders;

	(void)now;
	while (*at != NULL) {
		struct order *order = *at;

		if (order->waiting > 0) {
			at = &order->next;
			continue;
		}
		*at = order->next;
		engine->drained_changed = true;
		tell_answer(engine, order);
		free_order(order);
	}
	if (!engine->drained_changed)
		return;
	engine->drained_changed = false;
	tell_drained(engine);
}

void engine_order(struct engine *engine, const struct engine_request *request, mono_t now)
{
	struct order *order;

	if (!engine->started || engine->stopping) {
		tell_error(engine, request->number, "vigiad is ", engine->stopping ? "stopping" : "starting", "");
		return;
	}
	order = calloc(1, sizeof(*order));
	if (order != NULL)
		*order = (struct order){.kind = request->kind, .number = request->number, .force = request->force, .began = now};
	if (order == NULL || !add_parts(engine, order, request->name)) {
		tell_error(engine, request->number, "is not made master: no memory", NULL, NULL);
		if (order != NULL)
			free_order(order);
		return;
	}
	if (order->count == 0) {
		tell_error(engine, request->number, "there is no virtual router or sync group \"", request->name, "\"");
		free_order(order);
		return;
	}
	order->next = engine->orders;
	engine->orders = order;
	begin(engine, order, request->timeout, now);
	turn_end(engine, now);
}

/* They come in the order of the configuration: from *next on is where it is. */
static void keep_drained(struct engine *engine, const char *name, size_t length, size_t *next)
{
	for (size_t i = 0; i < engine->instance_count; i++) {
		size_t place = (*next + i) % engine->instance_count;
		struct instance *instance = engine->instances[place];

		if (strlen(instance->config->name) != length || memcmp(instance->config->name, name, length) != 0)
			continue;
		instance->drained_before = true;
		*next = place + 1;
		return;
	}
}

void engine_keep_drained(struct engine *engine, const char *names, size_t length)
{
	size_t at = 1; /* behind "=" or "+" */
	size_t next = 0;

	while (at < length) {
		const char *end = memchr(names + at, '\n', length - at);
		size_t size = end != NULL ? (size_t)(end - names) - at : length - at;

		keep_drained(engine, names + at, size, &next);
		at += size + 1;
	}
}
