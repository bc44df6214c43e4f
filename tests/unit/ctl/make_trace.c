/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a trace as the engine would: two virtual routers, random events, now and then a reload that changes settings and
 * swaps the names. The same seed gives the same trace.
 *
 *	make_trace SEED EVENTS >FILE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "conf/conf.h"
#include "engine/trace.h"

#define ROUTERS 2
#define LINE_SIZE 65536

static const char config_format[] =
	"vrrp_instance %s {\n"
	"    version 2\n"
	"    interface eth0\n"
	"    virtual_router_id 51\n"
	"    priority %u\n"
	"    track_interface {\n        eth1\n        eth2 weight -10\n    }\n"
	"    virtual_ipaddress {\n        192.168.1.200\n    }\n"
	"}\n"
	"vrrp_instance %s {\n"
	"    version 3\n"
	"    interface eth0\n"
	"    virtual_router_id 52\n"
	"    priority %u\n"
	"    advert_int 0.1\n"
	"    preempt_delay 3\n"
	"    virtual_ipaddress {\n        192.168.1.201\n        192.168.1.202\n    }\n"
	"}\n";

struct world {
	struct random random;
	struct conf_result conf;
	struct vr vr[ROUTERS];
	struct vr_rare rare[ROUTERS];
	struct track_value tracks[ROUTERS][2];
	mono_t now;
	char line[LINE_SIZE];
	struct text text;
};

static void begin_line(struct world *world)
{
	text_init(&world->text, world->line, sizeof(world->line));
}

static void end_line(const struct world *world)
{
	if (world->text.overflow)
		abort();
	puts(world->line);
}

static void load(struct world *world, bool swapped)
{
	char text[2048], *printed;
	size_t length;

	length = (size_t)snprintf(text, sizeof(text), config_format, swapped ? "VI_2" : "VI_1",
		(unsigned)(1 + random_below(&world->random, 254)), swapped ? "VI_1" : "VI_2",
		(unsigned)(1 + random_below(&world->random, 254)));
	conf_load_text(text, length, "make_trace", &conf_files_system, &world->conf);
	if (world->conf.conf == NULL) {
		for (size_t i = 0; i < world->conf.message_count; i++)
			fprintf(stderr, "%u: %s\n", world->conf.messages[i].place.line,
				world->conf.messages[i].text);
		exit(1);
	}
	printed = conf_print_alloc(world->conf.conf, CONF_SECRETS_SHOWN, &length);
	begin_line(world);
	trace_write_header(&world->text, "gw1", printed);
	end_line(world);
	free(printed);
}

static void input(struct world *world, struct vr *vr, const struct vr_event *event)
{
	struct actions actions;

	begin_line(world);
	trace_write_event(&world->text, vr, event, world->now);
	end_line(world);
	vr_input(vr, event, world->now, &actions);
	begin_line(world);
	trace_write_actions(&world->text, vr, &actions, world->now);
	end_line(world);
}

static void reload(struct world *world)
{
	struct conf_result old = world->conf;
	bool swapped = strcmp(world->vr[0].config->name, "VI_1") == 0;

	memset(&world->conf, 0, sizeof(world->conf));
	load(world, swapped);
	for (unsigned i = 0; i < ROUTERS; i++) {
		struct vr_event event = {
			.type = VR_EVENT_CONFIG,
			.config = &world->conf.conf->instances[i].vr,
			.track_values = world->tracks[i],
		};

		input(world, &world->vr[i], &event);
	}
	conf_result_free(&old);
}

static void advert(struct world *world, struct vr *vr)
{
	uint8_t addresses[] = {192, 168, 1, 200, 192, 168, 1, 202};
	struct vrrp_advert advert = {
		.source = ip_v4(192, 168, 1, (uint8_t)(1 + random_below(&world->random, 4))),
		.destination = vrrp_group(IP_V4),
		.ttl = 255,
		.version = vr->config->version,
		.type = 1,
		.vrid = vr->config->vrid,
		.priority = (uint8_t)random_u64(&world->random),
		.address_count = (uint8_t)(1 + random_below(&world->random, 2)),
		.checksum_form = vr->config->version == 2
					 ? VRRP_CHECKSUM_NONE
					 : (enum vrrp_checksum_form)(1 + random_below(&world->random, 3)),
		.checksum = (uint16_t)random_u64(&world->random),
		.interval = (dur_t)(1 + random_below(&world->random, 4000)) * DUR_CS,
		.addresses = addresses,
	};
	struct vr_event event = {.type = VR_EVENT_ADVERT, .advert = &advert};

	if (random_chance(&world->random, 1, 6))
		advert.priority = 0;
	input(world, vr, &event);
}

