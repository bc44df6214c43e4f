/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual routers: made, found, fed with events, freed. */
#include <stdlib.h>
#include <string.h>

#include "core/accept.h"
#include "engine/bfd.h"
#include "engine/orders.h"
#include "engine/readiness.h"
#include "engine/state.h"
#include "engine/trace.h"

#define BUCKETS_MAX 512 /* VRIDs of both families */

/* Instances stand with their interface, in as many buckets as there are instances, or nearly. */
static size_t bucket_of(const struct interface *interface, uint8_t family, uint8_t vrid)
{
	return ((size_t)(family == IP_V6) << 8 | vrid) & (interface->bucket_count - 1);
}

struct instance **instance_bucket(const struct interface *interface, uint8_t family, uint8_t vrid)
{
	return &interface->buckets[bucket_of(interface, family, vrid)];
}

static struct instance **own_bucket(const struct interface *interface, const struct instance *instance)
{
	return instance_bucket(interface, instance->family, instance->vrid);
}

static struct instance *first_from(const struct interface *interface, size_t bucket)
{
	for (; bucket < interface->bucket_count; bucket++)
		if (interface->buckets[bucket] != NULL)
			return interface->buckets[bucket];
	return NULL;
}

struct instance *interface_first(const struct interface *interface)
{
	return first_from(interface, 0);
}

struct instance *interface_next(const struct instance *instance)
{
	const struct interface *interface = instance->interface;

	if (instance->next_on_interface != NULL)
		return instance->next_on_interface;
	return first_from(interface, bucket_of(interface, instance->family, instance->vrid) + 1);
}

/* Without memory there are as many buckets as before. */
static void grow(struct interface *interface)
{
	struct interface larger = {.bucket_count = 2 * interface->bucket_count};
	struct instance *next;

	larger.buckets = calloc(larger.bucket_count, sizeof(*larger.buckets));
	if (larger.buckets == NULL)
		return;
	for (size_t i = 0; i < interface->bucket_count; i++)
		for (struct instance *instance = interface->buckets[i]; instance != NULL; instance = next) {
			struct instance **at = own_bucket(&larger, instance);

			next = instance->next_on_interface;
			instance->next_on_interface = *at;
			*at = instance;
		}
	if (interface->buckets != &interface->only_bucket)
		free(interface->buckets);
	interface->buckets = larger.buckets;
	interface->bucket_count = larger.bucket_count;
}

static void enter(struct interface *interface, struct instance *instance)
{
	struct instance **at;

	if (interface->instance_count >= interface->bucket_count && interface->bucket_count < BUCKETS_MAX)
		grow(interface);
	at = own_bucket(interface, instance);
	instance->next_on_interface = *at;
	*at = instance;
	interface->instance_count++;
}

static void leave(struct interface *interface, struct instance *instance)
{
	struct instance **at = own_bucket(interface, instance);

	while (*at != instance)
		at = &(*at)->next_on_interface;
	*at = instance->next_on_interface;
	interface->instance_count--;
}

/* Nothing else is touched of it. */
static struct instance *first_match(struct instance *instance, uint8_t family, uint8_t vrid)
{
	while (instance != NULL && (instance->family != family || instance->vrid != vrid))
		instance = instance->next_on_interface;
	return instance;
}

struct instance *instance_find(const struct interface *interface, uint8_t family, uint8_t vrid)
{
	return first_match(*instance_bucket(interface, family, vrid), family, vrid);
}

struct instance *instance_next(const struct instance *instance)
{
	return first_match(instance->next_on_interface, instance->family, instance->vrid);
}

struct instance *instance_of_config(const struct engine *engine, const struct vr_config *config)
{
	const struct interface *interface = interface_of(engine, config);
	struct instance *instance =
		interface != NULL ? instance_find(interface, config->family, config->vrid) : NULL;

	while (instance != NULL && !vr_config_same_router(instance->config, config))
		instance = instance_next(instance);
	return instance;
}

/* Room for one more instance in everything that must not fail later. */
static bool reserve(struct engine *engine)
{
	size_t capacity = engine->instance_capacity > 0 ? 2 * engine->instance_capacity : 16;
	struct instance **instances;

	if (engine->instance_count < engine->instance_capacity)
		return true;
	instances = realloc(engine->instances, capacity * sizeof(*instances));
	if (instances == NULL)
		return false;
	engine->instances = instances;
	engine->instance_capacity = capacity;
	return true;
}

