/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * storm INTERFACE FRAMES RATE COUNT: sends COUNT of the frames in the file FRAMES, over and over, RATE a second, by a packet
 * socket. FRAMES: each one two octets of length, the higher first, and the octets.
 * What was sent, and how long that took, is printed as JSON. It has the lowest real-time priority, if it may: a network does not send
 * less when this machine is busy.
 *
 * For tests: it refuses the network namespace of who started it, so that no frame ever leaves by a real interface by mistake,
 * and more than MOST frames or MOST_SECONDS.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MOST 10000000u
#define MOST_SECONDS 30
#define BATCH 64u
#define SECOND INT64_C(1000000000)

struct frames {
	uint8_t *bytes; /* the file */
	struct iovec *parts;
	size_t count;
};

static int fail(const char *what)
{
	fprintf(stderr, "storm: %s: %s\n", what, strerror(errno));
	return 1;
}

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * SECOND + time.tv_nsec;
}

static void sleep_until(int64_t when)
{
	const struct timespec time = {.tv_sec = (time_t)(when / SECOND), .tv_nsec = (long)(when % SECOND)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
		;
}

static int is_own_namespace(void)
{
	char path[64];
	struct stat own, parent;

	snprintf(path, sizeof(path), "/proc/%ld/ns/net", (long)getppid());
	return stat("/proc/self/ns/net", &own) < 0 || stat(path, &parent) < 0 || own.st_ino == parent.st_ino;
}

static int read_frames(const char *path, struct frames *frames)
{
	struct stat about;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &about) < 0)
		return fail(path);
	frames->bytes = malloc((size_t)about.st_size + 1);
	frames->parts = calloc((size_t)about.st_size / 2 + 1, sizeof(*frames->parts));
	if (!frames->bytes || !frames->parts || read(fd, frames->bytes, (size_t)about.st_size) != about.st_size)
		return fail(path);
	close(fd);
	for (size_t at = 0; at + 2 <= (size_t)about.st_size;) {
		const size_t length = (size_t)(frames->bytes[at] << 8 | frames->bytes[at + 1]);

		at += 2;
		if (at + length > (size_t)about.st_size)
			break;
		frames->parts[frames->count++] = (struct iovec){frames->bytes + at, length};
		at += length;
	}
	return frames->count > 0 ? 0 : fail("no frames");
}

static int open_socket(const char *interface)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(interface)};
	const int on = 1;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 || address.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	/* Without a queue in between: what cannot be sent is an error here. */
	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on));
	return fd;
}

/* At most one batch, from number `from` on. How many were sent. */
static unsigned send_some(int fd, const struct frames *frames, uint64_t from, unsigned count)
{
	struct mmsghdr messages[BATCH] = {0};
	int sent;

	for (unsigned i = 0; i < count; i++) {
		messages[i].msg_hdr.msg_iov = &frames->parts[(from + i) % frames->count];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	sent = sendmmsg(fd, messages, count, 0);
	return sent > 0 ? (unsigned)sent : 0;
}

/* As many as are due by now, so that a moment without a processor is made up for. */
static uint64_t storm(int fd, const struct frames *frames, uint64_t rate, uint64_t count, int64_t began)
{
	uint64_t sent = 0;

	while (sent < count && now() - began < MOST_SECONDS * SECOND) {
		uint64_t due = (uint64_t)(now() - began) * rate / (uint64_t)SECOND + 1;

		if (due > count)
			due = count;
		if (sent >= due)
			sleep_until(began + (int64_t)(sent * (uint64_t)SECOND / rate) + SECOND / 2000);
		else
			sent += send_some(fd, frames, sent, due - sent < BATCH ? (unsigned)(due - sent) : BATCH);
	}
	return sent;
}

int main(int argc, char **argv)
{
	const struct sched_param lowest = {.sched_priority = sched_get_priority_min(SCHED_RR)};
	struct frames frames = {0};
	uint64_t rate, count, sent;
	int64_t began;
	int fd;

	if (argc != 5 || (rate = strtoull(argv[3], NULL, 10)) == 0 || (count = strtoull(argv[4], NULL, 10)) > MOST) {
		fprintf(stderr, "usage: storm INTERFACE FRAMES RATE COUNT\n");
		return 2;
	}
	if (is_own_namespace()) {
		fprintf(stderr, "storm: only into a network namespace that was made for it\n");
		return 2;
	}
	if (read_frames(argv[2], &frames))
		return 1;
	fd = open_socket(argv[1]);
	if (fd < 0)
		return fail(argv[1]);
	sched_setscheduler(0, SCHED_RR, &lowest);
	began = now();
	sent = storm(fd, &frames, rate, count, began);
	printf("{\"sent\": %" PRIu64 ", \"seconds\": %.6f}\n", sent, (double)(now() - began) / (double)SECOND);
	close(fd);
	free(frames.parts);
	free(frames.bytes);
	return 0;
}
