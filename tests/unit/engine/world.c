/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "world_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct ip_prefix prefix_of(const char *text)
{
	struct ip_prefix prefix;

	assert_true(ip_prefix_parse(text, strlen(text), &prefix));
	return prefix;
}

/* Memory comes from functions that no_memory_test.c does not wrap: the world does not fail. */
void world_note(struct node *node, char what)
{
	if (node->sequence_length < sizeof(node->sequence) - 1)
		node->sequence[node->sequence_length++] = what;
	node->sequence[node->sequence_length] = '\0';
}

struct happening *world_happen(struct world *world, struct node *node, enum happening_type type, int ifindex)
{
	if (world->queue_count == world->queue_capacity) {
		world->queue_capacity = 2 * world->queue_capacity + 64;
		world->queue = reallocarray(world->queue, world->queue_capacity, sizeof(*world->queue));
		assert_non_null(world->queue);
	}
	struct happening *happening = &world->queue[world->queue_count++];

	*happening = (struct happening){.at = mono_add(world->now, WORLD_DELAY),
		.order = world->order++,
		.type = type,
		.node = node,
		.ifindex = ifindex};
	return happening;
}

struct node_link *node_find_link(struct node *node, int ifindex)
{
	for (size_t i = 0; i < NODE_LINKS; i++)
		if (node->links[i].ifindex == ifindex)
			return &node->links[i];
	return NULL;
}

/* A frame from the MAC of one of our devices goes to that device alone. */
static int receiving_index(const struct node *node, int ifindex, const uint8_t *source)
{
	for (size_t i = 0; i < NODE_LINKS; i++)
		if (node->links[i].ifindex != 0 && node->links[i].parent == ifindex &&
			memcmp(node->links[i].mac.bytes, source, 6) == 0)
			return node->links[i].ifindex;
	return ifindex;
}

static void deliver(struct world *world, struct node *from, int segment, const uint8_t *frame, size_t length)
{
	for (size_t n = 0; n < WORLD_NODES; n++)
		for (size_t i = 0; i < NODE_LINKS; i++) {
			struct node *node = &world->nodes[n];
			struct node_link *link = &node->links[i];

			if (node == from || node->engine == NULL || link->ifindex == 0 ||
				link->segment != segment || !link->up || !link->carrier || link->parent != 0)
				continue;
			struct happening *happening = world_happen(
				world, node, HAPPENING_PACKET, receiving_index(node, link->ifindex, frame + 6));

			memcpy(happening->bytes, frame + 14, length - 14);
			happening->length = length - 14;
			memcpy(happening->source.bytes, frame + 6, 6);
		}
}

static void answer_arp(
	struct world *world, struct node *node, const struct node_link *link, const uint8_t *frame)
{
	struct arp_packet packet;

	assert_true(arp_decode(frame + 14, ARP_FRAME_SIZE - 14, &packet));
	if (ip_equal(&packet.sender, &packet.target)) {
		node->announcements++;
		node->last_announced = packet.sender_mac;
		memcpy(node->last_announcing.bytes, frame + 6, 6);
		world_note(node, 'g');
		return;
	}
	node->probes++;
	node->last_prober = packet.sender;
	for (size_t i = 0; i < world->host_count; i++) {
		const struct host *host = &world->hosts[i];
		struct happening *happening;

		if (host->mute || host->segment != link->segment || !ip_equal(&host->address, &packet.target))
			continue;
		happening = world_happen(world, node, HAPPENING_ARP, link->ifindex);
		memcpy(happening->bytes, frame + 14, ARP_FRAME_SIZE - 14);
		happening->bytes[7] = ARP_REPLY;
		memcpy(happening->bytes + 14, packet.target.bytes, 4);
		memcpy(happening->bytes + 24, packet.sender.bytes, 4);
		happening->length = ARP_FRAME_SIZE - 14;
	}
}

static void answer_nd(
	struct world *world, struct node *node, const struct node_link *link, const uint8_t *frame)
{
	struct nd_packet packet;

