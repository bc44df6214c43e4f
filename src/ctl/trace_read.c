/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/trace_read.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/trace.h"

/* Always false, so that a reader can return it. */
__attribute__((format(printf, 2, 3))) static bool wrong(struct trace_line *line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line->problem, sizeof(line->problem), format, arguments);
	va_end(arguments);
	return false;
}

static bool get_integer(struct trace_line *line, const json_t *object, const char *key, int64_t least,
	int64_t most, int64_t *out)
{
	const json_t *value = json_object_get(object, key);

	*out = 0; /* gcc 12 does not see at -O3 that it is not used without */
	if (!json_is_integer(value) || json_integer_value(value) < least || json_integer_value(value) > most)
		return wrong(
			line, "\"%s\" must be a whole number from %" PRId64 " to %" PRId64, key, least, most);
	*out = json_integer_value(value);
	return true;
}

static bool get_u8(struct trace_line *line, const json_t *object, const char *key, uint8_t *out)
{
	int64_t value;

	if (!get_integer(line, object, key, 0, UINT8_MAX, &value))
		return false;
	*out = (uint8_t)value;
	return true;
}

static bool get_bool(struct trace_line *line, const json_t *object, const char *key, bool *out)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_boolean(value))
		return wrong(line, "\"%s\" must be true or false", key);
	*out = json_is_true(value);
	return true;
}

static bool get_string(struct trace_line *line, const json_t *object, const char *key, const char **out)
{
	*out = json_string_value(json_object_get(object, key));
	return *out != NULL || wrong(line, "\"%s\" must be a string", key);
}

/* null is no address. */
static bool get_address(
	struct trace_line *line, const json_t *value, const char *key, bool may_be_null, struct ip_addr *out)
{
	const char *text = json_string_value(value);

	*out = (struct ip_addr){.family = IP_NONE};
	if (may_be_null && json_is_null(value))
		return true;
	if (text == NULL || !ip_parse(text, strlen(text), out))
		return wrong(line, "\"%s\" must be an IP address%s", key, may_be_null ? " or null" : "");
	return true;
}

static bool get_checksum_form(struct trace_line *line, const json_t *object, enum vrrp_checksum_form *out)
{
	const char *name;

	if (!get_string(line, object, "checksum_form", &name))
		return false;
	for (unsigned form = VRRP_CHECKSUM_NONE; form <= VRRP_CHECKSUM_BOTH; form++) {
		if (strcmp(name, vrrp_checksum_form_name((enum vrrp_checksum_form)form)) == 0) {
			*out = (enum vrrp_checksum_form)form;
			return true;
		}
	}
	return wrong(line, "\"checksum_form\" must be none, message-only, pseudo-header or both");
}

static bool get_addresses(struct trace_line *line, const json_t *object)
{
	const json_t *list = json_object_get(object, "addresses");
	unsigned size = ip_size(&line->advert.source);

	if (!json_is_array(list) || json_array_size(list) > VRRP_ADDRESSES_MAX)
		return wrong(line, "\"addresses\" must be a list of at most %d", VRRP_ADDRESSES_MAX);
	line->advert.address_count = (uint8_t)json_array_size(list);
	line->advert.addresses = line->address_bytes;
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct ip_addr addr;

		if (!get_address(line, json_array_get(list, i), "addresses", false, &addr))
			return false;
		if (addr.family != line->advert.source.family)
			return wrong(line, "\"addresses\" are not of the family of \"source\"");
		memcpy(line->address_bytes + i * size, addr.bytes, size);
	}
	return true;
}

static bool read_advert(struct trace_line *line, const json_t *event)
{
	struct vrrp_advert *advert = &line->advert;
	int64_t checksum, interval;

	line->event.advert = advert;
	if (!get_address(line, json_object_get(event, "source"), "source", false, &advert->source) ||
		!get_address(line, json_object_get(event, "destination"), "destination", false,
			&advert->destination) ||
		!get_u8(line, event, "ttl", &advert->ttl) ||
		!get_u8(line, event, "version", &advert->version) ||
		!get_u8(line, event, "packet_type", &advert->type) ||
		!get_u8(line, event, "vrid", &advert->vrid) ||
		!get_u8(line, event, "priority", &advert->priority) ||
		!get_u8(line, event, "auth_type", &advert->auth_type) ||
		!get_checksum_form(line, event, &advert->checksum_form) ||
		!get_integer(line, event, "checksum", 0, UINT16_MAX, &checksum) ||
		!get_integer(line, event, "interval", 0, 255 * DUR_S, &interval))
		return false;
	advert->checksum = (uint16_t)checksum;
	advert->interval = interval;
	return get_addresses(line, event);
}

