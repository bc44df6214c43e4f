/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices for virtual MACs in the engine: made, waited for, made again, shared, given back; what is sent and heard. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

#define LAN 1
#define ETH0 2
#define ETH1 3
#define VRF 9

static const char one[] = "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n"
			  " virtual_ipaddress {\n 192.168.1.200\n }\n}\n";
static const char lower[] = "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 90\n"
			    " virtual_ipaddress {\n 192.168.1.200\n }\n}\n";
static const char two_addresses[] =
	"vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n"
	" virtual_ipaddress {\n 192.168.1.200\n 10.0.0.200/24 dev eth1 no_track\n 10.0.0.201/24 dev eth1 no_track\n }\n}\n";
static const struct mac_addr virtual = {{0, 0, 0x5e, 0, 1, 51}};

/* Its own, to be changed. */
static struct vr_extra *extra_of(struct vr_config *config)
{
	return (struct vr_extra *)(uintptr_t)config->extra;
}

static void use_vmac(struct vr_config *config)
{
	extra_of(config)->vmac.mode = VMAC_MACVLAN;
	extra_of(config)->vmac.name = "vrrp.51";
}

static void use_vmac_base(struct vr_config *config)
{
	use_vmac(config);
	extra_of(config)->vmac.transmit_base = true;
}

static void use_vmac_addr(struct vr_config *config)
{
	use_vmac(config);
	extra_of(config)->vmac.for_addresses = true;
	extra_of(config)->vmac.address_prefix = "vip";
}

static void use_ipvlan(struct vr_config *config)
{
	extra_of(config)->vmac.mode = VMAC_IPVLAN;
	extra_of(config)->vmac.name = "vrrp.51";
	extra_of(config)->vmac.ipvlan_address = prefix_of("192.168.1.151/24");
}

static void want_promotion(struct vr_config *config)
{
	extra_of(config)->promote_secondaries = true;
}

static struct node *boot_one(
	struct world *world, size_t number, const char *config, void (*adjust)(struct vr_config *))
{
	static const char *const addresses[] = {"192.168.1.1/24", "192.168.1.2/24"};
	struct node *node = &world->nodes[number];

	node->adjust = adjust;
	node_boot(world, number, config);
	node_link(node, ETH0, "eth0", LAN, addresses[number]);
	return node;
}

static struct node *boot(void **state, const char *config, void (*adjust)(struct vr_config *))
{
	*state = world_new();
	return boot_one(*state, 0, config, adjust);
}

static struct node *boot_master(void **state, const char *config, void (*adjust)(struct vr_config *))
{
	struct node *node = boot(state, config, adjust);

	node_start(node);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	return node;
}

static int device_index(struct node *node, const char *name)
{
	const struct node_link *link = node_link_by_name(node, name);

	return link != NULL ? link->ifindex : 0;
}

static bool is_quiet(const struct node *node, int ifindex)
{
	for (size_t i = 0; i < node->rule_count; i++)
		if (node->rules[i].type == FIREWALL_QUIET && node->rules[i].ifindex == ifindex)
			return true;
	return false;
}

static bool is_deaf(const struct node *node, int ifindex)
{
	for (size_t i = 0; i < node->rule_count; i++)
		if (node->rules[i].type == FIREWALL_DEAF && node->rules[i].ifindex == ifindex)
			return true;
	return false;
}

static void adverts_and_announcements_come_from_the_virtual_mac(void **state)
{
	struct node *node = boot_master(state, one, use_vmac);
	int device = device_index(node, "vrrp.51");

	assert_true(device >= NODE_FIRST_DEVICE);
	assert_true(node_has_address(node, device, "192.168.1.200/32"));
	assert_false(node_has_address(node, ETH0, "192.168.1.200/32"));
	assert_memory_equal(node->last_advert + 6, virtual.bytes, 6);
	assert_memory_equal(node->last_announced.bytes, virtual.bytes, 6);
	assert_memory_equal(node->last_announcing.bytes, virtual.bytes, 6);
	/* The group is joined below it alone: a membership on it would speak from the virtual MAC. */
	assert_true(node->links[0].joined[0]);
	assert_false(node_link_by_name(node, "vrrp.51")->joined[0]);
	assert_true(is_quiet(node, device));
}

