/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices for virtual MACs: made, taken over, kept as they must be, deleted; parents that get back what they had. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include <net/if.h>
#include <linux/rtnetlink.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "linux/device_settings.h"
#include "linux/devices.h"
#include "linux/kernel_message.h"
#include "namespace.h"

#define LEFT 100
#define RIGHT 101
#define CONF "/proc/sys/net/ipv4/conf/"
#define CONF6 "/proc/sys/net/ipv6/conf/"

#define MAKER 0x123456

static struct devices devices;

static struct port_device vrrp_51(void)
{
	return (struct port_device){.parent = LEFT,
		.name = "vrrp.51",
		.owner = "VI_1",
		.mode = VMAC_MACVLAN,
		.mac = {{0, 0, 0x5e, 0, 1, 51}},
		.ipv4 = true,
		.forwards = true};
}

static int begin(void **state)
{
	(void)state;
	assert_int_equal(devices_open(&devices, MAKER), 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	devices_close(&devices);
	run("ip -o link show type macvlan | sed 's/^[0-9]*: //; s/@.*//' | while read name; do ip link del "
	    "$name; done; "
	    "for name in all default left right; do for setting in arp_ignore arp_announce rp_filter "
	    "forwarding; "
	    "do echo 0 > " CONF "$name/$setting; done; done");
	return 0;
}

static bool setting_is(const char *interface, const char *setting, int value)
{
	char command[256];

	snprintf(command, sizeof(command), "test $(cat " CONF "%s/%s) = %d", interface, setting, value);
	return succeeds(command);
}

static bool for_all_bridges(int value)
{
	char command[256];

	snprintf(command, sizeof(command),
		"for tables in iptables ip6tables; do echo %d > /proc/sys/net/bridge/bridge-nf-call-$tables; "
		"done",
		value);
	return succeeds(command);
}

static void a_device_is_made_ready_and_deleted(void **state)
{
	struct port_device device = vrrp_51();
	int ifindex = devices_add(&devices, &device);

	(void)state;
	assert_true(ifindex > 0);
	assert_int_equal(if_nametoindex("vrrp.51"), ifindex);
	assert_true(succeeds("ip -d link show vrrp.51 | grep -q 'macvlan mode private.*addrgenmode none'"));
	assert_true(succeeds("ip -d link show vrrp.51 | grep -q 'link/ether 00:00:5e:00:01:33'"));
	assert_true(succeeds("ip link show vrrp.51 | grep -q 'vrrp.51@left.*[<,]UP[,>]'"));
	assert_true(succeeds("ip link show vrrp.51 | grep -q 'alias vigia: VI_1; of daemon 123456;'"));
	assert_true(succeeds("ip link show vrrp.51 | grep -q 'group default'"));
	assert_true(setting_is("vrrp.51", "arp_ignore", 1));
	assert_true(setting_is("left", "arp_ignore", 1));
	assert_true(setting_is("left", "arp_announce", 2));
	assert_true(succeeds("test $(cat /proc/sys/net/ipv6/conf/vrrp.51/disable_ipv6) = 1"));
	assert_int_equal(devices_check(&devices, &device, ifindex), 0);
	devices_remove(&devices, ifindex);
	devices_finish(&devices);
	assert_int_equal(if_nametoindex("vrrp.51"), 0);
	assert_true(setting_is("left", "arp_ignore", 0));
	assert_true(setting_is("left", "arp_announce", 0));
}

/* covers: VMAC-06 CHG-10 */
static void no_link_local_address_is_made_of_the_virtual_mac(void **state)
{
	struct port_device device = vrrp_51();
	int ifindex;

	(void)state;
	device.ipv6 = true;
	ifindex = devices_add(&devices, &device);
	assert_true(ifindex > 0);
	assert_int_equal(devices_check(&devices, &device, ifindex), 0);
	assert_true(succeeds("test $(cat /proc/sys/net/ipv6/conf/vrrp.51/disable_ipv6) = 0"));
	run("until ip link show vrrp.51 | grep -q 'state UP'; do sleep 0.01; done");
	assert_false(succeeds("ip -6 addr show dev vrrp.51 | grep -q inet6"));
}

static void a_predecessors_device_is_taken_over_with_its_memory(void **state)
{
	struct port_device device = vrrp_51(), again = vrrp_51();
	int first, second;

	(void)state;
	run("echo 1 > " CONF "left/arp_announce");
	first = devices_add(&devices, &device);
	assert_int_equal(device.parent_arp_announce, 1);
	devices_close(&devices);
	assert_int_equal(devices_open(&devices, MAKER), 0);
	run("ip link set vrrp.51 down");
	second = devices_add(&devices, &again);
	assert_int_equal(first, second);
	assert_int_equal(again.parent_arp_announce, 1);
	assert_true(succeeds("ip link show vrrp.51 | grep -q '[<,]UP[,>]'"));
	devices_remove(&devices, second);
	devices_finish(&devices);
	assert_true(setting_is("left", "arp_announce", 1));
	assert_true(setting_is("left", "arp_ignore", 0));
}

/* The other daemon lives, for all we know. */
static void another_daemons_device_is_left_alone(void **state)
{
	struct port_device device = vrrp_51();

	(void)state;
	run("ip link add vrrp.51 link left group 0x77123457 address 00:00:5e:00:01:34 type macvlan mode private");
	assert_int_equal(devices_add(&devices, &device), -EEXIST);
	run("ip link set vrrp.51 group 0 alias 'vigia: V; of daemon 123457; and so on'");
	assert_int_equal(devices_add(&devices, &device), -EEXIST);
	run("ip link del vrrp.51");
}

/* Whoever made it died before it had an alias, or when it had lost it; or it was of another configuration. */
static void a_predecessors_device_that_was_on_its_way_is_taken_over(void **state)
{
	struct port_device device = vrrp_51();
	int first, second;

	(void)state;
	for (int round = 0; round < 4; round++) {
		run("ip link add vrrp.51 link left address 00:00:5e:00:01:33 type macvlan mode private");
		run(round < 2 ? "ip link set vrrp.51 group 0x77123456" : "ip link set vrrp.51 group 0x76123456");
		first = (int)if_nametoindex("vrrp.51");
		device.mac.bytes[5] = round % 2 == 0 ? 51 : 52;
		second = devices_add(&devices, &device);
		assert_true(second > 0);
		assert_true((first == second) == (round % 2 == 0));
		assert_true(succeeds("ip link show vrrp.51 | grep -q 'group default'"));
		assert_true(succeeds("ip link show vrrp.51 | grep -q 'of daemon 123456;'"));
		devices_remove(&devices, second);
		devices_finish(&devices);
	}
}

static void a_device_says_who_made_it(void **state)
{
	char alias[128];

	(void)state;
	assert_int_not_equal(device_maker("vigia"), device_maker("vigia-00000001"));
	assert_int_equal(device_maker("vigia") >> 24, 0);
	snprintf(alias, sizeof(alias), DEVICE_ALIAS_MARK "V; of daemon 000001" DEVICE_ALIAS_MAKER "; and more", 0xabcdefu);
	assert_int_equal(device_maker_of(0, alias), 0xabcdef);
	assert_int_equal(device_maker_of(0, "vigia: V; the interface below had arp_ignore 0, arp_announce 0"), 0);
	assert_int_equal(device_maker_of(0, "another: V; of daemon 000001;"), 0);
	assert_int_equal(device_maker_of(0x77000002, alias), 2);
	assert_int_equal(device_maker_of(0x76000002, ""), 2);
	assert_int_equal(device_maker_of(0x75000002, ""), 0);
	assert_false(device_is_ours(0x77000000, ""));
}

/* The configuration has changed since: nobody has it now. */
static void an_orphans_parent_gets_back_what_it_had(void **state)
{
	struct port_device device = vrrp_51(), other = vrrp_51();
	int orphan;

	(void)state;
	for (int round = 0; round < 2; round++) {
		orphan = devices_add(&devices, &device);
		devices_close(&devices);
		assert_int_equal(devices_open(&devices, MAKER), 0);
		if (round == 1) {
			/* Another one stays: it is the last. */
			other.name = "vrrp.52";
			other.mac.bytes[5] = 52;
			int last = devices_add(&devices, &other);

			devices_remove(&devices, orphan);
			assert_true(setting_is("left", "arp_announce", 2));
			devices_remove(&devices, last);
		} else {
			devices_remove(&devices, orphan);
		}
		devices_finish(&devices);
		assert_true(setting_is("left", "arp_ignore", 0));
		assert_true(setting_is("left", "arp_announce", 0));
	}
}

static void a_device_is_renamed_while_it_is_up(void **state)
{
	struct port_device device = vrrp_51();
	int ifindex = devices_add(&devices, &device);
	int error;

	(void)state;
	run("ip addr add 192.0.2.1/32 dev vrrp.51");
	error = devices_rename(&devices, ifindex, "other");
	if (error == -EBUSY)
		skip();
	assert_int_equal(error, 0);
	assert_int_equal(if_nametoindex("other"), ifindex);
	assert_true(succeeds("ip addr show dev other | grep -q 192.0.2.1"));
	assert_int_equal(devices_rename(&devices, ifindex, "left"), -EEXIST);
}

static void somebody_elses_link_is_left_alone(void **state)
{
	struct port_device device = vrrp_51(), other = vrrp_51();

	(void)state;
	run("ip link add vrrp.51 link left address 02:00:00:00:00:51 type macvlan mode bridge");
	assert_int_equal(devices_add(&devices, &device), -EEXIST);
	assert_true(setting_is("left", "arp_ignore", 0));
	/* The MAC is taken, under another name. */
	run("ip link set vrrp.51 address 00:00:5e:00:01:33 up");
	other.name = "vrrp.52";
	assert_int_equal(devices_add(&devices, &other), -EADDRINUSE);
	devices_finish(&devices);
	assert_int_equal(if_nametoindex("vrrp.52"), 0);
	assert_true(setting_is("left", "arp_ignore", 0));
	other.parent = 4711;
	assert_int_equal(devices_add(&devices, &other), -ENODEV);
}

static void a_device_of_ours_that_is_of_no_use_makes_room(void **state)
{
	struct port_device device = vrrp_51();
	int first = devices_add(&devices, &device);
	int second;

	(void)state;
	device.mac.bytes[5] = 52;
	second = devices_add(&devices, &device);
	assert_true(second > 0 && second != first);
	assert_true(succeeds("ip link show vrrp.51 | grep -q 00:00:5e:00:01:34"));
	devices_remove(&devices, second);
	devices_finish(&devices);
	assert_true(setting_is("left", "arp_ignore", 0));
}

static void one_that_was_deleted_by_somebody_is_made_again(void **state)
{
	struct port_device device = vrrp_51();
	int first = devices_add(&devices, &device);
	int second;

	(void)state;
	run("ip link del vrrp.51");
	assert_int_equal(devices_check(&devices, &device, first), -ENODEV);
	second = devices_add(&devices, &device);
	assert_true(second > 0 && second != first);
	devices_remove(&devices, second);
	devices_finish(&devices);
	assert_true(setting_is("left", "arp_ignore", 0));
}

static void what_others_change_is_set_again(void **state)
{
	struct port_device device = vrrp_51();
	int ifindex = devices_add(&devices, &device);

	(void)state;
	run("echo 0 > " CONF "vrrp.51/arp_ignore; echo 1 > " CONF "vrrp.51/rp_filter; echo 0 > " CONF
	    "left/arp_ignore; echo 1 > " CONF "left/forwarding; echo 0 > " CONF "vrrp.51/forwarding");
	assert_int_equal(devices_check(&devices, &device, ifindex), 0);
	assert_true(setting_is("vrrp.51", "arp_ignore", 1));
	assert_true(setting_is("vrrp.51", "rp_filter", 0));
	assert_true(setting_is("vrrp.51", "forwarding", 1));
	device.forwards = false;
	assert_int_equal(devices_check(&devices, &device, ifindex), 0);
	assert_true(setting_is("vrrp.51", "forwarding", 0));
	assert_true(setting_is("left", "forwarding", 1));
	assert_true(setting_is("left", "arp_ignore", 1));
}

/* `all` cannot be overruled downwards: a strict one is by a loose one. */
static void a_strict_filter_for_all_is_made_loose_for_the_device(void **state)
{
	struct port_device device = vrrp_51();
	int ifindex;

	(void)state;
	run("echo 1 > " CONF "all/rp_filter");
	ifindex = devices_add(&devices, &device);
	assert_int_equal(devices_check(&devices, &device, ifindex), 0);
	assert_true(setting_is("vrrp.51", "rp_filter", 2));
	assert_true(setting_is("all", "rp_filter", 1));
}

static void what_stays_wrong_is_told(void **state)
{
	struct port_device device = vrrp_51();
	int ifindex = devices_add(&devices, &device);

	(void)state;
	/* No VRF of this index exists. */
	device.vrf = 4711;
	assert_int_equal(devices_check(&devices, &device, ifindex), DEVICE_FAULT_VRF);
}

/* As in a container, and under a unit with ProtectKernelTunables. */
static void lock_settings(void)
{
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("/proc/sys", "/proc/sys", NULL, MS_BIND, NULL), 0);
	assert_int_equal(mount(NULL, "/proc/sys", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), 0);
}

