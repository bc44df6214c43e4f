/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BFD sessions: see bfd.h. */
#include "engine/bfd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error_name.h"

#define OPEN_RETRY (1 * DUR_S)
#define RESUME_RETRY (5 * DUR_MS) /* the kernel may be closing what another engine had opened... */
#define RESUME_PATIENCE (1 * DUR_S) /* ...for a while */
#define PATIENCE_INTERVALS 3 /* of idle_tx: for the three packets of a handshake, and what was lost of them */
#define STATUS_ROOM 4000

bool bfd_init(struct engine *engine, mono_t now)
{
	struct bfd_peers *peers = calloc(1, sizeof(*peers));

	engine->bfd = peers;
	if (peers == NULL || !hash_init(&peers->by_discriminator))
		return false;
	random_seed(&peers->random,
		hash_number(hash_number(HASH_START, (uint64_t)engine->port->wall_clock(engine->port->user)),
			(uint64_t)now.ns));
	peers->drop_told = MONO_LONG_AGO;
	return bfd_follow(engine, now);
}

static struct bfd_peer *find_discriminator(const struct bfd_peers *peers, uint32_t discriminator)
{
	struct hash_node *node = hash_first(&peers->by_discriminator, discriminator);

	return node != NULL ? (struct bfd_peer *)((char *)node - offsetof(struct bfd_peer, node)) : NULL;
}

static uint32_t new_discriminator(struct bfd_peers *peers)
{
	uint32_t discriminator;

	do
		discriminator = (uint32_t)random_u64(&peers->random);
	while (discriminator == 0 || find_discriminator(peers, discriminator) != NULL);
	return discriminator;
}

static void wait_for(struct engine *engine, struct bfd_peer *peer)
{
	mono_t deadline = mono_min(bfd_session_deadline(&peer->session), peer->open_again);

	heap_set(&engine->heap, &peer->waiter.item, mono_min(deadline, peer->patience_ends));
}

/* Begins a line about a session; the caller adds to it and ends it. */
static void begin_event(struct engine *engine, struct json_out *json, struct text *line, const char *name,
	const char *code, mono_t now)
{
	text_init(line, engine->line, sizeof(engine->line));
	json_out_begin(json, line);
	json_out_object(json, NULL);
	json_out_string(json, "bfd", name);
	json_out_mono(json, "at", now);
	json_out_string(json, "code", code);
}

static void remark(struct engine *engine, const struct bfd_peer *peer, const char *code, const char *what,
	int error, mono_t now)
{
	char buffer[256];
	struct text line, text;
	struct json_out json;

	text_init(&text, buffer, sizeof(buffer));
	text_str(&text, what);
	if (error == -EADDRINUSE)
		text_str(&text, "another program, perhaps keepalived or bfdd, has the UDP port of BFD");
	else
		text_str(&text, error_name(error));
	begin_event(engine, &json, &line, peer->config.name, code, now);
	json_out_string(&json, "text", buffer);
	json_out_end(&json);
	tell_front(engine, ENGINE_TELL_EVENT, &line);
}

static void put_cause(struct text *text, const struct bfd_session *session)
{
	const struct bfd_record *cause = &session->cause;

	if (cause->cause == BFD_CAUSE_DETECTION_EXPIRED) {
		text_str(text, "nothing was heard for ");
		text_duration(text, cause->silence);
		return;
	}
	text_str(text, bfd_cause_text(cause->cause));
	if (cause->cause == BFD_CAUSE_NEIGHBOR_DOWN && session->remote_diag != BFD_DIAG_NONE) {
		text_str(text, ": ");
		text_str(text, bfd_diag_text(session->remote_diag));
	}
}

static void tell_change(struct engine *engine, const struct bfd_peer *peer)
{
	const struct bfd_session *session = &peer->session;
	char buffer[256];
	struct text line, text;
	struct json_out json;

	text_init(&text, buffer, sizeof(buffer));
	put_cause(&text, session);
	begin_event(engine, &json, &line, peer->config.name, "bfd-state", session->cause.at);
	json_out_string(&json, "from", bfd_state_name(session->cause.from));
	json_out_string(&json, "to", bfd_state_name(session->cause.to));
	json_out_string(&json, "cause", bfd_cause_name(session->cause.cause));
	json_out_u64(&json, "diag", session->diag);
	json_out_string(&json, "text", buffer);
	json_out_end(&json);
	tell_front(engine, ENGINE_TELL_EVENT, &line);
}