static void with_xmit_base_adverts_come_from_the_interfaces_mac(void **state)
{
	struct node *node = boot_master(state, one, use_vmac_base);

	assert_memory_equal(node->last_advert + 6, node->links[0].mac.bytes, 6);
	assert_memory_equal(node->last_announced.bytes, virtual.bytes, 6);
}

static void it_waits_for_a_device_that_cannot_be_made(void **state)
{
	struct node *node = boot(state, one, use_vmac);

	node->device_error = -EEXIST;
	node_start(node);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
	assert_int_equal(node_instance(node, "A")->vr.blockers, VR_BLOCKER_NO_DEVICE);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "device-failed"), 1);
	assert_non_null(node_last_line(node, ENGINE_TELL_EVENT, "another link has this name"));
	node->device_error = 0;
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_true(node_has_address(node, device_index(node, "vrrp.51"), "192.168.1.200/32"));
}

static void a_device_that_somebody_deletes_comes_back(void **state)
{
	struct node *node = boot_master(state, one, use_vmac);
	int before = device_index(node, "vrrp.51");
	uint64_t announced = node->announcements;

	node_link_gone(node, before);
	assert_true(device_index(node, "vrrp.51") > before);
	world_settle(node->world);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_true(node_has_address(node, device_index(node, "vrrp.51"), "192.168.1.200/32"));
	assert_true(node->announcements > announced);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "device-restored"), 1);
	/* Again: not before a second is over; until then it does not serve. */
	node_link_gone(node, device_index(node, "vrrp.51"));
	world_settle(node->world);
	assert_int_equal(device_index(node, "vrrp.51"), 0);
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
	world_run(node->world, 10 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_true(node_has_address(node, device_index(node, "vrrp.51"), "192.168.1.200/32"));
}

static void a_device_that_somebody_sets_down_is_set_up(void **state)
{
	struct node *node = boot_master(state, one, use_vmac);
	struct node_link *device = node_link_by_name(node, "vrrp.51");

	device->up = false;
	node_link_changed(node, device->ifindex);
	world_settle(node->world);
	assert_true(device->up);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
}

static void it_follows_the_interface_below(void **state)
{
	struct node *node = boot_master(state, one, use_vmac);

	node_carrier(node, ETH0, false);
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
	assert_int_equal(node_instance(node, "A")->vr.blockers, VR_BLOCKER_LINK_DOWN);
	assert_false(node_has_address(node, device_index(node, "vrrp.51"), "192.168.1.200/32"));
	node_carrier(node, ETH0, true);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	node_link_gone(node, ETH0);
	world_settle(node->world);
	assert_int_equal(device_index(node, "vrrp.51"), 0);
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
	node_link(node, 7, "eth0", LAN, "192.168.1.1/24");
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node_link_by_name(node, "vrrp.51")->parent, 7);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "device-failed"), 0);
}

static void it_follows_the_interface_below_into_a_vrf(void **state)
{
	struct node *node = boot_master(state, one, use_vmac);

	node->links[0].vrf = VRF;
	node_link_changed(node, ETH0);
	assert_int_equal(node_link_by_name(node, "vrrp.51")->vrf, VRF);
	node->links[0].vrf = 0;
	node_link_changed(node, ETH0);
	assert_int_equal(node_link_by_name(node, "vrrp.51")->vrf, 0);
}

static void settings_that_stay_wrong_are_told_once(void **state)
{
	struct node *node = boot_master(state, one, use_vmac);

	node->device_faults = DEVICE_FAULT_FORWARDING;
	world_run(node->world, 40 * DUR_S);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "device-settings"), 1);
	assert_non_null(node_last_line(node, ENGINE_TELL_EVENT, "net/ipv4/conf/vrrp.51/forwarding is not as it should be"));
	engine_status(node->engine, false, node->world->now);
	world_settle(node->world);
	assert_non_null(
		node_last_line(node, ENGINE_TELL_STATUS, "\"wrong\":\"net/ipv4/conf/vrrp.51/forwarding"));
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	node->device_faults = 0;
	world_run(node->world, 40 * DUR_S);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "all settings are as they should be"), 1);
}

