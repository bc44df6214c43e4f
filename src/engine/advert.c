/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Adverts: each virtual router keeps two finished frames, the one it repeats and the one with priority 0, and builds them
 * again only when something in them has changed (source, hardware address, priority, list, interval, checksum form).
 * With version_2_too each of them has a copy of version 2, which leaves right behind it (RFC 9568 8.4.2): in this order,
 * since who understands both then knows already that the copy is one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/accept.h"
#include "engine/state.h"

#define SIGNATURE_MAX VRRP_TRAILER_SIZE /* AH takes less */
#define MESSAGE_WITHOUT_ADDRESSES 8
#define FRAME_WITHOUT_ADDRESSES                                                                              \
	(ETHERNET_HEADER_SIZE + IPV6_HEADER_SIZE + MESSAGE_WITHOUT_ADDRESSES + VRRP_AUTH_SIZE +              \
		SIGNATURE_MAX)

static size_t address_size(const struct vr_config *config)
{
	return config->family == IP_V6 ? 16 : 4;
}

bool advert_prepare(struct instance *instance, const struct vr_config *config)
{
	size_t listed =
		config->advertised_count < VRRP_ADDRESSES_MAX ? config->advertised_count : VRRP_ADDRESSES_MAX;
	size_t size = FRAME_WITHOUT_ADDRESSES + address_size(config) * listed;
	size_t kinds = vr_config_speaks(config, 2) && config->version == 3 ? ADVERT_KIND_COUNT : ADVERT_USUAL_V2;
	uint8_t *memory = malloc((kinds + 1) * size);

	if (memory == NULL)
		return false;
	free(instance->frame_memory);
	instance->frame_memory = memory;
	for (size_t kind = 0; kind < kinds; kind++)
		instance->adverts[kind] = (struct advert_frame){.bytes = memory + kind * size, .size = size};
	instance->will_frame = memory + kinds * size;
	instance->will_frame_length = 0;
	instance->will_version = 0;
	instance->omission_told = false;
	return true;
}

/* AMB-15: as many as the count octet and the MTU allow, never a fragment. */
static size_t listed_count(const struct vr_config *config, uint8_t version, unsigned mtu)
{
	size_t most = VRRP_ADDRESSES_MAX;
	size_t header = config->family == IP_V6 ? IPV6_HEADER_SIZE : IPV4_HEADER_SIZE;
	size_t fixed = header + MESSAGE_WITHOUT_ADDRESSES + (version == 2 ? VRRP_AUTH_SIZE : 0) +
		       (config_scheme(config) == VRRP_SCHEME_NONE ? 0 : SIGNATURE_MAX);

	if (mtu > fixed && (mtu - fixed) / address_size(config) < most)
		most = (mtu - fixed) / address_size(config);
	return config->advertised_count < most ? config->advertised_count : most;
}

static bool is_current(const struct instance *instance, const struct advert_frame *frame, uint8_t priority,
	dur_t interval)
{
	const struct link *link = instance->interface->link;
	const struct mac_addr mac = instance_advert_mac(instance, link);

	return frame->length > 0 && frame->priority == priority && frame->interval == interval &&
	       ip_equal(&frame->source, &instance->vr.primary) &&
	       memcmp(&frame->mac, &mac, sizeof(frame->mac)) == 0 && frame->mtu == link->mtu &&
	       frame->checksum_form == vr_checksum_form(&instance->vr) && signature_is_fresh(instance, frame);
}

static void remark_omission(struct engine *engine, struct instance *instance, size_t listed, mono_t now)
{
	struct history_entry entry = {.remark = REMARK_ADDRESSES_OMITTED, .count = (unsigned)listed};

	if (listed == instance->config->advertised_count || instance->omission_told)
		return;
	instance->omission_told = true;
	history_remark(engine, instance, &entry, now);
}

uint8_t advert_version(const struct batch_advert *advert)
{
	return advert->version_2 ? 2 : advert->instance->config->version;
}

void advert_request(struct engine *engine, struct instance *instance, const struct batch_advert *advert,
	struct vrrp_encode_request *request, struct ip_addr *listed, const struct vrrp_signature *signature, mono_t now)
{
	const struct vr_config *config = instance->config;
	const struct link *link = instance->interface->link;
	const uint8_t version = advert_version(advert);
	const dur_t interval = advert->interval > 0 ? advert->interval : config->advert_interval;
	const unsigned mtu = config->unicast.enabled && link->mtu > UNICAST_MTU ? UNICAST_MTU : link->mtu;

	*request = (struct vrrp_encode_request){.source_mac = instance_advert_mac(instance, link),
		.source = instance->vr.primary,
		.destination = config->unicast.peer_count > 0 ? config->unicast.peers[0].address : config->group,
		.ttl = config->unicast.enabled ? config->unicast.ttl : 0,
		.version = version,
		.vrid = config->vrid,
		.priority = advert->priority,
		.interval = version == config->version ? interval : vr_version_2_interval(interval),
		.checksum_form = vr_checksum_form(&instance->vr),
		.addresses = listed,
		.address_count = listed_count(config, version, mtu),
		.signature = signature};

