/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How `vigia decode` says what it found. */
#include "ctl/decode.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/vr.h"

static const char not_captured_text[] =
	"cannot tell: the capture holds only the beginning of it (capture again with a longer snap length)";

static void put_time(struct text *out, dur_t time)
{
	time_t seconds = (time_t)(time / DUR_S);
	char date[32], fraction[16];
	struct tm local;

	localtime_r(&seconds, &local);
	strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &local);
	snprintf(fraction, sizeof(fraction), ".%06lu", (unsigned long)(time % DUR_S / DUR_US));
	text_str(out, date);
	text_str(out, fraction);
}

static void put_number(struct text *out, const char *name, uint64_t value)
{
	text_str(out, ", ");
	text_str(out, name);
	text_char(out, ' ');
	text_u64(out, value);
}

static dur_t stamped_time(const struct vrrp_trailer *trailer)
{
	return (dur_t)(trailer->stamp >> 32) * DUR_S + ((dur_t)(trailer->stamp >> 16 & 0xffff) * DUR_S >> 16);
}

static void put_signature(struct text *out, const struct vrrp_advert *advert)
{
	if (advert->ah != NULL) {
		struct vrrp_ah ah = vrrp_ah_read(advert->ah);

		put_number(out, "AH sequence", ah.sequence);
	}
	if (advert->trailer != NULL) {
		struct vrrp_trailer trailer = vrrp_trailer_read(advert->trailer);

		put_number(out, "signed with key", trailer.key_id);
		text_str(out, " at ");
		put_time(out, stamped_time(&trailer));
	}
}

static bool is_signed(const struct vrrp_advert *advert)
{
	return advert->ah != NULL || advert->trailer != NULL;
}

static void put_addresses(struct text *out, const struct vrrp_advert *advert)
{
	if (advert->addresses == NULL) {
		put_number(out, "addresses", advert->address_count);
		text_str(out, " promised");
		return;
	}
	text_str(out, advert->address_count == 0 ? ", no addresses" : ", addresses");
	for (unsigned i = 0; i < advert->address_count; i++) {
		struct ip_addr addr = vrrp_advert_address(advert, i);

		text_char(out, ' ');
		text_ip(out, &addr);
	}
}

/* Of another version or type nobody knows what stands behind the first octets. */
static bool is_advert(const struct vrrp_advert *advert)
{
	return (advert->version == 2 || advert->version == 3) && advert->type == 1;
}

/* The message, as far as it was read: the version is 0 when it was not. */
static void put_message(struct text *out, const struct vrrp_advert *advert)
{
	put_number(out, "version", advert->version);
	if (advert->type != 1)
		put_number(out, "type", advert->type);
	put_number(out, "vrid", advert->vrid);
	put_number(out, "priority", advert->priority);
	if (!is_advert(advert))
		return;
	if (advert->version == 2 && advert->auth_type != 0)
		put_number(out, "authentication type", advert->auth_type);
	text_str(out, ", interval ");
	text_seconds(out, advert->interval);
	text_str(out, " s");
	put_addresses(out, advert);
	if (advert->checksum_form != VRRP_CHECKSUM_NONE) {
		text_str(out, ", checksum ");
		text_str(out, vrrp_checksum_form_name(advert->checksum_form));
	}
}

static void put_verdict(struct text *out, const struct decoded_packet *packet)
{
	if (packet->not_captured) {
		text_str(out, not_captured_text);
		return;
	}
	if (packet->reason == DROP_NONE) {
		text_str(out, "accepted");
		if (packet->instance != NULL) {
			text_str(out, " by ");
			text_str(out, packet->instance);
		} else if (is_signed(&packet->advert)) {
			text_str(out, ", but for the signature (only --config can judge it)");
		}
		if (packet->addresses_differ)
			text_str(out, ", although the addresses are not the configured ones");
		if (packet->interval_differs)
			text_str(out, ", although the interval is not the configured one");
		return;
	}
	text_str(out, "dropped");
	if (packet->instance != NULL) {
		text_str(out, " by ");
		text_str(out, packet->instance);
	}
	text_str(out, " (");
	text_str(out, drop_reason_name(packet->reason));
	text_str(out, "): ");
	text_str(out, drop_reason_text(packet->reason));
}

