/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must hold in every world, whatever happens in it; looked at after every turn of a process and every event. Bounds
 * are in true time; a router's own intervals are stretched by what its clock is off, and by SLACK.
 *
 * The members of a sync group are one election: what a law says of one that becomes Master, it says of all of them. Who hears
 * whom is a question of versions, peer lists and keys (hearing.c), and of what the network lost.
 *
 * one-master	A router W is better than L when its priority is greater, or the same and its primary address greater. Both are
 *		Master of one virtual router on one network, L takes W's adverts, and since T L has heard whatever W said, at once,
 *		neither was stalled, started or reloaded, and both were Master. Then T is no longer ago than W's
 *		advert interval: W says something within it, and L yields in the same turn. With AH both hear each other, and
 *		two intervals may pass: L takes no number behind its own, and W has to hear that first. And at once: a
 *		Master that has been handed such an advert is no Master after that turn.
 * one-group	After each turn the members of a sync group are in one state.
 * no-silence	A Master that runs says something at least every advert interval; after a change the old one counts once more.
 * no-black-hole	A Backup that runs has heard no advert (nor started, nor was stalled, nor changed) for no longer than its
 *		down timer: down_timer_adverts * interval + Skew_Time, interval being the greater of its own and the
 *		learnt one, twice that with nopreempt, after the hold-downs of start and link; a timer that ran before a change
 *		counts on. A sync group waits for the last of its members.
 * no-usurper	A Backup does not become Master before its down timer (without the skew) has passed since it heard an advert that
 *		it follows, unless priority 0 came behind it, or it was stalled, started or changed since. In a sync group that
 *		goes for every member, and the priority 0 may have come to another one.
 * addresses	After each turn after which nothing waits for the kernel: Master means that every address stands in the kernel, but for those that the kernel refused, or
 *		an outsider removed less than RESTORE ago. Neither Master nor handing over (VR_HOLD_ALL,
 *		VR_HOLD_UNTIL_SUCCESSOR) means that none with our mark does. Handing over has a deadline.
 * rules	The same for the rules of policy routing, which stay until the routes go.
 * tracking	The priority is the configured one and what everything tracked adds to it, and who tracks something that fails is
 *		out of service: tracking_law.c.
 * timers	Backup and Master have a deadline (but for one that waits for the members of its sync group), and the engine's own is no later. Nobody is due again and again at one moment.
 * advert-rate	Two adverts of a Master that nobody provoked are its interval apart (one that left late, for its process stood
 *		still, does not delay the next one; neither does one that waited for the kernel); every packet heard, every transition
 *		and every change of configuration or priority allows one more, at that moment, and after priority 0 until
 *		VR_ANSWER_SPACING later. Priority 0 is said
 *		VR_STOP_ADVERT_SPACING apart. Who is not Master says nothing but priority 0; yielding, one last advert; and
 *		before priority 0, in the turn that ends it, what was due at that moment. An advert to many peers is one.
 * frozen	A process that wakes takes what waits for it first: when its queue holds an acceptable advert of a router that
 *		it has to follow, younger than the down timer, it is not Master after its first turn, and one that was
 *		Backup says nothing in it. What one member of a sync group has to follow, all have to; unless another one
 *		finds a priority 0 that came behind it.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/world.h"

#define SLACK (5 * DUR_MS)
#define ANSWER_DELAY (VR_ANSWER_SPACING + VR_ANSWER_SPACING / 100) /* a slow clock's, too */
#define RESTORE (1500 * DUR_MS)
#define TEXT_SIZE 400

static void violated(struct router *router, const struct view *view, const char *law, const char *what)
{
	struct world *world = router->world;
	char buffer[TEXT_SIZE];
	struct text text;

	world->violations++;
	if (world->watcher.violation == NULL)
		return;
	text_init(&text, buffer, sizeof(buffer));
	text_str(&text, router->name);
	if (view != NULL) {
		text_char(&text, ' ');
		text_str(&text, view->name);
	}
	text_str(&text, ": ");
	text_str(&text, what);
	world->watcher.violation(world->watcher.user, law, buffer);
}

