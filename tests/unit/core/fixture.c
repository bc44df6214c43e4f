/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include <string.h>

void fixture_init(struct fixture *f, uint8_t version)
{
	static const uint8_t hosts[] = {200, 201, 202};

	memset(f, 0, sizeof(*f));
	for (size_t i = 0; i < 3; i++) {
		f->addresses[i].prefix.addr = ip_v4(192, 168, 1, hosts[i]);
		f->addresses[i].prefix.length = 24;
		memcpy(f->advertised + 4 * i, f->addresses[i].prefix.addr.bytes, 4);
	}
	f->routes[0].destination.addr = ip_v4(0, 0, 0, 0);
	f->routes[0].gateway = ip_v4(10, 0, 0, 1);
	f->tracked[0].name = "eth1";
	f->tracked[1].name = "eth2";
	f->tracked[1].weight = -20;
	f->track_values[0] = f->track_values[1] = track_up(true);
	f->extra = (struct vr_extra){
		.announce = {.delay = 5 * DUR_S, .repeat = 5, .refresh_repeat = 1, .rival_repeat = 5},
		.routes = f->routes,
		.route_count = 1,
		.tracked = f->tracked,
		.tracked_count = 2,
	};
	f->config = (struct vr_config){
		.extra = &f->extra,
		.name = "VI_1",
		.interface = "eth0",
		.version = version,
		.family = IP_V4,
		.vrid = 51,
		.priority = 100,
		.preempt = true,
		.accept = true,
		.down_timer_adverts = 3,
		.advert_interval = DUR_S,
		.addresses = f->addresses,
		.address_count = 1,
		.advertised_count = 1,
	};
	f->now = (mono_t){1000 * DUR_S};
	fixture_reinit(f);
}

void fixture_reinit(struct fixture *f)
{
	vr_init(&f->vr, &f->config, f->track_values, f->now);
	f->rare = (struct vr_rare){0};
	vr_lend(&f->vr, &f->rare);
}

void fixture_interface(struct fixture *f)
{
	input_interface(f, true, true, 10);
}

void fixture_start(struct fixture *f)
{
	fixture_interface(f);
	input_type(f, VR_EVENT_STARTUP);
}

void fixture_master(struct fixture *f)
{
	fixture_start(f);
	if (f->vr.state != VR_MASTER)
		run_until(f, f->vr.timer);
	assert_int_equal(f->vr.state, VR_MASTER);
	/* So long that its adverts cross with nobody's. */
	f->vr.since.ns -= VR_CROSSING;
}

void pass(struct fixture *f, dur_t length)
{
	f->now = mono_add(f->now, length);
}

void input(struct fixture *f, const struct vr_event *event)
{
	vr_input(&f->vr, event, f->now, &f->actions);
}

void input_type(struct fixture *f, enum vr_event_type type)
{
	input(f, &(struct vr_event){.type = type});
}

void tick(struct fixture *f)
{
	input_type(f, VR_EVENT_TICK);
}

void run_until(struct fixture *f, mono_t until)
{
	while (mono_due(vr_deadline(&f->vr), until)) {
		f->now = vr_deadline(&f->vr);
		tick(f);
	}
	f->now = until;
}

void hear(struct fixture *f, uint8_t host, uint8_t priority, dur_t interval)
{
	struct vrrp_advert advert = {
		.source = ip_v4(192, 168, 1, host),
		.destination = ip_v4(224, 0, 0, 18),
		.ttl = 255,
		.version = f->vr.config->version,
		.type = 1,
		.vrid = f->vr.config->vrid,
		.priority = priority,
		.address_count = (uint8_t)f->vr.config->advertised_count,
		.checksum_form =
			f->vr.config->version == 3 ? VRRP_CHECKSUM_PSEUDO_HEADER : VRRP_CHECKSUM_NONE,
		.interval = interval,
		.addresses = f->advertised,
	};

	input(f, &(struct vr_event){.type = VR_EVENT_ADVERT, .advert = &advert});
}

void input_interface(struct fixture *f, bool exists, bool up, uint8_t host)
{
	struct vr_event event = {.type = VR_EVENT_INTERFACE, .interface = {.exists = exists, .up = up}};

	if (host != 0)
		event.interface.primary = ip_v4(192, 168, 1, host);
	input(f, &event);
}

void input_track(struct fixture *f, size_t index, bool up)
{
	input(f, &(struct vr_event){.type = VR_EVENT_TRACK, .track_index = index, .track_value = track_up(up)});
}

static void put_action(struct text *text, const struct vr_action *action)
{
	switch (action->type) {
	case VR_ACTION_SEND_ADVERT:
		text_str(text, "advert:");
		text_u64(text, action->priority);
		if (action->interval > 0) {
			text_char(text, '/');
			text_seconds(text, action->interval);
		}
		break;
	case VR_ACTION_INSTALL:
		text_str(text, "install");
		break;
	case VR_ACTION_REMOVE_ADDRESSES:
		text_str(text, "remove-addresses");
		break;
	case VR_ACTION_REMOVE_ROUTES:
		text_str(text, "remove-routes");
		break;
	case VR_ACTION_ANNOUNCE:
		text_str(text, "announce:");
		text_u64(text, action->count);
		break;
	case VR_ACTION_RECORD:
		text_str(text, vr_record_name(action->record.code));
		break;
	}
}

static void put_actions(struct text *text, const struct actions *actions)
{
	bool records = false;

	for (size_t i = 0; i < actions->count; i++) {
		bool record = actions->list[i].type == VR_ACTION_RECORD;

		/* Whatever acts comes before whatever tells. */
		assert_false(records && !record);
		if (record && !records)
			text_str(text, i == 0 ? "| " : " | ");
		else if (i > 0)
			text_char(text, ' ');
		records = record;
		put_action(text, &actions->list[i]);
	}
	assert_false(text->overflow);
}

const char *actions_text(struct fixture *f)
{
	struct text text;

	text_init(&text, f->outcome, sizeof(f->outcome));
	put_actions(&text, &f->actions);
	return f->outcome;
}

static const char *hold_name(enum vr_hold hold)
{
	switch (hold) {
	case VR_HOLD_NOTHING:
		return "nothing";
	case VR_HOLD_ALL:
		return "all";
	case VR_HOLD_UNTIL_SUCCESSOR:
		return "until";
	case VR_HOLD_ROUTES:
		return "routes";
	}
	return "?";
}

const char *outcome_text(struct fixture *f)
{
	struct text text;

	text_init(&text, f->outcome, sizeof(f->outcome));
	text_str(&text, vr_state_name(f->vr.state, f->vr.blockers));
	text_char(&text, ' ');
	if (f->vr.timer.ns == MONO_NEVER.ns)
		text_char(&text, '-');
	else
		text_seconds(&text, mono_sub(f->vr.timer, f->now));
	text_char(&text, ' ');
	text_str(&text, hold_name(f->vr.hold));
	if (f->actions.count > 0)
		text_char(&text, ' ');
	if (f->actions.count > 0 && f->actions.list[0].type != VR_ACTION_RECORD)
		text_str(&text, "| ");
	put_actions(&text, &f->actions);
	return f->outcome;
}

const struct vr_record *find_record(const struct fixture *f, enum vr_record_code code)
{
	for (size_t i = 0; i < f->actions.count; i++)
		if (f->actions.list[i].type == VR_ACTION_RECORD && f->actions.list[i].record.code == code)
			return &f->actions.list[i].record;
	return NULL;
}
