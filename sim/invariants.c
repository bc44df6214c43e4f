/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must hold in every world, whatever happens in it; looked at after every turn of a process and every event. Bounds
 * are in true time; a router's own intervals are stretched by what its clock is off, and by SLACK.
 *
 * one-master	A router W is better than L when its priority is greater, or the same and its primary address greater. Both are
 *		Master of one virtual router on one network, L takes W's adverts, and since T L has heard whatever W said, at once,
 *		neither was stalled, started or reloaded, and both were Master. Then T is no longer ago than W's
 *		advert interval: W says something within it, and L yields in the same turn. And at once: a Master that has been
 *		handed such an advert is no Master after that turn.
 * no-silence	A Master that runs says something at least every advert interval; after a change the old one counts once more.
 * no-black-hole	A Backup that runs has heard no advert (nor started, nor was stalled, nor changed) for no longer than its
 *		down timer: down_timer_adverts * interval + Skew_Time, interval being the greater of its own and the
 *		learnt one, twice that with nopreempt, after the hold-downs of start and link; a timer that ran before a change counts on. Members of sync groups wait for each other, and are left out.
 * no-usurper	A Backup does not become Master before its down timer (without the skew) has passed since it heard an advert that
 *		it follows, unless priority 0 came behind it, or it was stalled, started or changed since.
 * addresses	After each turn: Master means that every address stands in the kernel, but for those that the kernel refused, or
 *		an outsider removed less than RESTORE ago. Neither Master nor handing over (VR_HOLD_ALL,
 *		VR_HOLD_UNTIL_SUCCESSOR) means that none with our mark does. Handing over has a deadline.
 * timers	Backup and Master have a deadline (but for one that waits for the members of its sync group), and the engine's own is no later. Nobody is due again and again at one moment.
 * advert-rate	Two adverts of a Master that nobody provoked are its interval apart (one that left late, for its process stood
 *		still, does not delay the next one); every packet heard, every transition
 *		and every change of configuration or priority allows one more, at that moment. Priority 0 is said
 *		VR_STOP_ADVERT_SPACING apart. Who is not Master says nothing but priority 0; yielding, one last advert.
 * frozen	A process that wakes takes what waits for it first: when its queue holds an acceptable advert of a router that
 *		it has to follow, younger than the down timer, it is not Master after its first turn, and one that was
 *		Backup says nothing in it. Members of sync groups are left out: what others hear counts for them, too.
 */
#include <stdlib.h>
#include <string.h>

#include "core/accept.h"
#include "sim/world.h"

#define SLACK (5 * DUR_MS)
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

/* one-master */

static bool same_addresses(const struct vr_config *a, const struct vr_config *b)
{
	if (a->advertised_count != b->advertised_count)
		return false;
	for (size_t i = 0; i < a->advertised_count; i++)
		if (!ip_equal(&a->addresses[i].prefix.addr, &b->addresses[i].prefix.addr))
			return false;
	return true;
}

/* Whether b has to take the adverts of a; no for what is decided by more than these fields. */
static bool understands(const struct vr_config *b, const struct vr_config *a)
{
	if (a->version != b->version || a->unicast.enabled || b->unicast.enabled || a->hmac.enabled ||
		b->hmac.enabled || a->authentication != AUTHENTICATION_NONE ||
		b->authentication != AUTHENTICATION_NONE || !ip_equal(&a->group, &b->group))
		return false;
	if (b->priority == VR_PRIORITY_OWNER && (b->version == 2 || b->owner_deaf))
		return false;
	return b->version == 3 || (a->advert_interval == b->advert_interval && same_addresses(a, b));
}

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

/* How long a Master may say nothing. An advert that was due before a change of the interval is neither hurried nor put off. */
static dur_t advert_bound(const struct view *view)
{
	if (!mono_before(view->changed, view->sent_regular) && view->interval_before > view->interval)
		return view->interval_before;
	return view->interval;
}

static void judge_pair(
	struct router *w, const struct view *winner, struct router *l, const struct view *loser)
{
	const struct world *world = w->world;
	mono_t since = later(winner->since, loser->since);

