/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/probe.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/icmp.h>
#include <netinet/ip.h>

#include "base/random.h"
#include "lab/clock.h"
#include "wire/vrrp.h"

#define RECEIVE_BUFFER (4 << 20)
#define RECEIVE_BATCH 32
#define PACKET_SIZE 128
#define BEHIND_MAX (100 * DUR_MS) /* a longer stall is skipped, not made up for in one burst */
#define REAL_TIME_PRIORITY 20

/* What an echo request carries and its answer brings back. */
struct echo_payload {
	uint64_t nonce; /* tells this probe's packets from those of any other ping */
	uint64_t sequence;
	uint8_t padding[40]; /* as long as a usual ping: 84 bytes of IP */
};

struct echo {
	struct icmphdr header;
	struct echo_payload payload;
};

struct probe {
	int descriptor;
	dur_t interval;
	uint64_t nonce;
	pthread_t thread;
	atomic_bool stop;
	_Atomic int64_t last_answered;
	struct probe_log log; /* the thread's until it has ended */
};

/* A request that the kernel refuses (no route, interface down) is as lost as one that vanishes. */
static int send_request(struct probe *probe)
{
	struct echo echo = {.header = {.type = ICMP_ECHO}};
	int error;

	echo.header.un.echo.id = htons((uint16_t)probe->nonce);
	echo.header.un.echo.sequence = htons((uint16_t)probe->log.count);
	echo.payload.nonce = probe->nonce;
	echo.payload.sequence = probe->log.count;
	echo.header.checksum = htons(checksum_finish(checksum_add(0, &echo, sizeof(echo))));
	error = probe_log_sent(&probe->log, mono_now());
	if (error)
		return error;
	(void)send(probe->descriptor, &echo, sizeof(echo), MSG_DONTWAIT);
	return 0;
}

/* A raw socket delivers the IP header too. */
static void take_answer(struct probe *probe, const uint8_t *packet, size_t length, mono_t at)
{
	struct echo echo;
	size_t header = length ? (size_t)(packet[0] & 0x0f) * 4 : 0;
	int64_t sent;

	if (header < sizeof(struct iphdr) || length < header + sizeof(echo))
		return;
	memcpy(&echo, packet + header, sizeof(echo));
	if (echo.header.type != ICMP_ECHOREPLY || echo.payload.nonce != probe->nonce)
		return;
	probe_log_answered(&probe->log, echo.payload.sequence, at);
	if (echo.payload.sequence >= probe->log.count)
		return;
	sent = probe->log.samples[echo.payload.sequence].sent.ns;
	if (sent > atomic_load(&probe->last_answered))
		atomic_store(&probe->last_answered, sent);
}

static void receive_answers(struct probe *probe)
{
	uint8_t packets[RECEIVE_BATCH][PACKET_SIZE];
	char control[RECEIVE_BATCH][CMSG_SPACE(sizeof(struct timespec))];
	struct iovec vectors[RECEIVE_BATCH];
	struct mmsghdr messages[RECEIVE_BATCH];
	dur_t offset = wall_to_mono();
	int count;

	do {
		memset(messages, 0, sizeof(messages));
		for (size_t i = 0; i < RECEIVE_BATCH; i++) {
			vectors[i] = (struct iovec){packets[i], PACKET_SIZE};
			messages[i].msg_hdr.msg_iov = &vectors[i];
			messages[i].msg_hdr.msg_iovlen = 1;
			messages[i].msg_hdr.msg_control = control[i];
			messages[i].msg_hdr.msg_controllen = sizeof(control[i]);
		}
		count = recvmmsg(probe->descriptor, messages, RECEIVE_BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < count; i++)
			take_answer(probe, packets[i], messages[i].msg_len,
				receive_time(&messages[i].msg_hdr, offset));
	} while (count == RECEIVE_BATCH);
}

/* Takes answers until the moment `until`. */
static void receive_until(struct probe *probe, mono_t until)
{
	for (;;) {
		struct pollfd ready = {.fd = probe->descriptor, .events = POLLIN};
		dur_t left = mono_sub(until, mono_now());
		struct timespec timeout = {left / DUR_S, left % DUR_S};

		if (left <= 0)
			return;
		if (ppoll(&ready, 1, &timeout, NULL) > 0)
			receive_answers(probe);
	}
}

static void wait_for_stragglers(struct probe *probe)
{
	mono_t end = mono_add(mono_now(), PROBE_GRACE);

	while (probe->log.received < probe->log.count && mono_before(mono_now(), end)) {
		mono_t step = mono_add(mono_now(), 10 * DUR_MS);

		receive_until(probe, mono_min(step, end));
	}
}

static void *probe_main(void *argument)
{
	struct probe *probe = argument;
	mono_t next = mono_now();

	while (!atomic_load(&probe->stop)) {
		mono_t now;

		receive_until(probe, next);
		receive_answers(probe);
		if (send_request(probe) < 0)
			break;
		next = mono_add(next, probe->interval);
		now = mono_now();
		if (mono_sub(now, next) > BEHIND_MAX)
			next = now;
	}
	wait_for_stragglers(probe);
	return NULL;
}

/* Only echo replies of `to` reach the socket, each with its time. */
static int prepare_socket(int descriptor, struct in_addr to)
{
	struct icmp_filter filter = {.data = ~(1u << ICMP_ECHOREPLY)};
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = to};
	int on = 1, size = RECEIVE_BUFFER;

	if (setsockopt(descriptor, SOL_RAW, ICMP_FILTER, &filter, sizeof(filter)) < 0)
		return -errno;
	if (setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0)
		return -errno;
	if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		return -errno;
	if (connect(descriptor, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return 0;
}

/* Real-time where it is allowed: on a busy machine an ordinary thread would measure the scheduler. */
static int start_thread(struct probe *probe)
{
	struct sched_param priority = {.sched_priority = REAL_TIME_PRIORITY};
	int error = pthread_create(&probe->thread, NULL, probe_main, probe);

	if (error)
		return -error;
	(void)pthread_setschedparam(probe->thread, SCHED_FIFO, &priority);
	return 0;
}

int probe_start(int descriptor, struct in_addr to, unsigned rate, struct probe **out)
{
	struct probe *probe = calloc(1, sizeof(*probe));
	struct random random;
	int error;

	if (!probe) {
		close(descriptor);
		return -ENOMEM;
	}
	random_seed(&random, (uint64_t)mono_now().ns ^ (uint64_t)getpid() << 40);
	probe->nonce = random_u64(&random);
	probe->interval = DUR_S / rate;
	probe_log_init(&probe->log);
	probe->descriptor = descriptor;
	error = prepare_socket(descriptor, to);
	if (!error)
		error = start_thread(probe);
	if (error) {
		close(descriptor);
		free(probe);
		return error;
	}
	*out = probe;
	return 0;
}

mono_t probe_last_answered(const struct probe *probe)
{
	return (mono_t){atomic_load(&probe->last_answered)};
}

void probe_stop(struct probe *probe, struct probe_log *log)
{
	atomic_store(&probe->stop, true);
	pthread_join(probe->thread, NULL);
	close(probe->descriptor);
	*log = probe->log;
	free(probe);
}
