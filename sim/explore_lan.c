/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One small LAN of the core's machines: steps, and the rules that hold after each of them. Rules:
 *
 *	timers		Backup and Master wait for something, Initialize has no timer of the state machine (TMR-15); a tick
 *			leaves nothing that is due
 *	possession	what stands in the kernel is what the machine says it holds, and a Master holds everything
 *	speech		Backups are silent; priority 0 is said on leaving Master only (TX-06, V3-CFG-08), one more advert on
 *			yielding (doc/conformance.md, FSM-A12)
 *	coverage	as long as everything that happened was planned, the addresses are never without a router once one had
 *			them and another can serve
 *	rest		from every state, if nothing more goes wrong (explore_settle.c): two Masters have met within an interval,
 *			somebody serves within the longest wait there is, and in the end exactly one is Master and has the
 *			addresses, and no router in service that may preempt it is better
 */
#include "sim/explore_lan.h"

#include <string.h>

#define LATE_AT_MOST(setting) (2 * (setting)->interval)

void explore_case_prepare(struct explore_case *setting)
{
	struct ip_addr address = ip_v4(192, 168, 1, 200);

	setting->address = (struct virtual_address){.prefix = {address, 32}};
	setting->tracked = (struct tracked_object){.name = "uplink", .weight = -70};
	memcpy(setting->address_bytes, address.bytes, sizeof(setting->address_bytes));
	setting->extra = (struct vr_extra){
		.announce = {.repeat = setting->announcing ? 1 : 0}, .tracked = &setting->tracked, .tracked_count = 1};
	for (unsigned i = 0; i < setting->routers; i++)
		setting->configs[i] = (struct vr_config){
			.extra = &setting->extra,
			.name = "VI_1",
			.interface = "eth0",
			.version = setting->version,
			.family = IP_V4,
			.vrid = 51,
			.priority = setting->priorities[i],
			.preempt = setting->preempt[i],
			.accept = true,
			.down_timer_adverts = 3,
			.advert_interval = setting->interval,
			.addresses = &setting->address,
			.address_count = 1,
			.advertised_count = 1,
		};
}

static struct ip_addr router_address(unsigned index)
{
	return ip_v4(192, 168, 1, (uint8_t)(index + 1));
}

static void log_start(const struct explore_lan *lan, struct text *log, unsigned router)
{
	if (log == NULL)
		return;
	text_str(log, "    ");
	text_seconds(log, lan->now.ns);
	text_str(log, " s  router ");
	text_u64(log, router + 1);
	text_str(log, "  ");
}

static void log_word(const struct explore_lan *lan, struct text *log, unsigned router, const char *what)
{
	if (log == NULL)
		return;
	log_start(lan, log, router);
	text_str(log, what);
	text_char(log, '\n');
}

static void log_record(
	const struct explore_lan *lan, struct text *log, unsigned router, const struct vr_record *record)
{
	if (log == NULL)
		return;
	log_start(lan, log, router);
	if (record->from != record->to) {
		text_str(log, vr_state_name(record->from, 0));
		text_str(log, " -> ");
		text_str(log, vr_state_name(record->to, record->blockers));
		text_str(log, ": ");
	}
	vr_record_text(log, record, &lan->setting->configs[router]);
	text_char(log, '\n');
}

static bool on_lan(const struct explore_lan *lan, unsigned router)
{
	return lan->routers[router].running && lan->routers[router].link_up;
}

/* To every router that is there to hear it. */
static const char *send_advert(struct explore_lan *lan, unsigned from, uint8_t priority)
{
	if (!lan->routers[from].link_up)
		return NULL;
	for (unsigned to = 0; to < lan->setting->routers; to++) {
		if (to == from || !on_lan(lan, to))
			continue;
		if (lan->flying_count == EXPLORE_FLYING_MAX)
			return "speech: a storm of adverts";
		lan->flying[lan->flying_count++] = (struct explore_flying){.from = (uint8_t)from,
			.to = (uint8_t)to,
			.priority = priority,
			.expires = MONO_NEVER};
	}
	return NULL;
}

