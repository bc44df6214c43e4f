/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Status: one JSON object for each virtual router and one for the engine, as doc/control-protocol.md says. It is written a
 * few virtual routers at a time, between two looks at the sockets.
 *
 * A line has a limit; lists that might not fit (addresses, routes, interfaces) stop in time and say how many are left out.
 */
#include "engine/bfd.h"
#include "engine/state.h"

#include <string.h>

#include "base/error_name.h"
#include "core/track.h"
#include "engine/trace.h"

#define ITEM_TEXT_SIZE 1024 /* of a route or rule */
#define TAIL_ROOM 28000 /* for what follows the addresses and routes: history and counters */
#define END_ROOM 2000
#define STATUS_PER_TURN 4 /* virtual routers: 0.1 ms */
#define BRIEF_PER_TURN 32 /* the same */
#define KERNEL_PATIENCE DUR_S
#define NO_ROOM_PAUSE DUR_MS
#define NO_ROOM_MAX DUR_S /* whoever takes nothing for so long has given up, too */
#define HELD_ROOM (TAIL_ROOM + 12000) /* for the addresses and routes, too */

static bool has_room(const struct json_out *json, size_t tail)
{
	return json->text->size - json->text->length > tail;
}

static const char *hold_name(enum vr_hold hold)
{
	switch (hold) {
	case VR_HOLD_NOTHING:
		return "nothing";
	case VR_HOLD_ALL:
		return "all";
	case VR_HOLD_UNTIL_SUCCESSOR:
		return "until-successor";
	case VR_HOLD_ROUTES:
		return "routes";
	}
	return "nothing";
}

static void write_identity(struct json_out *json, const struct vr_config *config)
{
	json_out_string(json, "name", config->name);
	json_out_string(json, "interface", config->interface);
	json_out_string(json, "family", config->family == IP_V6 ? "ipv6" : "ipv4");
	json_out_u64(json, "vrid", config->vrid);
	json_out_u64(json, "version", config->version);
	json_out_string(json, "sync_group", config->extra->sync_group);
}

/* Why a tracked interface that has carrier does not count as up; false: that is not so. */
static bool put_waiting(
	struct text *text, const struct engine *engine, const struct instance *instance, size_t track_index)
{
	const struct tracked_object *tracked = &instance->config->extra->tracked[track_index];
	const struct interface *interface =
		tracked->kind == TRACK_INTERFACE ? interface_by_name(engine, tracked->name) : NULL;
	struct history_entry entry;

	if (interface == NULL || !interface->proven || interface->proof.state != LINK_PROVING)
		return false;
	entry = (struct history_entry){
		.link_reason = (uint8_t)interface->proof.reason, .next_hop = interface->next_hop};
	link_reason_text(text, &entry);
	return true;
}

static void put_blockers(struct text *text, const struct engine *engine, const struct instance *instance)
{
	const struct vr *vr = &instance->vr;
	char buffer[160];
	struct text waiting;

	vr_blockers_text(text, vr->blockers, vr->blocking_track, vr_track_value(vr, vr->blocking_track), vr_blocking_sibling(vr),
		instance->config);
	bad_device_text(text, instance);
	refused_text(text, engine, instance);
	text_init(&waiting, buffer, sizeof(buffer));
	if (!(vr->blockers & VR_BLOCKER_TRACK) ||
		!put_waiting(&waiting, engine, instance, vr->blocking_track))
		return;
	text_str(text, ": ");
	text_str(text, buffer);
}

static void write_state(struct json_out *json, const struct engine *engine, const struct instance *instance)
{
	const struct vr *vr = &instance->vr;
	struct vr_record cause;
	char buffer[512];
	struct text text;

	json_out_string(json, "state", vr_state_name(vr->state, vr->blockers));
	json_out_mono(json, "since", vr->since);
	json_out_array(json, "blockers");
	for (uint32_t bit = VR_BLOCKER_NOT_STARTED; bit <= VR_BLOCKER_LAST; bit <<= 1)
		if (vr->blockers & bit)
			json_out_string(json, NULL, blocker_name((enum vr_blocker)bit));
	json_out_end(json);
	text_init(&text, buffer, sizeof(buffer));
	put_blockers(&text, engine, instance);
	json_out_string(json, "blockers_text", vr->blockers != 0 ? buffer : NULL);
	if (!history_cause(&instance->history, &cause)) {
		json_out_null(json, "cause");
		return;
	}
	json_out_object(json, "cause");
	record_write_with_text(json, &cause, instance->config);
	json_out_end(json);
}

