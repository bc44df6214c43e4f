/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "oracle.h"

#include <string.h>

#define SECOND INT64_C(1000000000)
#define MILLISECOND INT64_C(1000000)

static void begin(struct oracle *o)
{
	o->sent_count = 0;
	o->announced = 0;
	o->told = false;
}

static void send(struct oracle *o, int priority)
{
	if (o->sent_count < ORACLE_SENT_MAX)
		o->sent[o->sent_count] = priority;
	o->sent_count++;
	if (priority > 0)
		o->said = priority;
}

/* keepalived.conf(5), "Track files" and track_interface. */
static int64_t bonus(const struct tracked_object *t, struct track_value now)
{
	int64_t weight = t->reverse ? -(int64_t)t->weight : t->weight;

	if (now.state == TRACK_UNKNOWN)
		return 0;
	if (t->kind == TRACK_FILE)
		return now.state == TRACK_UP ? weight * now.value : 0;
	if (t->weight > 0)
		return now.state == TRACK_UP ? weight : 0;
	return now.state == TRACK_DOWN ? weight : 0;
}

/* Whether it lets the router serve. */
static bool allows(const struct tracked_object *t, struct track_value now)
{
	if (t->kind == TRACK_FILE && now.state != TRACK_UP)
		return false;
	if (t->kind == TRACK_FILE && t->weight != 0)
		return bonus(t, now) > -254;
	if (t->weight != 0)
		return true;
	if (now.state == TRACK_UNKNOWN)
		return false;
	if (t->kind == TRACK_FILE)
		return t->reverse ? now.value != 0 : now.value == 0;
	return t->reverse ? now.state == TRACK_DOWN : now.state == TRACK_UP;
}

int oracle_priority(const struct oracle *o)
{
	int64_t sum = o->config->priority;

	if (sum == 255)
		return 255;
	for (unsigned i = 0; i < o->config->extra->tracked_count; i++)
		sum += bonus(&o->config->extra->tracked[i], o->tracked[i]);
	return sum < 1 ? 1 : sum > 254 ? 254 : (int)sum;
}

/* In 256ths first, as the RFC writes it. */
static int64_t skew_of(const struct oracle *o, int priority, int64_t interval)
{
	int64_t unit = o->config->version == 3 ? interval : SECOND;

	return unit / 256 * (256 - priority) + unit % 256 * (256 - priority) / 256;
}

static int64_t skew(const struct oracle *o)
{
	return skew_of(o, oracle_priority(o), o->master_interval);
}

static int64_t master_down_interval(const struct oracle *o)
{
	int64_t interval = o->config->version == 3 ? o->master_interval : o->config->advert_interval;

	return o->config->down_timer_adverts * interval + skew(o);
}

static bool interface_usable(const struct oracle *o)
{
	return o->exists && o->up && o->address != 0;
}

static bool should_run(const struct oracle *o)
{
	for (unsigned i = 0; i < o->config->extra->tracked_count; i++)
		if (!allows(&o->config->extra->tracked[i], o->tracked[i]))
			return false;
	return o->started && !o->lacks_route && interface_usable(o);
}

static void no_longer_master(struct oracle *o)
{
	o->rival_silence = INT64_MIN;
	o->rival_gone = NEVER;
	o->rival_reminder = NEVER;
}

static int64_t others_interval(const struct oracle *o)
{
	return o->config->version == 3 ? o->master_interval : o->config->advert_interval;
}

/* The wait for silence; it is to be checked on whenever an advert and a quarter are missing. */
static void wait_for_silence(struct oracle *o, int64_t from, int64_t length, int64_t now)
{
	o->timer = from + length;
	if (oracle_priority(o) != 255 && o->timer < o->closed_until)
		o->timer = o->closed_until;
	o->awake_at = now + others_interval(o) * 5 / 4;
	if (o->awake_at >= o->timer)
		o->awake_at = NEVER;
}

static void drop_everything(struct oracle *o)
{
	o->addresses_go = 0;
	o->routes_go = 0;
	o->repeats = 0;
	o->repeat_at = NEVER;
}

static void become_master(struct oracle *o, int64_t now)
{
	send(o, oracle_priority(o));
	o->state = MASTER;
	o->timer = now + o->config->advert_interval;
	o->preempt_at = NEVER;
	o->awake_at = NEVER;
	o->addresses_go = NEVER;
	o->routes_go = NEVER;
	o->ran_before = true;
	o->master_since = now;
}