	assert_true(nd_decode(frame + 14, ND_FRAME_SIZE - 14, &packet));
	if (packet.type == ND_ADVERTISEMENT) {
		node->announcements++;
		node->last_announcement = packet;
		world_note(node, 'g');
		return;
	}
	node->probes++;
	for (size_t i = 0; i < world->host_count; i++) {
		const struct host *host = &world->hosts[i];
		struct happening *happening;
		uint8_t answer[ND_FRAME_SIZE];

		if (host->mute || host->segment != link->segment || !ip_equal(&host->address, &packet.target))
			continue;
		happening = world_happen(world, node, HAPPENING_ND, link->ifindex);
		nd_encode_announcement(&packet.mac, &host->address, &host->address, answer, sizeof(answer));
		memcpy(happening->bytes, answer + 14, sizeof(answer) - 14);
		happening->length = sizeof(answer) - 14;
	}
}

/* What kind of frame this is: ARP, ND, or an advert. */
static bool is_arp(const uint8_t *frame)
{
	return frame[12] == 0x08 && frame[13] == 0x06;
}

static bool is_nd(const uint8_t *frame)
{
	return frame[12] == 0x86 && frame[13] == 0xdd && frame[14 + 6] == 58;
}

static void send_one(struct node *node, struct port_frame *frame)
{
	struct node_link *link = node_find_link(node, frame->ifindex);

	frame->error = node->send_error;
	if (link == NULL || frame->ifindex == 0)
		frame->error = -ENXIO;
	else if (!link->up)
		frame->error = -ENETDOWN;
	if (frame->error != 0)
		return;
	if (!is_arp(frame->bytes) && !is_nd(frame->bytes)) {
		size_t header = frame->bytes[12] == 0x86 ? IPV6_HEADER_SIZE : IPV4_HEADER_SIZE;

		node->adverts++;
		world_note(node, frame->bytes[14 + header + 2] == 0 ? '0' : 'a');
		memcpy(node->last_advert, frame->bytes, frame->length);
		node->last_advert_length = frame->length;
	}
	if (!link->carrier || node->silent)
		return;
	if (is_arp(frame->bytes))
		answer_arp(node->world, node, link, frame->bytes);
	else if (is_nd(frame->bytes))
		answer_nd(node->world, node, link, frame->bytes);
	else
		deliver(node->world, node, link->segment, frame->bytes, frame->length);
}

static int64_t wall_clock(void *user)
{
	const struct node *node = user;

	return WORLD_EPOCH + node->world->now.ns + node->clock_error;
}

static void send_frames(void *user, struct port_frame *frames, size_t count)
{
	struct node *node = user;

	if (count > node->largest_send)
		node->largest_send = count;
	for (size_t i = 0; i < count; i++)
		send_one(node, &frames[i]);
}

static size_t find_rule(const struct node *node, enum firewall_op_type type, const struct firewall_op *op)
{
	for (size_t i = 0; i < node->rule_count; i++)
		if (node->rules[i].type == type && node->rules[i].ifindex == op->ifindex &&
			ip_equal(&node->rules[i].address, &op->address) &&
			memcmp(&node->rules[i].mac, &op->mac, sizeof(op->mac)) == 0)
			return i;
	return node->rule_count;
}

/* Types come in pairs: what makes a rule, and what ends it. */
static void run_firewall_op(struct node *node, const struct firewall_op *op)
{
	bool adds = op->type % 2 == 0;
	size_t at = find_rule(node, adds ? op->type : op->type - 1, op);

	if (adds) {
		assert_true(node->rule_count < sizeof(node->rules) / sizeof(node->rules[0]));
		node->rules[node->rule_count++] = *op;
		return;
	}
	assert_true(at < node->rule_count);
	node->rules[at] = node->rules[--node->rule_count];
}

static int run_firewall(void *user, const struct firewall_op *ops, size_t count)
{
	struct node *node = user;

	node->firewall_calls++;
	if (count == 0) {
		node->firewall_restored += node->restore_error == 0;
		return node->restore_error;
	}
	world_note(node, 'f');
	if (node->firewall_error != 0)
		return node->firewall_error;
	for (size_t i = 0; i < count; i++)
		run_firewall_op(node, &ops[i]);
	if (node->firewall_calls == 1)
		node->rules_at_first = node->rule_count;
	return 0;
}

