/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two BFD sessions over a link that loses, delays, doubles and reorders, in virtual time, with random values and changes
 * of them, stops, starts and cuts. Each session is the shipped machine; packets go through the encoder and the decoder.
 * Required:
 *
 *	handshake	who goes Up heard Init or Up from the other, which had heard it
 *	silence		a detection time expires only when nothing came for that long, and then it does: no session is
 *			Init or Up when its detection time has passed without a packet
 *	pace		two unasked packets that say the same are at least 75 % of the interval apart that both agreed on,
 *			and not Up means at least 1 s announced
 *	bits		never Poll and Final in one packet
 *	progress	a tick that is due moves the deadline into the future, an early one changes nothing
 *	agreement	left alone on a good link, both are Up soon, have no Poll open, and stay Up
 *
 * A failing seed is seen again with --seed N --runs 1 --verbose.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "core/bfd.h"

#define ARCHIVE_MAX 512
#define FLYING_MAX 512
#define EVENTS_PER_LIFE 60

struct end {
	struct bfd_config configs[2]; /* the one in use and the one before */
	unsigned config;
	struct bfd_session session;
	mono_t last_periodic;
	struct bfd_packet last_packet;
	enum bfd_state heard; /* the last state of the other */
	bool alive;
	unsigned long ups;
	unsigned long downs;
};

struct flying {
	uint8_t bytes[BFD_PACKET_SIZE];
	unsigned to;
	mono_t arrives;
};

struct link {
	uint64_t seed;
	bool verbose;
	struct random random;
	mono_t now;
	struct end ends[2];
	struct flying flying[FLYING_MAX];
	unsigned flying_count;
	unsigned loss; /* percent */
	dur_t latency_max;
	bool cut[2]; /* towards that end */
	bool quiet; /* nothing goes down from now on */
	uint32_t next_discriminator;
	unsigned long ups;
	unsigned long expired;
};

static void require(const struct link *link, bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "FAILED: %s at %lld\n", what, (long long)link->now.ns);
	for (unsigned i = 0; i < 2; i++) {
		const struct bfd_session *session = &link->ends[i].session;

		fprintf(stderr,
			"  %u: %s, hears %s, %s, polling %d, interval %lld, detection %lld, ends %lld\n", i,
			bfd_state_name(session->state), bfd_state_name(session->remote_state),
			bfd_cause_name(session->cause.cause), session->polling,
			(long long)bfd_session_interval(session),
			(long long)bfd_session_detection_time(session),
			(long long)session->detection_ends.ns);
	}
	fprintf(stderr, "again with: --seed %llu --runs 1 --verbose\n", (unsigned long long)link->seed);
	exit(1);
}

static void fly(struct link *link, unsigned to, const struct bfd_packet *packet)
{
	unsigned copies = random_chance(&link->random, 1, 50) ? 2 : 1;

	if (link->cut[to] || random_chance(&link->random, link->loss, 100))
		return;
	while (copies-- > 0 && link->flying_count < FLYING_MAX) {
		struct flying *flying = &link->flying[link->flying_count++];

		bfd_encode(packet, flying->bytes);
		flying->to = to;
		flying->arrives = mono_add(
			link->now, (dur_t)random_below(&link->random, (uint64_t)link->latency_max) + 1);
	}
}

static bool says_the_same(const struct bfd_packet *a, const struct bfd_packet *b)
{
	return a->state == b->state && a->diag == b->diag && a->multiplier == b->multiplier &&
	       a->your_discriminator == b->your_discriminator && a->desired_min_tx == b->desired_min_tx &&
	       a->required_min_rx == b->required_min_rx;
}

static void check_pace(struct link *link, struct end *end, const struct bfd_packet *packet, dur_t interval)
{
	require(link, !(packet->poll && packet->final), "never Poll and Final in one packet");
	require(link, packet->state == BFD_UP || packet->desired_min_tx >= 1000000,
		"not Up means at least 1 s");
	if (packet->final) { /* an answer, unlike what is said unasked; but it may have brought news */
		end->last_packet = *packet;
		return;
	}
	if (end->last_periodic.ns >= 0 && says_the_same(packet, &end->last_packet))
		require(link, mono_sub(link->now, end->last_periodic) >= interval - interval / 4,
			"75 % of the interval between two packets");
	end->last_periodic = link->now;
	end->last_packet = *packet;
}

/* All that it is, and nothing that lies between its members. How many bytes. */
static size_t write_down(const struct link *link, struct bfd_session *session, uint8_t bytes[ARCHIVE_MAX])
{
	struct archive archive = archive_to(bytes, ARCHIVE_MAX);

	bfd_session_archive(&archive, session);
	require(link, !archive.failed && archive.at <= ARCHIVE_MAX, "the state can be written");
	return archive.at;
}