bool slot_take(struct engine *engine, uint32_t *slot)
{
	size_t free_one = engine->slots_taken;
	bool *slots;

	while (free_one < engine->slot_count && engine->slots[free_one])
		free_one++;
	if (free_one == engine->slot_count) {
		slots = realloc(engine->slots, (2 * free_one + 16) * sizeof(*slots));
		if (slots == NULL)
			return false;
		memset(slots + free_one, 0, (free_one + 16) * sizeof(*slots));
		engine->slots = slots;
		engine->slot_count = 2 * free_one + 16;
	}
	engine->slots[free_one] = true;
	engine->slots_taken = free_one + 1;
	*slot = (uint32_t)free_one;
	return true;
}

/* One place for each instance, each BFD session and each interface. */
bool waiters_reserve(struct engine *engine)
{
	size_t wanted = engine->instance_count + engine->bfd->count;
	struct heap_entry *entries;

	for (const struct interface *interface = engine->interfaces; interface; interface = interface->next)
		wanted++;
	if (wanted <= engine->heap.capacity)
		return true;
	wanted += wanted / 8 + 8;
	entries = realloc(engine->heap.entries, wanted * sizeof(*entries));
	if (entries == NULL)
		return false;
	engine->heap.entries = entries;
	engine->heap.capacity = wanted;
	return true;
}

/* NULL: none. false: no memory. */
static bool know_device(struct engine *engine, const char *device)
{
	return device == NULL || interface_get(engine, device) != NULL;
}

bool route_devices_known(struct engine *engine, const struct virtual_route *route)
{
	bool known = true;

	known = know_device(engine, route->device) && known;
	known = know_device(engine, route->vrf) && known;
	for (size_t k = 0; k < route->hop_count; k++)
		known = know_device(engine, route->hops[k].device) && known;
	return known;
}

bool devices_known(struct engine *engine, const struct vr_config *config)
{
	bool known = true;

	for (size_t i = 0; i < config->address_count; i++)
		known = know_device(engine, address_options(&config->addresses[i])->device) && known;
	for (size_t i = 0; i < config->extra->route_count; i++)
		known = route_devices_known(engine, &config->extra->routes[i]) && known;
	for (size_t i = 0; i < config->extra->tracked_count; i++)
		if (config->extra->tracked[i].kind == TRACK_INTERFACE)
			known = interface_get(engine, config->extra->tracked[i].name) != NULL && known;
	return known;
}

static bool attach_devices(struct engine *engine, struct instance *instance)
{
	struct device *device;

	if (!devices_attach(engine, instance->config, &device, instance->claims))
		return false;
	if (device == NULL)
		return true;
	if (instance_rare(instance) == NULL) {
		devices_detach(engine, &device, instance->claims, instance->config->address_count);
		return false;
	}
	instance_rare(instance)->device = device;
	return true;
}

static void detach_devices(struct engine *engine, struct instance *instance)
{
	struct device *device = instance->rare->device;

	if (device != NULL)
		instance_rare(instance)->device = NULL;
	devices_detach(engine, &device, instance->claims, instance->config->address_count);
}

static bool allocate_parts(struct engine *engine, struct instance *instance, const struct vr_config *config)
{
	instance->config = config;
	instance->interface = interface_get_of(engine, config);
	return instance_make_lists(config, &instance->claims, &instance->vr.track_values) && instance_lend(instance, config) &&
	       instance->interface != NULL &&
	       devices_known(engine, config) && advert_prepare(instance, config) && firewall_prepare(instance, config) &&
	       attach_devices(engine, instance);
}

static void free_parts(struct instance *instance)
{
	free(instance->rare->own_config);
	free(instance->vr.rare);
	free(instance->claims);
	advert_free(instance);
	free(instance->rare->replay);
	free(instance->rare->rejected);
	history_free(&instance->history);
	firewall_free(instance);
	instance_rare_free(instance);
	free(instance);
}

struct instance *instance_new(struct engine *engine, const struct vr_config *config, mono_t now)
{
	const size_t room = advert_room(config);
	struct instance *instance = reserve(engine) ? calloc(1, sizeof(*instance) + room) : NULL;

	if (instance == NULL)
		return NULL;
	instance->advert.own_size = (uint16_t)room;
	instance_rare_init(instance);
	if (!allocate_parts(engine, instance, config) || !slot_take(engine, &instance->slot)) {
		free_parts(instance);
		return NULL;
	}
	instance->family = config->family;
	instance->vrid = config->vrid;
	instance->waiter = (struct waiter){.owner = WAITER_INSTANCE};
	instance->retry_at = MONO_NEVER;
	instance->last_input = now;
	enter(instance->interface, instance);
	engine->instances[engine->instance_count++] = instance;
	for (size_t i = 0; i < config->extra->tracked_count; i++)
		instance->vr.track_values[i] = track_begin(config->extra->tracked[i].kind);
	instance_init_machine(instance, config, now);
	return instance;
}