static void report(struct engine *engine, const struct bfd_peer *peer, mono_t now)
{
	object_report(engine, TRACK_BFD, peer->name, (struct track_value){.state = peer->told}, now);
}

static void tell_trackers(struct engine *engine, struct bfd_peer *peer, enum track_state state, mono_t now)
{
	if (peer->told == state)
		return;
	peer->told = state;
	report(engine, peer, now);
}

static void follow_state(struct engine *engine, struct bfd_peer *peer, mono_t now)
{
	const struct bfd_session *session = &peer->session;

	if (session->state == BFD_UP) {
		peer->excused = false;
		peer->patience_ends = MONO_NEVER;
		tell_trackers(engine, peer, TRACK_UP, now);
		return;
	}
	if (session->state == BFD_ADMIN_DOWN)
		return;
	if (session->cause.cause == BFD_CAUSE_NEIGHBOR_ADMIN_DOWN && peer->told == TRACK_UP)
		peer->excused = true;
	else if (session->cause.cause == BFD_CAUSE_DETECTION_EXPIRED)
		peer->excused = false;
	if (!peer->excused && peer->told == TRACK_UP)
		tell_trackers(engine, peer, TRACK_DOWN, now);
}

/* 0: to none, or there is no such interface. */
static int bound_to(const struct engine *engine, const struct bfd_peer *peer)
{
	return peer->interface != NULL ? interface_index(engine, peer->interface) : 0;
}

static void send_packet(
	struct engine *engine, struct bfd_peer *peer, const struct bfd_packet *packet, mono_t now)
{
	uint8_t bytes[BFD_PACKET_SIZE];
	int error = -ENODEV, ifindex = bound_to(engine, peer);

	if (peer->number < 0)
		return;
	bfd_encode(packet, bytes);
	if (ifindex != 0 || peer->interface == NULL)
		error = engine->port->bfd_send(
			engine->port->user, peer->number, &peer->config, ifindex, bytes, sizeof(bytes));
	if (error == 0)
		peer->counters.sent++;
	else
		peer->counters.send_errors++;
	if (error != 0 && error != peer->send_error)
		remark(engine, peer, "bfd-send-failed", "packets cannot be sent: ", error, now);
	peer->send_error = error;
}

static void input(struct engine *engine, struct bfd_peer *peer, enum bfd_event_type type,
	const struct bfd_packet *packet, mono_t now)
{
	const struct bfd_event event = {.type = type, .packet = packet, .config = &peer->config};
	struct bfd_actions actions;

	bfd_session_input(&peer->session, &event, now, &actions);
	if (actions.send)
		send_packet(engine, peer, &actions.packet, now);
	if (actions.changed) {
		if (peer->session.state == BFD_UP)
			peer->counters.ups++;
		else if (peer->session.cause.from == BFD_UP)
			peer->counters.downs++;
		follow_state(engine, peer, now);
		if (!engine->options.mute)
			tell_change(engine, peer);
	}
	wait_for(engine, peer);
}

static void open_port(struct engine *engine, struct bfd_peer *peer, mono_t now)
{
	int number = engine->port->bfd_open(engine->port->user, &peer->config);

	if (number == -EADDRINUSE && mono_before(now, engine->bfd->resumed_until)) {
		peer->open_again = mono_add(now, RESUME_RETRY);
		return;
	}
	if (number < 0 && number != peer->number)
		remark(engine, peer, "bfd-open-failed", "the session cannot work: ", number, now);
	peer->number = number;
	peer->open_again = number < 0 ? mono_add(now, OPEN_RETRY) : MONO_NEVER;
	if (peer->told == TRACK_UNKNOWN)
		peer->patience_ends =
			number < 0 ? MONO_NEVER : mono_add(now, PATIENCE_INTERVALS * peer->config.idle_tx);
}

static void close_port(struct engine *engine, struct bfd_peer *peer)
{
	if (peer->number >= 0)
		engine->port->bfd_close(engine->port->user, peer->number, &peer->config);
	peer->number = -ENOTCONN;
}