static void write_waiting(struct json_out *json, const struct engine *engine, const struct instance *instance,
	size_t track_index)
{
	char buffer[160];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	json_out_string(json, "waiting", put_waiting(&text, engine, instance, track_index) ? buffer : NULL);
}

static void write_priority(
	struct json_out *json, const struct engine *engine, const struct instance *instance)
{
	const struct vr_config *config = instance->config;
	size_t i;

	json_out_object(json, "priority");
	json_out_u64(json, "configured", config->priority);
	json_out_u64(json, "effective", instance->vr.priority);
	json_out_i64(json, "raised_by", instance->vr.bonus);
	json_out_array(json, "parts");
	for (i = 0; i < config->extra->tracked_count && has_room(json, HELD_ROOM); i++) {
		const struct tracked_object *object = &config->extra->tracked[i];
		struct track_value value = instance->vr.track_values[i];

		json_out_object(json, NULL);
		json_out_string(json, "object", object->name);
		json_out_string(json, "kind", track_kind_name(object->kind));
		json_out_i64(json, "weight", object->weight);
		json_out_bool(json, "reverse", object->reverse);
		json_out_string(json, "state", track_state_name(value.state));
		json_out_bool(json, "up", value.state == TRACK_UP);
		if (object->kind == TRACK_FILE && value.state == TRACK_UP)
			json_out_i64(json, "value", value.value);
		json_out_i64(json, "adds", track_adds(object, value));
		json_out_bool(json, "fails", track_fails(object, value));
		write_waiting(json, engine, instance, i);
		json_out_end(json);
	}
	json_out_end(json);
	if (i < config->extra->tracked_count)
		json_out_u64(json, "parts_omitted", config->extra->tracked_count - i);
	json_out_end(json);
}

static void write_left(struct json_out *json, const char *key, mono_t deadline, mono_t now)
{
	if (deadline.ns == MONO_NEVER.ns)
		json_out_null(json, key);
	else
		json_out_seconds(json, key, mono_before(now, deadline) ? mono_sub(deadline, now) : 0);
}

static bool is_held_down(const struct vr *vr, mono_t now)
{
	return vr->state == VR_BACKUP && vr->priority != VR_PRIORITY_OWNER &&
	       mono_before(now, vr->quiet_until);
}

static void write_timers(struct json_out *json, const struct vr *vr, mono_t now)
{
	mono_t announce = vr_announces_at(vr);

	json_out_object(json, "timers");
	write_left(json, "advert", vr->state == VR_MASTER ? vr->timer : MONO_NEVER, now);
	write_left(json, "master_down", vr->state == VR_BACKUP ? vr->timer : MONO_NEVER, now);
	write_left(json, "preempt", vr_preempts_at(vr), now);
	write_left(json, "announce", announce, now);
	write_left(json, "hold", vr_holds_until(vr), now);
	write_left(json, "hold_down", is_held_down(vr, now) ? vr->quiet_until : MONO_NEVER, now);
	json_out_end(json);
}

static void put_skew(struct text *text, const struct vr *vr)
{
	text_str(text, "(256-");
	text_u64(text, vr->priority);
	text_str(text, ")/256");
	if (vr->config->version != 2) {
		text_str(text, " * ");
		text_seconds(text, vr->active_adver_interval);
	}
	text_str(text, " s");
}

