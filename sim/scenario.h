/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scenario files: a network, what happens to it, and what is expected of it. The language is described in
 * doc/simulator.md.
 *
 *	scenario_lines.c	text -> lines of words, blocks
 *	scenario_world.c	what stands before the first `at`: a world
 *	scenario_steps.c	`at`, `by`, `from`: steps
 *	scenario_expect.c	conditions: reading them, and whether they hold
 *	scenario_pattern.c	what an expected packet looks like
 *	scenario_inject.c	hand-made packets
 *	scenario_kernel.c	what others do to the kernel of a router
 *	scenario_run.c		steps run one after the other; verdict
 *	timeline.c		what happened, for people
 *
 * Reading builds the world, so that every name in a step is looked up, and refused with its line, before anything happens.
 */
#ifndef VIGIA_SIM_SCENARIO_H
#define VIGIA_SIM_SCENARIO_H

#include "base/arena.h"
#include "base/text.h"
#include "sim/world.h"

#define SCENARIO_WORDS_MAX 64
#define SCENARIO_MESSAGE_SIZE 512
#define SCENARIO_STEPS_MAX 10000
#define SCENARIO_TIME_MAX (1000 * 86400 * DUR_S)

/* One line of the file, cut into words; a block that follows it is raw text. */
struct line {
	unsigned number;
	const char *words[SCENARIO_WORDS_MAX];
	size_t count;
	size_t next; /* the word that is read next */
	const char *block; /* behind the {, without the closing line; NULL: none */
	size_t block_length;
};

enum step_type {
	STEP_START,
	STEP_STOP,
	STEP_CRASH,
	STEP_UPGRADE,
	STEP_KILL,
	STEP_POWER,
	STEP_STALL,
	STEP_RESUME,
	STEP_RELOAD,
	STEP_ORDER, /* an administrator's: drain, undrain, takeover */
	STEP_CUT,
	STEP_HEAL,
	STEP_FAULT, /* of cables: silence, loss, delay, ... */
	STEP_PART,
	STEP_LINK, /* an interface set up, down, or removed */
	STEP_RETURN, /* one that was removed is there again */
	STEP_RENAME,
	STEP_MAC,
	STEP_MTU,
	STEP_DEVICE, /* one for a virtual MAC is removed */
	STEP_ADDRESS,
	STEP_ROUTE,
	STEP_RULE,
	STEP_FIREWALL, /* all rules of nftables are removed */
	STEP_CLOCK,
	STEP_WALL_CLOCK, /* somebody sets it */
	STEP_NETLINK,
	STEP_OVERRUN, /* what the kernel tells is lost */
	STEP_OBJECT, /* a script, file, process or BFD session is like this from now on */
	STEP_REFUSE, /* the kernel refuses what is added */
	STEP_KERNEL_DELAY, /* so long it takes */
	STEP_INJECT,
	STEP_EXPECT,
	STEP_END,
};

enum fault_type {
	FAULT_SILENCE,
	FAULT_LOSS,
	FAULT_DUPLICATE,
	FAULT_REORDER,
	FAULT_DELAY,
	FAULT_JITTER,
};

enum way_mask {
	WAY_IN = 1, /* towards the segment: what the machine says */
	WAY_OUT = 2, /* what it hears */
	WAY_BOTH = 3,
};

/* Which cables are meant. */
struct target {
	const char *name; /* as it was written */
	struct segment *segment; /* all ports of it, or... */
	struct router *router; /* ...all of this router, or... */
	struct nic *nic; /* ...one of them, or... */
	struct host *host; /* ...that of a host, or... */
	struct port_end *trunk; /* ...one between segments */
};

enum condition_type {
	CONDITION_STATE, /* router, instance, state */
	CONDITION_PRIORITY,
	CONDITION_HOLDS, /* router has the address */
	CONDITION_ROUTE,
	CONDITION_RULE, /* number: its preference */
	CONDITION_DEVICE, /* text: its name */
	CONDITION_MEMBERSHIP, /* text: name of the interface */
	CONDITION_FIREWALL, /* the rules that were asked for are in force */
	CONDITION_DROPS, /* router, instance, reason: count */
	CONDITION_MASTERS, /* count, vrid */
	CONDITION_WORKS, /* a host's stream works, by the router */
	CONDITION_OUTAGE, /* the longest so far is shorter, longer */
	CONDITION_TOTAL, /* all together */
	CONDITION_OUTAGES, /* how many */
	CONDITION_ADVERT, /* frames: within a window */
	CONDITION_ANNOUNCEMENT,
	CONDITION_ANSWER, /* to ARP, or neighbour solicitation */
	CONDITION_SAYS, /* an event with this text */
};