static void start_peer(struct engine *engine, struct bfd_peer *peer, mono_t now)
{
	open_port(engine, peer, now);
	input(engine, peer, BFD_EVENT_START, NULL, now);
}

static void free_peer(struct engine *engine, struct bfd_peer *peer)
{
	close_port(engine, peer);
	heap_remove(&engine->heap, &peer->waiter.item);
	hash_remove(&engine->bfd->by_discriminator, &peer->node);
	free(peer->interface);
	free(peer->name);
	free(peer);
}

void bfd_free(struct engine *engine)
{
	if (engine->bfd == NULL)
		return;
	while (engine->bfd->first != NULL) {
		struct bfd_peer *peer = engine->bfd->first;

		engine->bfd->first = peer->next;
		free_peer(engine, peer);
	}
	hash_free(&engine->bfd->by_discriminator);
	free(engine->bfd);
	engine->bfd = NULL;
}

/* Its packets are told from others by these; with any other it is another session. */
static bool is_same_session(const struct bfd_config *a, const struct bfd_config *b)
{
	if ((a->interface == NULL) != (b->interface == NULL) ||
		(a->interface != NULL && strcmp(a->interface, b->interface) != 0))
		return false;
	return ip_equal(&a->neighbor, &b->neighbor) && ip_equal(&a->source, &b->source) &&
	       a->multihop == b->multihop;
}

/* What the machine asks of its configuration. */
static bool has_same_values(const struct bfd_config *a, const struct bfd_config *b)
{
	return a->min_rx == b->min_rx && a->min_tx == b->min_tx && a->idle_tx == b->idle_tx &&
	       a->multiplier == b->multiplier && a->passive == b->passive && a->max_hops == b->max_hops;
}

static bool copy_names(struct engine *engine, struct bfd_peer *peer, const struct bfd_config *config)
{
	peer->name = strdup(config->name);
	if (peer->name != NULL && config->interface != NULL)
		peer->interface = strdup(config->interface);
	if (peer->name != NULL &&
		(config->interface == NULL ||
			(peer->interface != NULL && interface_get(engine, config->interface) != NULL)))
		return true;
	free(peer->interface);
	free(peer->name);
	return false;
}

static void set_config(struct bfd_peer *peer, const struct bfd_config *config)
{
	peer->config = *config;
	peer->config.name = peer->name;
	peer->config.interface = peer->interface;
}

static bool add_peer(struct engine *engine, const struct bfd_config *config)
{
	struct bfd_peers *peers = engine->bfd;
	struct bfd_peer *peer = calloc(1, sizeof(*peer)), **end = &peers->first;

	if (peer == NULL)
		return false;
	if (!copy_names(engine, peer, config)) {
		free(peer);
		return false;
	}
	peer->waiter.owner = WAITER_BFD;
	set_config(peer, config);
	peer->number = -ENOTCONN;
	peer->open_again = MONO_NEVER;
	peer->patience_ends = MONO_NEVER;
	peer->wanted = true;
	bfd_session_init(&peer->session, &peer->config, new_discriminator(peers), random_u64(&peers->random));
	hash_insert(&peers->by_discriminator, &peer->node, peer->session.local_discriminator);
	while (*end != NULL)
		end = &(*end)->next;
	*end = peer;
	peers->count++;
	return true;
}

static bool rename_peer(struct bfd_peer *peer, const char *name)
{
	char *copy = strdup(name);

	if (copy == NULL)
		return false;
	free(peer->name);
	peer->name = copy;
	return true;
}

static bool change_peer(
	struct engine *engine, struct bfd_peer *peer, const struct bfd_config *config, mono_t now)
{
	bool reopen = peer->config.ttl != config->ttl;
	bool changed = !has_same_values(&peer->config, config);

	peer->wanted = true;
	if (strcmp(peer->name, config->name) != 0 && !rename_peer(peer, config->name))
		return false;
	if (reopen)
		close_port(engine, peer);
	set_config(peer, config);
	if (reopen && engine->started)
		open_port(engine, peer, now);
	if (changed || reopen)
		input(engine, peer, BFD_EVENT_CONFIG, NULL, now);
	return true;
}

