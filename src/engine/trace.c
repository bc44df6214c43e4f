/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing of traces: the form is in trace.h. */
#include "engine/trace.h"

#include "base/error_name.h"

void trace_write_header(struct text *out, const char *name, const char *config)
{
	struct json_out json;

	json_out_begin(&json, out);
	json_out_object(&json, NULL);
	json_out_u64(&json, "trace", 1);
	json_out_string(&json, "name", name);
	json_out_string(&json, "config", config);
	json_out_end(&json);
}

void trace_write_begin(struct text *out, const struct vr *vr, mono_t now)
{
	struct json_out json;

	json_out_begin(&json, out);
	json_out_object(&json, NULL);
	json_out_mono(&json, "t", now);
	json_out_string(&json, "vr", vr->config->name);
	json_out_object(&json, "event");
	json_out_string(&json, "type", "begin");
	json_out_end(&json);
	json_out_end(&json);
}

static void write_advert(struct json_out *json, const struct vrrp_advert *advert)
{
	json_out_ip(json, "source", &advert->source);
	json_out_ip(json, "destination", &advert->destination);
	json_out_u64(json, "ttl", advert->ttl);
	json_out_u64(json, "version", advert->version);
	json_out_u64(json, "packet_type", advert->type);
	json_out_u64(json, "vrid", advert->vrid);
	json_out_u64(json, "priority", advert->priority);
	json_out_u64(json, "auth_type", advert->auth_type);
	json_out_string(json, "checksum_form", vrrp_checksum_form_name(advert->checksum_form));
	json_out_u64(json, "checksum", advert->checksum);
	json_out_i64(json, "interval", advert->interval);
	json_out_array(json, "addresses");
	for (unsigned i = 0; i < advert->address_count; i++) {
		struct ip_addr address = vrrp_advert_address(advert, i);

		json_out_ip(json, NULL, &address);
	}
	json_out_end(json);
}

static void write_track_value(struct json_out *json, struct track_value value)
{
	json_out_string(json, "state", track_state_name(value.state));
	if (value.value != 0)
		json_out_i64(json, "value", value.value);
}

static const char *event_name(enum vr_event_type type)
{
	switch (type) {
	case VR_EVENT_TICK:
		return "tick";
	case VR_EVENT_STARTUP:
		return "startup";
	case VR_EVENT_SHUTDOWN:
		return "shutdown";
	case VR_EVENT_SHUTDOWN_NOW:
		return "shutdown-now";
	case VR_EVENT_ADVERT:
		return "advert";
	case VR_EVENT_INTERFACE:
		return "interface";
	case VR_EVENT_TRACK:
		return "track";
	case VR_EVENT_CONFIG:
		return "config";
	case VR_EVENT_INSTALL_RESULT:
		return "install-result";
	case VR_EVENT_GROUP:
		return "group";
	case VR_EVENT_ROUTE:
		return "route";
	case VR_EVENT_LOSS:
		return "loss";
	case VR_EVENT_READY:
		return "ready";
	case VR_EVENT_DRAIN:
		return "drain";
	case VR_EVENT_RESUME:
		return "resume";
	case VR_EVENT_TAKEOVER:
		return "takeover";
	}
	return "tick";
}

static void write_blocker_names(struct json_out *json, const char *key, uint32_t blockers)
{
	json_out_array(json, key);
	for (uint32_t bit = VR_BLOCKER_NOT_STARTED; bit <= VR_BLOCKER_LAST; bit <<= 1)
		if (blockers & bit)
			json_out_string(json, NULL, blocker_name((enum vr_blocker)bit));
	json_out_end(json);
}

const char *group_order_name(enum vr_group_order order)
{
	switch (order) {
	case VR_GROUP_NOTHING:
		return "nothing";
	case VR_GROUP_BLOCK:
		return "block";
	case VR_GROUP_CLEAR:
		return "clear";
	case VR_GROUP_MASTER:
		return "master";
	case VR_GROUP_BACKUP:
		return "backup";
	case VR_GROUP_HOLD:
		return "hold";
	}
	return "nothing";
}