/* Each for itself: in INIT from the start, and in service when it is mended. */
static void with_a_setting_that_breaks_the_service_it_waits(void **state)
{
	struct node *node = boot(state, one, use_vmac);
	bool breaks;

	node->device_faults = DEVICE_FAULT_NO_IPV6;
	node_start(node);
	for (int fault = 1; fault <= DEVICE_FAULT_LAST; fault <<= 1) {
		/* Rules of ours keep it from doing harm. */
		breaks = (fault & DEVICE_FAULTS_THAT_BREAK) != 0 && fault != DEVICE_FAULT_ROUTER_ADVERTS;
		node->device_faults = fault;
		world_run(node->world, 15 * DUR_S);
		assert_int_equal(node_instance(node, "A")->vr.blockers, breaks ? VR_BLOCKER_BAD_DEVICE : 0);
		assert_int_equal(node_state(node, "A"), breaks ? VR_INITIALIZE : VR_MASTER);
		assert_int_equal(node_has_address(node, device_index(node, "vrrp.51"), "192.168.1.200/32"), !breaks);
		node->device_faults = 0;
		world_run(node->world, 7 * DUR_S);
		assert_int_equal(node_state(node, "A"), VR_MASTER);
	}
}

static void a_master_hands_over_when_a_setting_breaks_the_service(void **state)
{
	struct node *node = boot_master(state, one, use_vmac);

	node->device_faults = DEVICE_FAULT_NO_IPV6 | DEVICE_FAULT_FORWARDING;
	world_run(node->world, 12 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
	assert_true(node_instance(node, "A")->counters.priority_zero_sent > 0);
	assert_non_null(node_last_line(node, ENGINE_TELL_EVENT,
		"disable_ipv6 to 0; until then no virtual router uses it"));
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "\"code\":\"blocked\""), 1);
	engine_status(node->engine, false, node->world->now);
	world_settle(node->world);
	assert_non_null(node_last_line(node, ENGINE_TELL_STATUS,
		"\"blockers_text\":\"a setting of the device for the virtual MAC would break the service: vrrp.51 cannot "
		"have IPv6 addresses: set net/ipv6/conf/vrrp.51/disable_ipv6 to 0\""));
	/* Looked at each second while somebody waits. */
	node->device_faults = 0;
	world_run(node->world, 2 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	node->device_faults = DEVICE_FAULT_NO_IPV6;
	world_run(node->world, 12 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
	/* Or it is no longer asked for. */
	node->adjust = NULL;
	node_reload(node, one);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
}

static void one_that_has_addresses_elsewhere_waits_for_their_device_too(void **state)
{
	struct node *node = boot(state, two_addresses, use_vmac_addr);

	node_link(node, ETH1, "eth1", LAN + 1, "10.0.0.1/24");
	node->device_faults = DEVICE_FAULT_PARENT_ARP_IGNORE;
	node_start(node);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_instance(node, "A")->vr.blockers, VR_BLOCKER_BAD_DEVICE);
	node->device_faults = 0;
	world_run(node->world, 7 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
}

static void router_advertisements_are_filtered_or_else_break_the_service(void **state)
{
	struct node *node = boot_master(state, one, use_vmac);
	const int device = device_index(node, "vrrp.51");

	assert_true(is_deaf(node, device));
	node_link_gone(node, device);
	assert_false(is_deaf(node, device));
	assert_true(is_deaf(node, device_index(node, "vrrp.51")));
	world_settle(node->world);
	engine_stop(node->engine, true, node->world->now);
	assert_int_equal(device_index(node, "vrrp.51"), 0);
	world_settle(node->world);
	assert_int_equal(node->rule_count, 0);
	world_teardown(state);

	node = boot(state, one, use_vmac);
	node->firewall_error = -EOPNOTSUPP;
	node->device_faults = DEVICE_FAULT_ROUTER_ADVERTS;
	node_start(node);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_instance(node, "A")->vr.blockers, VR_BLOCKER_BAD_DEVICE);
}

