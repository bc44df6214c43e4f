/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Adverts: each virtual router keeps the finished frame that it repeats, and builds it again only when something in it has
 * changed (source, hardware address, priority, list, checksum form). All others, those with priority 0 above all, are built
 * when they are said, in a room that all share.
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
#define MESSAGE_PRIORITY 2 /* where it stands */
#define IPV4_SOURCE 12
#define IPV6_SOURCE 8

_Static_assert(ETHERNET_HEADER_SIZE + IPV6_HEADER_SIZE + MESSAGE_WITHOUT_ADDRESSES + VRRP_AUTH_SIZE + SIGNATURE_MAX +
			       16 * VRRP_ADDRESSES_MAX <=
		       FRAME_MAX,
	"room for every advert");

static size_t address_size(const struct vr_config *config)
{
	return config->family == IP_V6 ? 16 : 4;
}

static size_t header_size(const struct vr_config *config)
{
	return ETHERNET_HEADER_SIZE + (config->family == IP_V6 ? IPV6_HEADER_SIZE : IPV4_HEADER_SIZE);
}

/* Whose adverts are each said once, or made for each receiver, keeps none. */
static bool keeps_frame(const struct vr_config *config)
{
	return !config->extra->unicast.enabled &&
	       (config_scheme(config) == VRRP_SCHEME_NONE || config_scheme(config) == VRRP_SCHEME_PASS);
}

static bool make_replay(struct instance *instance, const struct vr_config *config)
{
	const bool numbered = config->extra->hmac.enabled || config->extra->authentication == AUTHENTICATION_AH;

	struct instance_rare *rare = numbered ? instance_rare(instance) : NULL;

	if (rare != NULL && rare->replay == NULL)
		rare->replay = calloc(1, sizeof(*rare->replay));
	return !numbered || instance->rare->replay != NULL;
}

size_t advert_room(const struct vr_config *config)
{
	const size_t listed =
		config->advertised_count < VRRP_ADDRESSES_MAX ? config->advertised_count : VRRP_ADDRESSES_MAX;

	if (!keeps_frame(config))
		return 0;
	return header_size(config) + MESSAGE_WITHOUT_ADDRESSES + (config->version == 2 ? VRRP_AUTH_SIZE : 0) +
	       address_size(config) * listed;
}

void advert_free(struct instance *instance)
{
	if (instance->advert_bytes != instance->own_frame)
		free(instance->advert_bytes);
	instance->advert_bytes = NULL;
}