/* Traces of the first days know nothing of duplicate address detection. */
static bool get_bool_if_there(struct trace_line *line, const json_t *event, const char *key, bool *value)
{
	return json_object_get(event, key) == NULL || get_bool(line, event, key, value);
}

static bool read_interface(struct trace_line *line, const json_t *event)
{
	struct vr_interface *interface = &line->event.interface;

	return get_bool(line, event, "exists", &interface->exists) &&
	       get_bool(line, event, "up", &interface->up) &&
	       get_bool_if_there(line, event, "tentative", &interface->tentative) &&
	       get_bool_if_there(line, event, "duplicate", &interface->duplicate) &&
	       get_bool_if_there(line, event, "no_device", &interface->no_device) &&
	       get_bool_if_there(line, event, "bad_device", &interface->bad_device) &&
	       get_bool_if_there(line, event, "unproven", &interface->unproven) &&
	       get_address(line, json_object_get(event, "primary"), "primary", true, &interface->primary);
}

static bool read_track_value(struct trace_line *line, const json_t *object, struct track_value *value)
{
	const char *state;
	int64_t number = 0;

	if (!get_string(line, object, "state", &state))
		return false;
	if (!track_state_from_name(state, &value->state))
		return wrong(line, "\"state\" of a tracked object must be unknown, up or down");
	if (json_object_get(object, "value") != NULL &&
		!get_integer(line, object, "value", INT32_MIN, INT32_MAX, &number))
		return false;
	value->value = (int32_t)number;
	return true;
}

static bool read_track(struct trace_line *line, const json_t *event)
{
	int64_t index;

	if (!get_integer(line, event, "index", 0, UINT16_MAX, &index))
		return false;
	line->event.track_index = (size_t)index;
	return read_track_value(line, event, &line->event.track_value);
}

static bool read_config(struct trace_line *line, const json_t *event)
{
	const json_t *tracks = json_object_get(event, "tracks");

	if (!json_is_array(tracks))
		return wrong(line, "\"tracks\" must be a list");
	line->track_count = json_array_size(tracks);
	line->tracks = calloc(line->track_count + 1, sizeof(*line->tracks));
	if (line->tracks == NULL)
		return wrong(line, "no memory");
	for (size_t i = 0; i < line->track_count; i++)
		if (!read_track_value(line, json_array_get(tracks, i), &line->tracks[i]))
			return false;
	return get_string(line, event, "was", &line->was);
}

static bool read_install_result(struct trace_line *line, const json_t *event)
{
	int64_t error;

	if (!get_integer(line, event, "error", -4095, 0, &error))
		return false;
	line->event.error = (int)error;
	return true;
}

static bool get_blockers(struct trace_line *line, const json_t *object, uint32_t *out)
{
	const json_t *list = json_object_get(object, "blockers");

	if (!json_is_array(list))
		return wrong(line, "\"blockers\" must be a list");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		uint32_t bit = VR_BLOCKER_NOT_STARTED;

		while (name != NULL && bit <= VR_BLOCKER_LAST &&
			strcmp(blocker_name((enum vr_blocker)bit), name) != 0)
			bit <<= 1;
		if (name == NULL || bit > VR_BLOCKER_LAST)
			return wrong(line, "\"blockers\" must hold names of blockers alone");
		*out |= bit;
	}
	return true;
}

static bool get_order(struct trace_line *line, const json_t *object, enum vr_group_order *out)
{
	const char *name;

	if (!get_string(line, object, "order", &name))
		return false;
	for (unsigned order = VR_GROUP_BLOCK; order <= VR_GROUP_HOLD; order++) {
		if (strcmp(name, group_order_name((enum vr_group_order)order)) == 0) {
			*out = (enum vr_group_order)order;
			return true;
		}
	}
	return wrong(line, "\"order\" must be block, clear, master, backup or hold");
}

static bool read_group(struct trace_line *line, const json_t *event)
{
	struct vr_group_decision *group = &line->event.group;
	const char *member;
	int64_t until;

	if (!get_order(line, event, &group->order) || !get_string(line, event, "member", &member) ||
		!get_blockers(line, event, &group->sibling.blockers) ||
		!get_address(line, json_object_get(event, "peer"), "peer", true, &group->peer) ||
		!get_u8(line, event, "peer_priority", &group->peer_priority) ||
		!get_integer(line, event, "until", 0, INT64_MAX, &until))
		return false;
	if (strlen(member) >= sizeof(group->sibling.name))
		return wrong(line, "\"member\" is longer than %zu octets", sizeof(group->sibling.name) - 1);
	memcpy(group->sibling.name, member, strlen(member) + 1);
	group->until = (mono_t){until};
	return true;
}