static void without_a_firewall_it_goes_on_with_a_remark(void **state)
{
	struct node *node = boot(state, one, use_vmac);

	node->firewall_error = -EOPNOTSUPP;
	node_start(node);
	world_run(node->world, 30 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "is not filtered"), 1);
}

/* At a start, while the table of the dead one was still being removed: found by the soak. */
static void what_could_not_be_filtered_is_when_it_is_looked_at_again(void **state)
{
	struct node *node = boot(state, one, use_vmac);

	node->firewall_error = -EPERM;
	node_start(node);
	world_run(node->world, DUR_S / 2);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "is not filtered"), 1);
	node->firewall_error = 0;
	world_run(node->world, 2 * DUR_S);
	assert_true(is_quiet(node, device_index(node, "vrrp.51")));
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "all settings are as they should be"), 1);
}

static void a_stop_leaves_nothing(void **state)
{
	struct node *node = boot_master(state, one, use_vmac);

	assert_int_equal(node->wills[0].deleted_device, device_index(node, "vrrp.51"));
	assert_int_equal(node->wills[0].restored_parent, ETH0);
	assert_memory_equal(node->wills[0].stop_source.bytes, virtual.bytes, 6);
	engine_stop(node->engine, false, node->world->now);
	/* Not before the successor has had its time. */
	assert_int_not_equal(device_index(node, "vrrp.51"), 0);
	world_run(node->world, 5 * DUR_S);
	assert_true(node->stopped);
	assert_int_equal(node->rule_count, 0);
	assert_int_equal(device_index(node, "vrrp.51"), 0);
	assert_false(node->wills[0].active);
}

static void a_backups_testament_has_the_device(void **state)
{
	struct node *node = boot(state, one, use_vmac);

	node_start(node);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	assert_true(node->wills[0].active);
	assert_int_equal(node->wills[0].stop_frame_length, 0);
	assert_int_equal(node->wills[0].deleted_device, device_index(node, "vrrp.51"));
	engine_stop(node->engine, true, node->world->now);
	assert_true(node->stopped);
	assert_int_equal(device_index(node, "vrrp.51"), 0);
	assert_false(node->wills[0].active);
}

/* The new router is heard by our device of the same MAC, once. The old one's last advert is not from the virtual MAC. */
static void a_handover_between_two_with_the_same_virtual_mac(void **state)
{
	struct node *low = boot(state, lower, use_vmac);
	struct world *world = *state;
	struct node *high = boot_one(world, 1, one, use_vmac);
	uint64_t heard;

	node_start(low);
	world_run(world, 5 * DUR_S);
	assert_int_equal(node_state(low, "A"), VR_MASTER);
	node_start(high);
	world_run(world, 5 * DUR_S);
	assert_int_equal(node_state(high, "A"), VR_MASTER);
	assert_int_equal(node_state(low, "A"), VR_BACKUP);
	assert_memory_equal(low->last_advert + 6, low->links[0].mac.bytes, 6);
	assert_false(node_has_address(low, device_index(low, "vrrp.51"), "192.168.1.200/32"));
	heard = node_instance(low, "A")->counters.adverts_received;
	world_run(world, 10 * DUR_S);
	assert_in_range(node_instance(low, "A")->counters.adverts_received - heard, 9, 11);
	/* It takes over again when that one is gone. */
	high->silent = true;
	world_run(world, 5 * DUR_S);
	assert_int_equal(node_state(low, "A"), VR_MASTER);
	assert_memory_equal(low->last_advert + 6, virtual.bytes, 6);
}

/* A report of a group that is left, from the virtual MAC, takes the switch's table away from the successor: found at 100 ms,
 * where up to 70 packets of IPv6 went astray until its next advert. */
