/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a unicast Backup asks its peers on the link: their hardware addresses, so that they learn its own.
 *
 * A master whose kernel knows no hardware address of ours, or the one of an interface that was replaced, speaks to us and is not
 * heard: for a second, or for eight. So a Backup that has heard nobody since its link came up, or whose link has another
 * hardware address now, asks its peers by ARP or neighbour solicitations, until it hears one, or has asked often enough: the
 * spacing doubles. Virtual routers with the same peers ask once for all.
 */
#include "engine/state.h"

#define QUESTIONS 6
#define FIRST_SPACING (DUR_S / 4) /* and then twice as long each: the last one 7.75 s after the first */

/* One that was asked in the name of another virtual router is not asked again so soon. */
static bool was_asked(struct engine *engine, const struct peer_question *question)
{
	const mono_t since = mono_add(question->at, -FIRST_SPACING / 2);
	struct peer_question *oldest = &engine->questions[0];

	for (size_t i = 0; i < PEER_QUESTIONS_KNOWN; i++) {
		struct peer_question *known = &engine->questions[i];

		if (known->ifindex == question->ifindex && mono_before(since, known->at) && ip_equal(&known->source, &question->source) &&
			ip_equal(&known->peer, &question->peer))
			return true;
		if (mono_before(known->at, oldest->at))
			oldest = known;
	}
	*oldest = *question;
	return false;
}

static void ask(struct engine *engine, const struct instance *instance, mono_t now)
{
	const struct unicast_config *unicast = &instance->config->extra->unicast;
	const struct interface *interface = instance->interface;
	const struct link *link = interface->link;

	if (link == NULL || !link_has_arp(link) || !ip_is_set(&instance->vr.primary))
		return;
	for (size_t i = 0; i < unicast->peer_count; i++) {
		const struct peer_question question = {
			.ifindex = link->ifindex, .source = instance->vr.primary, .peer = unicast->peers[i].address, .at = now};

		if (link_reaches(link, &question.peer) && !was_asked(engine, &question))
			probe_send(engine, interface, &question.source, &question.peer);
	}
}

static void end(struct instance *instance)
{
	struct instance_rare *rare = instance_rare(instance);

	rare->ask_peers_at = MONO_NEVER;
	rare->asking_since = MONO_NEVER;
	rare->questions_asked = 0;
	instance_rare_tidy(instance);
}

void peer_questions_begin(struct engine *engine, struct instance *instance, mono_t now)
{
	struct instance_rare *rare;

	if (!instance->config->extra->unicast.enabled || instance->vr.state != VR_BACKUP)
		return;
	rare = instance_rare(instance);
	if (rare == NULL)
		return;
	rare->asking_since = now;
	rare->questions_asked = 0;
	peer_questions_tick(engine, instance, now);
	instance_wait(engine, instance);
}

void peer_questions_follow(struct engine *engine, struct instance *instance, enum vr_state before, mono_t now)
{
	const struct vr *vr = &instance->vr;

	if (instance->rare->ask_peers_at.ns != MONO_NEVER.ns) {
		if (vr->state != VR_BACKUP || !instance->config->extra->unicast.enabled ||
			(ip_is_set(&vr->peer.address) && mono_before(instance->rare->asking_since, vr->peer.heard)))
			end(instance);
	} else if (vr->state == VR_BACKUP && before != VR_BACKUP && !vr->path_proven) {
		peer_questions_begin(engine, instance, now);
	}
}

void peer_questions_tick(struct engine *engine, struct instance *instance, mono_t now)
{
	struct instance_rare *rare = instance_rare(instance);

	ask(engine, instance, now);
	rare->ask_peers_at = mono_add(now, FIRST_SPACING << rare->questions_asked);
	if (++rare->questions_asked == QUESTIONS)
		end(instance);
}