static void log_advert(const struct explore_lan *lan, struct text *log, unsigned from, uint8_t priority)
{
	if (log == NULL)
		return;
	log_start(lan, log, from);
	text_str(log, "sends an advert, priority ");
	text_u64(log, priority);
	text_char(log, '\n');
}

/* before: the state before the input. */
static const char *judge_speech(const struct explore_router *router, enum vr_state before, uint8_t priority)
{
	bool was_master = before == VR_MASTER;

	if (priority == VR_PRIORITY_STOP)
		return router->vr.state == VR_INITIALIZE ? NULL : "speech: priority 0 without leaving";
	return router->vr.state == VR_MASTER || was_master ? NULL : "speech: an advert, and no Master";
}

static const char *run_action(struct explore_lan *lan, unsigned index, enum vr_state before,
	const struct vr_action *action, struct text *log)
{
	struct explore_router *router = &lan->routers[index];
	const char *broken;

	switch (action->type) {
	case VR_ACTION_SEND_ADVERT:
		log_advert(lan, log, index, action->priority);
		broken = judge_speech(router, before, action->priority);
		return broken != NULL ? broken : send_advert(lan, index, action->priority);
	case VR_ACTION_INSTALL:
		router->addresses = true;
		break;
	case VR_ACTION_REMOVE_ADDRESSES:
		router->addresses = false;
		break;
	case VR_ACTION_REMOVE_ROUTES:
	case VR_ACTION_ANNOUNCE:
		break;
	case VR_ACTION_RECORD:
		log_record(lan, log, index, &action->record);
		break;
	}
	return NULL;
}

static const char *judge_router(const struct explore_lan *lan, unsigned index, bool ticked)
{
	const struct explore_router *router = &lan->routers[index];
	const struct vr *vr = &router->vr;
	bool holds = vr->hold == VR_HOLD_ALL || vr->hold == VR_HOLD_UNTIL_SUCCESSOR;

	if ((vr->state == VR_INITIALIZE) != (vr->timer.ns == MONO_NEVER.ns))
		return "timers: a state without its timer, or Initialize with one";
	if (mono_before(vr_deadline(vr), lan->now) || (ticked && mono_due(vr_deadline(vr), lan->now)))
		return "timers: something due was forgotten";
	if (holds != router->addresses)
		return "possession: the kernel has not what the machine says";
	if (vr->state == VR_MASTER && vr->hold != VR_HOLD_ALL)
		return "possession: a Master without its addresses";
	return NULL;
}

static bool is_covered(const struct explore_lan *lan)
{
	for (unsigned i = 0; i < lan->setting->routers; i++)
		if (lan->routers[i].addresses)
			return true;
	return false;
}

/* A router that ends as the only one leaves nobody behind. */
static bool someone_serves(const struct explore_lan *lan)
{
	for (unsigned i = 0; i < lan->setting->routers; i++)
		if (lan->routers[i].vr.state != VR_INITIALIZE)
			return true;
	return false;
}

static const char *judge_coverage(struct explore_lan *lan)
{
	bool was_covered = lan->covered;

	lan->covered = is_covered(lan);
	if (was_covered && !lan->covered && !lan->unplanned && someone_serves(lan))
		return "coverage: nobody has the addresses, and nothing unplanned has happened";
	return NULL;
}

static const char *input(
	struct explore_lan *lan, unsigned index, const struct vr_event *event, struct text *log)
{
	struct explore_router *router = &lan->routers[index];
	enum vr_state before = router->vr.state;
	struct actions actions;
	const char *broken = NULL;

	vr_input(&router->vr, event, lan->now, &actions);
	for (size_t i = 0; i < actions.count && broken == NULL; i++)
		broken = run_action(lan, index, before, &actions.list[i], log);
	if (broken == NULL)
		broken = judge_router(lan, index, event->type == VR_EVENT_TICK);
	return broken != NULL ? broken : judge_coverage(lan);
}

static const char *tell_link(struct explore_lan *lan, unsigned index, struct text *log)
{
	struct vr_event event = {.type = VR_EVENT_INTERFACE,
		.interface = {
			.exists = true, .up = lan->routers[index].link_up, .primary = router_address(index)}};

	return input(lan, index, &event, log);
}

