/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trace replays: fed to the core again, its events give the same lines of actions. The reader here is the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "engine/trace.h"
#include "world.h"

#define REPLAYED_MAX 8
#define TRACKED_MAX 8

struct replayed {
	char name[32];
	struct vr vr;
	struct vr_rare rare; /* of vr */
	struct track_value tracks[2][TRACKED_MAX]; /* a new configuration brings new ones */
	unsigned generation;
};

struct replay {
	struct conf_result confs[4]; /* old ones stay: a virtual router may point into them */
	size_t conf_count;
	struct replayed routers[REPLAYED_MAX];
	size_t router_count;
	uint8_t addresses[4 * 255];
	char expected[16384]; /* line of actions of the last event */
	size_t compared;
};

static const char *const event_names[] = {[VR_EVENT_TICK] = "tick",
	[VR_EVENT_STARTUP] = "startup",
	[VR_EVENT_SHUTDOWN] = "shutdown",
	[VR_EVENT_SHUTDOWN_NOW] = "shutdown-now",
	[VR_EVENT_ADVERT] = "advert",
	[VR_EVENT_INTERFACE] = "interface",
	[VR_EVENT_TRACK] = "track",
	[VR_EVENT_CONFIG] = "config",
	[VR_EVENT_INSTALL_RESULT] = "install-result",
	[VR_EVENT_GROUP] = "group",
	[VR_EVENT_LOSS] = "loss",
	[VR_EVENT_READY] = "ready"};

static int number(json_t *object, const char *key)
{
	return (int)json_integer_value(json_object_get(object, key));
}

static struct ip_addr address(json_t *value)
{
	struct ip_addr parsed = {0};

	if (json_is_string(value))
		assert_true(ip_parse(json_string_value(value), json_string_length(value), &parsed));
	return parsed;
}

static const struct vr_config *config_named(const struct replay *replay, const char *name)
{
	for (size_t k = replay->conf_count; k > 0; k--) {
		const struct conf *conf = replay->confs[k - 1].conf;

		for (size_t i = 0; i < conf->instance_count; i++)
			if (strcmp(conf->instances[i].vr.name, name) == 0)
				return &conf->instances[i].vr;
	}
	fail_msg("no configuration of %s", name);
	return NULL;
}

static struct replayed *router_named(struct replay *replay, const char *name)
{
	for (size_t i = 0; i < replay->router_count; i++)
		if (strcmp(replay->routers[i].name, name) == 0)
			return &replay->routers[i];
	return NULL;
}

static void begin(struct replay *replay, const char *name, mono_t at)
{
	struct replayed *router = router_named(replay, name);

	if (router == NULL) {
		assert_true(replay->router_count < REPLAYED_MAX);
		router = &replay->routers[replay->router_count++];
	}
	memset(router, 0, sizeof(*router));
	strncpy(router->name, name, sizeof(router->name) - 1);
	for (size_t i = 0; i < TRACKED_MAX; i++)
		router->tracks[0][i] = track_begin(TRACK_INTERFACE);
	vr_init(&router->vr, config_named(replay, name), router->tracks[0], at);
	vr_lend(&router->vr, &router->rare);
}

static void read_advert(struct replay *replay, json_t *from, struct vrrp_advert *advert)
{
	static const char *const forms[] = {"none", "message-only", "pseudo-header", "both"};
	const char *form = json_string_value(json_object_get(from, "checksum_form"));
	json_t *list = json_object_get(from, "addresses");

	*advert = (struct vrrp_advert){.source = address(json_object_get(from, "source")),
		.destination = address(json_object_get(from, "destination")),
		.ttl = (uint8_t)number(from, "ttl"),
		.version = (uint8_t)number(from, "version"),
		.type = (uint8_t)number(from, "packet_type"),
		.vrid = (uint8_t)number(from, "vrid"),
		.priority = (uint8_t)number(from, "priority"),
		.auth_type = (uint8_t)number(from, "auth_type"),
		.checksum = (uint16_t)number(from, "checksum"),
		.interval = json_integer_value(json_object_get(from, "interval")),
		.address_count = (uint8_t)json_array_size(list),
		.addresses = replay->addresses};
	for (unsigned i = 0; i < 4; i++)
		if (strcmp(forms[i], form) == 0)
			advert->checksum_form = (enum vrrp_checksum_form)i;
	for (size_t i = 0; i < advert->address_count; i++)
		memcpy(replay->addresses + 4 * i, address(json_array_get(list, i)).bytes, 4);
}