/* What a Backup waits for when nothing is heard from now on. */
static void write_formula(struct json_out *json, const struct vr *vr)
{
	const struct vr_config *config = vr->config;
	dur_t interval = config->version == 2 ? config->advert_interval : vr->active_adver_interval;
	char buffer[160];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	text_str(&text, "Master_Down_Interval ");
	text_seconds(
		&text, vr_down_interval(config->version, vr->priority, interval, config->down_timer_adverts));
	text_str(&text, " s = ");
	text_u64(&text, config->down_timer_adverts);
	text_str(&text, " * ");
	text_seconds(&text, interval);
	text_str(&text, " s + ");
	put_skew(&text, vr);
	json_out_string(json, "timer_formula", buffer);
}

static void write_peer(struct json_out *json, const struct vr_peer *peer)
{
	if (!ip_is_set(&peer->address)) {
		json_out_null(json, "peer");
		return;
	}
	json_out_object(json, "peer");
	json_out_ip(json, "address", &peer->address);
	json_out_u64(json, "priority", peer->priority);
	json_out_u64(json, "version", peer->version);
	json_out_seconds(json, "interval", peer->interval);
	json_out_mono(json, "heard", peer->heard);
	json_out_string(json, "checksum", vrrp_checksum_form_name(peer->checksum_form));
	json_out_end(json);
}

/* Of what is sent; null where there is no choice. */
static void write_checksum_form(struct json_out *json, const struct vr *vr)
{
	const bool has_choice = vr->config->family == IP_V4 && vr->config->version == 3;

	json_out_string(json, "checksum", has_choice ? vrrp_checksum_form_name(vr_checksum_form(vr)) : NULL);
}

static void write_claim(struct json_out *json, const struct claim *claim)
{
	json_out_bool(json, "held", claim->holding != NULL && !claim->holding->missing && !claim->assumed);
	json_out_string(json, "error", claim->error != 0 ? error_name(claim->error) : NULL);
}

static const char *address_device_name(const struct instance *instance, size_t index)
{
	const char *device = address_options(&instance->config->addresses[index])->device;

	if (instance->claims[index].device != NULL)
		return instance->claims[index].device->wanted.name;
	return device != NULL ? device : instance->config->interface;
}

static void write_rule(struct json_out *json, const struct virtual_rule *rule, const struct claim *claim)
{
	struct virtual_rule shown = *rule;
	char buffer[ITEM_TEXT_SIZE];
	struct text text;

	/* The one that it got is of interest, too. */
	shown.preference_set = true;
	text_init(&text, buffer, sizeof(buffer));
	conf_print_rule(&shown, &text);
	json_out_object(json, NULL);
	json_out_string(json, "rule", buffer + 1);
	write_claim(json, claim);
	json_out_end(json);
}

static void write_holdings(struct json_out *json, const struct instance *instance)
{
	const struct vr_config *config = instance->config;
	size_t i;

	json_out_string(json, "hold", hold_name(instance->vr.hold));
	json_out_array(json, "addresses");
	for (i = 0; i < config->address_count && has_room(json, TAIL_ROOM); i++) {
		const struct virtual_address *address = &config->addresses[i];

		json_out_object(json, NULL);
		json_out_ip_prefix(json, "address", &address->prefix);
		json_out_string(json, "device", address_device_name(instance, i));
		write_claim(json, &instance->claims[i]);
		json_out_end(json);
	}
	json_out_end(json);
	if (i < config->address_count)
		json_out_u64(json, "addresses_omitted", config->address_count - i);
	json_out_array(json, "routes");
	for (i = 0; i < config->extra->route_count && has_room(json, TAIL_ROOM); i++) {
		char buffer[ITEM_TEXT_SIZE];
		struct text text;

		text_init(&text, buffer, sizeof(buffer));
		conf_print_route(&config->extra->routes[i], &text);
		json_out_object(json, NULL);
		json_out_string(json, "route", buffer);
		write_claim(json, &instance->claims[config->address_count + i]);
		json_out_end(json);
	}
	json_out_end(json);
	if (i < config->extra->route_count)
		json_out_u64(json, "routes_omitted", config->extra->route_count - i);
	json_out_array(json, "rules");
	for (i = 0; i < config->extra->rule_count && has_room(json, TAIL_ROOM); i++)
		write_rule(json, &config->extra->rules[i], &instance->claims[config->address_count + config->extra->route_count + i]);
	json_out_end(json);
	if (i < config->extra->rule_count)
		json_out_u64(json, "rules_omitted", config->extra->rule_count - i);
}

