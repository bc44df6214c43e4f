/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes that others make: see nftables_events.h. */
#include "linux/nftables_events.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include "linux/nftables_socket.h"
#include "linux/receive_buffer.h"

#define BUFFER (4 << 20) /* one transaction may be about a hundred thousand elements */
#define READ_BUFFER 32768
#define READS_PER_TURN 8
#define TABLE_ATTRIBUTE 1 /* of whatever a message is about: NFTA_TABLE_NAME, NFTA_CHAIN_TABLE... */

/*
 * Messages of one datagram are of one transaction, so the first one says whose. Nobody's (0) are what the kernel does by itself, when
 * an interface goes. Numbers in netlink headers are in host order, which a filter loads as if they were big-endian. It runs where the
 * one who makes the change does.
 */
static int attach_filter(int fd, uint32_t own_port, int processor)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_CPU)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)processor, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(own_port), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
	};
	const size_t left_out = processor == NFT_EVENTS_OF_ALL ? 2 : 0;
	struct sock_fprog filter = {(unsigned short)(sizeof(code) / sizeof(code[0]) - left_out), code + left_out};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0 ? -errno : 0;
}

static int configure(int fd, uint32_t own_port, int processor)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 1u << (NFNLGRP_NFTABLES - 1)};
	int error = attach_filter(fd, own_port, processor);

	if (error)
		return error;
	receive_buffer_set(fd, 0, BUFFER);
	return bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

int nft_events_open(uint32_t own_port, int processor)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
	int error;

	if (fd < 0)
		return -errno;
	error = configure(fd, own_port, processor);
	if (!error)
		return fd;
	close(fd);
	return error;
}

static int find_table(const struct nlattr *attribute, void *data)
{
	const char **name = data;

	if (mnl_attr_get_type(attribute) == TABLE_ATTRIBUTE && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
		*name = mnl_attr_get_str(attribute);
	return MNL_CB_OK;
}

static bool is_about(const struct nlmsghdr *message, const char *name)
{
	const char *table = NULL;

	if (message->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES ||
		message->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN) ||
		mnl_nlmsg_get_payload_len(message) < sizeof(struct nfgenmsg))
		return false;
	mnl_attr_parse(message, sizeof(struct nfgenmsg), find_table, &table);
	return table && nft_name_is_of(table, name);
}

static int number_of(const struct nlmsghdr *message)
{
	const struct nfgenmsg *body = mnl_nlmsg_get_payload(message);

	return ntohs(body->res_id);
}

int nft_events_read(int fd, const char *name, int *transaction)
{
	_Alignas(struct nlmsghdr) char buffer[READ_BUFFER];
	bool lost = false;
	bool found = false;

	for (int i = 0; i < READS_PER_TURN; i++) {
		const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;
		ssize_t length = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
		int left = (int)length;

		if (length < 0 && errno == EAGAIN)
			break;
		if (length < 0 && errno == ENOBUFS)
			found = lost = true;
		else if (length < 0 && errno != EINTR)
			return -errno;
		for (; !lost && mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
			if (is_about(message, name)) {
				found = true;
				*transaction = number_of(message);
			}
	}
	if (lost)
		*transaction = -1;
	return found;
}
