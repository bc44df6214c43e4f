/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the engine asks of the packet filter, and when: accept off, a muted owner, the virtual MAC by rules. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

#define LAN 1
#define ETH0 2

#define VIP "192.168.1.200"
#define OTHER "192.168.1.201"

static const char two[] = "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n"
			  " virtual_ipaddress {\n " VIP "\n " OTHER "\n }\n}\n";
static const char one[] = "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n"
			  " virtual_ipaddress {\n " VIP "\n }\n}\n";
static const char better[] = "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 150\n"
			     " virtual_ipaddress {\n " VIP "\n " OTHER "\n }\n}\n";
static const char owner[] =
	"vrrp_instance A {\n interface eth0\n version 3\n virtual_router_id 51\n priority 255\n"
	" virtual_ipaddress {\n " VIP "\n }\n}\n";

static const char next[] =
	"vrrp_instance A {\n interface eth0\n version 3\n virtual_router_id 51\n priority 150\n"
	" virtual_ipaddress {\n " VIP "\n }\n}\n";

static void accept_off(struct vr_config *config)
{
	config->accept = false;
}

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

static void vmac_rules(struct vr_config *config)
{
	extra_of(config)->vmac.mode = VMAC_RULES;
}

static struct node *boot(struct world *world, size_t number, const char *config, const char *address,
	void (*adjust)(struct vr_config *))
{
	struct node *node = &world->nodes[number];
	struct engine_options none = {0};

	node->adjust = adjust;
	node_boot_with(world, number, config, &none);
	node_link(node, ETH0, "eth0", LAN, address);
	return node;
}

static struct node *boot_master(void **state, const char *config, void (*adjust)(struct vr_config *))
{
	struct node *node;

	*state = world_new();
	node = boot(*state, 0, config, "192.168.1.1/24", adjust);
	node_start(node);
	world_run(*state, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	return node;
}

/* covers: FSM-A8 */
static void refused_before_they_stand(void **state)
{
	struct node *node = boot_master(state, two, accept_off);

	assert_true(node_has_rule(node, FIREWALL_REFUSE, VIP));
	assert_true(node_has_rule(node, FIREWALL_REFUSE, OTHER));
	assert_int_equal(node->rule_count, 2);
	/* One call for both, after the testament and before the addresses; the advert last. */
	assert_non_null(strstr(node->sequence, "fwkka"));
	node->sequence_length = 0;
	engine_stop(node->engine, true, node->world->now);
	world_run(*state, DUR_S);
	assert_true(node->stopped);
	/* Away after the addresses. */
	assert_non_null(strstr(node->sequence, "0ddf"));
	assert_int_equal(node->rule_count, 0);
}

/* covers: V3-CFG-10 */
static void nothing_is_refused_in_backup(void **state)
{
	struct node *node = boot_master(state, two, accept_off);
	struct node *rival = boot(*state, 1, better, "192.168.1.2/24", NULL);

	node_start(rival);
	world_run(*state, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	assert_int_equal(node->rule_count, 0);
	assert_int_equal(rival->firewall_calls, 0);
}

/* covers: V3-CFG-10 FSM-A7 */
static void an_owner_accepts(void **state)
{
	struct node *node = boot_master(state, owner, accept_off);

	assert_int_equal(node->rule_count, 0);
}

static void refused_while_handing_over(void **state)
{
	struct node *node = boot_master(state, two, accept_off);

	engine_stop(node->engine, false, node->world->now);
	world_run(*state, 100 * DUR_MS);
	assert_true(node_has_address(node, ETH0, VIP "/32"));
	assert_int_equal(node->rule_count, 2);
	world_run(*state, 2 * DUR_S);
	assert_true(node->stopped);
	assert_int_equal(node->rule_count, 0);
}

static void a_failure_is_told_and_tried_again(void **state)
{
	struct node *node;

	*state = world_new();
	node = boot(*state, 0, two, "192.168.1.1/24", accept_off);
	node->firewall_error = -EOPNOTSUPP;
	node_start(node);
	world_run(*state, 20 * DUR_S);
	/* It is a gateway, with or without. */
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_true(node_has_address(node, ETH0, VIP "/32"));
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "firewall-failed"), 1);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "accepted though accept is off"), 1);
	assert_true(node->firewall_calls < 25);
	node->firewall_error = 0;
	world_run(*state, 2 * DUR_S);
	assert_int_equal(node->rule_count, 2);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "firewall-works"), 1);
}