static void write_firewall(struct json_out *json, const struct instance *instance)
{
	const struct instance_firewall *firewall = instance->rare->firewall;
	const int error =
		firewall != NULL && firewall->rules_error != 0 ? firewall->rules_error : firewall_error(instance);

	json_out_bool(
		json, "accept", instance->config->accept || instance->config->priority == VR_PRIORITY_OWNER);
	json_out_object(json, "firewall");
	json_out_bool(json, "refuses", firewall_is_in_force(instance, FIREWALL_REFUSE));
	json_out_bool(json, "mutes", firewall_is_in_force(instance, FIREWALL_MUTE));
	json_out_bool(json, "virtual_mac", firewall_is_in_force(instance, FIREWALL_VMAC));
	json_out_string(json, "error", error != 0 ? error_name(error) : NULL);
	json_out_end(json);
}

static void write_counters(struct json_out *json, const struct instance_counters *counters)
{
	json_out_object(json, "counters");
	json_out_u64(json, "adverts_sent", counters->adverts_sent);
	json_out_u64(json, "adverts_received", counters->adverts_received);
	json_out_u64(json, "priority_zero_sent", counters->priority_zero_sent);
	json_out_u64(json, "priority_zero_received", counters->priority_zero_received);
	json_out_u64(json, "became_master", counters->became_master);
	json_out_u64(json, "announcements_sent", counters->announcements_sent);
	json_out_u64(json, "send_errors", counters->send_errors);
	json_out_u64(json, "restored", counters->restored);
	json_out_u64(json, "transitions", counters->transitions);
	json_out_end(json);
}

static const uint64_t *drops_of(const struct instance *instance)
{
	static const uint64_t none[DROP_REASON_COUNT];

	return instance->rare->rejected != NULL ? instance->rare->rejected->drops : none;
}

static void write_drops(struct json_out *json, const uint64_t *drops, bool all)
{
	json_out_object(json, "drops");
	for (int reason = DROP_NONE + 1; reason < DROP_REASON_COUNT; reason++)
		if (all || drops[reason] > 0)
			json_out_u64(json, drop_reason_name((enum drop_reason)reason), drops[reason]);
	json_out_end(json);
}

static void write_history(struct json_out *json, const struct instance *instance)
{
	const struct history *history = &instance->history;

	json_out_array(json, "history");
	for (size_t i = 0; i < history->count && has_room(json, END_ROOM); i++) {
		const struct history_entry entry = history_at(history, i);

		json_out_object(json, NULL);
		history_write_json(json, &entry, instance->config);
		json_out_end(json);
	}
	json_out_end(json);
}

static void write_instance(
	struct json_out *json, const struct engine *engine, const struct instance *instance, mono_t now)
{
	const struct vr_config *config = instance->config;
	const struct vr *vr = &instance->vr;

	json_out_object(json, NULL);
	write_identity(json, config);
	write_state(json, engine, instance);
	write_priority(json, engine, instance);
	json_out_ip(json, "primary", &vr->primary);
	json_out_seconds(json, "advert_interval", config->advert_interval);
	json_out_seconds(json, "active_adver_interval", vr->active_adver_interval);
	json_out_bool(json, "preempt", config->preempt);
	write_timers(json, vr, now);
	write_formula(json, vr);
	status_write_authentication(json, config);
	write_checksum_form(json, vr);
	write_peer(json, &vr->peer);
	status_write_rejected(json, instance);
	status_write_devices(json, instance);
	write_holdings(json, instance);
	write_firewall(json, instance);
	write_counters(json, &instance->counters);
	write_drops(json, drops_of(instance), true);
	write_history(json, instance);
	json_out_end(json);
}

