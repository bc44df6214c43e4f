/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Talking to nf_tables: see nftables_socket.h. */
#include "linux/nftables_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "linux/close_first.h"

#define SEND_BUFFER (8 << 20) /* a transaction is one message: tens of thousands of elements */
#define ANSWER_BUFFER 32768
#define LIST_SEQUENCE 1
#define REMOVE_MAX 64 /* tables in one go */

int nft_socket_open(void)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK};
	const int size = SEND_BUFFER, on = 1;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return close_first(fd); /* the tables end with it */
}

/* Answers to what an earlier engine had asked are not ours. */
static void forget_answers(int fd)
{
	char answer[64];

	while (recv(fd, answer, sizeof(answer), MSG_DONTWAIT) >= 0 || errno == ENOBUFS || errno == EINTR)
		;
}

static int send_all(int fd, const void *bytes, size_t length)
{
	ssize_t sent;

	forget_answers(fd);
	do
		sent = send(fd, bytes, length, 0);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* Length, or -errno. The kernel has answered by the time send() returns. */
static ssize_t receive(int fd, void *buffer)
{
	ssize_t length;

	do
		length = recv(fd, buffer, ANSWER_BUFFER, MSG_DONTWAIT);
	while (length < 0 && errno == EINTR);
	if (length >= 0)
		return length;
	return errno == EAGAIN ? -ENOBUFS : -errno;
}

static int read_result(int fd, uint32_t last)
{
	_Alignas(struct nlmsghdr) char buffer[ANSWER_BUFFER];

	for (;;) {
		const struct nlmsghdr *answer = (const struct nlmsghdr *)buffer;
		ssize_t length = receive(fd, buffer);
		int left = (int)length;

		if (length < 0)
			return (int)length;
		for (; mnl_nlmsg_ok(answer, left); answer = mnl_nlmsg_next(answer, &left)) {
			const struct nlmsgerr *body = mnl_nlmsg_get_payload(answer);

			if (answer->nlmsg_type != NLMSG_ERROR ||
				mnl_nlmsg_get_payload_len(answer) < sizeof(*body))
				continue;
			if (body->error || answer->nlmsg_seq == last)
				return body->error;
		}
	}
}

int nft_socket_run(int fd, struct nft_batch *batch)
{
	int error = batch->full ? -EMSGSIZE : send_all(fd, batch->bytes, batch->length);

	if (!error)
		error = read_result(fd, batch->last);
	nft_batch_free(batch);
	return error;
}

struct listing {
	const char *wanted;
	uint32_t port; /* of the socket: the owner of what it made */
	void (*each)(void *user, const struct nft_table *table);
	void *user;
};

bool nft_name_is_of(const char *table, const char *name)
{
	const size_t length = strlen(name);

	return strncmp(table, name, length) == 0 && (table[length] == '\0' || table[length] == '.');
}

struct listed {
	const char *name;
	uint32_t owner; /* 0: nobody */
};

static int find_parts(const struct nlattr *attribute, void *data)
{
	struct listed *listed = data;

	if (mnl_attr_get_type(attribute) == NFTA_TABLE_NAME &&
		mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
		listed->name = mnl_attr_get_str(attribute);
	if (mnl_attr_get_type(attribute) == NFTA_TABLE_OWNER && mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
		listed->owner = ntohl(mnl_attr_get_u32(attribute));
	return MNL_CB_OK;
}

uint32_t nft_socket_port(int fd)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK};
	socklen_t size = sizeof(address);

	return getsockname(fd, (struct sockaddr *)&address, &size) < 0 ? 0 : address.nl_pid;
}

/* 1: the end of the list; 0: there is more; -errno. */
static int take_listed(const struct listing *listing, const struct nlmsghdr *answer)
{
	const struct nfgenmsg *body = mnl_nlmsg_get_payload(answer);
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(answer);
	struct listed listed = {0};

	if (answer->nlmsg_type == NLMSG_DONE)
		return 1;
	if (answer->nlmsg_type == NLMSG_ERROR)
		return mnl_nlmsg_get_payload_len(answer) >= sizeof(*error) && error->error ? error->error : 1;
	if (answer->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE) ||
		mnl_nlmsg_get_payload_len(answer) < sizeof(*body))
		return 0;
	mnl_attr_parse(answer, sizeof(*body), find_parts, &listed);
	/* One that another socket owns is nobody else's to remove. */
	if (listed.name && (listed.owner ? listed.owner == listing->port : nft_name_is_of(listed.name, listing->wanted)))
		listing->each(listing->user, &(struct nft_table){body->nfgen_family, listed.name});
	return 0;
}

static int request_list(int fd)
{
	const struct {
		struct nlmsghdr header;
		struct nfgenmsg body;
	} request = {
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct nfgenmsg)),
			.nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			.nlmsg_seq = LIST_SEQUENCE},
		.body.version = NFNETLINK_V0,
	};

	return send_all(fd, &request, request.header.nlmsg_len);
}

int nft_socket_list(
	int fd, const char *name, void (*each)(void *user, const struct nft_table *table), void *user)
{
	_Alignas(struct nlmsghdr) char buffer[ANSWER_BUFFER];
	const struct listing listing = {name, nft_socket_port(fd), each, user};
	int result = request_list(fd);

	while (result == 0) {
		const struct nlmsghdr *answer = (const struct nlmsghdr *)buffer;
		ssize_t length = receive(fd, buffer);
		int left = (int)length;

		if (length < 0)
			return (int)length;
		for (; result == 0 && mnl_nlmsg_ok(answer, left); answer = mnl_nlmsg_next(answer, &left))
			result = take_listed(&listing, answer);
	}
	return result < 0 ? result : 0;
}

struct removal {
	struct nft_batch batch;
	size_t count;
};

static void remove_one(void *user, const struct nft_table *table)
{
	struct removal *removal = user;

	if (removal->count++ < REMOVE_MAX)
		nft_put_table_gone(&removal->batch, table);
}

int nft_socket_remove(int fd, const char *name)
{
	struct removal removal;
	int error;

	do {
		removal.count = 0;
		error = nft_batch_begin(
			&removal.batch, (REMOVE_MAX + 1) * (size_t)NFT_ELEMENT_MAX, LIST_SEQUENCE + 1);
		if (error)
			return error;
		error = nft_socket_list(fd, name, remove_one, &removal);
		if (error || removal.count == 0) {
			nft_batch_free(&removal.batch);
			return error;
		}
		nft_batch_end(&removal.batch);
		error = nft_socket_run(fd, &removal.batch);
	} while (!error && removal.count > REMOVE_MAX);
	return error;
}