static void a_reload_changes_what_is_refused(void **state)
{
	struct node *node = boot_master(state, two, accept_off);

	node->sequence_length = 0;
	node_reload(node, one);
	assert_int_equal(node->rule_count, 1);
	assert_true(node_has_rule(node, FIREWALL_REFUSE, VIP));
	/* The address first. */
	assert_non_null(strstr(node->sequence, "df"));
	node->adjust = NULL;
	node_reload(node, two);
	assert_int_equal(node->rule_count, 0);
	node->adjust = accept_off;
	node->sequence_length = 0;
	node_reload(node, two);
	assert_int_equal(node->rule_count, 2);
	node_reload(node, "");
	world_run(*state, 2 * DUR_S);
	assert_int_equal(node->rule_count, 0);
}

/* covers: AMB-11 */
static void an_owner_in_backup_is_mute(void **state)
{
	struct node *node, *rival;

	*state = world_new();
	node = boot(*state, 0, owner, VIP "/24", NULL);
	rival = boot(*state, 1, owner, "192.168.1.250/24", NULL);
	node_start(node);
	world_run(*state, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node->rule_count, 0);
	node_start(rival);
	world_run(*state, 2 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
	assert_true(node_has_rule(node, FIREWALL_MUTE, VIP));
	assert_true(node_has_address(node, ETH0, VIP "/24"));
	rival->silent = true;
	world_run(*state, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node->rule_count, 0);
}

/* covers: AMB-11 */
static void a_drained_owner_is_mute_when_another_one_serves(void **state)
{
	const struct engine_request drain = {.kind = ENGINE_DRAIN, .number = 1}, resume = {.kind = ENGINE_RESUME, .number = 2};
	struct node *node, *other;

	*state = world_new();
	node = boot(*state, 0, owner, VIP "/24", NULL);
	other = boot(*state, 1, next, "192.168.1.2/24", NULL);
	node_start(node);
	node_start(other);
	world_run(*state, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	engine_order(node->engine, &drain, node->world->now);
	assert_int_equal(node->rule_count, 0);
	world_run(*state, 2 * DUR_S);
	assert_int_equal(node_state(other, "A"), VR_MASTER);
	assert_true(node_has_rule(node, FIREWALL_MUTE, VIP));
	assert_non_null(node_last_line(node, ENGINE_TELL_ANSWER, "stay, but answer nobody until `vigia resume`"));
	engine_order(node->engine, &resume, node->world->now);
	world_run(*state, DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node->rule_count, 0);
}

static bool advert_has_source(const struct node *node, const uint8_t mac[6])
{
	return memcmp(node->last_advert + 6, mac, 6) == 0;
}

/* covers: VMAC-01 IPH-09 ARP-05 */
static void the_virtual_mac_goes_with_the_state(void **state)
{
	static const uint8_t mac[6] = {0, 0, 0x5e, 0, 1, 51};
	struct node *node = boot_master(state, two, vmac_rules);

	assert_int_equal(node->rule_count, 2);
	assert_int_equal(node->rules[0].type, FIREWALL_VMAC);
	assert_int_equal(node->rules[0].ifindex, ETH0);
	assert_memory_equal(node->rules[0].mac.bytes, mac, 6);
	assert_true(advert_has_source(node, mac));
	/* Before the addresses, which never answer with another MAC. */
	assert_non_null(strstr(node->sequence, "fwkka"));
	assert_true(strstr(node->sequence, "g") > strstr(node->sequence, "fwkka"));
	struct node *rival = boot(*state, 1, better, "192.168.1.2/24", vmac_rules);

	node_start(rival);
	world_run(*state, 3 * DUR_S);
	while (node_state(node, "A") == VR_MASTER)
		world_run(*state, DUR_MS);
	world_settle(*state);
	/* What is on its way is still forwarded for a while. */
	assert_false(node_has_address(node, ETH0, VIP "/32"));
	assert_int_equal(node->rule_count, 2);
	world_run(*state, VR_HOLD_ROUTES_LONGER + DUR_MS);
	assert_int_equal(node->rule_count, 0);
	assert_int_equal(rival->rule_count, 2);
}

static void without_the_means_it_waits(void **state)
{
	struct node *node;

	*state = world_new();
	node = boot(*state, 0, two, "192.168.1.1/24", vmac_rules);
	node->firewall_error = -EOPNOTSUPP;
	node_start(node);
	world_run(*state, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
	assert_int_equal(node_instance(node, "A")->vr.blockers, VR_BLOCKER_NO_DEVICE);
	assert_int_equal(node->adverts, 0);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "Linux 5.16"), 1);
	/* Looked at again with every event of the link. */
	node->firewall_error = 0;
	node_carrier(node, ETH0, false);
	node_carrier(node, ETH0, true);
	world_run(*state, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node->rule_count, 2);
}

static void a_bridge_that_hands_its_frames_to_iptables_has_no_virtual_mac(void **state)
{
	struct node *node;

	*state = world_new();
	node = boot(*state, 0, two, "192.168.1.1/24", vmac_rules);
	node->firewall_error = -EMEDIUMTYPE;
	node_start(node);
	world_run(*state, 5 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
	assert_int_equal(
		node_count_lines(node, ENGINE_TELL_EVENT, "set net.bridge.bridge-nf-call-iptables"), 1);
}

static void the_virtual_mac_leaves_with_the_link(void **state)
{
	struct node *node = boot_master(state, two, vmac_rules);

	node_link_gone(node, ETH0);
	world_settle(*state);
	assert_int_equal(node->rule_count, 0);
}

/* An engine that follows a dead one takes the rules over with what stands. */
static void what_a_predecessor_left_stays_refused(void **state)
{
	const struct engine_options adopting = {.adopt = true};
	struct node *node;

	*state = world_new();
	node = &((struct world *)*state)->nodes[0];
	node->adjust = accept_off;
	node_boot_with(*state, 0, two, &adopting);
	node_link(node, ETH0, "eth0", LAN, "192.168.1.1/24");
	node_address(node, ETH0, VIP "/32", VIGIA_KERNEL_PROTOCOL);
	node_start(node);
	assert_true(node_has_rule(node, FIREWALL_REFUSE, VIP));
	assert_int_equal(node->rule_count, 1);
}

/* Its first transaction replaces what was in force. */
static void a_predecessors_rules_are_replaced_as_a_whole(void **state)
{
	const struct engine_options adopting = {.adopt = true};
	struct node *node;

	*state = world_new();
	node = &((struct world *)*state)->nodes[0];
	node->adjust = vmac_rules;
	node_boot_with(*state, 0, two, &adopting);
	node_link(node, ETH0, "eth0", LAN, "192.168.1.1/24");
	node_address(node, ETH0, VIP "/32", VIGIA_KERNEL_PROTOCOL);
	node_start(node);
	assert_true(node_has_rule(node, FIREWALL_VMAC, VIP));
	assert_int_equal(node->rules_at_first, node->rule_count);
}

/* The kernel answers for it on the interface, with the interface's MAC: VMAC-04. */
static void an_owners_real_address_has_the_virtual_mac(void **state)
{
	static const uint8_t mac[] = {0, 0, 0x5e, 0, 1, 51};
	struct node *node;

	*state = world_new();
	node = boot(*state, 0, owner, VIP "/24", use_vmac);
	node_address(node, ETH0, "192.168.1.1/24", 0);
	node_start(node);
	world_settle(*state);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_true(node_has_rule(node, FIREWALL_VMAC, VIP));
	assert_memory_equal(node->rules[2].mac.bytes, mac, 6);
	assert_int_equal(node->rules[2].ifindex, ETH0);
	assert_memory_equal(node->rules[2].own.bytes, node->links[0].mac.bytes, 6);
	/* Taken away, it is put on the device, which has that MAC anyway. */
	node_address_gone(node, ETH0, VIP "/24");
	world_run(*state, 2 * DUR_S);
	assert_false(node_has_rule(node, FIREWALL_VMAC, VIP));
	assert_true(node_has_address(node, node_link_by_name(node, "vrrp.51")->ifindex, VIP "/32"));
	engine_stop(node->engine, true, node->world->now);
	world_settle(*state); /* silence lasts until the device is gone */
	assert_int_equal(node->rule_count, 0);
}

/* Whoever is quicker goes first. */
static void others_change_rules(struct node *node)
{
	engine_firewall_touched(node->engine, node->world->now);
	world_run(node->world, 9 * DUR_MS);
}

/* covers: FSM-A8 */
static void what_others_remove_is_put_back(void **state)
{
	struct node *node = boot_master(state, two, accept_off);
	const uint64_t before = node->firewall_restored;

	others_change_rules(node);
	assert_int_equal(node->firewall_restored, before + 1);
	/* At once, but not for ever. */
	for (unsigned i = 0; i < 300; i++) {
		engine_firewall_touched(node->engine, node->world->now);
		world_run(node->world, 10 * DUR_MS);
	}
	assert_in_range(node->firewall_restored, before + 3, before + 4);
	world_run(node->world, 20 * DUR_S);
	assert_int_equal(node->firewall_restored, before + 4);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "rules-restored"), 4);
	engine_status(node->engine, false, node->world->now);
	world_settle(node->world);
	assert_non_null(node_last_line(node, ENGINE_TELL_STATUS_END, "\"rules\":{\"restored\":4,\"error\":null}"));
	engine_clear_counters(node->engine);
	engine_status(node->engine, false, node->world->now);
	world_settle(node->world);
	assert_non_null(node_last_line(node, ENGINE_TELL_STATUS_END, "\"rules\":{\"restored\":0,\"error\":null}"));
}