/* States and counters, for many virtual routers at once. */
static void write_brief(struct json_out *json, const struct instance *instance)
{
	const struct vr *vr = &instance->vr;

	json_out_object(json, NULL);
	write_identity(json, instance->config);
	json_out_string(json, "state", vr_state_name(vr->state, vr->blockers));
	json_out_mono(json, "since", vr->since);
	json_out_object(json, "priority");
	json_out_u64(json, "configured", instance->config->priority);
	json_out_u64(json, "effective", vr->priority);
	json_out_end(json);
	write_counters(json, &instance->counters);
	write_drops(json, drops_of(instance), false);
	json_out_end(json);
}

static const char *proof_state_name(enum link_proof_state state)
{
	switch (state) {
	case LINK_DOWN:
		return "down";
	case LINK_PROVING:
		return "proving";
	case LINK_GOOD:
		return "good";
	}
	return "down";
}

static const char *proof_reason_name(enum link_proof_reason reason)
{
	switch (reason) {
	case LINK_REASON_NO_CARRIER:
		return "no-carrier";
	case LINK_REASON_WAITING_NEXT_HOP:
		return "waiting-next-hop";
	case LINK_REASON_WAITING_HOLD_DOWN:
		return "waiting-hold-down";
	case LINK_REASON_ANSWERED:
		return "answered";
	case LINK_REASON_HELD_DOWN:
		return "held-down";
	case LINK_REASON_GAVE_UP:
		return "gave-up";
	}
	return "no-carrier";
}

static void write_proof(struct json_out *json, const struct interface *interface)
{
	if (!interface->proven) {
		json_out_null(json, "proof");
		return;
	}
	json_out_object(json, "proof");
	json_out_string(json, "state", proof_state_name(interface->proof.state));
	json_out_string(json, "reason", proof_reason_name(interface->proof.reason));
	json_out_ip(json, "next_hop", &interface->next_hop);
	json_out_end(json);
}

static void write_interface(
	struct json_out *json, const struct engine *engine, const struct interface *interface, mono_t now)
{
	const struct link *link = interface->link;
	bool polled;
	char buffer[MAC_ADDR_TEXT_SIZE];

	json_out_object(json, NULL);
	json_out_string(json, "name", interface->name);
	if (link != NULL)
		json_out_i64(json, "index", link->ifindex);
	else
		json_out_null(json, "index");
	json_out_bool(json, "up", link != NULL && link->up);
	json_out_bool(json, "carrier", link != NULL && link->carrier);
	if (interface_polled(engine, interface, &polled))
		json_out_bool(json, "polled", polled);
	else
		json_out_null(json, "polled");
	json_out_bool(json, "counts_as_up", interface->running);
	write_left(json, "changes_in", interface_believed_at(interface), now);
	json_out_ip(json, "primary", &interface->families[family_index(IP_V4)].now.primary);
	json_out_ip(json, "link_local", &interface->families[family_index(IP_V6)].now.primary);
	json_out_string(json, "mac", link != NULL ? mac_format(&link->mac, buffer) : NULL);
	write_proof(json, interface);
	json_out_end(json);
}

static void write_confinement(struct json_out *json, const struct engine_confinement *confinement)
{
	if (!confinement)
		return;
	json_out_object(json, "confinement");
	json_out_u64(json, "user", confinement->user);
	json_out_bool(json, "filtered", confinement->filtered);
	json_out_end(json);
}

static void write_engine(struct json_out *json, const struct engine *engine, mono_t now)
{
	size_t omitted = 0;

	json_out_object(json, NULL);
	write_confinement(json, engine->options.confinement);
	write_drops(json, engine->drops, true);
	sync_groups_write(json, engine);
	bfd_write(json, engine);
	lifetimes_write(json, engine);
	lateness_write(json, &engine->lateness);
	firewall_watch_write(json, &engine->firewall_watch);
	overruns_write(json, &engine->overruns);
	statics_write(json, engine);
	json_out_array(json, "interfaces");
	for (const struct interface *interface = engine->interfaces; interface; interface = interface->next)
		if (has_room(json, END_ROOM))
			write_interface(json, engine, interface, now);
		else
			omitted++;
	json_out_end(json);
	if (omitted > 0)
		json_out_u64(json, "interfaces_omitted", omitted);
	json_out_end(json);
}