static bool read_startup(struct trace_line *line, const json_t *event)
{
	if (json_object_get(event, "quiet_until") != NULL &&
		!get_integer(line, event, "quiet_until", 0, INT64_MAX, &line->event.quiet_until.ns))
		return false;
	return get_bool(line, event, "adopt", &line->event.adopt);
}

static bool read_nothing(struct trace_line *line, const json_t *event)
{
	(void)line;
	(void)event;
	return true;
}

static bool read_route(struct trace_line *line, const json_t *event)
{
	return get_bool(line, event, "refused", &line->event.refused);
}

static bool read_ready(struct trace_line *line, const json_t *event)
{
	return get_bool(line, event, "ready", &line->event.ready);
}

static bool read_until(struct trace_line *line, const json_t *event)
{
	return get_integer(line, event, "until", 0, INT64_MAX, &line->event.until.ns);
}

static bool read_event(struct trace_line *line, const json_t *event)
{
	static const struct {
		const char *name;
		enum vr_event_type type;
		bool (*read)(struct trace_line *line, const json_t *event);
	} table[] = {
		{"tick", VR_EVENT_TICK, read_nothing},
		{"startup", VR_EVENT_STARTUP, read_startup},
		{"shutdown", VR_EVENT_SHUTDOWN, read_nothing},
		{"shutdown-now", VR_EVENT_SHUTDOWN_NOW, read_nothing},
		{"advert", VR_EVENT_ADVERT, read_advert},
		{"interface", VR_EVENT_INTERFACE, read_interface},
		{"track", VR_EVENT_TRACK, read_track},
		{"config", VR_EVENT_CONFIG, read_config},
		{"install-result", VR_EVENT_INSTALL_RESULT, read_install_result},
		{"group", VR_EVENT_GROUP, read_group},
		{"route", VR_EVENT_ROUTE, read_route},
		{"ready", VR_EVENT_READY, read_ready},
		{"drain", VR_EVENT_DRAIN, read_until},
		{"loss", VR_EVENT_LOSS, read_until},
		{"resume", VR_EVENT_RESUME, read_nothing},
		{"takeover", VR_EVENT_TAKEOVER, read_nothing},
	};
	const char *type;

	if (!json_is_object(event))
		return wrong(line, "\"event\" must be an object");
	if (!get_string(line, event, "type", &type))
		return false;
	line->kind = TRACE_EVENT;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(type, table[i].name) == 0) {
			line->event.type = table[i].type;
			return table[i].read(line, event);
		}
	}
	if (strcmp(type, "begin") != 0)
		return wrong(line, "there is no event of type \"%.64s\"", type);
	line->kind = TRACE_BEGIN;
	return true;
}

static bool read_header(struct trace_line *line, const json_t *object)
{
	int64_t version;

	line->kind = TRACE_HEADER;
	if (!get_integer(line, object, "trace", 1, INT32_MAX, &version))
		return false;
	if (version != TRACE_VERSION)
		return wrong(line, "a trace of version %" PRId64 ", but this program reads version %d",
			version, TRACE_VERSION);
	line->name = json_string_value(json_object_get(object, "name"));
	return get_string(line, object, "config", &line->config);
}

static bool read_object(struct trace_line *line, const json_t *object)
{
	const json_t *event = json_object_get(object, "event");
	int64_t number;

	if (json_object_get(object, "trace") != NULL)
		return read_header(line, object);
	if (json_object_get(object, "dropped") != NULL) {
		line->kind = TRACE_DROPPED;
		if (!get_integer(line, object, "dropped", 0, INT64_MAX, &number))
			return false;
		line->dropped = (uint64_t)number;
		return true;
	}
	if (event == NULL && json_object_get(object, "actions") == NULL)
		return wrong(line, "neither a header, an event, actions nor a gap (\"dropped\")");
	if (!get_string(line, object, "vr", &line->vr) ||
		!get_integer(line, object, "t", 0, INT64_MAX - 1, &number))
		return false;
	line->at = (mono_t){number};
	line->kind = TRACE_ACTIONS;
	return event == NULL || read_event(line, event);
}

bool trace_line_read(const char *text, size_t length, struct trace_line *line)
{
	json_error_t error;
	json_t *object;

	memset(line, 0, offsetof(struct trace_line, address_bytes));
	object = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	line->json = object;
	if (object == NULL)
		return wrong(line, "not JSON at column %d: %s", error.column, error.text);
	if (!json_is_object(object))
		return wrong(line, "not a JSON object");
	return read_object(line, object);
}

void trace_line_free(struct trace_line *line)
{
	json_decref(line->json);
	free(line->tracks);
	line->json = NULL;
	line->tracks = NULL;
}