void instance_free(struct engine *engine, struct instance *instance)
{
	if (instance->interface->link != NULL)
		interface_leave_group(engine, instance);
	leave(instance->interface, instance);
	detach_devices(engine, instance);
	heap_remove(&engine->heap, &instance->waiter.item);
	pace_forget(engine, instance);
	orders_forget(engine, instance);
	backlog_forget(engine, instance);
	batch_withdraw(engine, instance);
	readiness_forget(engine, instance);
	engine->slots[instance->slot] = false;
	if (instance->slot < engine->slots_taken)
		engine->slots_taken = instance->slot;
	free_parts(instance);
}

bool instance_make_lists(const struct vr_config *config, struct claim **claims, struct track_value **values)
{
	const size_t count = claim_count(config), tracked = config->extra->tracked_count;

	*claims = NULL;
	*values = NULL;
	if (count + tracked == 0)
		return true;
	*claims = calloc(1, count * sizeof(**claims) + tracked * sizeof(**values));
	if (*claims != NULL && tracked > 0)
		*values = (struct track_value *)(void *)(*claims + count);
	return *claims != NULL;
}

bool instance_lend(struct instance *instance, const struct vr_config *config)
{
	if (instance->vr.rare == NULL && vr_needs_rare(config))
		vr_lend(&instance->vr, calloc(1, sizeof(struct vr_rare)));
	return instance->vr.rare != NULL || !vr_needs_rare(config);
}

void instance_init_machine(struct instance *instance, const struct vr_config *config, mono_t now)
{
	struct vr_rare *rare = instance->vr.rare;

	vr_init(&instance->vr, config, instance->vr.track_values, now);
	if (rare != NULL)
		*rare = (struct vr_rare){0};
	vr_lend(&instance->vr, rare);
}

bool instance_keep_config(struct instance *instance)
{
	struct instance_rare *rare = instance_rare(instance);
	struct vr_config *copy = rare != NULL && rare->own_config == NULL ? vr_config_copy(instance->config) : NULL;

	if (copy == NULL)
		return instance->rare->own_config != NULL;
	rare->own_config = copy;
	vr_move_config(&instance->vr, copy);
	return true;
}

bool instance_is_master(const struct instance *instance)
{
	return instance->vr.state == VR_MASTER;
}

/* What the machine knows nothing of. */
static mono_t own_deadline(const struct instance *instance)
{
	const struct instance_rare *rare = instance->rare;

	return mono_min(mono_min(rare->extra_at, rare->ask_peers_at), mono_min(rare->refused_until, instance->retry_at));
}

void instance_wait(struct engine *engine, struct instance *instance)
{
	mono_t deadline = instance->started ? vr_deadline(&instance->vr) : MONO_NEVER;

	heap_set(&engine->heap, &instance->waiter.item, mono_min(deadline, own_deadline(instance)));
}

static void trace_event(
	struct engine *engine, const struct instance *instance, const struct vr_event *event, mono_t now)
{
	struct text line;

	text_init(&line, engine->line, sizeof(engine->line));
	trace_write_event(&line, &instance->vr, event, now);
	tell_front(engine, ENGINE_TELL_TRACE, &line);
}

static void trace_actions(
	struct engine *engine, const struct instance *instance, const struct actions *actions, mono_t now)
{
	struct text line;

	text_init(&line, engine->line, sizeof(engine->line));
	trace_write_actions(&line, &instance->vr, actions, now);
	tell_front(engine, ENGINE_TELL_TRACE, &line);
}

static void plan_extra(struct instance *instance, mono_t now)
{
	const dur_t period = instance->config->extra->announce.extra_period;
	const bool wanted = instance_is_master(instance) && period != 0;

	if (wanted != (instance->rare->extra_at.ns == MONO_NEVER.ns) || instance_rare(instance) == NULL)
		return;
	instance_rare(instance)->extra_at = wanted ? mono_add(now, period) : MONO_NEVER;
}

/* Something is to be tried again, or written down, whenever there is an occasion. With authentication the testament follows each
 * advert. */
static bool has_unfinished(const struct engine *engine, const struct instance *instance)
{
	return engine->devices != NULL || firewall_error(instance) != 0 ||
	       (instance->will_active && instance->will_is_old) ||
	       config_scheme(instance->config) != VRRP_SCHEME_NONE;
}

