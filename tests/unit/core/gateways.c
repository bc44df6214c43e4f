/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gateways.h"

#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 64

static struct member *member_at(struct site *site, size_t gateway, size_t lan)
{
	return &site->gateways[gateway].members[lan];
}

static void init_member(struct site *site, size_t gateway, size_t lan)
{
	struct member *member = member_at(site, gateway, lan);

	snprintf(member->name, sizeof(member->name), "VI_%zu", lan + 1);
	member->address.prefix.addr = ip_v4(10, (uint8_t)lan, 0, 200);
	member->address.prefix.length = 32;
	member->tracked = (struct tracked_object){.name = "eth9"};
	member->track_values = track_up(true);
	member->link = true;
	member->extra = (struct vr_extra){
		.sync_group = "VG_1",
		.announce = {.delay = 5 * DUR_S, .repeat = 5, .refresh_repeat = 1, .rival_repeat = 5},
		.tracked = &member->tracked,
		.tracked_count = 1,
	};
	member->config = (struct vr_config){
		.extra = &member->extra,
		.name = member->name,
		.interface = "eth0",
		.version = 3,
		.family = IP_V4,
		.vrid = (uint8_t)(51 + lan),
		.priority = (uint8_t)(100 - 10 * gateway),
		.preempt = true,
		.accept = true,
		.down_timer_adverts = 3,
		.advert_interval = DUR_S,
		.addresses = &member->address,
		.address_count = 1,
		.advertised_count = 1,
	};
}

void site_init(struct site *site, size_t gateways, size_t lans)
{
	memset(site, 0, sizeof(*site));
	site->now = (mono_t){1000 * DUR_S};
	site->gateway_count = gateways;
	site->lan_count = lans;
	for (size_t g = 0; g < gateways; g++)
		for (size_t lan = 0; lan < lans; lan++)
			init_member(site, g, lan);
}

static void feed(struct site *site, size_t gateway, size_t lan, const struct vr_event *event, unsigned depth);

static void send(struct site *site, size_t gateway, size_t lan, uint8_t priority, unsigned depth)
{
	struct member *from = member_at(site, gateway, lan);
	struct vrrp_advert advert = {
		.source = ip_v4(10, (uint8_t)lan, 0, (uint8_t)(1 + gateway)),
		.destination = ip_v4(224, 0, 0, 18),
		.ttl = 255,
		.version = from->config.version,
		.type = 1,
		.vrid = from->config.vrid,
		.priority = priority,
		.address_count = 1,
		.checksum_form = VRRP_CHECKSUM_PSEUDO_HEADER,
		.interval = from->config.advert_interval,
		.addresses = from->address.prefix.addr.bytes,
	};
	struct vr_event event = {.type = VR_EVENT_ADVERT, .advert = &advert};

	from->adverts++;
	if (!from->link || !site->gateways[gateway].present)
		return;
	for (size_t to = 0; to < site->gateway_count; to++)
		if (to != gateway && site->gateways[to].present && member_at(site, to, lan)->link &&
			!site->deaf[gateway][to][lan])
			feed(site, to, lan, &event, depth + 1);
}

static void note(struct site *site, struct member *member, const struct vr_record *record)
{
	if (record->from == record->to)
		return;
	member->cause = *record;
	site->transitions++;
	if (record->to == VR_MASTER)
		member->became_master++;
}

/* What is sent leaves when the group has decided, as in the engine's batch. */
struct pending {
	size_t lan;
	uint8_t priority;
};

struct outbox {
	struct pending list[LANS_MAX * VR_ACTIONS_MAX];
	size_t count;
};

static void input(
	struct site *site, size_t gateway, size_t lan, const struct vr_event *event, struct outbox *out)
{
	struct member *member = member_at(site, gateway, lan);
	struct actions actions;

	vr_input(&member->vr, event, site->now, &actions);
	for (size_t i = 0; i < actions.count; i++)
		if (actions.list[i].type == VR_ACTION_SEND_ADVERT)
			out->list[out->count++] =
				(struct pending){.lan = lan, .priority = actions.list[i].priority};
		else if (actions.list[i].type == VR_ACTION_RECORD)
			note(site, member, &actions.list[i].record);
}

static void obey_group(struct site *site, size_t gateway, struct outbox *out)
{
	const struct vr *members[LANS_MAX];
	struct vr_event event = {.type = VR_EVENT_GROUP};
	struct vr_group_decision decisions[LANS_MAX];
	unsigned rounds = 0;

	for (size_t lan = 0; lan < site->lan_count; lan++)
		members[lan] = &member_at(site, gateway, lan)->vr;
	while (sync_group_decide(members, site->lan_count, decisions)) {
		assert_true(++rounds <= SYNC_GROUP_ROUNDS);
		for (size_t lan = 0; lan < site->lan_count; lan++) {
			event.group = decisions[lan];
			if (event.group.order != VR_GROUP_NOTHING)
				input(site, gateway, lan, &event, out);
		}
	}
	check_one_state(site, gateway);
}

static void send_all(struct site *site, size_t gateway, const struct outbox *out, unsigned depth)
{
	for (size_t i = 0; i < out->count; i++)
		send(site, gateway, out->list[i].lan, out->list[i].priority, depth);
}