static int faults_of_a_new_device(bool ipv6)
{
	struct port_device device = vrrp_51();
	int ifindex, faults;

	device.ipv6 = ipv6;
	ifindex = devices_add(&devices, &device);
	faults = devices_check(&devices, &device, ifindex);
	devices_remove(&devices, ifindex);
	devices_finish(&devices);
	return faults;
}

/* IPv4's settings are made all the same. Of IPv6's, what a new device has is what `default` says. */
static void where_no_setting_can_be_written(void **state)
{
	static const struct {
		const char *accept_ra, *forwarding, *all_forwarding, *disable_ipv6;
		int ipv4, ipv6;
	} cases[] = {
		{"1", "0", "0", "0", DEVICE_FAULT_IPV6 | DEVICE_FAULT_ROUTER_ADVERTS, DEVICE_FAULT_ROUTER_ADVERTS},
		{"1", "1", "1", "0", DEVICE_FAULT_IPV6, 0},
		{"2", "1", "1", "0", DEVICE_FAULT_IPV6 | DEVICE_FAULT_ROUTER_ADVERTS, DEVICE_FAULT_ROUTER_ADVERTS},
		{"0", "0", "0", "0", DEVICE_FAULT_IPV6, 0},
		{"0", "0", "1", "0", DEVICE_FAULT_IPV6, DEVICE_FAULT_NO_ROUTER},
		{"1", "0", "0", "1", 0, DEVICE_FAULT_NO_IPV6},
	};

	(void)state;
	run("echo 1 > " CONF "all/rp_filter");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		run("cd " CONF6 " && echo %s > all/forwarding && echo %s > default/forwarding && echo %s > default/accept_ra && "
		    "echo %s > default/disable_ipv6", cases[i].all_forwarding, cases[i].forwarding, cases[i].accept_ra,
			cases[i].disable_ipv6);
		lock_settings();
		assert_int_equal(faults_of_a_new_device(false), cases[i].ipv4);
		assert_int_equal(faults_of_a_new_device(true), cases[i].ipv6);
		assert_int_equal(umount2("/proc/sys", MNT_DETACH), 0);
		assert_int_equal(faults_of_a_new_device(false), 0);
		assert_int_equal(faults_of_a_new_device(true), 0);
	}
	run("cd " CONF6 " && echo 0 > default/disable_ipv6 && echo 1 > default/accept_ra && echo 0 > all/forwarding");
}