void law_not_understood(struct router *router)
{
	violated(router, NULL, "upgrade", "the new engine does not understand what the old one has written");
}

static mono_t later(mono_t a, mono_t b)
{
	return mono_before(a, b) ? b : a;
}

/* How long an interval of this router's clock may take. */
static dur_t stretched(const struct router *router, dur_t length)
{
	const int64_t off = router->rate < 0 ? -router->rate : router->rate;

	return length + length / 1000 * (off / 1000 + 1) / 1000 * 2 + SLACK;
}

static dur_t shortened(const struct router *router, dur_t length)
{
	const int64_t off = router->rate < 0 ? -router->rate : router->rate;

	return length - length / 1000 * (off / 1000 + 1) / 1000 * 2 - 2;
}

/* sync groups: without one, each is a group of its own */

static bool same_group(const struct view *a, const struct view *b)
{
	if (a == b)
		return true;
	return b->used && !a->leaving && !b->leaving && a->config->extra->sync_group != NULL &&
	       b->config->extra->sync_group != NULL && strcmp(a->config->extra->sync_group, b->config->extra->sync_group) == 0;
}

static void judge_group(struct router *router, const struct view *view)
{
	if (!view->used || view->config->extra->sync_group == NULL)
		return;
	for (size_t i = 0; i < router->view_count; i++)
		if (same_group(view, &router->views[i]) && router->views[i].state != view->state)
			violated(router, view, "one-group",
				"and another member of its sync group are in two states");
}

/* one-master */

static bool is_better(const struct view *a, const struct view *b)
{
	return a->priority != b->priority ? a->priority > b->priority
					  : ip_compare(&a->primary, &b->primary) > 0;
}

static const struct segment *segment_of(const struct router *router, const struct view *view)
{
	const struct nic *nic = nic_by_index(router, view->ifindex);

	return nic != NULL && nic->port != NULL ? nic->port->segment : NULL;
}

static bool same_network(const struct segment *a, const struct segment *b, unsigned depth)
{
	if (a == b || depth == 0)
		return a == b;
	for (const struct port_end *port = a->ports; port; port = port->next)
		if (port->far == FAR_SEGMENT && same_network(port->peer->segment, b, depth - 1))
			return true;
	return false;
}

/* Until it has said something, and that has arrived: the first advert after a change may have left at this moment. */
static dur_t heard_bound(const struct router *router, const struct view *view)
{
	if (view->interval_before > view->interval &&
		mono_sub(router->world->now, view->changed) <= stretched(router, view->interval_before))
		return view->interval_before;
	return view_advert_bound(view);
}

static void judge_pair(
	struct router *w, const struct view *winner, struct router *l, const struct view *loser)
{
	const struct world *world = w->world;
	mono_t since = later(winner->since, loser->since);
	dur_t bound = stretched(w, heard_bound(w, winner));

	if (loser->state != VR_MASTER || !is_better(winner, loser) ||
		!hearing_understands(l, loser, w, winner))
		return;
	if (loser->config->extra->authentication == AUTHENTICATION_AH) {
		if (!hearing_understands(w, winner, l, loser))
			return;
		since = later(since, network_last_lost(world, l, loser->ifindex, w));
		bound += stretched(l, heard_bound(l, loser));
	}
	/* A clock that was set back is not believed before it has caught up, when the process that said more has gone. */
	if (loser->config->extra->hmac.enabled)
		since = later(since, later(w->wall_doubted, l->wall_doubted));
	since = later(since, later(winner->changed, loser->changed));
	since = later(since, later(w->disturbed, l->disturbed));
	since = later(since, network_last_lost(world, w, winner->ifindex, l));
	if (w->process != PROCESS_RUNS || l->process != PROCESS_RUNS || mono_sub(world->now, since) <= bound)
		return;

	const struct segment *a = segment_of(w, winner), *b = segment_of(l, loser);

	if (a != NULL && b != NULL && same_network(a, b, 4))
		violated(
			l, loser, "one-master", "is still Master beside a better one whose adverts reach it");
}

