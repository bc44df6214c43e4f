/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What dead engines left: see inheritance.h. Equal requests are told by a hash of 64 bits. */
#include "linux/inheritance.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "linux/kernel_message.h"
#include "linux/rule_message.h"
#include "linux/testament.h"

/* Not of what is different each time it is sent: sequence number, flags. */
static uint64_t hash_of(const struct nlmsghdr *request)
{
	const uint8_t *bytes = mnl_nlmsg_get_payload(request);
	uint64_t value = 14695981039346656037u ^ request->nlmsg_type; /* FNV-1a */

	for (size_t i = 0; i < mnl_nlmsg_get_payload_len(request); i++)
		value = (value ^ bytes[i]) * 1099511628211u;
	return value;
}

static uint64_t hash_of_op(const struct kernel_op *op)
{
	_Alignas(struct nlmsghdr) uint8_t buffer[KERNEL_REQUEST_MAX];

	kernel_message_request(op, 1, buffer);
	return hash_of((const struct nlmsghdr *)buffer);
}

static int compare(const void *left, const void *right)
{
	const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

static bool contains(const uint64_t *hashes, size_t count, uint64_t value)
{
	return count > 0 && bsearch(&value, hashes, count, sizeof(*hashes), compare) != NULL;
}

struct collection {
	uint64_t *hashes; /* NULL: only counted */
	size_t count;
};

static void collect(void *user, const struct testament_record *record)
{
	struct collection *all = user;
	const struct nlmsghdr *request = (const struct nlmsghdr *)record->removals;
	int left = (int)record->removals_length;

	for (; mnl_nlmsg_ok(request, left); request = mnl_nlmsg_next(request, &left)) {
		if (all->hashes)
			all->hashes[all->count] = hash_of(request);
		all->count++;
	}
}

static void collect_all(const struct inheritance *inheritance, struct collection *all)
{
	all->count = 0;
	for (size_t i = 0; i < inheritance->fd_count; i++)
		testament_read(inheritance->fds[i], collect, all);
}

int inheritance_open(struct inheritance *inheritance, const int *fds, size_t count)
{
	struct collection all = {0};

	*inheritance = (struct inheritance){.fd_count = count < INHERITANCE_MAX ? count : INHERITANCE_MAX};
	for (size_t i = 0; i < inheritance->fd_count; i++)
		inheritance->fds[i] = fds[i];
	collect_all(inheritance, &all);
	if (all.count == 0)
		return 0;
	/* Nobody writes there any more: the second time there are as many. */
	inheritance->requests = calloc(all.count, sizeof(*inheritance->requests));
	if (!inheritance->requests) {
		inheritance_close(inheritance);
		return -ENOMEM;
	}
	all.hashes = inheritance->requests;
	collect_all(inheritance, &all);
	inheritance->request_count = all.count;
	qsort(inheritance->requests, all.count, sizeof(*inheritance->requests), compare);
	return 0;
}

void inheritance_close(struct inheritance *inheritance)
{
	for (size_t i = 0; i < inheritance->fd_count; i++)
		close(inheritance->fds[i]);
	free(inheritance->requests);
	*inheritance = (struct inheritance){0};
}

bool inheritance_has(const struct inheritance *inheritance, const struct kernel_op *removal)
{
	return contains(inheritance->requests, inheritance->request_count, hash_of_op(removal));
}

/* What a request to delete a rule does not say to the kernel, which takes one with another mark, too. */
struct marked_rules {
	uint64_t *keys;
	size_t count;
	size_t capacity;
	bool unknown; /* no memory: whatever is there may be ours */
};

static bool rule_key(const struct nlmsghdr *message, uint64_t *key)
{
	struct virtual_rule rule;

	if (!rule_message_read(message, &rule))
		return false;
	*key = (uint64_t)rule.preference << 16 | (uint64_t)rule.protocol << 8 | rule.family;
	return true;
}

static void note_rule(void *user, const struct nlmsghdr *message)
{
	struct marked_rules *rules = user;
	uint64_t key;

	if (message->nlmsg_type != RTM_NEWRULE || !rule_key(message, &key))
		return;
	if (rules->count == rules->capacity) {
		const size_t capacity = rules->capacity ? 2 * rules->capacity : 64;
		uint64_t *grown = realloc(rules->keys, capacity * sizeof(*grown));

		rules->unknown |= !grown;
		if (!grown)
			return;
		rules->keys = grown;
		rules->capacity = capacity;
	}
	rules->keys[rules->count++] = key;
}

static void list_rules(struct netlink_socket *netlink, struct marked_rules *rules)
{
	_Alignas(struct nlmsghdr) uint8_t buffer[NLMSG_SPACE(sizeof(struct fib_rule_hdr))] = {0};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

	request->nlmsg_type = RTM_GETRULE;
	mnl_nlmsg_put_extra_header(request, sizeof(struct fib_rule_hdr));
	rules->unknown = netlink_dump(netlink, request, note_rule, rules) != 0;
	qsort(rules->keys, rules->count, sizeof(*rules->keys), compare);
}

static bool stands(const struct marked_rules *rules, const struct nlmsghdr *request)
{
	uint64_t key;

	return request->nlmsg_type != RTM_DELRULE || rules->unknown ||
	       (rule_key(request, &key) && contains(rules->keys, rules->count, key));
}

struct removal {
	struct netlink_socket *netlink;
	struct marked_rules rules;
	uint64_t *keep; /* sorted */
	size_t keep_count;
	void (*told)(void *user, const struct nlmsghdr *request, int error);
	void *user;
};

static bool is_gone(const struct nlmsghdr *request, int error)
{
	return error == -ENODEV || error == (request->nlmsg_type == RTM_DELRULE ? -ENOENT : -ESRCH);
}

static void remove_one(const struct removal *removal, const struct nlmsghdr *request)
{
	_Alignas(struct nlmsghdr) uint8_t copy[KERNEL_REQUEST_MAX];
	int error;

	if ((request->nlmsg_type != RTM_DELROUTE && request->nlmsg_type != RTM_DELRULE) ||
		request->nlmsg_len > sizeof(copy) || !stands(&removal->rules, request) ||
		contains(removal->keep, removal->keep_count, hash_of(request)))
		return;
	memcpy(copy, request, request->nlmsg_len);
	error = netlink_request(removal->netlink, (struct nlmsghdr *)copy, NULL, NULL);
	if (!is_gone(request, error))
		removal->told(removal->user, request, error);
}

static void remove_of(void *user, const struct testament_record *record)
{
	const struct nlmsghdr *request = (const struct nlmsghdr *)record->removals;
	int left = (int)record->removals_length;

	for (; mnl_nlmsg_ok(request, left); request = mnl_nlmsg_next(request, &left))
		remove_one(user, request);
}

void inheritance_remove_routes(const struct inheritance *inheritance, struct netlink_socket *netlink,
	const struct kernel_op *keep, size_t keep_count,
	void (*told)(void *user, const struct nlmsghdr *request, int error), void *user)
{
	struct removal removal = {.netlink = netlink, .keep_count = keep_count, .told = told, .user = user};

	removal.keep = calloc(keep_count + 1, sizeof(*removal.keep));
	if (!removal.keep)
		return;
	for (size_t i = 0; i < keep_count; i++)
		removal.keep[i] = hash_of_op(&keep[i]);
	qsort(removal.keep, keep_count, sizeof(*removal.keep), compare);
	list_rules(netlink, &removal.rules);
	for (size_t i = 0; i < inheritance->fd_count; i++)
		testament_read(inheritance->fds[i], remove_of, &removal);
	free(removal.rules.keys);
	free(removal.keep);
}
