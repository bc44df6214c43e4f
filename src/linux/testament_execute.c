/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and executing the testament, in the guard: see testament.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/vr.h"
#include "linux/packet_tx.h"
#include "linux/testament.h"
#include "linux/testament_layout.h"

int testament_create(void)
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

/* What stands in the copy, as far as it can be true: the writer may have been sick before it died. */
static bool read_copy(const uint8_t *map, size_t slot, unsigned which, struct testament_record *record)
{
	const struct testament_copy *copy =
		(const struct testament_copy *)(map + testament_copy_offset(slot, which));
	size_t datagrams, removals;

	if (!copy->active || copy->frame_length > TESTAMENT_BYTES_SIZE ||
		copy->datagrams_length > TESTAMENT_BYTES_SIZE)
		return false;
	datagrams = testament_datagrams_offset(copy->frame_length);
	removals = testament_removals_offset(copy->frame_length, copy->datagrams_length);
	if (removals > TESTAMENT_BYTES_SIZE || copy->removals_length > TESTAMENT_BYTES_SIZE - removals)
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

int testament_read(int fd, void (*each)(void *user, const struct testament_record *record), void *user)
{
	struct testament_record record;
	struct stat status;
	const uint32_t *current;
	size_t size;
	uint8_t *map;

	if (fstat(fd, &status) < 0)
		return -errno;
	size = (size_t)status.st_size;
	map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	current = (const uint32_t *)map;
	for (size_t slot = 0; slot < TESTAMENT_SLOTS_MAX && testament_copy_offset(slot + 1, 0) <= size;
		slot++)
		if ((current[slot] == 1 || current[slot] == 2) &&
			read_copy(map, slot, current[slot] - 1, &record))
			each(user, &record);
	munmap(map, size);
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