static struct bfd_peer *find_same(const struct bfd_peers *peers, const struct bfd_config *config)
{
	struct bfd_peer *peer = peers->first;

	while (peer != NULL && !is_same_session(&peer->config, config))
		peer = peer->next;
	return peer;
}

static void remove_unwanted(struct engine *engine, mono_t now)
{
	struct bfd_peer **at = &engine->bfd->first;

	while (*at != NULL) {
		struct bfd_peer *peer = *at;

		if (peer->wanted) {
			at = &peer->next;
			continue;
		}
		input(engine, peer, BFD_EVENT_STOP, NULL, now);
		*at = peer->next;
		engine->bfd->count--;
		free_peer(engine, peer);
	}
}

static bool follow_one(struct engine *engine, const struct bfd_config *config, mono_t now)
{
	struct bfd_peer *peer = find_same(engine->bfd, config);
	struct text line;
	struct json_out json;

	if (peer != NULL ? change_peer(engine, peer, config, now) : add_peer(engine, config))
		return true;
	begin_event(engine, &json, &line, config->name, "no-memory", now);
	json_out_string(&json, "text", "no memory for the configuration of this session");
	json_out_end(&json);
	tell_front(engine, ENGINE_TELL_EVENT, &line);
	return false;
}

bool bfd_follow(struct engine *engine, mono_t now)
{
	bool complete = true;

	if (engine->options.no_bfd)
		return true;
	for (struct bfd_peer *peer = engine->bfd->first; peer; peer = peer->next)
		peer->wanted = false;
	for (size_t i = 0; i < engine->conf->bfd_count; i++)
		complete = follow_one(engine, &engine->conf->bfd[i], now) && complete;
	remove_unwanted(engine, now);
	/* Under new names, and to those who begin to track them. */
	for (const struct bfd_peer *peer = engine->bfd->first; peer; peer = peer->next)
		if (peer->told != TRACK_UNKNOWN)
			report(engine, peer, now);
	return complete;
}

void bfd_start(struct engine *engine, mono_t now)
{
	for (struct bfd_peer *peer = engine->bfd->first; peer; peer = peer->next)
		if (peer->session.state == BFD_ADMIN_DOWN)
			start_peer(engine, peer, now);
}

void bfd_stop(struct engine *engine, mono_t now)
{
	for (struct bfd_peer *peer = engine->bfd->first; peer; peer = peer->next) {
		peer->patience_ends = MONO_NEVER;
		peer->open_again = MONO_NEVER;
		input(engine, peer, BFD_EVENT_STOP, NULL, now);
	}
}

void bfd_release(struct engine *engine)
{
	for (struct bfd_peer *peer = engine->bfd->first; peer; peer = peer->next)
		close_port(engine, peer);
}

/* What was said to us while the places were closed is lost: a silence is one only from now on. */
void bfd_resume(struct engine *engine, mono_t now)
{
	engine->bfd->resumed_until = mono_add(now, RESUME_PATIENCE);
	for (struct bfd_peer *peer = engine->bfd->first; peer; peer = peer->next) {
		mono_t patience_ends = peer->patience_ends;

		open_port(engine, peer, now);
		peer->patience_ends = patience_ends;
		bfd_session_was_deaf(&peer->session, now);
		wait_for(engine, peer);
	}
}

static void archive_counters(struct archive *archive, struct bfd_counters *counters)
{
	size_t reasons = BFD_DROP_COUNT;

	archive_u64(archive, &counters->sent);
	archive_u64(archive, &counters->received);
	archive_u64(archive, &counters->send_errors);
	archive_u64(archive, &counters->ups);
	archive_u64(archive, &counters->downs);
	archive_size(archive, &reasons);
	for (size_t i = 0; i < reasons && i < BFD_DROP_COUNT; i++)
		archive_u64(archive, &counters->drops[i]);
}

static void archive_peer(struct archive *archive, struct bfd_peer *peer)
{
	bfd_session_archive(archive, &peer->session);
	archive_time(archive, &peer->patience_ends);
	ARCHIVE_ENUM(archive, peer->told, TRACK_STATE_LAST);
	archive_bool(archive, &peer->excused);
	archive_counters(archive, &peer->counters);
}