void decoded_packet_text(const struct decoded_packet *packet, struct text *out)
{
	const struct vrrp_advert *advert = &packet->advert;

	put_time(out, packet->time);
	text_str(out, "  ");
	text_ip(out, &advert->source);
	text_str(out, " > ");
	text_ip(out, &advert->destination);
	put_number(out, "ttl", advert->ttl);
	if (advert->version != 0)
		put_message(out, advert);
	put_signature(out, advert);
	if (packet->has_mac) {
		text_str(out, ", from ");
		text_mac(out, &packet->mac);
	}
	if (packet->vlan != 0)
		put_number(out, "vlan", packet->vlan);
	text_str(out, "  ");
	put_verdict(out, packet);
}

static void write_verdict(struct json_out *json, const struct decoded_packet *packet)
{
	bool accepted = packet->reason == DROP_NONE;

	if (packet->not_captured) {
		json_out_null(json, "accepted");
		json_out_string(json, "reason", "not-captured");
		json_out_string(json, "text", not_captured_text);
		return;
	}
	json_out_bool(json, "accepted", accepted);
	json_out_string(json, "reason", accepted ? NULL : drop_reason_name(packet->reason));
	json_out_string(json, "text", drop_reason_text(packet->reason));
}

/* The words are those of the records that the daemon makes of the same. */
static void write_remarks(struct json_out *json, const struct decoded_packet *packet)
{
	json_out_array(json, "remarks");
	if (packet->addresses_differ)
		json_out_string(json, NULL, vr_record_name(VR_RECORD_ADDRESSES_DIFFER));
	if (packet->interval_differs)
		json_out_string(json, NULL, vr_record_name(VR_RECORD_INTERVAL_DIFFERS));
	json_out_end(json);
}

static void write_mac(struct json_out *json, const char *name, bool known, const struct mac_addr *mac)
{
	char buffer[MAC_ADDR_TEXT_SIZE];

	json_out_string(json, name, known ? mac_format(mac, buffer) : NULL);
}

static void write_vlan(struct json_out *json, uint16_t vlan)
{
	if (vlan != 0)
		json_out_u64(json, "vlan", vlan);
	else
		json_out_null(json, "vlan");
}

static void write_addresses(struct json_out *json, const struct vrrp_advert *advert)
{
	if (advert->addresses == NULL) {
		json_out_null(json, "addresses");
		return;
	}
	json_out_array(json, "addresses");
	for (unsigned i = 0; i < advert->address_count; i++) {
		struct ip_addr addr = vrrp_advert_address(advert, i);

		json_out_ip(json, NULL, &addr);
	}
	json_out_end(json);
}

static void write_auth_data(struct json_out *json, const struct vrrp_advert *advert)
{
	char buffer[2 * VRRP_AUTH_SIZE + 1];
	struct text hex;

	text_init(&hex, buffer, sizeof(buffer));
	for (unsigned i = 0; advert->auth_data != NULL && i < VRRP_AUTH_SIZE; i++)
		text_hex(&hex, advert->auth_data[i], 2);
	json_out_string(json, "auth_data", advert->auth_data != NULL ? buffer : NULL);
}

/* true or false once a key has told; null otherwise. */
static void write_verified(struct json_out *json, const struct decoded_packet *packet)
{
	if (packet->instance != NULL && (packet->reason == DROP_NONE || packet->reason == DROP_AUTH_FAILURE))
		json_out_bool(json, "verified", packet->reason == DROP_NONE);
	else
		json_out_null(json, "verified");
}