/* Which frames of a bridge pass iptables is said by the bridge, or for all of them. */
static void a_bridge_that_hands_its_frames_to_iptables_is_told(void **state)
{
	struct port_device device = vrrp_51();
	int ifindex, bridge;

	(void)state;
	if (!succeeds("ip link add br0 type bridge nf_call_iptables 1 && ip link set br0 up"))
		skip();
	for_all_bridges(0);
	bridge = (int)if_nametoindex("br0");
	device.parent = bridge;
	ifindex = devices_add(&devices, &device);
	assert_int_equal(devices_check(&devices, &device, ifindex), DEVICE_FAULT_BRIDGE);
	assert_true(devices_lose_connections(&devices, bridge));
	run("ip link set br0 type bridge nf_call_iptables 0");
	assert_int_equal(devices_check(&devices, &device, ifindex), 0);
	assert_false(devices_lose_connections(&devices, bridge));
	if (for_all_bridges(1)) {
		assert_int_equal(devices_check(&devices, &device, ifindex), DEVICE_FAULT_BRIDGE);
		assert_true(devices_lose_connections(&devices, bridge));
	}
	assert_false(devices_lose_connections(&devices, LEFT));
	run("ip link del br0");
}

static void many_are_deleted_at_once(void **state)
{
	char names[40][17]; /* a compiler does not see that numbers are small */
	int indexes[40];

	(void)state;
	for (int i = 0; i < 40; i++) {
		struct port_device device = vrrp_51();

		snprintf(names[i], sizeof(names[i]), "vrrp.%d", 100 + i);
		device.name = names[i];
		device.mac.bytes[5] = (uint8_t)(100 + i);
		indexes[i] = devices_add(&devices, &device);
		assert_true(indexes[i] > 0);
	}
	assert_true(setting_is("left", "arp_ignore", 1));
	for (int i = 0; i < 40; i++)
		devices_remove(&devices, indexes[i]);
	devices_finish(&devices);
	assert_false(succeeds("ip -o link show type macvlan | grep -q ."));
	assert_true(succeeds("ip link show left && ip link show right"));
	assert_true(setting_is("left", "arp_ignore", 0));
}