static void lose_rules(struct node *node, int error)
{
	node->firewall_error = node->restore_error = error;
	others_change_rules(node);
}

/* It goes on without what is refused, and says so. */
static void what_cannot_be_put_back_is_told(void **state)
{
	struct node *node = boot_master(state, two, accept_off);

	lose_rules(node, -EPERM);
	world_run(node->world, 10 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_MASTER);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "rules-lost"), 1);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "accepted though accept is off"), 1);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "firewall-works"), 0);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "not-silent-after-death"), 1);
	engine_status(node->engine, false, node->world->now);
	world_settle(node->world);
	assert_non_null(node_last_line(node, ENGINE_TELL_STATUS, "\"virtual_mac\":false,\"error\":\"EPERM\""));
	assert_non_null(node_last_line(node, ENGINE_TELL_STATUS_END, "\"rules\":{\"restored\":0,\"error\":\"EPERM\"}"));
	assert_int_equal(node->mortal_count, 2);
	node->firewall_error = node->restore_error = 0;
	world_run(node->world, 2 * DUR_S);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "firewall-works"), 1);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "rules-restored"), 1);
	engine_status(node->engine, false, node->world->now);
	world_settle(node->world);
	assert_non_null(node_last_line(node, ENGINE_TELL_STATUS_END, "\"after_death\":{\"silent\":true,\"error\":null"));
	assert_non_null(node_last_line(node, ENGINE_TELL_STATUS_END, "\"rules\":{\"restored\":1,\"error\":null}"));
}