	if (loser->config->vrid != winner->config->vrid || loser->config->family != winner->config->family ||
		loser->state != VR_MASTER || !is_better(winner, loser) ||
		!understands(loser->config, winner->config))
		return;
	since = later(since, later(winner->changed, loser->changed));
	since = later(since, later(w->disturbed, l->disturbed));
	since = later(since, world->lost[w->number][l->number]);
	if (w->process != PROCESS_RUNS || l->process != PROCESS_RUNS ||
		mono_sub(world->now, since) <= stretched(w, advert_bound(winner)))
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

static void judge_silence(struct router *router, const struct view *view)
{
	const mono_t now = router->world->now;
	mono_t since = later(later(view->since, view->changed), router->disturbed);

	if (router->process != PROCESS_RUNS)
		return;
	if (view->state == VR_MASTER) {
		since = later(since, view->sent);
		if (mono_sub(now, since) > stretched(router, advert_bound(view)))
			violated(router, view, "no-silence",
				"is Master and has said nothing for an advert interval");
		return;
	}
	since = later(later(since, view->doubted), later(view->heard, view->quiet_until));
	/* A timer that ran before a change is not shortened by it, nor by hearing a lower priority. */
	if (view->config->sync_group == NULL && mono_sub(now, since) > stretched(router, view->patience) &&
		mono_sub(now, view->changed) > stretched(router, view->patience_before))
		violated(router, view, "no-black-hole",
			"has heard nobody for its down timer and is not Master");
}

void laws_after_event(struct world *world)
{
	for (size_t i = 0; i < world->router_count; i++) {
		struct router *router = world->routers[i];

		for (size_t k = 0; k < router->view_count; k++) {
			const struct view *view = &router->views[k];

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

static void judge_kernel(struct router *router)
{
	if (mono_before(router->world->now, mono_add(router->tampered, RESTORE)))
		return;
	router->kernel_changed = false;
	for (size_t i = 0; i < router->view_count; i++) {
		const struct view *view = &router->views[i];
		const struct vr *vr = view->used ? view_vr(router, view) : NULL;

		if (vr != NULL)
			judge_addresses(router, view, vr);
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
		if ((vr->state == VR_INITIALIZE || vr->membership.agrees) && deadline.ns == MONO_NEVER.ns)
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

/* It became Master in this turn. */
static void judge_usurper(struct router *router, const struct view *view)
{
	const mono_t now = router->world->now;

	if (view->since.ns != now.ns || view->config->sync_group != NULL ||
		router->disturbed.ns >= view->followed.ns || view->changed.ns >= view->followed.ns ||
		mono_sub(now, view->followed) >= shortened(router, view->loyalty))
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
	struct view *view = router_view(router, advert->source.family, advert->vrid, ifindex);
	const mono_t now = router->world->now;
	const struct vr *vr = view != NULL ? view_vr(router, view) : NULL;
	dur_t gap, interval;

	/* The copy of version 2 comes with one of version 3. */
	if (router->world->lawless || vr == NULL || (vr->config->version_2_too && advert->version == 2))
		return;
	gap = mono_sub(now, view->sent_regular);
	interval = vr->config->advert_interval;
	if (advert->priority == VR_PRIORITY_STOP) {
		judge_stop(router, view);
		return;
	}
	if (view->must_follow)
		violated(router, view, "frozen", "wakes as Backup, a Master is in its queue, and speaks");
	if (vr->state != VR_MASTER && view->heard.ns != now.ns)
		violated(router, view, "advert-rate",
			"is not Master and sends an advert that nobody provoked");
	/* What is provoked counts as that first: Adver_Timer goes on beside it. The engine's state is newer than what was
	 * seen of it: it may have become Master in this turn. */
	if (view->heard.ns == now.ns && view->provoked > 0)
		view->provoked--;
	else if (vr->state != view->state || view->may_send ||
		 gap + view->late >= shortened(router, interval))
		note_regular(view, now, gap > interval && gap < 2 * interval ? gap - interval : 0);
	/* What left before this process was looked at is not known, nor how late the one after a stall was. */
	else if (mono_sub(now, view->changed) > 0 && mono_sub(now, router->disturbed) > interval)
		violated(router, view, "advert-rate", "sends an advert before its time");
	view->sent = now;
}

/* one-master, frozen: what is handed in */

static bool is_vrrp(const struct packet *packet, uint8_t *vrid, uint8_t *family)
{
	const uint8_t *ip = packet->bytes + 14;
	uint8_t protocol;
	size_t header;

	if (packet->length < 14 + 20)
		return false;
	header = ip[0] >> 4 == 4 ? 4u * (ip[0] & 15) : 40;
	protocol = ip[0] >> 4 == 4 ? ip[9] : ip[6];
	if (protocol == IP_PROTOCOL_AH && 14 + header + VRRP_AH_SIZE <= packet->length) {
		protocol = ip[header];
		header += VRRP_AH_SIZE;
	}
	if (14 + header + 2 > packet->length || protocol != VRRP_IP_PROTOCOL)
		return false;
	*family = ip[0] >> 4 == 4 ? IP_V4 : IP_V6;
	*vrid = ip[header + 1];
	return true;
}

/* An advert that this virtual router has to take and bow to. */
static bool must_bow(const struct view *view, const struct packet *packet, bool as_backup)
{
	struct vrrp_advert advert;
	const struct vr_config *config = view->config;

	if (config->unicast.enabled || config->hmac.enabled ||
		config->authentication != AUTHENTICATION_NONE ||
		vrrp_decode(packet->bytes + 14, packet->length - 14, &advert) != DROP_NONE ||
		advert_check(config, false, &advert) != DROP_NONE || advert.priority == VR_PRIORITY_STOP ||
		ip_equal(&advert.source, &view->primary))
		return false;
	/* Whether the copy of version 2 counts is a question of what was heard before: INT-05. */
	if (config->version_2_too && advert.version == 2)
		return false;
	if (config->owner_deaf && config->priority == VR_PRIORITY_OWNER)
		return false;
	if (as_backup && !config->preempt)
		return true;
	if (advert.priority != view->priority)
		return advert.priority > view->priority;
	return as_backup || ip_compare(&advert.source, &view->primary) > 0;
}

/* When it last heard somebody whom it has to follow, and for how long at least it must then stay Backup. */
static void note_followed(struct router *router, struct view *view, const struct packet *packet)
{
	const struct vr_config *config = view->config;
	struct vrrp_advert advert;

	if (must_bow(view, packet, true)) {
		vrrp_decode(packet->bytes + 14, packet->length - 14, &advert);
		view->followed = router->world->now;
		view->loyalty = config->down_timer_adverts *
				(config->version == 3 ? advert.interval : config->advert_interval);
	} else if (vrrp_decode(packet->bytes + 14, packet->length - 14, &advert) == DROP_NONE &&
		   (advert.priority == VR_PRIORITY_STOP || config->preempt_delay > 0)) {
		/* With preempt_delay a lesser Master is followed, too, for a while, and its interval learnt. */
		view->loyalty = 0;
	}
}

void laws_heard(struct router *router, int ifindex, const struct packet *packet)
{
	uint8_t vrid, family;
	struct view *view;

	if (router->world->lawless || !is_vrrp(packet, &vrid, &family))
		return;
	view = router_view(router, family, vrid, ifindex);
	if (view == NULL)
		return;
	view->provoked = view->heard.ns == router->world->now.ns ? view->provoked + 1 : 1;
	view->heard = router->world->now;
	if (view->state == VR_MASTER && !router->waking && must_bow(view, packet, false))
		view->must_yield = true;
	if (view->state == VR_BACKUP)
		note_followed(router, view, packet);
}

/* The newest advert in the queue that this virtual router has to follow; NULL: none, or priority 0 came behind it. */
static const struct event *newest_master(const struct router *router, const struct view *view)
{
	const struct event *newest = NULL;
	uint8_t vrid, family;

	for (const struct event *event = router->waiting; event; event = event->next) {
		if (event->type != EVENT_PACKET || event->ifindex != view->ifindex ||
			!is_vrrp(event->packet, &vrid, &family) || vrid != view->config->vrid ||
			family != view->config->family)
			continue;
		newest = must_bow(view, event->packet, view->state == VR_BACKUP) ? event : NULL;
	}
	return newest;
}

void laws_before_wake(struct router *router)
{
	const mono_t now = router_local(router, router->world->now);

	router->waking = true;
	for (size_t i = 0; i < router->view_count; i++) {
		struct view *view = &router->views[i];
		const struct event *event;
		dur_t patience;

		if (!view->used || view->state == VR_INITIALIZE || router->world->lawless ||
			view->config->sync_group != NULL)
			continue;
		event = newest_master(router, view);
		patience = view->config->down_timer_adverts * view->config->advert_interval;
		if (event == NULL || mono_sub(now, event->received) >= patience)
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