static void write_signature(struct json_out *json, const struct decoded_packet *packet)
{
	if (!is_signed(&packet->advert)) {
		json_out_null(json, "signature");
		return;
	}
	json_out_object(json, "signature");
	if (packet->advert.ah != NULL) {
		struct vrrp_ah ah = vrrp_ah_read(packet->advert.ah);

		json_out_string(json, "scheme", "ah");
		json_out_u64(json, "spi", ah.spi);
		json_out_u64(json, "sequence", ah.sequence);
	} else {
		struct vrrp_trailer trailer = vrrp_trailer_read(packet->advert.trailer);

		json_out_string(json, "scheme", "hmac");
		json_out_u64(json, "key", trailer.key_id);
		json_out_seconds(json, "time", stamped_time(&trailer));
		json_out_u64(json, "counter", trailer.stamp & 0xffff);
	}
	write_verified(json, packet);
	json_out_end(json);
}

static void write_message(struct json_out *json, const struct vrrp_advert *advert)
{
	json_out_u64(json, "version", advert->version);
	json_out_u64(json, "type", advert->type);
	json_out_u64(json, "vrid", advert->vrid);
	json_out_u64(json, "priority", advert->priority);
	json_out_u64(json, "address_count", advert->address_count);
	if (is_advert(advert) && advert->version == 2)
		json_out_u64(json, "auth_type", advert->auth_type);
	else
		json_out_null(json, "auth_type");
	if (is_advert(advert))
		json_out_seconds(json, "interval", advert->interval);
	else
		json_out_null(json, "interval");
	json_out_u64(json, "checksum", advert->checksum);
	json_out_string(json, "checksum_form", vrrp_checksum_form_name(advert->checksum_form));
	write_addresses(json, advert);
	write_auth_data(json, advert);
}

/* Every line has every member: null stands for what was not read. */
static void write_no_message(struct json_out *json)
{
	static const char *const names[] = {"version", "type", "vrid", "priority", "address_count",
		"auth_type", "interval", "checksum", "checksum_form", "addresses", "auth_data"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		json_out_null(json, names[i]);
}

void decoded_packet_json(const struct decoded_packet *packet, struct text *out)
{
	const struct vrrp_advert *advert = &packet->advert;
	struct json_out json;

	json_out_begin(&json, out);
	json_out_object(&json, NULL);
	json_out_u64(&json, "number", packet->number);
	json_out_seconds(&json, "time", packet->time);
	write_verdict(&json, packet);
	json_out_string(&json, "instance", packet->instance);
	write_remarks(&json, packet);
	write_mac(&json, "source_mac", packet->has_mac, &packet->mac);
	write_vlan(&json, packet->vlan);
	json_out_ip(&json, "source", &advert->source);
	json_out_ip(&json, "destination", &advert->destination);
	json_out_u64(&json, "ttl", advert->ttl);
	if (advert->version != 0)
		write_message(&json, advert);
	else
		write_no_message(&json);
	write_signature(&json, packet);
	json_out_end(&json);
}

static const char *announcement_word(const struct decoded_announcement *announcement)
{
	return announcement->address.family == IP_V4 ? "gratuitous ARP" : "unsolicited NA";
}

void decoded_announcement_text(const struct decoded_announcement *announcement, struct text *out)
{
	put_time(out, announcement->time);
	text_str(out, "  ");
	text_str(out, announcement_word(announcement));
	text_str(out, ": ");
	text_ip(out, &announcement->address);
	if (announcement->names_mac) {
		text_str(out, " is at ");
		text_mac(out, &announcement->mac);
	}
	if (announcement->has_mac) {
		text_str(out, ", from ");
		text_mac(out, &announcement->frame_mac);
	}
	if (announcement->vlan != 0)
		put_number(out, "vlan", announcement->vlan);
}

void decoded_announcement_json(const struct decoded_announcement *announcement, struct text *out)
{
	struct json_out json;

	json_out_begin(&json, out);
	json_out_object(&json, NULL);
	json_out_u64(&json, "number", announcement->number);
	json_out_seconds(&json, "time", announcement->time);
	json_out_string(&json, "announcement", announcement_word(announcement));
	json_out_ip(&json, "address", &announcement->address);
	write_mac(&json, "mac", announcement->names_mac, &announcement->mac);
	write_mac(&json, "source_mac", announcement->has_mac, &announcement->frame_mac);
	write_vlan(&json, announcement->vlan);
	json_out_end(&json);
}