static void write_group(struct json_out *json, const struct vr_group_decision *group)
{
	json_out_string(json, "order", group_order_name(group->order));
	json_out_string(json, "member", group->sibling.name);
	write_blocker_names(json, "blockers", group->sibling.blockers);
	json_out_ip(json, "peer", &group->peer);
	json_out_u64(json, "peer_priority", group->peer_priority);
	json_out_mono(json, "until", group->until);
}

static void write_event_members(struct json_out *json, const struct vr_event *event)
{
	switch (event->type) {
	case VR_EVENT_TICK:
	case VR_EVENT_SHUTDOWN:
	case VR_EVENT_SHUTDOWN_NOW:
	case VR_EVENT_RESUME:
	case VR_EVENT_TAKEOVER:
		break;
	case VR_EVENT_STARTUP:
		json_out_bool(json, "adopt", event->adopt);
		if (event->quiet_until.ns > 0)
			json_out_mono(json, "quiet_until", event->quiet_until);
		break;
	case VR_EVENT_ADVERT:
		write_advert(json, event->advert);
		break;
	case VR_EVENT_INTERFACE:
		json_out_bool(json, "exists", event->interface.exists);
		json_out_bool(json, "up", event->interface.up);
		json_out_ip(json, "primary", &event->interface.primary);
		if (event->interface.unproven)
			json_out_bool(json, "unproven", true);
		json_out_bool(json, "tentative", event->interface.tentative);
		json_out_bool(json, "duplicate", event->interface.duplicate);
		json_out_bool(json, "no_device", event->interface.no_device);
		if (event->interface.bad_device)
			json_out_bool(json, "bad_device", true);
		break;
	case VR_EVENT_TRACK:
		json_out_u64(json, "index", event->track_index);
		write_track_value(json, event->track_value);
		break;
	case VR_EVENT_CONFIG:
		json_out_array(json, "tracks");
		for (size_t i = 0; i < event->config->extra->tracked_count; i++) {
			json_out_object(json, NULL);
			write_track_value(json, event->track_values[i]);
			json_out_end(json);
		}
		json_out_end(json);
		break;
	case VR_EVENT_INSTALL_RESULT:
		json_out_i64(json, "error", event->error);
		break;
	case VR_EVENT_GROUP:
		write_group(json, &event->group);
		break;
	case VR_EVENT_ROUTE:
		json_out_bool(json, "refused", event->refused);
		break;
	case VR_EVENT_READY:
		json_out_bool(json, "ready", event->ready);
		break;
	case VR_EVENT_DRAIN:
	case VR_EVENT_LOSS:
		json_out_mono(json, "until", event->until);
		break;
	}
}

/* A configuration event goes by the new name: it is the one that the last header knows. */
static const char *name_in_trace(const struct vr *vr, const struct vr_event *event)
{
	return event->type == VR_EVENT_CONFIG ? event->config->name : vr->config->name;
}

void trace_write_event(struct text *out, const struct vr *vr, const struct vr_event *event, mono_t now)
{
	struct json_out json;

	json_out_begin(&json, out);
	json_out_object(&json, NULL);
	json_out_mono(&json, "t", now);
	json_out_string(&json, "vr", name_in_trace(vr, event));
	json_out_object(&json, "event");
	json_out_string(&json, "type", event_name(event->type));
	if (event->type == VR_EVENT_CONFIG)
		json_out_string(&json, "was", vr->config->name);
	write_event_members(&json, event);
	json_out_end(&json);
	json_out_end(&json);
}