static void judge_masters(struct router *w, const struct view *winner)
{
	struct world *world = w->world;

	for (size_t i = 0; i < world->router_count; i++) {
		struct router *l = world->routers[i];

		for (size_t k = 0; k < l->view_count && l != w; k++)
			if (l->views[k].used)
				judge_pair(w, winner, l, &l->views[k]);
	}
}

/* no-silence, no-black-hole */

/* A timer that ran before a change is not shortened by it, nor by hearing a lower priority. */
static bool has_waited(const struct router *router, const struct view *view)
{
	const mono_t now = router->world->now;
	mono_t since = later(later(view->since, view->changed), router->disturbed);

	since = later(later(since, view->doubted), later(view->heard, view->quiet_until));
	return view->state == VR_BACKUP && mono_sub(now, since) > stretched(router, view->patience) &&
	       mono_sub(now, view->changed) > stretched(router, view->patience_before);
}

static bool group_has_waited(const struct router *router, const struct view *view)
{
	for (size_t i = 0; i < router->view_count; i++)
		if (same_group(view, &router->views[i]) && !has_waited(router, &router->views[i]))
			return false;
	return true;
}

static void judge_silence(struct router *router, const struct view *view)
{
	const mono_t now = router->world->now;
	mono_t since = later(later(view->since, view->changed), router->disturbed);

	if (router->process != PROCESS_RUNS)
		return;
	if (view->state == VR_MASTER) {
		since = later(since, view->sent);
		if (mono_sub(now, since) > stretched(router, view_advert_bound(view)))
			violated(router, view, "no-silence",
				"is Master and has said nothing for an advert interval");
		return;
	}
	if (has_waited(router, view) && group_has_waited(router, view))
		violated(router, view, "no-black-hole",
			"has heard nobody for its down timer and is not Master");
}

static void judge_tracking(struct router *router, const struct view *view)
{
	const char *wrong = view->config->extra->tracked_count > 0 ? law_tracking(router, view) : NULL;

	if (wrong != NULL)
		violated(router, view, "tracking", wrong);
}

void laws_after_event(struct world *world)
{
	for (size_t i = 0; i < world->router_count; i++) {
		struct router *router = world->routers[i];

		for (size_t k = 0; k < router->view_count; k++) {
			const struct view *view = &router->views[k];

			if (view->used)
				judge_tracking(router, view);
			if (!view->used || view->state == VR_INITIALIZE)
				continue;
			if (view->state == VR_MASTER && world->masters > 1)
				judge_masters(router, view);
			judge_silence(router, view);
		}
	}
}

/* addresses */

/* Another virtual router of this machine that has the address, and so has a say. */
static bool has_another_claim(
	const struct router *router, const struct view *view, const struct ip_addr *address)
{
	for (size_t i = 0; i < router->view_count; i++) {
		const struct view *other = &router->views[i];

		if (other == view || !other->used || other->hold == VR_HOLD_NOTHING)
			continue;
		for (size_t k = 0; k < other->config->address_count; k++)
			if (ip_equal(&other->config->addresses[k].prefix.addr, address))
				return true;
	}
	return false;
}

static bool stands_with_mark(const struct router *router, const struct ip_prefix *prefix)
{
	for (size_t i = 0; i < router->address_count; i++)
		if (router->addresses[i].protocol == VIGIA_KERNEL_PROTOCOL &&
			ip_prefix_equal(&router->addresses[i].prefix, prefix))
			return true;
	return false;
}

static void judge_addresses(struct router *router, const struct view *view, const struct vr *vr)
{
	const bool holds = view->hold == VR_HOLD_ALL || view->hold == VR_HOLD_UNTIL_SUCCESSOR;

	if (view->state == VR_MASTER && view->hold != VR_HOLD_ALL)
		violated(router, view, "addresses", "is Master and does not say that it holds its addresses");
	if (view->hold == VR_HOLD_UNTIL_SUCCESSOR && vr->hold_deadline.ns == MONO_NEVER.ns)
		violated(router, view, "addresses", "hands over without a deadline");
	for (size_t i = 0; i < view->config->address_count; i++) {
		const struct ip_prefix *prefix = &view->config->addresses[i].prefix;

		if (view->state == VR_MASTER && !kernel_has_address(router, &prefix->addr) &&
			!view_errors(router, view))
			violated(router, view, "addresses",
				"is Master, and an address of it is not in the kernel");
		if (!holds && stands_with_mark(router, prefix) &&
			!has_another_claim(router, view, &prefix->addr))
			violated(router, view, "addresses",
				"does not serve, and an address of it stands in the kernel");
	}
}

