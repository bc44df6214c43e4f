/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small world in virtual time for tests of the engine: nodes with one engine each, links on segments, a kernel that
 * keeps addresses and routes, hosts that answer ARP and neighbour solicitations. Frames and kernel events arrive a little later, as they do outside.
 */
#ifndef VIGIA_TESTS_ENGINE_WORLD_H
#define VIGIA_TESTS_ENGINE_WORLD_H

#include "conf/conf.h"
#include "engine/engine.h"
#include "engine/state.h"

#define WORLD_NODES 4
#define NODE_LINKS 16
#define NODE_FIRST_DEVICE 50 /* index */
#define NODE_LINES 16384
#define WORLD_EPOCH ((int64_t)1700000000 * DUR_S)
#define WORLD_DELAY (20 * DUR_US)

struct world;

struct node_link {
	int ifindex; /* 0: no such link */
	char name[16];
	struct mac_addr mac;
	int segment;
	bool up;
	bool carrier;
	unsigned joined[2]; /* how often, by family_index */
	struct ip_addr last_joined;
	bool lost[2]; /* the kernel has dropped the membership, by family_index */
	uint8_t hearing; /* enum ip_family */
	int parent; /* of a device for a virtual MAC; else 0 */
	bool ours; /* carries our mark */
	uint32_t maker;
	int vrf;
	bool promoting;
	bool forwards_nothing;
};

struct node_address {
	int ifindex;
	struct ip_prefix prefix;
	uint32_t lifetime; /* 0: for ever */
	mono_t expires;
};

struct node_route {
	int ifindex;
	struct ip_prefix destination;
	struct ip_addr gateway;
	uint32_t metric;
};

struct node_will {
	bool active;
	size_t stop_frame_length;
	struct mac_addr stop_source;
	size_t removal_count;
	int deleted_device; /* index; 0: none */
	int restored_parent;
};

/* Kernel operations that are done later. */
struct node_job {
	struct node_job *next;
	bool done;
	size_t count;
	struct kernel_op ops[KERNEL_OPS_SIZE];
};

struct node_task {
	struct node_task *next;
	bool done;
	struct port_task task;
};

struct node {
	struct world *world;
	struct engine *engine;
	struct port port;
	struct conf_result conf;
	void (*adjust)(struct vr_config *config); /* of each virtual router, what was read from the text */
	struct node_link links[NODE_LINKS];
	struct node_address *addresses;
	size_t address_count;
	struct node_route routes[16];
	size_t route_count;
	uint32_t policies[16]; /* preferences of rules of routing */
	size_t policy_count;
	struct node_will wills[8192];
	int kernel_error; /* every addition fails with this */
	dur_t kernel_delay; /* so long it takes over operations, unless it is waited for */
	struct node_job *jobs, *job_taken; /* of both it has given the answers of the second */
	struct node_task *tasks, *task_taken; /* the same of devices */
	int send_error;
	int firewall_error; /* every change of the firewall fails with this */
	int restore_error; /* ...and putting it back with this */
	struct firewall_op rules[64]; /* in force */
	size_t rule_count;
	int mortal_error; /* there are no mortal addresses: those that there were do not go before they are given up */
	uint64_t firewall_calls;
	uint64_t firewall_restored; /* how often what should be in force was put back */
	struct ip_addr *mortal; /* addresses that are silent when everybody is dead... */
	size_t mortal_count;
	dur_t mortal_length; /* ...for so long */
	unsigned mortal_calls;
	size_t rules_at_first; /* after the first call */
	dur_t clock_error; /* of its wall clock */
	int device_error; /* no device is made: this is why */
	int device_faults; /* what device_check answers */
	int next_device;
	uint64_t devices_made;
	uint64_t device_checks;
	struct mac_addr last_announced; /* sender's MAC in the last announcement, and its frame's source */
	struct mac_addr last_announcing;
	uint64_t adverts;
	uint64_t datagrams; /* to unicast peers */
	uint64_t announcements;
	struct nd_packet last_announcement; /* IPv6 */
	uint64_t probes;
	struct ip_addr last_prober;
	uint64_t kernel_ops;
	uint64_t kernel_calls;
	uint64_t queries;
	size_t largest_send;
	uint8_t last_advert[VRRP_FRAME_MAX];
	size_t last_advert_length;
	bool silent; /* its frames are lost */
	/* What was asked of the port: f firewall, w and x testament written or emptied, k and d kernel additions and deletions, a
	 * adverts, 0 those with priority 0, g announcements. */
	char sequence[256];
	size_t sequence_length;
	bool stopped;
	char *lines[NODE_LINES]; /* told, newest last */
	uint16_t kinds[NODE_LINES];
	size_t line_count;
	bool deaf; /* its front takes nothing of a status */
};