/* What still stands from an earlier time as Master outlasts the wait. */
static void keep_until_timer(struct oracle *o)
{
	int64_t end = o->timer + 50 * MILLISECOND;

	if (o->addresses_go > 0 && o->addresses_go < end)
		o->addresses_go = o->routes_go = end;
}

static int64_t first_silence(const struct oracle *o)
{
	int64_t down = master_down_interval(o), wait = down;

	if (o->config->start_as_master && !o->ran_before)
		return o->config->advert_interval + skew(o);
	if (!o->deaf_so_far || o->config->strict)
		return down;
	if (!o->config->preempt)
		wait = 2 * down;
	if (o->config->extra->unicast.enabled && wait < down + 1125 * DUR_MS)
		wait = down + 1125 * DUR_MS;
	return wait;
}

/* 6.4.1 */
static void run(struct oracle *o, int64_t now)
{
	int64_t from = now < o->closed_until && oracle_priority(o) != 255 ? o->closed_until : now;

	o->master_interval = o->config->advert_interval;
	o->repeats = 0;
	o->repeat_at = NEVER;
	if (oracle_priority(o) == 255) {
		become_master(o, now);
		return;
	}
	o->state = BACKUP;
	o->preempt_at = NEVER;
	o->naps = 0;
	wait_for_silence(o, from, first_silence(o), now);
	o->ran_before = true;
	keep_until_timer(o);
}

/* Another Master may not have heard of this one yet. */
static bool may_cross(const struct oracle *o, uint32_t source, int64_t now)
{
	return now - o->master_since < 20 * MILLISECOND ||
	       (source == o->another && now - o->another_heard < 20 * MILLISECOND);
}

/* By what this router said last. */
static bool beaten(const struct oracle *o, uint32_t source, int priority)
{
	return o->said > priority || (o->said == priority && o->source > source);
}

/* Its skew: 255/256 s where it may be of version 2. */
static int64_t slowest_backup(const struct oracle *o)
{
	int64_t slowest = skew_of(o, 1, o->config->advert_interval);

	return o->config->version_2_too && slowest < 996093750 ? 996093750 : slowest;
}

/* Shutdown event of 6.4.2 and 6.4.3 */
static void halt(struct oracle *o, bool can_hand_over, int64_t now)
{
	if (o->state == MASTER) {
		send(o, 0);
		o->repeats = 1;
		o->repeat_at = now + MILLISECOND;
		o->addresses_go = now + slowest_backup(o) + 50 * MILLISECOND;
		o->routes_go = o->addresses_go;
		o->successor_from = may_cross(o, o->another, now) ? now + 20 * MILLISECOND : INT64_MIN;
	}
	o->state = INITIALIZE;
	no_longer_master(o);
	o->timer = NEVER;
	o->preempt_at = NEVER;
	o->awake_at = NEVER;
	if (!can_hand_over)
		drop_everything(o);
}

static void look_again(struct oracle *o, int64_t now)
{
	if (o->state == INITIALIZE && should_run(o))
		run(o, now);
	else if (o->state != INITIALIZE && !should_run(o))
		halt(o, interface_usable(o), now);
}

void oracle_init(struct oracle *o, const struct vr_config *config, const struct track_value *tracked)
{
	memset(o, 0, sizeof(*o));
	o->config = config;
	memcpy(o->tracked, tracked, config->extra->tracked_count * sizeof(*tracked));
	o->state = INITIALIZE;
	o->timer = NEVER;
	o->master_interval = config->advert_interval;
	o->preempt_at = NEVER;
	o->awake_at = NEVER;
	o->closed_until = INT64_MIN;
	o->deaf_so_far = true;
	o->no_answer_before = INT64_MIN;
	o->own_address_silence = INT64_MIN;
	o->another_heard = INT64_MIN / 2;
	o->repeat_at = NEVER;
	no_longer_master(o);
}

int64_t oracle_deadline(const struct oracle *o)
{
	int64_t first = o->timer;

	if (o->preempt_at < first)
		first = o->preempt_at;
	if (o->awake_at < first)
		first = o->awake_at;
	if (o->addresses_go > 0 && o->addresses_go < first)
		first = o->addresses_go;
	if (o->routes_go > 0 && o->routes_go < first)
		first = o->routes_go;
	if (o->repeat_at < first)
		first = o->repeat_at;
	if (o->rival_gone < first)
		first = o->rival_gone;
	if (o->rival_reminder < first)
		first = o->rival_reminder;
	return first;
}