static struct track_value track_value(json_t *from)
{
	const char *state = json_string_value(json_object_get(from, "state"));
	struct track_value value = {.value = number(from, "value")};

	assert_true(state == NULL || track_state_from_name(state, &value.state));
	return value;
}

static void read_config_event(const struct replay *replay, struct replayed *router, const char *name,
	json_t *from, struct vr_event *event)
{
	json_t *tracks = json_object_get(from, "tracks");

	event->config = config_named(replay, name);
	router->generation ^= 1;
	event->track_values = router->tracks[router->generation];
	for (size_t i = 0; i < json_array_size(tracks); i++)
		event->track_values[i] = track_value(json_array_get(tracks, i));
}

static void feed(struct replay *replay, const char *name, json_t *from, mono_t at)
{
	const char *type = json_string_value(json_object_get(from, "type"));
	json_t *was = json_object_get(from, "was");
	struct replayed *router = router_named(replay, was != NULL ? json_string_value(was) : name);
	struct vr_event event = {.type = VR_EVENT_TICK};
	struct vrrp_advert advert;
	struct actions actions;
	struct text text;

	assert_non_null(router);
	while (strcmp(event_names[event.type], type) != 0)
		assert_true(++event.type <= VR_EVENT_READY);
	event.adopt = json_is_true(json_object_get(from, "adopt"));
	event.interface.exists = json_is_true(json_object_get(from, "exists"));
	event.interface.up = json_is_true(json_object_get(from, "up"));
	event.interface.primary = address(json_object_get(from, "primary"));
	event.track_index = (size_t)number(from, "index");
	event.track_value = track_value(from);
	event.error = number(from, "error");
	event.ready = json_is_true(json_object_get(from, "ready"));
	if (event.type == VR_EVENT_ADVERT) {
		read_advert(replay, from, &advert);
		event.advert = &advert;
	}
	if (event.type == VR_EVENT_CONFIG) {
		read_config_event(replay, router, name, from, &event);
		strncpy(router->name, name, sizeof(router->name) - 1);
	}
	vr_input(&router->vr, &event, at, &actions);
	text_init(&text, replay->expected, sizeof(replay->expected));
	trace_write_actions(&text, &router->vr, &actions, at);
	assert_false(text.overflow);
}

static void replay_line(struct replay *replay, const char *line)
{
	json_t *object = json_loads(line, 0, NULL);
	json_t *event = json_object_get(object, "event");
	const char *name = json_string_value(json_object_get(object, "vr"));
	mono_t at = {json_integer_value(json_object_get(object, "t"))};

	assert_non_null(object);
	if (json_object_get(object, "trace") != NULL) {
		const char *config = json_string_value(json_object_get(object, "config"));
		struct conf_result *result = &replay->confs[replay->conf_count++];

		assert_true(replay->conf_count <= 4);
		conf_load_text(config, strlen(config), "trace", NULL, result);
		assert_non_null(result->conf);
	} else if (event == NULL) {
		assert_string_equal(line, replay->expected);
		replay->compared++;
	} else if (strcmp(json_string_value(json_object_get(event, "type")), "begin") == 0) {
		begin(replay, name, at);
	} else {
		feed(replay, name, event, at);
	}
	json_decref(object);
}

static size_t replay_node(const struct node *node)
{
	struct replay *replay = calloc(1, sizeof(*replay));
	size_t compared;

	assert_non_null(replay);
	for (size_t i = 0; i < node->line_count; i++)
		if (node->kinds[i] == ENGINE_TELL_TRACE)
			replay_line(replay, node->lines[i]);
	compared = replay->compared;
	for (size_t i = 0; i < replay->conf_count; i++)
		conf_result_free(&replay->confs[i]);
	free(replay);
	return compared;
}

static const char gw1_conf[] = "vrrp_instance VI_1 {\n interface eth0\n version 3\n advert_int 0.1\n"
			       " track_interface {\n eth0\n eth1\n }\n virtual_router_id 51\n priority 100\n"
			       " virtual_ipaddress {\n 192.168.1.200\n }\n}\n";
static const char gw1_changed[] =
	"vrrp_instance GATEWAY {\n interface eth0\n version 3\n advert_int 0.2\n"
	" track_interface {\n eth1 weight -20\n }\n virtual_router_id 51\n priority 120\n"
	" virtual_ipaddress {\n 192.168.1.200\n 192.168.1.201\n }\n}\n"
	"vrrp_instance NEW {\n interface eth1\n version 3\n virtual_router_id 1\n"
	" virtual_ipaddress {\n 10.0.0.1\n }\n}\n";
