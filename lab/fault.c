/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/fault.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "lab/clock.h"

#define ANSWER_SIZE 16384

/* One RTM message about a port to the hub's rtnetlink; the answer goes to `take`. */
static int ask_hub(
	const struct lab *lab, struct nlmsghdr *request, mnl_cb_t take, void *user, struct lab_error *error)
{
	char answer[ANSWER_SIZE];
	ssize_t length;
	int descriptor, result;

	descriptor = lab_socket(lab, NULL, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE, error);
	if (descriptor < 0)
		return descriptor;
	request->nlmsg_seq = 1;
	if (send(descriptor, request, request->nlmsg_len, 0) < 0)
		goto failed;
	do {
		length = recv(descriptor, answer, sizeof(answer), 0);
		if (length < 0)
			goto failed;
		result = mnl_cb_run(answer, (size_t)length, 1, 0, take, user);
	} while (result > MNL_CB_STOP);
	if (result < 0)
		goto failed;
	close(descriptor);
	return 0;
failed:
	result = -errno;
	close(descriptor);
	return result;
}

static struct nlmsghdr *port_message(
	void *buffer, uint16_t type, const struct lab_interface *interface, unsigned change, unsigned flags)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *link;

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	link = mnl_nlmsg_put_extra_header(message, sizeof(*link));
	link->ifi_family = AF_UNSPEC;
	link->ifi_index = interface->port_index;
	link->ifi_change = change;
	link->ifi_flags = flags;
	return message;
}

static int find_bridge(const struct nlattr *attribute, void *user)
{
	enum cable_state *state = user;

	if (mnl_attr_get_type(attribute) == IFLA_MASTER && *state == CABLE_SILENT)
		*state = CABLE_GOOD;
	return MNL_CB_OK;
}

static int take_state(const struct nlmsghdr *message, void *user)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
	enum cable_state *state = user;

	*state = link->ifi_flags & IFF_UP ? CABLE_SILENT : CABLE_PULLED;
	return mnl_attr_parse(message, sizeof(*link), find_bridge, state);
}

int cable_state(const struct lab *lab, const struct lab_interface *interface, struct lab_error *error)
{
	char buffer[256];
	enum cable_state state = CABLE_GOOD;
	int result =
		ask_hub(lab, port_message(buffer, RTM_GETLINK, interface, 0, 0), take_state, &state, error);

	if (result == -ENODEV)
		return lab_fail(error, result, "the hub has no port for it: the device is powered off");
	if (result < 0)
		return lab_fail(error, result, "cannot read the state of the cable: %s", strerror(-result));
	return (int)state;
}

static int set_up(
	const struct lab *lab, const struct lab_interface *interface, bool up, struct lab_error *error)
{
	char buffer[256];

	return ask_hub(lab, port_message(buffer, RTM_NEWLINK, interface, IFF_UP, up ? IFF_UP : 0), NULL, NULL,
		error);
}

static int set_bridge(
	const struct lab *lab, const struct lab_interface *interface, int bridge, struct lab_error *error)
{
	char buffer[256];
	struct nlmsghdr *message = port_message(buffer, RTM_NEWLINK, interface, 0, 0);

	mnl_attr_put_u32(message, IFLA_MASTER, (uint32_t)bridge);
	return ask_hub(lab, message, NULL, NULL, error);
}

static int refuse(const struct lab_device *device, const struct lab_interface *interface, enum cable_state is,
	enum cable_state wanted, struct lab_error *error)
{
	static const char *const names[] = {
		[CABLE_GOOD] = "in order", [CABLE_PULLED] = "pulled", [CABLE_SILENT] = "silently cut"};

	if (is == wanted)
		return lab_fail(error, -EALREADY, "the cable of %s:%s is %s already", device->name,
			interface->name, names[is]);
	return lab_fail(error, -EINVAL,
		"the cable of %s:%s is pulled, so it carries nothing already; plug it first", device->name,
		interface->name);
}

int cable_set(const struct lab *lab, const struct lab_device *device, const struct lab_interface *interface,
	enum cable_state state, mono_t *at, struct lab_error *error)
{
	int is = cable_state(lab, interface, error);
	int result = 0;

	if (is < 0)
		return is;
	if (is == (int)state || (is == CABLE_PULLED && state == CABLE_SILENT))
		return refuse(device, interface, (enum cable_state)is, state, error);
	*at = mono_now();
	switch (state) {
	case CABLE_PULLED:
		result = set_up(lab, interface, false, error);
		break;
	case CABLE_SILENT:
		result = set_bridge(lab, interface, 0, error);
		break;
	case CABLE_GOOD:
		/* A port that was pulled while it was silent needs both, the bridge first: once it is up, it carries. */
		result = set_bridge(lab, interface, interface->bridge_index, error);
		if (!result)
			result = set_up(lab, interface, true, error);
		break;
	}
	if (result < 0)
		return lab_fail(error, result, "the cable of %s:%s: %s", device->name, interface->name,
			strerror(-result));
	return 0;
}