static const char *start_router(struct explore_lan *lan, unsigned index, struct text *log)
{
	struct explore_router *router = &lan->routers[index];
	struct vr_event event = {.type = VR_EVENT_STARTUP, .adopt = router->addresses};
	const char *broken;

	if (!router->running) {
		struct track_value tracked = router->track_values[0];

		vr_init(&router->vr, &lan->setting->configs[index], router->track_values, lan->now);
		router->track_values[0] = tracked;
		router->running = true;
		/* What it will adopt stands there already, and the machine learns of it with Startup. */
		bool stands = router->addresses;

		router->addresses = false;
		broken = tell_link(lan, index, log);
		router->addresses = stands;
		if (broken != NULL)
			return broken;
	}
	return input(lan, index, &event, log);
}

void explore_lan_init(struct explore_lan *lan, const struct explore_case *setting)
{
	memset(lan, 0, sizeof(*lan));
	lan->setting = setting;
	lan->left = setting->budget;
	for (unsigned i = 0; i < setting->routers; i++) {
		lan->routers[i].link_up = true;
		lan->routers[i].track_values[0].state = TRACK_UP;
		start_router(lan, i, NULL);
	}
}

void explore_lan_copy(struct explore_lan *to, const struct explore_lan *from)
{
	*to = *from;
	for (unsigned i = 0; i < from->setting->routers; i++)
		to->routers[i].vr.track_values = to->routers[i].track_values;
}

static mono_t next_deadline(const struct explore_lan *lan)
{
	mono_t next = MONO_NEVER;

	for (unsigned i = 0; i < lan->setting->routers; i++)
		if (lan->routers[i].running)
			next = mono_min(next, vr_deadline(&lan->routers[i].vr));
	for (unsigned i = 0; i < lan->flying_count; i++)
		next = mono_min(next, lan->flying[i].expires);
	return next;
}

static void add(struct explore_step *steps, size_t *count, enum explore_step_type type, unsigned index)
{
	steps[(*count)++] = (struct explore_step){(uint8_t)type, (uint8_t)index};
}

/* A LAN keeps the order between two of its stations, but for what is late. */
static bool is_next(const struct explore_lan *lan, unsigned index)
{
	const struct explore_flying *flying = &lan->flying[index];

	for (unsigned i = 0; i < index; i++)
		if (lan->flying[i].from == flying->from && lan->flying[i].to == flying->to &&
			!lan->flying[i].late && !flying->late)
			return false;
	return true;
}

static bool waits_for_arrival(const struct explore_lan *lan)
{
	for (unsigned i = 0; i < lan->flying_count; i++)
		if (!lan->flying[i].late || mono_due(lan->flying[i].expires, lan->now))
			return true;
	return false;
}

static void flying_steps(const struct explore_lan *lan, struct explore_step *steps, size_t *count)
{
	for (unsigned i = 0; i < lan->flying_count; i++) {
		if (!is_next(lan, i))
			continue;
		add(steps, count, EXPLORE_DELIVER, i);
		if (lan->left.losses > 0)
			add(steps, count, EXPLORE_LOSE, i);
		if (lan->left.delays > 0 && !lan->flying[i].late)
			add(steps, count, EXPLORE_DELAY, i);
	}
}

static void time_steps(const struct explore_lan *lan, struct explore_step *steps, size_t *count)
{
	mono_t next = next_deadline(lan);

	if (next.ns == MONO_NEVER.ns || waits_for_arrival(lan))
		return;
	for (unsigned i = 0; i < lan->setting->routers; i++)
		if (lan->routers[i].running && vr_deadline(&lan->routers[i].vr).ns == next.ns)
			add(steps, count, EXPLORE_TICK, i);
	for (unsigned i = 0; i < lan->flying_count; i++)
		if (lan->flying[i].expires.ns == next.ns)
			add(steps, count, EXPLORE_ARRIVE, i);
	if (lan->left.waits > 0 && mono_before(lan->now, next))
		add(steps, count, EXPLORE_WAIT, 0);
}