enum router_state {
	ROUTER_OFF,
	ROUTER_INIT,
	ROUTER_FAULT,
	ROUTER_DRAINED,
	ROUTER_BACKUP,
	ROUTER_MASTER,
};

enum comparison {
	COMPARE_LESS,
	COMPARE_MORE,
	COMPARE_EQUAL,
};

/* How an advert, or an announcement, that is expected looks; what is not said may be anything. */
struct frame_pattern {
	bool priority_set, ttl_set, mac_set;
	uint8_t priority; /* not set: any but 0 */
	uint8_t ttl;
	uint8_t vrid; /* 0: any, as the next three */
	uint8_t version;
	dur_t interval;
	enum vrrp_checksum_form checksum_form;
	struct ip_addr source, destination; /* IP_NONE: any; of the others, source is what they are about */
	struct mac_addr mac; /* of the frame's sender; of an answer, the one it names */
	const struct ip_addr *addresses; /* all of them, in this order; NULL: any */
	size_t address_count;
};

/* A frame that a router says: one of the three is not NULL. */
struct seen {
	const struct vrrp_advert *advert;
	const struct ip_addr *announced;
	const struct ip_addr *answered; /* to one who asked for it */
	const uint8_t *mac;
};

struct condition {
	enum condition_type type;
	bool negative;
	struct router *router;
	const char *instance;
	enum router_state state;
	enum comparison comparison;
	uint64_t number; /* priority, count; nanoseconds of an outage */
	bool any_number;
	unsigned vrid;
	enum drop_reason reason;
	struct ip_addr address;
	struct ip_prefix prefix;
	struct host *host;
	struct frame_pattern *pattern;
	const char *text;
	const char *words; /* as it was written */
};

enum window {
	WINDOW_NOW, /* at that moment */
	WINDOW_ONCE, /* becomes true, or happens, within the window */
	WINDOW_THROUGHOUT, /* holds, or does not happen, all the time */
};

struct step {
	unsigned line;
	mono_t at;
	enum step_type type;
	struct router *router;
	struct nic *nic;
	struct target target;
	struct host *host;
	bool on; /* power on, link up, add */
	bool now; /* stop now, crash for good, remove */
	enum fault_type fault;
	unsigned ways; /* enum way_mask */
	int64_t amount; /* ppm, ns, ppb; of an injection: it comes again after so long, before `until` */
	int64_t most; /* it is drawn anew each time, from `amount` to this */
	struct ip_prefix prefix;
	struct kernel_route route;
	uint64_t preference; /* of a rule */
	struct mac_addr mac;
	enum track_kind kind; /* of the object: its name is text */
	struct track_value value;
	const char *text; /* configuration; another name; the name in an order, NULL: all */
	size_t length;
	enum engine_order order; /* within `amount`, and in any case if `on` */
	uint8_t *part; /* by number of the port */
	size_t part_count;
	const uint8_t *frame;
	struct condition condition;
	enum window window;
	mono_t until;
	bool by; /* what follows comes behind `until` */
	/* while it runs */
	bool open, met, judged;
};

struct scenario {
	const char *path;
	const struct conf_files *files;
	struct arena arena;
	char *title;
	struct world *world;
	uint64_t seed;
	struct step *steps;
	size_t step_count;
	size_t step_capacity;
	mono_t end;
	bool late[SIM_ROUTERS_MAX]; /* routers that do not start at the beginning */
	/* While it is read: what is known of the state of things, to refuse what contradicts itself. */
	mono_t last_at;
	bool off[SIM_ROUTERS_MAX], unpowered[SIM_ROUTERS_MAX];
	mono_t stalled_until[SIM_ROUTERS_MAX]; /* MONO_NEVER: until it is resumed */
	bool ended;
	/* The first error; empty: none. "FILE:LINE: error: TEXT\n" */
	char message[SCENARIO_MESSAGE_SIZE];
	unsigned error_line;
};

/* text must end in NUL and is kept by reference until scenario_free, as path is. files: for `file PATH`. false: see
 * message. Steps are not run. */
bool scenario_read(struct scenario *scenario, const char *path, const char *text, size_t length,
	const struct conf_files *files);
void scenario_free(struct scenario *scenario);