static void write_action(
	struct json_out *json, const struct vr_action *action, const struct vr_config *config)
{
	json_out_object(json, NULL);
	switch (action->type) {
	case VR_ACTION_SEND_ADVERT:
		json_out_string(json, "type", "send-advert");
		json_out_u64(json, "priority", action->priority);
		if (action->interval > 0)
			json_out_u64(json, "interval", (uint64_t)action->interval);
		break;
	case VR_ACTION_INSTALL:
		json_out_string(json, "type", "install");
		break;
	case VR_ACTION_REMOVE_ADDRESSES:
		json_out_string(json, "type", "remove-addresses");
		break;
	case VR_ACTION_REMOVE_ROUTES:
		json_out_string(json, "type", "remove-routes");
		break;
	case VR_ACTION_ANNOUNCE:
		json_out_string(json, "type", "announce");
		json_out_u64(json, "count", action->count);
		break;
	case VR_ACTION_RECORD:
		json_out_string(json, "type", "record");
		record_write_json(json, &action->record, config);
		break;
	}
	json_out_end(json);
}

void trace_write_actions(struct text *out, const struct vr *vr, const struct actions *actions, mono_t now)
{
	struct json_out json;

	json_out_begin(&json, out);
	json_out_object(&json, NULL);
	json_out_mono(&json, "t", now);
	json_out_string(&json, "vr", vr->config->name);
	json_out_array(&json, "actions");
	for (size_t i = 0; i < actions->count; i++)
		write_action(&json, &actions->list[i], vr->config);
	json_out_end(&json);
	json_out_string(&json, "state", vr_state_name(vr->state, vr->blockers));
	json_out_mono(&json, "deadline", vr_deadline(vr));
	json_out_end(&json);
}

const char *blocker_name(enum vr_blocker blocker)
{
	switch (blocker) {
	case VR_BLOCKER_NOT_STARTED:
		return "not-started";
	case VR_BLOCKER_NO_INTERFACE:
		return "no-interface";
	case VR_BLOCKER_LINK_DOWN:
		return "link-down";
	case VR_BLOCKER_NO_ADDRESS:
		return "no-address";
	case VR_BLOCKER_TRACK:
		return "track";
	case VR_BLOCKER_TENTATIVE:
		return "tentative";
	case VR_BLOCKER_DUPLICATE:
		return "duplicate";
	case VR_BLOCKER_SYNC_GROUP:
		return "sync-group";
	case VR_BLOCKER_NO_DEVICE:
		return "no-device";
	case VR_BLOCKER_ROUTE:
		return "route";
	case VR_BLOCKER_DRAINED:
		return "drained";
	case VR_BLOCKER_BAD_DEVICE:
		return "bad-device";
	}
	return "unknown";
}

/* The record tells why Initialize was entered or is still held; about an earlier stay it knows nothing. */
static const char *state_name_in_record(enum vr_state state, const struct vr_record *record)
{
	return vr_state_name(state, state == VR_INITIALIZE ? record->blockers : 0);
}

/* The tracked object that blocks, or that moved the priority. */
static void write_track(struct json_out *json, const struct vr_record *record, const struct vr_config *config)
{
	if (record->track_index >= config->extra->tracked_count ||
		(!(record->blockers & VR_BLOCKER_TRACK) && record->code != VR_RECORD_PRIORITY_CHANGED))
		return;
	json_out_string(json, "track", config->extra->tracked[record->track_index].name);
	json_out_string(json, "track_kind", track_kind_name(config->extra->tracked[record->track_index].kind));
	json_out_object(json, "track_value");
	write_track_value(json, record->track_value);
	json_out_end(json);
}

void record_write_json(struct json_out *json, const struct vr_record *record, const struct vr_config *config)
{
	json_out_string(json, "code", vr_record_name(record->code));
	json_out_string(json, "from", state_name_in_record(record->from, record));
	json_out_string(json, "to", state_name_in_record(record->to, record));
	if (ip_is_set(&record->peer)) {
		json_out_ip(json, "peer", &record->peer);
		json_out_u64(json, "peer_priority", record->peer_priority);
	}
	json_out_u64(json, "own_priority", record->own_priority);
	if (record->blockers != 0)
		write_blocker_names(json, "blockers", record->blockers);
	write_track(json, record, config);
	if (record->sibling.name[0] != '\0')
		json_out_string(json, "member", record->sibling.name);
	if (record->duration != 0)
		json_out_seconds(json, "duration", record->duration);
	if (record->error != 0)
		json_out_string(json, "error", error_name(record->error));
}