static void router_steps(
	const struct explore_lan *lan, unsigned index, struct explore_step *steps, size_t *count)
{
	const struct explore_router *router = &lan->routers[index];
	bool stopped = !router->running || (router->vr.blockers & VR_BLOCKER_NOT_STARTED) != 0;

	if (!router->link_up)
		add(steps, count, EXPLORE_LINK_UP, index);
	else if (lan->left.flaps > 0)
		add(steps, count, EXPLORE_LINK_DOWN, index);
	if (stopped)
		add(steps, count, EXPLORE_START, index);
	else if (lan->left.stops > 0)
		add(steps, count, EXPLORE_STOP, index);
	if (router->running && lan->left.crashes > 0)
		add(steps, count, EXPLORE_CRASH, index);
	if (router->track_values[0].state != TRACK_UP && router->running)
		add(steps, count, EXPLORE_STRENGTHEN, index);
	else if (lan->left.weakenings > 0 && router->running)
		add(steps, count, EXPLORE_WEAKEN, index);
}

size_t explore_steps(const struct explore_lan *lan, struct explore_step steps[EXPLORE_STEPS_MAX])
{
	size_t count = 0;

	flying_steps(lan, steps, &count);
	time_steps(lan, steps, &count);
	for (unsigned i = 0; i < lan->setting->routers; i++)
		router_steps(lan, i, steps, &count);
	return count;
}

static void take_out(struct explore_lan *lan, unsigned index)
{
	lan->flying_count--;
	memmove(&lan->flying[index], &lan->flying[index + 1],
		(lan->flying_count - index) * sizeof(lan->flying[0]));
	memset(&lan->flying[lan->flying_count], 0, sizeof(lan->flying[0]));
}

