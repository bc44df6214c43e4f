/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing the testament, in the engine: see testament.h. */
#include "linux/testament.h"

#include <errno.h>
#include <stdatomic.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux/kernel_message.h"
#include "linux/testament_layout.h"

#define GROWTH (64u << 10)
#define COARSE 64 /* units: from 2 KiB on */
#define SIZES (TESTAMENT_COPY_SIZE / TESTAMENT_UNIT + 1)

static int map_file(struct testament *testament, size_t size)
{
	/* Not mremap: what is locked stays so, and under a limit of locked memory would not grow. */
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, testament->fd, 0);

	if (map == MAP_FAILED)
		return -errno;
	if (testament->map)
		munmap(testament->map, testament->size);
	testament->map = map;
	testament->size = size;
	return 0;
}

int testament_open(struct testament *testament, int fd)
{
	struct testament_place place;
	struct stat status;
	int error;

	*testament = (struct testament){.fd = fd};
	if (fstat(fd, &status) < 0)
		return -errno;
	if (status.st_size < (off_t)TESTAMENT_HEAD_SIZE)
		return -EINVAL;
	if (!testament_read_place(fd, &place))
		return -EPROTO;
	testament->used = TESTAMENT_HEAD_SIZE;
	testament->draft = malloc(TESTAMENT_COPY_SIZE);
	testament->free = calloc(SIZES, sizeof(*testament->free));
	error = testament->draft && testament->free ? map_file(testament, (size_t)status.st_size) : -ENOMEM;
	if (error)
		testament_close(testament);
	return error;
}

void testament_close(struct testament *testament)
{
	if (testament->map)
		munmap(testament->map, testament->size);
	testament->map = NULL;
	free(testament->draft);
	free(testament->free);
	testament->draft = NULL;
	testament->free = NULL;
}

static size_t size_in_units(size_t length)
{
	size_t units = (length + TESTAMENT_UNIT - 1) / TESTAMENT_UNIT;

	/* Few sizes among the large ones, so that a place fits the next one, too. */
	return units <= COARSE ? units : (units + COARSE - 1) / COARSE * COARSE;
}

static struct testament_copy *copy_at(const struct testament *testament, uint32_t place)
{
	return (struct testament_copy *)(testament->map + (size_t)place * TESTAMENT_UNIT);
}

/* The file grows by memory that is there: writing to a page for which there is none would be the end of this process. */
static int grow(struct testament *testament, size_t needed)
{
	const size_t size = (needed + GROWTH - 1) / GROWTH * GROWTH;

	if (needed <= testament->size)
		return 0;
	if (fallocate(testament->fd, 0, (off_t)testament->size, (off_t)(size - testament->size)) < 0)
		return -errno;
	return map_file(testament, size);
}

/* 0: *place is a place of so many units; or -errno. */
static int take_place(struct testament *testament, size_t units, uint32_t *place)
{
	int error;

	*place = 0;
	if (units >= SIZES)
		return -ENOSPC;
	*place = testament->free[units];
	if (*place != 0) {
		testament->free[units] = copy_at(testament, *place)->size;
		return 0;
	}
	error = grow(testament, testament->used + units * TESTAMENT_UNIT);
	if (error)
		return error;
	*place = (uint32_t)(testament->used / TESTAMENT_UNIT);
	testament->used += units * TESTAMENT_UNIT;
	return 0;
}

static void leave_place(struct testament *testament, uint32_t place)
{
	struct testament_copy *copy = copy_at(testament, place);
	const uint32_t units = copy->size;

	copy->size = testament->free[units];
	testament->free[units] = place;
}

/* What has been written so far; datagrams and removals that do not fit are left out. */
static int fill_datagrams(struct testament_copy *copy, const struct testament_entry *entry)
{
	const size_t start = testament_datagrams_offset(copy->frame_length);

	for (size_t i = 0; i < entry->stop_datagram_count; i++) {
		const struct port_datagram *datagram = &entry->stop_datagrams[i];
		const struct testament_datagram head = {.ifindex = datagram->ifindex,
			.length = (uint32_t)datagram->length,
			.source = datagram->source,
			.destination = datagram->destination};
		const size_t at = start + copy->datagrams_length;

		if (datagram->length > TESTAMENT_BYTES_SIZE ||
			at + sizeof(head) + testament_align(datagram->length) > TESTAMENT_BYTES_SIZE)
			return -ENOSPC;
		memcpy(copy->bytes + at, &head, sizeof(head));
		memcpy(copy->bytes + at + sizeof(head), datagram->bytes, datagram->length);
		copy->datagrams_length += (uint32_t)(sizeof(head) + testament_align(datagram->length));
	}
	return 0;
}

static int fill_removals(struct testament_copy *copy, const struct testament_entry *entry)
{
	_Alignas(struct nlmsghdr) uint8_t request[KERNEL_REQUEST_MAX];
	size_t at = testament_removals_offset(copy->frame_length, copy->datagrams_length);

	for (size_t i = 0; i < entry->removal_count; i++) {
		const size_t length = kernel_message_request(&entry->removals[i], (uint32_t)i + 1, request);

		if (at + length > TESTAMENT_BYTES_SIZE)
			return -ENOSPC;
		memcpy(copy->bytes + at, request, length);
		at += length;
		copy->removals_length += (uint32_t)length;
	}
	return 0;
}

static int fill(struct testament_copy *copy, const struct testament_entry *entry)
{
	const size_t frame_length = entry->stop_frame ? entry->stop_frame_length : 0;
	int error;

	*copy = (struct testament_copy){.ifindex = entry->ifindex, .release_after = entry->release_after};
	if (frame_length > TESTAMENT_BYTES_SIZE)
		return -ENOSPC;
	copy->frame_length = (uint32_t)frame_length;
	if (frame_length > 0)
		memcpy(copy->bytes, entry->stop_frame, frame_length);
	error = fill_datagrams(copy, entry);
	return error ? error : fill_removals(copy, entry);
}

static int write_copy(struct testament *testament, const struct testament_entry *entry, uint32_t *place)
{
	struct testament_copy *draft = (struct testament_copy *)testament->draft;
	const int incomplete = fill(draft, entry);
	const size_t length = sizeof(*draft) + testament_removals_offset(draft->frame_length, draft->datagrams_length) +
			      draft->removals_length;
	const size_t units = size_in_units(length);
	const int error = take_place(testament, units, place);

	if (error)
		return error;
	draft->size = (uint32_t)units;
	memcpy(copy_at(testament, *place), draft, length);
	return incomplete;
}

int testament_write(struct testament *testament, size_t slot, const struct testament_entry *entry)
{
	uint32_t place = 0, old;
	int error = 0;

	if (slot >= TESTAMENT_SLOTS_MAX)
		return -ENOSPC;
	if (entry->active)
		error = write_copy(testament, entry, &place);
	if (entry->active && place == 0)
		return error;
	old = atomic_exchange_explicit((_Atomic uint32_t *)testament->map + slot, place, memory_order_acq_rel);
	if (old != 0)
		leave_place(testament, old);
	return error;
}