static int make_mortal(void *user, const struct ip_addr *addresses, size_t count, dur_t length)
{
	struct node *node = user;

	if (node->firewall_error != 0)
		return node->firewall_error;
	if (node->mortal_error != 0 && count > 0)
		return node->mortal_error;
	/* What was in the way of everything else no longer is. */
	if (node->mortal_error != 0)
		node->restore_error = 0;
	node->mortal_length = length;
	node->mortal_calls++;
	if (addresses == NULL && count > 0) {
		assert_int_equal(count, node->mortal_count);
		return 0;
	}
	node->mortal = reallocarray(node->mortal, count + 1, sizeof(*addresses));
	assert_non_null(node->mortal);
	if (count > 0)
		memcpy(node->mortal, addresses, count * sizeof(*addresses));
	node->mortal_count = count;
	return 0;
}

bool node_is_mortal(const struct node *node, const char *address)
{
	struct ip_addr wanted = prefix_of(address).addr;

	for (size_t i = 0; i < node->mortal_count; i++)
		if (ip_equal(&node->mortal[i], &wanted))
			return true;
	return false;
}

bool node_has_rule(const struct node *node, enum firewall_op_type type, const char *address)
{
	struct ip_addr wanted = prefix_of(address).addr;

	for (size_t i = 0; i < node->rule_count; i++)
		if (node->rules[i].type == type && ip_equal(&node->rules[i].address, &wanted))
			return true;
	return false;
}

static int join(void *user, int ifindex, const struct ip_addr *group)
{
	struct node_link *link = node_find_link(user, ifindex);

	if (link == NULL)
		return -ENODEV;
	link->joined[family_index(group->family)]++;
	link->last_joined = *group;
	return 0;
}

static void leave(void *user, int ifindex, const struct ip_addr *group)
{
	struct node_link *link = node_find_link(user, ifindex);

	if (link != NULL)
		link->joined[family_index(group->family)]--;
}

static int check_group(void *user, int ifindex, const struct ip_addr *group)
{
	struct node_link *link = node_find_link(user, ifindex);
	const size_t i = family_index(group->family);
	const bool lost = link != NULL && link->lost[i];

	if (lost)
		link->lost[i] = false;
	return lost;
}

static int hear_neighbours(void *user, int ifindex, enum ip_family family, bool on)
{
	struct node_link *link = node_find_link(user, ifindex);

	if (link == NULL)
		return -ENODEV;
	link->hearing = (uint8_t)(on ? family : IP_NONE);
	return 0;
}

static void query_link(void *user, int ifindex)
{
	struct node *node = user;

	(void)ifindex;
	node->queries++;
}

static void testament(void *user, size_t slot, const struct testament_entry *entry)
{
	struct node *node = user;

	assert_true(slot < sizeof(node->wills) / sizeof(node->wills[0]));
	world_note(node, entry->active ? 'w' : 'x');
	node->wills[slot] = (struct node_will){.active = entry->active,
		.stop_frame_length = entry->stop_frame_length,
		.removal_count = entry->removal_count};
	if (entry->stop_frame != NULL)
		memcpy(node->wills[slot].stop_source.bytes, entry->stop_frame + 6, 6);
	for (size_t i = 0; i < entry->removal_count; i++)
		if (entry->removals[i].type == KERNEL_DELETE_DEVICE)
			node->wills[slot].deleted_device = entry->removals[i].ifindex;
		else if (entry->removals[i].type == KERNEL_RESTORE_PARENT)
			node->wills[slot].restored_parent = entry->removals[i].ifindex;
}

static bool tell(void *user, uint16_t kind, const char *line, size_t length)
{
	struct node *node = user;

	assert_int_equal(strlen(line), length);
	if (node->deaf && (kind == ENGINE_TELL_STATUS || kind == ENGINE_TELL_STATUS_END))
		return false;
	if (kind == ENGINE_TELL_STOPPED)
		node->stopped = true;
	if (node->line_count == NODE_LINES) {
		free(node->lines[0]);
		memmove(node->lines, node->lines + 1, (NODE_LINES - 1) * sizeof(node->lines[0]));
		memmove(node->kinds, node->kinds + 1, (NODE_LINES - 1) * sizeof(node->kinds[0]));
		node->line_count--;
	}
	node->kinds[node->line_count] = kind;
	node->lines[node->line_count++] = strndup(line, length);
	return true;
}

struct world *world_new(void)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	world->now = (mono_t){1000 * DUR_S};
	return world;
}