/* Another process goes on with it. A session is random numbers too, so all that is to be seen goes on as it would have. */
static void move(struct link *link, struct bfd_session *session)
{
	uint8_t bytes[2][ARCHIVE_MAX];
	const size_t size = write_down(link, session, bytes[0]);
	struct archive archive = archive_from(bytes[0], size);
	struct bfd_session moved;

	bfd_session_init(&moved, session->config, 1, 0);
	bfd_session_archive(&archive, &moved);
	require(link, !archive.failed && !archive_has_more(&archive), "the state can be read");
	write_down(link, &moved, bytes[1]);
	require(link, memcmp(bytes[0], bytes[1], size) == 0, "what was read is what was written");
	*session = moved;
}

static void input(struct link *link, unsigned index, const struct bfd_event *event)
{
	struct end *end = &link->ends[index];
	struct bfd_session *session = &end->session;
	dur_t interval = bfd_session_interval(session), detection = bfd_session_detection_time(session);
	mono_t last_rx = session->last_rx;
	bool heard = session->remote_discriminator != 0;
	struct bfd_actions actions;

	if (random_chance(&link->random, 1, 16))
		move(link, session);
	bfd_session_input(session, event, link->now, &actions);
	if (link->verbose && actions.changed)
		fprintf(stderr, "%lld: %u %s -> %s, %s\n", (long long)link->now.ns, index,
			bfd_state_name(session->cause.from), bfd_state_name(session->state),
			bfd_cause_name(session->cause.cause));
	if (actions.changed && session->state == BFD_UP) {
		end->ups++;
		require(link, end->heard >= BFD_INIT, "who goes Up heard Init or Up");
	}
	if (actions.changed && session->cause.from == BFD_UP) {
		end->downs++;
		require(link, !link->quiet, "left alone on a good link, both stay Up");
	}
	if (actions.changed && session->cause.cause == BFD_CAUSE_DETECTION_EXPIRED) {
		link->expired++;
		require(link, heard && mono_sub(link->now, last_rx) >= detection,
			"a detection time expires only in silence");
	}
	if (actions.send) {
		dur_t now_due = bfd_session_interval(session);

		check_pace(
			link, end, &actions.packet, now_due > 0 && now_due < interval ? now_due : interval);
		fly(link, !index, &actions.packet);
	}
}

static void tick(struct link *link, unsigned index)
{
	const struct bfd_event event = {.type = BFD_EVENT_TICK};
	struct bfd_session *session = &link->ends[index].session;
	bool due = mono_due(bfd_session_deadline(session), link->now);
	uint8_t before[ARCHIVE_MAX], after[ARCHIVE_MAX];
	const size_t size = write_down(link, session, before);

	input(link, index, &event);
	if (due)
		require(link, mono_before(link->now, bfd_session_deadline(session)),
			"a due tick moves the deadline");
	else
		require(link, write_down(link, session, after) == size && memcmp(before, after, size) == 0,
			"an early tick changes nothing");
	require(link, session->state < BFD_INIT || !mono_due(session->detection_ends, link->now),
		"nobody is Init or Up after the detection time");
}

static void deliver(struct link *link, unsigned which)
{
	struct flying flying = link->flying[which];
	struct end *end = &link->ends[flying.to];
	struct bfd_packet packet;
	const struct bfd_event event = {.type = BFD_EVENT_PACKET, .packet = &packet};

	link->flying[which] = link->flying[--link->flying_count];
	require(link, bfd_decode(flying.bytes, sizeof(flying.bytes), &packet) == BFD_DROP_NONE,
		"what is encoded can be decoded");
	if (packet.your_discriminator != 0 && packet.your_discriminator != end->session.local_discriminator)
		return; /* meant for a session of before */
	if (bfd_session_accept(&end->session, &packet, &end->session.config->neighbor, 255) != BFD_DROP_NONE)
		return;
	end->heard = packet.state;
	input(link, flying.to, &event);
}

/* To `until`, packets before timers. */
static void run(struct link *link, mono_t until)
{
	for (;;) {
		mono_t next = until;
		unsigned which = FLYING_MAX;

		for (unsigned i = 0; i < link->flying_count; i++) {
			if (mono_before(link->flying[i].arrives, next)) {
				next = link->flying[i].arrives;
				which = i;
			}
		}
		for (unsigned i = 0; i < 2; i++) {
			mono_t deadline = bfd_session_deadline(&link->ends[i].session);

			if (mono_before(deadline, next)) {
				next = deadline;
				which = FLYING_MAX + 1 + i;
			}
		}
		if (mono_before(link->now, next))
			link->now = next;
		if (which < FLYING_MAX)
			deliver(link, which);
		else if (which > FLYING_MAX)
			tick(link, which - FLYING_MAX - 1);
		else
			return;
	}
}