/* Nothing but, perhaps, the advert that it repeats: then the batch need not look at it. */
static bool is_routine(const struct instance *instance, const struct vr_event *event, enum vr_state state,
	enum vr_hold hold, const struct actions *actions)
{
	if ((event->type != VR_EVENT_TICK && event->type != VR_EVENT_ADVERT) || instance->vr.state != state ||
		instance->vr.hold != hold)
		return false;
	for (size_t i = 0; i < actions->count; i++)
		if (actions->list[i].type != VR_ACTION_SEND_ADVERT || actions->list[i].priority == VR_PRIORITY_STOP)
			return false;
	return true;
}

void instance_input(
	struct engine *engine, struct instance *instance, const struct vr_event *event, mono_t now)
{
	const enum vr_state state = instance->vr.state;
	const enum vr_hold hold = instance->vr.hold;
	bool record = engine->recording && !instance->leaving;
	struct actions actions;

	batch_make_room(engine, now);
	/* A packet's receive time may lie before the tick that was run since. */
	if (mono_before(now, instance->last_input))
		now = instance->last_input;
	instance->last_input = now;
	if (record)
		trace_event(engine, instance, event, now);
	vr_input(&instance->vr, event, now, &actions);
	if (record)
		trace_actions(engine, instance, &actions, now);
	if (has_unfinished(engine, instance) || !is_routine(instance, event, state, hold, &actions))
		batch_touch(engine, instance);
	batch_collect(engine, instance, &actions, now);
	if (instance->rare->sync_group != NULL)
		sync_group_touch(instance->rare->sync_group);
	plan_extra(instance, now);
	peer_questions_follow(engine, instance, state, now);
	readiness_follow(engine, instance, now);
	instance_wait(engine, instance);
}

/* What a dead engine held is no reason to hand over before the first report. */
static void start_tracks(struct engine *engine, struct instance *instance, bool adopt, mono_t now)
{
	struct vr_event event = {.type = VR_EVENT_TRACK};

	for (size_t i = 0; i < instance->config->extra->tracked_count; i++) {
		event.track_index = i;
		event.track_value = tracking_value(engine, instance, &instance->config->extra->tracked[i]);
		if (event.track_value.state == TRACK_UNKNOWN && adopt)
			event.track_value.state = TRACK_UP;
		if (!track_value_equal(instance->vr.track_values[i], event.track_value))
			instance_input(engine, instance, &event, now);
	}
}

void instance_start(struct engine *engine, struct instance *instance, bool adopt, mono_t now)
{
	struct vr_event event = {.type = VR_EVENT_INTERFACE};

	if (engine->recording)
		recording_begin(engine, instance, now);
	instance->started = true;
	event.interface = instance_interface(engine, instance);
	devices_see(instance, &event.interface);
	firewall_see(engine, instance, &event.interface, now);
	interface_note_told(instance, &event.interface);
	instance_input(engine, instance, &event, now);
	start_tracks(engine, instance, adopt, now);
	refused_look_at_statics(engine, instance, now);
	event = (struct vr_event){.type = VR_EVENT_DRAIN, .until = now};
	if (instance->drained_before)
		instance_input(engine, instance, &event, now);
	event = (struct vr_event){
		.type = VR_EVENT_STARTUP, .adopt = adopt, .quiet_until = engine->quiet_until};
	instance_input(engine, instance, &event, now);
}

/* A stall of this machine is the first thing to know when masters change for no other reason: TMR-10. */
static void watch_lateness(struct engine *engine, struct instance *instance, mono_t now)
{
	const dur_t late = mono_sub(now, instance->vr.timer);

	if (!instance_is_master(instance) || late < instance->config->advert_interval ||
		mono_before(now, mono_add(instance->rare->late_told, LATE_SPACING)) || instance_rare(instance) == NULL)
		return;
	instance_rare(instance)->late_told = now;
	history_remark(engine, instance, &(struct history_entry){.remark = REMARK_LATE, .record.duration = late}, now);
}

/* Silence may be our own deafness: a snooping switch sends the group to members alone. Looked at before it is believed. */
static void watch_silence(struct engine *engine, struct instance *instance, mono_t now)
{
	if (instance->vr.state != VR_BACKUP || !mono_due(vr_checks_at(&instance->vr), now) ||
		mono_before(now, engine->check_groups_at))
		return;
	engine->check_groups_at = mono_add(now, GROUP_CHECK_SPACING);
	interface_check_groups(engine, instance->interface, now);
}