static void the_group_is_as_asked_for(void **state)
{
	struct port_device device = vrrp_51();

	(void)state;
	device.group_set = true;
	device.group = 4242;
	assert_true(devices_add(&devices, &device) > 0);
	assert_true(succeeds("ip link show group 4242 | grep -q vrrp.51"));
	device.group = 4243;
	assert_true(devices_add(&devices, &device) > 0);
	assert_true(succeeds("ip link show group 4243 | grep -q vrrp.51"));
}

static void secondary_addresses_are_promoted_while_wanted(void **state)
{
	(void)state;
	run("echo 0 > " CONF "left/promote_secondaries");
	devices_promote_secondaries(&devices, LEFT, true);
	devices_promote_secondaries(&devices, LEFT, true);
	assert_true(setting_is("left", "promote_secondaries", 1));
	devices_promote_secondaries(&devices, LEFT, false);
	assert_true(setting_is("left", "promote_secondaries", 1));
	devices_promote_secondaries(&devices, LEFT, false);
	assert_true(setting_is("left", "promote_secondaries", 0));
}

/* What the guard sends when no engine comes back. */
static void a_testaments_requests_delete_the_device_and_restore_the_parent(void **state)
{
	_Alignas(struct nlmsghdr) char request[KERNEL_REQUEST_MAX];
	struct port_device device = vrrp_51();
	int ifindex = devices_add(&devices, &device);
	struct kernel_op remove = {.type = KERNEL_DELETE_DEVICE, .ifindex = ifindex};
	struct kernel_op restore = {.type = KERNEL_RESTORE_PARENT, .ifindex = LEFT, .arp_announce = 1};

	(void)state;
	kernel_message_request(&remove, 1, request);
	assert_int_equal(netlink_request(&devices.netlink, (struct nlmsghdr *)request, NULL, NULL), 0);
	kernel_message_request(&restore, 2, request);
	assert_int_equal(netlink_request(&devices.netlink, (struct nlmsghdr *)request, NULL, NULL), 0);
	assert_int_equal(if_nametoindex("vrrp.51"), 0);
	assert_true(setting_is("left", "arp_ignore", 0));
	assert_true(setting_is("left", "arp_announce", 1));
}