static struct bfd_peer *find_name(const struct bfd_peers *peers, const char *name)
{
	for (struct bfd_peer *peer = peers->first; peer; peer = peer->next)
		if (strcmp(peer->name, name) == 0)
			return peer;
	return NULL;
}

void bfd_archive(struct archive *archive, struct engine *engine)
{
	struct bfd_peers *peers = engine->bfd;
	struct bfd_peer *peer = peers->first;
	size_t count = peers->count;

	archive_size(archive, &count);
	for (size_t i = 0; i < count && !archive->failed; i++) {
		struct archive_section section = archive_begin(archive, SAVED_ITEM);
		char name[SAVED_NAME_SIZE];

		saved_name(archive, name, peer != NULL ? peer->name : "");
		if (!archive->writing)
			peer = find_name(peers, name);
		if (peer == NULL) {
			archive->failed = true;
			return;
		}
		archive_peer(archive, peer);
		archive_end(archive, &section);
		if (!archive->writing) {
			hash_remove(&peers->by_discriminator, &peer->node);
			hash_insert(&peers->by_discriminator, &peer->node, peer->session.local_discriminator);
		}
		peer = peer->next;
	}
}

void bfd_tick(struct engine *engine, struct bfd_peer *peer, mono_t now)
{
	if (mono_due(peer->open_again, now))
		open_port(engine, peer, now);
	if (mono_due(peer->patience_ends, now)) {
		peer->patience_ends = MONO_NEVER;
		tell_trackers(engine, peer, TRACK_DOWN, now);
	}
	input(engine, peer, BFD_EVENT_TICK, NULL, now);
}

static void count_drop(struct engine *engine, struct bfd_peer *peer, enum bfd_drop reason,
	const struct engine_bfd_packet *packet, mono_t now)
{
	char buffer[256];
	struct text line, text;
	struct json_out json;

	if (peer != NULL)
		peer->counters.drops[reason]++;
	else
		engine->bfd->drops[reason]++;
	if (engine->options.mute || mono_sub(now, engine->bfd->drop_told) < DROP_LINE_SPACING)
		return;
	engine->bfd->drop_told = now;
	text_init(&text, buffer, sizeof(buffer));
	text_str(&text, "a BFD packet from ");
	text_ip(&text, &packet->source);
	text_str(&text, " is dropped: ");
	text_str(&text, bfd_drop_text(reason));
	begin_event(engine, &json, &line, peer != NULL ? peer->config.name : "", "bfd-dropped", now);
	json_out_string(&json, "reason", bfd_drop_name(reason));
	json_out_string(&json, "text", buffer);
	json_out_end(&json);
	tell_front(engine, ENGINE_TELL_EVENT, &line);
}

static bool came_by_its_interface(const struct engine *engine, const struct bfd_peer *peer,
	const struct engine_bfd_packet *received)
{
	return peer->interface == NULL || bound_to(engine, peer) == received->ifindex;
}

/* By its discriminator or, in the first packets, by who sends it and where it comes in. */
static struct bfd_peer *find_peer(const struct engine *engine, const struct bfd_packet *packet,
	const struct engine_bfd_packet *received)
{
	const struct bfd_peers *peers = engine->bfd;
	struct bfd_peer *peer;

	if (packet->your_discriminator != 0) {
		peer = find_discriminator(peers, packet->your_discriminator);
		return peer != NULL && peer->config.multihop == received->multihop ? peer : NULL;
	}
	for (peer = peers->first; peer; peer = peer->next)
		if (peer->config.multihop == received->multihop &&
			ip_equal(&peer->config.neighbor, &received->source) &&
			came_by_its_interface(engine, peer, received))
			return peer;
	return NULL;
}

void engine_bfd(struct engine *engine, const struct engine_bfd_packet *received, mono_t now)
{
	struct bfd_packet packet;
	struct bfd_peer *peer = NULL;
	enum bfd_drop reason = bfd_decode(received->bytes, received->length, &packet);

	if (!engine->started)
		return;
	if (reason == BFD_DROP_NONE) {
		peer = find_peer(engine, &packet, received);
		if (peer == NULL)
			reason = BFD_DROP_SESSION;
		else if (!came_by_its_interface(engine, peer, received))
			reason = BFD_DROP_SOURCE;
		else
			reason = bfd_session_accept(
				&peer->session, &packet, &received->source, received->hops);
	}
	if (reason != BFD_DROP_NONE) {
		count_drop(engine, peer, reason, received, now);
		return;
	}
	peer->counters.received++;
	input(engine, peer, BFD_EVENT_PACKET, &packet, now);
	turn_end(engine, now);
}

