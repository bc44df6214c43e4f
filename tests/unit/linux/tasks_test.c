/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Group memberships, and what is done by the thread that waits for the kernel. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <unistd.h>

#include "linux/groups.h"
#include "linux/kernel_tasks.h"
#include "linux/turn_clock.h"
#include "namespace.h"
#include "wire/vrrp.h"

#define WAIT_MS 5000
#define PARENT 1200

/* How many interfaces have joined 224.0.0.18, as the kernel counts. */
static int members(void)
{
	FILE *file = fopen("/proc/net/igmp", "r");
	char line[256];
	int count = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		count += strstr(line, "120000E0") != NULL;
	fclose(file);
	return count;
}

static int make_change(struct groups *groups, const struct group_change *change)
{
	const int error = change->socket < 0 ? 0 : group_change_make(change);

	groups_joined(groups, change, error);
	return error;
}

static int join(struct groups *groups, int ifindex, const struct ip_addr *group)
{
	struct group_change change;
	const int error = groups_join(groups, ifindex, group, &change);

	return error ? error : make_change(groups, &change);
}

static void leave(struct groups *groups, int ifindex, const struct ip_addr *group)
{
	const struct group_change change = groups_leave(groups, ifindex, group);

	make_change(groups, &change);
}

static int check(struct groups *groups, int ifindex, const struct ip_addr *group)
{
	struct group_change change;
	const int found = groups_check(groups, ifindex, group, &change);
	const int error = make_change(groups, &change);

	return error ? error : found;
}

/* covers: IPH-12 */
static void memberships_are_spread_over_sockets(void **state)
{
	const struct ip_addr group = ip_v4(224, 0, 0, 18);
	struct groups groups = {0};
	const int pairs = GROUPS_PER_SOCKET / 2 + 3;

	(void)state;
	for (int i = 0; i < pairs; i++)
		run("ip link add m%d index %d type veth peer name n%d index %d", i, 1000 + 2 * i, i,
			1001 + 2 * i);
	for (int i = 0; i < 2 * pairs; i++)
		assert_int_equal(join(&groups, 1000 + i, &group), 0);
	assert_int_equal(members(), 2 * pairs);
	assert_int_equal(groups.socket_count, 2);

	assert_int_equal(join(&groups, 1000, &group), 0);
	leave(&groups, 1000, &group);
	assert_int_equal(members(), 2 * pairs);
	leave(&groups, 1000, &group);
	assert_int_equal(members(), 2 * pairs - 1);
	assert_int_equal(join(&groups, 99999, &group), -ENODEV);

	run("ip link del m1");
	leave(&groups, 1002, &group);
	leave(&groups, 1003, &group);
	assert_int_equal(join(&groups, 1000, &group), 0);
	assert_int_equal(groups.socket_count, 2);
	groups_close(&groups);
	assert_int_equal(members(), 0);
}

/* An MTU below 1280 takes IPv6 off the interface, and the membership with it; the socket does not know. */
static void a_lost_membership_is_found_and_repaired(void **state)
{
	const struct ip_addr v4 = ip_v4(224, 0, 0, 18);
	const struct ip_addr v6 = vrrp_group(IP_V6);
	struct groups groups = {0};

	(void)state;
	run("ip link add g0 index 1100 type veth peer name g1 index 1101");
	assert_int_equal(check(&groups, 1100, &v6), 0);
	assert_int_equal(join(&groups, 1100, &v4), 0);
	assert_int_equal(join(&groups, 1100, &v6), 0);
	run("ip link set g0 mtu 1000");
	assert_true(check(&groups, 1100, &v6) < 0);
	run("ip link set g0 mtu 1500");
	assert_int_equal(check(&groups, 1100, &v6), 1);
	run("ip link set g0 mtu 1000");
	run("ip link set g0 mtu 1500");
	assert_int_equal(check(&groups, 1100, &v6), 1);
	assert_int_equal(check(&groups, 1100, &v6), 0);
	assert_int_equal(check(&groups, 1100, &v4), 0);
	groups_close(&groups);
	run("ip link del g0");
}

struct bench {
	struct kernel_requests requests;
	struct kernel_worker worker;
	struct devices devices;
	struct groups groups;
	struct kernel_tasks tasks;
	int gate[2];
};

static int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	run("ip link add t0 index %d type veth peer name t1 && ip link set t0 up && ip link set t1 up", PARENT);
	assert_int_equal(kernel_requests_open(&bench->requests), 0);
	assert_int_equal(kernel_worker_open(&bench->worker, &bench->requests), 0);
	assert_int_equal(devices_open(&bench->devices, 1), 0);
	bench->tasks = (struct kernel_tasks){
		.worker = &bench->worker, .devices = &bench->devices, .groups = &bench->groups};
	assert_int_equal(pipe(bench->gate), 0);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	kernel_worker_close(&bench->worker);
	kernel_tasks_close(&bench->tasks);
	devices_close(&bench->devices);
	groups_close(&bench->groups);
	kernel_requests_close(&bench->requests);
	close(bench->gate[0]);
	close(bench->gate[1]);
	free(bench);
	run("ip link del t0");
	return 0;
}

struct lock_job {
	struct kernel_job job;
	int fd;
};

static void wait_at_the_gate(struct kernel_job *job)
{
	char octet;

	assert_int_equal(read(((struct lock_job *)job)->fd, &octet, 1), 1);
}