/* The silence after our death alone: the rest stands. */
static void what_takes_the_place_of_the_silence_hurts_nobody_else(void **state)
{
	struct node *node = boot_master(state, two, accept_off);

	/* until the engine does without */
	node->restore_error = -EEXIST;
	node->mortal_error = -EEXIST;
	others_change_rules(node);
	assert_int_equal(node->mortal_count, 0);
	assert_int_equal(node->restore_error, 0);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "rules-lost"), 0);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "firewall-failed"), 0);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "not-silent-after-death"), 1);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "not-silent-after-death"), 1);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "rules-restored"), 0);
	node->mortal_error = 0;
	world_run(node->world, 2 * DUR_S);
	assert_int_equal(node->mortal_count, 2);
	assert_int_equal(node_count_lines(node, ENGINE_TELL_EVENT, "rules-restored"), 1);
}

/* Frames for its MAC are not taken any more: that is for another router. */
static void without_its_virtual_mac_it_hands_over(void **state)
{
	struct node *node = boot_master(state, two, vmac_rules);
	struct node *rival = boot(*state, 1, two, "192.168.1.2/24", vmac_rules);

	node_start(rival);
	world_run(node->world, 5 * DUR_S);
	assert_int_equal(node_state(rival, "A"), VR_BACKUP);
	lose_rules(node, -EPERM);
	world_run(node->world, 2 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_INITIALIZE);
	assert_int_equal(node_instance(node, "A")->vr.blockers, VR_BLOCKER_NO_DEVICE);
	assert_int_equal(node_state(rival, "A"), VR_MASTER);
	node->firewall_error = node->restore_error = 0;
	world_run(node->world, 2 * DUR_S);
	assert_int_equal(node_state(node, "A"), VR_BACKUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(refused_before_they_stand, world_teardown),
		cmocka_unit_test_teardown(nothing_is_refused_in_backup, world_teardown),
		cmocka_unit_test_teardown(an_owner_accepts, world_teardown),
		cmocka_unit_test_teardown(refused_while_handing_over, world_teardown),
		cmocka_unit_test_teardown(a_failure_is_told_and_tried_again, world_teardown),
		cmocka_unit_test_teardown(a_reload_changes_what_is_refused, world_teardown),
		cmocka_unit_test_teardown(an_owner_in_backup_is_mute, world_teardown),
		cmocka_unit_test_teardown(a_drained_owner_is_mute_when_another_one_serves, world_teardown),
		cmocka_unit_test_teardown(the_virtual_mac_goes_with_the_state, world_teardown),
		cmocka_unit_test_teardown(without_the_means_it_waits, world_teardown),
		cmocka_unit_test_teardown(the_virtual_mac_leaves_with_the_link, world_teardown),
		cmocka_unit_test_teardown(
			a_bridge_that_hands_its_frames_to_iptables_has_no_virtual_mac, world_teardown),
		cmocka_unit_test_teardown(what_a_predecessor_left_stays_refused, world_teardown),
		cmocka_unit_test_teardown(a_predecessors_rules_are_replaced_as_a_whole, world_teardown),
		cmocka_unit_test_teardown(an_owners_real_address_has_the_virtual_mac, world_teardown),
		cmocka_unit_test_teardown(what_others_remove_is_put_back, world_teardown),
		cmocka_unit_test_teardown(what_cannot_be_put_back_is_told, world_teardown),
		cmocka_unit_test_teardown(what_takes_the_place_of_the_silence_hurts_nobody_else, world_teardown),
		cmocka_unit_test_teardown(without_its_virtual_mac_it_hands_over, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
