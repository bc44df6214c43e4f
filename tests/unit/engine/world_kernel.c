/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel of a node: addresses, routes and rules. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world_internal.h"

size_t node_find_address(const struct node *node, int ifindex, const struct ip_prefix *prefix)
{
	for (size_t i = 0; i < node->address_count; i++)
		if (node->addresses[i].ifindex == ifindex &&
			ip_prefix_equal(&node->addresses[i].prefix, prefix))
			return i;
	return node->address_count;
}

void node_add_address(struct node *node, int ifindex, const struct ip_prefix *prefix)
{
	if (node_find_address(node, ifindex, prefix) < node->address_count)
		return;
	node->addresses = reallocarray(node->addresses, node->address_count + 1, sizeof(*node->addresses));
	assert_non_null(node->addresses);
	node->addresses[node->address_count++] = (struct node_address){
		.ifindex = ifindex, .prefix = *prefix, .expires = MONO_NEVER};
}

bool node_delete_address(struct node *node, int ifindex, const struct ip_prefix *prefix)
{
	size_t at = node_find_address(node, ifindex, prefix);

	if (at == node->address_count)
		return false;
	node->addresses[at] = node->addresses[--node->address_count];
	return true;
}

static size_t find_route(const struct node *node, const struct virtual_route *route)
{
	for (size_t i = 0; i < node->route_count; i++)
		if (ip_prefix_equal(&node->routes[i].destination, &route->destination) &&
			ip_equal(&node->routes[i].gateway, &route->gateway) &&
			node->routes[i].metric == route->metric)
			return i;
	return node->route_count;
}

static size_t find_policy(const struct node *node, uint32_t preference)
{
	size_t at = 0;

	while (at < node->policy_count && node->policies[at] != preference)
		at++;
	return at;
}

static void run_op(struct node *node, struct kernel_op *op)
{
	bool adds = op->type == KERNEL_ADD_ADDRESS || op->type == KERNEL_ADD_ROUTE || op->type == KERNEL_ADD_RULE;
	size_t at;

	node->kernel_ops++;
	world_note(node, adds ? 'k' : 'd');
	op->error = adds ? node->kernel_error : 0;
	if (op->error == 0 && op->ifindex != 0 && node_find_link(node, op->ifindex) == NULL)
		op->error = adds ? -ENODEV : 0;
	if (op->error != 0)
		return;
	switch (op->type) {
	case KERNEL_ADD_ADDRESS:
		node_add_address(node, op->ifindex, &op->address->prefix);
		at = node_find_address(node, op->ifindex, &op->address->prefix);
		node->addresses[at].lifetime = op->lifetime;
		node->addresses[at].expires = op->lifetime > 0 ? mono_add(node->world->now, op->lifetime * DUR_S) : MONO_NEVER;
		world_happen(node->world, node, HAPPENING_ADDRESS, op->ifindex)->prefix = op->address->prefix;
		break;
	case KERNEL_DELETE_ADDRESS:
		if (node_delete_address(node, op->ifindex, &op->address->prefix))
			world_happen(node->world, node, HAPPENING_ADDRESS_GONE, op->ifindex)->prefix =
				op->address->prefix;
		break;
	case KERNEL_ADD_ROUTE:
		at = find_route(node, op->route);
		if (at == node->route_count)
			node->route_count++;
		node->routes[at] = (struct node_route){.ifindex = op->ifindex,
			.destination = op->route->destination,
			.gateway = op->route->gateway,
			.metric = op->route->metric};
		break;
	case KERNEL_ADD_RULE:
		at = find_policy(node, op->rule->preference);
		node->policies[at] = op->rule->preference;
		node->policy_count += at == node->policy_count;
		break;
	case KERNEL_DELETE_RULE:
		at = find_policy(node, op->rule->preference);
		if (at < node->policy_count)
			node->policies[at] = node->policies[--node->policy_count];
		break;
	case KERNEL_DELETE_DEVICE:
	case KERNEL_RESTORE_PARENT:
		assert_true(false);
		break;
	case KERNEL_DELETE_ROUTE:
		at = find_route(node, op->route);
		if (at < node->route_count)
			node->routes[at] = node->routes[--node->route_count];
		break;
	}
}

bool node_run_job(struct node *node)
{
	struct node_job *job = node->jobs;

	while (job != NULL && job->done)
		job = job->next;
	if (job == NULL)
		return false;
	for (size_t i = 0; i < job->count; i++)
		run_op(node, &job->ops[i]);
	job->done = true;
	return true;
}

void node_run_kernel(void *user, struct kernel_op *ops, size_t count)
{
	struct node *node = user;

	node->kernel_calls++;
	while (node_run_job(node))
		;
	for (size_t i = 0; i < count; i++)
		run_op(node, &ops[i]);
}

bool node_run_kernel_later(void *user, struct kernel_op *ops, size_t count, dur_t patience)
{
	struct node *node = user;
	struct node_job *job, **last = &node->jobs;

	if (node->jobs == NULL && node->kernel_delay <= patience) {
		node_run_kernel(node, ops, count);
		return false;
	}
	job = calloc(1, sizeof(*job));
	assert_non_null(job);
	assert_true(count <= KERNEL_OPS_SIZE);
	job->count = count;
	memcpy(job->ops, ops, count * sizeof(*ops));
	while (*last != NULL)
		last = &(*last)->next;
	*last = job;
	world_happen(node->world, node, HAPPENING_KERNEL, 0)->at = mono_add(node->world->now, node->kernel_delay);
	return true;
}

const struct kernel_op *node_kernel_answers(void *user, bool wait, size_t *count)
{
	struct node *node = user;
	struct node_job *job = node->jobs;

	free(node->job_taken);
	node->job_taken = NULL;
	if (job != NULL && !job->done && wait)
		node_run_job(node);
	if (job == NULL || !job->done)
		return NULL;
	node->jobs = job->next;
	node->job_taken = job;
	*count = job->count;
	return job->ops;
}

void node_free_jobs(struct node *node)
{
	while (node->jobs != NULL) {
		struct node_job *job = node->jobs;

		node->jobs = job->next;
		free(job);
	}
	free(node->job_taken);
}