void world_free(struct world *world)
{
	for (size_t n = 0; n < WORLD_NODES; n++) {
		struct node *node = &world->nodes[n];

		engine_free(node->engine);
		conf_result_free(&node->conf);
		free(node->addresses);
		free(node->mortal);
		node_free_jobs(node);
		node_free_tasks(node);
		for (size_t i = 0; i < node->line_count; i++)
			free(node->lines[i]);
	}
	free(world->queue);
	free(world);
}

int world_teardown(void **state)
{
	world_free(*state);
	return 0;
}

static void load(const struct node *node, struct conf_result *result, const char *config)
{
	conf_load_text(config, strlen(config), "test.conf", NULL, result);
	for (size_t i = 0; i < result->message_count; i++)
		if (result->messages[i].severity == CONF_ERROR)
			print_message("%u: %s\n", result->messages[i].place.line, result->messages[i].text);
	assert_non_null(result->conf);
	for (size_t i = 0; node->adjust != NULL && i < result->conf->instance_count; i++)
		node->adjust((struct vr_config *)(uintptr_t)&result->conf->instances[i].vr);
}

void node_boot_with(
	struct world *world, size_t number, const char *config, const struct engine_options *options)
{
	struct node *node = &world->nodes[number];

	node->world = world;
	node->port = (struct port){.user = node,
		.send_frames = send_frames,
		.wall_clock = wall_clock,
		.send_datagrams = node_send_datagrams,
		.kernel = node_run_kernel,
		.kernel_later = node_run_kernel_later,
		.kernel_answers = node_kernel_answers,
		.task = node_task,
		.task_answer = node_task_answer,
		.firewall = run_firewall,
		.mortal = make_mortal,
		.device_add = node_device_add,
		.device_check = node_device_check,
		.device_remove = node_device_remove,
		.device_rename = node_device_rename,
		.promote_secondaries = node_promote_secondaries,
		.join = join,
		.leave = leave,
		.check_group = check_group,
		.hear_neighbours = hear_neighbours,
		.query_link = query_link,
		.testament = testament,
		.tell = tell};
	load(node, &node->conf, config);
	node->engine = engine_new(node->conf.conf, &node->port, options, world->now);
	assert_non_null(node->engine);
}

void node_boot(struct world *world, size_t number, const char *config)
{
	struct engine_options options = {.trace_name = "test"};

	node_boot_with(world, number, config, &options);
}

void node_start(struct node *node)
{
	engine_start(node->engine, node->world->now);
}

static void tell_link(struct node *node, const struct node_link *link)
{
	struct engine_link event = {.ifindex = link->ifindex,
		.name = link->name,
		.mac = link->mac,
		.mtu = 1500,
		.up = link->up,
		.carrier = link->up && link->carrier,
		.vrf = link->vrf,
		.ours = link->ours,
		.maker = link->maker,
		.forwards_no_ipv4 = link->forwards_nothing,
		.forwards_no_ipv6 = link->forwards_nothing};

	engine_link(node->engine, &event, node->world->now);
}

void node_link(struct node *node, int ifindex, const char *name, int segment, const char *address)
{
	struct node_link *link = node_find_link(node, ifindex);

	if (link == NULL)
		link = node_find_link(node, 0);
	assert_non_null(link);
	*link = (struct node_link){.ifindex = ifindex, .segment = segment, .up = true, .carrier = true};
	snprintf(link->name, sizeof(link->name), "%s", name);
	link->mac = (struct mac_addr){{2, 0, 0, 0, (uint8_t)(node - node->world->nodes), (uint8_t)ifindex}};
	tell_link(node, link);
	if (address != NULL)
		node_address(node, ifindex, address, 0);
}

void node_carrier(struct node *node, int ifindex, bool carrier)
{
	struct node_link *link = node_find_link(node, ifindex);

	link->carrier = carrier;
	tell_link(node, link);
}

void node_link_changed(struct node *node, int ifindex)
{
	tell_link(node, node_find_link(node, ifindex));
}

void node_link_gone(struct node *node, int ifindex)
{
	/* The kernel deletes what stands over it, first. */
	for (size_t i = 0; i < NODE_LINKS; i++)
		if (node->links[i].ifindex != 0 && node->links[i].parent == ifindex)
			node_link_gone(node, node->links[i].ifindex);
	node_forget_link(node, ifindex);
	engine_link_gone(node->engine, ifindex, node->world->now);
}

