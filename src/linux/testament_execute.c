/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and executing the testament, in the guard: see testament.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "core/vr.h"
#include "linux/packet_tx.h"
#include "linux/testament.h"
#include "linux/testament_layout.h"

#define USUAL_COPY 512
#define PLACES_AT_ONCE 1024
#define NETNS_COOKIE 71 /* SO_NETNS_COOKIE, which old headers lack */

static int create_unnamed(void)
{
	int fd = memfd_create("vigia-testament", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int error;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, TESTAMENT_HEAD_SIZE) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

static bool is_in_memory(int fd)
{
	struct statfs status;

	return fstatfs(fd, &status) == 0 && (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC);
}

/* -1: not to be had. */
static int create_named(const char *path)
{
	int fd = path ? open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;

	if (fd < 0)
		return -1;
	if (is_in_memory(fd) && fallocate(fd, 0, 0, TESTAMENT_HEAD_SIZE) == 0)
		return fd;
	unlink(path);
	close(fd);
	return -1;
}

int testament_create(const char *path, uint64_t network, bool *named)
{
	const struct testament_place place = {TESTAMENT_LAYOUT, network};
	int fd = create_named(path);
	int error;

	*named = fd >= 0;
	if (fd < 0)
		fd = create_unnamed();
	if (fd < 0 || pwrite(fd, &place, sizeof(place), TESTAMENT_PLACE_OFFSET) == (ssize_t)sizeof(place))
		return fd;
	error = -errno;
	if (*named)
		unlink(path);
	close(fd);
	return error;
}

int testament_open_left(const char *path, uint64_t network)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct testament_place place;
	struct stat status;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
		testament_read_place(fd, &place) && place.network == network)
		return fd;
	close(fd);
	return -EINVAL;
}

uint64_t testament_network(int socket)
{
	uint64_t cookie = 0;
	socklen_t size = sizeof(cookie);
	struct stat status = {0};

	if (getsockopt(socket, SOL_SOCKET, NETNS_COOKIE, &cookie, &size) == 0)
		return cookie;
	/* Linux before 5.14. The number may come again when the namespace is gone. */
	stat("/proc/self/ns/net", &status);
	return status.st_ino;
}

static bool read_at(int fd, void *bytes, size_t length, size_t offset)
{
	return pread(fd, bytes, length, (off_t)offset) == (ssize_t)length;
}

/* What stands in the copy, as far as it can be true: the writer may have been sick before it died. Mostly one reading. */
static bool read_copy(int fd, size_t slot, uint32_t place, struct testament_record *record)
{
	static _Alignas(struct testament_copy) uint8_t bytes[TESTAMENT_COPY_SIZE];
	const struct testament_copy *copy = (const struct testament_copy *)bytes;
	const size_t offset = (size_t)place * TESTAMENT_UNIT;
	const ssize_t got = pread(fd, bytes, USUAL_COPY, (off_t)offset);
	size_t datagrams, removals, length;

	if (got < (ssize_t)sizeof(*copy) || copy->frame_length > TESTAMENT_BYTES_SIZE ||
		copy->datagrams_length > TESTAMENT_BYTES_SIZE)
		return false;
	datagrams = testament_datagrams_offset(copy->frame_length);
	removals = testament_removals_offset(copy->frame_length, copy->datagrams_length);
	if (removals > TESTAMENT_BYTES_SIZE || copy->removals_length > TESTAMENT_BYTES_SIZE - removals)
		return false;
	length = sizeof(*copy) + removals + copy->removals_length;
	if (length > (size_t)got && !read_at(fd, bytes + got, length - (size_t)got, offset + (size_t)got))
		return false;
	*record = (struct testament_record){.slot = slot,
		.ifindex = copy->ifindex,
		.release_after = copy->release_after,
		.stop_frame = copy->bytes,
		.stop_frame_length = copy->frame_length,
		.stop_datagrams = copy->bytes + datagrams,
		.stop_datagrams_length = copy->datagrams_length,
		.removals = copy->bytes + removals,
		.removals_length = copy->removals_length};
	return true;
}

/* It is read, not mapped: the writer may take away pages of a file with a name. */
int testament_read(int fd, void (*each)(void *user, const struct testament_record *record), void *user)
{
	uint32_t places[PLACES_AT_ONCE];
	struct testament_record record;

	for (size_t first = 0; first < TESTAMENT_SLOTS_MAX; first += PLACES_AT_ONCE) {
		if (!read_at(fd, places, sizeof(places), first * sizeof(places[0])))
			return -EIO;
		for (size_t i = 0; i < PLACES_AT_ONCE; i++)
			if (places[i] != 0 && read_copy(fd, first + i, places[i], &record))
				each(user, &record);
	}
	return 0;
}

struct voice {
	int packet_socket;
	const struct datagram_tx *datagram_tx;
};

/* The next one behind *at; false: no more, or none that can be true. */
static bool read_datagram(
	const struct testament_record *record, size_t *at, struct port_datagram *datagram)
{
	struct testament_datagram head;
	size_t left = record->stop_datagrams_length - *at;

	if (left < sizeof(head))
		return false;
	memcpy(&head, record->stop_datagrams + *at, sizeof(head));
	left -= sizeof(head);
	if (testament_align(head.length) > left)
		return false;
	*datagram = (struct port_datagram){.ifindex = head.ifindex,
		.source = head.source,
		.destination = head.destination,
		.bytes = record->stop_datagrams + *at + sizeof(head),
		.length = head.length};
	*at += sizeof(head) + testament_align(head.length);
	return true;
}

static void say_one(void *user, const struct testament_record *record)
{
	const struct voice *voice = user;
	struct port_frame frame = {
		.ifindex = record->ifindex, .bytes = record->stop_frame, .length = record->stop_frame_length};
	struct port_datagram datagram;
	size_t at = 0;

	if (frame.length > 0)
		packet_tx_send(voice->packet_socket, &frame, 1);
	while (read_datagram(record, &at, &datagram))
		datagram_tx_send(voice->datagram_tx, &datagram, 1);
}

void testament_say_stop(int fd, int packet_socket, const struct datagram_tx *datagram_tx, unsigned times)
{
	const struct timespec pause = {.tv_nsec = VR_STOP_ADVERT_SPACING};
	struct voice voice = {packet_socket, datagram_tx};

	for (unsigned i = 0; i < times; i++) {
		if (i > 0)
			nanosleep(&pause, NULL);
		testament_read(fd, say_one, &voice);
	}
}

static void count_one(void *user, const struct testament_record *record)
{
	(void)record;
	++*(size_t *)user;
}

size_t testament_active_count(int fd)
{
	size_t count = 0;

	testament_read(fd, count_one, &count);
	return count;
}

static void longest(void *user, const struct testament_record *record)
{
	dur_t *release_after = user;

	if (record->release_after > *release_after)
		*release_after = record->release_after;
}

dur_t testament_release_after(int fd)
{
	dur_t release_after = 0;

	testament_read(fd, longest, &release_after);
	return release_after;
}

static void remove_one(void *user, const struct testament_record *record)
{
	const int netlink_socket = *(const int *)user;
	char answers[4096];

	/* What is gone already is answered with an error, which is as good. The answers only make room. */
	while (send(netlink_socket, record->removals, record->removals_length, 0) < 0 && errno == EINTR)
		;
	while (recv(netlink_socket, answers, sizeof(answers), MSG_DONTWAIT) >= 0 || errno == ENOBUFS)
		;
}

void testament_remove(int fd, int netlink_socket)
{
	testament_read(fd, remove_one, &netlink_socket);
}