static void an_ipvlan_is_made_where_the_kernel_has_it(void **state)
{
	struct port_device device = vrrp_51();
	int ifindex;

	(void)state;
	device.mode = VMAC_IPVLAN;
	device.ipvlan_flag = VMAC_IPVLAN_PRIVATE;
	device.ipvlan_address = (struct ip_prefix){.addr = ip_v4_from((const uint8_t[]){192, 0, 2, 51}), .length = 24};
	ifindex = devices_add(&devices, &device);
	if (ifindex == -EOPNOTSUPP)
		skip();
	assert_true(ifindex > 0);
	assert_true(succeeds("ip -d link show vrrp.51 | grep -q 'ipvlan *mode l2 private'"));
	assert_true(succeeds("ip -4 addr show dev vrrp.51 | grep -q 192.0.2.51/24"));
	assert_false(succeeds("ip route show | grep -q vrrp.51"));
	assert_true(setting_is("left", "arp_announce", 2));
	assert_int_equal(devices_check(&devices, &device, ifindex), 0);
	run("ip addr del 192.0.2.51/24 dev vrrp.51");
	assert_int_equal(devices_check(&devices, &device, ifindex), 0);
	assert_true(succeeds("ip -4 addr show dev vrrp.51 | grep -q 192.0.2.51/24"));
	devices_remove(&devices, ifindex);
	devices_finish(&devices);
	assert_int_equal(if_nametoindex("vrrp.51"), 0);
}