/* Of rules without a claim by another virtual router: each preference is given once. */
static void judge_rules(struct router *router, const struct view *view)
{
	for (size_t i = 0; i < view->config->extra->rule_count; i++) {
		const uint32_t preference = view->config->extra->rules[i].preference;

		if (view->state == VR_MASTER && !kernel_has_rule(router, preference) && !view_errors(router, view))
			violated(router, view, "rules", "is Master, and a rule of it is not in the kernel");
		if (view->hold == VR_HOLD_NOTHING && kernel_has_rule(router, preference))
			violated(router, view, "rules", "holds nothing, and a rule of it stands in the kernel");
	}
}

static void judge_kernel(struct router *router)
{
	if (mono_before(router->world->now, mono_add(router->tampered, RESTORE)))
		return;
	/* What is on its way will be looked at when it is there. */
	if (!engine_kernel_is_settled(router->engine))
		return;
	router->kernel_changed = false;
	for (size_t i = 0; i < router->view_count; i++) {
		const struct view *view = &router->views[i];
		const struct vr *vr = view->used ? view_vr(router, view) : NULL;

		if (vr != NULL)
			judge_addresses(router, view, vr);
		if (vr != NULL)
			judge_rules(router, view);
	}
}

/* timers */

static void judge_timers(struct router *router)
{
	const mono_t engine = engine_deadline(router->engine);

	for (size_t i = 0; i < router_vr_count(router); i++) {
		const struct vr *vr = router_vr(router, i);
		const mono_t deadline = vr_deadline(vr);

		/* One whose sync group must agree has no timer any more. */
		if ((vr->state == VR_INITIALIZE || vr->agrees) && deadline.ns == MONO_NEVER.ns)
			continue;
		if (deadline.ns == MONO_NEVER.ns || mono_before(deadline, engine))
			violated(router,
				router_view(router, vr->config->family, vr->config->vrid,
					router_vr_ifindex(router, i)),
				"timers", "waits for a moment that the engine does not know of");
	}
}

void laws_spins(struct router *router)
{
	violated(router, NULL, "timers", "is due again and again at the same moment");
}

/* Another member has heard since that the one it follows has given up. */
static bool has_witness(const struct router *router, const struct view *view)
{
	for (size_t i = 0; i < router->view_count; i++)
		if (&router->views[i] != view && same_group(view, &router->views[i]) &&
			router->views[i].given_up.ns >= view->followed.ns)
			return true;
	return false;
}

/* It became Master in this turn. */
static void judge_usurper(struct router *router, const struct view *view)
{
	const mono_t now = router->world->now;

	if (view->since.ns != now.ns || router->disturbed.ns >= view->followed.ns ||
		view->changed.ns >= view->followed.ns ||
		mono_sub(now, view->followed) >= shortened(router, view->loyalty) ||
		has_witness(router, view))
		return;
	violated(router, view, "no-usurper", "becomes Master though the one that it follows has spoken");
}

void laws_after_turn(struct router *router)
{
	judge_timers(router);
	if (router->kernel_changed)
		judge_kernel(router);
	for (size_t i = 0; i < router->view_count; i++) {
		struct view *view = &router->views[i];

		if (view->may_send && view->state == VR_MASTER)
			judge_usurper(router, view);
		view->may_send = false;
		judge_group(router, view);
		if (view->must_yield && view->state == VR_MASTER && !router->waking)
			violated(router, view, "one-master",
				"was handed an advert of a better Master and did not yield");
		view->must_yield = view->must_yield && router->waking;
	}
}

/* advert-rate */

static void judge_stop(struct router *router, struct view *view)
{
	const mono_t now = router->world->now;

	/* One that was Master in between hands over anew. */
	if (!mono_before(view->sent_stop, view->since) &&
		mono_sub(now, view->sent_stop) < shortened(router, VR_STOP_ADVERT_SPACING) &&
		mono_sub(now, router->disturbed) > DUR_S / 100)
		violated(router, view, "advert-rate", "says priority 0 again too early");
	view->sent_stop = now;
}

