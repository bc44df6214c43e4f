/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets: decoded (wire), given to the virtual router of their interface, family and VRID, compared with its
 * configuration (core/accept), and taken by its machine, or dropped and counted once.
 *
 * Packets with our own source address are not refused here: a duplicate address looks the same as a loop, and the
 * receive path keeps our own frames out. The machine knows what to do with them: AMB-19.
 */
#include <string.h>

#include "engine/look_ahead.h"
#include "engine/state.h"

#include "core/accept.h"

static void take(
	struct engine *engine, struct instance *instance, const struct vrrp_advert *advert, mono_t at)
{
	struct vr_event event = {.type = VR_EVENT_ADVERT, .advert = advert};

	instance->counters.adverts_received++;
	if (advert->priority == VR_PRIORITY_STOP)
		instance->counters.priority_zero_received++;
	instance_input(engine, instance, &event, at);
	tracking_heard(engine, instance->interface, at);
}

static bool is_listening(const struct instance *instance)
{
	/* One that has left service still waits for its successor's advert. */
	return instance->started &&
	       (instance->vr.state != VR_INITIALIZE || instance->vr.hold != VR_HOLD_NOTHING);
}

static void give(struct engine *engine, int ifindex, struct instance *instance,
	const struct vrrp_advert *advert, mono_t at)
{
	bool hands_over = instance->vr.hold == VR_HOLD_UNTIL_SUCCESSOR;
	enum drop_reason reason = advert_check(instance->config, hands_over, advert);

	/* On its way through this router to another one. */
	if (reason == DROP_NONE && instance->config->extra->unicast.enabled &&
		!ip_equal(&advert->destination, &instance->vr.primary))
		reason = DROP_DESTINATION;

	if (reason == DROP_NONE && !is_listening(instance))
		reason = DROP_NOT_RUNNING;
	if (reason == DROP_NONE)
		reason = signature_check_replay(engine, instance, advert);
	if (reason != DROP_NONE) {
		drop_count(engine, ifindex, instance, reason, advert, at);
		return;
	}
	if (ip_equal(&advert->source, &instance->vr.primary))
		drop_remark(engine, ifindex, instance, DROP_LOOPED, advert, at);
	/* RX-26: RFC 9568 wants a link-local source, but has no check. */
	if (advert->source.family == IP_V6 && !ip_is_link_local(&advert->source) &&
		ip_is_multicast(&advert->destination))
		drop_remark(engine, ifindex, instance, DROP_SOURCE, advert, at);
	take(engine, instance, advert, at);
}

/* The link that the packet is for; NULL: not known, or a copy.
 * A peer's frames from the virtual MAC come by our device of that MAC, and by it alone: they count as its parent's. Frames
 * for a group from other MACs come by the parent, and perhaps once more by each device: doc/linux.md section 6. */
static const struct link *receiving_link(
	const struct engine *engine, const struct engine_packet *packet, bool *is_copy)
{
	const struct device *device = device_of_link(engine, packet->ifindex);

	*is_copy = false;
	if (device == NULL)
		return link_by_index(engine, packet->ifindex);
	*is_copy = packet->multicast &&
		   (device->wanted.mode != VMAC_MACVLAN ||
			   memcmp(&packet->source_mac, &device->wanted.mac, sizeof(packet->source_mac)) != 0);
	return device->parent->link;
}

static void receive_packet(struct engine *engine, const struct engine_packet *packet, mono_t at)
{
	bool is_copy;
	const struct link *link = receiving_link(engine, packet, &is_copy);
	const int ifindex = link != NULL ? link->ifindex : packet->ifindex;
	struct vrrp_advert advert;
	enum drop_reason reason;
	struct instance *instance = NULL;

	if (is_copy)
		return;
	reason = vrrp_decode(packet->bytes, packet->length, &advert);
	if (advert.vrid != 0)
		instance = anchored_instance_for(engine, &advert);
	if (instance == NULL && link != NULL && link->interface != NULL && advert.vrid != 0)
		instance = instance_for(link->interface, &advert);
	if (reason == DROP_NONE && instance == NULL)
		reason = DROP_VRID;
	if (reason != DROP_NONE) {
		drop_count(engine, ifindex, instance, reason, &advert, at);
		return;
	}
	give(engine, ifindex, instance, &advert, at);
}

void engine_packets(struct engine *engine, const struct engine_packet *packets, size_t count, mono_t now)
{
	for (size_t i = 0; i < count; i++) {
		if (i % LOOK_AHEAD_GROUP == 0)
			look_ahead_packets(engine, &packets[i], count - i < LOOK_AHEAD_GROUP ? count - i : LOOK_AHEAD_GROUP);
		receive_packet(engine, &packets[i],
			mono_before(now, packets[i].received) ? now : packets[i].received);
	}
	turn_end(engine, now);
}
