/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The demonstration of lab 07-1, in three files: demo.c tells the story, demo_gateway.c knows what the gateways are doing,
 * demo_experiment.c measures one fault.
 *
 * Everything waits for a condition and stops waiting when the person presses Ctrl-C (demo->interrupted) or when the
 * condition does not come true in time; the lab is taken down in any case.
 */
#ifndef VIGIA_LAB_DEMO_H
#define VIGIA_LAB_DEMO_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/time.h"
#include "lab/capture.h"
#include "lab/lab.h"

#define DEMO_GATEWAYS 2
#define DEMO_RESULTS_MAX 16
#define DEMO_PATIENCE (12 * DUR_S) /* no condition of the lab takes so long */

struct demo_result {
	const char *fault;
	dur_t outage;
	size_t lost;
	dur_t expected;
};

struct demo {
	struct lab lab;
	struct lab_device *gateways[DEMO_GATEWAYS];
	struct lab_device *client;
	struct in_addr virtual_address;
	struct in_addr target;
	struct capture *capture;
	int signals; /* signalfd of SIGINT and SIGTERM */
	bool interrupted;
	unsigned failures; /* things that were not as they must be */
	struct demo_result results[DEMO_RESULTS_MAX];
	size_t result_count;
};

typedef bool demo_condition(struct demo *demo, const void *user);

/* true as soon as the condition is; false after `patience`, or when interrupted. */
bool demo_wait(struct demo *demo, demo_condition *condition, const void *user, dur_t patience);
/* false when interrupted. */
bool demo_pause(struct demo *demo, dur_t length);

/* A line of the story, indented. */
void demo_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Says what is wrong and counts it. */
void demo_fail(struct demo *demo, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Gateways that have the virtual address, as bits (1u << index). */
unsigned demo_holders(struct demo *demo);
/* A condition for demo_wait: exactly the gateway of this index (const unsigned *) holds it. */
demo_condition demo_only_holder;
/* Asks by ARP from the client who has the virtual address: fails unless the expected gateway answers, and it alone. */
void demo_check_answers(struct demo *demo, unsigned expected);
/* `vigia status --json` of a gateway, to be freed; NULL: its daemon does not answer. */
char *demo_status(const struct lab_device *gateway);
/* A number of the status' "daemon" part ("pid", "engine_pid") turned from the device's view into the host's; 0: not there. */
pid_t demo_daemon_pid(const struct lab_device *gateway, const char *member);
/* The text of the last transition of a gateway into its present state, into buffer; "" when it does not say. */
void demo_cause(const struct lab_device *gateway, char *buffer, size_t size);

/* One fault, measured. */
struct experiment {
	const char *fault; /* what the timeline calls it */
	unsigned master_after; /* index of the gateway that must be master then */
	dur_t expected; /* outage that the protocol promises, 0: none */
	dur_t limit; /* more is a failure */
	const char *silent; /* "gw1:eth0": the fault is a silent cut of that cable; else NULL */
	/* Does it; *at is the moment. false: it could not be done (and has said why). */
	bool (*act)(struct demo *demo, const struct experiment *experiment, mono_t *at);
	const char *port; /* for act: the cable */
	int argument; /* for act */
};

void demo_measure(struct demo *demo, const struct experiment *experiment);

#endif
