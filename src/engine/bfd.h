/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BFD sessions of the configuration: core/bfd.h driven by the engine's packets and deadlines. Each has a name under which
 * virtual routers track it, a socket of the port, and counters. A session that nothing changed for in a reload is not
 * touched; one with other values goes on and polls. One that is bound to an interface finds it by name for each packet: it may come
 * later, and come back with another index.
 *
 * What trackers are told: up while the session is Up, down when it leaves Up, and unknown until it was Up for the first
 * time or, since it can send, had time enough for that. A neighbor that says AdminDown was shut down on purpose: the path has not failed
 * (RFC 5882 section 3.2), so trackers go on believing what they believed, until it speaks and is lost.
 */
#ifndef VIGIA_ENGINE_BFD_H
#define VIGIA_ENGINE_BFD_H

#include "core/bfd.h"
#include "engine/state.h"

struct bfd_counters {
	uint64_t sent;
	uint64_t received;
	uint64_t send_errors;
	uint64_t ups;
	uint64_t downs; /* from Up */
	uint64_t drops[BFD_DROP_COUNT];
};

struct bfd_peer {
	struct waiter waiter;
	struct hash_node node; /* by discriminator */
	struct bfd_peer *next;
	struct bfd_config config; /* its own, with its own name */
	char *name;
	char *interface; /* of the configuration */
	struct bfd_session session;
	int number; /* of the port; -errno: none */
	mono_t open_again;
	mono_t patience_ends; /* not Up by then: down; MONO_NEVER: was Up, is down already, or cannot send */
	enum track_state told;
	bool excused; /* the neighbor was shut down on purpose */
	bool wanted; /* by the configuration, in a reload */
	int send_error; /* of the last packet; 0: it was sent */
	struct bfd_counters counters;
};

struct bfd_peers {
	struct bfd_peer *first;
	size_t count;
	struct hash by_discriminator;
	mono_t resumed_until; /* what is taken until then may be free soon */
	struct random random; /* discriminators and seeds */
	uint64_t drops[BFD_DROP_COUNT]; /* of no session */
	mono_t drop_told;
};

bool bfd_init(struct engine *engine, mono_t now); /* false: no memory, as below */
void bfd_free(struct engine *engine);
/* Sessions come, change and go as the configuration says. */
bool bfd_follow(struct engine *engine, mono_t now);
void bfd_start(struct engine *engine, mono_t now);
void bfd_stop(struct engine *engine, mono_t now);
void bfd_tick(struct engine *engine, struct bfd_peer *peer, mono_t now);
/* saved_state.c: writes the sessions, or reads them into those of the same names. */
void bfd_archive(struct archive *archive, struct engine *engine);
/* Their places to send from are let go of, for a successor, or had again; the sessions do not notice. */
void bfd_release(struct engine *engine);
void bfd_resume(struct engine *engine, mono_t now);
/* The members "bfd" and "bfd_drops" of the engine's part of the status. */
void bfd_write(struct json_out *json, const struct engine *engine);

#endif