enum happening_type {
	HAPPENING_PACKET,
	HAPPENING_ARP,
	HAPPENING_ND,
	HAPPENING_ADDRESS,
	HAPPENING_ADDRESS_GONE,
	HAPPENING_LINK, /* as it is then */
	HAPPENING_KERNEL, /* the next job is done */
	HAPPENING_TASK, /* the next task is */
};

struct happening {
	mono_t at;
	uint64_t order;
	enum happening_type type;
	struct node *node;
	int ifindex;
	struct ip_prefix prefix;
	uint8_t bytes[VRRP_FRAME_MAX];
	size_t length;
	struct mac_addr source;
};

struct host {
	int segment;
	struct ip_addr address;
	bool mute;
};

struct world {
	mono_t now;
	struct node nodes[WORLD_NODES];
	struct happening *queue;
	size_t queue_count;
	size_t queue_capacity;
	uint64_t order;
	struct host hosts[4];
	size_t host_count;
};

struct world *world_new(void);
void world_free(struct world *world);
int world_teardown(void **state); /* of a test whose state is a world */
/* Until the clock shows so much more. */
void world_run(struct world *world, dur_t length);
/* Until nothing is left to happen at this very moment. */
void world_settle(struct world *world);
void world_host(struct world *world, int segment, const char *address);

/* An engine with this configuration, not yet started. */
void node_boot(struct world *world, size_t number, const char *config);
void node_boot_with(
	struct world *world, size_t number, const char *config, const struct engine_options *options);
void node_start(struct node *node);
void node_link(struct node *node, int ifindex, const char *name, int segment, const char *address);
/* The state of a link changes, and the engine is told. */
void node_carrier(struct node *node, int ifindex, bool carrier);
/* Of its VRF, name or up, after a change in place. */
void node_link_changed(struct node *node, int ifindex);
struct node_link *node_link_by_name(struct node *node, const char *name);
/* What a frame from this MAC does here, coming in by the link: see linux.md section 6. */
void node_packet_from(
	struct node *node, int ifindex, const struct mac_addr *source, const uint8_t *bytes, size_t length);
void node_link_gone(struct node *node, int ifindex);
/* Events were lost, and the kernel is asked for everything. */
void node_resync(struct node *node);
void node_address(struct node *node, int ifindex, const char *address, uint8_t protocol);
/* IPv6: duplicate address detection runs, or has failed. */
void node_tentative_address(struct node *node, int ifindex, const char *address, bool duplicate);
void node_address_gone(struct node *node, int ifindex, const char *address);
void node_packet(struct node *node, int ifindex, const uint8_t *bytes, size_t length);
void node_reload(struct node *node, const char *config);

const struct instance *node_instance(const struct node *node, const char *name);
enum vr_state node_state(const struct node *node, const char *name);
bool node_has_address(const struct node *node, int ifindex, const char *prefix);
/* Whether a rule of this type for the address is in force. */
bool node_has_rule(const struct node *node, enum firewall_op_type type, const char *address);
bool node_is_mortal(const struct node *node, const char *address);
bool node_has_route(const struct node *node, const char *destination);
size_t node_count_lines(const struct node *node, enum engine_tell kind, const char *containing);
const char *node_last_line(const struct node *node, enum engine_tell kind, const char *containing);
struct ip_prefix prefix_of(const char *text);

#endif
