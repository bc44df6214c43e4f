/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/hub.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/memory.h"

#define MESSAGE_ROOM 1024
#define BATCH_LIMIT 32 /* messages in one send: their acknowledgements must fit into the receive buffer */

struct hub {
	struct mnl_socket *socket;
	unsigned sequence;
};

/* -------------------------------------------------------------------------------------------- the plan */

/* FNV-1a over all strings and their NULs, then mixed (splitmix64's finisher) so that similar names give
 * unlike addresses. */
static uint64_t hash_strings(const char *const *strings, size_t count)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < count; i++) {
		const unsigned char *at = (const unsigned char *)strings[i];
		do {
			hash = (hash ^ *at) * UINT64_C(0x100000001b3);
		} while (*at++ != '\0');
	}
	hash = (hash ^ (hash >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	hash = (hash ^ (hash >> 27)) * UINT64_C(0x94d049bb133111eb);
	return hash ^ (hash >> 31);
}

static struct mac_addr local_mac(const char *lab, const char *device, const char *interface)
{
	uint64_t hash = hash_strings((const char *const[]){lab, device, interface}, 3);
	struct mac_addr mac;
	for (unsigned i = 0; i < 6; i++)
		mac.bytes[i] = (uint8_t)(hash >> (8 * i));
	mac.bytes[0] = (uint8_t)((mac.bytes[0] & 0xfc) | 0x02); /* locally administered, unicast */
	return mac;
}

static bool is_plain_ascii(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((*text & 0x80) != 0)
			return false;
	}
	return true;
}

struct domains {
	const char **names;
	size_t count;
};

static size_t domain_number(struct domains *domains, const char *name)
{
	for (size_t i = 0; i < domains->count; i++) {
		if (strcmp(domains->names[i], name) == 0)
			return i;
	}
	*MUST_APPEND(domains->names, domains->count) = name;
	return domains->count - 1;
}

static void plan_interface(const struct lab *lab, const struct lab_device *device,
	const struct conf_interface *conf, struct domains *domains, int port_index, struct lab_interface *out)
{
	size_t domain = domain_number(domains, conf->domain);
	*out = (struct lab_interface){
		.number = conf->number,
		.index = (int)conf->number + 2,
		.domain = must_dup(conf->domain),
		.bridge_index = HUB_FIRST_BRIDGE_INDEX + (int)domain,
		.port_index = port_index,
	};
	snprintf(out->name, sizeof out->name, "eth%u", conf->number);
	out->mac = conf->has_mac ? conf->mac : local_mac(lab->name, device->name, out->name);
	char name[64];
	int length = snprintf(name, sizeof name, "cd-%.40s", conf->domain);
	if (length < IFNAMSIZ && is_plain_ascii(name))
		memcpy(out->bridge, name, (size_t)length + 1);
	else
		snprintf(out->bridge, sizeof out->bridge, "cd.%zu", domain);
	length = snprintf(name, sizeof name, "%s-%s", device->name, out->name);
	if (length < IFNAMSIZ)
		memcpy(out->port, name, (size_t)length + 1);
	else
		snprintf(out->port, sizeof out->port, "port.%d", port_index);
}

void hub_plan(const struct lab_conf *conf, struct lab *lab)
{
	struct domains domains = {NULL, 0};
	int port_index = HUB_FIRST_PORT_INDEX;
	lab->device_count = conf->device_count;
	lab->devices = must_alloc(conf->device_count * sizeof *lab->devices);
	for (size_t i = 0; i < conf->device_count; i++) {
		const struct conf_device *from = &conf->devices[i];
		struct lab_device *device = &lab->devices[i];
		memcpy(device->name, from->name, sizeof device->name);
		device->shell = must_dup(from->shell != NULL ? from->shell : "/bin/bash");
		device->env = must_alloc((from->env_count + 1) * sizeof *device->env);
		for (size_t n = 0; n < from->env_count; n++)
			device->env[n] = must_dup(from->env[n]);
		device->interface_count = from->interface_count;
		device->interfaces = must_alloc(from->interface_count * sizeof *device->interfaces);
		for (size_t n = 0; n < from->interface_count; n++)
			plan_interface(lab, device, &from->interfaces[n], &domains, port_index++,
				&device->interfaces[n]);
	}
	free(domains.names);
}

/* ------------------------------------------------------------------------------------------------ netlink */

struct batch {
	struct hub *hub;
	struct mnl_nlmsg_batch *messages;
	char *buffer;
	unsigned first_sequence;
	unsigned count;
	char names[BATCH_LIMIT][2 * IFNAMSIZ]; /* what each message makes, for errors */
};

static int find_error_text(const struct nlattr *attribute, void *user)
{
	if (mnl_attr_get_type(attribute) == NLMSGERR_ATTR_MSG)
		*(const char **)user = mnl_attr_get_str(attribute);
	return MNL_CB_OK;
}