static void note_regular(struct view *view, mono_t now, dur_t late)
{
	view->sent_regular = now;
	view->late = late;
}

void laws_advert(struct router *router, int ifindex, const struct vrrp_advert *advert)
{
	struct view *view = hearing_speaker(router, ifindex, advert);
	const mono_t now = router->world->now;
	const struct vr *vr = view != NULL ? view_vr(router, view) : NULL;
	dur_t gap, interval;

	/* The copy of version 2 comes with one of version 3. */
	if (router->world->lawless || vr == NULL || (vr->config->version_2_too && advert->version == 2))
		return;
	if (vr->config->extra->unicast.enabled && vr->config->extra->unicast.peer_count > 0 &&
		!ip_equal(&advert->destination, &vr->config->extra->unicast.peers[0].address))
		return;
	gap = mono_sub(now, view->sent_regular);
	interval = vr->config->advert_interval;
	if (advert->priority == VR_PRIORITY_STOP) {
		judge_stop(router, view);
		return;
	}
	if (view->must_follow)
		violated(router, view, "frozen", "wakes as Backup, a Master is in its queue, and speaks");
	/* One that was due when it was still Master leaves with the rest of the turn in which it no longer is, but not behind
	 * priority 0. */
	if (vr->state != VR_MASTER && view->heard.ns != now.ns &&
		(view->state != VR_MASTER || view->sent_stop.ns == now.ns))
		violated(router, view, "advert-rate",
			"is not Master and sends an advert that nobody provoked");
	/* What is provoked counts as that first: Adver_Timer goes on beside it. The engine's state is newer than what was
	 * seen of it: it may have become Master in this turn. */
	if (view->heard.ns == now.ns && view->provoked > 0)
		view->provoked--;
	/* It waited for the kernel; the next one does not wait for it. */
	else if (router->kernel_heard.ns == now.ns)
		view->sent = now;
	else if (vr->state != view->state || view->may_send || mono_sub(now, view->asked) <= ANSWER_DELAY ||
		 gap + view->late >= shortened(router, interval))
		note_regular(view, now, gap > interval && gap < 2 * interval ? gap - interval : 0);
	/* What left before this process was looked at is not known, nor how late the one after a stall was. */
	else if (mono_sub(now, view->changed) > 0 && mono_sub(now, router->disturbed) > interval)
		violated(router, view, "advert-rate", "sends an advert before its time");
	view->sent = now;
}

/* one-master, frozen: what is handed in */

/* It has to bow to this advert, which it takes. */
static bool must_bow(const struct view *view, const struct vrrp_advert *advert, bool as_backup)
{
	const struct vr_config *config = view->config;

	if (advert->priority == VR_PRIORITY_STOP || ip_equal(&advert->source, &view->primary))
		return false;
	/* Whether the copy of version 2 counts is a question of what was heard before: INT-05. */
	if (config->version_2_too && advert->version == 2)
		return false;
	if (config->priority == VR_PRIORITY_OWNER && (config->version == 2 || config->owner_deaf))
		return false;
	if (as_backup && !config->preempt)
		return true;
	if (advert->priority != view->priority)
		return advert->priority > view->priority;
	return as_backup || ip_compare(&advert->source, &view->primary) > 0;
}

/* When it last heard somebody whom it has to follow, and for how long at least it must then stay Backup. */
static void note_followed(struct router *router, struct view *view, const struct vrrp_advert *advert)
{
	const struct vr_config *config = view->config;

	view->given_up = (mono_t){0};
	if (must_bow(view, advert, true)) {
		view->followed = router->world->now;
		view->loyalty = config->down_timer_adverts *
				(config->version == 3 ? advert->interval : config->advert_interval);
	} else if (advert->priority == VR_PRIORITY_STOP) {
		view->loyalty = 0;
		view->given_up = router->world->now;
	} else if (config->extra->preempt_delay > 0) {
		/* With preempt_delay a lesser Master is followed, too, for a while, and its interval learnt. */
		view->loyalty = 0;
	}
}