static void interface(struct world *world, struct vr *vr, bool good)
{
	struct vr_event event = {.type = VR_EVENT_INTERFACE, .interface = {.exists = true, .up = true}};

	event.interface.primary = ip_v4(192, 168, 1, 2);
	if (!good) {
		event.interface.up = random_chance(&world->random, 1, 2);
		event.interface.primary.family = IP_NONE;
	}
	input(world, vr, &event);
}

static void track(struct world *world, unsigned router)
{
	struct vr_event event = {
		.type = VR_EVENT_TRACK,
		.track_index = random_below(&world->random, 2),
		.track_value = track_up(random_chance(&world->random, 4, 5)),
	};

	if (world->vr[router].config->extra->tracked_count == 0)
		return;
	input(world, &world->vr[router], &event);
}

static void simple(struct world *world, struct vr *vr, enum vr_event_type type)
{
	struct vr_event event = {.type = type};

	if (type == VR_EVENT_INSTALL_RESULT)
		event.error = -(int)random_below(&world->random, 3);
	else if (type == VR_EVENT_ROUTE)
		event.refused = random_chance(&world->random, 1, 4);
	else if (type == VR_EVENT_STARTUP)
		event.adopt = random_chance(&world->random, 1, 2);
	input(world, vr, &event);
}

static void pass_time(struct world *world, const struct vr *vr)
{
	mono_t deadline = vr_deadline(vr);

	if (random_chance(&world->random, 1, 2) && deadline.ns != MONO_NEVER.ns &&
		mono_before(world->now, deadline))
		world->now = deadline;
	else
		world->now = mono_add(world->now, (dur_t)random_below(&world->random, DUR_S));
}

static void step(struct world *world)
{
	unsigned router = (unsigned)random_below(&world->random, ROUTERS);
	struct vr *vr = &world->vr[router];

	pass_time(world, vr);
	switch (random_below(&world->random, 16)) {
	case 0:
		reload(world);
		break;
	case 1:
		interface(world, vr, random_chance(&world->random, 3, 4));
		break;
	case 2:
		track(world, router);
		break;
	case 3:
		simple(world, vr,
			random_chance(&world->random, 1, 2) ? VR_EVENT_SHUTDOWN : VR_EVENT_SHUTDOWN_NOW);
		break;
	case 4:
	case 5:
		simple(world, vr, VR_EVENT_STARTUP);
		break;
	case 6:
		simple(world, vr, random_chance(&world->random, 1, 3) ? VR_EVENT_ROUTE : VR_EVENT_INSTALL_RESULT);
		break;
	case 7:
	case 8:
	case 9:
		advert(world, vr);
		break;
	default:
		simple(world, vr, VR_EVENT_TICK);
		break;
	}
}

int main(int argc, char **argv)
{
	static struct world world;

	if (argc != 3)
		return 2;
	random_seed(&world.random, strtoull(argv[1], NULL, 10));
	load(&world, false);
	for (unsigned i = 0; i < ROUTERS; i++) {
		world.tracks[i][0] = world.tracks[i][1] = track_begin(TRACK_INTERFACE);
		vr_init(&world.vr[i], &world.conf.conf->instances[i].vr, world.tracks[i], world.now);
		vr_lend(&world.vr[i], &world.rare[i]);
		begin_line(&world);
		trace_write_begin(&world.text, &world.vr[i], world.now);
		end_line(&world);
		for (unsigned k = 0; k < world.vr[i].config->extra->tracked_count; k++) {
			struct vr_event event = {.type = VR_EVENT_TRACK, .track_index = k, .track_value = track_up(true)};

			input(&world, &world.vr[i], &event);
		}
		interface(&world, &world.vr[i], true);
		simple(&world, &world.vr[i], VR_EVENT_STARTUP);
	}
	for (unsigned long left = strtoul(argv[2], NULL, 10); left > 0; left--)
		step(&world);
	conf_result_free(&world.conf);
	return 0;
}