static void write_drops(struct json_out *json, const char *key, const uint64_t drops[BFD_DROP_COUNT])
{
	json_out_object(json, key);
	for (unsigned i = BFD_DROP_NONE + 1; i < BFD_DROP_COUNT; i++)
		if (drops[i] > 0)
			json_out_u64(json, bfd_drop_name(i), drops[i]);
	json_out_end(json);
}

static void write_cause(struct json_out *json, const struct bfd_session *session)
{
	char buffer[256];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	put_cause(&text, session);
	json_out_object(json, "cause");
	json_out_string(json, "code", bfd_cause_name(session->cause.cause));
	json_out_string(json, "text", buffer);
	json_out_end(json);
}

static void write_remote(struct json_out *json, const struct bfd_session *session)
{
	if (session->remote_discriminator == 0) {
		json_out_null(json, "remote");
		return;
	}
	json_out_object(json, "remote");
	json_out_string(json, "state", bfd_state_name(session->remote_state));
	json_out_u64(json, "diag", session->remote_diag);
	json_out_u64(json, "discriminator", session->remote_discriminator);
	json_out_u64(json, "multiplier", session->remote_multiplier);
	json_out_seconds(json, "min_tx", session->remote_min_tx);
	json_out_seconds(json, "min_rx", session->remote_min_rx);
	json_out_bool(json, "demand", session->remote_demand);
	json_out_mono(json, "heard", session->last_rx);
	json_out_end(json);
}

static void write_peer(struct json_out *json, const struct bfd_peer *peer)
{
	const struct bfd_session *session = &peer->session;

	json_out_object(json, NULL);
	json_out_string(json, "name", peer->config.name);
	json_out_ip(json, "neighbor", &peer->config.neighbor);
	json_out_ip(json, "source", &peer->config.source);
	json_out_string(json, "interface", peer->interface);
	json_out_bool(json, "multihop", peer->config.multihop);
	json_out_bool(json, "passive", peer->config.passive);
	json_out_string(json, "state", bfd_state_name(session->state));
	json_out_mono(json, "since", session->cause.at);
	json_out_u64(json, "diag", session->diag);
	json_out_string(json, "diag_text", bfd_diag_text(session->diag));
	write_cause(json, session);
	json_out_string(json, "tracked_as", track_state_name(peer->told));
	json_out_u64(json, "discriminator", session->local_discriminator);
	json_out_u64(json, "multiplier", peer->config.multiplier);
	json_out_seconds(json, "interval", bfd_session_interval(session));
	json_out_seconds(json, "detection_time", bfd_session_detection_time(session));
	json_out_bool(json, "polling", session->polling);
	write_remote(json, session);
	json_out_string(json, "error",
		peer->number < 0        ? error_name(peer->number)
		: peer->send_error != 0 ? error_name(peer->send_error)
					: NULL);
	json_out_u64(json, "sent", peer->counters.sent);
	json_out_u64(json, "received", peer->counters.received);
	json_out_u64(json, "send_errors", peer->counters.send_errors);
	json_out_u64(json, "ups", peer->counters.ups);
	json_out_u64(json, "downs", peer->counters.downs);
	write_drops(json, "drops", peer->counters.drops);
	json_out_end(json);
}

void bfd_write(struct json_out *json, const struct engine *engine)
{
	size_t omitted = 0;

	json_out_array(json, "bfd");
	for (const struct bfd_peer *peer = engine->bfd->first; peer; peer = peer->next)
		if (json->text->size - json->text->length > STATUS_ROOM)
			write_peer(json, peer);
		else
			omitted++;
	json_out_end(json);
	if (omitted > 0)
		json_out_u64(json, "bfd_omitted", omitted);
	write_drops(json, "bfd_drops", engine->bfd->drops);
}