static bool answers_rivals(const struct oracle *o)
{
	return o->config->extra->announce.rival_repeat > 0 && o->config->address_count > 0 && !o->config->strict;
}

/* Not the silence that it seemed to be. */
static void listen_on(struct oracle *o, int64_t end, int64_t now)
{
	if (end <= o->timer || o->naps == 3)
		return;
	o->naps++;
	o->timer = end;
	o->awake_at = now + others_interval(o) * 5 / 4;
	if (o->awake_at >= o->timer)
		o->awake_at = NEVER;
	if (o->preempt_at < end)
		o->preempt_at = end;
	keep_until_timer(o);
}

/* It slept through adverts that it should have heard: whatever it waits for, it listens to an advert's time first. */
static void backup_awakes(struct oracle *o, int64_t now)
{
	int64_t interval = others_interval(o);
	int64_t awaited = o->awake_at < o->timer ? o->awake_at : o->timer;
	bool slept = now > awaited && 4 * (now - awaited) >= 3 * interval;
	int64_t end = now + interval + skew(o);

	if (o->awake_at <= now) {
		o->awake_at += interval;
		if (o->awake_at <= now)
			o->awake_at = now + interval;
		if (o->awake_at >= o->timer)
			o->awake_at = NEVER;
	}
	if (slept)
		listen_on(o, end, now);
}

/* It has been silent for so long that another one stands in for it: it must not speak before it has listened. */
static void master_awakes(struct oracle *o, int64_t now)
{
	const struct vr_config *c = o->config;
	bool steps_down = c->stalled_steps_down != 0 && !c->preempt;
	int successor = steps_down ? c->stalled_steps_down : oracle_priority(o);
	int64_t silent = now - (o->timer - c->advert_interval);

	if (o->state != MASTER || oracle_priority(o) == 255 || now < o->timer + 100 * MILLISECOND)
		return;
	if (silent < c->down_timer_adverts * c->advert_interval + skew_of(o, successor, c->advert_interval))
		return;
	o->state = BACKUP;
	no_longer_master(o);
	o->naps = 0;
	if (steps_down)
		wait_for_silence(o, now < o->closed_until ? o->closed_until : now, master_down_interval(o), now);
	else
		wait_for_silence(o, now < o->closed_until ? o->closed_until : now,
			c->advert_interval + skew_of(o, 255, c->advert_interval), now);
	o->addresses_go = o->routes_go = o->timer + 50 * MILLISECOND;
}

void oracle_other(struct oracle *o, int64_t now)
{
	begin(o);
	master_awakes(o, now);
}

void oracle_loss(struct oracle *o, int64_t at, int64_t now)
{
	int64_t end = at + others_interval(o) + skew(o);

	oracle_other(o, now);
	if (o->state == BACKUP && oracle_priority(o) != 255 && now < end)
		listen_on(o, at + others_interval(o) + skew(o), now);
}

void oracle_tick(struct oracle *o, int64_t now)
{
	bool preempt_over;

	begin(o);
	master_awakes(o, now);
	if (o->state == BACKUP)
		backup_awakes(o, now);
	preempt_over = o->state == BACKUP && o->preempt_at <= now;
	if (preempt_over)
		o->preempt_at = NEVER;
	if (preempt_over && o->last_heard_priority < oracle_priority(o)) {
		become_master(o, now);
	} else if (o->state == BACKUP && o->timer <= now && o->link_in_doubt && oracle_priority(o) != 255) {
		o->timer = now + others_interval(o);
		keep_until_timer(o);
	} else if (o->state == BACKUP && o->timer <= now) {
		become_master(o, now);
	} else if (o->state == MASTER && o->timer <= now) {
		send(o, oracle_priority(o));
		o->timer += o->config->advert_interval;
		if (o->timer <= now)
			o->timer = now + o->config->advert_interval;
	}
	if (o->rival_reminder <= now) {
		o->rival_reminder = NEVER;
		if (answers_rivals(o))
			o->announced = o->config->extra->announce.rival_repeat;
	}
	if (o->rival_gone <= now) {
		o->rival_gone = NEVER;
		if (answers_rivals(o)) {
			o->announced += o->config->extra->announce.rival_repeat;
			if (o->config->extra->announce.rival_delay > 0)
				o->rival_reminder = now + o->config->extra->announce.rival_delay;
			o->told = o->rival_told;
		}
	}
	if (o->repeats > 0 && o->repeat_at <= now) {
		send(o, 0);
		o->repeats--;
		o->repeat_at = o->repeats > 0 ? now + MILLISECOND : NEVER;
	}
	if (o->addresses_go > 0 && o->addresses_go <= now)
		drop_everything(o);
	if (o->routes_go > 0 && o->routes_go <= now)
		o->routes_go = 0;
}