static const char *extended_error(const struct nlmsghdr *message)
{
	const struct nlmsgerr *report = mnl_nlmsg_get_payload(message);
	if ((message->nlmsg_flags & NLM_F_ACK_TLVS) == 0)
		return NULL;
	size_t offset = sizeof *report;
	if ((message->nlmsg_flags & NLM_F_CAPPED) == 0)
		offset += report->msg.nlmsg_len - sizeof(struct nlmsghdr);
	const char *text = NULL;
	mnl_attr_parse(message, (unsigned)offset, find_error_text, &text);
	return text;
}

static int explain_failure(
	const struct batch *batch, const struct nlmsghdr *message, int code, struct lab_error *error)
{
	unsigned number = message->nlmsg_seq - batch->first_sequence;
	const char *name = number < batch->count ? batch->names[number] : "?";
	const char *more = extended_error(message);
	if (code == -EOPNOTSUPP)
		return lab_fail(error, code,
			"cannot make %s: needs a kernel with bridge and veth (CONFIG_BRIDGE, CONFIG_VETH)",
			name);
	return lab_fail(error, code, "cannot make %s: %s%s%s", name, strerror(-code),
		more == NULL ? "" : ": ", more == NULL ? "" : more);
}

/* Sends what was collected and reads one acknowledgement for each message; the first failure is the one
 * that is told. */
static int batch_send(struct batch *batch, struct lab_error *error)
{
	if (batch->count == 0)
		return 0;
	if (mnl_socket_sendto(batch->hub->socket, mnl_nlmsg_batch_head(batch->messages),
		    mnl_nlmsg_batch_size(batch->messages)) < 0)
		return lab_fail(error, -errno, "netlink: %s", strerror(errno));
	unsigned missing = batch->count;
	int result = 0;
	while (missing > 0) {
		char buffer[8192];
		ssize_t got = mnl_socket_recvfrom(batch->hub->socket, buffer, sizeof buffer);
		if (got < 0)
			return lab_fail(error, -errno, "netlink: %s", strerror(errno));
		int left = (int)got;
		for (struct nlmsghdr *message = (struct nlmsghdr *)buffer; mnl_nlmsg_ok(message, left);
			message = mnl_nlmsg_next(message, &left)) {
			if (message->nlmsg_type != NLMSG_ERROR)
				continue;
			int code = ((const struct nlmsgerr *)mnl_nlmsg_get_payload(message))->error;
			if (code != 0 && result == 0)
				result = explain_failure(batch, message, code, error);
			missing--;
		}
	}
	batch->count = 0;
	mnl_nlmsg_batch_reset(batch->messages);
	return result;
}

static int batch_begin(struct batch *batch, struct hub *hub)
{
	size_t room = (BATCH_LIMIT + 1) * MESSAGE_ROOM;
	*batch = (struct batch){.hub = hub, .buffer = must_alloc(2 * room)};
	batch->messages = mnl_nlmsg_batch_start(batch->buffer, room);
	return batch->messages == NULL ? -ENOMEM : 0;
}

static void batch_end(struct batch *batch)
{
	if (batch->messages != NULL)
		mnl_nlmsg_batch_stop(batch->messages);
	free(batch->buffer);
}

static struct nlmsghdr *batch_message(
	struct batch *batch, uint16_t type, int index, const char *name, unsigned flags)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(mnl_nlmsg_batch_current(batch->messages));
	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	if (type == RTM_NEWLINK)
		message->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
	message->nlmsg_seq = ++batch->hub->sequence;
	if (batch->count == 0)
		batch->first_sequence = message->nlmsg_seq;
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(message, sizeof *info);
	*info = (struct ifinfomsg){.ifi_index = index, .ifi_flags = flags, .ifi_change = flags};
	snprintf(batch->names[batch->count], sizeof batch->names[0], "%s", name);
	return message;
}

static int batch_add(struct batch *batch, struct lab_error *error)
{
	batch->count++;
	mnl_nlmsg_batch_next(batch->messages);
	return batch->count == BATCH_LIMIT ? batch_send(batch, error) : 0;
}

static struct nlmsghdr *batch_new_link(struct batch *batch, int index, const char *name)
{
	struct nlmsghdr *message = batch_message(batch, RTM_NEWLINK, index, name, IFF_UP);
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	return message;
}

/* The kernel takes no alias when it makes a link, only afterwards. */
static int add_alias(
	struct batch *batch, int index, const char *name, const char *alias, struct lab_error *error)
{
	struct nlmsghdr *message = batch_message(batch, RTM_SETLINK, index, name, 0);
	mnl_attr_put_strz(message, IFLA_IFALIAS, alias);
	return batch_add(batch, error);
}