	for (size_t i = 0; i < request->address_count; i++)
		listed[i] = config->addresses[i].prefix.addr;
	remark_omission(engine, instance, request->address_count, now);
}

static void build(struct engine *engine, struct advert_frame *frame, const struct batch_advert *advert, mono_t now)
{
	struct ip_addr listed[VRRP_ADDRESSES_MAX];
	struct vrrp_signature signature;
	struct vrrp_encode_request request;

	signature_make(engine, advert->instance, advert_version(advert), &signature);
	advert_request(engine, advert->instance, advert, &request, listed, &signature, now);
	frame->length = vrrp_encode(&request, frame->bytes, frame->size);
	frame->source = request.source;
	frame->mac = request.source_mac;
	frame->mtu = advert->instance->interface->link->mtu;
	frame->priority = advert->priority;
	frame->interval = advert->interval;
	frame->checksum_form = request.checksum_form;
	frame->sequence = signature.sequence;
	frame->follows = advert->instance->replay.sent;
}

static void send_failed(struct engine *engine, struct instance *instance, int error, mono_t now)
{
	struct history_entry entry = {.remark = REMARK_SEND_FAILED, .record.error = error};

	instance->counters.send_errors++;
	if (mono_before(now, mono_add(instance->send_error_told, SEND_ERROR_SPACING)))
		return;
	instance->send_error_told = now;
	history_remark(engine, instance, &entry, now);
}

void advert_was_sent(struct engine *engine, const struct batch_advert *advert, int error, mono_t now)
{
	struct instance *instance = advert->instance;

	for (size_t kind = 0; kind < ADVERT_KIND_COUNT; kind++)
		instance->adverts[kind].queued = false;
	if (error != 0) {
		send_failed(engine, instance, error, now);
		return;
	}
	instance->counters.adverts_sent++;
	if (advert->priority == VR_PRIORITY_STOP)
		instance->counters.priority_zero_sent++;
}

static void frames_flush(struct engine *engine, mono_t now)
{
	size_t count = engine->frame_count;

	if (count == 0)
		return;
	engine->frame_count = 0;
	engine->port->send_frames(engine->port->user, engine->frames, count);
	for (size_t i = 0; i < count; i++)
		advert_was_sent(engine, &engine->frame_owners[i], engine->frames[i].error, now);
}

static struct advert_frame *current_frame(
	struct engine *engine, const struct batch_advert *advert, mono_t now)
{
	struct instance *instance = advert->instance;
	bool version_2 = advert->version_2;
	enum advert_kind usual = version_2 ? ADVERT_USUAL_V2 : ADVERT_USUAL;
	enum advert_kind stop = version_2 ? ADVERT_STOP_V2 : ADVERT_STOP;
	struct advert_frame *frame = &instance->adverts[advert->priority == VR_PRIORITY_STOP ? stop : usual];

	if (instance->interface->link == NULL || !ip_is_set(&instance->vr.primary))
		return NULL;
	if (!is_current(instance, frame, advert->priority, advert->interval)) {
		/* The frames that wait have the old bytes. */
		if (frame->queued)
			frames_flush(engine, now);
		build(engine, frame, advert, now);
	}
	return frame->length > 0 ? frame : NULL;
}

const struct advert_frame *advert_frame(
	struct engine *engine, struct instance *instance, uint8_t priority, mono_t now)
{
	return current_frame(
		engine, &(struct batch_advert){.instance = instance, .priority = priority}, now);
}

static void queue_frame(struct engine *engine, const struct batch_advert *advert, mono_t now)
{
	struct instance *instance = advert->instance;
	struct advert_frame *frame = current_frame(engine, advert, now);

	if (frame == NULL) {
		send_failed(engine, instance, -ENODEV, now);
		return;
	}
	if (engine->frame_count == BATCH_SIZE)
		frames_flush(engine, now);
	frame->queued = true;
	anti_replay_sent(&instance->replay, frame->sequence);
	engine->frames[engine->frame_count] =
		(struct port_frame){.ifindex = instance->interface->link->ifindex,
			.bytes = frame->bytes,
			.length = frame->length};
	engine->frame_owners[engine->frame_count] = *advert;
	engine->frame_count++;
}

static void send_one(struct engine *engine, const struct batch_advert *advert, mono_t now)
{
	if (advert->instance->config->unicast.enabled)
		unicast_send(engine, advert, now);
	else
		queue_frame(engine, advert, now);
}

void adverts_send(struct engine *engine, mono_t now)
{
	struct batch *batch = &engine->batch;

	for (size_t i = 0; i < batch->advert_count; i++) {
		struct batch_advert advert = batch->adverts[i];
		const struct vr_config *config = advert.instance->config;

		send_one(engine, &advert, now);
		advert.version_2 = true;
		if (config->version == 3 && vr_config_speaks(config, 2))
			send_one(engine, &advert, now);
	}
	batch->advert_count = 0;
	frames_flush(engine, now);
}