static void random_values(struct link *link, struct bfd_config *config)
{
	config->min_tx = (10 + (dur_t)random_below(&link->random, 300)) * DUR_MS;
	config->min_rx = (10 + (dur_t)random_below(&link->random, 300)) * DUR_MS;
	config->idle_tx = (1000 + (dur_t)random_below(&link->random, 1000)) * DUR_MS;
	config->multiplier = (uint8_t)(3 + random_below(&link->random, 4));
}

static void start(struct link *link, unsigned index)
{
	const struct bfd_event event = {.type = BFD_EVENT_START};
	struct end *end = &link->ends[index];

	bfd_session_init(&end->session, &end->configs[end->config], link->next_discriminator++,
		random_u64(&link->random));
	end->last_periodic = (mono_t){-1};
	end->alive = true;
	input(link, index, &event);
}

static void something(struct link *link)
{
	unsigned index = (unsigned)random_below(&link->random, 2);
	struct end *end = &link->ends[index];
	struct bfd_event event = {.type = BFD_EVENT_STOP};
	const struct bfd_config *config = &end->configs[end->config];

	switch (random_below(&link->random, 7)) {
	case 0:
		if (end->alive)
			input(link, index, &event);
		end->alive = false;
		return;
	case 1: /* also without a goodbye */
		start(link, index);
		return;
	case 2:
		if (!end->alive)
			return;
		end->config = !end->config;
		end->configs[end->config] = *config;
		random_values(link, &end->configs[end->config]);
		event = (struct bfd_event){.type = BFD_EVENT_CONFIG, .config = &end->configs[end->config]};
		input(link, index, &event);
		return;
	case 3:
		link->cut[index] = !link->cut[index];
		return;
	case 4:
		link->loss = (unsigned)random_below(&link->random, 30);
		return;
	case 5:
		link->latency_max = 1 + (dur_t)random_below(&link->random, 20) * DUR_MS;
		return;
	default:
		tick(link, index); /* early, most likely */
	}
}

/* Heals everything; both must find each other, and stay so. */
static void leave_alone(struct link *link)
{
	link->cut[0] = link->cut[1] = false;
	link->loss = 0;
	link->latency_max = DUR_MS;
	for (unsigned i = 0; i < 2; i++)
		if (!link->ends[i].alive)
			start(link, i);
	run(link, mono_add(link->now, 30 * DUR_S));
	for (unsigned i = 0; i < 2; i++)
		require(link, link->ends[i].session.state == BFD_UP && !link->ends[i].session.polling,
			"left alone on a good link, both are Up");
	link->quiet = true;
	run(link, mono_add(link->now, 20 * DUR_S));
	link->quiet = false;
}

static void live(struct link *link, uint64_t seed, bool verbose)
{
	*link = (struct link){
		.seed = seed, .verbose = verbose, .next_discriminator = 1, .latency_max = DUR_MS};
	random_seed(&link->random, seed);
	for (unsigned i = 0; i < 2; i++) {
		random_values(link, &link->ends[i].configs[0]);
		link->ends[i].configs[0].ttl = 255;
		link->ends[i].configs[0].neighbor = ip_v4(10, 0, 0, 2);
		link->ends[i].heard = BFD_DOWN;
	}
	/* At most one of them waits for the other. */
	link->ends[1].configs[0].passive = random_chance(&link->random, 1, 4);
	start(link, 0);
	start(link, 1);
	for (unsigned i = 0; i < EVENTS_PER_LIFE; i++) {
		run(link, mono_add(link->now, (dur_t)random_below(&link->random, 3000) * DUR_MS));
		something(link);
	}
	leave_alone(link);
	link->ups = link->ends[0].ups + link->ends[1].ups;
}

int main(int argc, char **argv)
{
	static struct link link;
	unsigned long runs = 300, ups = 0, expired = 0;
	uint64_t seed = 1;
	bool verbose = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--verbose") == 0)
			verbose = true;
		else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 0);
		else if (strcmp(argv[i], "--runs") == 0 && i + 1 < argc)
			runs = strtoul(argv[++i], NULL, 0);
		else
			return fprintf(stderr,
				       "usage: test_property_bfd [--seed N] [--runs N] [--verbose]\n"),
			       2;
	}
	for (unsigned long run_number = 0; run_number < runs; run_number++) {
		live(&link, seed + run_number, verbose);
		ups += link.ups;
		expired += link.expired;
	}
	printf("%lu lives, %lu times Up, %lu detection times expired\n", runs, ups, expired);
	if (runs >= 100 && (ups < runs * 2 || expired < runs))
		return fprintf(stderr, "FAILED: hardly anything happened\n"), 1;
	return 0;
}