int hub_open(struct hub **out, struct lab_error *error)
{
	struct hub *hub = must_alloc(sizeof *hub);
	hub->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (hub->socket == NULL || mnl_socket_bind(hub->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		int code = -errno;
		hub_close(hub);
		return lab_fail(error, code, "netlink: %s", strerror(-code));
	}
	mnl_socket_setsockopt(hub->socket, NETLINK_EXT_ACK, &(int){1}, sizeof(int));
	*out = hub;
	return 0;
}

void hub_close(struct hub *hub)
{
	if (hub != NULL && hub->socket != NULL)
		mnl_socket_close(hub->socket);
	free(hub);
}

/* ------------------------------------------------------------------------------------- bridges, cables */

/* The hub is a wire: no addresses of its own, no filtering of what passes. Absent files are features that
 * are absent. */
static void quiet_hub(void)
{
	static const struct {
		const char *path, *value;
	} settings[] = {
		{"/proc/sys/net/ipv6/conf/all/disable_ipv6", "1"},
		{"/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"},
		{"/proc/sys/net/bridge/bridge-nf-call-iptables", "0"},
		{"/proc/sys/net/bridge/bridge-nf-call-ip6tables", "0"},
		{"/proc/sys/net/bridge/bridge-nf-call-arptables", "0"},
	};
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		int fd = open(settings[i].path, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (write(fd, settings[i].value, 1) <
			0) { /* then the hub stays as the kernel made it: harmless */
		}
		close(fd);
	}
}

static int add_bridge(struct batch *batch, const struct lab_interface *interface, struct lab_error *error)
{
	struct nlmsghdr *message = batch_new_link(batch, interface->bridge_index, interface->bridge);
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, "bridge");
	struct nlattr *data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	mnl_attr_put_u32(message, IFLA_BR_AGEING_TIME, 0);
	mnl_attr_put_u8(message, IFLA_BR_MCAST_SNOOPING, 0);
	mnl_attr_put_u16(message, IFLA_BR_GROUP_FWD_MASK, 0xfff8); /* spanning tree of the devices passes */
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
	int result = batch_add(batch, error);
	if (result < 0)
		return result;
	return add_alias(batch, interface->bridge_index, interface->bridge, interface->domain, error);
}

int hub_make_bridges(struct hub *hub, const struct lab *lab, struct lab_error *error)
{
	struct batch batch;
	quiet_hub();
	int result = batch_begin(&batch, hub);
	int next = HUB_FIRST_BRIDGE_INDEX;
	for (size_t i = 0; i < lab->device_count && result == 0; i++) {
		const struct lab_device *device = &lab->devices[i];
		for (size_t n = 0; n < device->interface_count && result == 0; n++) {
			/* hub_plan() numbers domains in order of mention: the next new one has the next
			 * index */
			if (device->interfaces[n].bridge_index != next)
				continue;
			result = add_bridge(&batch, &device->interfaces[n], error);
			next++;
		}
	}
	if (result == 0)
		result = batch_send(&batch, error);
	batch_end(&batch);
	return result;
}

static int add_cable(struct batch *batch, const struct lab_device *device,
	const struct lab_interface *interface, int net_fd, struct lab_error *error)
{
	char alias[LAB_DEVICE_NAME_SIZE + IFNAMSIZ + 1];
	snprintf(alias, sizeof alias, "%s:%s", device->name, interface->name);
	struct nlmsghdr *message = batch_new_link(batch, interface->port_index, interface->port);
	mnl_attr_put_u32(message, IFLA_MASTER, (uint32_t)interface->bridge_index);
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, "veth");
	struct nlattr *data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	struct nlattr *peer = mnl_attr_nest_start(message, VETH_INFO_PEER);
	struct ifinfomsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
	*header = (struct ifinfomsg){.ifi_index = interface->index};
	mnl_attr_put_strz(message, IFLA_IFNAME, interface->name);
	mnl_attr_put(message, IFLA_ADDRESS, sizeof interface->mac.bytes, interface->mac.bytes);
	mnl_attr_put_u32(message, IFLA_NET_NS_FD, (uint32_t)net_fd);
	mnl_attr_nest_end(message, peer);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
	int result = batch_add(batch, error);
	return result < 0 ? result : add_alias(batch, interface->port_index, interface->port, alias, error);
}

int hub_attach(
	struct hub *hub, struct lab_device *device, int net_fd, int first_index, struct lab_error *error)
{
	struct batch batch;
	int result = batch_begin(&batch, hub);
	for (size_t i = 0; i < device->interface_count && result == 0; i++) {
		device->interfaces[i].index = first_index + (int)device->interfaces[i].number;
		result = add_cable(&batch, device, &device->interfaces[i], net_fd, error);
	}
	if (result == 0)
		result = batch_send(&batch, error);
	batch_end(&batch);
	return result;
}

void hub_detach(struct hub *hub, const struct lab_device *device)
{
	struct batch batch;
	struct lab_error ignored; /* the kernel may have taken the cable away already */
	int result = batch_begin(&batch, hub);
	for (size_t i = 0; i < device->interface_count && result == 0; i++) {
		const struct lab_interface *interface = &device->interfaces[i];
		batch_message(&batch, RTM_DELLINK, interface->port_index, interface->port, 0);
		result = batch_add(&batch, &ignored);
	}
	batch_send(&batch, &ignored);
	batch_end(&batch);
}