static const char gw2_conf[] = "vrrp_instance VI_1 {\n interface eth0\n version 3\n advert_int 0.1\n"
			       " virtual_router_id 51\n priority 99\n"
			       " virtual_ipaddress {\n 192.168.1.200\n }\n}\n";

static struct world *make_pair(void **state)
{
	struct engine_options options = {.record = true, .trace_name = "gw"};
	struct world *world = world_new();

	*state = world;
	node_boot_with(world, 0, gw1_conf, &options);
	node_boot_with(world, 1, gw2_conf, &options);
	for (size_t i = 0; i < 2; i++) {
		struct node *node = &world->nodes[i];

		node_link(node, 2, "eth0", 1, i == 0 ? "192.168.1.1/24" : "192.168.1.2/24");
		node_link(node, 3, "eth1", 2, i == 0 ? "10.0.0.1/24" : "10.0.0.2/24");
		node_start(node);
	}
	world_run(world, 3 * DUR_S);
	return world;
}

static void a_trace_replays(void **state)
{
	struct world *world = make_pair(state);
	struct node *gw1 = &world->nodes[0], *gw2 = &world->nodes[1];

	node_carrier(gw1, 3, false);
	world_run(world, DUR_S);
	node_carrier(gw1, 3, true);
	world_run(world, 3 * DUR_S);
	node_reload(gw1, gw1_changed);
	world_run(world, 3 * DUR_S);
	node_reload(gw1, gw1_conf);
	world_run(world, 3 * DUR_S);
	gw1->kernel_error = -1;
	node_carrier(gw1, 2, false);
	world_run(world, DUR_S);
	node_carrier(gw1, 2, true);
	world_run(world, DUR_S);
	engine_stop(gw1->engine, false, world->now);
	world_run(world, DUR_S);
	assert_true(gw1->stopped);
	assert_true(replay_node(gw1) > 100);
	assert_true(replay_node(gw2) > 100);
}

static void a_large_configuration_takes_several_headers(void **state)
{
	struct engine_options options = {.record = true, .trace_name = "gw"};
	struct world *world = world_new();
	struct node *node = &world->nodes[0];
	size_t size = 1 << 18, instances = 0;
	char *config = malloc(size);
	struct text text;

	*state = world;
	text_init(&text, config, size);
	for (unsigned i = 0; i < 500; i++) {
		text_str(&text, "vrrp_sync_group G");
		text_u64(&text, i);
		text_str(&text, " {\n group {\n V");
		text_u64(&text, i);
		text_str(&text, " V");
		text_u64(&text, i + 500);
		text_str(&text, "\n }\n}\n");
	}
	for (unsigned i = 0; i < 1000; i++) {
		text_str(&text, "vrrp_instance V");
		text_u64(&text, i);
		text_str(&text, " {\n interface eth");
		text_u64(&text, i);
		text_str(&text, "\n virtual_router_id 1\n virtual_ipaddress {\n 10.1.1.1\n }\n}\n");
	}
	assert_false(text.overflow);
	node_boot_with(world, 0, config, &options);
	free(config);
	node_start(node);
	for (size_t i = 0; i < node->line_count; i++)
		if (strstr(node->lines[i], "{\"trace\":1") == node->lines[i]) {
			json_t *header = json_loads(node->lines[i], 0, NULL);
			const char *part = json_string_value(json_object_get(header, "config"));
			struct conf_result result;

			assert_true(strlen(node->lines[i]) < 65000);
			conf_load_text(part, strlen(part), "trace", NULL, &result);
			assert_non_null(result.conf);
			instances += result.conf->instance_count;
			for (size_t k = 0; k < result.conf->instance_count; k++)
				assert_non_null(result.conf->instances[k].vr.extra->sync_group);
			conf_result_free(&result);
			json_decref(header);
		}
	assert_int_equal(instances, 1000);
}

static void a_trace_cannot_begin_in_the_middle(void **state)
{
	struct world *world = make_pair(state);
	struct node *node = &world->nodes[0];
	size_t lines;

	engine_record(node->engine, false, world->now);
	lines = node_count_lines(node, ENGINE_TELL_TRACE, "");
	world_run(world, DUR_S);
	engine_record(node->engine, true, world->now);
	world_run(world, DUR_S);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_TRACE, ""), lines);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "recording-refused"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_trace_replays, world_teardown),
		cmocka_unit_test_teardown(a_large_configuration_takes_several_headers, world_teardown),
		cmocka_unit_test_teardown(a_trace_cannot_begin_in_the_middle, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