void oracle_startup(struct oracle *o, bool adopt, int64_t closed_until, int64_t now)
{
	bool found;

	oracle_other(o, now);
	if (o->started)
		return;
	o->started = true;
	if (adopt) {
		o->closed_until = INT64_MIN;
		o->deaf_so_far = false;
	} else if (closed_until > o->closed_until) {
		o->closed_until = closed_until;
	}
	found = adopt && o->config->address_count > 0 && o->addresses_go == 0 && o->routes_go == 0;
	if (found && o->state == INITIALIZE) {
		o->successor_from = INT64_MIN;
		o->addresses_go = o->routes_go = now + master_down_interval(o) + 50 * MILLISECOND;
	}
	look_again(o, now);
	if (!interface_usable(o))
		drop_everything(o);
}

void oracle_shutdown(struct oracle *o, bool at_once, int64_t now)
{
	int64_t enough = now + slowest_backup(o) + 50 * MILLISECOND;

	oracle_other(o, now);
	o->started = false;
	if (o->state != INITIALIZE)
		halt(o, !at_once, now);
	else if (at_once)
		drop_everything(o);
	/* A stop takes no longer because there was a crash before it. */
	if (o->addresses_go > enough && o->addresses_go != NEVER)
		o->addresses_go = o->routes_go = enough;
}

/* Somebody else speaks and is not giving up: what we still keep from an earlier time as Master may go. */
static void successor(struct oracle *o, uint32_t source, int priority, int64_t now)
{
	if (o->state == MASTER || o->addresses_go == 0 || priority == 0 || source == o->source ||
		(now < o->successor_from && beaten(o, source, priority)))
		return;
	o->addresses_go = 0;
	o->routes_go = now + 100 * MILLISECOND;
	o->repeats = 0;
	o->repeat_at = NEVER;
}

static void learn(struct oracle *o, int64_t interval)
{
	if (o->config->version == 3)
		o->master_interval = interval;
}

/* 6.4.2 */
static void advert_in_backup(struct oracle *o, int priority, int64_t interval, int64_t now)
{
	int own = oracle_priority(o);
	bool preempt = o->config->preempt || own == 255;

	o->naps = 0;
	if (priority == 0) {
		wait_for_silence(o, now, skew(o), now);
		keep_until_timer(o);
		o->preempt_at = NEVER;
		return;
	}
	if (!preempt || priority >= own) {
		o->preempt_at = NEVER;
	} else {
		if (own == 255 || o->config->extra->preempt_delay == 0)
			return; /* discarded */
		if (o->preempt_at == NEVER)
			o->preempt_at = o->timer + o->config->extra->preempt_delay;
	}
	learn(o, interval);
	wait_for_silence(o, now, master_down_interval(o), now);
	keep_until_timer(o);
}

/* Not in the RFC: hosts may believe another Master, so they are told that it is us, now and when it is silent. */
static void another_master(struct oracle *o, int64_t interval, int64_t now)
{
	int64_t own = o->config->advert_interval;
	int64_t pause = own < 100 * MILLISECOND ? 100 * MILLISECOND : own;

	if (now >= o->rival_silence) {
		o->announced = 1;
		o->rival_silence = now + pause;
	}
	o->rival_gone = now + 50 * MILLISECOND + (interval < own ? own : interval);
	o->rival_told = now >= o->master_since + own;
}