static void one_that_is_deleted_says_nothing_any_more(void **state)
{
	struct node *node = boot_master(state, one, use_vmac);
	struct world *world = *state;
	int device = device_index(node, "vrrp.51");

	engine_stop(node->engine, true, world->now);
	assert_int_equal(device_index(node, "vrrp.51"), 0);
	assert_true(is_quiet(node, device));
	world_settle(world); /* the kernel has told that it is gone */
	assert_false(is_quiet(node, device));
}

static void what_nobody_hears_of_ends_with_the_process(void **state)
{
	struct node *node = boot_master(state, one, use_vmac);
	struct world *world = *state;

	engine_stop(node->engine, true, world->now);
	engine_finish(node->engine);
	assert_int_equal(node->rule_count, 0);
}

static void a_multicast_frame_counts_once(void **state)
{
	struct node *node = boot_master(state, one, use_vmac);
	static const struct mac_addr other = {{2, 0, 0, 0, 7, 7}};
	int device = device_index(node, "vrrp.51");
	const struct instance_counters *counters = &node_instance(node, "A")->counters;
	uint8_t packet[VRRP_FRAME_MAX];
	size_t length = node->last_advert_length - 14;

	/* Our own, as if another router had sent it: 192.168.1.1 is kept, that is no matter here. */
	memcpy(packet, node->last_advert + 14, length);
	node_packet_from(node, ETH0, &other, packet, length);
	assert_int_equal(counters->adverts_received, 1);
	node_packet_from(node, device, &other, packet, length);
	assert_int_equal(counters->adverts_received, 1);
	node_packet_from(node, device, &virtual, packet, length);
	assert_int_equal(counters->adverts_received, 2);
}

static void rename_device(struct vr_config *config)
{
	use_vmac(config);
	extra_of(config)->vmac.name = "other";
}

static void a_reload_that_only_renames_the_device_changes_nothing_else(void **state)
{
	struct node *node = boot_master(state, one, use_vmac);
	int device = device_index(node, "vrrp.51");

	node->adjust = rename_device;
	node_reload(node, one);
	world_run(*state, 5 * DUR_S);
	assert_int_equal(device_index(node, "other"), device);
	assert_int_equal(device_index(node, "vrrp.51"), 0);
	assert_int_equal(node->devices_made, 1);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "-> INIT"), 0);
	assert_true(node_has_address(node, device, "192.168.1.200/32"));
}

static void a_reload_to_the_virtual_mac_and_back(void **state)
{
	struct node *node = boot_master(state, one, NULL);
	int device;

	node->adjust = use_vmac;
	node_reload(node, one);
	world_settle(node->world);
	device = device_index(node, "vrrp.51");
	assert_true(device > 0);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_true(node_has_address(node, device, "192.168.1.200/32"));
	assert_false(node_has_address(node, ETH0, "192.168.1.200/32"));
	assert_memory_equal(node->last_announced.bytes, virtual.bytes, 6);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "restored"), 0);
	node->adjust = NULL;
	node_reload(node, one);
	world_run(node->world, 2 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_true(node_has_address(node, ETH0, "192.168.1.200/32"));
	assert_int_equal(device_index(node, "vrrp.51"), 0);
	assert_memory_equal(node->last_announced.bytes, node->links[0].mac.bytes, 6);
	assert_memory_equal(node->last_advert + 6, node->links[0].mac.bytes, 6);
	assert_int_equal(node->wills[0].deleted_device, 0);
}

static void a_reload_that_removes_it(void **state)
{
	struct node *node = boot_master(state, one, use_vmac);

	node_reload(node, "vrrp_instance B {\n interface eth0\n virtual_router_id 52\n virtual_ipaddress {\n "
			  "192.168.1.202\n }\n}\n");
	world_run(node->world, 10 * DUR_S);
	/* One name for both here, so B waited until A had let go. */
	assert_int_equal(node_state(node, "B"), VR_MASTER);
	assert_int_equal(node_link_by_name(node, "vrrp.51")->mac.bytes[5], 52);
	for (size_t slot = 0; slot < 2; slot++)
		assert_true(!node->wills[slot].active ||
			    node->wills[slot].deleted_device == device_index(node, "vrrp.51"));
}