static const char *deliver(struct explore_lan *lan, unsigned index, struct text *log)
{
	struct explore_flying flying = lan->flying[index];
	const struct vr_config *config = &lan->setting->configs[flying.from];
	struct vrrp_advert advert = {.source = router_address(flying.from),
		.destination = vrrp_group(IP_V4),
		.ttl = VRRP_TTL,
		.version = config->version,
		.type = 1,
		.vrid = config->vrid,
		.priority = flying.priority,
		.address_count = 1,
		.checksum_form = config->version == 3 ? VRRP_CHECKSUM_PSEUDO_HEADER : VRRP_CHECKSUM_NONE,
		.interval = config->advert_interval,
		.addresses = lan->setting->address_bytes};
	struct vr_event event = {.type = VR_EVENT_ADVERT, .advert = &advert};

	take_out(lan, index);
	if (!on_lan(lan, flying.to))
		return NULL;
	if (log != NULL) {
		log_start(lan, log, flying.to);
		text_str(log, flying.late ? "hears, late, priority " : "hears priority ");
		text_u64(log, flying.priority);
		text_str(log, " of router ");
		text_u64(log, flying.from + 1u);
		text_char(log, '\n');
	}
	return input(lan, flying.to, &event, log);
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	uint64_t word;

	for (; size >= sizeof(word); at += sizeof(word), size -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	for (; size > 0; at++, size--)
		hash = (hash ^ *at) * UINT64_C(0x100000001b3);
	return hash;
}

uint64_t explore_hash(const struct explore_lan *lan)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	struct vr state;

	for (unsigned i = 0; i < lan->setting->routers; i++) {
		const struct explore_router *router = &lan->routers[i];
		uint8_t flags[4] = {router->track_values[0].state == TRACK_UP, router->link_up, router->running, router->addresses};

		hash = mix(hash, flags, sizeof(flags));
		if (!router->running)
			continue;
		vr_canonical(&state, &router->vr, lan->now);
		hash = mix(hash, &state, sizeof(state));
	}
	for (unsigned i = 0; i < lan->flying_count; i++) {
		const struct explore_flying *flying = &lan->flying[i];
		int64_t expires = flying->late ? mono_sub(flying->expires, lan->now) : 0;
		uint8_t bytes[4] = {flying->from, flying->to, flying->priority, flying->late};

		hash = mix(hash, bytes, sizeof(bytes));
		hash = mix(hash, &expires, sizeof(expires));
	}
	hash = mix(hash, &lan->left, sizeof(lan->left));
	hash = (hash ^ lan->unplanned ^ (uint64_t)lan->covered << 1) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

static const char *tick(struct explore_lan *lan, unsigned index, struct text *log)
{
	struct vr_event event = {.type = VR_EVENT_TICK};
	mono_t deadline = vr_deadline(&lan->routers[index].vr);

	if (mono_before(lan->now, deadline))
		lan->now = deadline;
	return input(lan, index, &event, log);
}

/* Its cable: adverts on their way to it are gone, too. */
static const char *move_link(struct explore_lan *lan, unsigned index, bool up, struct text *log)
{
	log_word(lan, log, index, up ? "its link returns" : "its link is cut");
	if (!up) {
		lan->left.flaps--;
		lan->unplanned = true;
	}
	lan->routers[index].link_up = up;
	return lan->routers[index].running ? tell_link(lan, index, log) : NULL;
}

static const char *stop(struct explore_lan *lan, unsigned index, struct text *log)
{
	struct vr_event event = {.type = VR_EVENT_SHUTDOWN};

	log_word(lan, log, index, "is stopped");
	lan->left.stops--;
	return input(lan, index, &event, log);
}

static void crash(struct explore_lan *lan, unsigned index, struct text *log)
{
	log_word(lan, log, index, "its process is killed");
	lan->left.crashes--;
	lan->unplanned = true;
	lan->routers[index].running = false;
	memset(&lan->routers[index].vr, 0, sizeof(lan->routers[index].vr));
}

static const char *move_weight(struct explore_lan *lan, unsigned index, bool up, struct text *log)
{
	struct vr_event event = {.type = VR_EVENT_TRACK, .track_index = 0, .track_value.state = up ? TRACK_UP : TRACK_DOWN};

	log_word(lan, log, index, up ? "what it tracks is well again" : "something that it tracks fails");
	if (!up)
		lan->left.weakenings--;
	return input(lan, index, &event, log);
}

static void lose(struct explore_lan *lan, unsigned index, struct text *log)
{
	log_word(lan, log, lan->flying[index].to, "an advert to it is lost");
	lan->left.losses--;
	lan->unplanned = true;
	take_out(lan, index);
}

static void delay(struct explore_lan *lan, unsigned index, struct text *log)
{
	log_word(lan, log, lan->flying[index].to, "an advert to it is late");
	lan->left.delays--;
	lan->unplanned = true;
	lan->flying[index].late = true;
	lan->flying[index].expires = mono_add(lan->now, LATE_AT_MOST(lan->setting));
}

static void wait(struct explore_lan *lan)
{
	lan->left.waits--;
	lan->now = mono_add(lan->now, mono_sub(next_deadline(lan), lan->now) / 2);
}

const char *explore_apply(struct explore_lan *lan, struct explore_step step, struct text *log)
{
	unsigned index = step.index;

	switch ((enum explore_step_type)step.type) {
	case EXPLORE_DELIVER:
		return deliver(lan, index, log);
	case EXPLORE_ARRIVE:
		lan->now = lan->flying[index].expires;
		return deliver(lan, index, log);
	case EXPLORE_LOSE:
		lose(lan, index, log);
		return NULL;
	case EXPLORE_DELAY:
		delay(lan, index, log);
		return NULL;
	case EXPLORE_TICK:
		return tick(lan, index, log);
	case EXPLORE_WAIT:
		wait(lan);
		return NULL;
	case EXPLORE_LINK_DOWN:
		return move_link(lan, index, false, log);
	case EXPLORE_LINK_UP:
		return move_link(lan, index, true, log);
	case EXPLORE_STOP:
		return stop(lan, index, log);
	case EXPLORE_CRASH:
		crash(lan, index, log);
		return NULL;
	case EXPLORE_START:
		log_word(lan, log, index, "is started");
		return start_router(lan, index, log);
	case EXPLORE_WEAKEN:
		return move_weight(lan, index, false, log);
	case EXPLORE_STRENGTHEN:
		return move_weight(lan, index, true, log);
	}
	return NULL;
}