/* As if somebody else had the kernel's lock. */
static void hold(struct bench *bench)
{
	struct lock_job *job = malloc(sizeof(*job));

	*job = (struct lock_job){.job = {.run = wait_at_the_gate, .end = KERNEL_JOB_FORGOTTEN}, .fd = bench->gate[0]};
	assert_true(kernel_worker_give(&bench->worker, &job->job));
}

static void let_go(struct bench *bench)
{
	assert_int_equal(write(bench->gate[1], "", 1), 1);
}

static void wait_for_event(struct bench *bench)
{
	struct pollfd event = {.fd = bench->worker.event_fd, .events = POLLIN};

	assert_int_equal(poll(&event, 1, WAIT_MS), 1);
}

static struct port_task add_task(uint32_t number)
{
	return (struct port_task){.type = TASK_DEVICE_ADD,
		.number = number,
		.device = {.parent = PARENT,
			.name = "vrrp.7",
			.owner = "V",
			.mode = VMAC_MACVLAN,
			.mac = {{0, 0, 0x5e, 0, 1, 7}},
			.ipv4 = true}};
}

static void what_is_quick_is_done_at_once(void **state)
{
	struct bench *bench = *state;
	struct port_task task = add_task(1);

	/* The first one may find the thread not up yet. */
	if (kernel_tasks_give(&bench->tasks, &task))
		task = *kernel_tasks_answer(&bench->tasks, true);
	assert_true(task.result > 0);
	assert_true(succeeds("ip link show vrrp.7 >/dev/null"));
	kernel_tasks_remove_device(&bench->tasks, task.result);
	kernel_worker_finish(&bench->worker);
	devices_finish(&bench->devices);
	assert_false(succeeds("ip link show vrrp.7 >/dev/null 2>&1"));
}

static void nobody_waits_for_a_lock(void **state)
{
	struct bench *bench = *state;
	const struct ip_addr group = ip_v4(224, 0, 0, 18);
	struct port_task task = add_task(2);
	const struct port_task *answer;
	mono_t begin;

	hold(bench);
	begin = mono_now();
	assert_true(kernel_tasks_give(&bench->tasks, &task));
	assert_int_equal(kernel_tasks_join(&bench->tasks, PARENT, &group), 0);
	task.type = TASK_DEVICE_CHECK;
	task.ifindex = PARENT;
	assert_true(kernel_tasks_give(&bench->tasks, &task));
	kernel_tasks_promote(&bench->tasks, PARENT, true);
	/* Far more than it needs, and far less than waiting would take: the gate is shut. */
	assert_true(mono_sub(mono_now(), begin) < WAIT_MS * DUR_MS);
	assert_null(kernel_tasks_answer(&bench->tasks, false));
	assert_false(kernel_worker_is_idle(&bench->worker));
	let_go(bench);
	wait_for_event(bench);
	answer = kernel_tasks_answer(&bench->tasks, true);
	assert_non_null(answer);
	assert_int_equal(answer->number, 2);
	assert_int_equal(answer->type, TASK_DEVICE_ADD);
	assert_true(answer->result > 0);
	answer = kernel_tasks_answer(&bench->tasks, true);
	assert_non_null(answer);
	assert_int_equal(answer->type, TASK_DEVICE_CHECK);
	assert_null(kernel_tasks_answer(&bench->tasks, true));
	kernel_worker_finish(&bench->worker);
	assert_int_equal(members(), 1);
}

static void a_group_that_cannot_be_joined_is_told_of_later(void **state)
{
	struct bench *bench = *state;
	const struct ip_addr group = ip_v4(224, 0, 0, 18);
	const struct port_task *answer;

	hold(bench);
	assert_int_equal(kernel_tasks_join(&bench->tasks, 99999, &group), 0);
	assert_int_equal(kernel_tasks_join(&bench->tasks, 99999, &group), 0);
	let_go(bench);
	answer = kernel_tasks_answer(&bench->tasks, true);
	assert_non_null(answer);
	assert_int_equal(answer->type, TASK_JOIN);
	assert_int_equal(answer->ifindex, 99999);
	assert_int_equal(answer->result, -ENODEV);
	assert_int_equal(bench->groups.member_count, 0);
	assert_null(kernel_tasks_answer(&bench->tasks, true));
}

static void what_is_given_up_while_it_waits_leaves_nothing(void **state)
{
	struct bench *bench = *state;
	const struct ip_addr group = ip_v4(224, 0, 0, 18);

	hold(bench);
	assert_int_equal(kernel_tasks_join(&bench->tasks, PARENT, &group), 0);
	assert_int_equal(kernel_tasks_check_group(&bench->tasks, PARENT, &group), 0);
	kernel_tasks_leave(&bench->tasks, PARENT, &group);
	let_go(bench);
	kernel_worker_finish(&bench->worker);
	assert_null(kernel_tasks_answer(&bench->tasks, true));
	assert_int_equal(members(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memberships_are_spread_over_sockets),
		cmocka_unit_test(a_lost_membership_is_found_and_repaired),
		cmocka_unit_test_setup_teardown(what_is_quick_is_done_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_waits_for_a_lock, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_group_that_cannot_be_joined_is_told_of_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_given_up_while_it_waits_leaves_nothing, set_up, tear_down),
	};

	namespace_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