/* How often the kernel has told of the device with all that it is: up, and with its alias. */
static int count_tellings(int ifindex, int socket)
{
	_Alignas(struct nlmsghdr) char buffer[32768];
	int count = 0;
	ssize_t length;

	while ((length = recv(socket, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0) {
		struct device_facts facts;
		unsigned rest = (unsigned)length;

		for (struct nlmsghdr *message = (struct nlmsghdr *)buffer; NLMSG_OK(message, rest);
			message = NLMSG_NEXT(message, rest))
			if (device_message_read(message, &facts) && facts.ifindex == ifindex && facts.up &&
				facts.alias[0] != '\0')
				count++;
	}
	return count;
}

static void it_is_told_once_more_where_asked_for(void **state)
{
	const struct sockaddr_nl links = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	int socket_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int told[2];

	(void)state;
	assert_int_equal(bind(socket_fd, (const struct sockaddr *)&links, sizeof(links)), 0);
	for (int notify = 0; notify < 2; notify++) {
		struct port_device device = vrrp_51();
		int ifindex;

		device.notify_message = notify;
		ifindex = devices_add(&devices, &device);
		told[notify] = count_tellings(ifindex, socket_fd);
		devices_remove(&devices, ifindex);
		devices_finish(&devices);
	}
	close(socket_fd);
	assert_int_equal(told[1], told[0] + 1);
}

static void a_device_follows_its_parent_into_a_vrf_where_the_kernel_has_it(void **state)
{
	struct port_device device = vrrp_51();
	int ifindex;

	(void)state;
	if (!succeeds("ip link add red type vrf table 10 2>/dev/null && ip link set red up && ip link set "
		      "left master red"))
		skip();
	device.vrf = (int)if_nametoindex("red");
	ifindex = devices_add(&devices, &device);
	assert_true(succeeds("ip link show vrrp.51 | grep -q 'master red'"));
	assert_int_equal(devices_check(&devices, &device, ifindex), 0);
	device.vrf = 0;
	assert_int_equal(devices_check(&devices, &device, ifindex), 0);
	assert_false(succeeds("ip link show vrrp.51 | grep -q 'master red'"));
	run("ip link del red");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_device_is_made_ready_and_deleted, begin, end),
		cmocka_unit_test_setup_teardown(no_link_local_address_is_made_of_the_virtual_mac, begin, end),
		cmocka_unit_test_setup_teardown(
			a_predecessors_device_is_taken_over_with_its_memory, begin, end),
		cmocka_unit_test_setup_teardown(a_predecessors_device_that_was_on_its_way_is_taken_over, begin, end),
		cmocka_unit_test_setup_teardown(another_daemons_device_is_left_alone, begin, end),
		cmocka_unit_test(a_device_says_who_made_it),
		cmocka_unit_test_setup_teardown(an_orphans_parent_gets_back_what_it_had, begin, end),
		cmocka_unit_test_setup_teardown(a_device_is_renamed_while_it_is_up, begin, end),
		cmocka_unit_test_setup_teardown(somebody_elses_link_is_left_alone, begin, end),
		cmocka_unit_test_setup_teardown(a_device_of_ours_that_is_of_no_use_makes_room, begin, end),
		cmocka_unit_test_setup_teardown(one_that_was_deleted_by_somebody_is_made_again, begin, end),
		cmocka_unit_test_setup_teardown(what_others_change_is_set_again, begin, end),
		cmocka_unit_test_setup_teardown(
			a_strict_filter_for_all_is_made_loose_for_the_device, begin, end),
		cmocka_unit_test_setup_teardown(what_stays_wrong_is_told, begin, end),
		cmocka_unit_test_setup_teardown(where_no_setting_can_be_written, begin, end),
		cmocka_unit_test_setup_teardown(
			a_bridge_that_hands_its_frames_to_iptables_is_told, begin, end),
		cmocka_unit_test_setup_teardown(many_are_deleted_at_once, begin, end),
		cmocka_unit_test_setup_teardown(the_group_is_as_asked_for, begin, end),
		cmocka_unit_test_setup_teardown(secondary_addresses_are_promoted_while_wanted, begin, end),
		cmocka_unit_test_setup_teardown(
			a_testaments_requests_delete_the_device_and_restore_the_parent, begin, end),
		cmocka_unit_test_setup_teardown(it_is_told_once_more_where_asked_for, begin, end),
		cmocka_unit_test_setup_teardown(an_ipvlan_is_made_where_the_kernel_has_it, begin, end),
		cmocka_unit_test_setup_teardown(
			a_device_follows_its_parent_into_a_vrf_where_the_kernel_has_it, begin, end),
	};

	namespace_enter();
	cable("left", LEFT, "right", RIGHT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