/* 6.4.3; the one advert of a router that yields is not there either, and vrrp_strict forbids it. */
static void advert_in_master(struct oracle *o, uint32_t source, int priority, int64_t interval, int64_t now)
{
	int own = oracle_priority(o);
	bool crossing = may_cross(o, source, now) && beaten(o, source, priority);

	o->another = source;
	o->another_heard = now;
	if (priority == 0 && now < o->no_answer_before) {
		if (o->no_answer_before < o->timer) {
			o->timer = o->no_answer_before;
			o->no_answer_before += MILLISECOND;
		}
		return;
	}
	if (priority == 0) {
		send(o, own);
		o->timer = now + o->config->advert_interval;
		o->no_answer_before = now + MILLISECOND;
		return;
	}
	if (priority > own || (priority == own && source > o->source)) {
		if (!o->config->strict && !o->config->yield_silent)
			send(o, own);
		learn(o, interval);
		o->state = BACKUP;
		no_longer_master(o);
		wait_for_silence(o, now, master_down_interval(o), now);
		o->addresses_go = 0;
		o->routes_go = now + 100 * MILLISECOND;
		if (!crossing)
			return;
		o->successor_from = now + 20 * MILLISECOND;
		o->addresses_go = now + slowest_backup(o) + 50 * MILLISECOND;
		o->routes_go = o->addresses_go;
		keep_until_timer(o);
		return;
	}
	if (source != o->source && answers_rivals(o))
		another_master(o, interval, now);
	if (o->config->version == 2 || (o->config->lower_priority_silent && !o->config->strict) || now < o->no_answer_before)
		return;
	if (priority == own && source == o->source) {
		if (now < o->own_address_silence)
			return;
		o->own_address_silence = now + SECOND;
	}
	o->no_answer_before = now + MILLISECOND;
	send(o, own);
}

void oracle_advert(
	struct oracle *o, uint32_t source, int version, int priority, int64_t interval, int64_t now)
{
	int64_t fresh = o->version_3_at + master_down_interval(o);

	oracle_other(o, now);
	if (o->config->version_2_too && version == 2 && source == o->version_3_from && now < fresh)
		return; /* 8.4.2: it says the same in version 3 */
	if (o->state != INITIALIZE || (o->addresses_go > 0 && o->routes_go > 0)) {
		o->deaf_so_far = false;
		o->link_in_doubt = false;
		if (o->config->version_2_too && version == 3) {
			o->version_3_from = source;
			o->version_3_at = now;
		}
	}
	successor(o, source, priority, now);
	if (o->state == BACKUP)
		advert_in_backup(o, priority, interval, now);
	else if (o->state == MASTER)
		advert_in_master(o, source, priority, interval, now);
	if (o->state == BACKUP)
		o->last_heard_priority = priority;
}

void oracle_interface(
	struct oracle *o, bool exists, bool up, bool in_doubt, uint32_t address, int64_t now)
{
	bool was_usable = interface_usable(o);
	bool was_up = o->exists && o->up;

	oracle_other(o, now);
	o->exists = exists;
	o->up = up;
	o->address = address;
	if (exists && address != 0)
		o->source = address;
	if (o->link_in_doubt && !in_doubt && o->state == BACKUP && oracle_priority(o) != 255 &&
		o->timer < now + others_interval(o) + skew(o)) {
		wait_for_silence(o, now, others_interval(o) + skew(o), now);
		keep_until_timer(o);
	}
	o->link_in_doubt = in_doubt;
	if (!was_up && exists && up) {
		o->deaf_so_far = true;
		if (o->config->extra->link_up_delay > 0 && now + o->config->extra->link_up_delay > o->closed_until)
			o->closed_until = now + o->config->extra->link_up_delay;
	}
	look_again(o, now);
	if (was_usable && !interface_usable(o))
		drop_everything(o);
}

void oracle_track(struct oracle *o, unsigned index, struct track_value value, int64_t now)
{
	oracle_other(o, now);
	if (index >= o->config->extra->tracked_count)
		return;
	o->tracked[index] = value;
	look_again(o, now);
}

void oracle_route(struct oracle *o, bool lacks, int64_t now)
{
	oracle_other(o, now);
	o->lacks_route = lacks;
	look_again(o, now);
}

void oracle_configure(struct oracle *o, const struct vr_config *config, const struct track_value *tracked, int64_t now)
{
	oracle_other(o, now);
	if (o->master_interval == o->config->advert_interval || config->version == 2)
		o->master_interval = config->advert_interval;
	o->config = config;
	memcpy(o->tracked, tracked, config->extra->tracked_count * sizeof(*tracked));
	look_again(o, now);
	if (config->extra->preempt_delay == 0 || (!config->preempt && oracle_priority(o) != 255))
		o->preempt_at = NEVER;
}