/* How a run is watched, and its verdict. */
struct run_options {
	bool verbose; /* the timeline to `out` */
	const char *pcap; /* NULL: none */
	const char *trace; /* stem of the files, one a router; NULL: none */
};

struct timeline;

struct run {
	struct scenario *scenario;
	struct timeline *timeline;
	unsigned failures;
	size_t open; /* steps whose window is open */
	char reason[SCENARIO_MESSAGE_SIZE]; /* of the first failure */
};

/* true: everything was as expected and no law was broken. Else reason says why not. timeline NULL: nobody watches. */
bool scenario_run(struct run *run, struct scenario *scenario, struct timeline *timeline);

/* Private to the reader. All return false, or NULL, after saying why. */
bool line_next(
	struct scenario *scenario, const char **cursor, const char *end, unsigned *number, struct line *line);
bool complain(struct scenario *scenario, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
const char *word_peek(const struct line *line); /* NULL: no more */
bool word_is(struct line *line, const char *word); /* takes it, if so */
const char *word_take(struct scenario *scenario, struct line *line, const char *what);
bool words_end(struct scenario *scenario, struct line *line);
bool read_number(
	struct scenario *scenario, struct line *line, const char *what, uint64_t most, uint64_t *number);
bool read_duration(struct scenario *scenario, struct line *line, const char *what, dur_t *length);
bool duration_parse(const char *word, dur_t *length);
bool read_address(struct scenario *scenario, struct line *line, const char *what, struct ip_addr *address);
/* A,B: at most `most`; "" is none */
bool read_addresses(struct scenario *scenario, struct line *line, struct ip_addr *addresses, size_t most,
	size_t *count);
bool read_octet(struct scenario *scenario, struct line *line, const char *what, uint8_t *octet);
bool read_prefix(struct scenario *scenario, struct line *line, const char *what, struct ip_prefix *prefix);
bool read_router(struct scenario *scenario, struct line *line, struct router **router);
bool read_host(struct scenario *scenario, struct line *line, struct host **host);
bool read_segment(struct scenario *scenario, struct line *line, struct segment **segment);
bool read_target(struct scenario *scenario, struct line *line, struct target *target);
bool read_rate(struct scenario *scenario, struct line *line, int64_t *rate);
bool read_nic(struct scenario *scenario, struct line *line, struct router **router, struct nic **nic);
const char *words_text(struct scenario *scenario, const struct line *line, size_t first);
bool read_world_line(struct scenario *scenario, struct line *line);
bool finish_world(struct scenario *scenario);
bool router_text(struct scenario *scenario, struct line *line, struct router *router, const char **text,
	size_t *length);
bool read_step(struct scenario *scenario, struct line *line);
bool read_condition(struct scenario *scenario, struct line *line, struct step *step);
bool read_injection(struct scenario *scenario, struct line *line, struct step *step);
/* scenario_kernel.c */
bool word_is_kernel_step(const struct line *line);
bool read_kernel_step(struct scenario *scenario, struct line *line, struct step *step);
bool condition_holds(const struct world *world, const struct condition *condition);
/* What is the case instead, for people. */
void condition_explain(const struct world *world, const struct condition *condition, struct text *out);
bool condition_is_event(const struct condition *condition);

/* scenario_pattern.c */
bool read_frame_pattern(struct scenario *scenario, struct line *line, struct condition *condition);
bool condition_is_seen(const struct condition *condition, const struct seen *seen);

/* scenario_run.c, for the timeline: what was seen. */
void run_fail(struct run *run, unsigned line, const char *text); /* line 0: none */
void run_broken(struct run *run, const char *law, const char *what);
void run_step(void *run);
void run_frame(struct run *run, const struct router *from, const struct seen *seen);
void run_said(struct run *run, const struct router *router, const char *instance, const char *text);

/* timeline.c */
struct timeline *timeline_new(
	const struct run_options *options); /* NULL: no memory, or files cannot be written */
void timeline_free(struct timeline *timeline);
void timeline_attach(struct timeline *timeline, struct run *run);
void timeline_add(struct timeline *timeline, const char *text);
/* The last of them, "# " in front of each. */
void timeline_print_last(const struct timeline *timeline, size_t most);

/* pcap.c: 0 or -errno */
struct pcap_file;
struct pcap_file *pcap_file_new(const char *path);
void pcap_file_write(struct pcap_file *pcap, dur_t at, const uint8_t *bytes, size_t length);
int pcap_file_close(struct pcap_file *pcap);

#endif