bool advert_prepare(struct instance *instance, const struct vr_config *config)
{
	const size_t size = advert_room(config);
	const bool fits = size <= instance->advert.own_size;
	uint8_t *memory = NULL;

	if (!make_replay(instance, config))
		return false;
	if (size > 0)
		memory = fits ? instance->own_frame : malloc(size);
	if (size > 0 && memory == NULL)
		return false;
	advert_free(instance);
	instance->advert_bytes = memory;
	instance->advert = (struct advert_frame){.size = (uint16_t)size, .own_size = instance->advert.own_size};
	instance->will_has_advert = false;
	instance->will_is_old = true;
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

/* What it says is compared where it stands: in the frame. */
static bool is_current(const struct instance *instance, uint8_t priority)
{
	const struct advert_frame *frame = &instance->advert;
	const uint8_t *const bytes = instance->advert_bytes;
	const struct link *link = instance->interface->link;
	const struct ip_addr *source = &instance->vr.primary;
	const size_t source_at = ETHERNET_HEADER_SIZE + (source->family == IP_V6 ? IPV6_SOURCE : IPV4_SOURCE);
	struct mac_addr mac;

	if (frame->length == 0 || link == NULL || !ip_is_set(source))
		return false;
	mac = instance_advert_mac(instance, link);
	return bytes[header_size(instance->config) + MESSAGE_PRIORITY] == priority &&
	       memcmp(bytes + source_at, source->bytes, address_size(instance->config)) == 0 &&
	       memcmp(bytes + sizeof(mac), &mac, sizeof(mac)) == 0 && frame->mtu == link->mtu &&
	       frame->checksum_form == vr_checksum_form(&instance->vr);
}

bool advert_is_current(const struct instance *instance)
{
	return is_current(instance, instance->vr.priority);
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
	const unsigned mtu = config->extra->unicast.enabled && link->mtu > UNICAST_MTU ? UNICAST_MTU : link->mtu;

	*request = (struct vrrp_encode_request){.source_mac = instance_advert_mac(instance, link),
		.source = instance->vr.primary,
		.destination = config->extra->unicast.peer_count > 0 ? config->extra->unicast.peers[0].address : config->extra->group,
		.ttl = config->extra->unicast.enabled ? config->extra->unicast.ttl : 0,
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

/* Its length; 0: it cannot be built. */
static size_t build(struct engine *engine, const struct batch_advert *advert, uint8_t *bytes, size_t size,
	struct vrrp_signature *signature, mono_t now)
{
	struct ip_addr listed[VRRP_ADDRESSES_MAX];
	struct vrrp_encode_request request;

	signature_make(engine, advert->instance, advert_version(advert), signature);
	advert_request(engine, advert->instance, advert, &request, listed, signature, now);
	return vrrp_encode(&request, bytes, size);
}

static bool can_speak(const struct instance *instance)
{
	return instance->interface->link != NULL && ip_is_set(&instance->vr.primary);
}

size_t advert_build_stop(struct engine *engine, struct instance *instance, uint8_t bytes[FRAME_MAX], mono_t now)
{
	const struct batch_advert advert = {.instance = instance, .priority = VR_PRIORITY_STOP};
	struct vrrp_signature signature;

	return can_speak(instance) ? build(engine, &advert, bytes, FRAME_MAX, &signature, now) : 0;
}

static void send_failed(struct engine *engine, struct instance *instance, int error, mono_t now)
{
	struct history_entry entry = {.remark = REMARK_SEND_FAILED, .record.error = error};

	instance->counters.send_errors++;
	if (mono_before(now, mono_add(instance->rare->send_error_told, SEND_ERROR_SPACING)) || instance_rare(instance) == NULL)
		return;
	instance_rare(instance)->send_error_told = now;
	history_remark(engine, instance, &entry, now);
}

void advert_was_sent(struct engine *engine, const struct batch_advert *advert, int error, mono_t now)
{
	struct instance *instance = advert->instance;

	instance->advert.queued = false;
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
	engine->frame_room_used = 0;
	engine->port->send_frames(engine->port->user, engine->frames, count);
	for (size_t i = 0; i < count; i++)
		advert_was_sent(engine, &engine->frame_owners[i], engine->frames[i].error, now);
}

/* The one that is repeated. Its length; 0: it cannot be built. */
static size_t make_usual(struct engine *engine, const struct batch_advert *advert, mono_t now)
{
	struct advert_frame *frame = &advert->instance->advert;
	struct vrrp_signature signature;

	if (is_current(advert->instance, advert->priority))
		return frame->length;
	/* The frames that wait have the old bytes. */
	if (frame->queued)
		frames_flush(engine, now);
	frame->length = (uint16_t)build(engine, advert, advert->instance->advert_bytes, frame->size, &signature, now);
	frame->mtu = advert->instance->interface->link->mtu;
	frame->checksum_form = (uint8_t)vr_checksum_form(&advert->instance->vr);
	advert->instance->will_has_advert = false;
	return frame->length;
}

/* One that is said once, in the room that is free again when it is sent. */
static size_t make_other(
	struct engine *engine, const struct batch_advert *advert, struct vrrp_signature *signature, mono_t now)
{
	size_t length;

	if (engine->frame_room_used + FRAME_MAX > FRAME_ROOM)
		frames_flush(engine, now);
	length = build(engine, advert, engine->frame_room + engine->frame_room_used, FRAME_MAX, signature, now);
	engine->frame_room_used += length;
	return length;
}

static void queue_frame(struct engine *engine, const struct batch_advert *advert, mono_t now)
{
	struct instance *instance = advert->instance;
	const bool usual = instance->advert_bytes != NULL && !advert->version_2 && advert->interval == 0 &&
			   advert->priority != VR_PRIORITY_STOP;
	struct vrrp_signature signature = {0};
	size_t length = 0;

	if (engine->frame_count == BATCH_SIZE)
		frames_flush(engine, now);
	if (can_speak(instance))
		length = usual ? make_usual(engine, advert, now) : make_other(engine, advert, &signature, now);
	if (length == 0) {
		send_failed(engine, instance, -ENODEV, now);
		return;
	}
	instance->advert.queued = instance->advert.queued || usual;
	signature_was_sent(instance, &signature);
	engine->frames[engine->frame_count] = (struct port_frame){.ifindex = instance->interface->link->ifindex,
		.bytes = usual ? instance->advert_bytes : engine->frame_room + engine->frame_room_used - length,
		.length = length};
	engine->frame_owners[engine->frame_count] = *advert;
	engine->frame_count++;
}

static void send_one(struct engine *engine, const struct batch_advert *advert, mono_t now)
{
	if (advert->instance->config->extra->unicast.enabled)
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

		if (batch_holds_advert(engine, &advert))
			continue;
		send_one(engine, &advert, now);
		advert.version_2 = true;
		if (config->version == 3 && vr_config_speaks(config, 2))
			send_one(engine, &advert, now);
	}
	batch->advert_count = 0;
	frames_flush(engine, now);
}