void node_address(struct node *node, int ifindex, const char *address, uint8_t protocol)
{
	struct engine_address event = {
		.ifindex = ifindex, .prefix = prefix_of(address), .protocol = protocol};

	node_add_address(node, ifindex, &event.prefix);
	engine_address(node->engine, &event, node->world->now);
}

void node_tentative_address(struct node *node, int ifindex, const char *address, bool duplicate)
{
	struct engine_address event = {
		.ifindex = ifindex, .prefix = prefix_of(address), .tentative = true, .duplicate = duplicate};

	engine_address(node->engine, &event, node->world->now);
}

void node_address_gone(struct node *node, int ifindex, const char *address)
{
	struct engine_address event = {.ifindex = ifindex, .prefix = prefix_of(address)};

	node_delete_address(node, ifindex, &event.prefix);
	engine_address_gone(node->engine, &event, node->world->now);
}

void node_packet(struct node *node, int ifindex, const uint8_t *bytes, size_t length)
{
	node_packet_from(node, ifindex, &(struct mac_addr){{2, 0, 0, 0, 9, 9}}, bytes, length);
}

void node_packet_from(
	struct node *node, int ifindex, const struct mac_addr *source, const uint8_t *bytes, size_t length)
{
	struct engine_packet packet = {.ifindex = ifindex,
		.bytes = bytes,
		.length = length,
		.source_mac = *source,
		.multicast = true,
		.received = node->world->now};

	engine_packets(node->engine, &packet, 1, node->world->now);
}

void node_reload(struct node *node, const char *config)
{
	struct conf_result result;
	const struct conf *old;

	load(node, &result, config);
	old = engine_reload(node->engine, result.conf, node->world->now);
	assert_ptr_equal(old, node->conf.conf);
	engine_kernel_settle(node->engine, node->world->now);
	conf_result_free(&node->conf);
	node->conf = result;
}

static void run_happening(const struct happening *happening)
{
	struct node *node = happening->node;
	struct engine_address address = {.ifindex = happening->ifindex,
		.prefix = happening->prefix,
		.protocol = VIGIA_KERNEL_PROTOCOL};
	struct engine_packet packet = {.ifindex = happening->ifindex,
		.bytes = happening->bytes,
		.length = happening->length,
		.source_mac = happening->source,
		.multicast = true,
		.received = happening->at};
	const struct node_link *link = node_find_link(node, happening->ifindex);

	if (node->engine == NULL)
		return;
	switch (happening->type) {
	case HAPPENING_PACKET:
		engine_packets(node->engine, &packet, 1, node->world->now);
		break;
	case HAPPENING_ARP:
		if (link != NULL && link->hearing == IP_V4)
			engine_arp(node->engine, happening->ifindex, happening->bytes, happening->length,
				node->world->now);
		break;
	case HAPPENING_ND:
		if (link != NULL && link->hearing == IP_V6)
			engine_nd(node->engine, happening->ifindex, happening->bytes, happening->length,
				node->world->now);
		break;
	case HAPPENING_ADDRESS:
		engine_address(node->engine, &address, node->world->now);
		break;
	case HAPPENING_ADDRESS_GONE:
		engine_address_gone(node->engine, &address, node->world->now);
		break;
	case HAPPENING_LINK:
		if (link != NULL)
			tell_link(node, link);
		else
			engine_link_gone(node->engine, happening->ifindex, node->world->now);
		break;
	case HAPPENING_TASK:
		node_run_task(node);
		engine_kernel_answered(node->engine, node->world->now);
		break;
	case HAPPENING_KERNEL:
		node_run_job(node);
		engine_kernel_answered(node->engine, node->world->now);
		break;
	}
}

static bool run_earliest(struct world *world)
{
	size_t first = 0;
	struct happening happening;

	for (size_t i = 1; i < world->queue_count; i++)
		if (world->queue[i].at.ns < world->queue[first].at.ns ||
			(world->queue[i].at.ns == world->queue[first].at.ns &&
				world->queue[i].order < world->queue[first].order))
			first = i;
	if (world->queue_count == 0 || mono_before(world->now, world->queue[first].at))
		return false;
	happening = world->queue[first];
	world->queue[first] = world->queue[--world->queue_count];
	run_happening(&happening);
	return true;
}