static void copy_replay(struct router *router, struct view *view)
{
	const bool signs = view->config->extra->hmac.enabled || view->config->extra->authentication == AUTHENTICATION_AH;
	const struct anti_replay *replay = signs ? view_replay(router, view) : NULL;

	if (replay != NULL)
		view->replay = *replay;
}

static void heard(struct router *router, struct view *view, const struct packet *packet)
{
	struct vrrp_advert advert;

	/* While it wakes, many are handed in before the engine takes the first one. */
	if (!router->waking)
		copy_replay(router, view);
	if (!hearing_takes(router, view, packet, &view->replay, &advert))
		return;
	if (view->state == VR_MASTER && advert.priority == VR_PRIORITY_STOP)
		view->asked = router->world->now;
	if (view->state == VR_MASTER && !router->waking && must_bow(view, &advert, false))
		view->must_yield = true;
	if (view->state == VR_BACKUP)
		note_followed(router, view, &advert);
}

void laws_heard(struct router *router, int ifindex, const struct packet *packet)
{
	struct view *view;

	if (router->world->lawless)
		return;
	view = hearing_view(router, ifindex, packet);
	if (view == NULL)
		return;
	view->provoked = view->heard.ns == router->world->now.ns ? view->provoked + 1 : 1;
	view->heard = router->world->now;
	if (view->state != VR_INITIALIZE)
		heard(router, view, packet);
}

/* What waits for a virtual router in the queue of a process that wakes. */
struct waiting {
	bool master; /* its newest advert is one that it has to follow... */
	mono_t received; /* ...of that moment, on the router's clock */
	mono_t stopped; /* the newest priority 0 */
};

static struct waiting look_into_queue(struct router *router, const struct view *view)
{
	const mono_t now = router_local(router, router->world->now);
	const dur_t patience = view->config->down_timer_adverts * view->config->advert_interval;
	const struct anti_replay *replay = view_replay(router, view);
	struct anti_replay heard_since = replay != NULL ? *replay : (struct anti_replay){0};
	struct waiting waiting = {0};
	struct vrrp_advert advert;

	for (const struct event *event = router->waiting; event; event = event->next) {
		if (event->type != EVENT_PACKET ||
			hearing_view(router, event->ifindex, event->packet) != view ||
			!hearing_takes(router, view, event->packet, &heard_since, &advert))
			continue;
		waiting.master = must_bow(view, &advert, view->state == VR_BACKUP) &&
				 mono_sub(now, event->received) < patience;
		waiting.received = event->received;
		if (advert.priority == VR_PRIORITY_STOP)
			waiting.stopped = event->received;
	}
	return waiting;
}

/* One member has to follow, and none has heard since that it need not. */
static bool group_must_follow(struct router *router, const struct view *view)
{
	mono_t received = {0}, stopped = {0};
	bool master = false;

	for (size_t i = 0; i < router->view_count; i++) {
		struct waiting waiting;

		if (!same_group(view, &router->views[i]) || router->views[i].state == VR_INITIALIZE)
			continue;
		waiting = look_into_queue(router, &router->views[i]);
		stopped = later(stopped, waiting.stopped);
		if (waiting.master)
			received = later(received, waiting.received);
		master = master || waiting.master;
	}
	return master && mono_before(stopped, received);
}

void laws_before_wake(struct router *router)
{
	router->waking = true;
	for (size_t i = 0; i < router->view_count; i++) {
		struct view *view = &router->views[i];

		if (!view->used || view->state == VR_INITIALIZE || router->world->lawless)
			continue;
		copy_replay(router, view);
		if (!group_must_follow(router, view))
			continue;
		view->must_yield = true;
		view->must_follow = view->state == VR_BACKUP;
	}
}

void laws_after_wake(struct router *router)
{
	router->waking = false;
	for (size_t i = 0; i < router->view_count; i++) {
		struct view *view = &router->views[i];

		if (view->must_yield && view->state == VR_MASTER)
			violated(router, view, "frozen",
				"woke, a better Master was in its queue, and it is Master");
		view->must_yield = false;
		view->must_follow = false;
	}
}