static struct json_out begin_line(struct engine *engine, struct text *line)
{
	struct json_out json;

	text_init(line, engine->line, sizeof(engine->line));
	json_out_begin(&json, line);
	return json;
}

static bool tell_instance(struct engine *engine, const struct instance *instance, mono_t now)
{
	struct text line;
	struct json_out json = begin_line(engine, &line);

	if (engine->status.brief)
		write_brief(&json, instance);
	else
		write_instance(&json, engine, instance, now);
	/* Half an object would spoil the whole answer. */
	return line.overflow || tell_front(engine, ENGINE_TELL_STATUS, &line);
}

static bool tell_end(struct engine *engine, mono_t now)
{
	struct text line;
	struct json_out json = begin_line(engine, &line);

	overruns_look_at_all(&engine->overruns, engine->port, now);
	write_engine(&json, engine, now);
	return tell_front(engine, ENGINE_TELL_STATUS_END, &line);
}

static void begin(struct engine *engine, bool brief, mono_t now)
{
	engine->status.running = true;
	engine->status.brief = brief;
	engine->status.again = false;
	engine->status.next = 0;
	/* What is on its way into the kernel is not shown as if it stood. */
	engine->status.at = engine->in_flight.count > 0 ? mono_add(now, KERNEL_PATIENCE) : (mono_t){0};
	engine->status.taken = now;
}

/* The front is slow, or stands still: then its answer comes later, or is given up. */
static void no_room(struct engine *engine, mono_t now)
{
	engine->status.at = mono_add(now, NO_ROOM_PAUSE);
	if (mono_due(mono_add(engine->status.taken, NO_ROOM_MAX), now))
		engine->status.running = false;
}

void status_step(struct engine *engine, mono_t now)
{
	const size_t most = engine->status.brief ? BRIEF_PER_TURN : STATUS_PER_TURN;

	if (!engine->status.running || !mono_due(engine->status.at, now))
		return;
	engine->status.at = (mono_t){0};
	for (size_t i = 0; i < most && engine->status.next < engine->instance_count; i++) {
		const struct instance *instance = engine->instances[engine->status.next];

		if (!instance->leaving && !tell_instance(engine, instance, now)) {
			no_room(engine, now);
			return;
		}
		engine->status.taken = now;
		engine->status.next++;
	}
	if (engine->status.next < engine->instance_count)
		return;
	if (!tell_end(engine, now)) {
		no_room(engine, now);
		return;
	}
	engine->status.running = false;
	if (engine->status.again)
		begin(engine, engine->status.again_brief, now);
}

/* What was told is about instances that may be others now. */
void status_abandon(struct engine *engine)
{
	struct text line;

	if (!engine->status.running)
		return;
	engine->status.running = false;
	text_init(&line, engine->line, sizeof(engine->line));
	text_str(&line, "null");
	tell_front(engine, ENGINE_TELL_STATUS_END, &line);
}

mono_t status_deadline(const struct engine *engine)
{
	return engine->status.running ? engine->status.at : MONO_NEVER;
}

void engine_status(struct engine *engine, bool brief, mono_t now)
{
	/* A question that comes during an answer gets an answer of its own. */
	if (engine->status.running) {
		engine->status.again = true;
		engine->status.again_brief = brief;
		return;
	}
	begin(engine, brief, now);
}

void engine_clear_counters(struct engine *engine)
{
	for (size_t i = 0; i < engine->instance_count; i++) {
		engine->instances[i]->counters = (struct instance_counters){0};
		if (engine->instances[i]->rare->rejected != NULL)
			memset(engine->instances[i]->rare->rejected->drops, 0, sizeof(engine->instances[i]->rare->rejected->drops));
	}
	for (size_t i = 0; i < engine->statics.count; i++)
		engine->statics.items[i].restored = 0;
	engine->firewall_watch.restored = 0;
	memset(engine->drops, 0, sizeof(engine->drops));
	lateness_clear(&engine->lateness);
	overruns_clear(&engine->overruns);
}
