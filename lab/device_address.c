/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which addresses a device has, asked of its kernel: it needs no program inside the device. */
#include "lab/device_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#define ANSWER_SIZE 16384

typedef void take_address(int interface_index, struct in_addr address, void *user);

struct walk {
	take_address *take;
	void *user;
};

static int find_local(const struct nlattr *attribute, void *user)
{
	struct in_addr *address = user;

	if (mnl_attr_get_type(attribute) == IFA_LOCAL)
		address->s_addr = mnl_attr_get_u32(attribute);
	return MNL_CB_OK;
}

static int walk_address(const struct nlmsghdr *message, void *user)
{
	const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
	const struct walk *walk = user;
	struct in_addr address = {INADDR_ANY};

	if (message->nlmsg_type != RTM_NEWADDR || header->ifa_family != AF_INET)
		return MNL_CB_OK;
	mnl_attr_parse(message, sizeof(*header), find_local, &address);
	if (address.s_addr != INADDR_ANY)
		walk->take((int)header->ifa_index, address, walk->user);
	return MNL_CB_OK;
}

static int receive_addresses(int descriptor, struct walk *walk)
{
	char answer[ANSWER_SIZE];
	int result;

	do {
		ssize_t length = recv(descriptor, answer, sizeof(answer), 0);

		if (length < 0)
			return -errno;
		result = mnl_cb_run(answer, (size_t)length, 1, 0, walk_address, walk);
	} while (result > MNL_CB_STOP);
	return result < 0 ? -errno : 0;
}

/* Every IPv4 address of the device, in the kernel's order. */
static int each_address(
	const struct lab *lab, const struct lab_device *device, struct walk *walk, struct lab_error *error)
{
	char buffer[64];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifaddrmsg *header;
	int descriptor, result;

	request->nlmsg_type = RTM_GETADDR;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request->nlmsg_seq = 1;
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	header->ifa_family = AF_INET;
	descriptor = lab_socket(lab, device, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE, error);
	if (descriptor < 0)
		return descriptor;
	if (send(descriptor, request, request->nlmsg_len, 0) < 0)
		result = -errno;
	else
		result = receive_addresses(descriptor, walk);
	close(descriptor);
	if (result < 0)
		return lab_fail(error, result, "cannot read the addresses of %s: %s", device->name,
			strerror(-result));
	return 0;
}

struct first_address {
	const struct lab_device *device;
	size_t place; /* of the interface that has the best one so far */
	struct in_addr address;
};

static void take_first(int interface_index, struct in_addr address, void *user)
{
	struct first_address *first = user;

	for (size_t i = 0; i < first->place; i++) {
		if (first->device->interfaces[i].index != interface_index)
			continue;
		first->place = i;
		first->address = address;
	}
}

int device_or_address(struct lab *lab, const char *text, struct in_addr *out, struct lab_error *error)
{
	struct first_address first;
	struct walk walk = {take_first, &first};
	int result;

	if (inet_pton(AF_INET, text, out) == 1)
		return 0;
	first.device = lab_device(lab, text, error);
	if (!first.device)
		return -ENOENT;
	first.place = first.device->interface_count;
	result = each_address(lab, first.device, &walk, error);
	if (result < 0)
		return result;
	if (first.place == first.device->interface_count)
		return lab_fail(error, -EADDRNOTAVAIL, "%s has no IPv4 address on any of its cables", text);
	*out = first.address;
	return 0;
}

struct wanted_address {
	struct in_addr address;
	bool found;
};

static void look_for(int interface_index, struct in_addr address, void *user)
{
	struct wanted_address *wanted = user;

	(void)interface_index;
	wanted->found |= address.s_addr == wanted->address.s_addr;
}

int device_has_address(const struct lab *lab, const struct lab_device *device, struct in_addr address,
	struct lab_error *error)
{
	struct wanted_address wanted = {.address = address};
	struct walk walk = {look_for, &wanted};
	int result = each_address(lab, device, &walk, error);

	return result < 0 ? result : wanted.found;
}