static void addresses_elsewhere_have_devices_of_their_own(void **state)
{
	struct node *node = boot(state, two_addresses, use_vmac_addr);
	int device;

	node_link(node, ETH1, "eth1", 2, "10.0.0.1/24");
	node_start(node);
	world_run(node->world, 5 * DUR_S);
	device = device_index(node, "vip.51.1");
	assert_true(device > 0);
	assert_int_equal(node_link_by_name(node, "vip.51.1")->parent, ETH1);
	assert_true(node_has_address(node, device, "10.0.0.200/24"));
	assert_true(node_has_address(node, device, "10.0.0.201/24"));
	assert_true(node_has_address(node, device_index(node, "vrrp.51"), "192.168.1.200/32"));
	assert_int_equal(node->devices_made, 2);
	engine_stop(node->engine, true, node->world->now);
	assert_int_equal(device_index(node, "vip.51.1"), 0);
}

static void an_address_waits_for_its_device_alone(void **state)
{
	struct node *node = boot_master(state, two_addresses, use_vmac_addr);

	assert_int_equal(node_instance(node, "A")->claims[1].error, -ENODEV);
	node_link(node, ETH1, "eth1", 2, "10.0.0.1/24");
	world_run(node->world, 10 * DUR_S);
	assert_true(node_has_address(node, device_index(node, "vip.51.1"), "10.0.0.200/24"));
}

static void an_ipvlan_speaks_from_its_own_address(void **state)
{
	struct node *node = boot_master(state, one, use_ipvlan);
	static const uint8_t source[] = {192, 168, 1, 151};

	assert_memory_equal(node->last_advert + 14 + 12, source, sizeof(source));
	assert_memory_equal(node->last_advert + 6, node->links[0].mac.bytes, 6);
	assert_true(node_has_address(node, device_index(node, "vrrp.51"), "192.168.1.200/32"));
}

static void what_a_dead_engine_left_is_taken_over(void **state)
{
	struct node *node = boot(state, one, use_vmac);
	struct engine_options options = {.adopt = true, .by_marks = true, .maker = 1};
	struct world *world = *state;
	int device;

	node_start(node);
	world_run(world, 5 * DUR_S);
	device = device_index(node, "vrrp.51");
	/* Others that no virtual router has now: one that does not say whose it is, one of ours, one of another daemon. */
	for (uint8_t i = 0; i < 3; i++) {
		node->links[7 + i] = (struct node_link){.ifindex = 77 + i,
			.parent = ETH0,
			.up = true,
			.ours = true,
			.maker = i,
			.mac = {{0, 0, 0x5e, 0, 1, (uint8_t)(77 + i)}}};
		snprintf(node->links[7 + i].name, sizeof(node->links[7 + i].name), "vrrp.%d", 77 + i);
	}
	engine_free(node->engine);
	conf_result_free(&node->conf);
	node_boot_with(world, 0, one, &options);
	for (size_t i = 0; i < NODE_LINKS; i++)
		if (node->links[i].ifindex != 0)
			node_link_changed(node, node->links[i].ifindex);
	node_address(node, ETH0, "192.168.1.1/24", 0);
	node_address(node, device, "192.168.1.200/32", VIGIA_KERNEL_PROTOCOL);
	node_start(node);
	assert_int_equal(device_index(node, "vrrp.51"), device);
	assert_int_equal(node->devices_made, 1);
	assert_int_equal(node_instance(node, "A")->vr.hold, VR_HOLD_UNTIL_SUCCESSOR);
	assert_true(node_has_address(node, device, "192.168.1.200/32"));
	assert_int_equal(device_index(node, "vrrp.77"), 0);
	assert_int_equal(device_index(node, "vrrp.78"), 0);
	assert_int_equal(device_index(node, "vrrp.79"), 79);
	assert_int_equal(
		node_count_lines(node, ENGINE_TELL_EVENT, "device vrrp.77 was left by a daemon that died"),
		1);
}