void instance_tick(struct engine *engine, struct instance *instance, mono_t now)
{
	static const struct vr_event tick = {.type = VR_EVENT_TICK};
	/* Nothing but what the machine waits for. */
	const bool usual = !mono_due(own_deadline(instance), now);
	bool waits = false;

	watch_lateness(engine, instance, now);
	watch_silence(engine, instance, now);
	/* First, for it may end in FAULT, and then no advert is due any more. */
	if (mono_due(instance->retry_at, now))
		install_retry(engine, instance, now);
	if (mono_due(vr_deadline(&instance->vr), now)) {
		instance_input(engine, instance, &tick, now);
		waits = usual;
	}
	if (mono_due(instance->rare->extra_at, now)) {
		batch_announce_elsewhere(engine, instance);
		instance_rare(instance)->extra_at = mono_add(now, instance->config->extra->announce.extra_period);
	}
	if (mono_due(instance->rare->ask_peers_at, now))
		peer_questions_tick(engine, instance, now);
	if (mono_due(instance->rare->refused_until, now))
		refused_tick(engine, instance, now);
	if (!waits)
		instance_wait(engine, instance);
}

static enum standing standing_of(const struct engine *engine, const struct instance *instance, size_t index)
{
	struct kernel_op op = claim_op(engine, instance, index, false);
	const struct link *link = op.ifindex > 0 ? link_by_index(engine, op.ifindex) : NULL;

	return link != NULL ? link_standing(link, &op.address->prefix) : STANDING_NOT;
}

bool instance_has_leftover(const struct engine *engine, const struct instance *instance, size_t index)
{
	enum standing standing = standing_of(engine, instance, index);

	/* Kernels before 5.18 keep no mark; but we know that a predecessor died. */
	return standing == STANDING_OURS || (standing == STANDING_UNMARKED && engine->options.adopt &&
						    instance->config->priority != VR_PRIORITY_OWNER);
}

/* A backup that has a virtual address answers for it, too: AMB-12. */
static void warn_of_standing(struct engine *engine, struct instance *instance, size_t index, mono_t now)
{
	struct history_entry entry = {
		.remark = REMARK_STANDS_ALREADY, .prefix = instance->config->addresses[index].prefix};

	if (instance->config->priority != VR_PRIORITY_OWNER &&
		standing_of(engine, instance, index) != STANDING_NOT)
		history_remark(engine, instance, &entry, now);
}

/* Routes are not told to us; deleting one that is not there, or not marked as ours, does nothing. */
void instance_clean_up(struct engine *engine, struct instance *instance, mono_t now)
{
	size_t addresses = instance->config->address_count;

	for (size_t i = 0; i < claim_count(instance->config); i++)
		if (i >= addresses || instance_has_leftover(engine, instance, i)) {
			claim_adopt(engine, instance, i);
			claim_release(engine, instance, i, now);
		} else {
			warn_of_standing(engine, instance, i, now);
		}
}

static bool has_let_go(const struct instance *instance)
{
	return (!instance->started || instance->gone) && instance->ops_in_flight == 0;
}

/* Forgets the freed ones wherever they were listed. */
static void rebuild(struct engine *engine, mono_t now)
{
	virtual_addresses_rebuild(engine);
	tracking_rebuild(engine, now);
	interfaces_drop_unused(engine);
	batch_run(engine, now);
}

static void tell_stopped(struct engine *engine)
{
	struct text line;

	engine->stopped_told = true;
	backlog_run_tellings(engine, SIZE_MAX);
	lifetimes_end(engine);
	text_init(&line, engine->line, sizeof(engine->line));
	text_str(&line, "{}");
	tell_front(engine, ENGINE_TELL_STOPPED, &line);
}

/* Only now that nothing of it stands there, and a while after its successor was heard: doc/linux.md section 1. */
static void release_devices(struct engine *engine, struct instance *instance, mono_t now)
{
	detach_devices(engine, instance);
	interface_promote(engine, instance->interface);
	will_write(engine, instance, false, now);
}

void instances_reap(struct engine *engine, mono_t now)
{
	size_t kept = 0, count = engine->instance_count;
	bool all_gone = true;

	if (!engine->someone_gone)
		return;
	engine->someone_gone = false;
	for (size_t i = 0; i < count; i++) {
		struct instance *instance = engine->instances[i];

		if ((instance->leaving || engine->stopping) && has_let_go(instance))
			release_devices(engine, instance, now);
		if (instance->leaving && has_let_go(instance)) {
			backlog_run_tellings(engine, SIZE_MAX);
			instance_free(engine, instance);
			continue;
		}
		all_gone = all_gone && has_let_go(instance);
		engine->instances[kept++] = instance;
	}
	engine->instance_count = kept;
	if (kept < count)
		readiness_end_all(engine, now);
	if (kept < count)
		rebuild(engine, now);
	if (engine->stopping && all_gone && !engine->stopped_told) {
		statics_remove(engine, now);
		tell_stopped(engine);
	}
}