static void feed(struct site *site, size_t gateway, size_t lan, const struct vr_event *event, unsigned depth)
{
	struct outbox out = {.count = 0};

	/* Nobody answers answers without end. */
	assert_true(depth < DEPTH_MAX);
	input(site, gateway, lan, event, &out);
	obey_group(site, gateway, &out);
	send_all(site, gateway, &out, depth);
}

void member_input(struct site *site, size_t gateway, size_t lan, const struct vr_event *event)
{
	feed(site, gateway, lan, event, 0);
}

static struct vr_event interface_event(const struct member *member, size_t gateway, size_t lan)
{
	return (struct vr_event){.type = VR_EVENT_INTERFACE,
		.interface = {.exists = true,
			.up = member->link,
			.primary = ip_v4(10, (uint8_t)lan, 0, (uint8_t)(1 + gateway))}};
}

void gateway_start(struct site *site, size_t gateway)
{
	struct vr_event startup = {.type = VR_EVENT_STARTUP};
	struct outbox out = {.count = 0};

	site->gateways[gateway].present = true;
	for (size_t lan = 0; lan < site->lan_count; lan++) {
		struct member *member = member_at(site, gateway, lan);
		struct vr_event event = interface_event(member, gateway, lan);

		vr_init(&member->vr, &member->config, &member->track_values, site->now);
		member->rare = (struct vr_rare){0};
		vr_lend(&member->vr, &member->rare);
		input(site, gateway, lan, &event, &out);
		input(site, gateway, lan, &startup, &out);
	}
	obey_group(site, gateway, &out);
	send_all(site, gateway, &out, 0);
}

void site_start(struct site *site)
{
	for (size_t gateway = 0; gateway < site->gateway_count; gateway++)
		gateway_start(site, gateway);
}

void gateway_dies(struct site *site, size_t gateway)
{
	site->gateways[gateway].present = false;
}

void gateway_stop(struct site *site, size_t gateway)
{
	struct vr_event event = {.type = VR_EVENT_SHUTDOWN};
	struct outbox out = {.count = 0};

	for (size_t lan = 0; lan < site->lan_count; lan++)
		input(site, gateway, lan, &event, &out);
	send_all(site, gateway, &out, 0);
}

void set_link(struct site *site, size_t gateway, size_t lan, bool up)
{
	struct member *member = member_at(site, gateway, lan);
	struct vr_event event;

	member->link = up;
	event = interface_event(member, gateway, lan);
	feed(site, gateway, lan, &event, 0);
}

void set_track(struct site *site, size_t gateway, size_t lan, bool up)
{
	struct vr_event event = {.type = VR_EVENT_TRACK, .track_value = track_up(up)};

	feed(site, gateway, lan, &event, 0);
}

void cut(struct site *site, size_t lan, size_t a, size_t b, bool is_cut)
{
	site->deaf[a][b][lan] = is_cut;
	site->deaf[b][a][lan] = is_cut;
}

static mono_t next_deadline(struct site *site)
{
	mono_t next = MONO_NEVER;

	for (size_t g = 0; g < site->gateway_count; g++)
		for (size_t lan = 0; lan < site->lan_count && site->gateways[g].present; lan++)
			next = mono_min(next, vr_deadline(&member_at(site, g, lan)->vr));
	return next;
}

static void tick_gateway(struct site *site, size_t gateway)
{
	struct vr_event event = {.type = VR_EVENT_TICK};
	struct outbox out = {.count = 0};

	for (size_t lan = 0; lan < site->lan_count; lan++)
		if (mono_due(vr_deadline(&member_at(site, gateway, lan)->vr), site->now))
			input(site, gateway, lan, &event, &out);
	obey_group(site, gateway, &out);
	send_all(site, gateway, &out, 0);
}

void site_run(struct site *site, dur_t length)
{
	mono_t end = mono_add(site->now, length);

	for (mono_t next = next_deadline(site); mono_due(next, end); next = next_deadline(site)) {
		if (mono_before(site->now, next))
			site->now = next;
		for (size_t g = 0; g < site->gateway_count; g++)
			if (site->gateways[g].present)
				tick_gateway(site, g);
	}
	site->now = end;
}

enum vr_state gateway_state(const struct site *site, size_t gateway)
{
	return site->gateways[gateway].members[0].vr.state;
}

uint64_t times_master(const struct site *site, size_t gateway)
{
	return site->gateways[gateway].members[0].became_master;
}

void check_one_state(const struct site *site, size_t gateway)
{
	const struct gateway *g = &site->gateways[gateway];

	for (size_t lan = 0; lan < site->lan_count; lan++) {
		const struct vr *vr = &g->members[lan].vr;

		assert_int_equal(vr->state, g->members[0].vr.state);
		assert_int_equal(vr->hold == VR_HOLD_ALL, vr->state == VR_MASTER);
		assert_int_equal(vr->blockers == 0, vr->state != VR_INITIALIZE);
		/* One timer, or an agreement that needs none. */
		assert_int_equal(
			vr->timer.ns != MONO_NEVER.ns, vr->state != VR_INITIALIZE && !vr->agrees);
		assert_true(vr->state == VR_BACKUP || !vr->agrees);
	}
}