static void a_trace_with_a_device_is_complete(void **state)
{
	struct engine_options options = {.record = true, .trace_name = "test"};
	struct node *node;

	*state = world_new();
	node = &((struct world *)*state)->nodes[0];
	node->adjust = use_vmac;
	node->device_error = -EOPNOTSUPP;
	node_boot_with(*state, 0, one, &options);
	node_link(node, ETH0, "eth0", LAN, "192.168.1.1/24");
	node_start(node);
	world_run(node->world, DUR_S);
	assert_non_null(node_last_line(node, ENGINE_TELL_TRACE, "\"no_device\":true"));
	assert_non_null(node_last_line(node, ENGINE_TELL_EVENT, "load macvlan"));
}

static void secondary_addresses_are_promoted_while_it_runs(void **state)
{
	struct node *node = boot_master(state, one, want_promotion);

	assert_true(node->links[0].promoting);
	engine_stop(node->engine, true, node->world->now);
	assert_false(node->links[0].promoting);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(adverts_and_announcements_come_from_the_virtual_mac, world_teardown),
		cmocka_unit_test_teardown(with_xmit_base_adverts_come_from_the_interfaces_mac, world_teardown),
		cmocka_unit_test_teardown(it_waits_for_a_device_that_cannot_be_made, world_teardown),
		cmocka_unit_test_teardown(a_device_that_somebody_deletes_comes_back, world_teardown),
		cmocka_unit_test_teardown(a_device_that_somebody_sets_down_is_set_up, world_teardown),
		cmocka_unit_test_teardown(it_follows_the_interface_below, world_teardown),
		cmocka_unit_test_teardown(it_follows_the_interface_below_into_a_vrf, world_teardown),
		cmocka_unit_test_teardown(settings_that_stay_wrong_are_told_once, world_teardown),
		cmocka_unit_test_teardown(with_a_setting_that_breaks_the_service_it_waits, world_teardown),
		cmocka_unit_test_teardown(a_master_hands_over_when_a_setting_breaks_the_service, world_teardown),
		cmocka_unit_test_teardown(
			one_that_has_addresses_elsewhere_waits_for_their_device_too, world_teardown),
		cmocka_unit_test_teardown(
			router_advertisements_are_filtered_or_else_break_the_service, world_teardown),
		cmocka_unit_test_teardown(without_a_firewall_it_goes_on_with_a_remark, world_teardown),
		cmocka_unit_test_teardown(what_could_not_be_filtered_is_when_it_is_looked_at_again, world_teardown),
		cmocka_unit_test_teardown(a_stop_leaves_nothing, world_teardown),
		cmocka_unit_test_teardown(a_backups_testament_has_the_device, world_teardown),
		cmocka_unit_test_teardown(a_handover_between_two_with_the_same_virtual_mac, world_teardown),
		cmocka_unit_test_teardown(one_that_is_deleted_says_nothing_any_more, world_teardown),
		cmocka_unit_test_teardown(what_nobody_hears_of_ends_with_the_process, world_teardown),
		cmocka_unit_test_teardown(a_multicast_frame_counts_once, world_teardown),
		cmocka_unit_test_teardown(
			a_reload_that_only_renames_the_device_changes_nothing_else, world_teardown),
		cmocka_unit_test_teardown(a_reload_to_the_virtual_mac_and_back, world_teardown),
		cmocka_unit_test_teardown(a_reload_that_removes_it, world_teardown),
		cmocka_unit_test_teardown(addresses_elsewhere_have_devices_of_their_own, world_teardown),
		cmocka_unit_test_teardown(an_address_waits_for_its_device_alone, world_teardown),
		cmocka_unit_test_teardown(an_ipvlan_speaks_from_its_own_address, world_teardown),
		cmocka_unit_test_teardown(what_a_dead_engine_left_is_taken_over, world_teardown),
		cmocka_unit_test_teardown(a_trace_with_a_device_is_complete, world_teardown),
		cmocka_unit_test_teardown(secondary_addresses_are_promoted_while_it_runs, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