static mono_t next_moment(const struct world *world)
{
	mono_t next = MONO_NEVER;

	for (size_t i = 0; i < world->queue_count; i++)
		next = mono_min(next, world->queue[i].at);
	for (size_t n = 0; n < WORLD_NODES; n++)
		if (world->nodes[n].engine != NULL)
			next = mono_min(next, engine_deadline(world->nodes[n].engine));
	return next;
}

static void run_moment(struct world *world)
{
	while (run_earliest(world))
		;
	for (size_t n = 0; n < WORLD_NODES; n++)
		if (world->nodes[n].engine != NULL &&
			mono_due(engine_deadline(world->nodes[n].engine), world->now))
			engine_tick(world->nodes[n].engine, world->now);
}

void world_run(struct world *world, dur_t length)
{
	mono_t end = mono_add(world->now, length);
	unsigned at_once = 0;

	for (mono_t next = next_moment(world); mono_due(next, end); next = next_moment(world)) {
		at_once = mono_before(world->now, next) ? 0 : at_once + 1;
		/* Somebody is due and does nothing about it. */
		assert_true(at_once < 20000);
		if (mono_before(world->now, next))
			world->now = next;
		run_moment(world);
	}
	world->now = end;
}

void world_settle(struct world *world)
{
	world_run(world, 2 * WORLD_DELAY);
}

void world_host(struct world *world, int segment, const char *address)
{
	struct ip_prefix prefix = prefix_of(address);

	world->hosts[world->host_count++] = (struct host){.segment = segment, .address = prefix.addr};
}

const struct instance *node_instance(const struct node *node, const char *name)
{
	for (size_t i = 0; i < node->engine->instance_count; i++)
		if (strcmp(node->engine->instances[i]->config->name, name) == 0)
			return node->engine->instances[i];
	return NULL;
}

enum vr_state node_state(const struct node *node, const char *name)
{
	const struct instance *instance = node_instance(node, name);

	assert_non_null(instance);
	return instance->vr.state;
}

bool node_has_address(const struct node *node, int ifindex, const char *prefix)
{
	struct ip_prefix wanted = prefix_of(prefix);

	return node_find_address(node, ifindex, &wanted) < node->address_count;
}

bool node_has_route(const struct node *node, const char *destination)
{
	struct ip_prefix wanted = prefix_of(destination);

	for (size_t i = 0; i < node->route_count; i++)
		if (ip_prefix_equal(&node->routes[i].destination, &wanted))
			return true;
	return false;
}

size_t node_count_lines(const struct node *node, enum engine_tell kind, const char *containing)
{
	size_t count = 0;

	for (size_t i = 0; i < node->line_count; i++)
		if (node->kinds[i] == kind && strstr(node->lines[i], containing) != NULL)
			count++;
	return count;
}

const char *node_last_line(const struct node *node, enum engine_tell kind, const char *containing)
{
	for (size_t i = node->line_count; i > 0; i--)
		if (node->kinds[i - 1] == kind && strstr(node->lines[i - 1], containing) != NULL)
			return node->lines[i - 1];
	return NULL;
}

void node_resync(struct node *node)
{
	struct engine_link event;

	/* Events of ours that are on their way would be older than the picture. */
	world_settle(node->world);
	engine_resync_begin(node->engine, node->world->now);
	for (size_t i = 0; i < NODE_LINKS; i++) {
		const struct node_link *link = &node->links[i];

		if (link->ifindex == 0)
			continue;
		event = (struct engine_link){.ifindex = link->ifindex,
			.name = link->name,
			.mac = link->mac,
			.mtu = 1500,
			.up = link->up,
			.carrier = link->carrier};
		engine_link(node->engine, &event, node->world->now);
	}
	for (size_t i = 0; i < node->address_count; i++) {
		struct engine_address address = {
			.ifindex = node->addresses[i].ifindex, .prefix = node->addresses[i].prefix};

		/* The kernel knows the mark. */
		if (address.prefix.length == 32)
			address.protocol = VIGIA_KERNEL_PROTOCOL;
		engine_address(node->engine, &address, node->world->now);
	}
	engine_resync_end(node->engine, node->world->now);
}
